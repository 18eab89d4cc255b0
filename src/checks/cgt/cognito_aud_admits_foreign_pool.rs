//! CGT004: a test on the pool that pools of others pass.

use crate::checks::Cx;
use crate::checks::remedy::{ask, pool_of};
use crate::checks::words::{condition_line, deciding, mistake, path, pool_reference, prefix, test_spot, tests};
use crate::finding::{Change, Finding, Fix, Label, Refused, Severity};
use crate::identity::cognito::{Desk, restricts_pool};
use crate::identity::{Answer, Graph, Trust, witness};
use crate::policy::{Conditions, Effect, Statement, Test};
use crate::value::{Text, Truth, compare};

/// Finds tests on `aud` that keep some pools out, but not all.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        match open(cx.graph, trust) {
            Some(finding) => findings.push(finding),
            None => hard_coded(cx, trust).into_iter().for_each(|finding| findings.push(finding)),
        }
    }
}

fn open(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    let answers = [(&trust.foreign_signed_in, "auth"), (&trust.foreign_guest, "guest")];
    let (answer, class) = answers.into_iter().find(|(answer, _)| answer.truth.is_true())?;
    // A statement that keeps nobody out is the business of CGT001.
    let is_open = |statement: &&Statement| restricts_pool(statement, policy, &answer.request, graph);
    let statement = deciding(answer, policy).find(is_open)?;
    let narrows = |test: &&Test| restricts_pool(&only(statement, test), policy, &answer.request, graph);
    let test = tests(statement, "aud").find(narrows).or_else(|| tests(statement, "aud").next())?;
    let role = graph.role(trust.role);
    let (place, property) = test_spot(statement, test);
    let message = format!("tokens of other identity pools can become {}", role.entity.name());
    let label = Label::new(place, format!("{} also passes", stranger(graph, answer)));
    let mut finding = Finding::new("CGT004", Severity::Error, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    let prefix = prefix(answer);
    finding.help = help(graph, trust, &prefix);
    let changes =
        pool_of(graph, trust).map(|pool| ask(statement, Some(test), "StringEquals", &format!("{prefix}:aud"), pool));
    finding.fix = changes.map(|changes| Box::new(Fix::offered(NAME_POOL, changes)));
    finding.mistake = mistake(statement, "aud");
    let who = if class == "auth" { "a user signed in at" } else { "a guest of" };
    let story = format!(
        "{who} the identity pool {} of this account, classic flow, is allowed by {}",
        stranger(graph, answer),
        statement.path()
    );
    let mut proof = witness(graph, policy, answer, &format!("cognito/foreign-{class}/basic"), story, Refused::No);
    proof.assumes.push("the pool is not in these templates".to_owned());
    finding.witness = Some(Box::new(proof));
    finding.branch = trust.when.clone();
    Some(finding)
}

const NAME_POOL: &str = "ask for the pool itself (aud)";

/// A statement with one of its tests.
fn only(statement: &Statement, test: &Test) -> Statement {
    let conditions = Conditions { tests: vec![test.clone()], ..statement.conditions.clone() };
    Statement { conditions, ..statement.clone() }
}

/// The concrete id of the stranger's pool.
fn stranger(graph: &Graph, answer: &Answer) -> String {
    let aud = answer.request.context.iter().find(|(key, _)| key.ends_with(":aud"));
    let aud = aud.and_then(|(_, carried)| carried.values().first());
    aud.map(|aud| crate::value::sample(aud, &graph.symbols)).unwrap_or_default()
}

fn help(graph: &Graph, trust: &Trust, prefix: &str) -> String {
    let role = graph.role(trust.role);
    let line = condition_line(role, "StringEquals", &format!("{prefix}:aud"), &pool_reference(graph, trust));
    format!("name the pool itself\n  {line}")
}

/// Ids in the text of the template that no stack of the run makes: worth knowing where the run has a
/// pool of its own.
fn hard_coded(cx: &Cx<'_>, trust: &Trust) -> Vec<Finding> {
    let (graph, mut findings) = (cx.graph, Vec::new());
    if graph.pools.is_empty() {
        return findings;
    }
    let role = graph.role(trust.role);
    let own = cx.trusted(role.entity.stack).map(|trusted| trusted.identity_pools.as_slice()).unwrap_or_default();
    let policy = trust.policy(graph);
    let desk = Desk::new(graph, trust.role, policy);
    for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let values = tests(statement, "aud").flat_map(|test| test.values.iter().map(move |value| (test, value)));
        for (test, value) in values {
            let (id, at) = value;
            let is_own = id.as_known().is_some_and(|id| own.iter().any(|pool| pool == id));
            if is_own || !is_foreign_literal(graph, id) || !desk.asks_for(test, value) {
                continue;
            }
            let (_, property) = test_spot(statement, test);
            let message = format!("{} names an identity pool that no template here makes", role.entity.name());
            let label = Label::new(at.place, "a fixed pool id");
            let mut finding = Finding::new("CGT004", Severity::Info, message, label, role.entity.property(property));
            finding.help = format!("if it is this pool's id, write\n  {}", pool_reference(graph, trust));
            let pool = pool_of(graph, trust).filter(|_| test.values.len() == 1);
            let changes = pool.map(|value| vec![Change::Set { at: *at, value }]);
            finding.fix = changes.map(|changes| Box::new(Fix::offered(NAME_POOL, changes)));
            finding.mistake = mistake(statement, "aud");
            finding.branch = trust.when.clone();
            findings.push(finding);
        }
    }
    findings
}

