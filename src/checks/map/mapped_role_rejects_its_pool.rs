//! MAP014: a pool hands out a role that refuses the pool's users.

use crate::checks::Cx;
use crate::checks::mappings::provider_words;
use crate::checks::remedy::pool_id;
use crate::checks::words::{amr_line, condition_line, prefix, reference_to, value_words};
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Status, shown};
use crate::identity::cognito::{is_claim, is_claim_of, refuses_every_pool};
use crate::identity::{Answer, Graph, Handout, OwnPool, Trust, Way};
use crate::policy::{Conjunct, Effect, Test, evaluate, failing};
use crate::source::Place;
use crate::value::{At, Branch, Text, Truth, compare};

/// Finds roles whose trust policy certainly refuses those who get them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts {
        let mut spoken: Vec<(&Text, bool)> = Vec::new();
        for (handout, when) in trust.handouts(cx.graph) {
            // One role may be handed out in many ways; who is refused is the same in all of them.
            let key = (&handout.pool, handout.way == Way::Guest);
            if when == trust.when && spoken.contains(&key) {
                continue;
            }
            if let Some(finding) = finding(cx.graph, trust, handout, when) {
                spoken.push(key);
                findings.push(finding);
            }
        }
    }
}

fn finding(graph: &Graph, trust: &Trust, handout: &Handout, when: Branch) -> Option<Finding> {
    let own = trust.of_pool(&handout.pool)?;
    // A mapping for a provider that the pool does not have leads nobody here: MAP005 and MAP006 speak.
    if !may_sign_in(graph, handout) {
        return None;
    }
    let when = if handout.way == Way::Guest { allowing_guests(graph, handout, &when)? } else { when };
    let answer = refused(own, handout)?;
    if waits_for_its_pool(graph, trust, answer, &when) {
        return None;
    }
    let role = graph.role(trust.role);
    let policy = trust.policy(graph);
    let pool = match handout.pool_id {
        Some(id) => graph.pools[id.0].entity.name(),
        None => "its identity pool",
    };
    let name = role.entity.name();
    let message = match &handout.provider {
        Some(provider) => {
            let provider = shown(&provider_words(graph, provider));
            format!("{pool} hands {name} to users of {provider}, and it refuses them")
        }
        None if handout.way == Way::Guest => format!("{pool} hands out {name}, which refuses guests of that pool"),
        None => format!("{pool} hands out {name}, which refuses signed-in users of that pool"),
    };
    let (place, property, why, statement, element) = reason(graph, trust, handout, answer);
    let denies = |effect: Effect| effect == Effect::Deny;
    let placeholder =
        !policy.statements.is_empty() && policy.statements.iter().all(|statement| denies(statement.effect));
    let severity = if placeholder { Severity::Info } else { Severity::Error };
    let mut finding = Finding::new("MAP014", severity, message, Label::new(place, why), role.entity.property(property));
    finding.related = handout.steps.iter().map(|(place, what)| Label::new(*place, what.clone())).collect();
    finding.help = help(graph, trust, handout, element, answer);
    finding.fix = fix(graph, trust, handout, answer).map(Box::new);
    if !graph.is_certain(handout) {
        finding.status = Status::Possible;
        finding.assumes.push(format!("{} is this role", shown(&graph.shown(&handout.arn))));
    }
    finding.mistake = Mistake { statement, element, bare: false };
    finding.branch = when;
    Some(finding)
}

/// Whether anybody may come from the provider by which a pool hands a role out.
fn may_sign_in(graph: &Graph, handout: &Handout) -> bool {
    let (Some(provider), Some(pool)) = (&handout.provider, handout.pool_id.map(|id| &graph.pools[id.0])) else {
        return true;
    };
    let mut own = pool.providers.iter();
    !pool.providers_complete || own.any(|own| !compare(own, provider, &graph.symbols).is_false())
}

