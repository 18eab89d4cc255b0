//! Cloud assemblies: what `cdk synth` leaves in its output folder.
//!
//! Invariant: everything here works on parsed documents and opens no file. Paths that a manifest
//! names are texts written by others; [`local_path`] says which of them may be followed at all.

use crate::source::Span;
use crate::syntax::{Document, Kind, Node};

/// What a `manifest.json` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The stacks, in the order of the manifest.
    pub stacks: Vec<StackArtifact>,
    /// Folders of the assemblies inside this one (stages), relative to this one.
    pub nested: Vec<NamedFile>,
    /// The tree of its constructs (`tree.json`), relative to this folder; untrusted.
    pub tree_file: Option<String>,
}

/// A path in a document, and where it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// As written; untrusted.
    pub path: String,
    /// Where it is written.
    pub span: Span,
}

/// One stack of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackArtifact {
    /// Its key in the manifest: `DevMapping2FBE8E3E`.
    pub artifact_id: String,
    /// Its template, relative to the manifest's folder.
    pub template_file: NamedFile,
    /// Its name in CloudFormation: `Dev-Mapping`.
    pub stack_name: String,
    /// The path of its construct: `Dev/Mapping`.
    pub display_name: String,
    /// The account, where the app pins it.
    pub account: Option<String>,
    /// The region, where the app pins it.
    pub region: Option<String>,
    /// The manifest of its assets, relative to the manifest's folder; untrusted.
    pub assets_file: Option<String>,
    /// Its metadata, where they stand in a file of their own (library 2.250 and later); untrusted.
    pub metadata_file: Option<String>,
    /// Its key in the manifest, for diagnostics.
    pub span: Span,
}

/// Reads a `manifest.json` of any version. What is not understood is left out.
pub fn read(manifest: &Document) -> Manifest {
    let mut read = Manifest::default();
    let artifacts = manifest.root().and_then(|root| root.get("artifacts"));
    for (key, artifact) in artifacts.map(Node::entries).unwrap_or_default() {
        match artifact.get("type").and_then(Node::text) {
            Some("aws:cloudformation:stack") => read.stacks.extend(stack(artifacts, key, artifact)),
            Some("cdk:cloud-assembly") => read.nested.extend(named(artifact.get("properties"), "directoryName")),
            Some("cdk:tree") => read.tree_file = artifact.get("properties").and_then(|node| text(node, "file")),
            _ => {}
        }
    }
    read
}

fn stack(artifacts: Option<Node<'_>>, key: Node<'_>, artifact: Node<'_>) -> Option<StackArtifact> {
    let artifact_id = key.text()?.to_owned();
    let properties = artifact.get("properties");
    let (account, region) = environment(text(artifact, "environment").as_deref());
    Some(StackArtifact {
        template_file: named(properties, "templateFile")?,
        stack_name: properties.and_then(|node| text(node, "stackName")).unwrap_or_else(|| artifact_id.clone()),
        display_name: display_name(artifact).unwrap_or_else(|| artifact_id.clone()),
        account,
        region,
        assets_file: artifacts.and_then(|all| assets_file(all, artifact, &artifact_id)),
        metadata_file: text(artifact, "additionalMetadataFile"),
        span: key.span(),
        artifact_id,
    })
}

fn text(node: Node<'_>, key: &str) -> Option<String> {
    node.get(key)?.text().map(str::to_owned)
}

fn named(node: Option<Node<'_>>, key: &str) -> Option<NamedFile> {
    let value = node?.get(key)?;
    Some(NamedFile { path: value.text()?.to_owned(), span: value.span() })
}

/// The construct path: `Dev/Mapping (Dev-Mapping)` is one with a remark.
fn display_name(artifact: Node<'_>) -> Option<String> {
    let name = text(artifact, "displayName")?;
    let path = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).map(|(path, _)| path.to_owned());
    Some(path.unwrap_or(name))
}

/// Account and region of `aws://ACCOUNT/REGION`.
fn environment(text: Option<&str>) -> (Option<String>, Option<String>) {
    let Some((account, region)) =
        text.and_then(|text| text.strip_prefix("aws://")).and_then(|rest| rest.split_once('/'))
    else {
        return (None, None);
    };
    let known = |part: &str, unknown: &str| (part != unknown && !part.is_empty()).then(|| part.to_owned());
    (known(account, "unknown-account"), known(region, "unknown-region"))
}

/// The file of the asset manifest that the stack depends on.
fn assets_file(artifacts: Node<'_>, stack: Node<'_>, artifact_id: &str) -> Option<String> {
    let file = |id: &str| {
        let artifact = artifacts.get(id)?;
        let is_assets = artifact.get("type").and_then(Node::text) == Some("cdk:asset-manifest");
        is_assets.then(|| text(artifact.get("properties")?, "file")).flatten()
    };
    // A stack of a stage also depends on the stacks before it, so its own name comes first.
    file(&format!("{artifact_id}.assets")).or_else(|| {
        let dependencies = stack.get("dependencies")?;
        dependencies.items().filter_map(Node::text).find_map(file)
    })
}

