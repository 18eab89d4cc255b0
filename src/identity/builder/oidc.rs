//! OIDC providers, those that the CDK makes by a custom resource among them.

use super::{Builder, Properties};
use crate::identity::arn::after;
use crate::identity::attachment::Written;
use crate::identity::oidc::{Listed, OidcProvider, SCHEME, Signer};
use crate::resolve::StackId;
use crate::template::Resource;
use crate::value::Kind;

impl<'d> Builder<'_, 'd> {
    pub(super) fn oidc_provider(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let arn = self.attribute(stack, resource, "Ref");
        let arns = self.resolver.worlds.cases_when(&arn, &entity.exists).cases;
        // The custom resource writes the name otherwise (`aws-cdk-lib` 2.276.0, `aws-iam/lib/oidc-provider.ts`).
        let clients = if resource.kind == "AWS::IAM::OIDCProvider" { "ClientIdList" } else { "ClientIDList" };
        for properties in self.properties(stack, resource, &["Url", clients, "ThumbprintList"]) {
            for case in &arns {
                let Some((when, arn)) = self.together(&properties.when, &case.when).zip(case.then.text()) else {
                    continue;
                };
                self.graph.oidc_providers.push(OidcProvider {
                    entity: entity.clone(),
                    arn,
                    url: properties.get("Url").and_then(Written::read),
                    clients: listed(&properties, clients),
                    thumbprints: listed(&properties, "ThumbprintList"),
                    when,
                });
            }
        }
    }

    pub(super) fn signer(&mut self, stack: StackId, resource: &Resource<'d>, attribute: &str) {
        let entity = self.entity(stack, resource);
        let name = self.attribute(stack, resource, attribute);
        for case in self.resolver.worlds.cases_when(&name, &entity.exists).cases {
            let Some(name) = case.then.text() else { continue };
            let name = after(&name, SCHEME).unwrap_or(name);
            self.graph.signers.push(Signer { entity: entity.clone(), name });
        }
    }
}

fn listed(properties: &Properties, name: &str) -> Option<Listed> {
    let value = properties.get(name)?;
    let items = match &value.kind {
        Kind::List(_) => value.items(),
        _ => std::slice::from_ref(value),
    };
    let written: Vec<Written> = items.iter().filter_map(Written::read).collect();
    let complete = written.len() == items.len() && written.iter().all(|item| item.text.pieces().is_some());
    Some(Listed { items: written, complete, at: value.at })
}
