//! `rolecall rules`.

use clap::ValueEnum;
use serde_json::json;

use super::{Status, print};
use crate::checks::{self, Rule};

/// List every rule.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to write the list.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(args: &Args) -> Status {
    let list = match args.format {
        Form::Text => text(checks::rules()),
        Form::Json => as_json(checks::rules()),
        Form::Markdown => markdown(checks::rules()),
    };
    print(list.as_bytes(), Status::Clean)
}

fn text(rules: &[Rule]) -> String {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line =
        |rule: &Rule| format!("{}  {:7}  {:width$}  {}\n", rule.id, rule.severity.name(), rule.name, rule.summary());
    rules.iter().map(line).collect()
}

fn as_json(rules: &[Rule]) -> String {
    let one = |rule: &Rule| {
        json!({
            "id": rule.id, "name": rule.name, "group": rule.group.to_ascii_uppercase(),
            "severity": rule.severity.name(), "confidence": rule.confidence, "since": rule.since,
            "tags": rule.tags, "references": rule.references, "summary": rule.summary(),
        })
    };
    let rules: Vec<_> = rules.iter().map(one).collect();
    format!("{:#}\n", json!({ "schema": "rolecall-rules/1", "version": env!("CARGO_PKG_VERSION"), "rules": rules }))
}

fn markdown(rules: &[Rule]) -> String {
    let row = |rule: &Rule| {
        let summary = rule.summary().replace('|', "\\|");
        format!("| {} | `{}` | {} | {summary} |\n", rule.id, rule.name, rule.severity.name())
    };
    let rows: String = rules.iter().map(row).collect();
    format!("| Id | Name | Severity | What it finds |\n|---|---|---|---|\n{rows}")
}
