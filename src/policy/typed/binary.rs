//! Bytes, written in base 64 (IAM User Guide, Binary condition operators; RFC 4648, section 4).

use super::Reading;

/// The bytes of a text. One without its padding, with characters of other alphabets, with line breaks or
/// with bits that belong to no byte may be taken for bytes or not.
pub(super) fn read(text: &str) -> Reading<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut held, mut bits) = (0u32, 0);
    for byte in digits.bytes() {
        let Some(digit) = digit(byte) else {
            return if is_of_other_alphabet(text) { Reading::Unclear } else { Reading::Not };
        };
        held = (held << 6 | digit) & 0xfff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    let left = held & ((1 << bits) - 1);
    let is_whole = text.len().is_multiple_of(4) && padding <= 2 && left == 0 && bits < 6;
    if is_whole { Reading::Is(bytes) } else { Reading::Unclear }
}

fn is_of_other_alphabet(text: &str) -> bool {
    let may = |byte: u8| digit(byte).is_some() || matches!(byte, b'-' | b'_' | b'=' | b'\r' | b'\n' | b' ' | b'\t');
    text.bytes().all(may)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_texts() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("QQ==", b"A"),
            ("QUI=", b"AB"),
            ("QUJD", b"ABC"),
            ("QmluYXJ5VmFsdWVJbkJhc2U2NA==", b"BinaryValueInBase64"),
            ("//79", &[0xff, 0xfe, 0xfd]),
        ] {
            assert_eq!(read(text), Reading::Is(bytes.to_vec()), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_64_and_what_may_be() {
        for text in ["a*b=", "é===", "{}"] {
            assert_eq!(read(text), Reading::Not, "{text}");
        }
        for text in ["QQ", "QQ=", "Q===", "QR==", "_-79", "QUJD\n", "QU JD", "====", "Q"] {
            assert_eq!(read(text), Reading::Unclear, "{text}");
        }
    }
}
