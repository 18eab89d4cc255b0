//! Suppressions in comments: `# rolecall: ignore[CGT003] until 2027-01-01 reason`.

use super::{MOST, MOST_RULES, expiry, named};
use crate::checks::nearest_among;
use crate::finding::{By, Expiry, Named, Scope, Suppression};
use crate::source::{Place, SourceFile, Span};
use crate::syntax::Document;

/// What all such comments begin with, behind the `#`.
const MARK: &str = "rolecall:";
/// What they ask for.
const IGNORE: &str = "ignore";
/// What people write when they mean it.
const MEANT: [&str; 7] = ["ignore", "suppress", "disable", "skip", "allow", "noqa", "nolint"];
/// What a reason begins with where it has a last day.
const UNTIL: &str = "until";
/// What may stand between the rules and the reason.
const SEPARATORS: [char; 6] = [' ', '\t', ':', '-', '–', '—'];
/// Lines that a comment of several lines may have below the one that counts.
const MOST_LINES: u32 = 1000;

/// The lines of a file.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'f>(pub &'f SourceFile);

impl Lines<'_> {
    fn of(&self, byte: usize) -> u32 {
        self.0.line_column(byte).line
    }

    fn span(&self, line: u32) -> Option<Span> {
        let bytes = self.0.lines().line_bytes(self.0.text(), line);
        (line >= 1 && line as usize <= self.0.lines().len()).then(|| Span::new(bytes.start, bytes.end))
    }

    fn text(&self, line: u32) -> Option<&str> {
        self.0.text().get(self.span(line)?.start()..self.span(line)?.end()).map(str::trim)
    }

    /// The line that a comment speaks of: its own, or, where nothing else stands there, the first one below it
    /// that is no comment.
    fn meant(&self, comment: Span) -> Option<Span> {
        let own = self.of(comment.start());
        let before = self.0.text().get(self.span(own)?.start()..comment.start())?;
        if !before.trim().is_empty() {
            return self.span(own);
        }
        let below = (own + 1..=own.saturating_add(MOST_LINES)).map_while(|line| Some((line, self.text(line)?)));
        let first = below.into_iter().find(|(_, text)| !text.starts_with('#'));
        first.and_then(|(line, text)| if text.is_empty() { None } else { self.span(line) })
    }
}

/// The suppressions in the comments of a template.
pub fn of_comments(document: &Document, lines: Lines<'_>) -> Vec<Suppression> {
    let Some(root) = document.root() else { return Vec::new() };
    let template = root.place();
    // Of a text in which a line's end is written as `\n` no line of the file is one of its lines.
    let lines_of_text = document.text().trim().lines().count();
    let last = lines.of(template.span.end());
    let lines_of_file = (last - lines.of(template.span.start()).min(last)) as usize + 1;
    if document.is_within() && lines_of_file < lines_of_text.min(2) {
        return Vec::new();
    }
    // Comments may stand before and behind what the text says.
    let whole = Place {
        span: if document.is_within() { template.span } else { Span::new(0, lines.0.text().len()) },
        ..template
    };
    let comments = document.comments().iter();
    let read = comments.filter_map(|span| read(Place { file: whole.file, span: *span }, whole, lines));
    // One more than is kept, which tells that there are more.
    read.take(MOST + 1).collect()
}

