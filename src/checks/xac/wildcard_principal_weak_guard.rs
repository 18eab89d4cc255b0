//! XAC002: everybody is trusted who knows, or sends, what a caller chooses.

use crate::checks::Cx;
use crate::checks::gate::{
    Gap, NETWORK, SECOND_FACTOR, gaps, gate, is_everybody, is_on, keeping_out, named, own_account_line, partner_line,
    passes_always, passes_never, proof, test_path,
};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, RoleClasses};
use crate::policy::{Effect, Policy, RangeSize, Request, Statement, Test, ranges_let_in};
use crate::value::{Symbols, Truth};

/// Finds roles that everybody can become who sends the right words.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let chosen = gaps(cx, of_role).into_iter().filter(|(.., gap)| *gap == Gap::Chosen);
        let open: Vec<Finding> =
            chosen.filter_map(|(answer, statement, _)| open(cx, of_role, answer, statement)).collect();
        let by_network = if open.is_empty() { by_network(cx, of_role) } else { None };
        findings.extend(open.into_iter().chain(by_network));
    }
}

/// What stands between strangers and a role, from the most that it asks to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Guard {
    /// Few addresses.
    FewAddresses,
    /// An id that callers have to know.
    ExternalId,
    /// Addresses that many have.
    Addresses,
    /// A second factor, which strangers have too.
    SecondFactor,
    /// What a caller only has to say.
    Sent,
    /// A time.
    Time,
    /// Every address or id passes.
    Nothing,
}

fn open(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, statement: &Statement) -> Option<Finding> {
    let (policy, symbols) = (of_role.policy(cx.graph), &cx.classes.symbols);
    let own = statement.conditions.tests.iter().map(|test| (statement, test));
    let guards = own
        .chain(keeping_out(policy, answer, symbols))
        .map(|(of, test)| (guard(test, of.effect == Effect::Deny, policy, &answer.answer.request, symbols), of, test));
    let (guard, guarding, test) = guards.min_by_key(|(guard, ..)| *guard)?;
    let gate = gate(cx, of_role, guarding);
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&test.key));
    let (message, why) = match guard {
        Guard::FewAddresses => (
            format!("any AWS account can become {role} from the addresses that it lists"),
            "says from where a call comes, not who calls",
        ),
        Guard::Addresses => (
            format!("any AWS account can become {role} from the addresses that it lists"),
            "many have such an address, whoever they are",
        ),
        Guard::ExternalId => (
            format!("any AWS account can become {role} by sending {key}"),
            "is no secret, and the only thing asked for",
        ),
        Guard::SecondFactor => {
            (format!("any AWS account can become {role} with a second factor"), "strangers have a second factor too")
        }
        Guard::Time => {
            (format!("any AWS account can become {role} at the right time"), "says when somebody calls, not who")
        }
        Guard::Sent => (format!("any AWS account can become {role} by sending {key}"), "the caller chooses this"),
        Guard::Nothing => (format!("any AWS account can become {role}, whatever its {key}"), "everything passes this"),
    };
    let mut finding =
        gate.finding("XAC002", severity(guard), message, Label::new(test.values_at.place, why), &test_path(test));
    finding.related = statement
        .principal_value_at
        .map(|at| Label::new(at.place, "trusts every account in the world"))
        .into_iter()
        .collect();
    finding.help = match guard {
        Guard::ExternalId => {
            format!(
                "keep the test, and name the account that the id was given to, such as\n  {}",
                partner_line(gate.role)
            )
        }
        _ if guarding.effect == Effect::Deny => {
            format!(
                "name who may come in the statement that allows it, such as the own account\n  {}",
                own_account_line(gate.role)
            )
        }
        _ => format!("name who may come, such as the own account\n  {}", own_account_line(gate.role)),
    };
    finding.mistake.element = "Principal";
    let who = format!("a role in an account that nobody here has named, {},", with(guard, &key));
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// An external id has to be known, and an address to be had; all else a caller only has to say.
fn severity(guard: Guard) -> Severity {
    match guard {
        Guard::FewAddresses => Severity::Info,
        Guard::ExternalId | Guard::Addresses => Severity::Warning,
        _ => Severity::Error,
    }
}

fn with(guard: Guard, key: &str) -> String {
    match guard {
        Guard::FewAddresses | Guard::Addresses => "calling from such an address".to_owned(),
        Guard::SecondFactor => "signed in with a second factor".to_owned(),
        Guard::Time => "calling at that time".to_owned(),
        Guard::ExternalId | Guard::Sent | Guard::Nothing => format!("sending {key}"),
    }
}

/// What a test asks for: of an Allow statement, or of one that denies whoever passes it.
fn guard(test: &Test, denies: bool, policy: &Policy, request: &Request, symbols: &Symbols) -> Guard {
    let on = |beginnings: &[&str]| is_on(test, beginnings);
    let lets_all_in = match denies {
        true => passes_never(test, policy, request, symbols),
        false => passes_always(test, policy, request, symbols),
    };
    match () {
        () if on(&["aws:sourceip"]) => addresses(test, denies),
        // Every call comes over TLS.
        () if lets_all_in || on(&["aws:securetransport"]) => Guard::Nothing,
        () if on(&["sts:externalid"]) => Guard::ExternalId,
        () if on(&SECOND_FACTOR) => Guard::SecondFactor,
        () if on(&["aws:currenttime", "aws:epochtime"]) => Guard::Time,
        () => Guard::Sent,
    }
}

/// Bits that few addresses have free: 16 of IPv4, and one network of IPv6.
const FEW: [u32; 2] = [4, 64];
/// Bits that so many addresses have free that nobody is kept out: more than a 256th of all.
const MOST: [u32; 2] = [24, 120];

fn addresses(test: &Test, denies: bool) -> Guard {
    let Some(ranges) = ranges_let_in(test, denies) else { return Guard::Addresses };
    let limit = |limits: [u32; 2], range: &RangeSize| if range.is_old { limits[0] } else { limits[1] };
    match () {
        () if ranges.iter().any(|range| range.free > limit(MOST, range)) => Guard::Nothing,
        () if ranges.iter().all(|range| range.free <= limit(FEW, range)) => Guard::FewAddresses,
        () => Guard::Addresses,
    }
}

/// A star beside a test on a network of AWS: that is as good as a name where the network is the user's own.
fn by_network(cx: &Cx<'_>, of_role: &RoleClasses) -> Option<Finding> {
    of_role.answers.iter().find(|one| one.class == "account/unrelated" && one.answer.truth == Truth::Unknown)?;
    let is_star = |statement: &&Statement| {
        statement.effect == Effect::Allow
            && named(statement).iter().any(|principal| is_everybody(principal, &cx.graph.symbols))
    };
    let statement = of_role.policy(cx.graph).statements.iter().find(is_star)?;
    let test = statement.conditions.tests.iter().find(|test| is_on(test, &NETWORK))?;
    let gate = gate(cx, of_role, statement);
    let message = format!("{} trusts a network instead of an account", gate.role.entity.name());
    let label = Label::new(test.values_at.place, "says from where a call comes, not who calls");
    let mut finding = gate.finding("XAC002", Severity::Info, message, label, &test_path(test));
    finding.help =
        format!("keep the test, and name who may come, such as the own account\n  {}", own_account_line(gate.role));
    finding.mistake.element = "Principal";
    Some(finding)
}
