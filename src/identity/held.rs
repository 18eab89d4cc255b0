//! What roles may do by the policies of the run: what they certainly may, and what they certainly may not.

use std::collections::HashMap;

use super::access;
use super::graph::{Graph, PermissionPolicy, RoleId};
use crate::policy::{
    Actions, Effect, Policy, PrincipalKind, Request, Resources, Statement, evaluate, statement_admits, variables,
};
use crate::source::Place;
use crate::value::{Branch, Piece, Text, Truth, Why};

/// Actions of which one who may call all of them on everything has every permission that there is, now or after a
/// call: those by which `iam:*` is as good as `*` (IAM User Guide, permissions to manage IAM).
const GIVING: [&str; 3] = ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"];

/// The permission policies of all roles.
#[derive(Debug)]
pub struct Held<'g> {
    graph: &'g Graph,
    /// The policies by the roles that have them.
    of_role: HashMap<RoleId, Vec<Attached<'g>>>,
    /// Each policy in each of its branches.
    documents: Vec<Vec<Document<'g>>>,
    /// Whether a policy may be one of any role, or have statements that are not seen.
    is_open: bool,
}

/// That a role has a policy.
#[derive(Debug)]
struct Attached<'g> {
    /// The policy, as a place in the list of documents.
    policy: usize,
    when: &'g Branch,
    /// Where the role names it, if it is one of AWS.
    named: Option<Place>,
}

/// A policy in one branch.
#[derive(Debug)]
struct Document<'g> {
    source: Source<'g>,
    policy: &'g Policy,
    /// The branch of a policy of the templates; AWS's own are always the same.
    when: Option<&'g Branch>,
    /// The policy as that of an identity, which names no principal.
    asked: Policy,
    /// The statements without their conditions, the resources unknown where a variable says which they are.
    bare: Vec<Statement>,
}

