//! Evaluating a policy for a request in three values (catalogue, section 4; IAM User Guide, Policy
//! evaluation logic, Condition operators, Multivalued context keys).

use super::{
    Actions, Base, Carried, Effect, Operator, Policy, Principal, PrincipalKind, Principals, Quantifier, Request,
    Statement, Test,
};
use crate::value::{Mark, Piece, Symbols, Text, Truth, compare, fits, marks};

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is let in.
    pub truth: Truth,
    /// Allow statements that certainly fit.
    pub allowed_by: Vec<usize>,
    /// Deny statements that certainly fit.
    pub denied_by: Vec<usize>,
}

/// Whether the policy lets the request in: some Allow statement fits, and no Deny statement does.
pub fn evaluate(policy: &Policy, request: &Request, symbols: &Symbols) -> Decision {
    let mut decision = Decision { truth: Truth::False, allowed_by: Vec::new(), denied_by: Vec::new() };
    let (mut allow, mut deny) = (Truth::False, Truth::False);
    for statement in &policy.statements {
        let admits = statement_admits(statement, policy, request, symbols);
        match statement.effect {
            Effect::Allow => {
                allow = allow.or(admits);
                decision.allowed_by.extend(admits.is_true().then_some(statement.index));
            }
            Effect::Deny => {
                deny = deny.or(admits);
                decision.denied_by.extend(admits.is_true().then_some(statement.index));
            }
            Effect::Unknown if admits.is_false() => {}
            Effect::Unknown => {
                allow = allow.or(Truth::Unknown);
                deny = deny.or(Truth::Unknown);
            }
        }
    }
    if policy.may_allow_more {
        allow = allow.or(Truth::Unknown);
    }
    if policy.opaque {
        allow = allow.or(Truth::Unknown);
        deny = deny.or(Truth::Unknown);
    }
    decision.truth = allow.and(!deny);
    decision
}

/// Whether a statement speaks of the request, whatever its effect.
pub fn statement_admits(statement: &Statement, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    let principal = principals_match(&statement.principals, request, symbols);
    let action = actions_match(&statement.actions, &request.action);
    let mut all = principal.and(action);
    for test in &statement.conditions.tests {
        if all.is_false() {
            break;
        }
        all = all.and(test_passes(test, policy, request, symbols));
    }
    if statement.conditions.opaque { all.and(Truth::Unknown) } else { all }
}

/// Whether a statement's principals are, or are not, the one that asks.
pub fn principals_match(principals: &Principals, request: &Request, symbols: &Symbols) -> Truth {
    let any =
        |list: &[Principal]| Truth::any(list.iter().map(|principal| principal_matches(principal, request, symbols)));
    match principals {
        Principals::Only(list) => any(list),
        Principals::AllBut(list) => !any(list),
        Principals::Missing => Truth::False,
        Principals::Unknown => Truth::Unknown,
    }
}

/// Whether the principal of a statement is the one that asks. Wildcards stand for everybody or for
/// nothing: they cannot match a part of a name (IAM User Guide, Principal element).
fn principal_matches(principal: &Principal, request: &Request, symbols: &Symbols) -> Truth {
    let (kind, value) = &request.principal;
    let star = principal.value.as_known() == Some("*");
    match principal.kind {
        None if star => match kind {
            // Whether a bare star speaks of services is not documented.
            PrincipalKind::Service => Truth::Unknown,
            _ => Truth::True,
        },
        None => Truth::False,
        Some(PrincipalKind::Aws) if star => match kind {
            PrincipalKind::Aws => Truth::True,
            _ => Truth::Unknown,
        },
        Some(own) if own != *kind => Truth::False,
        Some(PrincipalKind::Aws) => aws_principal_matches(&principal.value, value, symbols),
        Some(_) => compare(&principal.value, value, symbols),
    }
}

