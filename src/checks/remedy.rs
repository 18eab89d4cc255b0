//! Fixes that rules have in common, as changes of the tree. What is computed at deployment has no place that
//! can be changed; the room `edit` finds that out.

use crate::finding::{Change, Written};
use crate::identity::{Graph, Trust};
use crate::policy::{Statement, Test};
use crate::value::Text;

/// Makes a statement ask this of a key: in place of the test on it that is there, or beside the others.
pub(super) fn ask(
    statement: &Statement,
    test: Option<&Test>,
    operator: &str,
    key: &str,
    value: Written,
) -> Vec<Change> {
    let put = |value| Change::Put {
        into: statement.at,
        path: ["Condition", operator, key].map(str::to_owned).to_vec(),
        value,
    };
    let Some(test) = test else { return vec![put(value)] };
    let is_named = |other: &Test, name: &str| other.operator_text.as_known() == Some(name);
    if is_named(test, operator) {
        return vec![Change::Set { at: test.values_at, value }];
    }
    let tests = &statement.conditions.tests;
    let is_alone = tests.iter().filter(|other| other.operator_at == test.operator_at).count() == 1;
    let is_free = !tests.iter().any(|other| is_named(other, operator));
    if is_alone && is_free {
        let rename = Change::Rename { key: test.operator_at, name: operator.to_owned() };
        return vec![rename, Change::Set { at: test.values_at, value }];
    }
    if is_alone { Vec::new() } else { vec![Change::Remove { key: test.key_at }, put(value)] }
}

/// A whole Condition for a statement that has none.
pub(super) fn condition(statement: &Statement, tests: Vec<(String, String, Written)>) -> Change {
    let entry = |(operator, key, value)| (operator, Written::Map(vec![(key, value)]));
    let value = Written::Map(tests.into_iter().map(entry).collect());
    Change::Put { into: statement.at, path: vec!["Condition".to_owned()], value }
}

/// Makes a statement allow one more action.
pub(super) fn allow(statement: &Statement, action: &str) -> Option<Change> {
    Some(Change::Append { to: statement.action_value_at?, value: Written::text(action) })
}

/// The id of the only pool that hands a role out, if the role's own template has it.
pub(super) fn pool_of(graph: &Graph, trust: &Trust) -> Option<Written> {
    let mut pools: Vec<&Text> = graph.handouts_of(trust.role).map(|handout| &handout.pool).collect();
    pools.dedup();
    match pools.as_slice() {
        [pool] => pool_id(graph, trust, pool),
        _ => None,
    }
}

/// A pool's id, if the role's own template has it.
pub(super) fn pool_id(graph: &Graph, trust: &Trust, pool: &Text) -> Option<Written> {
    let (_, pool) = graph.pool(pool)?;
    let own = &graph.role(trust.role).entity.subject;
    let near = pool.entity.subject.stack_key == own.stack_key;
    near.then(|| Written::reference(pool.entity.name()))
}
