//! Whether an output is older than the program that it is said to come from.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Code;
use super::workspace::{Budget, NAMED};
use crate::finding::{Note, NoteKind};

/// Who checks out a repository gets its files within moments, in any order.
const MOMENT: Duration = Duration::from_secs(2);

/// The note about an output that was made before its sources were last written.
pub(super) fn note(shown: &str, code: &mut Code<'_>, budget: &mut Budget) -> Option<Note> {
    let made = code.workspace.modified(&code.program.folder.join("manifest.json"))?.checked_add(MOMENT)?;
    let newer: Vec<String> = sources(code, budget)
        .into_iter()
        .filter_map(|file| {
            let (path, real) = code.workspace.locate(&file)?;
            (code.workspace.modified(&real)? > made).then(|| code.workspace.shown(&path))
        })
        .collect();
    let first = newer.first()?;
    let more = match newer.len() - 1 {
        0 => String::new(),
        1 => " and one more of its sources".to_owned(),
        more => format!(" and {more} more of its sources"),
    };
    let message = format!(
        "{shown} is older than {first}{more}: run cdk synth again, or lines and findings may be those of before"
    );
    Some(Note::new(NoteKind::Stale, message, None))
}

/// What the traces name, and what the scripts among it were made from.
fn sources(code: &mut Code<'_>, budget: &mut Budget) -> BTreeSet<String> {
    let named: Vec<String> = code.program.traces.files().into_iter().take(NAMED).map(str::to_owned).collect();
    let mut sources: BTreeSet<String> = BTreeSet::new();
    for file in named {
        sources.extend(code.workspace.originals(&file, budget));
        sources.insert(file);
    }
    sources
}
