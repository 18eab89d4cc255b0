//! Resources for which services work, as far as roles that trust the services ask for them.

use super::Builder;
use crate::identity::classes::is_guarded_kind;
use crate::identity::consumer::AnchorProfile;
use crate::resolve::StackId;
use crate::template::Resource;
use crate::value::Value;

impl<'d> Builder<'_, 'd> {
    pub(super) fn source(&mut self, stack: StackId, resource: &Resource<'d>) {
        if is_guarded_kind(resource.kind) {
            self.graph.guarded_kinds.insert(resource.kind.to_owned());
        }
        match resource.kind {
            "AWS::RolesAnywhere::TrustAnchor" => {
                let anchor = self.entity(stack, resource);
                self.graph.trust_anchors.push(anchor);
            }
            "AWS::RolesAnywhere::Profile" => self.anchor_profile(stack, resource),
            "AWS::S3::Bucket" => {
                let name = self.attribute(stack, resource, "Ref").text();
                self.graph.buckets.extend(name.map(|name| (stack, name)));
            }
            _ => {}
        }
    }

    /// The roles for which a profile lets certificates ask (CloudFormation, AWS::RolesAnywhere::Profile).
    fn anchor_profile(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        for properties in self.properties(stack, resource, &["RoleArns"]) {
            let arns = properties.get("RoleArns").map(Value::items).unwrap_or_default();
            let arns = arns.iter().filter_map(Value::text);
            let meant = arns.flat_map(|arn| self.graph.role_names.meant(stack, &arn, &self.resolver.symbols));
            let roles = meant.map(|(role, _)| role).collect();
            let (entity, when) = (entity.clone(), properties.when);
            self.graph.anchor_profiles.push(AnchorProfile { entity, when, roles });
        }
    }
}