/// An account stands for all its users, roles and sessions, a role for its sessions.
fn aws_principal_matches(named: &Text, asking: &Text, symbols: &Symbols) -> Truth {
    let (Some(named_text), Some(asking_text)) = (named.as_known(), asking.as_known()) else {
        let same = compare(named, asking, symbols);
        return if same.is_true() { Truth::True } else { Truth::Unknown };
    };
    let asking_arn: Vec<&str> = asking_text.splitn(6, ':').collect();
    let account = |arn: &[&str]| arn.get(4).map(|account| (*account).to_owned());
    if named_text.len() == 12 && named_text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (account(&asking_arn).as_deref() == Some(named_text)).into();
    }
    let named_arn: Vec<&str> = named_text.splitn(6, ':').collect();
    if named_arn.get(5) == Some(&"root") {
        return (account(&named_arn) == account(&asking_arn)).into();
    }
    (named_text == asking_text || is_session_of(&named_arn, &asking_arn)).into()
}

/// Whether an assumed-role session belongs to a role. The session's ARN has no path.
fn is_session_of(role: &[&str], session: &[&str]) -> bool {
    let name = |arn: &[&str]| Some(arn.get(5)?.strip_prefix("role/")?.rsplit('/').next()?.to_owned());
    let of = |arn: &[&str]| Some(arn.get(5)?.strip_prefix("assumed-role/")?.split('/').next()?.to_owned());
    role.get(4) == session.get(4) && name(role).is_some() && name(role) == of(session)
}

/// Whether a statement's actions are, or are not, the one asked for.
pub fn actions_match(actions: &Actions, action: &str) -> Truth {
    let any = |list: &[(Text, crate::value::At)]| Truth::any(list.iter().map(|(text, _)| action_matches(text, action)));
    match actions {
        Actions::Only(list) => any(list),
        Actions::AllBut(list) => !any(list),
        Actions::Unknown => Truth::Unknown,
    }
}

/// Actions compare without case; `*` and `?` are wildcards.
fn action_matches(pattern: &Text, action: &str) -> Truth {
    let Some(known) = pattern.as_known() else { return Truth::Unknown };
    let pattern = wanted_marks(&Text::known(known.to_ascii_lowercase()), true, None);
    let value = marks(&Text::known(action.to_ascii_lowercase()));
    match (pattern, value) {
        (Wanted::Marks(pattern), Some(value)) => fits(&pattern, &value, &Symbols::default()),
        _ => Truth::Unknown,
    }
}

/// Whether a line of a Condition block passes.
pub fn test_passes(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    let Some(operator) = test.operator else { return Truth::Unknown };
    match carried(&test.key, request, symbols) {
        Some(carried) => on_carried(test, operator, carried, policy, request, symbols),
        None => Truth::Unknown,
    }
}

/// What the request carries for a key (which may be nothing); none where the key is not known.
fn carried<'r>(key: &Text, request: &'r Request, symbols: &Symbols) -> Option<Option<&'r Carried>> {
    if let Some(key) = key.as_known() {
        return Some(request.get(key));
    }
    let mut found = None;
    for (name, carried) in &request.context {
        match compare(key, &Text::known(name.as_str()), symbols) {
            Truth::True => found = Some(carried),
            Truth::False => {}
            Truth::Unknown => return None,
        }
    }
    Some(found)
}

fn on_carried(
    test: &Test,
    operator: Operator,
    carried: Option<&Carried>,
    policy: &Policy,
    request: &Request,
    symbols: &Symbols,
) -> Truth {
    if carried == Some(&Carried::Perhaps) {
        return Truth::Unknown;
    }
    if operator.base == Base::Null {
        return null(test, carried);
    }
    let Some(carried) = carried else { return on_absent(operator) };
    let passes = |value: &Text| {
        let hits = test.values.iter().map(|(wanted, _)| value_fits(operator, wanted, value, policy, request, symbols));
        Truth::any(hits)
    };
    let passes = |value: &Text| if operator.negated { !passes(value) } else { passes(value) };
    // An empty text counts as an empty set for the set operators (IAM User Guide, Multivalued keys).
    let present = || carried.values().iter().filter(|value| value.as_known() != Some(""));
    match (operator.quantifier, carried) {
        (Some(Quantifier::ForAll), _) => Truth::all(present().map(passes)),
        (Some(Quantifier::ForAny), _) => Truth::any(present().map(passes)),
        (None, Carried::One(value)) => passes(value),
        (None, Carried::Perhaps) => Truth::Unknown,
        (None, Carried::Many(values)) => several_without_quantifier(operator, values.iter().map(passes)),
    }
}

