//! Associations of EKS Pod Identity: which pods get which role (CloudFormation, AWS::EKS::PodIdentityAssociation).

use super::{Builder, Resource, StackId, Truth};
use crate::identity::graph::PodIdentity;

impl<'d> Builder<'_, 'd> {
    pub(super) fn pod_identity(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        for properties in
            self.properties(stack, resource, &["RoleArn", "Namespace", "DisableSessionTags", "TargetRoleArn"])
        {
            let Some(role) = properties.text("RoleArn") else { continue };
            let untagged = match properties.text("DisableSessionTags") {
                None => Truth::False,
                Some(text) => text.as_known().map_or(Truth::Unknown, |text| text.eq_ignore_ascii_case("true").into()),
            };
            let namespace = properties.text("Namespace");
            let target = properties.get("TargetRoleArn").and_then(|value| Some((value.text()?, value.at.place)));
            let (entity, when) = (entity.clone(), properties.when);
            self.graph.pod_identities.push(PodIdentity { entity, when, role, namespace, untagged, target });
        }
    }
}
