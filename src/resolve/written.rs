//! Texts as they are written: dynamic references and the variables of other tools in them.

use super::{Resolver, StackId};
use crate::syntax::Node;
use crate::template::serverless::{self, Piece, Variable};
use crate::value::{At, Kind, Text, Why};

impl<'d> Resolver<'_, 'd> {
    /// The value of a text that stands by itself. The Serverless Framework may put something else in its
    /// place than a text.
    pub(super) fn plain_text(&mut self, stack: StackId, text: &str, at: At) -> Kind {
        if !text.contains("${") {
            return Kind::Text(self.literal(stack, text, at));
        }
        match serverless::pieces(text).as_slice() {
            [Piece::Variable(variable)] => self.whole_variable(stack, *variable),
            _ => Kind::Text(self.literal(stack, text, at)),
        }
    }

    fn whole_variable(&mut self, stack: StackId, variable: Variable<'_>) -> Kind {
        if let Some(node) = self.self_node(stack, variable) {
            return self.value(stack, node).kind;
        }
        if variable.may_be_no_text() {
            return Kind::Any(Why::Deployment(variable.text.into()));
        }
        Kind::Text(self.variable_text(stack, variable))
    }

    /// A text as written; what stands in it for something that only the deployment knows is a symbol.
    pub(super) fn literal(&mut self, stack: StackId, text: &str, at: At) -> Text {
        if !text.contains("${") {
            return self.without_variables(text);
        }
        let made: Vec<Text> = serverless::pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Literal(text) => self.without_variables(text),
                Piece::Variable(variable) => self.variable_text(stack, variable),
            })
            .collect();
        self.joined(&made, at)
    }

    /// What a variable of the Serverless Framework puts into a text. The same variable is the same text
    /// everywhere in one service.
    pub(super) fn variable_text(&mut self, stack: StackId, variable: Variable<'_>) -> Text {
        if let Some(name) = variable.pseudo() {
            return self.pseudo(stack, name);
        }
        if let Some(node) = self.self_node(stack, variable) {
            // A number or a choice is a text, a mapping is none.
            if let Some(text) = self.value(stack, node).text() {
                return text;
            }
        }
        let key = format!("{}/variable/{}", stack.0, variable.text);
        self.missing(&key, variable.text, Why::Deployment(variable.text.into()))
    }

    /// The node of the service that `${self:a.b}` names.
    fn self_node(&self, stack: StackId, variable: Variable<'_>) -> Option<Node<'d>> {
        let root = self.stack(stack).template.doc.root().filter(|root| serverless::is_service(*root))?;
        variable.self_node(root)
    }

    /// A dynamic reference (`{{resolve:…}}`) in a text is known only at deployment.
    fn without_variables(&mut self, text: &str) -> Text {
        if !text.contains("{{resolve:") {
            return Text::known(text);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let Some((reference, tail)) = after.split_once("}}") else { break };
            pieces.push(Text::known(before));
            let name = format!("{{{{resolve:{reference}}}}}");
            let why = Why::Deployment(name.as_str().into());
            pieces.push(self.missing(&name, &name, why));
            rest = tail;
        }
        pieces.push(Text::known(rest));
        Text::join(&pieces)
    }
}
