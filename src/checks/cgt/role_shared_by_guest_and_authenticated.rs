//! CGT009: one role for guests and for signed-in users.

use std::collections::HashMap;

use crate::checks::Cx;
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::{Answer, Dialect, Entity, Graph, OwnPool, PoolId, RoleId, Trust, Way};
use crate::source::Place;
use crate::value::{Branch, Text, Truth};

/// Finds roles that pools hand to guests as well as to signed-in users.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for (id, role) in graph.roles() {
        let uses: Vec<Use<'_>> = graph
            .handouts_of(id)
            .map(|handout| {
                let (pool, pool_id, way, when) = (&handout.pool, handout.pool_id, handout.way, &handout.when);
                Use { entity: &role.entity, role: Some(id), pool, pool_id, way, when, steps: &handout.steps }
            })
            .collect();
        findings.extend(shared(cx, &uses));
    }
    // A role of which the run has no template is the same one wherever its ARN is the same.
    let mut at_arn: HashMap<&Text, usize> = HashMap::new();
    let mut outside: Vec<Vec<Use<'_>>> = Vec::new();
    for handout in &graph.outside_handouts {
        let (pool, pool_id, way, when) = (&handout.pool, handout.pool_id, handout.way, &handout.when);
        let by_arn = Use { entity: &handout.entity, role: None, pool, pool_id, way, when, steps: &handout.steps };
        if matches!(handout.arn, Text::Any(_)) {
            continue;
        }
        let at = *at_arn.entry(&handout.arn).or_insert(outside.len());
        if at == outside.len() {
            outside.push(Vec::new());
        }
        outside[at].push(by_arn);
    }
    findings.extend(outside.iter().flat_map(|uses| shared(cx, uses)));
}

/// One way in which a pool hands a role out.
#[derive(Clone, Copy)]
struct Use<'g> {
    /// The role, or the resource that names it where no template of the run has it.
    entity: &'g Entity,
    role: Option<RoleId>,
    pool: &'g Text,
    pool_id: Option<PoolId>,
    way: Way,
    when: &'g Branch,
    steps: &'g [(Place, String)],
}

/// One finding for each branch of a role's use for guests in which the pool allows guests, or does not.
fn shared(cx: &Cx<'_>, uses: &[Use<'_>]) -> Vec<Finding> {
    let graph = cx.graph;
    let mut signed_in: Vec<&Use<'_>> = Vec::new();
    for own in uses.iter().filter(|own| own.way.is_signed_in()) {
        // One use in each branch is enough.
        if !signed_in.iter().any(|other| other.when == own.when) {
            signed_in.push(own);
        }
    }
    let mut findings: Vec<Finding> = Vec::new();
    for guest in uses.iter().filter(|own| own.way == Way::Guest) {
        for (allows, allowing) in allowing_guests(graph, guest) {
            let mut branches: Vec<Branch> = Vec::new();
            for signed_in in &signed_in {
                let Some(when) = graph.together(&allowing, signed_in.when) else { continue };
                if !branches.contains(&when) {
                    findings.push(finding(cx, [guest, *signed_in], allows, when.clone()));
                    branches.push(when);
                }
            }
        }
    }
    findings
}

/// Whether the pool gives guests an identity, in each branch in which it hands the role out.
fn allowing_guests(graph: &Graph, guest: &Use<'_>) -> Vec<(Truth, Branch)> {
    let Some(pool) = guest.pool_id.map(|id| &graph.pools[id.0]) else {
        return vec![(Truth::Unknown, guest.when.clone())];
    };
    let cases = pool.guests.cases.iter();
    cases.filter_map(|case| Some((case.then, graph.together(&case.when, guest.when)?))).collect()
}

fn finding(cx: &Cx<'_>, [guest, signed_in]: [&Use<'_>; 2], allows: Truth, when: Branch) -> Finding {
    let (entity, role) = (guest.entity, guest.role);
    let refuses = role.and_then(|id| refusal(cx, id, [guest, signed_in], &when));
    let severity = match allows {
        // Whatever it permits, those whom it is for do not get it.
        _ if refuses == Some(Refusal::SignedIn) => Severity::Error,
        Truth::True if refuses.is_some() => Severity::Error,
        _ if role.is_some_and(|id| permits_nothing(cx.graph, id)) => Severity::Info,
        Truth::True => Severity::Error,
        Truth::False | Truth::Unknown => Severity::Warning,
    };
    let name = role.map_or("one role", |_| entity.name());
    let message = headline(name, allows, refuses);
    let mut steps: Vec<Label> = guest.steps.iter().map(|(place, what)| Label::new(*place, what.clone())).collect();
    let place = guest.steps.last().map_or(entity.place, |(place, _)| *place);
    steps.retain(|label| label.place != place);
    let used = signed_in.steps.iter().map(|(place, what)| Label::new(*place, what.clone()));
    let label = Label::new(place, "guests get the role that signed-in users get");
    let mut finding = Finding::new("CGT009", severity, message, label, entity.subject.clone());
    let own = role.map(|_| Label::new(entity.place, "the role that both get"));
    for label in steps.into_iter().chain(used).chain(own) {
        let is_new = !finding.related.iter().any(|other| other.place == label.place);
        finding.related.extend(is_new.then_some(label));
    }
    finding.help = help(entity);
    finding.mistake = Mistake { statement: None, element: "amr", bare: false };
    finding.branch = when;
    finding
}

/// Whom the role refuses although they get it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Guests,
    SignedIn,
}

fn refusal(cx: &Cx<'_>, id: RoleId, [guest, signed_in]: [&Use<'_>; 2], when: &Branch) -> Option<Refusal> {
    let refuses = |own: &Use<'_>, asked: fn(&OwnPool) -> Vec<&Answer>| {
        let trusts = cx.trusts.iter().filter(|trust| trust.role == id);
        let mut trusts = trusts.filter(|trust| cx.graph.together(&trust.when, when).is_some()).peekable();
        let all_out = |own: &OwnPool| asked(own).iter().all(|answer| answer.truth.is_false());
        trusts.peek().is_some() && trusts.all(|trust: &Trust| trust.of_pool(own.pool).is_some_and(all_out))
    };
    if refuses(guest, |own| vec![&own.guest]) {
        return Some(Refusal::Guests);
    }
    refuses(signed_in, |own| own.signed_in.iter().map(|(_, answer)| answer).collect()).then_some(Refusal::SignedIn)
}

fn headline(name: &str, allows: Truth, refuses: Option<Refusal>) -> String {
    match refuses {
        Some(Refusal::Guests) => {
            format!("{name} is handed to guests as well as to signed-in users, and refuses guests")
        }
        Some(Refusal::SignedIn) => {
            format!("{name} is handed to signed-in users as well as to guests, and refuses signed-in users")
        }
        None if allows.is_true() => format!("{name} serves guests and signed-in users: all that it permits is public"),
        None => format!("{name} serves signed-in users, and guests as soon as there are any"),
    }
}

/// Whether the role certainly has no permissions, as far as the run shows.
fn permits_nothing(graph: &Graph, id: RoleId) -> bool {
    graph.without_permissions.contains(&id)
}

fn help(entity: &Entity) -> String {
    let line = match entity.dialect {
        Dialect::Cdk => "unauthenticated: newGuestRole.roleArn,",
        Dialect::Yaml => "unauthenticated: !GetAtt NEW-GUEST-ROLE.Arn",
        Dialect::Json => "\"unauthenticated\": { \"Fn::GetAtt\": [\"NEW-GUEST-ROLE\", \"Arn\"] }",
    };
    format!("make a second role that asks for amr: unauthenticated, and attach it here\n  {line}")
}
