//! MAP008: something in a role attachment that Cognito does not take.

use crate::checks::Cx;
use crate::checks::mappings::mistake;
use crate::finding::{Change, Finding, Fix, Label, Severity};
use crate::identity::{
    Attachment, Entity, MATCH_TYPES, Mapping, MappingRule, Quota, RESOLUTIONS, ROLE_KEYS, TYPES, Written,
};
use crate::source::Place;
use crate::value::{Branch, Piece, Text};

/// Finds words that the API does not have, and numbers that are out of its bounds.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for attachment in &cx.graph.attachments {
        attached(attachment, findings);
    }
    for mapping in &cx.graph.mappings {
        mapped(mapping, findings);
    }
}

/// A fault of one branch: what Cognito refuses, where, and what it takes.
struct Fault<'a> {
    entity: &'a Entity,
    when: &'a Branch,
    place: Place,
    element: &'static str,
    path: String,
    what: String,
    why: String,
    help: String,
    fix: Option<Change>,
}

impl Fault<'_> {
    fn finding(self) -> Finding {
        let message = format!("Cognito will refuse {}: {}", self.entity.name(), self.what);
        let label = Label::new(self.place, self.why);
        let mut finding = Finding::new("MAP008", Severity::Error, message, label, self.entity.property(self.path));
        finding.help = self.help;
        let fix = self.fix.map(|change| Fix::safe("write it as Cognito does", vec![change]));
        finding.fix = fix.map(Box::new);
        finding.mistake = mistake(self.place, self.element);
        finding.branch = self.when.clone();
        finding
    }
}

fn attached(attachment: &Attachment, findings: &mut Vec<Finding>) {
    let (entity, when) = (&attachment.entity, &attachment.when);
    for key in attachment.roles.iter().map(|role| &role.key) {
        let path = format!("Roles.{}", key.known().unwrap_or("?"));
        findings.extend(word(entity, when, key, ("key of Roles", true), path, &ROLE_KEYS));
    }
    let most = Quota::Mappings.range().1;
    let Some((count, place)) = attachment.mappings.filter(|(count, _)| *count > most) else { return };
    let fault = Fault {
        entity,
        when,
        place,
        element: "RoleMappings",
        path: "RoleMappings".to_owned(),
        what: format!("{count} mappings are too many"),
        why: format!("{count} mappings, of {most} that a pool can have"),
        help: format!("leave at most {most} mappings: one a provider"),
        fix: None,
    };
    findings.push(fault.finding());
}

fn mapped(mapping: &Mapping, findings: &mut Vec<Finding>) {
    let (entity, when) = (&mapping.entity, &mapping.when);
    for (name, written, words) in
        [("Type", &mapping.kind, &TYPES), ("AmbiguousRoleResolution", &mapping.ambiguous, &RESOLUTIONS)]
    {
        let path = format!("{}.{name}", mapping.path);
        findings.extend(written.iter().filter_map(|own| word(entity, when, own, (name, false), path.clone(), words)));
    }
    findings.extend(too_few_rules(mapping).or_else(|| too_many_rules(mapping)));
    for rule in mapping.rules() {
        ruled(mapping, rule, findings);
    }
}

/// A word that is none of those that the API has.
fn word(
    entity: &Entity,
    when: &Branch,
    written: &Written,
    (element, is_key): (&'static str, bool),
    path: String,
    words: &[&str],
) -> Option<Finding> {
    let known = written.known().filter(|known| !words.contains(known))?;
    let meant = words.iter().find(|word| word.eq_ignore_ascii_case(known));
    let (why, help) = match meant {
        Some(word) => (format!("spelt {word}: capital letters count"), format!("write {word}")),
        None => (format!("none of {}", words.join(", ")), format!("write one of {}", words.join(", "))),
    };
    let what = format!("there is no {element} '{}'", crate::finding::shown(known));
    let fix = meant.map(|word| match is_key {
        true => Change::Rename { key: written.at(), name: (*word).to_owned() },
        false => Change::Set { at: written.at(), value: crate::finding::Written::text(*word) },
    });
    Some(Fault { entity, when, place: written.place, element, path, what, why, help, fix }.finding())
}

fn too_few_rules(mapping: &Mapping) -> Option<Finding> {
    let is_rules = mapping.complete && mapping.kind() == Some("Rules");
    let none = mapping.rules.as_ref().is_none_or(|rules| rules.complete && rules.list.is_empty());
    let fault = Fault {
        entity: &mapping.entity,
        when: &mapping.when,
        place: mapping.rules.as_ref().map_or(mapping.kind.as_ref()?.place, |rules| rules.place),
        element: "Rules",
        path: format!("{}.RulesConfiguration", mapping.path),
        what: "a mapping has no rules".to_owned(),
        why: "Type Rules needs at least one rule".to_owned(),
        help: "add rules under RulesConfiguration, or use Type Token to follow the groups of a user pool".to_owned(),
        fix: None,
    };
    (is_rules && none).then(|| fault.finding())
}

fn too_many_rules(mapping: &Mapping) -> Option<Finding> {
    let rules = mapping.rules.as_ref()?;
    let (count, most) = (rules.count, Quota::Rules.range().1);
    let fault = Fault {
        entity: &mapping.entity,
        when: &mapping.when,
        place: rules.place,
        element: "Rules",
        path: format!("{}.RulesConfiguration.Rules", mapping.path),
        what: format!("{count} rules are too many"),
        why: format!("{count} rules, of {most} that a provider can have; the quota cannot be raised"),
        help: format!("leave at most {most} rules, or use groups with roles and Type Token"),
        fix: None,
    };
    (count > most).then(|| fault.finding())
}

fn ruled(mapping: &Mapping, rule: &MappingRule, findings: &mut Vec<Finding>) {
    let path = |name: &str| format!("{}.RulesConfiguration.Rules[{}].{name}", mapping.path, rule.index);
    let (entity, when) = (&mapping.entity, &mapping.when);
    let match_type = rule.match_type.iter();
    let element = ("MatchType", false);
    findings.extend(match_type.filter_map(|w| word(entity, when, w, element, path("MatchType"), &MATCH_TYPES)));
    for (name, written, quota) in [("Claim", &rule.claim, Quota::Claim), ("Value", &rule.value, Quota::Value)] {
        let Some(written) = written else { continue };
        let (least, most) = quota.range();
        let Some(count) = characters(&written.text, least, most) else { continue };
        let long = if count == 0 { "empty".to_owned() } else { format!("{count} characters long, or more") };
        let fault = Fault {
            entity,
            when,
            place: written.place,
            element: name,
            path: path(name),
            what: format!("a rule's {name} is {}", if count == 0 { "empty" } else { "too long" }),
            why: format!("{long}; {least} to {most} are taken"),
            help: format!("give {name} a text of {least} to {most} characters"),
            fix: None,
        };
        findings.push(fault.finding());
    }
}

/// How many characters a text has at least, where they are certainly too few or too many.
fn characters(text: &Text, least: usize, most: usize) -> Option<usize> {
    let pieces = text.pieces()?;
    let literal = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.chars().count(),
        Piece::Symbol(_) => 0,
    };
    let count = pieces.iter().map(literal).sum();
    (count > most || (count < least && text.as_known().is_some())).then_some(count)
}
