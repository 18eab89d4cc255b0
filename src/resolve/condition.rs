//! Conditions as formulas over switches.

use super::{Resolver, StackId, is_secret};
use crate::syntax::Node;
use crate::template::{Call, Function};
use crate::value::{At, Branch, Formula, Kind, Piece, Switch, SwitchId, SymbolId, Text, Truth, Value, Worlds, compare};

/// Whether a condition of a stack's template is true in every deployment of a branch; not where the template has none
/// of that name, and not where nobody knows.
pub fn always_true(worlds: &Worlds, stack: StackId, name: &str, branch: &Branch) -> bool {
    let Some(id) = worlds.find(&key(stack, name)) else { return false };
    branch.and(&Branch::of(id, 0)).is_none_or(|against| worlds.consistent(&against).is_false())
}

fn key(stack: StackId, name: &str) -> String {
    format!("{}/condition/{name}", stack.0)
}

impl<'d> Resolver<'_, 'd> {
    /// The switch of a condition; nothing where the template has no such condition.
    pub(super) fn condition(&mut self, stack: StackId, name: &str) -> Option<SwitchId> {
        let key = key(stack, name);
        if let Some(id) = self.worlds.find(&key) {
            return Some(id);
        }
        let node = self.stack(stack).template.condition(name)?;
        // Known by name before its formula is, so that one that names itself ends here.
        let id = self.worlds.intern(&key, || Switch::condition(name, Formula::Const(true)));
        let opaque = self.opaque(&format!("{key}/cycle"));
        self.worlds.switch_mut(id).decided = Some(opaque);
        let formula = self.formula(stack, node);
        self.worlds.switch_mut(id).decided = Some(formula);
        Some(id)
    }

    /// The branch in which a condition holds. One that a macro made as the opposite of another is told by
    /// that other, which is the one that its author knows.
    pub(super) fn holds(&mut self, stack: StackId, name: &str) -> Option<Branch> {
        let made = self.stack(stack).template.condition(name).filter(|node| node.is_fresh());
        if let Some(other) = made.and_then(opposite).and_then(|other| self.condition(stack, other)) {
            return Some(Branch::of(other, 0));
        }
        self.condition(stack, name).map(|id| Branch::of(id, 1))
    }

    /// A formula that may be true or false.
    pub(super) fn opaque(&mut self, key: &str) -> Formula {
        let id = self.worlds.intern(key, || Switch::variable(key));
        let value = self.worlds.switch_mut(id).value("true");
        value.map_or(Formula::Const(true), |value| Formula::Is(id, value))
    }

    /// The formula of a node. Conditions that name one another nest like values do.
    pub(super) fn formula(&mut self, stack: StackId, node: Node<'d>) -> Formula {
        let unknown = format!("{}/formula/{:?}/{:?}", stack.0, node.place().file, node.id());
        match Call::of(node).filter(|_| self.depth < super::MOST_DEPTH) {
            Some(call) => {
                self.depth += 1;
                let formula = self.formula_of(stack, call, &unknown);
                self.depth -= 1;
                formula
            }
            None => self.opaque(&unknown),
        }
    }

    fn formula_of(&mut self, stack: StackId, call: Call<'d>, unknown: &str) -> Formula {
        let inner = |resolver: &mut Self| -> Vec<Formula> {
            call.argument.items().map(|item| resolver.formula(stack, item)).collect()
        };
        match call.function {
            Function::And => Formula::And(inner(self)),
            Function::Or => Formula::Or(inner(self)),
            Function::Not => Formula::Not(Box::new(Formula::And(inner(self)))),
            Function::Condition => match call.argument.text().and_then(|name| self.condition(stack, name)) {
                Some(id) => Formula::Is(id, 1),
                None => self.opaque(unknown),
            },
            Function::Equals => match call.argument.items().collect::<Vec<_>>().as_slice() {
                [a, b] => self.equals(stack, *a, *b),
                _ => self.opaque(unknown),
            },
            _ => self.rule_function(stack, call, unknown),
        }
    }

    fn equals(&mut self, stack: StackId, a: Node<'d>, b: Node<'d>) -> Formula {
        let known = |value: &Value| value.text().and_then(|text| text.as_known().map(str::to_owned));
        for (variable, other) in [(a, b), (b, a)] {
            let (node, variable) = (variable, self.variable_of(stack, variable));
            let Some(variable) = variable else { continue };
            let other = self.value(stack, other);
            let Some(text) = known(&other) else { continue };
            // Its pattern may refuse the text.
            let own = self.value(stack, node).text();
            if own.is_some_and(|own| compare(&own, &Text::known(text.as_str()), &self.symbols).is_false()) {
                return Formula::Const(false);
            }
            let switch = self.worlds.switch_mut(variable);
            return match switch.index_of(&text) {
                None if switch.closed => Formula::Const(false),
                _ => match switch.value(&text) {
                    Some(index) => Formula::Is(variable, index),
                    None => self.opaque(&format!("{variable:?} = {text}")),
                },
            };
        }
        let at = At { place: a.place(), node: None };
        let unknown = format!("{}/equals/{:?}", stack.0, at.place);
        let both = vec![self.value(stack, a), self.value(stack, b)];
        self.in_each_world(both, at, &unknown, &mut |resolver, parts| {
            let [a, b] = parts else { return None };
            Some(resolver.same(&a.text()?, &b.text()?, &unknown))
        })
    }

    /// A formula out of several values, made in each branch in which they have no choices.
    pub(super) fn in_each_world(
        &mut self,
        parts: Vec<Value>,
        at: At,
        unknown: &str,
        make: &mut dyn FnMut(&mut Self, &[Value]) -> Option<Formula>,
    ) -> Formula {
        let cases = self.worlds.cases(&Value::new(Kind::List(parts.into()), at));
        if !cases.complete {
            return self.opaque(&format!("{unknown}/bound"));
        }
        let cases = cases.cases.into_iter().map(|case| {
            let holds = make(self, case.then.items()).unwrap_or_else(|| self.opaque(unknown));
            Formula::And(vec![formula_of_branch(&case.when), holds])
        });
        Formula::Or(cases.collect())
    }

    /// Whether two texts are the same, as a formula: the same two texts are one variable everywhere.
    pub(super) fn same(&mut self, a: &Text, b: &Text, unknown: &str) -> Formula {
        match compare(a, b, &self.symbols) {
            Truth::True => return Formula::Const(true),
            Truth::False => return Formula::Const(false),
            Truth::Unknown => {}
        }
        let found = self.switch_value(a, b).or_else(|| self.switch_value(b, a));
        match (found, a, b) {
            (Some((switch, value)), ..) => Formula::Is(switch, value),
            // Two unknown texts are not one because nothing is known of either.
            (None, Text::Any(_), _) | (None, _, Text::Any(_)) => self.opaque(unknown),
            (None, ..) => self.opaque(&format!("{a:?} = {b:?}")),
        }
    }

    /// The value of a parameter's switch that a text is, where the first text is that parameter.
    fn switch_value(&mut self, parameter: &Text, text: &Text) -> Option<(SwitchId, u16)> {
        let (symbol, text) = only_symbol(parameter, text.as_known()?)?;
        let switch = *self.variables.get(&symbol)?;
        let facts = self.worlds.switch(switch);
        // What stands for the rest of a choice must not be split after it was read.
        let value = match facts.index_of(text) {
            Some(value) => Some(value),
            None if facts.closed || facts.default.is_some() => None,
            None => self.worlds.switch_mut(switch).value(text),
        };
        Some((switch, value?))
    }

    /// The switch behind a `Ref` to a parameter or pseudo parameter that has no value yet; that of the
    /// parent, where a nested stack is given it as it is.
    pub(super) fn variable_of(&mut self, stack: StackId, node: Node<'d>) -> Option<SwitchId> {
        let name = super::parameter::ref_to(node)?;
        let Some(declaration) = self.stack(stack).template.parameter(name) else {
            let is_open_pseudo = name.starts_with("AWS::") && self.pseudo_known(stack, name).is_none();
            return is_open_pseudo.then(|| self.variable(stack, name));
        };
        match self.given(stack, name).filter(|_| !is_secret(declaration)) {
            Some((parent, node)) => self.variable_of(parent, node),
            None if self.certain(stack, name, declaration).is_some() => None,
            None => Some(self.variable(stack, name)),
        }
    }
}

