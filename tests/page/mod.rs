//! The pages of the rules as the tests see them: fenced blocks, and the examples among them.

use rolecall::checks::Rule;

/// The heading that examples stand below.
pub(crate) const EXAMPLES: &str = "## Examples";

/// A fenced block.
pub(crate) struct Fence<'p> {
    /// The line of its opening marks, from 1.
    pub(crate) line: usize,
    /// What stands behind the opening marks.
    pub(crate) info: &'p str,
    /// What stands between the marks, with its last line end.
    pub(crate) text: String,
    /// Whether only blank lines lie between the block before and this one.
    pub(crate) follows: bool,
}

/// Every fenced block of a text.
///
/// # Errors
/// A block that is never closed.
pub(crate) fn fences(text: &str) -> Result<Vec<Fence<'_>>, String> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut follows = false;
    while let Some((index, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            follows &= line.trim().is_empty();
            continue;
        };
        let mut fence = Fence { line: index + 1, info: info.trim(), text: String::new(), follows };
        loop {
            match lines.next() {
                Some((_, "```")) => break,
                Some((_, line)) => fence.text.extend([line, "\n"]),
                None => return Err(format!("line {}: the block is never closed", index + 1)),
            }
        }
        found.push(fence);
        follows = true;
    }
    Ok(found)
}

/// What an example is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The mistake: the rule speaks.
    Bad,
    /// No mistake: the rule is silent.
    Good,
    /// The `bad` before it after the fix that the page tells: the rule is silent.
    Fixed,
}

/// The grammar of a file of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Yaml,
    Json,
    Text,
}

/// One file of an example.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) language: Language,
    pub(crate) text: String,
}

/// One or several blocks that are checked together.
#[derive(Debug)]
pub(crate) struct Example {
    /// The rule on whose page it stands.
    pub(crate) rule: &'static str,
    /// Its first line on the page, from 1.
    pub(crate) line: usize,
    pub(crate) shows: Shows,
    /// Its place among the page's examples that show the same, from 1; of a `fixed` that of its `bad`.
    pub(crate) number: usize,
    /// Whether it stays as it is written, instead of being turned into JSON as well.
    pub(crate) only: bool,
    /// Other rules that rightly speak.
    pub(crate) also: Vec<String>,
    pub(crate) files: Vec<File>,
}

impl Example {
    /// What messages call it: `CGT001 bad 2 (line 90 of its page)`.
    pub(crate) fn title(&self) -> String {
        let shows = match self.shows {
            Shows::Bad => "bad",
            Shows::Good => "good",
            Shows::Fixed => "fixed",
        };
        format!("{} {shows} {} (line {} of its page)", self.rule, self.number, self.line)
    }
}

/// The examples of a rule's page, in order.
///
/// # Errors
/// What about an example is not in the form that `rules/README.md` describes.
pub(crate) fn examples(rule: &Rule) -> Result<Vec<Example>, String> {
    let from = rule.page.find(EXAMPLES).ok_or("there are no examples")?;
    let (before, below) = rule.page.split_at(from);
    let lines_before = before.lines().count();
    let mut found: Vec<Example> = Vec::new();
    let mut in_row = false;
    for fence in fences(below)? {
        let line = lines_before + fence.line;
        let fail = |what: String| format!("line {line}: {what}");
        let info = Info::read(fence.info).map_err(fail)?;
        let path = match (info.file, info.language) {
            (Some(path), _) => path.to_owned(),
            (None, Language::Yaml) => "template.yaml".to_owned(),
            (None, Language::Json) => "template.json".to_owned(),
            (None, Language::Text) => return Err(fail("a text needs `file=`".to_owned())),
        };
        let file = File { path, language: info.language, text: fence.text };
        match found.last_mut().filter(|_| in_row && fence.follows && info.file.is_some()) {
            Some(row) if row.shows != info.shows || row.only != info.only || row.also != info.also => {
                return Err(fail("the blocks of one example differ in what they are to show".to_owned()));
            }
            Some(row) if row.files.iter().any(|other| other.path == file.path) => {
                return Err(fail(format!("{} stands twice in one example", file.path)));
            }
            Some(row) => row.files.push(file),
            None => found.push(Example {
                rule: rule.id,
                line,
                shows: info.shows,
                number: number(&found, info.shows).map_err(fail)?,
                only: info.only,
                also: info.also.iter().map(|id| (*id).to_owned()).collect(),
                files: vec![file],
            }),
        }
        in_row = info.file.is_some();
    }
    Ok(found)
}

/// The number of the next example that shows something.
fn number(found: &[Example], shows: Shows) -> Result<usize, String> {
    let before = |shows: Shows| found.iter().filter(|example| example.shows == shows).count();
    if shows != Shows::Fixed {
        return Ok(1 + before(shows));
    }
    match before(Shows::Bad) {
        0 => Err("no `bad` stands before it".to_owned()),
        bad if found.iter().any(|other| other.shows == Shows::Fixed && other.number == bad) => {
            Err(format!("`bad` {bad} is fixed already"))
        }
        bad => Ok(bad),
    }
}

/// The words behind the opening marks of an example: `yaml bad only file=NAME also=ID,ID`.
struct Info<'p> {
    language: Language,
    shows: Shows,
    only: bool,
    file: Option<&'p str>,
    also: Vec<&'p str>,
}

impl<'p> Info<'p> {
    fn read(info: &'p str) -> Result<Self, String> {
        let mut words = info.split_whitespace();
        let language = match words.next() {
            Some("yaml") => Language::Yaml,
            Some("json") => Language::Json,
            Some("text") => Language::Text,
            other => return Err(format!("`{}` is no language of examples", other.unwrap_or(""))),
        };
        let shows = match words.next() {
            Some("bad") => Shows::Bad,
            Some("good") => Shows::Good,
            Some("fixed") => Shows::Fixed,
            _ => return Err("none of `bad`, `good` and `fixed`".to_owned()),
        };
        let mut read = Self { language, shows, only: false, file: None, also: Vec::new() };
        for word in words {
            match word.split_once('=') {
                None if word == "only" => read.only = true,
                Some(("file", path)) if is_path(path) => read.file = Some(path),
                Some(("also", ids)) if ids.split(',').all(is_id) => read.also = ids.split(',').collect(),
                _ => return Err(format!("`{word}` says nothing")),
            }
        }
        Ok(read)
    }
}

/// A path inside the example: relative, `/` between names, no step up.
fn is_path(path: &str) -> bool {
    path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}

/// Three capitals and three digits.
fn is_id(id: &str) -> bool {
    id.len() == 6
        && id.bytes().take(3).all(|byte| byte.is_ascii_uppercase())
        && id.bytes().skip(3).all(|byte| byte.is_ascii_digit())
}
