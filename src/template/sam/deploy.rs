//! `DeploymentPreference` of functions: the one role that CodeDeploy shifts traffic with.

use super::given::Given;
use super::{Cause, Sam};
use crate::syntax::{Node, NodeId};
use crate::template::Resource;

/// The role's logical id.
const ROLE: &str = "CodeDeployServiceRole";
/// The condition that the role exists under, where several functions have one each.
const CONDITION: &str = "ServerlessCodeDeployCondition";

/// How a function is deployed.
pub(super) struct Preference<'d> {
    key: Node<'d>,
    has_role: bool,
    /// The function's condition, where it counts for the role.
    condition: Option<&'d str>,
}

impl<'d> Sam<'_, 'd> {
    /// Remembers the preference of a function, where it has one that is not switched off.
    pub(super) fn deployment(&mut self, resource: &Resource<'d>) {
        let Some(preference) = self.holds(resource, "DeploymentPreference") else { return };
        let said = |name: &str| {
            let node = preference.get(name).and_then(Given::node)?;
            self.resolved(node).map(|text| text.eq_ignore_ascii_case("true"))
        };
        if said("Enabled") == Some(false) {
            return;
        }
        let key = resource.properties.and_then(|properties| properties.entry("DeploymentPreference"));
        let condition = resource.condition.filter(|_| said("PassthroughCondition") == Some(true));
        let has_role = preference.get("Role").is_some_and(|role| !role.is_nothing());
        let key = key.map_or(resource.key, |(key, _)| key);
        self.deployments.push(Preference { key, has_role, condition });
    }

    pub(super) fn deployment_role(&mut self) {
        let Some(first) = self.deployments.iter().find(|preference| !preference.has_role) else { return };
        let at = first.key;
        let before = self.pen.stand_at(at.id());
        let condition = self.deployment_condition();
        let trust = self.pen.trust("codedeploy.amazonaws.com");
        let policy = self.pen.aws_policy("service-role/AWSCodeDeployRoleForLambda");
        let managed = self.pen.list(vec![policy]);
        let properties = [("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed)];
        self.add(ROLE, "AWS::IAM::Role", Cause { at, condition, metadata: None }, &properties);
        self.pen.stand_at(before);
    }

    /// The condition of the role: any of those of the functions, where each has one.
    fn deployment_condition(&mut self) -> Option<NodeId> {
        let all: Option<Vec<&str>> = self.deployments.iter().map(|preference| preference.condition).collect();
        let mut names = all?;
        names.sort_unstable();
        names.dedup();
        if let [only] = names.as_slice() {
            return Some(self.pen.text(only));
        }
        let formulas = names.iter().map(|name| {
            let name = self.pen.text(name);
            self.pen.map(&[("Condition", name)])
        });
        let formulas = formulas.collect();
        let list = self.pen.list(formulas);
        let formula = self.pen.map(&[("Fn::Or", list)]);
        let name = self.pen.text(CONDITION);
        self.add_condition(name, formula);
        Some(name)
    }
}
