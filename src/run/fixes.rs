//! The bytes of fixes: what a check says of the tree, as edits of the file that the user wrote.

use std::collections::HashMap;

use super::around::Around;
use super::unit::Unit;
use crate::edit::Editor;
use crate::finding::{Finding, TextEdit};
use crate::source::FileId;
use crate::syntax::Document;

/// Most bytes that a fix writes: reports carry them whole, and what is there may be repeated in them.
const MOST_BYTES: usize = 8192;

/// Gives each fix its edits, and takes away those that cannot be made: the file is the output of a program, the place is
/// none that can be changed by itself, or more would change than the fix is for.
pub(super) fn write_edits(findings: &mut [Finding], documents: &[Document], units: &[Unit]) {
    let generated = units.iter().filter(|unit| unit.assembly.is_some()).map(|unit| unit.file);
    let generated: Vec<FileId> = generated.collect();
    let mut editors: HashMap<FileId, Option<(Editor<'_>, Around<'_>)>> = HashMap::new();
    let editor_of = |file: FileId| {
        let written = |document: &&Document| document.file() == file && !document.is_within();
        let document = documents.iter().find(written).filter(|_| !generated.contains(&file))?;
        Some((Editor::of(document)?, Around::of(document)))
    };
    for finding in findings {
        let Some(mut fix) = finding.fix.take() else { continue };
        let Some(first) = fix.changes.first() else { continue };
        let file = first.at().place.file;
        let editor = editors.entry(file).or_insert_with(|| editor_of(file));
        let Some((editor, around)) = editor else { continue };
        let Some(most) = around.allows(editor, &fix, finding.subject.logical_id.as_deref()) else { continue };
        fix.applicability = most;
        let edits = editor.edits(&fix.changes);
        let is_short = |edits: &Vec<TextEdit>| edits.iter().map(|edit| edit.text.len()).sum::<usize>() <= MOST_BYTES;
        if let Some(edits) = edits.filter(is_short) {
            fix.edits = edits;
            finding.fix = Some(fix);
        }
    }
}
