//! From stacks and values to the graph.

mod attachment;
mod consumers;
mod custom;
mod early;
mod oidc;
mod permissions;
mod permitted;
mod pods;
mod pool;
mod sources;
mod tags;
mod user_pool;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::apart::apart;
use super::arn::RoleNames;
use super::graph::{
    Dialect, Entity, Graph, Group, HandOver, Handout, Membership, Missing, OutsideHandout, PoolId, Precedence, Role,
    RoleId, Strangers, Subject, Way,
};
use super::undecided::missing;
use crate::policy;
use crate::resolve::{Note, NoteKind, Resolver, StackId, StackSet};
use crate::source::Place;
use crate::syntax::Style;
use crate::template::{Call, Resource, own_macro};
use crate::value::{At, Branch, Case, Cases, Entry, Format, Kind, SymbolFacts, Symbols, Text, Truth, Value};
use consumers::Meant;
use permissions::Permits;

/// Builds the graph of a stack set.
pub fn build(set: &StackSet<'_>) -> Graph {
    let mut resolver = Resolver::new(set);
    let strangers = strangers(&mut resolver.symbols);
    let graph = Graph {
        roles: Vec::new(),
        pools: Vec::new(),
        user_pools: Vec::new(),
        clients: Vec::new(),
        external_providers: Vec::new(),
        oidc_providers: Vec::new(),
        policies: Vec::new(),
        aws_policies: Vec::new(),
        groups: Vec::new(),
        memberships: Vec::new(),
        attachments: Vec::new(),
        mappings: Vec::new(),
        handouts: Vec::new(),
        outside_handouts: Vec::new(),
        hand_overs: Vec::new(),
        tag_maps: Vec::new(),
        pod_identities: Vec::new(),
        consumers: Vec::new(),
        trust_anchors: Vec::new(),
        anchor_profiles: Vec::new(),
        buckets: Vec::new(),
        guarded_kinds: HashSet::new(),
        signers: Vec::new(),
        named_early: Vec::new(),
        symbols: Symbols::default(),
        worlds: Default::default(),
        strangers,
        role_names: RoleNames::default(),
        touched: HashSet::new(),
        without_permissions: HashSet::new(),
        pool_ids: HashMap::new(),
        user_pool_ids: HashMap::new(),
        handout_ids: HashMap::new(),
        macros: HashMap::new(),
        unknown_parts: HashMap::new(),
        notes: Vec::new(),
    };
    let (handed_out, roles_at, functions) = (HashSet::new(), HashSet::new(), HashMap::new());
    let mut builder = Builder { resolver, graph, handed_out, roles_at, functions, permits: Default::default() };
    builder.macros();
    // Attachments speak of roles and pools, group roles of mappings.
    builder.each(Builder::entities);
    builder.name_providers();
    builder.each(Builder::function);
    builder.each(Builder::links);
    builder.custom_resources();
    builder.named_early();
    builder.roles_without_permissions();
    builder.attach_managed();
    builder.hand_out_group_roles();
    if builder.graph.handouts.len() >= MOST_HANDOUTS {
        let message = format!("more than {MOST_HANDOUTS} roles are handed out; the rest is not followed");
        builder.graph.notes.push(Note::new(NoteKind::Bound, message, None));
    }
    let Builder { resolver, graph, .. } = builder;
    let notes = resolver.notes.into_iter().chain(graph.notes.clone()).collect();
    Graph { symbols: resolver.symbols, worlds: resolver.worlds, notes, ..graph }
}

/// A provider of which nothing is known but that it is one of IAM's.
const PROVIDER_ARN: &str = "arn:aws:iam::111122223333:saml-provider/idp-0";

