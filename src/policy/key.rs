//! Names of condition keys, of which a part may be known only at deployment.

use crate::value::{Piece, SymbolId, Symbols, Text, Truth, compare};

/// Whether two names are those of one condition key: they compare without case (IAM User Guide, Condition
/// element).
pub fn same_key(a: &Text, b: &Text, symbols: &Symbols) -> Truth {
    if let (Some(a), Some(b)) = (a.as_known(), b.as_known()) {
        return a.eq_ignore_ascii_case(b).into();
    }
    let (a, b) = (lower(a), lower(b));
    match compare(&a, &b, symbols) {
        // The format of a symbol speaks of its own case.
        Truth::False if !ends_clash(&a, &b) && !are_apart(&a, &b, symbols) => Truth::Unknown,
        truth => truth,
    }
}

/// A name with its known parts in lower case.
pub(super) fn lower(name: &Text) -> Text {
    let Some(pieces) = name.pieces() else { return name.clone() };
    Text::from_pieces(pieces.into_iter().map(|piece| match piece {
        Piece::Literal(literal) => Piece::Literal(literal.to_ascii_lowercase().into()),
        symbol => symbol,
    }))
}

/// Whether what is known at the beginnings or at the ends of two names differs.
fn ends_clash(a: &Text, b: &Text) -> bool {
    let (a, b) = (a.pieces().unwrap_or_default(), b.pieces().unwrap_or_default());
    let (front_a, front_b) = (literal(a.first()), literal(b.first()));
    let (back_a, back_b) = (literal(a.last()), literal(b.last()));
    let front = front_a.starts_with(front_b) || front_b.starts_with(front_a);
    let back = back_a.ends_with(back_b) || back_b.ends_with(back_a);
    !front || !back
}

fn literal(piece: Option<&Piece>) -> &str {
    match piece {
        Some(Piece::Literal(literal)) => literal,
        _ => "",
    }
}

/// Whether a symbol keeps them apart in every case: one that was chosen to differ, or two generated ids.
fn are_apart(a: &Text, b: &Text, symbols: &Symbols) -> bool {
    let (a, b) = (ids(a), ids(b));
    let is_fresh = |id: &SymbolId| symbols.facts(*id).fresh;
    let is_unique = |id: &SymbolId| symbols.facts(*id).unique;
    let both_unique = !a.is_empty() && !b.is_empty() && a.iter().chain(&b).all(is_unique);
    a.iter().chain(&b).any(is_fresh) || both_unique
}

fn ids(name: &Text) -> Vec<SymbolId> {
    let id = |piece| if let Piece::Symbol(id) = piece { Some(id) } else { None };
    name.pieces().unwrap_or_default().into_iter().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Format, SymbolFacts};

    #[test]
    fn keys_of_issuers_that_only_the_deployment_knows() {
        let mut symbols = Symbols::default();
        let mut add = |format: Format, unique| {
            let facts = SymbolFacts { name: "S".into(), format, unique, fresh: false };
            Text::symbol(symbols.add(facts))
        };
        let any = add(Format::any(), false);
        let (one, other) = (add(Format::new("{A9}", "A"), true), add(Format::new("{A9}", "A"), true));
        let key = |issuer: &Text, claim: &str| Text::join([issuer, &Text::known(claim)]);
        let same = |a: &Text, b: &Text| same_key(a, b, &symbols);
        assert_eq!(same(&key(&any, ":sub"), &key(&any, ":SUB")), Truth::True);
        assert_eq!(same(&key(&any, ":sub"), &key(&any, ":aud")), Truth::False);
        assert_eq!(same(&key(&any, ":sub"), &Text::known("sts:ExternalId")), Truth::False);
        assert_eq!(same(&key(&any, ":sub"), &Text::known("gitlab.com:Sub")), Truth::Unknown);
        assert_eq!(same(&key(&one, ":sub"), &Text::known("abc:sub")), Truth::Unknown, "capitals are not told apart");
        assert_eq!(same(&key(&one, ":sub"), &key(&other, ":sub")), Truth::False);
        assert_eq!(same(&key(&one, ":sub"), &key(&one, ":sub")), Truth::True);
        assert_eq!(same(&Text::known("AWS:SourceArn"), &Text::known("aws:sourcearn")), Truth::True);
    }
}
