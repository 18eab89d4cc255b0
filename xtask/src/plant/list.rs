//! The faults: those that other engines have or had, and those that are easily made.

use super::Fault;

const CONDITION: &str = "src/policy/condition.rs";

/// All of them.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "ForAllValues fails on an absent key",
        file: CONDITION,
        now: "Some(Quantifier::ForAll) => Some(Truth::True),",
        then: "Some(Quantifier::ForAll) => Some(Truth::False),",
    },
    Fault {
        name: "ForAnyValue passes on an empty set",
        file: CONDITION,
        now: "Some(Truth::any(values.iter().map(|value| passes(value).and(!empty(value)))))",
        then: "Some(Truth::any(values.iter().map(passes).chain(values.is_empty().then_some(Truth::True))))",
    },
    Fault {
        name: "a negated operator fails on an absent key",
        file: CONDITION,
        now: "(operator.negated || operator.if_exists).into()",
        then: "operator.if_exists.into()",
    },
    Fault {
        name: "IfExists fails on an absent key",
        file: CONDITION,
        now: "(operator.negated || operator.if_exists).into()",
        then: "operator.negated.into()",
    },
    Fault {
        name: "Null is inverted",
        file: CONDITION,
        now: r#"eq_ignore_ascii_case("true") => is_absent,"#,
        then: r#"eq_ignore_ascii_case("true") => !is_absent,"#,
    },
    Fault {
        name: "one unwanted value of several is enough to pass",
        file: CONDITION,
        now: "if operator.negated { !hit } else { hit }",
        then: "if operator.negated && test.values.len() > 1 { Truth::True } else if operator.negated { !hit } else { hit }",
    },
    Fault {
        name: "case matters in the names of keys",
        file: "src/policy/mod.rs",
        now: "name.eq_ignore_ascii_case(key)",
        then: "name == key",
    },
    Fault {
        name: "`*` crosses the colons of an ARN",
        file: CONDITION,
        now: "let fits = if operator.base == Base::Arn { arn_fits } else { fits };",
        then: "let _ = arn_fits;",
    },
    Fault {
        name: "a range /0 holds nothing",
        file: "src/policy/typed/address.rs",
        now: "checked_shr(most - shared).unwrap_or(0) != 0",
        then: "checked_shr(most - shared).unwrap_or(1) != 0 || shared == 0",
    },
    Fault {
        name: "a range of one family holds addresses of the other",
        file: "src/policy/typed/address.rs",
        now: "return if may { Truth::Unknown } else { Truth::False };",
        then: "return if may { Truth::Unknown } else { Truth::True };",
    },
    Fault {
        name: "numbers are compared as texts",
        file: "src/policy/typed/mod.rs",
        now: "both(number::read(wanted), number::read(value), |a, b| ordered(order, b.cmp(a)))",
        then: "both(number::read(wanted), number::read(value), |_, _| ordered(order, value.cmp(wanted)))",
    },
    Fault {
        name: "seconds are compared with milliseconds",
        file: "src/policy/typed/date.rs",
        now: "let since = text.parse().map_or(Reading::Unclear, whole);",
        then: "let since = text.parse::<i64>().map_or(Reading::Unclear, |seconds| whole(seconds / 1000));",
    },
    Fault {
        name: "a role does not stand for its sessions",
        file: "src/policy/principal.rs",
        now: "|asking| same.or(is_session_of(&named, &asking, symbols)));",
        then: "|asking| same.or(is_session_of(&named, &asking, symbols).and(Truth::False)));",
    },
    Fault {
        name: "a principal counts whatever its kind",
        file: "src/policy/principal.rs",
        now: "Some(own) if own != *kind => Truth::False,",
        then: "Some(own) if own != *kind => compare(&principal.value, value, symbols),",
    },
    Fault {
        name: "escapes are not decoded",
        file: "src/policy/wanted.rs",
        now: r#"if matches!(name, "*" | "?" | "$") {"#,
        then: r#"if matches!(name, "\u{0}") {"#,
    },
    Fault {
        name: "a variable without a value is an empty text",
        file: "src/policy/wanted.rs",
        now: "(None, None) => Wanted::Nothing,",
        then: "(None, None) => Wanted::Marks(Vec::new()),",
    },
    Fault {
        name: "variables are read whatever the version",
        file: "src/policy/mod.rs",
        now: r#"None | Some(Some("2008-10-17")) => Truth::False,"#,
        then: r#"None | Some(Some("2008-10-17")) => Truth::True,"#,
    },
    Fault {
        name: "Deny counts for nothing",
        file: "src/policy/evaluate.rs",
        now: "decision.truth = allow.and(!deny);",
        then: "decision.truth = allow.and(!deny.and(Truth::False));",
    },
    Fault {
        name: "Deny wins only before an Allow",
        file: "src/policy/evaluate.rs",
        now: "deny = deny.or(admits);",
        then: "deny = deny.or(admits.and(!allow));",
    },
    Fault {
        name: "NotAction is Action",
        file: "src/policy/evaluate.rs",
        now: "Actions::AllBut(list) => !Truth::any",
        then: "Actions::AllBut(list) => Truth::any",
    },
    Fault {
        name: "an unknown part of a pattern is never a wildcard",
        file: "src/policy/evaluate.rs",
        now: "        may_be_pattern(wanted, self.symbols)",
        then: "        may_be_pattern(wanted, self.symbols) && wanted.is_empty()",
    },
];