fn strangers(symbols: &mut Symbols) -> Strangers {
    let mut add = |name: &str, format: Format, fresh: bool| {
        symbols.add(SymbolFacts { name: name.into(), format, unique: fresh, fresh })
    };
    let guid = "00000000-0000-4000-8000-000000000bad";
    Strangers {
        pool: add("another pool", Format::new("{aA9_-}:{f-}", &format!("us-east-1:{guid}")), true),
        region: add("a Region", Format::new("{aA9_-}", "us-east-1"), true),
        guid: add("another pool's number", Format::new("{f-}", guid), true),
        identity: add(
            "an identity of another pool",
            Format::new("{aA9_-}:{f-}", "us-east-1:00000000-0000-4000-8000-0000000e11e5"),
            true,
        ),
        identity_number: add("an identity's number", Format::new("{f-}", "00000000-0000-4000-8000-0000000e11e5"), true),
        further: add("more of the provider", Format::any(), false),
        providers: [
            add("a sign-in provider", Format::new("{aA9_-}.{aA9_./-}", "login.example.com"), false),
            add("an identity provider", Format::new("arn:{a-}:iam::{9}:{a-}-provider/{aA9_.:/-}", PROVIDER_ARN), false),
        ],
        own_identity: add(
            "an identity",
            Format::new("{aA9_-}:{f-}", "us-east-1:00000000-0000-4000-8000-00000000aaaa"),
            false,
        ),
    }
}

struct Builder<'s, 'd> {
    resolver: Resolver<'s, 'd>,
    graph: Graph,
    /// What is handed out already: the same in two ways is said once.
    handed_out: HashSet<(RoleId, Text, Way, Option<Text>, Branch)>,
    /// Where a stack names a role of the run.
    roles_at: HashSet<(StackId, Place)>,
    /// The roles of functions, by the functions' ARNs.
    functions: HashMap<Text, Vec<Meant>>,
    /// What joins permission policies and roles.
    permits: Permits<'d>,
}

/// A role that something in a stack makes a pool hand out; the fields are those of [`Handout`].
struct Link<'l> {
    /// The resource that names the role.
    entity: &'l Entity,
    pool: Text,
    /// The role's ARN.
    role: Text,
    way: Way,
    provider: Option<Text>,
    when: Branch,
    steps: Vec<(Place, String)>,
}

/// Roles handed out in one stack set that are followed.
const MOST_HANDOUTS: usize = 50_000;

/// The properties that were asked for, in one branch.
struct Properties {
    when: Branch,
    map: Value,
}

impl Properties {
    fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_nothing())
    }

    fn text(&self, name: &str) -> Option<Text> {
        self.get(name)?.text()
    }
}

