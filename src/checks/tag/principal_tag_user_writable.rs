//! TAG006: a session tag that users set themselves, and by which they get something.

use super::principal_tag_map_invalid::user_pool_of;
use super::tag_session_missing::gets_tags;
use crate::checks::Cx;
use crate::checks::map::mapping_claim_user_writable::writers;
use crate::checks::mappings::mistake;
use crate::finding::{Finding, Label, Severity, Status, shown};
use crate::identity::{
    Graph, How, MappedTag, TagMap, TagUse, UserPool, Writable, Writers, WrittenBy, access, tag_uses,
};
use crate::policy::{Actions, Effect};
use crate::value::{Branch, Truth};

/// Finds tags made of an attribute that users change, on roles whose permissions rest on them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    let all = Writers::of(graph);
    for map in graph.tag_maps.iter().filter(|map| map.passes != Truth::False) {
        let Some(pool) = user_pool_of(graph, map) else { continue };
        for tag in &map.tags {
            let uses = tag.key.known().map(|key| uses(graph, map, key)).unwrap_or_default();
            let Some(finding) = finding(graph, &all, (map, tag), pool, &uses) else { continue };
            // That the same tag may be missing is the smaller mistake.
            let is_same = |other: &Finding| other.rule == "TAG005" && uses.iter().any(|(own, _)| is_at(own, other));
            let is_definite = finding.status == Status::Definite;
            findings.retain(|other| !(is_definite && is_same(other)));
            findings.push(finding);
        }
    }
}

/// Whether a finding stands where a statement rests on a tag.
fn is_at(own: &TagUse<'_>, finding: &Finding) -> bool {
    let of_values = match own.how {
        How::Tested(test) => Some(test.values_at.place),
        How::Resource(_) | How::Wanted(..) => None,
    };
    [Some(own.at.place), of_values].contains(&Some(finding.primary.place))
}

/// Where roles that the map's users get rest on a tag.
fn uses<'g>(graph: &'g Graph, map: &TagMap, key: &str) -> Vec<(TagUse<'g>, Branch)> {
    let handouts = graph.handouts.iter().filter(|handout| handout.pool == map.pool);
    let mut roles = Vec::new();
    for handout in handouts {
        let when = graph.together(&handout.when, &map.when).and_then(|when| gets_tags(graph, handout, map, when));
        let Some(when) = when else { continue };
        if !roles.iter().any(|(role, _)| *role == handout.role) {
            roles.push((handout.role, when));
        }
    }
    let mut found = Vec::new();
    for (role, when) in roles {
        for own in tag_uses(graph, role) {
            let rests = match own.statement.effect {
                Effect::Allow => true,
                // Whose data is denied hangs on it, too.
                Effect::Deny => matches!(own.how, How::Resource(_)),
                Effect::Unknown => false,
            };
            let is_own = own.key.eq_ignore_ascii_case(key) && rests;
            let when = graph.together(&when, &own.when).filter(|_| is_own);
            found.extend(when.map(|when| (own, when)));
        }
    }
    found
}

/// How bad it is that a user chooses what a statement rests on.
fn weight(own: &TagUse<'_>) -> Severity {
    let is_changing = match &own.statement.actions {
        Actions::Only(list) => Truth::any(list.iter().map(|(action, _)| access::changes(action))).is_true(),
        Actions::AllBut(_) => true,
        Actions::Unknown => false,
    };
    match own.how {
        How::Resource(_) | How::Wanted(..) => Severity::Error,
        How::Tested(_) if is_changing => Severity::Error,
        How::Tested(_) => Severity::Warning,
    }
}

fn finding<'g>(
    graph: &'g Graph,
    all: &Writers<'g>,
    (map, tag): (&TagMap, &MappedTag),
    pool: &'g UserPool,
    uses: &[(TagUse<'g>, Branch)],
) -> Option<Finding> {
    let (key, written) = (tag.key.known()?, tag.claim.as_ref()?);
    let claim = written.known()?;
    let way = all.writable(pool, claim, &map.when)?;
    let worst = uses.iter().max_by_key(|(own, _)| weight(own));
    let when = match worst {
        Some((_, when)) => graph.together(&way.when, when)?,
        None => way.when.clone(),
    };
    let mildest = match way.by {
        WrittenBy::PerhapsUnlisted | WrittenBy::WithSecret | WrittenBy::ThroughServer => Severity::Info,
        _ if way.external.is_some() => Severity::Info,
        WrittenBy::Unlisted | WrittenBy::Listed | WrittenBy::Required => Severity::Error,
    };
    let severity = worst.map_or(Severity::Info, |(own, _)| weight(own)).min(mildest);
    let (name, shown_key) = (pool.entity.name(), shown(key));
    let message = match worst {
        Some((own, _)) => {
            let holder = own.policy.entity.name();
            format!("users of {name} choose their own tag {shown_key}, on which {holder} relies")
        }
        None => format!("users of {name} choose their own tag {shown_key}"),
    };
    let label = Label::new(written.place, format!("{} is an attribute that users set themselves", shown(claim)));
    let subject = map.entity.property(format!("PrincipalTags.{key}"));
    let mut finding = Finding::new("TAG006", severity, message, label, subject);
    finding.related = related(&way, worst.map(|(own, _)| own), &shown(claim));
    finding.help = help(&way, &shown(claim));
    if way.client.is_none() {
        finding.status = Status::Possible;
        finding.assumes.push(format!("an app client of {name} that was not read may write {}", shown(claim)));
    }
    if map.passes == Truth::Unknown {
        finding.status = Status::Possible;
        finding.assumes.push(format!("{} passes tags", map.entity.name()));
    }
    if pool.sets_claims {
        finding.assumes.push(format!("the pre-token-generation trigger of {name} does not replace the claim"));
    }
    finding.mistake = mistake(written.place, "PrincipalTags");
    finding.branch = when;
    Some(finding)
}

fn related(way: &Writable<'_>, worst: Option<&TagUse<'_>>, claim: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    if let Some(own) = worst {
        let what = match own.how {
            How::Resource(_) | How::Wanted(..) => "whose data a session gets hangs on the tag here",
            How::Tested(_) => "what a session may do hangs on the tag here",
        };
        labels.push(Label::new(own.at.place, what));
    }
    labels.extend(writers(way, claim));
    labels
}

fn help(way: &Writable<'_>, claim: &str) -> String {
    let other = "fill the tag with sub, or with an attribute that only you write";
    match (way.client, way.by) {
        (Some(client), WrittenBy::Listed) => {
            format!("remove {claim} from the WriteAttributes of {}, or {other}", client.entity.name())
        }
        (Some(client), WrittenBy::Unlisted) => {
            format!("give {} WriteAttributes without {claim}, or {other}", client.entity.name())
        }
        _ => other.to_owned(),
    }
}
