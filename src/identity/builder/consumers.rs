//! Properties by which resources give roles to services.

use super::attachment::mentions;
use super::{Builder, Properties};
use crate::identity::arn::{arn_part, cut};
use crate::identity::consumer::{Consumer, ExternalId, Use, uses};
use crate::identity::graph::{Entity, RoleId};
use crate::resolve::StackId;
use crate::template::{Call, Resource, made_role};
use crate::value::{At, Branch, Kind, Text, Value};

impl<'d> Builder<'_, 'd> {
    /// Records which roles of the run a resource gives to services.
    pub(super) fn consumer(&mut self, stack: StackId, resource: &Resource<'d>) {
        let uses: Vec<Use> = uses(resource.kind).collect();
        let wanted = uses.iter().flat_map(|of| of.properties()).filter(|name| resource.property(name).is_some());
        let mut names: Vec<&str> = wanted.collect();
        names.dedup();
        if names.is_empty() {
            return;
        }
        let entity = self.entity(stack, resource);
        let in_use = resource.kind != "AWS::IAM::InstanceProfile" || self.may_be_used(stack, resource);
        for properties in self.properties(stack, resource, &names) {
            for of in &uses {
                let external = external_id(&properties, *of);
                for (path, value) in values(&properties.map, of.path) {
                    let Some(text) = value.text() else { continue };
                    for Meant { role, exists, function, is_made } in self.roles_by(stack, &text) {
                        let Some(when) = self.together(&properties.when, &exists) else { continue };
                        self.graph.consumers.push(Consumer {
                            entity: entity.clone(),
                            kind: resource.kind.to_owned(),
                            when,
                            property: path.clone(),
                            place: value.at.place,
                            services: of.services(),
                            external: external.clone(),
                            role,
                            function,
                            is_made,
                            in_use,
                        });
                    }
                }
            }
        }
    }

    /// Whether something in its template may use a profile: it names its logical id, or the name that it is given.
    fn may_be_used(&self, stack: StackId, profile: &Resource<'d>) -> bool {
        let document = self.resolver.set().stack(stack).template.doc;
        let name = profile.property("InstanceProfileName");
        let given = name.and_then(|name| if Call::of(name).is_none() { name.text() } else { None });
        let is_given = || document.nodes().filter(|node| given.is_some() && node.text() == given).nth(1).is_some();
        let is_few = self.graph.consumers.len() < MOST_SEARCHED;
        !is_few || document.nodes().any(|node| mentions(node, profile.id)) || is_given()
    }

    /// Records which roles of the run a function has.
    pub(super) fn function(&mut self, stack: StackId, resource: &Resource<'d>) {
        if !["AWS::Lambda::Function", "AWS::Serverless::Function"].contains(&resource.kind) {
            return;
        }
        let Some(arn) = self.attribute(stack, resource, "Arn").text() else { return };
        let entity = self.entity(stack, resource);
        let is_shaped = resource.property(OWN_TRUST).is_some();
        for properties in self.properties(stack, resource, &["Role"]) {
            let is_given = properties.get("Role").is_some();
            let role = if is_given { properties.text("Role") } else { self.made_role(stack, resource) };
            let is_made = !is_given && !is_shaped;
            for (role, exists) in role.map_or(Vec::new(), |role| self.roles_of(stack, &role)) {
                let Some(exists) = self.together(&properties.when, &exists) else { continue };
                if !is_given {
                    self.runs_as_made(resource, &entity, role, &exists);
                }
                let meant = Meant { role, exists, function: Some(entity.clone()), is_made };
                self.functions.entry(arn.clone()).or_default().push(meant);
            }
        }
    }

    /// Records that Lambda has to become the role that SAM makes for a function, where the function says who may.
    fn runs_as_made(&mut self, function: &Resource<'d>, entity: &Entity, role: RoleId, when: &Branch) {
        let Some((key, _)) = function.properties.and_then(|properties| properties.entry(OWN_TRUST)) else { return };
        let Some(of) = uses(function.kind).find(|of| of.path == "Role") else { return };
        self.graph.consumers.push(Consumer {
            entity: entity.clone(),
            kind: function.kind.to_owned(),
            when: when.clone(),
            property: OWN_TRUST.to_owned(),
            place: key.place(),
            services: of.services(),
            external: ExternalId::None,
            role,
            function: None,
            is_made: true,
            in_use: true,
        });
    }

    /// The ARN of the role that SAM makes for a function.
    fn made_role(&mut self, stack: StackId, function: &Resource<'d>) -> Option<Text> {
        let id = made_role(function)?;
        let at = At { place: function.key.place(), node: None };
        Value::new(self.resolver.attribute(stack, &id, "Arn", at), at).text()
    }

    /// The roles of the run that a text means, by the ARN of a version of a function that has them, too.
    fn roles_by(&self, stack: StackId, text: &Text) -> Vec<Meant> {
        let of_function = function_of(text).and_then(|arn| self.functions.get(&arn));
        let plain = || {
            let roles = self.roles_of(stack, text).into_iter();
            roles.map(|(role, exists)| Meant { role, exists, function: None, is_made: false }).collect()
        };
        of_function.map_or_else(plain, Clone::clone)
    }

    /// The roles of the run that a text means, by their ARN or by their name.
    fn roles_of(&self, stack: StackId, text: &Text) -> Vec<(RoleId, Branch)> {
        let by_arn = self.graph.role_names.meant(stack, text, &self.resolver.symbols);
        if !by_arn.is_empty() {
            return by_arn;
        }
        let by_name = self.role_of_name(stack, text);
        by_name.map(|role| (role, self.graph.role(role).entity.exists.clone())).into_iter().collect()
    }
}