fn is_foreign_literal(graph: &Graph, value: &Text) -> bool {
    let form = Text::symbol(graph.strangers.pool);
    let is_id = value.as_known().is_some_and(|text| !text.contains(['*', '?']));
    let fits = is_id && crate::value::overlaps(value, &form, &graph.symbols);
    fits && !graph.pools.iter().any(|pool| compare(&pool.id, value, &graph.symbols) == Truth::True)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::Trusted;
    use crate::resolve::{Stack, StackInfo, StackSet};
    use crate::source::FileId;
    use crate::syntax::parse_yaml;
    use crate::template::Template;

    /// What is found in a role whose one statement has these conditions.
    fn found(conditions: &str) -> Vec<(Severity, Option<String>)> {
        let text = format!(
            "Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {{Federated: cognito-identity.amazonaws.com}}
          Action: sts:AssumeRoleWithWebIdentity
          Condition: {conditions}
"
        );
        let doc = parse_yaml(FileId(0), &Arc::from(text));
        let template = Template::read(&doc).unwrap();
        let set = StackSet::new(vec![Stack::new(&template, StackInfo::default())]);
        let graph = crate::identity::build(&set);
        let (trusts, nobody) = (crate::identity::trusts(&graph), Trusted::default());
        let classes = crate::identity::Classes::default();
        let mut findings = Vec::new();
        let held = crate::identity::Held::of(&graph);
        let cx = Cx { graph: &graph, trusts: &trusts, classes: &classes, held: &held, trusted: &[&nobody] };
        check(&cx, &mut findings);
        findings.into_iter().map(|finding| (finding.severity, finding.subject.property)).collect()
    }

    const FIXED: &str = "us-east-1:11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_fixed_id_counts_where_its_pool_passes_the_test() {
        let key = "cognito-identity.amazonaws.com:aud";
        for operator in ["StringEquals", "StringLikeIfExists", "StringEqualsIgnoreCase", "ForAnyValue:StringEquals"] {
            let named = found(&format!("{{{operator}: {{'{key}': [!Ref Pool, '{FIXED}']}}}}"));
            let property = format!("AssumeRolePolicyDocument.Statement.Condition.{operator}.{key}");
            assert_eq!(named, [(Severity::Info, Some(property))], "{operator}");
        }
        for operator in ["StringNotEquals", "StringNotLike", "ArnNotLike", "Bool"] {
            let conditions = format!("{{StringEquals: {{'{key}': !Ref Pool}}, {operator}: {{'{key}': '{FIXED}'}}}}");
            assert_eq!(found(&conditions), [], "{operator}");
        }
    }

    #[test]
    fn the_test_to_mend_is_the_one_that_keeps_some_pools_out() {
        let key = "cognito-identity.amazonaws.com:aud";
        for (operator, value) in
            [("StringLike", "us-*"), ("StringNotEquals", FIXED), ("StringEqualsIgnoreCase", "US-*")]
        {
            let open = found(&format!("{{'Null': {{'{key}': 'false'}}, {operator}: {{'{key}': '{value}'}}}}"));
            let property = format!("AssumeRolePolicyDocument.Statement.Condition.{operator}.{key}");
            let expected = if value == "US-*" { Vec::new() } else { vec![(Severity::Error, Some(property))] };
            assert_eq!(open, expected, "{operator}");
        }
    }
}
