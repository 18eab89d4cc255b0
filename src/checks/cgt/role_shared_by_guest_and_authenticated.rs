//! CGT009: one role for guests and for signed-in users.

use crate::checks::Cx;
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::{Answer, Dialect, Graph, Handout, OwnPool, Role, RoleId, Trust, Way};
use crate::value::{Branch, Truth};

/// Finds roles that pools hand to guests as well as to signed-in users.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (id, _) in cx.graph.roles() {
        let guests = cx.graph.handouts_of(id).filter(|handout| handout.way == Way::Guest);
        for guest in guests {
            findings.extend(shared(cx, id, guest));
        }
    }
}

/// One finding for each branch of a role's use for guests in which the pool allows guests, or does not.
fn shared(cx: &Cx<'_>, id: RoleId, guest: &Handout) -> Vec<Finding> {
    let graph = cx.graph;
    let mut findings: Vec<Finding> = Vec::new();
    for (allows, allowing) in allowing_guests(graph, guest) {
        let others = graph.handouts_of(id).filter(|handout| handout.way.is_signed_in());
        let mut branches: Vec<Branch> = Vec::new();
        for signed_in in others {
            let Some(when) = graph.together(&allowing, &signed_in.when) else { continue };
            // One use of each kind is enough in each branch.
            if !branches.contains(&when) {
                findings.push(finding(cx, id, [guest, signed_in], allows, when.clone()));
                branches.push(when);
            }
        }
    }
    findings
}

/// Whether the pool gives guests an identity, in each branch in which it hands the role out.
fn allowing_guests(graph: &Graph, guest: &Handout) -> Vec<(Truth, Branch)> {
    let Some(pool) = guest.pool_id.map(|id| &graph.pools[id.0]) else {
        return vec![(Truth::Unknown, guest.when.clone())];
    };
    let cases = pool.guests.cases.iter();
    cases.filter_map(|case| Some((case.then, graph.together(&case.when, &guest.when)?))).collect()
}

fn finding(cx: &Cx<'_>, id: RoleId, [guest, signed_in]: [&Handout; 2], allows: Truth, when: Branch) -> Finding {
    let (graph, role) = (cx.graph, cx.graph.role(id));
    let refuses = refusal(cx, id, [guest, signed_in], &when);
    let severity = match allows {
        // Whatever it permits, those whom it is for do not get it.
        _ if refuses == Some(Refusal::SignedIn) => Severity::Error,
        Truth::True if refuses.is_some() => Severity::Error,
        _ if permits_nothing(graph, id) => Severity::Info,
        Truth::True => Severity::Error,
        Truth::False | Truth::Unknown => Severity::Warning,
    };
    let message = headline(role, allows, refuses);
    let mut steps: Vec<Label> = guest.steps.iter().map(|(place, what)| Label::new(*place, what.clone())).collect();
    let place = guest.steps.last().map_or(role.entity.place, |(place, _)| *place);
    steps.retain(|label| label.place != place);
    let used = signed_in.steps.iter().map(|(place, what)| Label::new(*place, what.clone()));
    let label = Label::new(place, "guests get the role that signed-in users get");
    let mut finding = Finding::new("CGT009", severity, message, label, role.entity.subject.clone());
    for label in steps.into_iter().chain(used).chain([Label::new(role.entity.place, "the role that both get")]) {
        let is_new = !finding.related.iter().any(|other| other.place == label.place);
        finding.related.extend(is_new.then_some(label));
    }
    finding.help = help(role);
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

fn refusal(cx: &Cx<'_>, id: RoleId, [guest, signed_in]: [&Handout; 2], when: &Branch) -> Option<Refusal> {
    let refuses = |handout: &Handout, asked: fn(&OwnPool) -> Vec<&Answer>| {
        let trusts = cx.trusts.iter().filter(|trust| trust.role == id);
        let mut trusts = trusts.filter(|trust| cx.graph.together(&trust.when, when).is_some()).peekable();
        let all_out = |own: &OwnPool| asked(own).iter().all(|answer| answer.truth.is_false());
        trusts.peek().is_some() && trusts.all(|trust: &Trust| trust.of_pool(&handout.pool).is_some_and(all_out))
    };
    if refuses(guest, |own| vec![&own.guest]) {
        return Some(Refusal::Guests);
    }
    refuses(signed_in, |own| own.signed_in.iter().map(|(_, answer)| answer).collect()).then_some(Refusal::SignedIn)
}

fn headline(role: &Role, allows: Truth, refuses: Option<Refusal>) -> String {
    let name = role.entity.name();
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

fn help(role: &Role) -> String {
    let line = match role.entity.dialect {
        Dialect::Cdk => "unauthenticated: newGuestRole.roleArn,",
        Dialect::Yaml => "unauthenticated: !GetAtt NEW-GUEST-ROLE.Arn",
        Dialect::Json => "\"unauthenticated\": { \"Fn::GetAtt\": [\"NEW-GUEST-ROLE\", \"Arn\"] }",
    };
    format!("make a second role that asks for amr: unauthenticated, and attach it here\n  {line}")
}