/// The guide does not say what happens; what is the same under every reading is used.
fn several_without_quantifier(operator: Operator, members: impl Iterator<Item = Truth>) -> Truth {
    let any = Truth::any(members);
    if !operator.negated && any.is_false() { Truth::False } else { Truth::Unknown }
}

fn on_absent(operator: Operator) -> Truth {
    match operator.quantifier {
        Some(Quantifier::ForAll) => Truth::True,
        Some(Quantifier::ForAny) if operator.if_exists => Truth::Unknown,
        Some(Quantifier::ForAny) => Truth::False,
        None => (operator.negated || operator.if_exists).into(),
    }
}

fn null(test: &Test, carried: Option<&Carried>) -> Truth {
    let is_absent = carried.is_none_or(|carried| carried.values().iter().all(|value| value.as_known() == Some("")));
    Truth::any(test.values.iter().map(|(wanted, _)| match wanted.as_known() {
        Some(wanted) if wanted.eq_ignore_ascii_case("true") => is_absent.into(),
        Some(wanted) if wanted.eq_ignore_ascii_case("false") => (!is_absent).into(),
        Some(_) => Truth::False,
        None => Truth::Unknown,
    }))
}

fn value_fits(
    operator: Operator,
    wanted: &Text,
    value: &Text,
    policy: &Policy,
    request: &Request,
    symbols: &Symbols,
) -> Truth {
    let takes_variables =
        matches!(operator.base, Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike | Base::Arn);
    let like = matches!(operator.base, Base::StringLike | Base::Arn);
    let request = (takes_variables && policy.has_variables()).then_some(request);
    let wanted = match wanted_marks(wanted, like, request) {
        Wanted::Marks(marks) => marks,
        Wanted::Nothing => return Truth::False,
        Wanted::Undecided => return Truth::Unknown,
    };
    let Some(value) = marks(value) else {
        return if like && wanted == [Mark::Run] { Truth::True } else { Truth::Unknown };
    };
    match operator.base {
        Base::StringEquals => fits(&wanted, &value, symbols),
        Base::StringLike => match fits(&wanted, &value, symbols) {
            Truth::False if may_be_pattern(&wanted, symbols) => Truth::Unknown,
            truth => truth,
        },
        Base::StringEqualsIgnoreCase | Base::Bool => fits_without_case(&wanted, &value, symbols),
        Base::Arn => arn_fits(&wanted, &value, symbols),
        Base::Null | Base::Typed => Truth::Unknown,
    }
}

/// Whether an unknown part of a wanted value may itself hold a wildcard.
fn may_be_pattern(wanted: &[Mark], symbols: &Symbols) -> bool {
    let may = |mark: &Mark| matches!(mark, Mark::Symbol(id) if symbols.facts(*id).format.may_hold('*'));
    wanted.iter().any(may)
}

fn fits_without_case(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let fold = |marks: &[Mark]| -> Vec<Mark> {
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        marks.iter().map(|mark| if let Mark::Char(c) = mark { Mark::Char(lower(*c)) } else { *mark }).collect()
    };
    let marks = || wanted.iter().chain(value);
    let has_symbol = marks().any(|mark| matches!(mark, Mark::Symbol(_)));
    let is_fresh = marks().any(|mark| matches!(mark, Mark::Symbol(id) if symbols.facts(*id).fresh));
    match fits(&fold(wanted), &fold(value), symbols) {
        // The format of a symbol speaks of its own case; a fresh one differs in every case.
        Truth::False if has_symbol && !is_fresh => Truth::Unknown,
        truth => truth,
    }
}

