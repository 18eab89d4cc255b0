//! What a scalar means to CloudFormation, which reads YAML 1.1 but keeps dates and numbers as text.

use super::Style;

/// A scalar's meaning. Numbers keep the text they were written with, so that `012345678901` stays
/// an account id and `1.10` a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar<'d> {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, and in YAML `yes` and `on` (YAML 1.1, bool type).
    Bool(bool),
    /// As written.
    Number(&'d str),
    /// Everything else, dates too.
    Text(&'d str),
}

pub(super) fn meaning<'d>(text: &'d str, style: Style, tag: Option<&str>) -> Scalar<'d> {
    match (style, tag) {
        (_, Some("!!str" | "!")) => Scalar::Text(text),
        (Style::JsonWord, _) => word(text),
        (Style::Plain, _) => plain(text),
        _ => Scalar::Text(text),
    }
}

fn word(text: &str) -> Scalar<'_> {
    match text {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ => Scalar::Number(text),
    }
}

/// A YAML scalar without quotes (YAML 1.1, types null, bool, int and float).
fn plain(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ if is_number(text) => Scalar::Number(text),
        _ => Scalar::Text(text),
    }
}

/// Digits with an optional sign, fraction and exponent. Hexadecimal, octal and sexagesimal forms are
/// left as text: both readings are the same text in a policy.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole) && digits(fraction) && exponent.is_none_or(|part| !part.is_empty() && digits(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> Scalar<'_> {
        meaning(text, Style::Plain, None)
    }

    #[test]
    fn dates_and_versions_stay_text() {
        assert_eq!(yaml("2012-10-17"), Scalar::Text("2012-10-17"));
        assert_eq!(yaml("1.2.3"), Scalar::Text("1.2.3"));
        assert_eq!(yaml("e5"), Scalar::Text("e5"));
        assert_eq!(yaml("."), Scalar::Text("."));
    }

    #[test]
    fn numbers_keep_their_text() {
        for text in ["012345678901", "1.10", "-3", "+4.", ".5", "1e10", "1E-3"] {
            assert_eq!(yaml(text), Scalar::Number(text));
        }
    }

    #[test]
    fn words_of_yaml_1_1() {
        assert_eq!(yaml("on"), Scalar::Bool(true));
        assert_eq!(yaml("No"), Scalar::Bool(false));
        assert_eq!(yaml("~"), Scalar::Null);
        assert_eq!(meaning("on", Style::Single, None), Scalar::Text("on"));
        assert_eq!(meaning("on", Style::Plain, Some("!!str")), Scalar::Text("on"));
    }
}
