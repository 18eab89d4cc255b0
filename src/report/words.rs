//! Sentences that several formats share, and the breaking of lines.

use std::borrow::Cow;

use crate::finding::{Choice, Finding, Refused, Status, Witness, shown, visible};

/// Characters of a message that are shown at most: it holds what a template says, which has no end.
pub(super) const TEXT: usize = 200;
/// The same for what consists of several texts: a proof, a branch, a line of help.
pub(super) const PROSE: usize = 1_000;
/// Lines of help that are shown at most.
const LINES: usize = 100;

/// The text, cut in the middle where it has more than `most` characters.
pub(super) fn clip(text: &str, most: usize) -> Cow<'_, str> {
    // In bytes it is never shorter than in characters.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let head: usize = text.chars().take(most / 2).map(char::len_utf8).sum();
    let tail: usize = text.chars().rev().take(most - most / 2 - 1).map(char::len_utf8).sum();
    Cow::Owned(format!("{}…{}", &text[..head], &text[text.len() - tail..]))
}

/// The same with nothing in it that acts on a screen.
pub(super) fn cut(text: &str, most: usize) -> String {
    visible(&clip(text, most)).into_owned()
}

/// The branch of a finding: `IsProd is false and Stage is dev`; none where it holds in all.
pub(super) fn branch(finding: &Finding) -> Option<String> {
    let choices: Vec<String> = finding.assignment.iter().map(|(name, choice)| chosen(name, choice)).collect();
    (!choices.is_empty()).then(|| cut(&choices.join(" and "), PROSE))
}

fn chosen(name: &str, choice: &Choice) -> String {
    let name = shown(name);
    match choice {
        Choice::Condition(value) => format!("{name} is {value}"),
        Choice::Value(value) if value.is_empty() => format!("{name} is empty"),
        Choice::Value(value) => format!("{name} is {}", shown(value)),
    }
}

/// The headline in one line, with its branch and whether it is only possible.
pub(super) fn headline(finding: &Finding) -> String {
    let message = cut(finding.message.trim_end(), TEXT);
    match (finding.status, branch(finding)) {
        (Status::Definite, None) => message,
        (Status::Definite, Some(branch)) => format!("{message} (when {branch})"),
        (Status::Possible, None) => format!("{message} (possible)"),
        (Status::Possible, Some(branch)) => format!("{message} (possible, if {branch})"),
    }
}

/// The proof in one sentence: the story, what it takes for granted, what AWS does by itself.
pub(super) fn proof(witness: &Witness) -> Option<String> {
    if witness.story.is_empty() {
        return None;
    }
    let mut proof = cut(&witness.story, PROSE);
    if !witness.assumes.is_empty() {
        proof += ", assuming ";
        proof += &sentences(&witness.assumes);
    }
    proof += match witness.refused {
        Refused::Documented => " (AWS documents that it refuses this by itself)",
        Refused::Reported => " (AWS is reported to refuse this by itself)",
        Refused::No => "",
    };
    Some(proof)
}

/// Sentences without their full stops, in a row.
pub(super) fn sentences(sentences: &[String]) -> String {
    clip(&sentences.iter().map(|sentence| cut(sentence, TEXT)).collect::<Vec<_>>().join("; "), PROSE).into_owned()
}

/// What is known of the line of a program that cannot be shown: its file is not there, or it is a guess.
pub(super) fn elsewhere(finding: &Finding) -> Option<String> {
    let code = finding.code.as_deref().filter(|code| code.shown().is_none())?;
    let column = code.at.column.map(|column| format!(":{column}")).unwrap_or_default();
    let (at, says) = (format!("{}:{}{column}", cut(&code.at.path, TEXT), code.at.line), cut(&code.says, TEXT));
    Some(match code.guessed() {
        Some(_) => format!("code: perhaps {at}, {says}"),
        None => format!("code: {at} {says} (not found below the source root)"),
    })
}

/// The construct as the user named it; what the construct library put below it is not shown.
pub(super) fn construct(path: &str) -> String {
    cut(path.strip_suffix("/Resource").unwrap_or(path), TEXT)
}

/// Lines of a text for people, each made visible; tabs, which have no place in a frame, become spaces.
pub(super) fn lines(text: &str) -> Vec<String> {
    let line = |line: &str| cut(&clip(line, PROSE).replace('\t', "    "), PROSE).trim_end().to_owned();
    text.trim_end().lines().take(LINES).map(line).collect()
}

/// The text in lines of at most `width` characters, broken at spaces; a longer word keeps its line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    wrap_behind(text, width, 0)
}

/// The same where all lines but the first will stand behind some blanks.
pub(super) fn wrap_behind(text: &str, width: usize, blanks: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    let room = |lines: &Vec<String>| if lines.is_empty() { width } else { width.saturating_sub(blanks) };
    while let Some(at) = break_at(rest, room(&lines)) {
        lines.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    lines.push(rest.trim_end().to_owned());
    lines
}

/// A message in lines of at most `width` characters, all but the first a bit further in.
pub fn message(text: &str, width: usize) -> String {
    wrap_behind(text, width, 2).join("\n  ")
}

/// The byte of the space to break at, if the text is too long.
fn break_at(text: &str, width: usize) -> Option<usize> {
    text.chars().nth(width)?;
    let indent = text.len() - text.trim_start().len();
    let spaces = text.char_indices().enumerate().filter(|(_, (at, c))| *c == ' ' && *at > indent);
    // No line may begin with `::`, which a runner of GitHub Actions would take for a command.
    let mut breaks = spaces.filter(|(_, (at, _))| !text[*at..].trim_start().starts_with("::")).peekable();
    let first = breaks.peek().map(|(_, (at, _))| *at);
    breaks.take_while(|(count, _)| *count <= width).last().map_or(first, |(_, (at, _))| Some(at))
}

#[cfg(test)]
mod tests {
    use super::{clip, cut, message, wrap};

    #[test]
    fn long_texts_are_cut_in_the_middle() {
        assert_eq!(clip("abcdefgh", 8), "abcdefgh");
        assert_eq!(clip("abcdefghi", 8), "abcd…ghi");
        assert_eq!(clip(&"é".repeat(8), 8), "é".repeat(8));
        assert_eq!(cut("a\nédefghi\u{202e}", 8), "a␊éd…hi\u{fffd}");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two", 7), ["one two"]);
        assert_eq!(wrap("averylongword and", 4), ["averylongword", "and"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_message_hangs() {
        assert_eq!(message("error: one two three", 10), "error: one\n  two\n  three");
        assert_eq!(message("error: one", 10), "error: one");
    }

    #[test]
    fn no_line_begins_with_a_command() {
        assert_eq!(wrap("aaaa ::error::x bb", 6), ["aaaa ::error::x", "bb"]);
    }
}