/// Where a document comes from.
#[derive(Clone, Copy, Debug)]
enum Source<'g> {
    Template(&'g PermissionPolicy),
    Aws(&'static str),
}

/// Where a role has a statement from.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'g> {
    /// A policy of the templates.
    Template(&'g PermissionPolicy),
    /// A managed policy of AWS, by its path and name, and where the role names it.
    Aws(&'static str, Place),
}

/// A statement that a role has, in one branch.
#[derive(Clone, Debug)]
pub struct Permission<'g> {
    /// Where the role has it from.
    pub holder: Holder<'g>,
    /// The statement.
    pub statement: &'g Statement,
    /// The branch.
    pub when: Branch,
}

impl<'g> Held<'g> {
    /// Sorts the policies of a graph by the roles that have them.
    pub fn of(graph: &'g Graph) -> Self {
        let mut of_role: HashMap<RoleId, Vec<_>> = HashMap::new();
        for (at, policy) in graph.policies.iter().enumerate() {
            for (role, when) in &policy.roles {
                of_role.entry(*role).or_default().push(Attached { policy: at, when, named: None });
            }
        }
        for (at, policy) in graph.aws_policies.iter().enumerate() {
            for (role, when, place) in &policy.roles {
                let policy = graph.policies.len() + at;
                of_role.entry(*role).or_default().push(Attached { policy, when, named: Some(*place) });
            }
        }
        let of_templates = graph.policies.iter().map(|holder| {
            let cases = holder.document.cases.iter();
            cases.map(|case| Document::new(Source::Template(holder), &case.then, Some(&case.when))).collect()
        });
        let of_aws = graph.aws_policies.iter();
        let of_aws = of_aws.map(|policy| vec![Document::new(Source::Aws(policy.name), &policy.document, None)]);
        // A policy for roles of which nothing is known may be one of any role.
        let is_open = graph.policies.iter().any(|policy| !policy.roles_complete || !policy.document.complete);
        Self { graph, of_role, documents: of_templates.chain(of_aws).collect(), is_open }
    }

    /// The documents that a role may have in a branch.
    fn documents(&self, role: RoleId, when: &Branch) -> Vec<(&Document<'g>, Branch, Holder<'g>)> {
        let own = self.of_role.get(&role).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for attached in own {
            let Some(held) = self.graph.together(when, attached.when) else { continue };
            for document in &self.documents[attached.policy] {
                let both = match document.when {
                    Some(when) => self.graph.together(&held, when),
                    None => Some(held.clone()),
                };
                let holder = document.source.holder(attached.named);
                found.extend(both.zip(holder).map(|(both, holder)| (document, both, holder)));
            }
        }
        found
    }

    /// The statements by which policies of the run allow a role something, in a branch.
    pub fn allowing(&self, role: RoleId, when: &Branch) -> Vec<Permission<'g>> {
        let mut found = Vec::new();
        for (document, when, holder) in self.documents(role, when) {
            let own = document.policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
            found.extend(own.map(|statement| Permission { holder, statement, when: when.clone() }));
        }
        found
    }

    /// Whether a role certainly may do something in some part of a branch: the statement that says so. Nothing where
    /// another policy, or a permissions boundary, may deny it.
    pub fn surely(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Option<Permission<'g>> {
        if self.graph.role(role).bounded {
            return None;
        }
        let asked = request(action, resource);
        let allowing = self.documents(role, when).into_iter().filter_map(|(document, when, holder)| {
            let decision = evaluate(&document.asked, &asked, &self.graph.symbols);
            let by = decision.allowed_by.first().filter(|_| decision.truth.is_true())?;
            let statement = document.policy.statements.iter().find(|statement| statement.index == *by)?;
            let is_denied = self.documents(role, &when).into_iter().any(|(other, ..)| other.denies(&asked, self.graph));
            (!is_denied).then_some(Permission { holder, statement, when })
        });
        // What holds whatever is chosen says more than what hangs on a condition.
        allowing.min_by_key(|permission| permission.when.iter().count())
    }

    /// Whether some of the resources that a permission is about are left to it for an action: no Deny without a
    /// condition takes them away whole. What a permissions boundary leaves of it is not looked at.
    pub fn leaves(&self, role: RoleId, own: &Permission<'_>, action: &str) -> bool {
        let Resources::Only(resources) = &own.statement.resources else { return true };
        let documents = self.documents(role, &own.when);
        resources.iter().any(|(resource, _)| {
            let asked = request(action, &example(resource));
            !documents.iter().any(|(document, ..)| document.takes_away(&asked, resource, self.graph))
        })
    }

    /// Whether a role certainly may give itself or others every permission there is, in some part of a branch: the
    /// statement that says so.
    pub fn administers(&self, role: RoleId, when: &Branch) -> Option<Permission<'g>> {
        let all = Text::Any(Why::Deployment("a resource".into()));
        let mut by = GIVING.iter();
        let first = self.surely(role, when, by.next()?, &all)?;
        // What the others add must hold in the same part.
        let in_part = |when: Branch, action: &&str| Some(self.surely(role, &when, action, &all)?.when);
        let when = by.try_fold(first.when.clone(), in_part)?;
        Some(Permission { when, ..first })
    }

    /// Whether a role may change something in a branch; where that hangs on a condition it is not known. Of one without any policy that is not
    /// known: nobody makes a role that may do nothing, so somebody else will give it one.
    pub fn changes(&self, role: RoleId, when: &Branch) -> Truth {
        let own = self.allowing(role, when);
        let of_one = |permission: &Permission<'_>| {
            if matches!(permission.holder, Holder::Aws(name, _) if access::only_lets_look(name)) {
                return Truth::False;
            }
            let may = match &permission.statement.actions {
                Actions::Only(list) => Truth::any(list.iter().map(|(action, _)| access::changes(action))),
                Actions::AllBut(_) => Truth::True,
                Actions::Unknown => Truth::Unknown,
            };
            let conditions = &permission.statement.conditions;
            let is_free = conditions.tests.is_empty() && !conditions.opaque;
            if may.is_true() && !is_free { Truth::Unknown } else { may }
        };
        let may = Truth::any(own.iter().map(of_one));
        let is_open =
            own.is_empty() || self.is_open || self.is_permitted_elsewhere(role) || self.has_unreadable(role, when);
        if may.is_false() && is_open { Truth::Unknown } else { may }
    }

    /// Whether a document of a role may allow more than is seen of it.
    fn has_unreadable(&self, role: RoleId, when: &Branch) -> bool {
        self.documents(role, when).iter().any(|(document, ..)| document.policy.opaque || document.policy.may_allow_more)
    }

    /// Whether a role may have policies that are not seen: a custom resource may add one.
    fn is_permitted_elsewhere(&self, role: RoleId) -> bool {
        let role = self.graph.role(role);
        role.permitted_elsewhere || self.graph.is_touched(&role.arn())
    }

    /// Whether a role may do something in a branch, whatever the conditions: False only where that is certain.
    pub fn may(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Truth {
        let graph = self.graph;
        if self.is_open || self.is_permitted_elsewhere(role) {
            return Truth::Unknown;
        }
        let asked = request(action, resource);
        Truth::any(self.documents(role, when).into_iter().map(|(document, ..)| document.may_allow(&asked, graph)))
    }
}

