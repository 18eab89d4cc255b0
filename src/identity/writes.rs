//! Whether a role may change something, as far as its policies in the templates say.

use super::graph::{Graph, RoleId};
use crate::policy::{Actions, Effect, Statement};

/// Names of actions that change something begin with these; so do nearly all of access level Write and Permissions
/// management in the Service Authorization Reference, and few others. A name that begins otherwise is not counted.
const VERBS: [&str; 24] = [
    "Add",
    "Associate",
    "Attach",
    "Cancel",
    "Create",
    "Delete",
    "Deploy",
    "Detach",
    "Disassociate",
    "Execute",
    "Import",
    "Invoke",
    "Modify",
    "Pass",
    "Publish",
    "Put",
    "Register",
    "Remove",
    "Run",
    "Send",
    "Set",
    "Start",
    "Update",
    "Upload",
];

/// Whether a policy of the templates certainly lets a role change something.
pub fn writes(graph: &Graph, role: RoleId) -> bool {
    let has = graph.policies.iter().filter(|policy| policy.roles.iter().any(|(own, _)| *own == role));
    let mut statements = has.flat_map(|policy| policy.document.cases.iter().flat_map(|case| &case.then.statements));
    statements.any(lets_write)
}

fn lets_write(statement: &Statement) -> bool {
    let Actions::Only(list) = &statement.actions else { return false };
    let known = list.iter().filter_map(|(action, _)| action.as_known());
    statement.effect == Effect::Allow && known.into_iter().any(is_write)
}

fn is_write(action: &str) -> bool {
    let (_, name) = action.split_once(':').unwrap_or(("", action));
    name == "*" || VERBS.iter().any(|verb| name.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::is_write;

    #[test]
    fn actions_that_change_something() {
        for yes in ["*", "s3:*", "s3:PutObject", "iam:PassRole", "lambda:UpdateFunctionCode", "s3:Put*"] {
            assert!(is_write(yes), "{yes}");
        }
        for no in ["s3:GetObject", "s3:Get*", "ec2:Describe*", "sts:AssumeRole", "dynamodb:BatchGetItem"] {
            assert!(!is_write(no), "{no}");
        }
    }
}