/// The metadata of a stack that stand in the manifest itself (libraries before 2.250).
pub fn inline_metadata<'d>(manifest: &'d Document, artifact_id: &str) -> Option<Node<'d>> {
    manifest.root()?.get("artifacts")?.get(artifact_id)?.get("metadata")
}

/// What constructs say under a type of metadata of their own, in a manifest or a file of metadata: the path of
/// each, without the slash in front, and what it says.
pub fn said_by_constructs<'d>(document: &'d Document, kind: &str) -> Vec<(&'d str, Node<'d>)> {
    let Some(root) = document.root() else { return Vec::new() };
    let artifacts = root.get("artifacts").into_iter().flat_map(Node::own_entries);
    let all = artifacts.filter_map(|(_, artifact)| artifact.get("metadata")).chain([root]);
    let mut said = Vec::new();
    for (path, entries) in all.flat_map(Node::own_entries) {
        let Some(path) = path.text().and_then(|path| path.strip_prefix('/')) else { continue };
        let of_kind = entries.items().filter(|entry| entry.get("type").and_then(Node::text) == Some(kind));
        said.extend(of_kind.filter_map(|entry| Some((path, entry.get("data")?))));
    }
    said
}

/// Logical ids and bodies of a template's nested stacks.
pub fn nested_stacks(template: &Document) -> Vec<(String, Node<'_>)> {
    let resources = template.root().and_then(|root| root.get("Resources"));
    let entries = resources.map(Node::entries).unwrap_or_default().into_iter();
    let nested =
        entries.filter(|(_, body)| body.get("Type").and_then(Node::text) == Some("AWS::CloudFormation::Stack"));
    nested.filter_map(|(key, body)| Some((key.text()?.to_owned(), body))).collect()
}

/// The local template of a nested stack, from what stands in the resource itself: `aws:asset:path`.
pub fn template_by_asset(resource: Node<'_>) -> Option<NamedFile> {
    let metadata = resource.get("Metadata")?;
    let is_template = metadata.get("aws:asset:property").and_then(Node::text) == Some("TemplateURL");
    is_template.then(|| named(Some(metadata), "aws:asset:path")).flatten()
}

/// The local template of a nested stack (`AWS::CloudFormation::Stack`), relative to the folder of
/// the manifest and untrusted: from its own metadata, else from the hash that its URL ends in, else
/// from the metadata of the stack (a mapping from construct paths to entries). The span lies in the
/// resource's document.
pub fn nested_template(resource: Node<'_>, assets: Option<&Document>, metadata: Option<Node<'_>>) -> Option<NamedFile> {
    template_by_asset(resource)
        .or_else(|| template_by_hash(resource, assets?))
        .or_else(|| template_by_path(resource, metadata?))
}

fn template_by_hash(resource: Node<'_>, assets: &Document) -> Option<NamedFile> {
    let url = resource.get("Properties")?.get("TemplateURL")?;
    let end = last_text(url)?;
    let file = end.rsplit('/').next()?;
    let hash = file.split('.').next()?;
    let source = assets.root()?.get("files")?.get(hash)?.get("source")?;
    let path = text(source, "path")?;
    Some(NamedFile { path, span: url.span() })
}

/// The last text of a URL: itself, or the last member of a join.
fn last_text(mut url: Node<'_>) -> Option<&str> {
    loop {
        match url.kind() {
            Kind::Scalar => return url.text(),
            Kind::Sequence => url = url.items().last()?,
            Kind::Mapping => url = url.get("Fn::Join").or_else(|| url.get("Fn::Sub"))?,
            Kind::Missing => return None,
        }
    }
}

fn template_by_path(resource: Node<'_>, metadata: Node<'_>) -> Option<NamedFile> {
    let path = resource.get("Metadata")?.get("aws:cdk:path")?;
    let (owner, _) = path.text()?.rsplit_once(".NestedStack/")?;
    let entries = metadata.get(&format!("/{owner}"))?;
    let is_template = |entry: &Node<'_>| entry.get("type").and_then(Node::text) == Some("aws:cdk:templateFile");
    let file = entries.items().find(is_template)?;
    Some(NamedFile { path: text(file, "data")?, span: path.span() })
}

/// Why a path of a manifest is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It names nothing.
    Empty,
    /// It starts at the root of a disk.
    Absolute,
    /// It leaves the folder with `..`.
    Outside,
}

