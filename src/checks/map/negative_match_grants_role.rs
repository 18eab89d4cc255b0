//! MAP010: a rule that gives a stronger role to everybody but some.

use super::fallback_role_more_privileged::default_roles;
use crate::checks::Cx;
use crate::checks::excess::{Excess, MOST_TRIES, excess};
use crate::checks::mappings::{mistake, role_name, rule_path};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{Attachment, Graph, Handout, Held, Mapping, MappingRule, RoleId};
use crate::value::{Branch, Truth, compare};

/// Finds rules of type NotEqual whose role may change what the default role may not.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let (held, mut tries) = (cx.held, MOST_TRIES);
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.kind() == Some("Rules")) {
        for rule in mapping.rules() {
            if rule.match_type.as_ref().and_then(|written| written.known()) == Some("NotEqual") {
                findings.extend(finding(cx.graph, (held, &mut tries), mapping, rule));
            }
        }
    }
}

/// What comparing a rule's role with the default one comes to; why there is no answer.
pub(super) enum Verdict {
    /// It may call this action, which is allowed here.
    Stronger(String, Label),
    Open(&'static str),
}

/// Whether a rule's role may change what the default one may not; nothing where it certainly may not.
pub(super) fn verdict(
    graph: &Graph,
    (held, tries): (&Held<'_>, &mut usize),
    mapping: &Mapping,
    role: Option<(RoleId, Branch)>,
) -> Option<(Verdict, Branch)> {
    let open = |why| Some((Verdict::Open(why), mapping.when.clone()));
    let Some((role, exists)) = role else { return open("the role is in no template that was read") };
    let when = graph.together(&mapping.when, &exists)?;
    let defaults: Vec<&Handout> = default_roles(graph, mapping).collect();
    if defaults.is_empty() && may_have_default(graph, mapping) {
        return open("the default role is in no template that was read");
    }
    let others: Vec<RoleId> = defaults.iter().map(|handout| handout.role).collect();
    if others.contains(&role) {
        return None;
    }
    match excess(graph, held, role, &others, &when, tries) {
        Excess::More(permission, action) => {
            Some((Verdict::Stronger(action, Label::new(permission.place(), "allowed here")), permission.when))
        }
        Excess::None => None,
        Excess::Unknown => open("not all that the two roles may do is known"),
    }
}

/// Whether the pool of a mapping has a default role, or may have one.
fn may_have_default(graph: &Graph, mapping: &Mapping) -> bool {
    let is_own = |own: &&Attachment| !compare(&own.pool.text, &mapping.pool, &graph.symbols).is_false();
    let mut own = graph.attachments.iter().filter(is_own);
    own.any(|attachment| attachment.has_role("authenticated") != Truth::False)
}

fn finding(graph: &Graph, held: (&Held<'_>, &mut usize), mapping: &Mapping, rule: &MappingRule) -> Option<Finding> {
    let (written, matching) = (rule.role.as_ref()?, rule.match_type.as_ref()?);
    let role = graph.roles_meant(mapping.entity.stack, &written.text).into_iter().next();
    let (verdict, when) = verdict(graph, held, mapping, role)?;
    let told = |written: &Option<crate::identity::Written>| {
        written.as_ref().map_or_else(|| "?".to_owned(), |written| shown(&graph.shown(&written.text)))
    };
    let (claim, value) = (told(&rule.claim), told(&rule.value));
    let name = role_name(graph, mapping.entity.stack, written);
    let message = format!("every user whose {claim} is anything but '{value}' gets {name}");
    let label = Label::new(matching.place, "fits every other value, also those that are yet to come");
    let subject = mapping.entity.property(rule_path(mapping, rule, Some("MatchType")));
    let mut finding = Finding::new("MAP010", Severity::Warning, message, label, subject);
    let role = match &verdict {
        Verdict::Stronger(action, _) => format!("may call {action}, unlike the default role"),
        Verdict::Open(_) => "the role that they get".to_owned(),
    };
    finding.related.push(Label::new(written.place, role));
    match verdict {
        Verdict::Stronger(_, place) => finding.related.push(place),
        Verdict::Open(why) => {
            finding.severity = Severity::Info;
            finding.assumes.push(format!("the role may do more than the default one: {why}"));
        }
    }
    finding.help = format!("name the values of {claim} that are meant, with Equals; a user without it is passed over");
    finding.mistake = mistake(rule.place, "MatchType");
    finding.branch = when;
    Some(finding)
}
