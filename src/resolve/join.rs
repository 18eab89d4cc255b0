//! Which stacks share a set because one refers to what exactly one other defines: an export, the output of
//! a stack by its name, a role by its name or ARN.

use std::collections::{HashMap, HashSet};

use super::{Note, Resolver, Stack, StackId, StackInfo, StackSet};
use crate::source::Place;
use crate::syntax::{Node, Scalar};
use crate::template::{Call, Function, Resource};
use crate::value::{At, Text};

/// What the references of a run come to.
#[derive(Debug, Default)]
pub(super) struct Joins {
    /// Stacks that share a set, by their places.
    pub(super) pairs: Vec<(usize, usize)>,
    /// What is to be said of a stack's references.
    pub(super) notes: Vec<(usize, Note)>,
    /// Names that several stacks define, by the stack that asks: what is asked for, and what to say of it.
    pub(super) rivals: Vec<(usize, String, [String; 2])>,
}

/// A name that one stack gives and others use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Export(String),
    /// The name of a stack and of an output.
    Output(String, String),
    /// A role by its path and name, without the first `/`.
    Role(String),
    /// A role by its name alone.
    RoleNamed(String),
}

impl Name {
    /// As notes call it; the resolver calls exports and outputs the same.
    fn shown(&self) -> String {
        match self {
            Self::Export(name) => export(name),
            Self::Output(stack, output) => stack_output(stack, output),
            Self::Role(name) | Self::RoleNamed(name) => format!("the role {name}"),
        }
    }

    fn is_role(&self) -> bool {
        matches!(self, Self::Role(_) | Self::RoleNamed(_))
    }
}

/// What notes call an export.
pub(super) fn export(name: &str) -> String {
    format!("the export {name}")
}

/// What notes call an output of a stack.
pub(super) fn stack_output(stack: &str, output: &str) -> String {
    format!("the output {output} of stack {stack}")
}

/// Where something is, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Home {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

impl Home {
    pub(super) fn of(info: &StackInfo) -> Self {
        Self { account: info.account.clone(), region: info.region.clone() }
    }

    /// Whether nothing speaks against both being one place.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let may = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        may(&self.account, &other.account) && may(&self.region, &other.region)
    }
}

#[derive(Debug)]
struct Reference {
    name: Name,
    by: usize,
    home: Home,
    place: Place,
}

/// A stack that defines a name; of those that say the same only the first.
#[derive(Clone, Debug)]
struct Definition {
    stack: usize,
    /// Its group, as far as stacks are joined already.
    group: usize,
    home: Home,
}

#[derive(Debug, Default)]
struct Index {
    definitions: HashMap<Name, Vec<Definition>>,
    /// Groups and the names that they define.
    own: HashSet<(Name, usize)>,
    references: Vec<Reference>,
}

