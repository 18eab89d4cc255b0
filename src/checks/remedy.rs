//! Fixes that rules have in common, as changes of the tree. What is computed at deployment has no place that
//! can be changed; the room `edit` finds that out.

use crate::checks::gate::{is_on, named};
use crate::checks::mappings::property_line;
use crate::finding::{Change, Fix, Written};
use crate::identity::{Dialect, Graph, PoolProvider, RoleId, Trust};
use crate::policy::{Actions, PrincipalKind, Principals, Statement, Test};
use crate::resolve::StackId;
use crate::value::Text;

/// The operator that asks for one member of `amr`.
pub(super) const ANY_MEMBER: &str = "ForAnyValue:StringLike";

/// A fix of a statement that only users of identity providers pass; where it names others too, somebody should look
/// at it.
pub(super) fn safe(statement: &Statement, description: &str, changes: Vec<Change>) -> Fix {
    let is_federated = match &statement.principals {
        Principals::Only(list) => list.iter().all(|own| own.kind == Some(PrincipalKind::Federated)),
        _ => false,
    };
    if is_federated { Fix::safe(description, changes) } else { Fix::offered(description, changes) }
}

/// A fix of a statement that AWS principals alone pass; what others of it send, somebody should look at.
pub(super) fn safe_for_aws(statement: &Statement, description: &str, changes: Vec<Change>) -> Fix {
    let is_aws = named(statement).iter().all(|own| own.kind == Some(PrincipalKind::Aws));
    if is_aws { Fix::safe(description, changes) } else { Fix::offered(description, changes) }
}

/// A fix of a statement that gives its one principal more; where it names others, they would get it too.
pub(super) fn for_one(statement: &Statement, description: &str, changes: Vec<Change>) -> Fix {
    let is_alone = named(statement).len() == 1;
    if is_alone { Fix::safe(description, changes) } else { Fix::offered(description, changes) }
}

/// Makes a statement ask how the user signed in: in place of a test on that, or beside the others.
pub(super) fn ask_amr(statement: &Statement, test: Option<&Test>, prefix: &str, word: &str) -> Vec<Change> {
    ask(statement, test, ANY_MEMBER, &format!("{prefix}:amr"), Written::text(word))
}

/// Moves a test as it is under another operator; nothing where its values are not all known.
pub(super) fn under(statement: &Statement, test: &Test, operator: &str) -> Option<Vec<Change>> {
    let values: Option<Vec<Written>> =
        test.values.iter().map(|(value, _)| value.as_known().map(Written::text)).collect();
    let values = values?;
    let value = match values.as_slice() {
        [one] => one.clone(),
        _ => Written::List(values),
    };
    let changes = ask(statement, Some(test), operator, test.key.as_known()?, value);
    let stays = changes.iter().any(|change| matches!(change, Change::Rename { .. }));
    // Under another name of the operator the values may stay as they are written.
    Some(if stays {
        changes.into_iter().filter(|change| !matches!(change, Change::Set { .. })).collect()
    } else {
        changes
    })
}

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

/// Makes a test ask the same with another operator; nothing where its values are not all known, or where another
/// test under that operator is in the way.
pub(super) fn with_operator(statement: &Statement, test: &Test, operator: &str) -> Vec<Change> {
    let tests = &statement.conditions.tests;
    let is_alone = tests.iter().filter(|other| other.operator_at == test.operator_at).count() == 1;
    let is_there = |other: &&Test| other.operator_text.as_known() == Some(operator);
    if tests.iter().filter(is_there).any(|other| other.key == test.key) {
        return Vec::new();
    }
    if is_alone && !tests.iter().any(|other| is_there(&other)) {
        return vec![Change::Rename { key: test.operator_at, name: operator.to_owned() }];
    }
    let values: Option<Vec<Written>> =
        test.values.iter().map(|(value, _)| value.as_known().map(Written::text)).collect();
    let (Some(mut values), Some(key), false) = (values, test.key.as_known(), is_alone) else { return Vec::new() };
    let value = if values.len() == 1 { values.remove(0) } else { Written::List(values) };
    let path = ["Condition", operator, key].map(str::to_owned).to_vec();
    vec![Change::Remove { key: test.key_at }, Change::Put { into: statement.at, path, value }]
}

