//! MAP016: what a pool says of guests, and the roles that it has for them, do not fit.

use crate::checks::Cx;
use crate::checks::mappings::mistake;
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Attachment, Dialect, Graph, Handout, IdentityPool, Trust, Way};
use crate::source::Place;
use crate::value::{Branch, Lookup, Piece, Truth};

/// Finds guests without a role, guest roles without guests, and pools without any role.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let pools = Pools::of(cx.graph);
    let mut made_by_cdk: Option<usize> = None;
    for pool in &cx.graph.pools {
        for case in &pool.guests.cases {
            match case.then {
                Truth::True => findings.extend(no_guest_role(cx, &pools, pool, &case.when)),
                Truth::False => no_guests(cx, &pools, (pool, &case.when), &mut made_by_cdk, findings),
                Truth::Unknown => {}
            }
        }
        findings.extend(no_role(&pools, pool));
    }
}

/// All attachments and guest roles, by their pools.
pub(super) struct Pools<'g> {
    graph: &'g Graph,
    attachments: Lookup<'g, Attachment>,
    guests: Lookup<'g, Handout>,
}

impl<'g> Pools<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        let attachments = graph.attachments.iter().map(|attachment| (&attachment.pool.text, attachment));
        let guests = graph.handouts.iter().filter(|handout| handout.way == Way::Guest);
        let guests = guests.map(|handout| (&handout.pool, handout));
        let symbols = &graph.symbols;
        Self { graph, attachments: Lookup::new(attachments, symbols), guests: Lookup::new(guests, symbols) }
    }

    /// The attachments of a pool.
    pub(super) fn attachments(&self, pool: &IdentityPool) -> &[&'g Attachment] {
        self.attachments.same(&pool.id)
    }

    /// The attachments that are, or may be, of a pool.
    fn possible<'l>(&'l self, pool: &'l IdentityPool) -> impl Iterator<Item = &'g Attachment> + 'l {
        let own = self.attachments(pool).iter().copied();
        own.chain(self.attachments.perhaps(&pool.id, &self.graph.symbols))
    }

    /// The attachments of which only the deployment knows the pool: it may be any of the run.
    fn of_unknown(&self) -> impl Iterator<Item = &'g Attachment> + use<'g> {
        let symbols = &self.graph.symbols;
        let is_unknown = move |attachment: &&Attachment| match attachment.pool.text.pieces() {
            None => true,
            Some(pieces) => {
                pieces.into_iter().any(|piece| matches!(piece, Piece::Symbol(id) if symbols.missing(id).is_some()))
            }
        };
        self.graph.attachments.iter().filter(is_unknown)
    }

    /// The roles that a pool hands to guests, in a branch.
    fn guest_roles<'l>(
        &'l self,
        pool: &IdentityPool,
        when: &'l Branch,
    ) -> impl Iterator<Item = (&'g Handout, Branch)> + 'l {
        let own = self.guests.same(&pool.id).iter().copied();
        own.filter_map(move |handout| Some((handout, self.graph.together(&handout.when, when)?)))
    }
}

/// Branches in which guests of a pool may ask STS themselves for a role that lets them in, or may.
fn by_classic_flow<'a>(cx: &'a Cx<'_>, pool: &'a IdentityPool) -> impl Iterator<Item = Branch> + 'a {
    let may_be_in = |trust: &&Trust| {
        let own = trust.of_pool(&pool.id).map_or(Truth::False, |own| own.guest.truth);
        !own.or(trust.foreign_guest.truth).is_false()
    };
    let classic = pool.classic.cases.iter().filter(|case| !case.then.is_false());
    classic.flat_map(move |case| {
        let trusts = cx.trusts.iter().filter(may_be_in);
        trusts.filter_map(|trust| cx.graph.together(&case.when, &trust.when))
    })
}

/// The part of a branch in which a pool has an attachment, none that has, or may have, a role for guests, and no
/// other way to one.
pub(super) fn without_guest_role(
    cx: &Cx<'_>,
    pools: &Pools<'_>,
    pool: &IdentityPool,
    when: &Branch,
) -> Option<(Branch, Place)> {
    let graph = pools.graph;
    if graph.is_touched(&pool.id) {
        return None;
    }
    let mut when = when.clone();
    for attachment in pools.possible(pool) {
        if !attachment.has_role("unauthenticated").is_false() {
            when = graph.worlds.outside(&when, &attachment.when)?;
        }
    }
    for classic in by_classic_flow(cx, pool) {
        when = graph.worlds.outside(&when, &classic)?;
    }
    let mut own = pools.attachments(pool).iter();
    own.find_map(|attachment| Some((graph.together(&when, &attachment.when)?, attachment.entity.place)))
}

