//! MAP017: clients of a pool may choose their role themselves.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, property_line};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{Dialect, IdentityPool, RoleId, Trust};
use crate::value::{Branch, Truth};

/// Finds pools with the classic flow.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for pool in &cx.graph.pools {
        let on = pool.classic.cases.iter().filter(|case| case.then.is_true());
        findings.extend(on.map(|case| finding(cx, pool, &case.when)));
    }
}

/// Roles that a message names.
const MOST_NAMED: usize = 3;

fn finding(cx: &Cx<'_>, pool: &IdentityPool, when: &Branch) -> Finding {
    let guests =
        pool.guests.cases.iter().any(|case| case.then.is_true() && cx.graph.together(&case.when, when).is_some());
    let of_guests = if guests { admitting(cx, pool, when, lets_guests_in) } else { Vec::new() };
    let of_signed_in = admitting(cx, pool, when, lets_signed_in_in);
    // A guest chooses among the roles for guests, and a signed-in user among those for signed-in users.
    let chosen: Vec<RoleId> = [&of_guests, &of_signed_in].into_iter().filter(|roles| roles.len() > 1).fold(
        Vec::new(),
        |mut all: Vec<RoleId>, roles| {
            all.extend(roles.iter().filter(|role| !all.contains(role)).copied().collect::<Vec<_>>());
            all
        },
    );
    let mut roles = of_guests.clone();
    roles.extend(of_signed_in.iter().filter(|role| !of_guests.contains(role)));
    let name = pool.entity.name();
    let names = |roles: &[RoleId]| roles.iter().map(|role| cx.graph.role(*role).entity.name()).collect::<Vec<&str>>();
    let message = match (names(&chosen).as_slice(), names(&of_guests).as_slice(), names(&roles).as_slice()) {
        ([], [], []) => format!("clients of {name} may ask STS for any role that lets them in"),
        ([], [], [role, ..]) => format!("clients of {name} may ask STS for {role} themselves"),
        ([], [role, ..], _) => format!("guests of {name} may ask STS for {role} themselves, without Cognito's limit"),
        ([all @ .., last], ..) if all.len() < MOST_NAMED => {
            format!("clients of {name} choose among {} and {last} themselves", all.join(", "))
        }
        (all, ..) => format!("clients of {name} choose among {} roles themselves", all.len()),
    };
    let severity = if roles.len() < 2 && !guests { Severity::Info } else { Severity::Warning };
    let label = Label::new(pool.classic.place, "no role mapping and no limit for guests holds in this flow");
    let mut finding = Finding::new("MAP017", severity, message, label, pool.entity.property("AllowClassicFlow"));
    let labels = roles.iter().map(|role| Label::new(cx.graph.role(*role).entity.place, "lets them in"));
    finding.related = labels.collect();
    let line = match pool.entity.dialect {
        Dialect::Cdk => "allowClassicFlow: false,".to_owned(),
        dialect => property_line(dialect, "AllowClassicFlow", "false").replace("\"false\"", "false"),
    };
    finding.help = format!("switch the flow off, unless an old client needs it\n  {line}");
    let at = pool.classic.at.filter(|_| pool.classic.cases.len() == 1);
    let change = at.map(|at| vec![Change::Set { at, value: Written::Bool(false) }]);
    finding.fix = change.map(|change| Box::new(Fix::offered("switch the classic flow off", change)));
    finding.mistake = mistake(pool.entity.place, "AllowClassicFlow");
    finding.branch = when.clone();
    finding
}

/// The roles that certainly let some in, in a branch.
fn admitting(
    cx: &Cx<'_>,
    pool: &IdentityPool,
    when: &Branch,
    lets_in: fn(&Trust, &IdentityPool) -> Truth,
) -> Vec<RoleId> {
    let mut roles: Vec<RoleId> = Vec::new();
    for trust in cx.trusts.iter().filter(|trust| lets_in(trust, pool).is_true()) {
        if cx.graph.together(&trust.when, when).is_some() && !roles.contains(&trust.role) {
            roles.push(trust.role);
        }
    }
    roles
}

fn lets_guests_in(trust: &Trust, pool: &IdentityPool) -> Truth {
    let own = trust.of_pool(&pool.id).map_or(Truth::False, |own| own.guest.truth);
    own.or(trust.foreign_guest.truth)
}

fn lets_signed_in_in(trust: &Trust, pool: &IdentityPool) -> Truth {
    let of_own = trust.of_pool(&pool.id).map(|own| Truth::any(own.signed_in.iter().map(|(_, answer)| answer.truth)));
    of_own.unwrap_or(Truth::False).or(trust.foreign_signed_in.truth)
}
