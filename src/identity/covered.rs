//! Mapping rules that never decide: an earlier rule on the same claim matches all that they match (Cognito Developer
//! Guide, role-based access control: the first rule that matches decides).

use super::attachment::MappingRule;
use super::user_pool::standard_claim;
use crate::value::{Symbols, Text, compare};

/// Whether an earlier rule certainly matches every token that a later one matches.
///
/// How a claim that is a list is compared is not documented: there only the same rule covers. The claims of other
/// providers than user pools may be lists. Whether letters count as large or small is not documented either, so no
/// answer rests on it.
pub fn covers(earlier: &MappingRule, later: &MappingRule, of_user_pool: bool, symbols: &Symbols) -> bool {
    let [Some(e), Some(l)] = [earlier, later].map(parts) else { return false };
    if !compare(e.claim, l.claim, symbols).is_true() {
        return false;
    }
    if e.how == l.how && compare(e.value, l.value, symbols).is_true() {
        return true;
    }
    let one_text = e.claim.as_known().is_some_and(|claim| of_user_pool && is_one_text(claim));
    let (Some(wide), Some(narrow)) = (e.value.as_known(), l.value.as_known()) else { return false };
    one_text && implied(e.how, wide, l.how, narrow)
}

struct Parts<'r> {
    claim: &'r Text,
    how: &'r str,
    value: &'r Text,
}

fn parts(rule: &MappingRule) -> Option<Parts<'_>> {
    let (claim, value) = (&rule.claim.as_ref()?.text, &rule.value.as_ref()?.text);
    Some(Parts { claim, how: rule.match_type.as_ref()?.known()?, value })
}

fn is_one_text(claim: &str) -> bool {
    standard_claim(claim).map_or_else(|| claim.starts_with("custom:"), |claim| !claim.is_list)
}

/// Whether what passes the narrow test certainly passes the wide one.
fn implied(wide: &str, wide_text: &str, narrow: &str, narrow_text: &str) -> bool {
    let begins = narrow_text.starts_with(wide_text);
    let holds = narrow_text.contains(wide_text);
    let (lower, wide_lower) = (narrow_text.to_lowercase(), wide_text.to_lowercase());
    match (wide, narrow) {
        ("StartsWith", "Equals" | "StartsWith") => begins,
        ("Contains", "Equals" | "StartsWith" | "Contains") => holds,
        ("NotEqual", "Equals") => lower != wide_lower,
        ("NotEqual", "StartsWith") => !wide_lower.starts_with(&lower),
        ("NotEqual", "Contains") => !wide_lower.contains(&lower),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::implied;

    #[test]
    fn what_an_earlier_rule_takes() {
        let cases = [
            ("StartsWith", "a", "Equals", "admin", true),
            ("StartsWith", "admin", "Equals", "a", false),
            ("StartsWith", "a", "StartsWith", "ad", true),
            ("StartsWith", "a", "Contains", "admin", false),
            ("Contains", "dmi", "Equals", "admin", true),
            ("Contains", "dmi", "StartsWith", "admin", true),
            ("Contains", "admin", "Contains", "adm", false),
            ("Equals", "a", "Equals", "b", false),
            ("Equals", "a", "StartsWith", "a", false),
            ("NotEqual", "free", "Equals", "pro", true),
            ("NotEqual", "free", "Equals", "free", false),
            ("NotEqual", "free", "Equals", "Free", false),
            ("NotEqual", "free", "StartsWith", "fr", false),
            ("NotEqual", "free", "StartsWith", "pro", true),
            ("NotEqual", "free", "Contains", "re", false),
            ("NotEqual", "free", "NotEqual", "pro", false),
        ];
        for (wide, wide_text, narrow, narrow_text, expected) in cases {
            let is = implied(wide, wide_text, narrow, narrow_text);
            assert_eq!(is, expected, "{wide} {wide_text}, {narrow} {narrow_text}");
        }
    }
}
