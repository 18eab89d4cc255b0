//! What identifies a finding over time.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Finding;

/// Gives every finding its fingerprint: the first 32 hexadecimal digits of SHA-256 over rule, stack
/// key, logical id, property path without list indexes, and its count among findings alike in these,
/// joined by NUL (interface, JSON). The findings must be in report order.
pub fn fingerprint(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let subject = &finding.subject;
        let property = without_indexes(subject.property.as_deref().unwrap_or(""));
        let logical_id = subject.logical_id.as_deref().unwrap_or("");
        // A name with a NUL in it could pretend to be another finding.
        let clean = |part: &str| part.replace('\0', "\u{fffd}");
        let key = [finding.rule, &subject.stack_key, logical_id, &property].map(clean).join("\0");
        let occurrence = seen.entry(key.clone()).or_insert(0);
        let digest = Sha256::digest(format!("{key}\0{occurrence}").as_bytes());
        *occurrence += 1;
        finding.fingerprint = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    }
}

/// A property path without its list indexes: they change with every statement that is added.
pub fn without_indexes(property: &str) -> String {
    let mut out = String::with_capacity(property.len());
    let mut rest = property;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once(']') {
            Some((index, tail)) if index.bytes().all(|byte| byte.is_ascii_digit()) => rest = tail,
            _ => {
                out.push('[');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_indexes;

    #[test]
    fn list_indexes_do_not_count() {
        assert_eq!(without_indexes("A.B[0].C[12]"), "A.B.C");
        assert_eq!(without_indexes("A[x].B["), "A[x].B[");
    }
}