impl<'s, 'd> Builder<'s, 'd> {
    fn each(&mut self, visit: fn(&mut Self, StackId, &Resource<'d>)) {
        let set: &'s StackSet<'d> = self.resolver.set();
        for stack in set.ids() {
            for resource in &set.stack(stack).template.resources {
                visit(self, stack, resource);
            }
        }
    }

    /// Records which templates a macro may change, and says so.
    fn macros(&mut self) {
        let set: &'s StackSet<'d> = self.resolver.set();
        for stack in set.ids().map(|stack| set.stack(stack)) {
            if let Some(part) = stack.template.unknown_part {
                self.graph.unknown_parts.insert(stack.info.key.clone(), part.to_owned());
            }
            let doc = stack.template.doc;
            if let Some(call) = doc.root().and_then(|root| Call::of(root.get("Resources")?)) {
                let message = format!("the resources of this template are not known: {} is not evaluated", call.told());
                let place = Some(call.argument.tagged_place());
                self.graph.notes.push(Note::new(NoteKind::Undecided, message, place));
            }
            let Some((name, node)) = own_macro(doc) else { continue };
            let is_new = !self.graph.macros.contains_key(&doc.file());
            self.graph.macros.extend(doc.files().map(|(file, _)| (file, name.to_owned())));
            if is_new {
                let message = format!("the macro {name} may change all that this template says");
                self.graph.notes.push(Note::new(NoteKind::Undecided, message, Some(node.place())));
            }
        }
    }

    fn entities(&mut self, stack: StackId, resource: &Resource<'d>) {
        match resource.kind {
            "AWS::IAM::Role" => self.role(stack, resource),
            "AWS::Cognito::UserPoolClient" => self.client(stack, resource),
            "AWS::Cognito::IdentityPool" => self.identity_pool(stack, resource),
            "AWS::Cognito::UserPool" => self.user_pool(stack, resource),
            "AWS::IAM::OIDCProvider" | "Custom::AWSCDKOpenIdConnectProvider" => self.oidc_provider(stack, resource),
            "AWS::IAM::SAMLProvider" => self.signer(stack, resource, "Ref"),
            "AWS::EKS::Cluster" => self.signer(stack, resource, "OpenIdConnectIssuerUrl"),
            "AWS::Cognito::UserPoolIdentityProvider" => self.external_provider(stack, resource),
            _ => {}
        }
    }

    fn links(&mut self, stack: StackId, resource: &Resource<'d>) {
        self.consumer(stack, resource);
        self.source(stack, resource);
        match resource.kind {
            "AWS::IAM::Role" => self.permissions_of_role(stack, resource),
            "AWS::IAM::User" | "AWS::IAM::Group" => self.permissions_of_users(stack, resource),
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" => self.policy(stack, resource),
            "AWS::Cognito::IdentityPoolRoleAttachment" => self.attachment(stack, resource),
            "AWS::Cognito::IdentityPoolPrincipalTag" => self.tag_map(stack, resource),
            "AWS::EKS::PodIdentityAssociation" => self.pod_identity(stack, resource),
            "AWS::Cognito::UserPoolGroup" => self.group(stack, resource),
            "AWS::Cognito::UserPoolUserToGroupAttachment" => self.membership(stack, resource),
            _ => {}
        }
    }

    fn entity(&mut self, stack: StackId, resource: &Resource<'d>) -> Entity {
        let info = &self.resolver.set().stack(stack).info;
        let subject = Subject {
            stack_key: info.key.clone(),
            stack: info.name.clone(),
            logical_id: Some(resource.id.to_owned()),
            property: None,
            construct_path: resource.metadata("aws:cdk:path").map(str::to_owned),
        };
        let dialect = match resource.key.style() {
            _ if subject.construct_path.is_some() || info.assembly.is_some() => Dialect::Cdk,
            Some(Style::JsonString) => Dialect::Json,
            _ => Dialect::Yaml,
        };
        Entity { stack, dialect, subject, place: resource.key.place(), exists: self.resolver.exists(stack, resource) }
    }

    /// Some properties of a resource in each branch, its existence included.
    /// Where they have more branches than are followed, a note says so.
    fn properties(&mut self, stack: StackId, resource: &Resource<'d>, names: &[&str]) -> Vec<Properties> {
        let at = At { place: resource.key.place(), node: None };
        let mut entries = Vec::new();
        for name in names {
            if let Some(value) = self.resolver.property(stack, resource, name) {
                entries.push(Entry { key: Text::known(*name), key_at: at, value });
            }
        }
        let exists = self.resolver.exists(stack, resource);
        let cases = self.resolver.worlds.cases_when(&Value::new(Kind::Map(entries.into()), at), &exists);
        if !cases.complete {
            self.note_bound(resource);
        }
        cases.cases.into_iter().map(|case| Properties { when: case.when, map: case.then }).collect()
    }

    fn note_bound(&mut self, resource: &Resource<'d>) {
        let message = format!("not every combination of conditions is followed for {}", resource.id);
        self.graph.notes.push(Note::new(NoteKind::Bound, message, Some(resource.key.place())));
    }

    fn attribute(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str) -> Value {
        let at = At { place: resource.key.place(), node: None };
        let kind = self.resolver.attribute(stack, resource.id, attribute, at);
        Value::new(kind, at)
    }

    fn role(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let arn = self.attribute(stack, resource, "Arn");
        let arns = self.resolver.worlds.cases_when(&arn, &entity.exists).cases;
        let arns: Vec<Case<Text>> =
            arns.into_iter().filter_map(|case| Some(Case { then: case.then.text()?, when: case.when })).collect();
        let id = RoleId(self.graph.roles.len());
        for case in &arns {
            self.graph.role_names.add(id, stack, case);
        }
        let (trust, missing) = self.trust(stack, resource, &entity);
        let tags = self.role_tags(stack, resource);
        let (bounded, permitted_elsewhere) = (resource.property("PermissionsBoundary").is_some(), false);
        self.graph.roles.push(Role { entity, arns, trust, missing, tags, bounded, permitted_elsewhere });
        self.name_role(stack, resource, id);
    }

    /// The trust policy in each branch, and what is missing in it.
    fn trust(
        &mut self,
        stack: StackId,
        resource: &Resource<'d>,
        entity: &Entity,
    ) -> (Cases<policy::Policy>, Vec<Missing>) {
        let Some(document) = self.resolver.document(stack, resource, "AssumeRolePolicyDocument") else {
            return (Cases { cases: Vec::new(), complete: true }, Vec::new());
        };
        let policies = self.policies(&document, &entity.exists);
        if !policies.complete {
            self.note_bound(resource);
        }
        let missing = missing(&document, &self.resolver.symbols, &self.resolver.worlds);
        (policies, missing)
    }

    /// What a document says in each branch.
    fn policies(&self, document: &Value, when: &Branch) -> Cases<policy::Policy> {
        let worlds = &self.resolver.worlds;
        let wholes = self.choices(document, when);
        let apart: Vec<_> = wholes.iter().map(|whole| apart(&whole.then, &whole.when, worlds)).collect();
        if apart.iter().all(Option::is_none) {
            let cases = worlds.cases_when(document, when);
            let read = |case: Case<Value>| Case { then: policy::read(&case.then), when: case.when };
            return Cases { cases: cases.cases.into_iter().map(read).collect(), complete: cases.complete };
        }
        let mut all = Cases { cases: Vec::new(), complete: false };
        for (whole, apart) in wholes.iter().zip(apart) {
            match apart {
                Some(policies) => all.cases.extend(policies),
                None => all.cases.extend(self.policies(&whole.then, &whole.when).cases),
            }
        }
        all
    }

    /// Records what is missing in the properties by which a resource says which roles somebody gets.
    fn hand_over(&mut self, stack: StackId, resource: &Resource<'d>, entity: &Entity, names: &[&str]) {
        let values = names.iter().filter_map(|name| self.resolver.property(stack, resource, name));
        let values: Vec<Value> = values.collect();
        let all = values.iter().flat_map(|value| missing(value, &self.resolver.symbols, &self.resolver.worlds));
        // A role of the run is known, whatever its name will be.
        let is_role = |missing: &Missing| self.roles_at.contains(&(stack, missing.place));
        let missing = all.filter(|missing| !is_role(missing)).collect();
        self.graph.hand_overs.push(HandOver { entity: entity.clone(), missing });
    }

    /// A value in each branch, where it is a choice itself; what is inside of it stays as it is, so that
    /// choices in one member do not multiply the others.
    fn choices(&self, value: &Value, when: &Branch) -> Vec<Case<Value>> {
        match value.kind {
            Kind::OneOf(_) => self.resolver.worlds.cases_when(value, when).cases,
            _ => vec![Case { when: when.clone(), then: value.clone() }],
        }
    }

    fn group(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let Some(name) = self.attribute(stack, resource, "Ref").text() else { return };
        let precedence_place = resource.properties.and_then(|node| node.entry("Precedence"));
        let precedence_place = precedence_place.map_or(entity.place, |(key, value)| Place {
            span: key.span().to(value.tagged_place().span),
            ..key.place()
        });
        for properties in self.properties(stack, resource, &["UserPoolId", "Precedence", "RoleArn"]) {
            let Some(user_pool) = properties.text("UserPoolId") else { continue };
            let role = properties.get("RoleArn").and_then(|value| Some((value.text()?, value.at.place)));
            if let Some((arn, place)) = &role {
                self.note_role(stack, arn, *place);
            }
            self.graph.groups.push(Group {
                entity: entity.clone(),
                user_pool,
                name: name.clone(),
                precedence: precedence(properties.get("Precedence")),
                precedence_place,
                role,
                when: properties.when,
            });
        }
        if resource.property("RoleArn").is_some() {
            self.hand_over(stack, resource, &entity, &["UserPoolId", "Precedence", "RoleArn"]);
        }
    }

    /// Records that a role of the run stands at a place, if it does.
    fn note_role(&mut self, stack: StackId, arn: &Text, place: Place) {
        if !self.graph.role_names.meant(stack, arn, &self.resolver.symbols).is_empty() {
            self.roles_at.insert((stack, place));
        }
    }

    fn membership(&mut self, stack: StackId, resource: &Resource<'d>) {
        for properties in self.properties(stack, resource, &["UserPoolId", "Username", "GroupName"]) {
            let texts = ["UserPoolId", "Username", "GroupName"].map(|name| properties.text(name));
            let [Some(user_pool), Some(user), Some(group)] = texts else { continue };
            let (place, when) = (resource.key.place(), properties.when);
            self.graph.memberships.push(Membership { user_pool, user, group, place, when });
        }
    }

    fn together(&self, a: &Branch, b: &Branch) -> Option<Branch> {
        a.and(b).filter(|both| !self.resolver.worlds.consistent(both).is_false())
    }

    /// Records that a pool hands out the roles that an ARN means, with the path from the pool.
    fn hand_out(&mut self, link: Link<'_>) {
        let pool_id = self.graph.pool(&link.pool).map(|(id, _)| id);
        let pool = pool_id.map(|PoolId(at)| self.graph.pools[at].entity.place);
        let mut steps: Vec<_> =
            pool.map(|place| (place, "the pool that hands it out".to_owned())).into_iter().collect();
        steps.extend(link.steps);
        let steps: Arc<[(Place, String)]> = steps.into();
        let roles = self.graph.role_names.meant(link.entity.stack, &link.role, &self.resolver.symbols);
        if roles.is_empty() && self.graph.outside_handouts.len() < MOST_HANDOUTS {
            let (pool, arn, way, when) = (link.pool.clone(), link.role.clone(), link.way, link.when.clone());
            let (entity, steps) = (link.entity.clone(), steps.clone());
            self.graph.outside_handouts.push(OutsideHandout { entity, pool, pool_id, arn, way, when, steps });
        }
        for (role, exists) in roles {
            let Some(when) = self.together(&link.when, &exists) else { continue };
            let key = (role, link.pool.clone(), link.way, link.provider.clone(), when.clone());
            if self.graph.handouts.len() >= MOST_HANDOUTS || !self.handed_out.insert(key) {
                continue;
            }
            let (pool, provider, steps) = (link.pool.clone(), link.provider.clone(), steps.clone());
            self.graph.handout_ids.entry(role).or_default().push(self.graph.handouts.len());
            let (arn, way) = (link.role.clone(), link.way);
            self.graph.handouts.push(Handout { role, pool, pool_id, arn, way, provider, when, steps });
        }
    }
}

fn precedence(value: Option<&Value>) -> Precedence {
    match value {
        None => Precedence::Unset,
        Some(value) => {
            let text = value.text();
            let number = text.as_ref().and_then(|text| text.as_known()?.parse().ok()).map(Precedence::Number);
            let same = || text.as_ref().and_then(Text::as_symbol).map(Precedence::Same);
            number.or_else(same).unwrap_or(Precedence::Unknown)
        }
    }
}
