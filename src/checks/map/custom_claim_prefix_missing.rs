//! MAP013: a rule on a custom attribute without `custom:`.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, property_line, role_name, rule_path};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{Attribute, CUSTOM, Graph, Mapping, MappingRule, UserPool};
use crate::value::Branch;

/// Finds rules whose claim is the bare name of a custom attribute of the mapped user pool.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.kind() == Some("Rules")) {
        let Some(pool) = mapping.user_pool.as_ref().and_then(|id| cx.graph.user_pool(id)) else { continue };
        for rule in mapping.rules() {
            let Some(name) = rule.claim.as_ref().and_then(|claim| claim.known()) else { continue };
            let mut attributes = pool.custom(name);
            let found = attributes.find_map(|own| Some((own, cx.graph.together(&mapping.when, &own.when)?)));
            if let Some((attribute, when)) = found {
                findings.extend(finding(cx.graph, mapping, rule, (pool, attribute), when));
            }
        }
    }
}

fn finding(
    graph: &Graph,
    mapping: &Mapping,
    rule: &MappingRule,
    (pool, attribute): (&UserPool, &Attribute),
    when: Branch,
) -> Option<Finding> {
    let claim = rule.claim.as_ref()?;
    let name = claim.known()?;
    let role = rule.role.as_ref().map(|role| role_name(graph, mapping.entity.stack, role));
    let role = role.unwrap_or_else(|| "the role".to_owned());
    let message = format!("nobody gets {role} by a rule on '{}': no token has that claim", crate::finding::shown(name));
    // Those that only developers write have a name of another form (user pools API, SchemaAttributeType).
    let other_name = !attribute.developer_only.is_false();
    let label = match other_name {
        true => "the bare name of an attribute that only developers write".to_owned(),
        false => format!("tokens have the custom attribute as {CUSTOM}{name}"),
    };
    let label = Label::new(claim.place, label);
    let subject = mapping.entity.property(rule_path(mapping, rule, Some("Claim")));
    let mut finding = Finding::new("MAP013", Severity::Warning, message, label, subject);
    finding.related = vec![Label::new(attribute.name.place, format!("a custom attribute of {}", pool.entity.name()))];
    if pool.sets_claims {
        finding.severity = Severity::Info;
        let trigger = format!("the pre-token-generation trigger of {} does not add the claim", pool.entity.name());
        finding.assumes.push(trigger);
    }
    let line = property_line(mapping.entity.dialect, "Claim", &format!("{CUSTOM}{name}"));
    finding.help = match other_name {
        true => "test a claim that tokens have, such as an attribute that is not DeveloperOnlyAttribute".to_owned(),
        false => format!("name the claim as tokens have it\n  {line}"),
    };
    // A trigger may have added the claim as it is.
    if !pool.sets_claims && !other_name {
        let change = Change::Set { at: claim.at(), value: Written::text(format!("{CUSTOM}{name}")) };
        finding.fix = Some(Box::new(Fix::safe("name the claim as tokens have it", vec![change])));
    }
    finding.mistake = mistake(rule.place, "Claim");
    finding.branch = when;
    Some(finding)
}