/// The branch in which the pool gives guests an identity: elsewhere its guest role is never used.
fn allowing_guests(graph: &Graph, handout: &Handout, when: &Branch) -> Option<Branch> {
    let pool = &graph.pools[handout.pool_id?.0];
    let allowing = pool.guests.cases.iter().filter(|case| case.then == Truth::True);
    allowing.into_iter().find_map(|case| graph.together(&case.when, when))
}

/// The answer to show where everybody who may come this way is refused.
fn refused<'t>(own: &'t OwnPool, handout: &Handout) -> Option<&'t Answer> {
    if handout.way == Way::Guest {
        return Some(&own.guest).filter(|answer| answer.truth.is_false());
    }
    let of_provider =
        own.signed_in.iter().filter(|(provider, _)| handout.provider.as_ref().is_none_or(|own| own == provider));
    let answers: Vec<&Answer> = of_provider.map(|(_, answer)| answer).collect();
    answers.iter().all(|answer| answer.truth.is_false()).then(|| answers.first().copied())?
}

/// Whether the test in the way asks for what a parameter is by default and what is the id of no pool: a placeholder,
/// which the deployment replaces.
fn waits_for_its_pool(graph: &Graph, trust: &Trust, answer: &Answer, when: &Branch) -> bool {
    let Some(test) = test_in_the_way(graph, trust, answer) else { return false };
    let is_placeholder =
        |value: &(Text, At)| graph.is_default(&value.0, when) && refuses_every_pool(test, value, trust, graph);
    test.values.iter().take(MOST_VALUES).any(is_placeholder)
}

/// Values of one test that are looked at.
const MOST_VALUES: usize = 64;

type Reason = (Place, String, String, Option<Place>, &'static str);

/// Where and why the nearest statement refuses.
fn reason(graph: &Graph, trust: &Trust, handout: &Handout, answer: &Answer) -> Reason {
    let role = graph.role(trust.role);
    let document = "AssumeRolePolicyDocument";
    let Some((statement, conjunct)) = failing(trust.policy(graph), &answer.request, &graph.symbols) else {
        return (role.entity.place, document.to_owned(), "no statement lets anybody in".to_owned(), None, "Statement");
    };
    let path = format!("{document}.{}", statement.path());
    let (place, property, why, element) = match conjunct {
        Conjunct::Principal => {
            let place = statement.principal_value_at.map_or(statement.at.place, |at| at.place);
            (place, format!("{path}.Principal"), "does not trust identity pools".to_owned(), "Principal")
        }
        Conjunct::Action => {
            let place = statement.action_at.map_or(statement.at.place, |at| at.place);
            let why = "does not allow sts:AssumeRoleWithWebIdentity".to_owned();
            (place, format!("{path}.Action"), why, "Action")
        }
        Conjunct::Resource => {
            (statement.at.place, format!("{path}.Resource"), "speaks of another resource".to_owned(), "Resource")
        }
        Conjunct::Unread => (statement.at.place, path, "cannot be read".to_owned(), "Statement"),
        Conjunct::Denied => (statement.at.place, path, "this statement denies them".to_owned(), "Effect"),
        Conjunct::Test(test) => {
            let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
            let property = format!("{path}.Condition.{operator}.{key}");
            let claim = ["aud", "amr", "sub"].into_iter().find(|claim| is_claim(test, claim));
            let asked = claim.filter(|claim| is_claim_of(test, claim, &answer.request));
            let values: Vec<String> = test.values.iter().map(|(value, _)| value_words(graph, role, value)).collect();
            let values = values.join(", ");
            let why = match asked {
                Some("aud") => format!("asks for {values}, not for the pool that hands it out"),
                Some("amr") if handout.way == Way::Guest && !test.operator.is_some_and(|own| own.is_positive()) => {
                    format!("guests do not pass: {operator} {values}")
                }
                Some("amr") if handout.way == Way::Guest => format!("guests have no {values} in amr"),
                Some("amr") if asks_for_provider(graph, handout, test).is_some() => format!("asks for {values}"),
                Some("amr") => format!("signed-in users do not pass: {operator} {values}"),
                _ if claim.is_some() => format!("tokens of {} carry no such key", prefix(answer)),
                _ => "no token of the pool passes this test".to_owned(),
            };
            (test.values_at.place, property, why, asked.or(claim.map(|_| "key")).unwrap_or("Condition"))
        }
    };
    (place, property, why, Some(statement.at.place), element)
}

/// The provider of the pool for whose users a test on `amr` asks.
fn asks_for_provider(graph: &Graph, handout: &Handout, test: &Test) -> Option<Text> {
    let pool = &graph.pools[handout.pool_id?.0];
    let is_own = |value: &Text| pool.providers.iter().any(|own| compare(own, value, &graph.symbols).is_true());
    test.values.iter().map(|(value, _)| value).find(|value| is_own(value)).cloned()
}

/// The test in the way of a request, where it stands in a condition.
fn test_in_the_way<'g>(graph: &'g Graph, trust: &Trust, answer: &Answer) -> Option<&'g Test> {
    match failing(trust.policy(graph), &answer.request, &graph.symbols)?.1 {
        Conjunct::Test(test) => Some(test),
        _ => None,
    }
}

