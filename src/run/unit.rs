//! What is analysed: templates as they are deployed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::resolve::{Given, Unread};
use crate::source::FileId;
use crate::template::assembly::StackArtifact;
use crate::template::serverless::Include;

/// A template as it is deployed; one that is nested twice is two units.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its file.
    pub file: FileId,
    /// Its tree: the place in the list of documents.
    pub document: usize,
    /// What makes the stack the same in every run: the artifact id in an assembly (nested: followed
    /// by the nested logical ids, joined by `/`), else the template's path from its project.
    pub key: String,
    /// How messages name it: its template's path from the working directory; in an assembly its key and that one.
    pub shown: String,
    /// What an assembly says of it.
    pub assembly: Option<AssemblyStack>,
    /// The unit that nests it; that one comes before it.
    pub nested: Option<Nested>,
    /// Nested stacks of it whose templates were not read.
    pub unread: Arc<Vec<Unread>>,
    /// What its template includes from other files.
    pub parts: Vec<UnitPart>,
    /// Values of its parameters that somebody gave; none of a nested stack.
    pub given: Given,
    /// How many texts inside one another its template stands in; none where it is a file of its own.
    pub texts: usize,
    /// Where the sources of its app lie, where the configuration says so (`[cdk] source-root`).
    pub source_root: Option<PathBuf>,
}

impl Unit {
    /// A stack of which nothing is known but its template and what an assembly says.
    pub fn new(file: FileId, document: usize, key: String, assembly: Option<AssemblyStack>) -> Self {
        let shown = match &assembly {
            Some(stack) => format!("{key} in {}", stack.assembly),
            None => key.clone(),
        };
        let (nested, unread, parts, given) = (None, Arc::default(), Vec::new(), Given::default());
        Self { file, document, key, shown, assembly, nested, unread, parts, given, texts: 0, source_root: None }
    }

    /// Whether another stack makes it.
    pub fn is_nested(&self) -> bool {
        self.nested.is_some() || self.assembly.as_ref().is_some_and(|stack| !stack.nested.is_empty())
    }
}

/// What was found for something that a service includes.
#[derive(Clone, Debug)]
pub struct UnitPart {
    /// The tree of its file: the place in the list of documents; nothing where the file is not there.
    pub document: Option<usize>,
    /// What is included.
    pub include: Include,
}

/// How a unit is nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// The place of the unit that nests it.
    pub parent: usize,
    /// Its logical id there.
    pub id: String,
    /// Whether it is deployed to accounts and Regions of its own.
    pub apart: bool,
}

/// What an assembly says of a stack.
#[derive(Clone, Debug)]
pub struct AssemblyStack {
    /// The outermost assembly, as shown: units with the same one share a stack set.
    pub assembly: Arc<str>,
    /// The stack, or the one at the top of the nesting.
    pub artifact: Arc<StackArtifact>,
    /// Logical ids of the nested stacks from the top to this one; empty at the top.
    pub nested: Vec<String>,
}
