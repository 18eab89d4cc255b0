//! MAP012: users choose their role by an attribute that they set themselves.

use super::negative_match_grants_role::{Verdict, verdict};
use crate::checks::Cx;
use crate::checks::excess::MOST_TRIES;
use crate::checks::mappings::{mistake, role_name, rule_path};
use crate::finding::{Finding, Label, Severity, Status, shown};
use crate::identity::{Mapping, MappingRule, UserPool, Writable, Writers, WrittenBy};

/// Finds rules on claims that the user may write.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let (writers, mut tries) = (Writers::of(cx.graph), MOST_TRIES);
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.kind() == Some("Rules")) {
        let Some(pool) = mapping.user_pool.as_ref().and_then(|id| cx.graph.user_pool(id)) else { continue };
        for (at, rule) in mapping.rules().iter().enumerate() {
            findings.extend(finding((cx, &mut tries), &writers, mapping, pool, (rule, &mapping.rules()[..at])));
        }
    }
}

fn claim_of(rule: &MappingRule) -> Option<&str> {
    rule.claim.as_ref()?.known()
}

fn finding<'g>(
    (cx, tries): (&Cx<'g>, &mut usize),
    writers: &Writers<'g>,
    mapping: &Mapping,
    pool: &'g UserPool,
    (rule, earlier): (&MappingRule, &[MappingRule]),
) -> Option<Finding> {
    let claim = claim_of(rule)?;
    // A rule before it that asks whether the address was verified decides for those whose is not.
    let verified = format!("{claim}_verified");
    if earlier.iter().any(|rule| claim_of(rule) == Some(verified.as_str())) {
        return None;
    }
    let way = writers.writable(pool, claim, &mapping.when)?;
    let role = role_name(cx.graph, mapping.entity.stack, rule.role.as_ref()?);
    let (told, name) = (shown(claim), pool.entity.name());
    let message = match way.external {
        Some(external) => {
            let external = external.entity.name();
            format!("{external}, or users of {name} themselves, decide who gets {role}, by {told}")
        }
        None if way.client.is_none() => {
            format!("any user of {name} may get {role}: perhaps they set {told} by an app client that was not read")
        }
        None if is_sure(&way) => format!("any user of {name} can get {role}: they set {told} {}", at_what(&way)),
        None => format!("any user of {name} may get {role}: perhaps they can set {told} {}", at_what(&way)),
    };
    let label = Label::new(rule.claim.as_ref()?.place, "an attribute that users set themselves");
    let subject = mapping.entity.property(rule_path(mapping, rule, Some("Claim")));
    let mut finding = Finding::new("MAP012", severity(&way), message, label, subject);
    finding.related = related(&way, rule, &told);
    // What a trigger or a client that was not read makes of the claim may be better than it looks.
    if finding.severity == Severity::Warning
        && way.client.is_some()
        && !pool.sets_claims
        && let Some(power) = power(cx, tries, mapping, rule)
    {
        finding.severity = Severity::Error;
        finding.related.push(power);
    }
    finding.help = help(&way, &told);
    if way.client.is_none() {
        finding.status = Status::Possible;
        finding.assumes.push(format!("an app client of {name} that was not read may write {told}"));
    }
    if pool.sets_claims {
        let trigger = format!("the pre-token-generation trigger of {name} does not replace the claim");
        finding.assumes.push(trigger);
    }
    finding.mistake = mistake(rule.place, "Claim");
    finding.branch = way.when;
    Some(finding)
}

/// Whether the client may certainly write the attribute, and is in the user's hands.
fn is_sure(way: &Writable<'_>) -> bool {
    !matches!(way.by, WrittenBy::PerhapsUnlisted | WrittenBy::WithSecret | WrittenBy::ThroughServer)
}

/// When users set the attribute: what cannot change can still be set by who signs up.
fn at_what(way: &Writable<'_>) -> &'static str {
    if way.attribute.is_some_and(|own| own.mutable.is_false()) { "at sign-up" } else { "themselves" }
}

fn severity(way: &Writable<'_>) -> Severity {
    match way.by {
        WrittenBy::PerhapsUnlisted | WrittenBy::WithSecret | WrittenBy::ThroughServer => Severity::Info,
        _ if way.external.is_some() => Severity::Info,
        WrittenBy::Unlisted | WrittenBy::Listed | WrittenBy::Required => Severity::Warning,
    }
}

/// Where the role of a rule gets what its users would not have without it: every permission, or one that changes
/// something and that the default role has not.
fn power(cx: &Cx<'_>, tries: &mut usize, mapping: &Mapping, rule: &MappingRule) -> Option<Label> {
    let written = rule.role.as_ref()?;
    let (role, exists) = cx.graph.roles_meant(mapping.entity.stack, &written.text).into_iter().next()?;
    let (verdict, when) = verdict(cx.graph, (cx.held, tries), mapping, Some((role, exists)))?;
    match (cx.held.administers(role, &when), verdict) {
        (Some(by), _) => {
            let name = cx.graph.role(role).entity.name();
            Some(Label::new(by.place(), format!("{name} may give itself every permission")))
        }
        (None, Verdict::Stronger(action, mut label)) => {
            label.message = format!("they may call {action} then");
            Some(label)
        }
        (None, Verdict::Open(_)) => None,
    }
}

fn related(way: &Writable<'_>, rule: &MappingRule, claim: &str) -> Vec<Label> {
    let mut labels = writers(way, claim);
    labels.extend(rule.role.as_ref().map(|role| Label::new(role.place, "the role that they get by it")));
    labels
}

/// Who writes a claim: the app client, an external provider, and the attribute itself.
pub(in crate::checks) fn writers(way: &Writable<'_>, claim: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    if let Some(client) = way.client {
        let listed = client.writes.as_ref().and_then(|writes| writes.place);
        let (place, what) = match way.by {
            WrittenBy::Listed => (listed, format!("lets users write {claim}")),
            WrittenBy::Required => (None, format!("every client may write {claim}, which every user must have")),
            WrittenBy::WithSecret => (None, "has a secret, so a server of yours may stand between".to_owned()),
            WrittenBy::ThroughServer => {
                (None, "signs users in through a server of yours, which may keep their tokens".to_owned())
            }
            WrittenBy::PerhapsUnlisted => {
                (None, "lists no WriteAttributes; the documents disagree on custom attributes then".to_owned())
            }
            WrittenBy::Unlisted => {
                (None, "lists no WriteAttributes, and so may write every standard attribute".to_owned())
            }
        };
        labels.push(Label::new(place.unwrap_or(client.entity.place), what));
    }
    labels
        .extend(way.external.map(|external| Label::new(external.entity.place, "fills it with what it says of a user")));
    labels.extend(way.attribute.map(|own| Label::new(own.name.place, "the attribute")));
    labels
}

fn help(way: &Writable<'_>, claim: &str) -> String {
    let Some(client) = way.client else { return "choose roles by groups, which only you can change".to_owned() };
    let name = client.entity.name();
    match (way.by, &client.writes) {
        (WrittenBy::Required, _) => "choose roles by groups, which only you can change".to_owned(),
        (_, Some(_)) => format!("remove {claim} from the WriteAttributes of {name}, or choose roles by groups"),
        (_, None) => format!("give {name} WriteAttributes without {claim}, or choose roles by groups"),
    }
}
