//! The transform's own tables (`data/sam-*.tsv`) and texts with holes that are filled from them.

use std::collections::HashMap;

use super::pen::Pen;
use crate::syntax::NodeId;

/// A statement of a table, which allows.
#[derive(Clone, Debug)]
pub(super) struct Row {
    actions: Vec<&'static str>,
    resources: Vec<&'static str>,
    /// Operator, key and value.
    condition: Option<[&'static str; 3]>,
}

/// What a connector grants from one type to another.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// Whether the role of the source gets it; else that of the destination.
    pub(super) to_source: bool,
    /// Statements with their category, `Read` or `Write`.
    pub(super) rows: Vec<(&'static str, Row)>,
}

pub(super) struct Tables {
    templates: HashMap<&'static str, Vec<Row>>,
    profiles: HashMap<(&'static str, &'static str), Profile>,
    paths: HashMap<&'static str, &'static str>,
}

fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn row(fields: &[&'static str]) -> Row {
    let words = |at: usize| fields.get(at).map(|field| field.split(' ').collect()).unwrap_or_default();
    let condition = fields.get(2).and_then(|field| field.splitn(3, ' ').collect::<Vec<_>>().try_into().ok());
    Row { actions: words(0), resources: words(1), condition }
}

impl Tables {
    pub(super) fn read() -> Self {
        let mut tables = Self { templates: HashMap::new(), profiles: HashMap::new(), paths: HashMap::new() };
        for fields in lines(include_str!("../../../data/sam-policy-templates.tsv")) {
            if let [name, statement @ ..] = fields.as_slice() {
                tables.templates.entry(name).or_default().push(row(statement));
            }
        }
        for fields in lines(include_str!("../../../data/sam-connectors.tsv")) {
            if let [source, destination, whose, category, statement @ ..] = fields.as_slice() {
                let empty = Profile { to_source: *whose == "source", rows: Vec::new() };
                let profile = tables.profiles.entry((source, destination)).or_insert(empty);
                profile.rows.push((category, row(statement)));
            }
        }
        for fields in lines(include_str!("../../../data/sam-managed-policies.tsv")) {
            if let [path, name] = fields.as_slice() {
                tables.paths.insert(name, path);
            }
        }
        tables
    }

    /// The statements of a policy template.
    pub(super) fn template(&self, name: &str) -> Option<Vec<Row>> {
        self.templates.get(name).cloned()
    }

    pub(super) fn has_template(&self, name: &str) -> bool {
        self.templates.contains_key(name)
    }

    pub(super) fn profile(&self, source: &str, destination: &str) -> Option<Profile> {
        self.profiles.get(&(source, destination)).cloned()
    }

    /// Path and name of a policy of AWS.
    pub(super) fn aws_policy(&self, name: &str) -> String {
        self.paths.get(name).map_or_else(|| name.to_owned(), |path| format!("{path}/{name}"))
    }
}

impl Pen {
    /// A statement of a table; `fill` gives what stands in a hole.
    pub(super) fn statement(&mut self, row: &Row, fill: &mut dyn FnMut(&mut Self, &str) -> Option<NodeId>) -> NodeId {
        let mut resources: Vec<NodeId> = row.resources.iter().map(|text| self.filled(text, fill)).collect();
        let resource = match resources.len() {
            1 => resources.remove(0),
            _ => self.list(resources),
        };
        let statement = self.allow(&row.actions, resource);
        let Some([operator, key, value]) = row.condition else { return statement };
        let (effect, actions) = (self.text("Allow"), row.actions.iter().map(|action| self.text(action)).collect());
        let actions = self.list(actions);
        let value = self.filled(value, fill);
        let test = self.map(&[(key, value)]);
        let condition = self.map(&[(operator, test)]);
        self.map(&[("Effect", effect), ("Action", actions), ("Resource", resource), ("Condition", condition)])
    }

    /// A text whose holes are filled; opaque where nothing fills one of them.
    fn filled(&mut self, text: &str, fill: &mut dyn FnMut(&mut Self, &str) -> Option<NodeId>) -> NodeId {
        let only = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if let Some(hole) = only.filter(|hole| !hole.contains(['{', ':'])) {
            return fill(self, hole).unwrap_or_else(|| self.opaque());
        }
        let (mut written, mut holes) = (text.to_owned(), Vec::new());
        for piece in text.split("${").skip(1) {
            let hole = piece.split('}').next().unwrap_or_default();
            // Pseudo parameters fill themselves.
            if hole.contains("::") {
                continue;
            }
            let variable = hole.replace('.', "");
            let Some(value) = fill(self, hole) else { return self.opaque() };
            written = written.replace(&format!("${{{hole}}}"), &format!("${{{variable}}}"));
            holes.push((variable, value));
        }
        let holes: Vec<(&str, NodeId)> = holes.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        match holes.is_empty() {
            true if text.contains("${") => self.sub(text),
            true => self.text(text),
            false => self.sub_with(&written, &holes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_a_statement() {
        let tables = Tables::read();
        let rows = tables.templates.values().flatten().chain(tables.profiles.values().flat_map(|profile| {
            profile.rows.iter().map(|(category, row)| {
                assert!(["Read", "Write"].contains(category), "{category}");
                row
            })
        }));
        let mut count = 0;
        for row in rows {
            count += 1;
            let actions = row.actions.iter().all(|action| action.contains(':') || *action == "*");
            assert!(actions && !row.actions.is_empty() && !row.resources.is_empty(), "{row:?}");
            assert!(row.resources.iter().all(|text| *text == "*" || text.starts_with(['a', '$'])), "{row:?}");
        }
        assert!(count > 100, "{count}");
        assert_eq!(tables.aws_policy("AWSLambdaBasicExecutionRole"), "service-role/AWSLambdaBasicExecutionRole");
        assert_eq!(tables.aws_policy("ReadOnlyAccess"), "ReadOnlyAccess");
    }
}