impl<'g> Source<'g> {
    fn holder(self, place: Option<Place>) -> Option<Holder<'g>> {
        match self {
            Self::Template(policy) => Some(Holder::Template(policy)),
            Self::Aws(name) => place.map(|place| Holder::Aws(name, place)),
        }
    }
}

impl Permission<'_> {
    /// Where to look: the actions of the statement, or where the role names the policy of AWS.
    pub fn place(&self) -> Place {
        match self.holder {
            Holder::Template(_) => self.statement.action_at.map_or(self.statement.at.place, |at| at.place),
            Holder::Aws(_, place) => place,
        }
    }
}

impl<'g> Document<'g> {
    fn new(source: Source<'g>, policy: &'g Policy, when: Option<&'g Branch>) -> Self {
        let asked = Policy { of_identity: true, ..policy.clone() };
        let bare = policy.statements.iter().map(|statement| {
            let mut bare = statement.clone();
            bare.conditions.tests.clear();
            bare.conditions.opaque = false;
            // What a variable stands for, only the request says.
            if !variables(&bare, policy).is_empty() {
                bare.resources = Resources::Unknown;
            }
            bare
        });
        Self { source, policy, when, bare: bare.collect(), asked }
    }

    /// Whether a statement other than a Deny speaks of a request.
    fn may_allow(&self, asked: &Request, graph: &Graph) -> Truth {
        if self.policy.opaque || self.policy.may_allow_more {
            return Truth::Unknown;
        }
        let allowing = self.bare.iter().filter(|statement| statement.effect != Effect::Deny);
        Truth::any(allowing.map(|bare| statement_admits(bare, &self.asked, asked, &graph.symbols)))
    }

    /// Whether a Deny certainly speaks of a request for all that a pattern of resources stands for, whatever it carries.
    fn takes_away(&self, asked: &Request, resources: &Text, graph: &Graph) -> bool {
        let whole = |statement: &Statement| match &statement.resources {
            Resources::Only(list) => list.iter().any(|(own, _)| own.as_known() == Some("*") || own == resources),
            _ => false,
        };
        let is_free = |own: &Statement| own.conditions.tests.is_empty() && !own.conditions.opaque;
        let all = self.policy.statements.iter().zip(&self.bare);
        all.filter(|(own, _)| own.effect == Effect::Deny && is_free(own) && whole(own))
            .any(|(_, bare)| statement_admits(bare, &self.asked, asked, &graph.symbols).is_true())
    }

    /// Whether a statement other than an Allow speaks of a request, or may.
    fn denies(&self, asked: &Request, graph: &Graph) -> bool {
        let mut denying = self.bare.iter().filter(|statement| statement.effect != Effect::Allow);
        let speaks = |bare: &Statement| !statement_admits(bare, &self.asked, asked, &graph.symbols).is_false();
        self.policy.opaque || denying.any(speaks)
    }
}

/// A resource that nobody names.
const SOME_RESOURCE: &str = "arn:aws:rolecall:::x";

/// One of the resources that a pattern stands for.
fn example(pattern: &Text) -> Text {
    let Some(pieces) = pattern.pieces().filter(|_| pattern.as_known() != Some("*")) else {
        return Text::known(SOME_RESOURCE);
    };
    Text::from_pieces(pieces.into_iter().map(|piece| match piece {
        Piece::Literal(literal) => Piece::Literal(literal.replace(['*', '?'], "x").into()),
        symbol => symbol,
    }))
}

fn request(action: &str, resource: &Text) -> Request {
    let principal = (PrincipalKind::Aws, Text::known("*"));
    Request { principal, action: action.to_owned(), resource: resource.clone(), context: Vec::new() }
}