/// Names the only principal of a statement otherwise, and asks for what it said in a condition.
pub(super) fn account_and_test(statement: &Statement, account: Written, operator: &str, value: Written) -> Vec<Change> {
    let [principal] = named(statement) else { return Vec::new() };
    if statement.conditions.tests.iter().any(|test| is_on(test, &["aws:principalarn"])) {
        return Vec::new();
    }
    let path = ["Condition", operator, "aws:PrincipalArn"].map(str::to_owned).to_vec();
    vec![Change::Set { at: principal.at, value: account }, Change::Put { into: statement.at, path, value }]
}

/// The root of the own account.
pub(super) fn own_root() -> Written {
    Written::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
}

/// A text as a template writes it; nothing where it has parts that are no pseudo parameters.
pub(super) fn written(graph: &Graph, text: &Text) -> Option<Written> {
    if let Some(known) = text.as_known() {
        return (!known.contains("${")).then(|| Written::text(known));
    }
    let shown = graph.shown(text);
    let mut parts = shown.split("${").skip(1);
    (text.pieces().is_some() && parts.all(|part| part.starts_with("AWS::"))).then(|| Written::sub(shown))
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

/// Makes a statement allow some more actions; nothing where those that it has are not all known.
pub(super) fn allow_all(statement: &Statement, more: &[&str]) -> Vec<Change> {
    if let [one] = more {
        return allow(statement, one).into_iter().collect();
    }
    let (Some(at), Actions::Only(own)) = (statement.action_value_at, &statement.actions) else { return Vec::new() };
    let own: Option<Vec<&str>> = own.iter().map(|(text, _)| text.as_known()).collect();
    let Some(own) = own else { return Vec::new() };
    let value = Written::List(own.iter().chain(more).map(|action| Written::text(*action)).collect());
    vec![Change::Set { at, value }]
}

/// The id of the only pool that hands a role out, if the role's own template has it.
pub(super) fn pool_of(graph: &Graph, trust: &Trust) -> Option<Written> {
    pool_of_role(graph, trust.role)
}

/// The same for a role.
pub(super) fn pool_of_role(graph: &Graph, role: RoleId) -> Option<Written> {
    let mut pools: Vec<&Text> = graph.handouts_of(role).map(|handout| &handout.pool).collect();
    pools.dedup();
    match pools.as_slice() {
        [pool] => pool_id(graph, role, pool),
        _ => None,
    }
}

/// A user pool with its app client as a role mapping names it, if the stack's own template can say it.
pub(super) fn provider(graph: &Graph, stack: StackId, provider: &PoolProvider) -> Option<Written> {
    if let Text::Known(name) = provider.mapping_name() {
        return Some(Written::text(&*name));
    }
    let pool = graph.user_pool(&provider.user_pool()?).filter(|pool| pool.entity.stack == stack)?;
    let id = &provider.client.as_ref()?.text;
    let client = graph.clients.iter().find(|client| client.id == *id && client.entity.stack == stack)?;
    Some(Written::sub(format!("${{{}.ProviderName}}:${{{}}}", pool.entity.name(), client.entity.name())))
}

/// The line of a mapping that names its provider.
pub(super) fn provider_line(dialect: Dialect, provider: Option<&Written>) -> String {
    let text = match provider {
        Some(Written::Text(text)) => return property_line(dialect, "IdentityProvider", text),
        Some(Written::Call(_, text)) => match &**text {
            Written::Text(text) => text,
            _ => EXAMPLE,
        },
        _ => EXAMPLE,
    };
    match dialect {
        Dialect::Cdk => "identityProvider: `${userPool.userPoolProviderName}:${client.userPoolClientId}`,".to_owned(),
        Dialect::Json => format!("\"IdentityProvider\": {{ \"Fn::Sub\": \"{text}\" }}"),
        Dialect::Yaml => format!("IdentityProvider: !Sub '{text}'"),
    }
}

/// Where the template does not show which one is meant.
const EXAMPLE: &str = "${YOUR-USER-POOL.ProviderName}:${ITS-APP-CLIENT}";

/// A pool's id, if the role's own template has it.
pub(super) fn pool_id(graph: &Graph, role: RoleId, pool: &Text) -> Option<Written> {
    let (_, pool) = graph.pool(pool)?;
    let own = &graph.role(role).entity.subject;
    let near = pool.entity.subject.stack_key == own.stack_key;
    near.then(|| Written::reference(pool.entity.name()))
}