fn read(place: Place, template: Place, lines: Lines<'_>) -> Option<Suppression> {
    let text = lines.0.text().get(place.span.start()..place.span.end())?.trim_end();
    let said = after_mark(text)?;
    let line = lines.meant(place.span).map(|span| Place { span, ..place });
    let scope = line.map_or(Scope::Nothing, |line| Scope::Line { line, template });
    let place = Place { span: Span::new(place.span.start(), place.span.start() + text.len()), ..place };
    let empty = Suppression {
        by: By::Comment,
        place,
        rules: Vec::new(),
        scope,
        reason: None,
        owner: None,
        expires: None,
        faults: Vec::new(),
    };
    let at = |part: &str| {
        let start = place.span.start() + (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        Place { span: Span::new(start, start + part.len()), ..place }
    };
    match bracket(said) {
        Ok((words, rest)) => {
            let rules: Vec<Named> =
                words.split(',').map(str::trim).take(MOST_RULES).map(|word| named(word, at(word))).collect();
            let (expires, reason) = until(rest, at);
            let reason = Some(reason.trim_start_matches(SEPARATORS).trim()).filter(|reason| !reason.is_empty());
            Some(Suppression { rules, expires, reason: reason.map(str::to_owned), ..empty })
        }
        Err(Some(fault)) => {
            Some(Suppression { faults: vec![(place, fault.to_owned())], scope: Scope::Nothing, ..empty })
        }
        Err(None) => None,
    }
}

/// What a comment says behind the mark, if it has it.
fn after_mark(comment: &str) -> Option<&str> {
    let said = comment.trim_start_matches('#').trim_start();
    let mark = said.get(..MARK.len())?;
    mark.eq_ignore_ascii_case(MARK).then(|| said[MARK.len()..].trim_start())
}

/// The rules in brackets, and what stands behind them.
///
/// # Errors
/// What is wrong, where it was meant to be a suppression.
fn bracket(said: &str) -> Result<(&str, &str), Option<&'static str>> {
    let word = said.split(|c: char| !c.is_alphabetic() && c != '-').next().unwrap_or_default();
    if word != IGNORE {
        let is_meant = said[word.len()..].trim_start().starts_with(['[', '=', '(']) || is_near(word);
        return Err(is_meant.then_some("is no word that is known; `ignore` is meant"));
    }
    let Some(open) = said[word.len()..].trim_start().strip_prefix('[') else {
        return Err(Some("names no rule in brackets behind `ignore`"));
    };
    match open.split_once(']') {
        Some((words, _)) if words.trim().is_empty() => Err(Some("names no rule in its brackets")),
        Some(parts) => Ok(parts),
        None => Err(Some("has no bracket that closes")),
    }
}

/// Whether a word is one that people write when they mean `ignore`, perhaps with a slip.
fn is_near(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let nearest = |wanted: &str| !nearest_among(&word, std::iter::once(wanted)).is_empty();
    !word.is_empty() && MEANT.iter().any(|wanted| nearest(wanted) && word.len() + 2 >= wanted.len())
}

