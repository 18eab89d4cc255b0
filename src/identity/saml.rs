//! The attributes of SAML assertions that are condition keys (`data/saml-keys.tsv`).

/// What AWS's documents say of a key that may have several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// All call it a list.
    Agreed,
    /// The guide calls it a list, and the reference a text, or the reverse.
    Disputed,
}

/// Whether a condition key is a list of values; nothing where it is one value, or no attribute.
pub fn listed_attribute(key: &str) -> Option<Listed> {
    let rows = include_str!("../../data/saml-keys.tsv").lines().filter(|line| !line.starts_with('#'));
    let row = rows.map(|row| row.split('\t').collect::<Vec<_>>()).find(|row| row[0].eq_ignore_ascii_case(key))?;
    match (row.get(1).copied(), row.get(2).copied()) {
        (Some("list"), Some("list")) => Some(Listed::Agreed),
        (Some("list"), _) | (_, Some("list")) => Some(Listed::Disputed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_attributes_are_lists() {
        assert_eq!(listed_attribute("SAML:edupersonaffiliation"), Some(Listed::Agreed));
        assert_eq!(listed_attribute("saml:mail"), Some(Listed::Disputed));
        assert_eq!(listed_attribute("saml:edupersonorgdn"), None);
        assert_eq!(listed_attribute("saml:aud"), None);
    }
}
