//! `AWS::Serverless::CapacityProvider`: the role of its operator.

use super::function::SERVICE;
use super::{Cause, Sam};
use crate::template::Resource;

impl<'d> Sam<'_, 'd> {
    pub(super) fn capacity_provider(&mut self, resource: &Resource<'d>) {
        if self.holds(resource, "OperatorRole").is_some() {
            return;
        }
        let before = self.pen.stand_at(resource.key.id());
        let trust = self.pen.trust(SERVICE);
        let policy = self.pen.aws_policy("AWSLambdaManagedEC2ResourceOperator");
        let (managed, tag) = (self.pen.list(vec![policy]), self.pen.tag("lambda:createdBy", None));
        let tags = self.pen.list(vec![tag]);
        let properties = [("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed), ("Tags", tags)];
        let cause = Cause::of(resource, resource.key);
        self.add(&format!("{}OperatorRole", resource.id), "AWS::IAM::Role", cause, &properties);
        self.pen.stand_at(before);
    }
}
