//! The variables of the Serverless Framework in a text: `${self:custom.stage}`.
//!
//! Sources: Serverless Framework documentation, Variables (versions 1 to 4). What IAM or CloudFormation
//! write in the same way (`${aws:username}`, `${AWS::Region}`) is no variable of the framework.

use crate::syntax::{Kind, Node};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it stands.
    Literal(&'t str),
    /// What the framework replaces.
    Variable(Variable<'t>),
}

/// A variable of the framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable<'t> {
    /// As written, from `${` to `}`.
    pub text: &'t str,
}

/// Sources that are followed by `:`; `aws` has only some.
const SOURCES: [&str; 11] = ["self", "opt", "env", "ssm", "cf", "s3", "param", "sls", "git", "terraform", "vault"];
/// What `aws` has (Variables, AWS). All others of that name are keys of IAM policies.
const OF_AWS: [&str; 5] = ["accountId", "region", "ssm:", "s3:", "cf:"];
/// Sources that may be called like a function.
const CALLS: [&str; 5] = ["file", "ssm", "cf", "s3", "strToBool"];

impl<'t> Variable<'t> {
    fn inner(self) -> &'t str {
        self.text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).unwrap_or_default().trim()
    }

    /// The path below the root of the service that `${self:a.b}` names, where nothing else can be meant.
    pub fn self_path(self) -> Option<Vec<&'t str>> {
        let path = self.inner().strip_prefix("self:")?;
        let is_plain =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let parts: Vec<&str> = path.split('.').collect();
        // Options of the command line count more than what the file says of these two.
        let is_option = matches!(parts.as_slice(), ["provider", "stage" | "region"]);
        (!is_option && parts.iter().all(is_plain)).then_some(parts)
    }

    /// The path of the file, and the keys inside it, that `${file(path):a.b}` names.
    pub fn file(self) -> Option<(&'t str, Vec<&'t str>)> {
        let (path, rest) = self.inner().strip_prefix("file(")?.split_once(')')?;
        let keys = match rest.trim() {
            "" => Vec::new(),
            rest => rest.strip_prefix(':')?.trim().split('.').collect(),
        };
        let is_plain = |text: &&str| !text.contains(['$', '{', '}', ',', '(', ')']);
        (is_plain(&path) && keys.iter().all(is_plain)).then_some((path.trim(), keys))
    }

    /// The node of the service that `${self:a.b}` names; `root` is that of the service.
    pub fn self_node<'d>(self, root: Node<'d>) -> Option<Node<'d>> {
        let node = self.self_path()?.into_iter().try_fold(root, Node::get)?;
        (node.kind() != Kind::Missing).then_some(node)
    }

    /// Whether it stands for something in a file.
    pub(super) fn is_file(self) -> bool {
        self.inner().starts_with("file(")
    }

    /// Its text with the literals of the service in place of the variables in it, where all of them name one.
    pub(super) fn with_literals(self, root: Node<'_>) -> Option<String> {
        let mut text = String::from("${");
        for piece in pieces(self.inner()) {
            text.push_str(match piece {
                Piece::Literal(literal) => literal,
                Piece::Variable(variable) => literal(variable.self_node(root)?)?,
            });
        }
        text.push('}');
        Some(text)
    }

    /// The pseudo parameter that it is the same as.
    pub fn pseudo(self) -> Option<&'static str> {
        match self.inner() {
            "aws:accountId" => Some("AWS::AccountId"),
            "aws:region" => Some("AWS::Region"),
            _ => None,
        }
    }

    /// Whether it may be something else than a text: any part of a configuration.
    pub fn may_be_no_text(self) -> bool {
        ["self:", "file(", "file:", "param:", "terraform:"].iter().any(|source| self.inner().starts_with(source))
    }
}

/// A text in which nothing is replaced.
fn literal(node: Node<'_>) -> Option<&str> {
    node.text().filter(|text| node.tag().is_none() && !text.contains("${"))
}

/// The variable that a text is as a whole.
pub(super) fn whole(node: Node<'_>) -> Option<Variable<'_>> {
    let text = node.text().filter(|text| text.contains("${") && node.tag().is_none())?;
    match pieces(text.trim()).as_slice() {
        [Piece::Variable(variable)] => Some(*variable),
        _ => None,
    }
}

/// Whether a node is a variable as a whole that may be any part of a configuration.
pub fn is_open(node: Node<'_>) -> bool {
    whole(node).is_some_and(Variable::may_be_no_text)
}

/// The pieces of a text; one literal where the framework has nothing to replace.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        at = start + 2;
        let is_framework = |end: &usize| is_variable(&text[start + 2..start + end - 1]);
        let Some(end) = end_of(&text[start..]).filter(is_framework) else { continue };
        if from < start {
            pieces.push(Piece::Literal(&text[from..start]));
        }
        at = start + end;
        from = at;
        pieces.push(Piece::Variable(Variable { text: &text[start..at] }));
    }
    if from < text.len() || pieces.is_empty() {
        pieces.push(Piece::Literal(&text[from..]));
    }
    pieces
}