/// The one symbol of a text, and what it has to be for the whole to be another text.
fn only_symbol<'t>(text: &Text, whole: &'t str) -> Option<(SymbolId, &'t str)> {
    let pieces = text.pieces()?;
    let at = pieces.iter().position(|piece| matches!(piece, Piece::Symbol(_)))?;
    let (Piece::Symbol(symbol), before, after) = (pieces.get(at)?, &pieces[..at], &pieces[at + 1..]) else {
        return None;
    };
    let mut rest = whole;
    for piece in before {
        let Piece::Literal(literal) = piece else { return None };
        rest = rest.strip_prefix(literal.as_ref())?;
    }
    for piece in after.iter().rev() {
        let Piece::Literal(literal) = piece else { return None };
        rest = rest.strip_suffix(literal.as_ref())?;
    }
    Some((*symbol, rest))
}

pub(super) fn formula_of_branch(branch: &Branch) -> Formula {
    Formula::And(branch.iter().map(|(id, value)| Formula::Is(id, value)).collect())
}

/// The condition that a formula is the opposite of, if it says nothing else.
fn opposite(formula: Node<'_>) -> Option<&str> {
    let not = Call::of(formula).filter(|call| call.function == Function::Not)?;
    let mut items = not.argument.items();
    let (only, None) = (items.next()?, items.next()) else { return None };
    Call::of(only).filter(|call| call.function == Function::Condition)?.argument.text()
}
