//! Custom resources: what they are given, and so may change behind the templates' back.

use std::collections::HashSet;

use super::Builder;
use crate::resolve::{StackId, StackSet};
use crate::template::{Resource, is_custom};
use crate::value::{Kind, Piece, SymbolId, Text, Value};

/// Custom resources of the CDK that only read or compute, whatever they are given (`aws-cdk-lib` 2.276.0).
const HARMLESS: [&str; 7] = [
    "Custom::AWSCDKCfnJson",
    "Custom::AWSCDKOpenIdConnectProvider",
    "Custom::CrossRegionExportReader",
    "Custom::CrossRegionExportWriter",
    "Custom::DescribeCognitoUserPoolClient",
    "Custom::LogRetention",
    "Custom::UserPoolCloudFrontDomainName",
];

/// Symbols of the properties of one resource.
type Given = HashSet<SymbolId>;

impl<'s, 'd> Builder<'s, 'd> {
    /// Records which symbols custom resources are given, and those that the functions behind them have in
    /// their own properties: their environment names the pools that they work on.
    pub(super) fn custom_resources(&mut self) {
        let set: &'s StackSet<'d> = self.resolver.set();
        for stack in set.ids() {
            let resources = &set.stack(stack).template.resources;
            let may_act = |kind: &str| is_custom(kind) && !HARMLESS.contains(&kind);
            let custom: Vec<&Resource<'d>> = resources.iter().filter(|resource| may_act(resource.kind)).collect();
            if custom.is_empty() {
                continue;
            }
            let mut given = Given::new();
            for resource in custom {
                self.symbols_of(stack, resource, &mut given);
            }
            for function in resources.iter().filter(|resource| resource.kind == "AWS::Lambda::Function") {
                let arn = self.attribute(stack, function, "Arn");
                let mut named = Given::new();
                collect(&arn, &mut named);
                // The ARN of a function has its name's symbol, or is one.
                if named.iter().any(|symbol| given.contains(symbol) && !self.is_common(*symbol)) {
                    self.symbols_of(stack, function, &mut given);
                }
            }
            let own = given.into_iter().filter(|symbol| !self.is_common(*symbol));
            let own: Vec<SymbolId> = own.collect();
            self.graph.touched.extend(own);
        }
    }

    /// Whether a symbol is a pseudo parameter, which says nothing of what is meant.
    fn is_common(&self, symbol: SymbolId) -> bool {
        self.resolver.symbols.facts(symbol).name.starts_with("AWS::")
    }

    fn symbols_of(&mut self, stack: StackId, resource: &Resource<'d>, given: &mut Given) {
        for (key, _) in resource.properties.into_iter().flat_map(|node| node.entries()) {
            let Some(name) = key.text() else { continue };
            if let Some(value) = self.resolver.property(stack, resource, name) {
                collect(&value, given);
            }
        }
    }
}

/// The symbols of all texts of a value.
fn collect(value: &Value, given: &mut Given) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match &value.kind {
            Kind::List(items) => open.extend(items.iter()),
            Kind::Map(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
            Kind::OneOf(cases) => open.extend(cases.iter().map(|case| &case.then)),
            Kind::Text(Text::Shape(pieces)) => given.extend(pieces.iter().filter_map(|piece| match piece {
                Piece::Symbol(id) => Some(*id),
                Piece::Literal(_) => None,
            })),
            _ => {}
        }
    }
}
