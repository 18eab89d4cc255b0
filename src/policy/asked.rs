//! Requests that somebody writes: the forms that AWS has for who asks, for what, on what. Another one would only
//! ever be denied, and look like an answer.

use super::PrincipalKind;
use super::grammar::text;
use super::question::{Fault, mapping, near, only, required};
use crate::syntax::Node;

/// Holds the parts of a request against their forms.
pub(super) fn request(holder: Node<'_>) -> Result<(), Fault> {
    principal(required(holder, "principal")?)?;
    action(required(holder, "action")?)?;
    holder.get("resource").map_or(Ok(()), resource)
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn action(node: Node<'_>) -> Result<(), Fault> {
    let action = text(node, "action")?;
    let form = "an action is \"service:Action\", such as \"s3:GetObject\"";
    if is_wild(action) {
        return Err(Fault::at(node, format!("a request is for one action, without wildcards: {form}")));
    }
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match action.split_once(':') {
        Some((service, action)) if part(service) && part(action) => Ok(()),
        _ => Err(Fault::at(node, form)),
    }
}

/// An ARN; `*` for actions that are for no resource (Service Authorization Reference: actions without resource
/// types).
fn resource(node: Node<'_>) -> Result<(), Fault> {
    let resource = text(node, "resource")?;
    if resource == "*" || (is_arn(resource) && !is_wild(resource)) {
        return Ok(());
    }
    let why = if is_wild(resource) { "a request is for one resource, without wildcards: " } else { "" };
    let form = "a resource is an ARN, such as \"arn:aws:s3:::bucket/key\", or \"*\" for an action that has none";
    Err(Fault::at(node, format!("{why}{form}")))
}

/// Six parts, of which partition, service and the last one say something (IAM User Guide, IAM identifiers).
fn is_arn(text: &str) -> bool {
    arn(text).is_some()
}

/// The service, the account and the rest.
fn arn(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    let (prefix, partition, service, _, account, rest) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let is_whole = prefix == "arn" && ![partition, service, rest].contains(&"");
    is_whole.then_some((service, account, rest))
}

fn principal(node: Node<'_>) -> Result<(), Fault> {
    let (kind, value) = parts(node)?;
    let asking = text(value, "value of the principal")?;
    match kind {
        PrincipalKind::Aws => aws(value, asking),
        PrincipalKind::Service => service(value, asking),
        PrincipalKind::Federated if is_arn(asking) || is_domain(asking) => Ok(()),
        PrincipalKind::Federated => {
            let form = "a Federated principal is the domain of a provider, such as \"cognito-identity.amazonaws.com\", \
                        or its ARN";
            Err(Fault::at(value, form))
        }
        PrincipalKind::CanonicalUser if asking.len() == 64 && asking.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(())
        }
        PrincipalKind::CanonicalUser => Err(Fault::at(value, "a CanonicalUser has 64 digits and letters from a to f")),
    }
}

/// The kind of a principal, and the node of its value.
pub(super) fn parts(node: Node<'_>) -> Result<(PrincipalKind, Node<'_>), Fault> {
    if node.text().is_some() {
        let form = "the principal is an object: {\"type\": \"AWS\", \"value\": \"arn:aws:iam::111122223333:role/app\"}";
        return Err(Fault::at(node, form));
    }
    mapping(node, "principal")?;
    only(node, &["type", "value"], |name| ["type", "value"].contains(&name), "principal")?;
    let kind = required(node, "type")?;
    let name = text(kind, "type of the principal")?;
    let names = PrincipalKind::ALL.map(PrincipalKind::name);
    let parsed = PrincipalKind::parse(name).ok_or_else(|| {
        let meant = near(&names, name);
        Fault::at(kind, format!("the type of a principal is one of {}{meant}", names.join(", ")))
    })?;
    Ok((parsed, required(node, "value")?))
}

