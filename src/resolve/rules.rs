//! The section `Rules`: what CloudFormation asserts of parameters before it makes anything
//! (CloudFormation User Guide, Rules section and rule-specific intrinsic functions).

use super::condition::formula_of_branch;
use super::{NoteKind, Resolver, StackId};
use crate::syntax::Node;
use crate::template::{Call, Function};
use crate::value::{At, Branch, Formula, Kind, Text, Value};

/// A rule that CDK puts into every template: it asks for the version of its bootstrap stack.
const BOOTSTRAP: &str = "CheckBootstrapVersion";
/// Pairs of members that one function compares.
const MOST_PAIRS: usize = 4096;

/// Whether a function of rules compares members with texts.
pub(super) fn compares(call: Call<'_>) -> bool {
    matches!(call.name, "Contains" | "EachMemberEquals" | "EachMemberIn")
}

impl<'d> Resolver<'_, 'd> {
    /// Takes the rules of a stack as what holds in every deployment. What is not understood in a rule may
    /// be true or false, and so narrows nothing.
    pub(super) fn declare_rules(&mut self, stack: StackId) {
        let Some(rules) = self.stack(stack).template.doc.root().and_then(|root| root.get("Rules")) else { return };
        for (key, rule) in rules.entries() {
            let Some(name) = key.text().filter(|name| *name != BOOTSTRAP) else { continue };
            let formula = self.rule(stack, rule);
            if !self.worlds.require(&format!("{}/rule/{name}", stack.0), formula) {
                let message = format!("the rule {name} leaves no value for the parameters, so it is not followed");
                self.note(NoteKind::Bound, message, key.place());
            }
        }
    }

    fn rule(&mut self, stack: StackId, rule: Node<'d>) -> Formula {
        let assertions = rule.get("Assertions").into_iter().flat_map(Node::items);
        let assertions = assertions.filter_map(|assertion| assertion.get("Assert"));
        let asserted = Formula::And(assertions.map(|node| self.formula(stack, node)).collect());
        let mut holds = vec![asserted];
        if let Some(condition) = rule.get("RuleCondition") {
            holds.push(Formula::Not(Box::new(self.formula(stack, condition))));
        }
        // The rules of a nested stack are asked only where it is made.
        let made = self.made_where(stack);
        holds.push(Formula::Not(Box::new(formula_of_branch(&made))));
        Formula::Or(holds)
    }

    /// The branch in which a stack is made.
    fn made_where(&mut self, stack: StackId) -> Branch {
        let Some((parent, id)) = self.stack(stack).parent else { return Branch::default() };
        match self.stack(parent).template.resource(id) {
            Some(resource) => self.exists(parent, resource),
            None => Branch::default(),
        }
    }

    /// A function that stands in rules alone; any other may be true or false.
    pub(super) fn rule_function(&mut self, stack: StackId, call: Call<'d>, unknown: &str) -> Formula {
        let arguments: Vec<Node<'d>> = call.argument.items().collect();
        let [members, other] = arguments.as_slice() else { return self.opaque(unknown) };
        if call.function != Function::Other || !compares(call) {
            return self.opaque(unknown);
        }
        let at = At { place: call.argument.place(), node: None };
        let parts = vec![self.value(stack, *members), self.value(stack, *other)];
        self.in_each_world(parts, at, unknown, &mut |resolver, parts| {
            let [members, other] = parts else { return None };
            let (members, others) =
                (texts(members)?, if call.name == "EachMemberIn" { texts(other)? } else { vec![other.text()?] });
            if members.len().saturating_mul(others.len()) > MOST_PAIRS {
                return None;
            }
            let mut same = |a: &Text, b: &Text| resolver.same(a, b, unknown);
            let each =
                members.iter().map(|member| Formula::Or(others.iter().map(|other| same(member, other)).collect()));
            let each: Vec<Formula> = each.collect();
            Some(if call.name == "Contains" { Formula::Or(each) } else { Formula::And(each) })
        })
    }
}

/// The members of a list, where it is one of texts.
fn texts(list: &Value) -> Option<Vec<Text>> {
    let Kind::List(items) = &list.kind else { return None };
    items.iter().map(Value::text).collect()
}
