//! Condition operators (IAM User Guide, IAM JSON policy elements: Condition operators).

use std::sync::LazyLock;

/// What an operator compares, before negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// `Numeric…`.
    Numeric(Order),
    /// `Date…`.
    Date(Order),
    /// `IpAddress`.
    IpAddress,
    /// `BinaryEquals`.
    Binary,
}

impl Base {
    /// Whether `*` and `?` in its values are wildcards.
    pub fn has_wildcards(self) -> bool {
        matches!(self, Self::StringLike | Self::Arn)
    }

    /// Whether its values are numbers, dates, addresses or bytes.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Numeric(_) | Self::Date(_) | Self::IpAddress | Self::Binary)
    }

    /// Whether both compare the same kind of value.
    pub fn is_kin(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Whether its values are texts or ARNs, and may hold variables. The guide's pages disagree about
    /// `Bool` (docs/evaluator.md, what no guide settles).
    pub fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn)
    }
}

/// The names of all operators, without prefix and `…IfExists` and with them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(String::as_str)
}

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let orders = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
    let ordered = ["Numeric", "Date"].into_iter().flat_map(|kind| orders.map(|order| format!("{kind}{order}")));
    let plain: Vec<String> = PLAIN.map(str::to_owned).into_iter().chain(ordered).collect();
    let forms =
        ["", "ForAllValues:", "ForAnyValue:"].into_iter().flat_map(|set| ["", "IfExists"].map(|end| (set, end)));
    let all = forms.flat_map(|(set, end)| plain.iter().map(move |name| format!("{set}{name}{end}")));
    all.filter(|name| Operator::parse(name).is_some()).collect()
});

/// Operators that have no order.
const PLAIN: [&str; 15] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Bool",
    "IpAddress",
    "NotIpAddress",
    "BinaryEquals",
    "Null",
];

/// How the value of a request stands to the one in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// `…Equals`.
    Equal,
    /// `…LessThan`.
    Less,
    /// `…LessThanEquals`.
    LessOrEqual,
    /// `…GreaterThan`.
    Greater,
    /// `…GreaterThanEquals`.
    GreaterOrEqual,
}

impl Order {
    /// Whether an ordering is of this kind.
    pub fn admits(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// The order of a name's end, and whether it is negated.
    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "Equals" => (Self::Equal, false),
            "NotEquals" => (Self::Equal, true),
            "LessThan" => (Self::Less, false),
            "LessThanEquals" => (Self::LessOrEqual, false),
            "GreaterThan" => (Self::Greater, false),
            "GreaterThanEquals" => (Self::GreaterOrEqual, false),
            _ => return None,
        })
    }
}

/// How an operator treats a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `ForAllValues:`.
    ForAll,
    /// `ForAnyValue:`.
    ForAny,
}

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// The name of an operator without its `IfExists`; nothing where it has none.
pub fn without_if_exists(name: &str) -> Option<&str> {
    let at = name.len().checked_sub("IfExists".len())?;
    let (front, end) = (name.get(..at)?, name.get(at..)?);
    end.eq_ignore_ascii_case("IfExists").then_some(front)
}

impl Operator {
    /// Whether it says nothing of how the members of a list count, though that matters: what it does with a
    /// multivalued key is not documented. `Null` asks only whether the key is there.
    pub fn leaves_members_open(self) -> bool {
        self.quantifier.is_none() && self.base != Base::Null
    }

    /// The same of any member of a list.
    #[must_use]
    pub fn of_any_member(self) -> Self {
        Self { quantifier: Some(Quantifier::ForAny), ..self }
    }

    /// Whether it passes for a text that it names, and not for the others.
    pub fn asks_for_texts(self) -> bool {
        !self.negated && matches!(self.base, Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike)
    }

    /// Whether it keeps its sense with `ForAnyValue:` before it: the negated ones would pass for nearly everything.
    pub fn takes_any_value(self) -> bool {
        self.leaves_members_open() && !self.negated && !self.if_exists
    }

    /// Whether it asks something of all values of a list, which is true where there is none.
    pub fn asks_of_all(self) -> bool {
        self.quantifier == Some(Quantifier::ForAll)
    }

    /// Whether what fits its values passes, and not what does not.
    pub fn is_positive(self) -> bool {
        !self.negated
    }

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
            "IpAddress" => (Base::IpAddress, false),
            "NotIpAddress" => (Base::IpAddress, true),
            "BinaryEquals" => (Base::Binary, false),
            "Null" if !if_exists && quantifier.is_none() => (Base::Null, false),
            _ => ordered(name)?,
        };
        Some(Self { base, negated, if_exists, quantifier })
    }
}

fn ordered(name: &str) -> Option<(Base, bool)> {
    if let Some(order) = name.strip_prefix("Numeric") {
        return Order::parse(order).map(|(order, negated)| (Base::Numeric(order), negated));
    }
    let (order, negated) = Order::parse(name.strip_prefix("Date")?)?;
    Some((Base::Date(order), negated))
}