/// An account, or the ARN of a user, a role or a session (IAM User Guide, Principal element).
fn aws(node: Node<'_>, asking: &str) -> Result<(), Fault> {
    if is_account(asking) || asking == "anonymous" {
        return Ok(());
    }
    let message = match arn(asking) {
        _ if asking == "*" => "a request has one principal; \"anonymous\" is one without credentials".to_owned(),
        _ if is_wild(asking) => "a request has one principal, without wildcards".to_owned(),
        // The user of an origin access identity has a name there (CloudFront Developer Guide).
        Some(("iam" | "sts", account, _)) if is_account(account) || account == "cloudfront" => return Ok(()),
        Some(("iam" | "sts", account, _)) => format!("the account {account:?} of the principal has not 12 digits"),
        Some((service, ..)) => format!("the ARN of a principal is one of iam or sts, not of {service:?}"),
        None if is_domain(asking) => {
            format!(
                "an AWS principal is an account or an ARN; is the type \"Service\" or \"Federated\" meant for {asking:?}?"
            )
        }
        None => "an AWS principal is an account of 12 digits, or an ARN with six parts such as \
                 \"arn:aws:iam::111122223333:role/app\""
            .to_owned(),
    };
    Err(Fault::at(node, message))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn service(node: Node<'_>, asking: &str) -> Result<(), Fault> {
    if is_domain(asking) {
        return Ok(());
    }
    let is_name = asking.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let meant = if is_name { format!("; is \"{asking}.amazonaws.com\" meant?") } else { String::new() };
    let form = "a Service principal is the name of a service such as \"lambda.amazonaws.com\"";
    Err(Fault::at(node, format!("{form}{meant}")))
}

/// Names with a dot between each two; a port and a path may follow, as in the name of an issuer.
fn is_domain(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    host.contains('.') && host.split('.').all(label) && !is_wild(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    /// What is wrong with a request, and where in the line.
    fn fault(line: &str) -> Option<(String, usize)> {
        let document = parse_json(FileId(0), &Arc::from(line));
        request(document.root().unwrap()).err().map(|fault| (fault.message, fault.span.start()))
    }

    fn asked(kind: &str, value: &str) -> Option<(String, usize)> {
        fault(&format!(r#"{{"principal": {{"type": "{kind}", "value": "{value}"}}, "action": "a:b"}}"#))
    }

    #[test]
    fn principals_have_the_form_of_their_kind() {
        for (kind, value) in [
            ("AWS", "111122223333"),
            ("AWS", "anonymous"),
            ("AWS", "arn:aws:iam::111122223333:root"),
            ("AWS", "arn:aws-us-gov:sts::111122223333:assumed-role/app/session"),
            ("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"),
            ("Service", "lambda.amazonaws.com"),
            ("Service", "states.us-east-1.amazonaws.com"),
            ("Federated", "cognito-identity.amazonaws.com"),
            ("Federated", "login.example.com:8443/realms/a"),
            ("Federated", "arn:aws:iam::111122223333:saml-provider/Idp"),
            ("CanonicalUser", &"0a".repeat(32)),
        ] {
            assert_eq!(asked(kind, value), None, "{kind} {value}");
        }
        for (kind, value, says) in [
            ("AWS", "11112222333", "an AWS principal is an account of 12 digits"),
            ("AWS", "arn:aws:iam:111122223333:role/app", "an AWS principal is an account of 12 digits"),
            ("AWS", "arn:aws:iam::1:role/x", "the account \"1\" of the principal has not 12 digits"),
            ("AWS", "arn:aws:s3:::bucket", "not of \"s3\""),
            ("AWS", "lambda.amazonaws.com", "is the type \"Service\" or \"Federated\" meant"),
            ("AWS", "*", "\"anonymous\" is one without credentials"),
            ("AWS", "arn:aws:iam::111122223333:user/*", "without wildcards"),
            ("Service", "lambda", "; is \"lambda.amazonaws.com\" meant?"),
            ("Service", "*", "such as \"lambda.amazonaws.com\""),
            ("Federated", "google", "a Federated principal is the domain"),
            ("CanonicalUser", "abc", "has 64 digits"),
        ] {
            let (message, at) = asked(kind, value).expect(value);
            assert!(message.contains(says), "{kind} {value}: {message}");
            assert_eq!(at, 35 + kind.len() + 1, "{kind} {value}");
        }
        assert!(asked("aws", "x").unwrap().0.ends_with("CanonicalUser; is \"AWS\" meant?"));
        assert!(fault(r#"{"principal": "111122223333"}"#).unwrap().0.starts_with("the principal is an object: "));
    }

    #[test]
    fn actions_and_resources_are_single() {
        let ask = |rest: &str| {
            fault(&format!(r#"{{"principal": {{"type": "AWS", "value": "111122223333"}}, {rest}}}"#))
                .map(|found| found.0)
        };
        for (rest, says) in [
            (r#""action": "GetObject""#, "an action is \"service:Action\""),
            (r#""action": "s3:""#, "an action is \"service:Action\""),
            (r#""action": "s3:Get Object""#, "an action is \"service:Action\""),
            (r#""action": "s3:a:b""#, "an action is \"service:Action\""),
            (r#""action": "s3:*""#, "a request is for one action, without wildcards"),
            (r#""action": 5"#, "the action is a number, but has to be a text"),
            (r#""action": """#, "the action is an empty text"),
            (r#""action": "a:b", "resource": "files/red""#, "a resource is an ARN"),
            (r#""action": "a:b", "resource": "arn:aws:s3:bucket""#, "a resource is an ARN"),
            (r#""action": "a:b", "resource": "arn:aws:s3:::b/*""#, "a request is for one resource, without wildcards"),
            (r#""action": "a:b", "resource": null"#, "the resource is null, but has to be a text"),
            (r#""action": "a:b", "resource": """#, "the resource is an empty text"),
        ] {
            assert!(ask(rest).expect(rest).starts_with(says), "{rest}: {:?}", ask(rest));
        }
        for rest in [r#""action": "S3:getobject""#, r#""action": "a:b", "resource": "*""#] {
            assert_eq!(ask(rest), None, "{rest}");
        }
        assert_eq!(ask(r#""action": "s3:PutObject", "resource": "arn:aws:s3:::b/k:1""#), None);
    }
}