/// Joins stacks that are not in one group yet; `group_of` says which are.
pub(super) fn joins(stacks: &[Stack<'_>], group_of: &[usize]) -> Joins {
    let mut index = Index::default();
    for (at, stack) in stacks.iter().enumerate() {
        // What goes to other accounts is not what others refer to, and refers to nothing here.
        if !is_apart(stacks, at) {
            index.add(stacks, at, stack, group_of[at]);
        }
    }
    index.joins(stacks, group_of)
}

fn is_apart(stacks: &[Stack<'_>], mut at: usize) -> bool {
    loop {
        if stacks[at].info.apart {
            return true;
        }
        match stacks[at].parent {
            Some((parent, _)) => at = parent.0 as usize,
            None => return false,
        }
    }
}

impl Index {
    fn add(&mut self, stacks: &[Stack<'_>], at: usize, stack: &Stack<'_>, group: usize) {
        let (mut made_exports, mut made_imports) = (Vec::new(), Vec::new());
        for (output, node) in &stack.template.outputs {
            if let Some(name) = &stack.info.name {
                self.define(stacks, Name::Output(name.clone(), (*output).to_owned()), at, group);
            }
            match export_name(*node).map(|name| plain(name).ok_or(name)) {
                Some(Ok(name)) => self.define(stacks, Name::Export(name.to_owned()), at, group),
                Some(Err(name)) => made_exports.push(name),
                None => {}
            }
        }
        let roles = stack.template.of_kind("AWS::IAM::Role").filter_map(role_name);
        for (path, name) in roles {
            self.define(stacks, Name::Role(format!("{path}{name}")), at, group);
            self.define(stacks, Name::RoleNamed(name.to_owned()), at, group);
        }
        for node in stack.template.doc.nodes() {
            match Call::of(node) {
                Some(call) if call.function == Function::ImportValue => match plain_import(call) {
                    Some(name) => self.refer(Name::Export(name.to_owned()), at, stack, node.place()),
                    None => made_imports.push(call),
                },
                Some(call) if call.function == Function::GetStackOutput => {
                    self.references.extend(output_reference(call, at, stack));
                }
                _ => self.references.extend(arn_reference(node, at, stack)),
            }
        }
        for node in stack.template.resources.iter().flat_map(named_roles) {
            if let Some(name) = plain(node) {
                self.refer(Name::RoleNamed(name.to_owned()), at, stack, node.place());
            }
        }
        // Evaluating reads all parameters and conditions first: only where a name needs it.
        if !made_exports.is_empty() || !made_imports.is_empty() {
            self.evaluate(stacks, at, group, made_exports, made_imports);
        }
    }

    /// The names of exports and imports that a function makes.
    fn evaluate<'d>(
        &mut self,
        stacks: &[Stack<'d>],
        at: usize,
        group: usize,
        exports: Vec<Node<'d>>,
        imports: Vec<Call<'d>>,
    ) {
        let stack = &stacks[at];
        let alone = StackSet::new(vec![Stack::new(stack.template, stack.info.clone())]);
        let mut resolver = Resolver::new(&alone);
        let known = |text: Text| text.as_known().map(str::to_owned);
        for node in exports {
            for name in resolver.texts_of(StackId(0), node).into_iter().filter_map(known) {
                self.define(stacks, Name::Export(name), at, group);
            }
        }
        for call in imports {
            let place = call.argument.place();
            let name = resolver.argument(StackId(0), call, At { place, node: None });
            let names = resolver.worlds.cases(&name).cases.into_iter().filter_map(|case| case.then.text());
            for name in names.filter_map(known) {
                self.refer(Name::Export(name), at, stack, place);
            }
        }
    }

    fn define(&mut self, stacks: &[Stack<'_>], name: Name, at: usize, group: usize) {
        let home = Home::of(&stacks[at].info);
        let known = self.definitions.entry(name.clone()).or_default();
        let template = stacks[at].template;
        // A template that is nested often defines the same again and again.
        let is_same = |last: &Definition| {
            last.group == group && last.home == home && std::ptr::eq(stacks[last.stack].template, template)
        };
        if !known.last().is_some_and(is_same) {
            known.push(Definition { stack: at, group, home });
        }
        self.own.insert((name, group));
    }

    fn refer(&mut self, name: Name, by: usize, stack: &Stack<'_>, place: Place) {
        self.references.push(Reference { name, by, home: Home::of(&stack.info), place });
    }

    fn joins(self, stacks: &[Stack<'_>], group_of: &[usize]) -> Joins {
        let mut joins = Joins::default();
        // The same question of one group is asked once.
        let mut asked = HashSet::new();
        for Reference { name, by, home, place } in self.references {
            let group = group_of[by];
            if self.own.contains(&(name.clone(), group)) || !asked.insert((name.clone(), group, home.clone())) {
                continue;
            }
            let known = self.definitions.get(&name).map(Vec::as_slice).unwrap_or_default();
            let mut near = known.iter().filter(|definition| definition.home.may_be(&home));
            let Some(first) = near.next() else { continue };
            let is_other =
                |other: &&Definition| !std::ptr::eq(stacks[other.stack].template, stacks[first.stack].template);
            match near.find(is_other) {
                None => joins.pairs.push((by, first.stack)),
                Some(second) => {
                    let both = [first, second].map(|definition| stacks[definition.stack].info.shown.clone());
                    if name.is_role() {
                        joins.notes.push((by, Note::of_rivals(&name.shown(), both, place)));
                    } else {
                        joins.rivals.push((by, name.shown(), both));
                    }
                }
            }
        }
        joins
    }
}

fn export_name(output: Node<'_>) -> Option<Node<'_>> {
    output.get("Export")?.get("Name")
}

/// The text that a node is written with, where no function makes it.
fn plain(node: Node<'_>) -> Option<&str> {
    match node.scalar()? {
        Scalar::Text(text) if Call::of(node).is_none() && !text.contains("{{resolve:") => Some(text),
        _ => None,
    }
}

fn plain_import<'d>(call: Call<'d>) -> Option<&'d str> {
    if !call.short {
        return plain(call.argument);
    }
    call.argument.text().filter(|text| !text.contains("{{resolve:"))
}

/// The stack and output that `Fn::GetStackOutput` names, and where that stack is: the asking one's account
/// and Region unless `RoleArn` and `Region` say otherwise.
fn output_reference(call: Call<'_>, by: usize, stack: &Stack<'_>) -> Option<Reference> {
    let name = |key: &str| call.argument.get(key).and_then(plain).map(str::to_owned);
    let name = Name::Output(name("StackName")?, name("OutputName")?);
    Some(Reference { name, by, home: asked_home(call, &stack.info), place: call.argument.place() })
}

/// Where the stack is that `Fn::GetStackOutput` asks.
pub(super) fn asked_home(call: Call<'_>, asking: &StackInfo) -> Home {
    let region = match call.argument.get("Region") {
        None => asking.region.clone(),
        Some(node) if super::parameter::ref_to(node) == Some("AWS::Region") => asking.region.clone(),
        Some(node) => plain(node).map(str::to_owned),
    };
    let account = match call.argument.get("RoleArn") {
        None => asking.account.clone(),
        Some(node) => plain(node).and_then(|arn| arn.split(':').nth(4)).filter(|id| is_account(id)).map(str::to_owned),
    };
    Home { account, region }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Path, without its first `/`, and name of a role that a template names itself.
fn role_name<'d>(resource: &Resource<'d>) -> Option<(&'d str, &'d str)> {
    let literal = |node: Node<'d>| match Call::of(node) {
        Some(call) if call.function == Function::Sub => call.argument.text(),
        Some(_) => None,
        None => node.text(),
    };
    let literal = |node: Node<'d>| literal(node).filter(|text| !text.contains("${") && !text.contains("{{resolve:"));
    let path = match resource.property("Path") {
        Some(node) => literal(node)?.strip_prefix('/')?,
        None => "",
    };
    Some((path, literal(resource.property("RoleName")?).filter(|name| !name.is_empty())?))
}

/// Where a resource names roles by their names.
fn named_roles<'d>(resource: &Resource<'d>) -> Vec<Node<'d>> {
    match resource.kind {
        "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::InstanceProfile" => {
            let roles = resource.property("Roles").into_iter().flat_map(Node::items);
            roles.chain(resource.property("RoleName")).collect()
        }
        _ => Vec::new(),
    }
}

/// The role that a text names by its ARN: in the account that the ARN or the stack has. A part of
/// `Fn::Join` that begins with `:role/` has its account before it.
fn arn_reference(node: Node<'_>, by: usize, stack: &Stack<'_>) -> Option<Reference> {
    let text = node.text()?;
    let (front, role) = text.split_once(":role/")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    if role.is_empty() || !role.chars().all(is_plain) {
        return None;
    }
    let account = match front.rsplit(':').next().unwrap_or_default() {
        id if is_account(id) => Some(id.to_owned()),
        _ if front.is_empty() || front.ends_with(":${AWS::AccountId}") => stack.info.account.clone(),
        // Somebody else's, or one that a parameter names.
        _ => return None,
    };
    // A role belongs to no Region.
    let home = Home { account, region: None };
    Some(Reference { name: Name::Role(role.to_owned()), by, home, place: node.place() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::{Document, parse_yaml};
    use crate::template::Template;

    fn info(name: &str, account: Option<&str>, region: Option<&str>) -> StackInfo {
        let owned = |text: &str| text.to_owned();
        StackInfo {
            key: owned(name),
            shown: owned(name),
            name: Some(owned(name)),
            account: account.map(owned),
            region: region.map(owned),
            ..StackInfo::default()
        }
    }

    /// How many sets these stacks make, and what is said of their references.
    fn sets(stacks: &[(&str, StackInfo)]) -> (usize, Vec<String>) {
        let parse = |(at, (text, _)): (usize, &(&str, StackInfo))| parse_yaml(FileId(at as u32), &(*text).into());
        let documents: Vec<Document> = stacks.iter().enumerate().map(parse).collect();
        let templates: Vec<Template<'_>> = documents.iter().map(|doc| Template::read(doc).unwrap()).collect();
        let stacks = templates.iter().zip(stacks).map(|(template, (_, info))| Stack::new(template, info.clone()));
        let sets = crate::resolve::group(stacks.collect());
        let notes = sets.iter().flat_map(|set| Resolver::new(set).notes).map(|note| note.message).collect();
        (sets.len(), notes)
    }

    const ROLE: &str = "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: app, Path: /a/}}}";

    #[test]
    fn outputs_are_asked_of_the_stack_that_is_meant() {
        let asked = "Resources: {R: {Type: 'AWS::S3::Bucket'}}\nOutputs: {P: {Value: !Ref R}}";
        let asking = |more: &str| {
            format!(
                "Resources: {{R: {{Type: T, Properties: {{A: !GetStackOutput {{StackName: Pools, OutputName: P{more}}}}}}}}}"
            )
        };
        let count = |more: &str, pools: StackInfo| {
            let text = asking(more);
            let here = info("Apps", Some("111122223333"), Some("eu-west-1"));
            sets(&[(asked, pools), (text.as_str(), here)]).0
        };
        let pools = |account, region| info("Pools", account, region);
        let (own, other) = (Some("111122223333"), Some("444455556666"));
        assert_eq!(count("", pools(own, Some("eu-west-1"))), 1);
        assert_eq!(count("", pools(None, None)), 1, "nothing speaks against it");
        assert_eq!(count("", pools(own, Some("us-east-1"))), 2);
        assert_eq!(count(", Region: us-east-1", pools(own, Some("us-east-1"))), 1);
        assert_eq!(count(", Region: !Ref 'AWS::Region'", pools(own, Some("us-east-1"))), 2);
        assert_eq!(count("", pools(other, Some("eu-west-1"))), 2);
        let role = ", RoleArn: 'arn:aws:iam::444455556666:role/reader'";
        assert_eq!(count(role, pools(other, Some("eu-west-1"))), 1);
        assert_eq!(count("", info("Other", own, Some("eu-west-1"))), 2);
    }

    #[test]
    fn roles_are_named_in_several_ways() {
        let known = info("Roles", Some("111122223333"), None);
        let own = info("Apps", Some("111122223333"), None);
        for (named, count) in [
            ("'arn:aws:iam::111122223333:role/a/app'", 1),
            ("!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a/app'", 1),
            ("!Join ['', ['arn:aws:iam::', !Ref 'AWS::AccountId', ':role/a/app']]", 1),
            ("'arn:aws:iam::444455556666:role/a/app'", 2),
            ("!Sub 'arn:aws:iam::${Partner}:role/a/app'", 2),
            ("'arn:aws:iam::111122223333:role/app'", 2),
            ("'arn:aws:iam::111122223333:role/a/app-*'", 2),
            ("!Sub 'arn:aws:iam::111122223333:role/a/app${Stage}'", 2),
        ] {
            let text = format!("Resources: {{F: {{Type: 'AWS::Lambda::Function', Properties: {{Role: {named}}}}}}}");
            assert_eq!(sets(&[(ROLE, known.clone()), (text.as_str(), own.clone())]).0, count, "{named}");
        }
        let policy = "Resources: {P: {Type: 'AWS::IAM::Policy', Properties: {Roles: [app]}}}";
        assert_eq!(sets(&[(ROLE, known.clone()), (policy, own)]).0, 1);
        assert_eq!(sets(&[(ROLE, known), (policy, info("Apps", Some("444455556666"), None))]).0, 2);
    }

    #[test]
    fn two_candidates_are_named_and_join_nothing() {
        let policy = "Resources: {P: {Type: 'AWS::IAM::Policy', Properties: {Roles: [app]}}}";
        let plain = |name: &str| info(name, None, None);
        let (count, notes) = sets(&[(ROLE, plain("one")), (ROLE, plain("two")), (policy, plain("three"))]);
        assert_eq!(
            (count, notes),
            (3, vec!["references to the role app are not followed: it is defined by one and by two".to_owned()])
        );
        // One of them lies elsewhere.
        let here = |name: &str, account| info(name, Some(account), None);
        let stacks = [
            (ROLE, here("one", "111122223333")),
            (ROLE, here("two", "444455556666")),
            (policy, here("three", "444455556666")),
        ];
        assert_eq!(sets(&stacks), (2, vec![]));
        // Who has one of that name means its own.
        let both =
            format!("{}, P: {{Type: 'AWS::IAM::Policy', Properties: {{Roles: [app]}}}}}}", &ROLE[..ROLE.len() - 1]);
        assert_eq!(sets(&[(ROLE, plain("one")), (both.as_str(), plain("two"))]), (2, vec![]));
    }
}