/// Guests are let in, and no attachment has a role for them.
fn no_guest_role(cx: &Cx<'_>, pools: &Pools<'_>, pool: &IdentityPool, when: &Branch) -> Option<Finding> {
    let (when, attachment) = without_guest_role(cx, pools, pool, when)?;
    let name = pool.entity.name();
    let message = format!("guests of {name} get no credentials: it has no role for them");
    let label = Label::new(pool.guests.place, "lets guests in");
    let subject = pool.entity.property("AllowUnauthenticatedIdentities");
    let mut finding = Finding::new("MAP016", Severity::Warning, message, label, subject);
    finding.related.push(Label::new(attachment, "its roles, none of them under unauthenticated"));
    finding.help = "attach a role under unauthenticated, or set AllowUnauthenticatedIdentities to false".to_owned();
    finding.assumes.push("nothing outside of what was read attaches roles to the pool".to_owned());
    finding.mistake = mistake(pool.entity.place, "guest role");
    finding.branch = when;
    Some(finding)
}

/// Guests are kept out, and a role for them is attached.
fn no_guests(
    cx: &Cx<'_>,
    pools: &Pools<'_>,
    (pool, when): (&IdentityPool, &Branch),
    made_by_cdk: &mut Option<usize>,
    findings: &mut Vec<Finding>,
) {
    for (handout, both) in pools.guest_roles(pool, when) {
        let open = cx.trusts.iter().find_map(|trust| {
            let is_open = trust.foreign_guest.truth.is_true() || trust.foreign_signed_in.truth.is_true();
            (trust.role == handout.role && is_open).then(|| cx.graph.together(&both, &trust.when))?
        });
        let is_by_construct = open.is_none() && pool.entity.dialect == Dialect::Cdk;
        // The CDK's construct attaches a role for guests to every pool: that is told once.
        let told = made_by_cdk.filter(|_| is_by_construct).and_then(|at| findings.get_mut(at));
        if let Some(told) = told {
            told.related.push(Label::new(pool.entity.place, "the same for this pool"));
            continue;
        }
        if is_by_construct {
            *made_by_cdk = Some(findings.len());
        }
        findings.push(attached_in_vain(cx.graph, pool, handout, both, open));
    }
}

fn attached_in_vain(
    graph: &Graph,
    pool: &IdentityPool,
    handout: &Handout,
    when: Branch,
    open: Option<Branch>,
) -> Finding {
    let (role, name) = (graph.role(handout.role), pool.entity.name());
    let role_name = role.entity.name();
    let severity = if open.is_some() { Severity::Warning } else { Severity::Info };
    let message = match severity {
        Severity::Info => format!("{role_name} is attached for guests of {name}, which lets none in"),
        _ => format!("{role_name} is for guests of {name}, which lets none in, but takes those of other pools"),
    };
    let (place, _) = handout.steps.last().cloned().unwrap_or((role.entity.place, String::new()));
    let label = Label::new(place, "the role for guests");
    let mut finding =
        Finding::new("MAP016", severity, message, label, pool.entity.property("AllowUnauthenticatedIdentities"));
    finding.related.push(Label::new(pool.guests.place, "guests are not let in"));
    finding.related.push(Label::new(role.entity.place, "the role"));
    finding.help = "remove unauthenticated from the Roles of the attachment".to_owned();
    if role.entity.dialect == Dialect::Cdk && severity == Severity::Info {
        finding.help = "nothing to do: IdentityPool always attaches a role for guests".to_owned();
    }
    finding.mistake = mistake(pool.entity.place, "guest role");
    finding.branch = open.unwrap_or(when);
    finding
}

/// No attachment at all, and no other way to a role.
fn no_role(pools: &Pools<'_>, pool: &IdentityPool) -> Option<Finding> {
    let may_be_classic = pool.classic.cases.iter().any(|case| !case.then.is_false());
    let has_any = pools.possible(pool).next().is_some() || pools.of_unknown().next().is_some();
    if may_be_classic || pools.graph.is_touched(&pool.id) || has_any {
        return None;
    }
    let name = pool.entity.name();
    let message = format!("nothing in what was read attaches a role to {name}, which can then give no credentials");
    let label = Label::new(pool.entity.place, "has no role attachment, and AllowClassicFlow is not on");
    let mut finding = Finding::new("MAP016", Severity::Info, message, label, pool.entity.subject.clone());
    finding.help = "attach roles with AWS::Cognito::IdentityPoolRoleAttachment".to_owned();
    finding.mistake = mistake(pool.entity.place, "guest role");
    finding.branch = pool.entity.exists.clone();
    Some(finding)
}
