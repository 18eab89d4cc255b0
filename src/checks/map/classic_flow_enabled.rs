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
    let mut roles: Vec<RoleId> = Vec::new();
    for trust in cx.trusts.iter().filter(|trust| admits(trust, pool, guests)) {
        if cx.graph.together(&trust.when, when).is_some() && !roles.contains(&trust.role) {
            roles.push(trust.role);
        }
    }
    let name = pool.entity.name();
    let names: Vec<&str> = roles.iter().map(|role| cx.graph.role(*role).entity.name()).collect();
    let message = match names.as_slice() {
        [] => format!("clients of {name} may ask STS for any role that lets them in"),
        [role] => format!("clients of {name} may ask STS for {role} themselves"),
        [all @ .., last] if all.len() < MOST_NAMED => {
            format!("clients of {name} choose among {} and {last} themselves", all.join(", "))
        }
        all => format!("clients of {name} choose among {} roles themselves", all.len()),
    };
    let severity = if names.len() < 2 && !guests { Severity::Info } else { Severity::Warning };
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

/// Whether a trust policy certainly lets users of a pool in, or its guests where it has some.
fn admits(trust: &Trust, pool: &IdentityPool, guests: bool) -> bool {
    let foreign = trust.foreign_signed_in.truth.or(if guests { trust.foreign_guest.truth } else { Truth::False });
    let own = trust.of_pool(&pool.id).map_or(Truth::False, |own| {
        let signed_in = Truth::any(own.signed_in.iter().map(|(_, answer)| answer.truth));
        signed_in.or(if guests { own.guest.truth } else { Truth::False })
    });
    foreign.or(own).is_true()
}