/// Whether the role serves another pool too.
fn is_shared(graph: &Graph, trust: &Trust, handout: &Handout) -> bool {
    graph.handouts_of(trust.role).any(|other| other.pool != handout.pool)
}

/// The right pool, where nothing else is in the way.
fn fix(graph: &Graph, trust: &Trust, handout: &Handout, answer: &Answer) -> Option<Fix> {
    let test = test_in_the_way(graph, trust, answer)?;
    let asks = test.operator.is_some_and(|operator| operator.asks_for_texts());
    if !asks || !is_claim_of(test, "aud", &answer.request) {
        return None;
    }
    let mut without = trust.policy(graph).clone();
    for statement in &mut without.statements {
        statement.conditions.tests.retain(|own| own.key_at != test.key_at);
    }
    if !evaluate(&without, &answer.request, &graph.symbols).truth.is_true() {
        return None;
    }
    let value = pool_id(graph, trust.role, &handout.pool)?;
    let change = match is_shared(graph, trust, handout) {
        true => Change::Append { to: test.values_at, value },
        false => Change::Set { at: test.values_at, value },
    };
    Some(Fix::offered("ask for the pool that hands the role out (aud)", vec![change]))
}

fn help(graph: &Graph, trust: &Trust, handout: &Handout, element: &str, answer: &Answer) -> String {
    let role = graph.role(trust.role);
    let prefix = prefix(answer);
    let guests = handout.way == Way::Guest;
    let amr = amr_line(role, &prefix, if guests { "unauthenticated" } else { "authenticated" });
    match element {
        "aud" => {
            let pool = reference_to(graph, role, &handout.pool);
            if is_shared(graph, trust, handout) {
                return format!("list this pool beside the other one\n  {pool}");
            }
            let line = condition_line(role, "StringEquals", &format!("{prefix}:aud"), &pool);
            format!("ask for the pool that hands the role out\n  {line}")
        }
        "amr" if guests => format!("ask for guests\n  {amr}"),
        "amr" => {
            let test = test_in_the_way(graph, trust, answer);
            let provider = test.and_then(|test| asks_for_provider(graph, handout, test));
            let provider = provider.map(|own| shown(&provider_words(graph, &own)));
            let other = provider.map(|own| format!("\nor hand the role out under {own}")).unwrap_or_default();
            format!("ask for signed-in users\n  {amr}{other}")
        }
        "Condition" => "no token of the pool can pass this test: change it, or take it out".to_owned(),
        "Effect" => "narrow the Deny statement, so that it spares the users of this pool".to_owned(),
        "key" => format!("begin the condition keys with\n  {prefix}"),
        "Action" => "allow\n  sts:AssumeRoleWithWebIdentity".to_owned(),
        _ => format!(
            "trust identity pools with sts:AssumeRoleWithWebIdentity, and test aud and amr\n  Federated: {prefix}"
        ),
    }
}