/// A role that a property means.
#[derive(Clone)]
pub(super) struct Meant {
    role: RoleId,
    exists: Branch,
    /// The function that has it.
    function: Option<Entity>,
    /// Whether SAM makes it for that function, which says nothing of whom it trusts.
    is_made: bool,
}

/// The ARN of the function of which a text names a version: `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME:VERSION`.
fn function_of(text: &Text) -> Option<Text> {
    (arn_part(text, 2) == Text::known("lambda")).then_some(())?;
    let resource = arn_part(text, 5).pieces()?;
    let (kind, named) = cut(&resource, ':')?;
    let (name, _) = cut(&named, ':')?;
    let front = [0, 1, 2, 3, 4].map(|at| Text::join([&arn_part(text, at), &Text::known(":")]));
    let back = [Text::from_pieces(kind), Text::known(":"), Text::from_pieces(name)];
    Some(Text::join(front.iter().chain(&back)))
}

/// The property by which a function says who may become the role that SAM makes for it.
const OWN_TRUST: &str = "AssumeRolePolicyDocument";

/// Uses of roles in one set up to which templates are searched for those who use a profile.
const MOST_SEARCHED: usize = 256;

/// What the resource sends as the external id.
fn external_id(properties: &Properties, of: Use) -> ExternalId {
    let Some(path) = of.external_path() else {
        return if of.external == "no" { ExternalId::None } else { ExternalId::Unknown };
    };
    match values(&properties.map, path).pop() {
        None => ExternalId::None,
        Some((_, value)) => match value.text() {
            Some(Text::Any(_)) | None => ExternalId::Unknown,
            Some(text) => ExternalId::Sent(text),
        },
    }
}

/// The values at a path, each with the path on which it stands.
fn values<'v>(map: &'v Value, path: &str) -> Vec<(String, &'v Value)> {
    let mut open = vec![(String::new(), map)];
    for step in path.split('.') {
        let (name, each) = Each::of(step);
        let below = open.into_iter().filter_map(|(path, value)| {
            let joined = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            Some((joined, value.get(name)?))
        });
        open = match each {
            Each::Value => below.collect(),
            Each::Member => below.flat_map(members).collect(),
            Each::Entry(kind) => below.flat_map(|one| entries(one, kind)).collect(),
        };
    }
    open.retain(|(_, value)| !value.is_nothing());
    open
}

/// What a step of a path leads to.
#[derive(Clone, Copy)]
enum Each<'p> {
    /// The value: `Name`.
    Value,
    /// Each member of a list: `Name[]`.
    Member,
    /// Each value of a map, whatever its key: `Name{}`, or those of one `Type`: `Name{ScheduleV2}`.
    Entry(Option<&'p str>),
}

impl<'p> Each<'p> {
    fn of(step: &'p str) -> (&'p str, Self) {
        if let Some(name) = step.strip_suffix("[]") {
            return (name, Self::Member);
        }
        match step.strip_suffix('}').and_then(|step| step.split_once('{')) {
            Some((name, kind)) => (name, Self::Entry(Some(kind).filter(|kind| !kind.is_empty()))),
            None => (step, Self::Value),
        }
    }
}

/// The values of a map, where they have this `Type`.
fn entries<'v>((path, value): (String, &'v Value), kind: Option<&str>) -> Vec<(String, &'v Value)> {
    let is_of = |value: &Value| {
        let own = value.get("Type").and_then(Value::text);
        kind.is_none_or(|kind| own.is_some_and(|own| own.as_known() == Some(kind)))
    };
    let entries = value.entries().iter().filter(|entry| is_of(&entry.value));
    entries.map(|entry| (format!("{path}.{}", entry.key.as_known().unwrap_or("*")), &entry.value)).collect()
}

/// The members of a list; CloudFormation takes one that is none for a list of one.
fn members((path, value): (String, &Value)) -> Vec<(String, &Value)> {
    match value.kind {
        Kind::List(_) => value.items().iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect(),
        _ => vec![(path, value)],
    }
}
