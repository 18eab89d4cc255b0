//! `tree.json`: which construct became which logical id, where neither the template nor the metadata say.

use crate::syntax::Node;

/// A construct that is a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its path: `Dev/Mapping/Role/Resource`.
    pub path: String,
    /// Its logical id.
    pub logical_id: String,
}

/// A part of a tree that lies in a file of its own (above `@aws-cdk/core.TreeMetadata:maxNodes`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeFile {
    /// The file, relative to the folder of the manifest; untrusted.
    pub file: String,
    /// The key of the part in its `forest`.
    pub tree: String,
}

/// The resources of a `tree.json`, and the files that hold the rest of it.
pub fn read_tree(root: Node<'_>) -> (Vec<TreeEntry>, Vec<TreeFile>) {
    root.get("tree").map(walk).unwrap_or_default()
}

/// The same of one part of a forest.
pub fn read_forest(root: Node<'_>, tree: &str) -> (Vec<TreeEntry>, Vec<TreeFile>) {
    root.get("forest").and_then(|forest| forest.get(tree)).map(walk).unwrap_or_default()
}

fn walk(start: Node<'_>) -> (Vec<TreeEntry>, Vec<TreeFile>) {
    let (mut entries, mut files) = (Vec::new(), Vec::new());
    let text = |node: Node<'_>, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        let logical_id = node.get("attributes").and_then(|all| text(all, "aws:cdk:cloudformation:logicalId"));
        if let (Some(path), Some(logical_id)) = (text(node, "path"), logical_id) {
            entries.push(TreeEntry { path, logical_id });
        }
        if let (Some(file), Some(tree)) = (text(node, "fileName"), text(node, "treeId")) {
            files.push(TreeFile { file, tree });
        }
        // JSON has no aliases, so that this ends.
        let children = node.get("children").into_iter().flat_map(Node::own_entries);
        waiting.extend(children.map(|(_, child)| child));
    }
    (entries, files)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    #[test]
    fn a_tree_may_lie_in_several_files() {
        let json = |text: &str| parse_json(FileId(0), &Arc::from(text));
        let tree = json(
            r#"{"version": "tree-0.1", "tree": {"id": "App", "path": "", "children": {
                "S": {"id": "S", "path": "S", "children": {
                    "R": {"id": "R", "path": "S/R", "attributes": {"aws:cdk:cloudformation:logicalId": "R1"}},
                    "T": {"id": "T", "path": "S/T", "fileName": "trees-3.json", "treeId": "t0"}}}}}}"#,
        );
        let (entries, files) = read_tree(tree.root().unwrap());
        assert_eq!(entries, [TreeEntry { path: "S/R".to_owned(), logical_id: "R1".to_owned() }]);
        assert_eq!(files, [TreeFile { file: "trees-3.json".to_owned(), tree: "t0".to_owned() }]);
        let forest = json(
            r#"{"version": "forest-0.1", "forest": {"t0": {"id": "T", "path": "S/T",
                "attributes": {"aws:cdk:cloudformation:logicalId": "T2"}}}}"#,
        );
        let (entries, files) = read_forest(forest.root().unwrap(), "t0");
        assert_eq!(entries, [TreeEntry { path: "S/T".to_owned(), logical_id: "T2".to_owned() }]);
        assert_eq!(files, []);
        assert_eq!(read_forest(forest.root().unwrap(), "t1"), (Vec::new(), Vec::new()));
    }
}
