//! Names and other texts of a template as people may safely see them.

use std::borrow::Cow;

/// Characters of a name that are shown; a longer one is cut in the middle.
const NAME: usize = 60;

/// The text with every character made visible that would act on the reader's screen rather than be
/// seen on it: control characters, line ends, direction marks, characters of no width. Each one becomes
/// exactly one other character, so that columns stay right.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| visible_char(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible_char).collect())
}

/// The one visible character that stands for this one.
pub fn visible_char(c: char) -> char {
    match c {
        // The control pictures stand in the order of the characters that they show.
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        c if c.is_control() || is_format(c) => '\u{fffd}',
        c => c,
    }
}

/// Separators, direction marks and characters of no width: what looks like another text than it is.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A name for a message: visible, and cut in the middle where it is longer than 60 characters.
pub fn shown(name: &str) -> String {
    let name = visible(name);
    let length = name.chars().count();
    if length <= NAME {
        return name.into_owned();
    }
    let head = name.chars().take(NAME / 2);
    let tail = name.chars().skip(length - (NAME - NAME / 2 - 1));
    head.chain(['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::{shown, visible};

    #[test]
    fn what_acts_on_a_screen_becomes_one_visible_character() {
        assert_eq!(visible("a\x1b[31m\r\n\x7f"), "a␛[31m␍␊␡");
        assert_eq!(visible("\u{85}\u{2028}\u{202e}\u{2066}\u{200b}é"), "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}é");
        assert_eq!(visible("plain"), "plain");
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let name = format!("{}{}", "a".repeat(50), "b".repeat(50));
        assert_eq!(shown(&name), format!("{}…{}", "a".repeat(30), "b".repeat(29)));
        assert_eq!(shown(&"é".repeat(60)).chars().count(), 60);
    }
}
