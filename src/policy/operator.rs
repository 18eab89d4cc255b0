//! Condition operators (IAM User Guide, IAM JSON policy elements: Condition operators).

/// What an operator compares, before negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `StringEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `ArnEquals` and `ArnLike`, which are the same.
    Arn,
    /// `Bool`.
    Bool,
    /// `Null`.
    Null,
    /// Numbers, dates, addresses, bytes: read, and always Unknown on a key that is present.
    Typed,
}

/// How an operator treats a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues:`.
    ForAll,
    /// `ForAnyValue:`.
    ForAny,
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What it compares.
    pub base: Base,
    /// Whether it passes where the base does not.
    pub negated: bool,
    /// `…IfExists`.
    pub if_exists: bool,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
}

impl Operator {
    /// Reads an operator's name; nothing for a name that IAM does not have. Whether IAM reads names
    /// without case is not documented; here they are read as the guide writes them.
    pub fn parse(text: &str) -> Option<Self> {
        let (quantifier, name) = match text.split_once(':') {
            Some(("ForAllValues", name)) => (Some(Quantifier::ForAll), name),
            Some(("ForAnyValue", name)) => (Some(Quantifier::ForAny), name),
            Some(_) => return None,
            None => (None, text),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (base, negated) = match name {
            "StringEquals" => (Base::StringEquals, false),
            "StringNotEquals" => (Base::StringEquals, true),
            "StringEqualsIgnoreCase" => (Base::StringEqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Base::StringEqualsIgnoreCase, true),
            "StringLike" => (Base::StringLike, false),
            "StringNotLike" => (Base::StringLike, true),
            "ArnEquals" | "ArnLike" => (Base::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Base::Arn, true),
            "Bool" => (Base::Bool, false),
            "Null" if !if_exists && quantifier.is_none() => (Base::Null, false),
            _ => (Base::Typed, typed(name)?),
        };
        Some(Self { base, negated, if_exists, quantifier })
    }
}

/// Whether an operator on numbers, dates, addresses or bytes is a negated one; nothing for other names.
fn typed(name: &str) -> Option<bool> {
    match name {
        "NumericNotEquals" | "DateNotEquals" | "NotIpAddress" => Some(true),
        "IpAddress" | "BinaryEquals" => Some(false),
        _ => {
            let order = name.strip_prefix("Numeric").or_else(|| name.strip_prefix("Date"))?;
            let known = ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
            known.contains(&order).then_some(false)
        }
    }
}
