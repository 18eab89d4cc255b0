//! What somebody wrote to hide findings, and which findings it can hide.
//!
//! Invariant: what stands in a template hides findings of this template only, and only of the rules that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Choice, Date, Finding};
use crate::source::{FileId, Place};

/// Something that hides findings.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// How it was written.
    pub by: By,
    /// Where.
    pub place: Place,
    /// The rules that it names.
    pub rules: Vec<Named>,
    /// Which findings of these rules it hides.
    pub scope: Scope,
    /// Why, in the words of who wrote it.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Until when it holds.
    pub expires: Option<Expiry>,
    /// What of it cannot be understood, each half a sentence.
    pub faults: Vec<(Place, String)>,
}

/// A rule that somebody named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What they wrote.
    pub word: String,
    /// Where.
    pub place: Place,
    /// The id of the rule; none where no rule is called so.
    pub rule: Option<&'static str>,
}

/// How a suppression was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A comment in a template.
    Comment,
    /// The `Metadata` of a template or a resource.
    Metadata,
    /// The metadata of a construct, in an assembly.
    Construct,
    /// `[[suppress]]` in a configuration.
    Configuration,
    /// A baseline.
    Baseline,
}

impl By {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Metadata => "metadata",
            Self::Construct => "construct",
            Self::Configuration => "configuration",
            Self::Baseline => "baseline",
        }
    }
}

/// The last day of a suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It holds up to the end of this day.
    Until(Date, Place),
    /// No day is written so: it never holds.
    Never(String, Place),
}

/// Which findings of its rules a suppression hides.
#[derive(Clone, Debug)]
pub enum Scope {
    /// None: it cannot be understood.
    Nothing,
    /// Those whose faulty place begins in this one, and lies in this text: one line.
    Line {
        /// The line.
        line: Place,
        /// The text of the template.
        template: Place,
    },
    /// Those of this template.
    Template(Place),
    /// Those of one resource.
    Resource {
        /// Its logical id.
        id: String,
        /// Where it stands: its key and what belongs to it.
        body: Place,
        /// The text of its template.
        template: Place,
    },
    /// Those below a construct, in the templates of its assembly.
    Construct {
        /// Its path, without the slash in front.
        path: String,
        /// The templates.
        files: Arc<BTreeSet<FileId>>,
    },
    /// What a configuration says.
    Given {
        /// The files that it speaks of.
        files: Arc<BTreeSet<FileId>>,
        /// The logical id.
        logical_id: Option<String>,
        /// A condition that is true in the finding's branch.
        condition: Option<String>,
    },
}

/// Why a finding is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// How that was written.
    pub by: By,
    /// Where; a baseline has no place.
    pub place: Option<Place>,
    /// Why, in the words of who wrote it.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day.
    pub expires: Option<Date>,
}

impl Suppression {
    /// Whether it still holds.
    pub fn holds(&self, today: Date) -> bool {
        match &self.expires {
            None => true,
            Some(Expiry::Until(last, _)) => today <= *last,
            Some(Expiry::Never(..)) => false,
        }
    }

    /// Which of its rules hides a finding, if one does and it holds.
    pub fn rule_that_hides(&self, finding: &Finding, today: Date) -> Option<usize> {
        let named = self.rules.iter().position(|named| named.rule == Some(finding.rule))?;
        (self.holds(today) && self.scope.covers(finding)).then_some(named)
    }

    /// What a finding keeps of it.
    pub fn as_told(&self) -> Suppressed {
        let expires = match &self.expires {
            Some(Expiry::Until(date, _)) => Some(*date),
            _ => None,
        };
        let (by, place, reason, owner) = (self.by, Some(self.place), self.reason.clone(), self.owner.clone());
        Suppressed { by, place, reason, owner, expires }
    }
}

impl Scope {
    /// The file of which it covers findings, where it is one.
    pub fn file(&self) -> Option<FileId> {
        match self {
            Self::Line { line, .. } => Some(line.file),
            Self::Template(template) => Some(template.file),
            // A service may include its resources from another file.
            Self::Resource { template, body, .. } => (template.file == body.file).then_some(body.file),
            Self::Nothing | Self::Construct { .. } | Self::Given { .. } => None,
        }
    }

    /// Whether a finding is one of those meant, whatever its rule.
    pub fn covers(&self, finding: &Finding) -> bool {
        let (at, subject) = (finding.primary.place, &finding.subject);
        match self {
            Self::Nothing => false,
            Self::Line { line, template } => {
                let start = at.span.start();
                let begins = line.span.start() <= start && start <= line.span.end();
                at.file == line.file && begins && is_within(at, *template)
            }
            Self::Template(template) => is_within(at, *template),
            Self::Resource { id, body, template } => {
                let is_named = subject.logical_id.as_deref() == Some(id) && is_within(at, *template);
                is_named || is_within(at, *body)
            }
            Self::Construct { path, files } => {
                let is_below = |own: &str| {
                    own.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
                };
                files.contains(&at.file) && subject.construct_path.as_deref().is_some_and(is_below)
            }
            Self::Given { files, logical_id, condition } => {
                let has_id = logical_id.as_ref().is_none_or(|id| subject.logical_id.as_ref() == Some(id));
                files.contains(&at.file) && has_id && condition.as_ref().is_none_or(|name| is_true(finding, name))
            }
        }
    }
}

/// Whether the branch of a finding says that a condition is true, or that follows from it.
fn is_true(finding: &Finding, condition: &str) -> bool {
    let follows = finding.true_conditions.iter().any(|name| name == condition);
    follows || finding.assignment.iter().any(|(name, choice)| name == condition && *choice == Choice::Condition(true))
}

fn is_within(inner: Place, outer: Place) -> bool {
    let (inside, outside) = (inner.span, outer.span);
    inner.file == outer.file && outside.start() <= inside.start() && inside.end() <= outside.end()
}
