//! Puts the requests of standard input, a JSON object a line, to fakecloud-iam and answers each with a line: Allow,
//! Deny, or error and a reason. The policy alone decides.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use fakecloud_core::auth::{ConditionContext, Principal, PrincipalType};
use fakecloud_iam::evaluator::{evaluate_resource_policy_only, EvalRequest, PolicyDocument};
use serde_json::Value;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        match decide(&line) {
            Ok(true) => writeln!(out, "Allow")?,
            Ok(false) => writeln!(out, "Deny")?,
            Err(reason) => writeln!(out, "error {reason}")?,
        }
        line.clear();
    }
    Ok(())
}

fn decide(line: &str) -> Result<bool, String> {
    let pair: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = text(&pair["resource"]);
    let principal = principal(&text(&pair["principal"]["type"]), text(&pair["principal"]["value"]), &resource)?;
    let context = ConditionContext { service_keys: keys(&pair["context"]), ..ConditionContext::default() };
    let request = EvalRequest { principal: &principal, action: text(&pair["action"]), resource, context };
    Ok(evaluate_resource_policy_only(&PolicyDocument::from_value(&pair["policy"]), &request).is_allow())
}

fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// The principal as fakecloud's own STS would build it: a federated one belongs to the account of the role.
fn principal(kind: &str, value: String, resource: &str) -> Result<Principal, String> {
    let (principal_type, owner) = match kind {
        "Federated" => (PrincipalType::FederatedUser, account(resource)),
        "Service" => (PrincipalType::Service, ""),
        "CanonicalUser" => (PrincipalType::Unknown, ""),
        "AWS" if value.contains(":assumed-role/") => (PrincipalType::AssumedRole, account(&value)),
        "AWS" => (PrincipalType::User, account(&value)),
        other => return Err(format!("unknown kind of principal {other}")),
    };
    let account_id = owner.to_owned();
    let user_id = if kind == "CanonicalUser" { value.clone() } else { "AIDAEXAMPLE".to_owned() };
    Ok(Principal { arn: value, user_id, account_id, principal_type, source_identity: None, tags: None })
}

fn keys(context: &Value) -> BTreeMap<String, Vec<String>> {
    let texts = |value: &Value| match value {
        Value::Array(members) => members.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    let entries = context.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), texts(value))).collect()
}
