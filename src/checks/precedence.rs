//! One mistake gives one finding: which of several gives way (catalogue, section 15).

use std::collections::HashMap;

use crate::finding::{Finding, Severity, Status};
use crate::source::Place;
use crate::value::Branch;

/// Where two findings have to meet to speak of the same mistake.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meets {
    /// In one statement.
    Statement,
    /// In one statement that has no condition at all.
    BareStatement,
    /// On one key of one statement.
    Key,
    /// Anywhere in one resource.
    Resource,
    /// On one key, in any statement of the role.
    Claim,
    /// On one principal.
    Principal,
}

/// A rule, those that give way to it, and where.
type Row = (&'static str, &'static [&'static str], Meets);

/// In the order of the catalogue. For role attachments a mapping is what a statement is for roles.
const ROWS: &[Row] = &[
    ("CGT010", &["TRU001", "TRU002", "SVC002", "SVC003", "OID009", "MAP014", "TRU004"], Meets::Statement),
    ("CGT001", &["CGT004"], Meets::Key),
    ("CGT001", &["CGT002", "CGT003"], Meets::BareStatement),
    ("CGT002", &["CGT003", "CGT007", "CGT008"], Meets::Key),
    ("CGT008", &["CGT003", "CGT007"], Meets::Key),
    ("CGT005", &["MAP014", "TRU003", "TRU004"], Meets::Key),
    // A test that lets guests in and keeps signed-in users out is one mistake.
    ("CGT002", &["MAP014"], Meets::Key),
    ("CGT006", &["POL007", "CGT002", "CGT003", "MAP014"], Meets::Key),
    ("CGT007", &["MAP014"], Meets::Key),
    ("MAP006", &["MAP005", "MAP007"], Meets::Statement),
    ("MAP005", &["MAP007"], Meets::Statement),
    ("MAP009", &["MAP011"], Meets::Statement),
    ("MAP012", &["MAP010", "MAP011"], Meets::Statement),
    ("MAP013", &["MAP009", "MAP010", "MAP012"], Meets::Statement),
    ("MAP018", &["MAP008"], Meets::Resource),
    ("SVC001", &["SVC002", "SVC003", "SVC004", "SVC005", "TRU004", "XAC003"], Meets::Statement),
    ("SVC002", &["SVC003"], Meets::Statement),
    // Of a service that may not be there, nobody asks for whom it works.
    ("SVC003", &["SVC005"], Meets::Principal),
    ("SVC006", &["POL009", "SVC005", "TRU002", "TRU003", "TRU004"], Meets::Statement),
    ("SVC007", &["SVC005", "SVC006", "TAG001", "TAG008", "TRU001"], Meets::Statement),
    ("SVC008", &["SVC005", "SVC006", "TAG001", "TAG008", "TRU001", "TRU002"], Meets::Statement),
    ("CGT009", &["CGT002", "CGT003", "CGT008", "MAP014"], Meets::Claim),
    ("OID008", &["OID001", "OID011"], Meets::Statement),
    ("OID008", &["OID002", "OID006", "OID007", "POL004", "TRU002"], Meets::Key),
    ("OID001", &["OID007"], Meets::BareStatement),
    ("OID003", &["OID007"], Meets::BareStatement),
    ("OID011", &["OID007"], Meets::BareStatement),
    ("OID010", &["OID007"], Meets::BareStatement),
    ("OID006", &["POL004", "TRU002", "TRU004"], Meets::Key),
    ("OID009", &["OID001", "OID007", "CGT004", "MAP014", "SVC003", "TRU003", "TRU004"], Meets::Statement),
    ("OID012", &["TRU003", "TRU004"], Meets::Statement),
    ("OID005", &["TRU003", "TRU004"], Meets::Statement),
    ("POL006", &["OID005", "TRU003"], Meets::Key),
    ("SML003", &["POL007", "POL008", "POL009"], Meets::Key),
    ("SML002", &["TRU003", "TRU004"], Meets::Statement),
    ("MAP014", &["TRU004"], Meets::Resource),
    ("TAG001", &["MAP014"], Meets::Statement),
    ("TRU001", &["MAP014", "SVC004", "TRU004"], Meets::Statement),
    ("TRU002", &["POL004", "POL009", "TRU004", "SVC004"], Meets::Statement),
    ("TRU003", &["MAP014", "SVC004", "TRU004"], Meets::Statement),
    ("TRU005", &["POL001", "POL003", "POL010", "TRU004"], Meets::Statement),
    ("TRU005", &["TRU001"], Meets::Key),
    ("XAC001", &["XAC002", "XAC006", "XAC007", "XAC008", "XAC010", "TAG004", "POL009"], Meets::Statement),
    ("XAC002", &["XAC006", "XAC007", "XAC008", "TAG004", "POL009"], Meets::Statement),
    ("XAC003", &["XAC001", "XAC002", "OID001", "OID007", "SML001", "TRU004"], Meets::Statement),
    ("XAC003", &["SVC005", "XAC008"], Meets::Principal),
    ("XAC004", &["CGT001", "CGT002", "CGT003", "OID001", "OID007", "SML001", "TRU004", "XAC001"], Meets::Statement),
    ("XAC005", &["XAC008"], Meets::Principal),
    ("XAC006", &["XAC008"], Meets::Principal),
    ("XAC007", &["XAC006", "XAC008", "TRU002"], Meets::Statement),
    ("XAC009", &["XAC006", "XAC008", "TRU004"], Meets::Principal),
    ("XAC010", &["XAC001", "XAC002", "XAC006", "XAC007", "XAC008", "TRU002", "TRU004"], Meets::Statement),
    ("XAC010", &["TAG004", "POL009"], Meets::Statement),
    // Of a role that nobody gets, no policy of the account says who gets it.
    ("TRU004", &["XAC008"], Meets::Resource),
    ("TAG004", &["TAG005"], Meets::Statement),
    ("TAG005", &["POL007", "POL008", "POL009"], Meets::Statement),
    ("TAG008", &["TRU002", "TRU004"], Meets::Statement),
    ("CGT001", &["TRU006"], Meets::Statement),
    ("CGT002", &["TRU006"], Meets::Statement),
    ("OID001", &["TRU006"], Meets::Statement),
    ("OID002", &["TRU006"], Meets::Statement),
    ("OID011", &["TRU006"], Meets::Statement),
    ("OID007", &["TRU006"], Meets::Key),
    ("SVC008", &["TRU006"], Meets::Statement),
    ("XAC001", &["TRU006"], Meets::Statement),
    ("XAC002", &["TRU006"], Meets::Statement),
    // Another restriction that is bypassed is another mistake.
    ("XAC006", &["TRU006"], Meets::Key),
];

/// Takes away the findings that give way to a more specific one.
pub fn give_way(findings: &mut Vec<Finding>) {
    let mut by_role: HashMap<(String, Option<String>), Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        by_role.entry((finding.subject.stack_key.clone(), finding.subject.logical_id.clone())).or_default().push(at);
    }
    let mut stays = vec![true; findings.len()];
    for members in by_role.values() {
        let rivals = Rivals::of(findings, members);
        for loser in members {
            let gives_way = rivals.of_one(&findings[*loser]).any(|winner| wins(winner, &findings[*loser]));
            stays[*loser] = !gives_way;
        }
    }
    let mut at = stays.into_iter();
    findings.retain(|_| at.next().unwrap_or(true));
    give_way_elsewhere(findings);
}

/// Pairs of rules of which [`wins`] says by itself when the second gives way to the first.
const PAIRS: [(&str, &str); 8] = [
    ("OID008", "MAP014"),
    ("MAP014", "CGT004"),
    ("CGT005", "CGT004"),
    ("XAC005", "TRU004"),
    ("XAC005", "XAC006"),
    ("SVC006", "SVC004"),
    ("SVC005", "TRU006"),
    ("TRU006", "SVC005"),
];

/// The findings of one resource by rule and statement: most of them cannot give way to one another, and need not be
/// held against each other.
struct Rivals<'f> {
    by_rule: HashMap<&'static str, Vec<&'f Finding>>,
    by_statement: HashMap<(&'static str, Option<Place>), Vec<&'f Finding>>,
}

impl<'f> Rivals<'f> {
    fn of(findings: &'f [Finding], members: &[usize]) -> Self {
        let mut rivals = Self { by_rule: HashMap::new(), by_statement: HashMap::new() };
        for finding in members.iter().map(|at| &findings[*at]) {
            rivals.by_rule.entry(finding.rule).or_default().push(finding);
            rivals.by_statement.entry((finding.rule, finding.mistake.statement)).or_default().push(finding);
        }
        rivals
    }

    /// Those to which one may give way.
    fn of_one<'r>(&'r self, loser: &'r Finding) -> impl Iterator<Item = &'f Finding> + use<'r, 'f> {
        let mut rules: Vec<&'static str> = ROWS
            .iter()
            .filter(|(_, over, _)| over.contains(&loser.rule))
            .map(|(rule, ..)| *rule)
            .chain(PAIRS.iter().filter(|(_, over)| *over == loser.rule).map(|(rule, _)| *rule))
            .collect();
        rules.sort_unstable();
        rules.dedup();
        let of_rule = move |rule: &'static str| match meets_in_statement(rule, loser.rule) {
            true => self.by_statement.get(&(rule, loser.mistake.statement)),
            false => self.by_rule.get(rule),
        };
        rules.into_iter().filter_map(of_rule).flatten().copied()
    }
}

