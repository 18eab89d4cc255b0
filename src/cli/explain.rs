//! `rolecall explain`.

use super::{Color, Status, error, print};
use crate::checks;
use crate::run::UnknownRule;

/// Explain a rule: what it means, why it matters, how to fix it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its id or its name.
    rule: String,
    /// Also show the examples that the rule is tested with.
    #[arg(long)]
    examples: bool,
    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

pub(super) fn run(args: &Args) -> Status {
    let Some(rule) = checks::rule(&args.rule) else {
        error(unknown(&args.rule));
        return Status::Failed;
    };
    let head =
        format!("# {} {}\n\nSeverity: {}. Confidence: {}.", rule.id, rule.name, rule.severity.name(), rule.confidence);
    let page = if args.examples {
        format!("{head}\n\n{}\n", without_marks(rule.body().trim_end()))
    } else {
        format!("{head}\n\n{}\n\nExamples: rolecall explain {} --examples\n", rule.help(), rule.id)
    };
    let page = if args.color.on_stdout() { styled(&page) } else { page };
    print(page.as_bytes(), Status::Clean)
}

/// What to say of a word that names no rule.
fn unknown(word: &str) -> String {
    if checks::rules().iter().any(|rule| rule.group.eq_ignore_ascii_case(word)) {
        return format!("'{word}' is a group; name one of its rules, `rolecall rules` lists them");
    }
    UnknownRule { word: word.to_owned(), nearest: checks::nearest(word) }.to_string()
}

/// The page with its examples as people read them: whether each is reported, and the names of its files where it names
/// them. What else their first lines say is for the tests.
fn without_marks(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    // What the example shows whose files go on.
    let mut in_row = None;
    let mut is_open = false;
    for line in body.lines() {
        match Fence::of(line).filter(|_| !is_open) {
            Some(fence) => {
                let goes_on = fence.file.is_some() && in_row == Some(fence.shows);
                let reported = if goes_on { String::new() } else { format!("{}\n\n", fence.reported()) };
                let file = fence.file.map(|file| format!("`{file}`:\n\n")).unwrap_or_default();
                out.push_str(&format!("{reported}{file}```{}\n", fence.language));
                in_row = fence.file.map(|_| fence.shows);
                is_open = true;
            }
            None => {
                out.push_str(&format!("{line}\n"));
                let is_fence = line.starts_with("```");
                is_open ^= is_fence;
                if !is_open && !is_fence && !line.trim().is_empty() {
                    in_row = None;
                }
            }
        }
    }
    out
}

/// The first line of a block of an example.
struct Fence<'p> {
    language: &'p str,
    shows: &'p str,
    file: Option<&'p str>,
}

impl<'p> Fence<'p> {
    fn of(line: &'p str) -> Option<Self> {
        let mut words = line.strip_prefix("```")?.split(' ');
        let (language, shows) = (words.next()?, words.next()?);
        let file = words.find_map(|word| word.strip_prefix("file="));
        matches!(shows, "bad" | "good" | "fixed").then_some(Self { language, shows, file })
    }

    fn reported(&self) -> &'static str {
        match self.shows {
            "bad" => "Reported:",
            "fixed" => "The same without the mistake:",
            _ => "Not reported:",
        }
    }
}

/// Markdown with headings in bold and code in a dim colour; every character of it stays.
fn styled(page: &str) -> String {
    let mut out = String::with_capacity(page.len() * 2);
    let mut in_code = false;
    for line in page.lines() {
        let is_fence = line.starts_with("```");
        let style = match () {
            () if is_fence || in_code => "\u{1b}[2m",
            () if line.starts_with('#') => "\u{1b}[1m",
            () => "",
        };
        in_code ^= is_fence;
        out.extend([style, line, if style.is_empty() { "\n" } else { "\u{1b}[0m\n" }]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::styled;

    #[test]
    fn headings_and_code_stand_out() {
        let page = "# A\n\ntext\n```yaml\n# no heading\n```\nend\n";
        let expected = "\u{1b}[1m# A\u{1b}[0m\n\ntext\n\u{1b}[2m```yaml\u{1b}[0m\n\u{1b}[2m# no heading\u{1b}[0m\n\u{1b}[2m```\u{1b}[0m\nend\n";
        assert_eq!(styled(page), expected);
    }
}