/// The last day that a text begins with (`until 2027-01-01`), and the rest. Whatever stands behind the word is
/// taken for a day: what was to end must not hold for ever since its day is not understood.
fn until(text: &str, at: impl Fn(&str) -> Place) -> (Option<Expiry>, &str) {
    let text = text.trim_start_matches(SEPARATORS).trim();
    let length = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let (word, behind) = text.split_at(length);
    if !word.eq_ignore_ascii_case(UNTIL) {
        return (None, text);
    }
    let behind = behind.trim_start_matches([' ', '\t', ':', '=']);
    let (day, rest) = behind.split_once([' ', '\t']).unwrap_or((behind, ""));
    let day = day.trim_end_matches([':', ',', ';']);
    let (day, place) = if day.is_empty() { (word, at(word)) } else { (day, at(day)) };
    (Some(expiry(day, place)), rest.trim())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_yaml;

    fn found(text: &str) -> Vec<Suppression> {
        let file = SourceFile::new("t.yaml", text);
        of_comments(&parse_yaml(FileId(0), &Arc::from(text)), Lines(&file))
    }

    fn one(text: &str) -> Suppression {
        found(text).try_into().map(|[one]: [Suppression; 1]| one).unwrap_or_else(|all| panic!("{text}: {all:?}"))
    }

    fn line<'t>(text: &'t str, written: &Suppression) -> &'t str {
        match &written.scope {
            Scope::Line { line, .. } => &text[line.span.start()..line.span.end()],
            _ => "",
        }
    }

    #[test]
    fn on_the_line_or_the_line_above() {
        let text = "a: 1\n  # rolecall: ignore[CGT003] it is meant\nb: 2 # more\nc: 3\n";
        let written = one(text);
        assert_eq!((line(text, &written).trim(), written.reason.as_deref()), ("b: 2 # more", Some("it is meant")));
        assert_eq!((written.rules[0].rule, written.rules[0].place.span.of(text)), (Some("CGT003"), "CGT003"));
        let text = "a: 1 # rolecall: ignore[cognito-amr-missing, XAC001]\nb: 2\n";
        let written = one(text);
        assert_eq!((line(text, &written).trim(), written.reason.as_deref()), (text.lines().next().unwrap(), None));
        assert_eq!(written.rules.iter().map(|named| named.rule).collect::<Vec<_>>(), [Some("CGT003"), Some("XAC001")]);
    }

    #[test]
    fn several_comments_speak_of_the_line_below_them() {
        let text = "# rolecall: ignore[CGT003] one\n# rolecall: ignore[CGT002] two\n# words\na: 1\nb: 2\n";
        let both = found(text);
        assert_eq!(both.iter().map(|written| line(text, written).trim()).collect::<Vec<_>>(), ["a: 1", "a: 1"]);
        // A blank line or the end is no line to speak of.
        assert!(matches!(one("a: 1\n# rolecall: ignore[CGT003] x\n\nb: 2\n").scope, Scope::Nothing));
        assert!(matches!(one("a: 1\n# rolecall: ignore[CGT003] x").scope, Scope::Nothing));
    }

    #[test]
    fn a_day_may_stand_before_the_reason() {
        let until = |text: &str| {
            let written = one(&format!("a: 1 # rolecall: ignore[CGT003]{text}\n"));
            let day = match written.expires {
                Some(Expiry::Until(date, _)) => date.to_string(),
                Some(Expiry::Never(text, _)) => format!("never {text}"),
                None => "-".to_owned(),
            };
            (day, written.reason.unwrap_or_default())
        };
        let pair = |day: &str, reason: &str| (day.to_owned(), reason.to_owned());
        assert_eq!(until(" until 2027-01-01 vendor"), pair("2027-01-01", "vendor"));
        assert_eq!(until(" until 2027-01-01: vendor"), pair("2027-01-01", "vendor"));
        assert_eq!(until(" until 2027-02-30 vendor"), pair("never 2027-02-30", "vendor"));
        assert_eq!(until(" until 1.1.2027"), pair("never 1.1.2027", ""));
        // A day that is not understood is no reason to hide for ever.
        assert_eq!(until(" until they moved"), pair("never they", "moved"));
        assert_eq!(until(" until"), pair("never until", ""));
        assert_eq!(until(" until-2027-01-01"), pair("never -2027-01-01", ""));
        for text in [
            " until: 2027-01-01 vendor",
            " until=2027-01-01 vendor",
            " Until 2027-01-01 vendor",
            ": UNTIL = 2027-01-01, vendor",
            " - until 2027-01-01 - vendor",
        ] {
            assert_eq!(until(text), pair("2027-01-01", "vendor"), "{text}");
        }
        assert_eq!(until(" untill vendor"), pair("-", "untill vendor"));
        assert_eq!(until(": vendor"), pair("-", "vendor"));
    }

    #[test]
    fn what_is_meant_and_misspelt_is_told() {
        for text in [
            "ignore CGT003",
            "ignore[]",
            "ignore[CGT003",
            "supress[CGT003] x",
            "ignored[CGT003]",
            "disable CGT003",
            "Ignore[CGT003]",
        ] {
            let written = one(&format!("a: 1 # rolecall: {text}\n"));
            assert!(written.rules.is_empty() && !written.faults.is_empty(), "{text}: {written:?}");
        }
        for text in [
            "# rolecall: this file is checked in CI",
            "# rolecall finds nothing here",
            "# see rolecall: ignore[CGT003]",
            "# rolecall:",
        ] {
            assert!(found(&format!("a: 1 {text}\n")).is_empty(), "{text}");
        }
        assert!(found("a: 'x # rolecall: ignore[CGT003] no comment'\n").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_comment_can_be_read(text in "\\PC{0,60}", line in 0..3usize) {
            let breaks = ["", "\n", "\r\n"][line];
            found(&format!("a: 1{breaks} # rolecall: {text}\nb: 2\n"));
            found(&format!("a: 1 # rolecall: ignore[{text}\n"));
            found(&format!("a: 1 # rolecall: ignore[CGT003] until {text}\n"));
        }
    }
}