/// Whether findings of two rules have to stand in one statement for one of them to give way.
fn meets_in_statement(winner: &str, loser: &str) -> bool {
    let rows = ROWS.iter().filter(|(rule, over, _)| *rule == winner && over.contains(&loser));
    let in_one = |meets: Meets| matches!(meets, Meets::Statement | Meets::BareStatement | Meets::Key);
    // That nobody gets in is said of the whole role, and the number of an example of a principal.
    loser != "TRU004" && (winner, loser) != ("XAC005", "XAC006") && rows.into_iter().all(|(.., meets)| in_one(*meets))
}

/// The rule whose findings stand on another resource than the role of which they speak.
const ELSEWHERE: &str = "SVC004";

/// The same for it: the statement that it names is the role's.
fn give_way_elsewhere(findings: &mut Vec<Finding>) {
    let mut by_statement: HashMap<Place, Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let speaks = ROWS.iter().any(|(rule, over, _)| *rule == finding.rule && over.contains(&ELSEWHERE));
        let place = finding.mistake.statement.filter(|_| speaks || finding.rule == "SVC006");
        if let Some(place) = place {
            by_statement.entry(place).or_default().push(at);
        }
    }
    let gives_way = findings.iter().map(|loser| {
        let place = loser.mistake.statement.filter(|_| loser.rule == ELSEWHERE);
        let winners = place.and_then(|place| by_statement.get(&place));
        winners.is_some_and(|winners| winners.iter().any(|winner| wins(&findings[*winner], loser)))
    });
    let gives_way: Vec<bool> = gives_way.collect();
    let mut at = gives_way.into_iter();
    findings.retain(|_| !at.next().unwrap_or(false));
    nobody_gives_way(findings);
}