fn is_variable(inner: &str) -> bool {
    let inner = inner.trim_start();
    let word = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let (source, rest) = inner.split_at(word);
    match rest.as_bytes().first() {
        Some(b':') if source == "aws" => OF_AWS.iter().any(|name| rest[1..].trim_start().starts_with(name)),
        Some(b':') => (SOURCES.contains(&source) || source == "file") && !is_iam_key(source, rest[1..].trim_start()),
        Some(b'(') => CALLS.contains(&source),
        // `${cf.us-east-1:stack.output}`, `${ssm.us-east-1:/path}`.
        Some(b'.') => matches!(source, "cf" | "ssm") && rest.contains(':'),
        _ => false,
    }
}

/// Whether it is a condition key of S3 or Systems Manager (Service Authorization Reference), which IAM
/// policies write in the same way. The framework's objects of S3 are `bucket/key`.
fn is_iam_key(source: &str, name: &str) -> bool {
    let tags = ["ExistingObjectTag/", "RequestObjectTag/", "resourceTag/"];
    let is_tag = tags.iter().any(|tag| name.starts_with(tag));
    match source {
        "s3" => is_tag || !name.contains('/'),
        "ssm" => is_tag || ["Overwrite", "Recursive", "SourceInstanceARN"].contains(&name),
        _ => false,
    }
}

/// Longest variable that is looked for, in bytes.
const MOST: usize = 1024;

/// Where the variable that a text begins with ends; variables may stand in one another.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().take(MOST).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |piece| match piece {
            Piece::Literal(text) => text.to_owned(),
            Piece::Variable(variable) => format!("<{}>", variable.text),
        };
        pieces(text).into_iter().map(show).collect()
    }

    #[test]
    fn variables_of_the_framework_are_told_from_those_of_others() {
        assert_eq!(shown("a-${self:custom.x}-b"), ["a-", "<${self:custom.x}>", "-b"]);
        assert_eq!(shown("${opt:stage, 'dev'}${env:X}"), ["<${opt:stage, 'dev'}>", "<${env:X}>"]);
        assert_eq!(shown("${self:custom.${opt:stage}.id}"), ["<${self:custom.${opt:stage}.id}>"]);
        assert_eq!(shown("${file(./x.yml):a}"), ["<${file(./x.yml):a}>"]);
        assert_eq!(
            shown("${cf.eu-west-1:a.b}${ssm(eu-west-1):/a}"),
            ["<${cf.eu-west-1:a.b}>", "<${ssm(eu-west-1):/a}>"]
        );
        assert_eq!(shown("${aws:accountId}"), ["<${aws:accountId}>"]);
        for text in [
            "${aws:username}",
            "${cognito-identity.amazonaws.com:sub}",
            "${saml:sub}",
            "${AWS::Region}",
            "${Name}",
            "${self:open",
            "${aws:PrincipalTag/team}",
            "${s3:prefix}",
            "${ssm:resourceTag/team}",
            "",
        ] {
            assert_eq!(shown(text), [text]);
        }
        assert_eq!(shown("${${self:a}"), ["${", "<${self:a}>"]);
    }

    #[test]
    fn paths_are_read_where_nothing_else_can_be_meant() {
        let variable = |text| Variable { text };
        assert_eq!(variable("${self:custom.a-b}").self_path(), Some(vec!["custom", "a-b"]));
        for text in ["${self:provider.stage}", "${self:}", "${self:custom.${opt:a}}", "${self:a, 'b'}", "${opt:a}"] {
            assert_eq!(variable(text).self_path(), None, "{text}");
        }
        assert_eq!(variable("${file(./x.yml):a.b}").file(), Some(("./x.yml", vec!["a", "b"])));
        assert_eq!(variable("${file(x.json)}").file(), Some(("x.json", vec![])));
        assert_eq!(variable("${file(./${opt:stage}.yml)}").file(), None);
        assert_eq!(variable("${file(x.yml), 'y'}").file(), None);
    }
}
