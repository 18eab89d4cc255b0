//! The property `Policies` of functions and state machines: names and ARNs of managed policies, policy
//! documents, policy templates, and choices of these (AWS SAM Developer Guide, AWS::Serverless::Function,
//! Policies).

use super::{Sam, choice, is_no_value, plain};
use crate::syntax::{Kind as NodeKind, Node, NodeId};
use crate::template::Call;

/// Choices inside of one another that are followed.
const MOST_NESTED: usize = 8;

/// What a role gets.
#[derive(Debug, Default)]
pub(super) struct Granted {
    /// Members of `Policies`.
    pub(super) inline: Vec<NodeId>,
    /// Members of `ManagedPolicyArns`.
    pub(super) managed: Vec<NodeId>,
    /// Policies of AWS that the transform adds by itself, each once.
    pub(super) usual: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Managed,
    Document,
    Nothing,
    /// The transform refuses it.
    Unclear,
}

impl<'d> Sam<'_, 'd> {
    /// Adds a policy of AWS that what is written calls for.
    pub(super) fn usual(&mut self, name: &'static str, granted: &mut Granted) {
        if !granted.usual.contains(&name) {
            granted.usual.push(name);
            granted.managed.push(self.pen.aws_policy(name));
        }
    }

    /// Adds what `Policies` grants to a role of this name.
    pub(super) fn policies(&mut self, policies: Node<'d>, role: &str, granted: &mut Granted) {
        let single = (policies.kind() != NodeKind::Sequence || Call::of(policies).is_some()).then_some(policies);
        let listed = if single.is_some() { None } else { Some(policies.items()) };
        for (index, policy) in single.into_iter().chain(listed.into_iter().flatten()).enumerate() {
            if !self.step() {
                break;
            }
            let before = self.pen.stand_at(policy.id());
            match self.kind(policy, 0) {
                Kind::Managed => granted.managed.push(self.managed(policy, 0)),
                Kind::Nothing => {}
                Kind::Unclear => granted.inline.push(self.unclear(&format!("{role}Policy{index}"))),
                Kind::Document => {
                    let inline = self.named(policy, &format!("{role}Policy{index}"));
                    granted.inline.push(inline);
                }
            }
            self.pen.stand_at(before);
        }
    }

    fn kind(&self, policy: Node<'d>, depth: usize) -> Kind {
        if let Some([_, then, otherwise]) = choice(policy) {
            if depth >= MOST_NESTED {
                return Kind::Unclear;
            }
            return match (self.kind(then, depth + 1), self.kind(otherwise, depth + 1)) {
                (one, other) if one == other => one,
                (Kind::Nothing, other) | (other, Kind::Nothing) => other,
                _ => Kind::Unclear,
            };
        }
        match policy.kind() {
            _ if is_no_value(policy) => Kind::Nothing,
            // Any other function stands for the ARN of a managed policy.
            _ if Call::of(policy).is_some() => Kind::Managed,
            NodeKind::Scalar if !policy.is_null() => Kind::Managed,
            NodeKind::Mapping if policy.get("Statement").is_some() || self.template_of(policy).is_some() => {
                Kind::Document
            }
            _ => Kind::Unclear,
        }
    }

    /// Name and parameters of the policy template that a policy uses.
    fn template_of(&self, policy: Node<'d>) -> Option<(&'d str, Node<'d>)> {
        let mut entries = plain(policy)?.own_entries();
        let (key, parameters) = entries.next()?;
        let name = key.text().filter(|name| self.tables.has_template(name))?;
        entries.next().is_none().then_some((name, parameters))
    }

    fn managed(&mut self, policy: Node<'d>, depth: usize) -> NodeId {
        if let Some([condition, then, otherwise]) = choice(policy).filter(|_| depth < MOST_NESTED) {
            let (then, otherwise) = (self.managed(then, depth + 1), self.managed(otherwise, depth + 1));
            return self.pen.choice(condition.id(), then, otherwise);
        }
        match plain(policy).and_then(Node::text) {
            // A dynamic reference is resolved at deployment.
            Some(name) if !name.starts_with("arn:") && !name.contains("{{resolve:") => {
                let path = self.tables.aws_policy(name);
                self.pen.aws_policy(&path)
            }
            _ => policy.id(),
        }
    }

    /// A member of a role's `Policies`; of a choice, each part is one.
    fn named(&mut self, policy: Node<'d>, name: &str) -> NodeId {
        if let Some([condition, then, otherwise]) = choice(policy) {
            let [then, otherwise] = [then, otherwise].map(|part| match is_no_value(part) {
                true => part.id(),
                false => {
                    let document = self.document(part, 1);
                    self.pen.inline(name, document)
                }
            });
            return self.pen.choice(condition.id(), then, otherwise);
        }
        let document = self.document(policy, 0);
        self.pen.inline(name, document)
    }

    fn document(&mut self, policy: Node<'d>, depth: usize) -> NodeId {
        if let Some([condition, then, otherwise]) = choice(policy).filter(|_| depth < MOST_NESTED) {
            let (then, otherwise) = (self.document(then, depth + 1), self.document(otherwise, depth + 1));
            return self.pen.choice(condition.id(), then, otherwise);
        }
        if let Some((name, parameters)) = self.template_of(policy) {
            return self.filled_template(name, parameters);
        }
        let is_document = plain(policy).and_then(|policy| policy.get("Statement")).is_some();
        if is_document || is_no_value(policy) { policy.id() } else { self.pen.opaque() }
    }

    fn filled_template(&mut self, name: &str, parameters: Node<'d>) -> NodeId {
        let rows = self.tables.template(name).unwrap_or_default();
        let parameters = plain(parameters);
        let mut statements = Vec::with_capacity(rows.len());
        for row in rows {
            let statement = self.pen.statement(&row, &mut |_, hole| parameters?.get(hole).map(Node::id));
            statements.push(statement);
        }
        self.pen.document(statements, false)
    }
}