/// That nobody can become a role is told with the resource that needs it.
fn nobody_gives_way(findings: &mut Vec<Finding>) {
    let told: Vec<(Place, Branch)> = findings
        .iter()
        .filter(|finding| finding.rule == ELSEWHERE)
        .filter_map(|finding| Some((finding.mistake.statement?, finding.branch.clone())))
        .collect();
    let is_within = |inner: &Place, outer: &Place| {
        inner.file == outer.file && outer.span.start() <= inner.span.start() && inner.span.end() <= outer.span.end()
    };
    findings.retain(|finding| {
        let policy = finding.mistake.statement.filter(|_| finding.rule == "TRU004");
        let speaks = |(place, branch): &(Place, Branch)| {
            policy.is_some_and(|policy| is_within(place, &policy)) && holds_in(branch, &finding.branch)
        };
        !told.iter().any(speaks)
    });
}

/// Whether a branch holds wherever another does.
fn holds_in(winner: &Branch, loser: &Branch) -> bool {
    winner.iter().all(|(switch, value)| loser.get(switch) == Some(value))
}

/// Whether one finding speaks for another: wherever the other holds, it holds too.
fn wins(winner: &Finding, loser: &Finding) -> bool {
    if !holds_in(&winner.branch, &loser.branch) {
        return false;
    }
    // What only may be, and is not shown by itself, hides nothing that is certain.
    if winner.status == Status::Possible && loser.status == Status::Definite {
        return false;
    }
    // An aud that names another pool of the run: the pool's own complaint says more than the fixed id.
    let names_other_pool = winner.rule == "MAP014" && loser.rule == "CGT004" && loser.severity == Severity::Info;
    if names_other_pool && meet(winner, loser, Meets::Key) {
        return true;
    }
    // Where no pool passes at all, none of others' does.
    let passes_nobody = winner.rule == "CGT005" && loser.rule == "CGT004" && winner.severity == Severity::Error;
    if passes_nobody && meet(winner, loser, Meets::Key) {
        return true;
    }
    // That a pool's own users are refused, because no token has a key, is what the key is wrong for.
    let is_of_key = loser.mistake.element == "key" || loser.subject.property == winner.subject.property;
    let asks_for_none = winner.rule == "OID008" && loser.rule == "MAP014" && is_of_key;
    if asks_for_none && meet(winner, loser, Meets::Statement) {
        return true;
    }
    // The number of an example is an account like any other.
    let is_no_account = winner.rule == "XAC005" && winner.mistake.element == "Account";
    if is_no_account && loser.rule == "XAC006" && winner.primary.place == loser.primary.place {
        return true;
    }
    // Nobody is in an account that is none.
    if is_no_account && loser.rule == "TRU004" {
        return true;
    }
    // A test that nobody passes explains the service that is refused.
    if winner.rule == "SVC006" && winner.severity == Severity::Error && loser.rule == "SVC004" {
        return meet(winner, loser, Meets::Statement);
    }
    // A statement of a service that lacks what another has: a mere hint gives way, what a guide asks for does not.
    let services = [winner.rule, loser.rule];
    if meet(winner, loser, Meets::Statement) {
        match services {
            ["SVC005", "TRU006"] => return winner.severity > Severity::Info,
            ["TRU006", "SVC005"] => return loser.severity == Severity::Info,
            _ => {}
        }
    }
    // That nobody gets in is said of the whole role.
    let met = |meets| loser.rule == "TRU004" || meet(winner, loser, meets);
    ROWS.iter().any(|(rule, over, meets)| *rule == winner.rule && over.contains(&loser.rule) && met(*meets))
}

fn meet(a: &Finding, b: &Finding, meets: Meets) -> bool {
    if meets == Meets::Principal {
        return a.primary.place == b.primary.place;
    }
    let (a, b) = (&a.mistake, &b.mistake);
    match meets {
        Meets::Statement => a.statement == b.statement,
        Meets::BareStatement => a.statement == b.statement && a.bare,
        Meets::Claim => a.element == b.element,
        Meets::Key => a.statement == b.statement && a.element == b.element,
        Meets::Resource | Meets::Principal => true,
    }
}