/// Whether a path of a manifest stays below the manifest's folder, as far as the text can tell.
pub fn local_path(path: &str) -> Result<(), Refused> {
    let bytes = path.as_bytes();
    if path.is_empty() || path.contains('\0') {
        return Err(Refused::Empty);
    }
    // A manifest made on Windows is read the same everywhere, so both separators count.
    let drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if drive || path.starts_with(['/', '\\']) {
        return Err(Refused::Absolute);
    }
    if path.split(['/', '\\']).any(|part| part == "..") {
        return Err(Refused::Outside);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    fn json(text: &str) -> Document {
        parse_json(FileId(0), &Arc::from(text))
    }

    #[test]
    fn a_stack_has_three_names() {
        let manifest = json(
            r#"{"artifacts": {
                "DevMapping2F": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/unknown-region",
                    "properties": {"templateFile": "D.template.json", "stackName": "Dev-Mapping"},
                    "dependencies": ["Other.assets", "DevMapping2F.assets"],
                    "additionalMetadataFile": "D.metadata.json", "displayName": "Dev/Mapping (Dev-Mapping)"},
                "Plain": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "P.template.json"}},
                "Broken": {"type": "aws:cloudformation:stack"},
                "DevMapping2F.assets": {"type": "cdk:asset-manifest", "properties": {"file": "D.assets.json"}},
                "Other.assets": {"type": "cdk:asset-manifest", "properties": {"file": "O.assets.json"}},
                "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
                "assembly-Dev": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Dev"}}}}"#,
        );
        let read = read(&manifest);
        assert_eq!(read.nested.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["assembly-Dev"]);
        assert_eq!(read.tree_file.as_deref(), Some("tree.json"));
        let [mapping, plain] = read.stacks.as_slice() else { panic!("two stacks: {read:?}") };
        assert_eq!((mapping.artifact_id.as_str(), mapping.stack_name.as_str()), ("DevMapping2F", "Dev-Mapping"));
        assert_eq!(mapping.display_name, "Dev/Mapping");
        assert_eq!((mapping.account.as_deref(), mapping.region.as_deref()), (Some("111122223333"), None));
        assert_eq!(mapping.assets_file.as_deref(), Some("D.assets.json"));
        assert_eq!(mapping.metadata_file.as_deref(), Some("D.metadata.json"));
        assert_eq!(mapping.span.of(manifest.text()), "\"DevMapping2F\"");
        assert_eq!((plain.stack_name.as_str(), plain.display_name.as_str()), ("Plain", "Plain"));
        assert_eq!(plain.assets_file, None);
    }

    #[test]
    fn anything_else_is_an_empty_manifest() {
        for text in ["[]", "{}", "{\"artifacts\": []}", "{\"artifacts\": {\"A\": null}}", "\"x\"", ""] {
            assert_eq!(read(&json(text)), Manifest::default(), "{text}");
        }
    }

    fn nested(resource: &str) -> Option<String> {
        let resource = json(resource);
        let assets = json(r#"{"files": {"6d8c": {"source": {"path": "hash.nested.template.json"}}}}"#);
        let metadata = json(
            r#"{"/Dev/Mapping/Roles": [{"type": "aws:cdk:logicalId", "data": "R"},
                {"type": "aws:cdk:templateFile", "data": "path.nested.template.json"}]}"#,
        );
        nested_template(resource.root()?, Some(&assets), metadata.root()).map(|file| file.path)
    }

    #[test]
    fn a_nested_template_is_found_in_three_ways() {
        let url = r#""Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, "/6d8c.json"]]}}"#;
        let asset = r#""Metadata": {"aws:asset:path": "asset.json", "aws:asset:property": "TemplateURL"}"#;
        let path = r#""Metadata": {"aws:cdk:path": "Dev/Mapping/Roles.NestedStack/Roles.NestedStackResource"}"#;
        assert_eq!(nested(&format!("{{{asset}, {url}}}")).as_deref(), Some("asset.json"));
        assert_eq!(nested(&format!("{{{path}, {url}}}")).as_deref(), Some("hash.nested.template.json"));
        assert_eq!(nested(&format!("{{{path}}}")).as_deref(), Some("path.nested.template.json"));
        assert_eq!(
            nested(r#"{"Properties": {"TemplateURL": "https://x/6d8c.template"}}"#).as_deref(),
            Some("hash.nested.template.json")
        );
        assert_eq!(nested(r#"{"Properties": {"TemplateURL": {"Ref": "Url"}}}"#), None);
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for path in ["A.template.json", "assembly-Dev", "a/b.json", "..a/b", "a..json"] {
            assert_eq!(local_path(path), Ok(()), "{path}");
        }
        for path in ["/etc/passwd", "\\\\host\\share", "C:\\x", "c:x"] {
            assert_eq!(local_path(path), Err(Refused::Absolute), "{path}");
        }
        for path in ["..", "../x", "a/../../x", "a\\..\\x"] {
            assert_eq!(local_path(path), Err(Refused::Outside), "{path}");
        }
        assert_eq!(local_path(""), Err(Refused::Empty));
    }
}