/// ARNs are compared in six parts, split at the first five colons; a wildcard stays within its part.
/// A pattern that is only `*` is taken to match every ARN, which is not documented.
fn arn_fits(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let has_symbol = |marks: &[Mark]| marks.iter().any(|mark| matches!(mark, Mark::Symbol(_)));
    if wanted == [Mark::Run] {
        return Truth::True;
    }
    if has_symbol(wanted) || has_symbol(value) {
        let same = fits(wanted, value, symbols);
        return if same.is_true() && !wanted.contains(&Mark::Run) { Truth::True } else { Truth::Unknown };
    }
    let parts = |marks: &'_ [Mark]| -> Vec<Vec<Mark>> {
        marks.splitn(6, |mark| *mark == Mark::Char(':')).map(<[Mark]>::to_vec).collect()
    };
    let (wanted, value) = (parts(wanted), parts(value));
    if wanted.len() != 6 || value.len() != 6 {
        return Truth::False;
    }
    Truth::all(wanted.iter().zip(&value).map(|(wanted, value)| fits(wanted, value, symbols)))
}

/// The positions of a wanted value.
enum Wanted {
    Marks(Vec<Mark>),
    /// A variable in it has no value: nothing is equal to that.
    Nothing,
    Undecided,
}

/// The positions of a wanted value; `*` and `?` are wildcards where the operator is `like`. Variables
/// are replaced by what `request` carries; without one they are plain text.
fn wanted_marks(text: &Text, like: bool, request: Option<&Request>) -> Wanted {
    let Some(pieces) = text.pieces() else { return Wanted::Undecided };
    let wild = |c| match c {
        '*' if like => Mark::Run,
        '?' if like => Mark::One,
        c => Mark::Char(c),
    };
    let mut out = Vec::new();
    for piece in pieces {
        let literal = match piece {
            Piece::Literal(literal) => literal,
            Piece::Symbol(id) => {
                out.push(Mark::Symbol(id));
                continue;
            }
        };
        let Some(request) = request else {
            out.extend(literal.chars().map(wild));
            continue;
        };
        let mut rest: &str = &literal;
        while let Some((before, after)) = rest.split_once("${") {
            out.extend(before.chars().map(wild));
            let Some((name, tail)) = after.split_once('}') else { return Wanted::Undecided };
            match variable(name, like, request) {
                Wanted::Marks(marks) => out.extend(marks),
                other => return other,
            }
            rest = tail;
        }
        out.extend(rest.chars().map(wild));
    }
    Wanted::Marks(out)
}

/// What stands for `${name}`: an escape, what the request carries, or the default. A multivalued key
/// has no value here (IAM User Guide, Policy variables).
fn variable(name: &str, like: bool, request: &Request) -> Wanted {
    let literal = |text: &str| Wanted::Marks(text.chars().map(Mark::Char).collect());
    if matches!(name, "*" | "?" | "$") {
        return literal(name);
    }
    let (key, default) = name.split_once(',').map_or((name, None), |(key, default)| (key, Some(default.trim())));
    match request.get(key.trim()) {
        Some(Carried::One(value)) => match marks(value) {
            // Whether a wildcard in a variable's value counts as one is not documented.
            Some(marks) if like && marks.iter().any(|mark| matches!(mark, Mark::Char('*' | '?'))) => Wanted::Undecided,
            Some(marks) => Wanted::Marks(marks),
            None => Wanted::Undecided,
        },
        Some(Carried::Many(_)) => Wanted::Nothing,
        Some(Carried::Perhaps) => Wanted::Undecided,
        None => match default.map(|default| default.trim_matches('\'')) {
            Some(default) => literal(default),
            None => Wanted::Nothing,
        },
    }
}
