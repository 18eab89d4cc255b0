//! Whom a principal of a trust policy names, by the form of its text (IAM User Guide, Principal element).

use super::arn::{after, arn_part};
use super::graph::{Graph, Role};
use super::provider::{Named, named_principal};
use crate::policy::{Principal, PrincipalKind};
use crate::resolve::partitions;
use crate::value::{Format, Piece, Symbols, Text, conforms};

/// What the text of an AWS principal stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsPrincipal {
    /// A star: every account.
    Everybody,
    /// A whole account, with its number: by the number alone, or by the ARN of its root.
    Account(Text),
    /// A user, a role or a session of an account.
    Identity(Text),
    /// A wildcard within a longer text: it stands for nobody.
    Pattern,
    /// A group: groups are no principals.
    Group,
    /// The id of a user or role, such as IAM leaves behind when one is deleted (IAM User Guide, unique
    /// identifiers).
    UniqueId,
    /// What a resource is called, by itself: no ARN and no account.
    Name,
    /// The ARN of something that cannot ask: a bucket, a function, a policy, an identity provider.
    OtherArn,
    /// Nothing is known, or no form that the guide has.
    Unclear,
}

/// What IAM has beside users, roles and groups, by how the resource of its ARN begins (Service Authorization Reference,
/// IAM, resource types).
const OTHERS_OF_IAM: [&str; 6] =
    ["instance-profile/", "mfa/", "oidc-provider/", "policy/", "saml-provider/", "server-certificate/"];

/// Beginnings of the ids of users and roles (IAM User Guide, understanding unique ID prefixes).
const ID_PREFIXES: [&str; 2] = ["AROA", "AIDA"];

/// Reads the text of an AWS principal.
pub fn aws_principal(text: &Text, symbols: &Symbols) -> AwsPrincipal {
    if let Text::Known(known) = text {
        match known {
            _ if **known == *"*" => return AwsPrincipal::Everybody,
            _ if known.contains(['*', '?']) => return AwsPrincipal::Pattern,
            _ if is_number(known) => return AwsPrincipal::Account(text.clone()),
            _ if is_unique_id(known) => return AwsPrincipal::UniqueId,
            _ => {}
        }
    }
    if conforms(text, &Format::new("{9}", "111122223333"), symbols) {
        return AwsPrincipal::Account(text.clone());
    }
    if is_name(text, symbols) {
        return AwsPrincipal::Name;
    }
    let part = |at| arn_part(text, at);
    let is_arn = part(0) == Text::known("arn") && part(5) != Text::known("");
    let is_of = |service: &str| part(0) == Text::known("arn") && part(2) == Text::known(service);
    if !is_of("iam") && !is_of("sts") || part(3) != Text::known("") {
        let is_other = is_arn && part(2).as_known().is_some_and(|service| !service.is_empty());
        return if is_other { AwsPrincipal::OtherArn } else { AwsPrincipal::Unclear };
    }
    let pieces = text.pieces().unwrap_or_default();
    if pieces.iter().any(|piece| matches!(piece, Piece::Literal(literal) if literal.contains(['*', '?']))) {
        return AwsPrincipal::Pattern;
    }
    let (account, resource) = (part(4), part(5));
    if resource == Text::known("root") {
        return AwsPrincipal::Account(account);
    }
    let begins = |kind: &str| match resource.pieces().unwrap_or_default().first() {
        Some(Piece::Literal(first)) => first.starts_with(kind),
        _ => false,
    };
    match () {
        () if begins("group/") => AwsPrincipal::Group,
        () if is_of("iam") && OTHERS_OF_IAM.into_iter().any(begins) => AwsPrincipal::OtherArn,
        () if ["user/", "role/", "assumed-role/"].into_iter().any(begins) => AwsPrincipal::Identity(account),
        () => AwsPrincipal::Unclear,
    }
}

/// Whether a text is the name or id that a resource gets, and nothing else.
fn is_name(text: &Text, symbols: &Symbols) -> bool {
    let facts = text.as_symbol().map(|symbol| symbols.facts(symbol));
    facts.is_some_and(|facts| facts.unique && !facts.format.may_hold(':'))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unique_id(text: &str) -> bool {
    let of_form = |text: &str| text.len() >= 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    of_form(text) && ID_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// The number of the account that a role is made in.
pub fn account_of(role: &Role) -> Text {
    arn_part(&role.arn(), 4)
}

/// The ARN of a role of which only the account is known, that of another one: in each partition where it is not known
/// which. IAM takes no policy that names another partition than its own, so one that names any is in that.
pub fn every_role(graph: &Graph, beside: &Role) -> Vec<Text> {
    let name = Text::symbol(graph.strangers.further);
    let in_partition = |partition: Text| {
        let [start, service, kind] = ["arn:", ":iam::", ":role/"].map(Text::known);
        Text::join([&start, &partition, &service, &account_of(beside), &kind, &name])
    };
    let own = arn_part(&beside.arn(), 1);
    match graph.partition_of(beside) {
        Some(known) => vec![in_partition(Text::known(known))],
        None => std::iter::once(own).chain(partitions().map(Text::known)).map(in_partition).collect(),
    }
}

/// What is wrong with the number of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFault {
    /// It has no twelve digits.
    Form,
    /// It has fewer than twelve digits, as after zeros at its beginning were lost.
    Short,
    /// It begins with a zero and stands without quotes: YAML 1.1 reads it in base 8 where it can (YAML 1.1, integer
    /// type).
    Unquoted,
    /// An ARN of IAM that has no account.
    Missing,
    /// No number, and no ARN.
    NoPrincipal,
    /// It is one that documentation uses for examples.
    Example,
}

/// Numbers that AWS documentation uses for examples.
const EXAMPLES: [&str; 8] = [
    "000000000000",
    "111111111111",
    "111122223333",
    "123456789012",
    "222222222222",
    "444455556666",
    "777788889999",
    "999999999999",
];

/// What is wrong with a known text as the number of an account; nothing where it is right, or not known. A text
/// that tests have as a pattern is none.
pub fn account_fault(account: &Text) -> Option<AccountFault> {
    let known = account.as_known()?;
    match () {
        // An empty text is a value that nobody has filled in, and speaks for itself.
        () if known.is_empty() || known.contains(['*', '?', '$']) || OF_AWS.contains(&known) => None,
        // What `aws:PrincipalAccount` says where nobody has signed (IAM User Guide, global condition context keys).
        () if known == "anonymous" => None,
        () if !is_number(known) || known.len() > 12 => Some(AccountFault::Form),
        () if known.len() < 12 => Some(AccountFault::Short),
        () if EXAMPLES.contains(&known) => Some(AccountFault::Example),
        () => None,
    }
}

/// The same where it is written as a number, without quotes, or as a text.
pub fn written_fault(account: &Text, is_number: bool) -> Option<AccountFault> {
    let fault = account_fault(account);
    let is_octal = is_number && account.as_known().is_some_and(|digits| digits.starts_with('0'));
    if is_octal && fault != Some(AccountFault::Form) { Some(AccountFault::Unquoted) } else { fault }
}

/// What is wrong with the number of an account of which the deployment gives a part: what is written beside it is no
/// digit, or the part is the whole number of the role's own account already.
pub fn composed_fault(account: &Text, role: &Role) -> Option<AccountFault> {
    let Text::Shape(pieces) = account else { return None };
    let own = account_of(role).as_symbol();
    let literals =
        || pieces.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    // What stands for many is a pattern, or a variable.
    if literals().any(|text| text.contains(['*', '?', '$'])) {
        return None;
    }
    let is_whole = |piece: &Piece| matches!(piece, Piece::Symbol(id) if Some(*id) == own);
    let is_longer = pieces.iter().any(is_whole) && literals().any(|text| !text.is_empty());
    (is_longer || literals().any(|text| !is_number(text))).then_some(AccountFault::Form)
}

/// Whether a text may turn out to be an ARN.
fn may_be_arn(text: &Text) -> bool {
    match text.pieces().unwrap_or_default().first() {
        Some(Piece::Literal(first)) => first.starts_with("arn") || "arn".starts_with(first.as_ref()),
        _ => true,
    }
}

/// The same of an AWS principal: of its account or, where it is no ARN, of all of it.
pub fn composed_principal_fault(principal: &Principal, role: &Role) -> Option<AccountFault> {
    match account_in(&principal.value) {
        Some(account) => composed_fault(&account, role),
        None if may_be_arn(&principal.value) => None,
        None => composed_fault(&principal.value, role),
    }
}

/// What is wrong with an AWS principal as the name of an account, or of somebody in one. `is_written`: nothing is
/// left to a parameter.
pub fn principal_fault(principal: &Principal, is_written: bool) -> Option<AccountFault> {
    let value = &principal.value;
    if let Some(account) = account_in(value) {
        return written_fault(&account, principal.number);
    }
    let known = value.as_known()?;
    let is_of_iam = ["iam", "sts"].iter().any(|service| arn_part(value, 2) == Text::known(*service));
    let is_wild = |text: &str| text.contains(['*', '?', '$', '{']);
    match () {
        () if known.trim().is_empty() || is_wild(known) || is_unique_id(known) || is_canonical(known) => None,
        () if known.starts_with("arn:") => (is_of_iam && is_written).then_some(AccountFault::Missing),
        () => Some(AccountFault::NoPrincipal),
    }
}

/// The canonical id of a user of S3: IAM takes it, too.
fn is_canonical(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What stands for AWS itself where an ARN has its account.
const OF_AWS: [&str; 2] = ["aws", "cloudfront"];

/// The number of the account in an ARN or, where it is one, the text itself; nothing where there is none.
pub fn account_in(text: &Text) -> Option<Text> {
    if text.as_known().is_some_and(is_number) {
        return Some(text.clone());
    }
    let account = (arn_part(text, 0) == Text::known("arn")).then(|| arn_part(text, 4))?;
    (account != Text::known("")).then_some(account)
}

/// The action by which a principal assumes roles (STS API). Nothing for those of identity pools, which have
/// rules of their own, for everybody, and where it is not known what the principal is.
pub fn assume_action_of(principal: &Principal, symbols: &Symbols) -> Option<&'static str> {
    let value = &principal.value;
    match principal.kind? {
        PrincipalKind::CanonicalUser => None,
        PrincipalKind::Aws => Some("sts:AssumeRole"),
        PrincipalKind::Service => is_other_than_pools(value, symbols).then_some("sts:AssumeRole"),
        PrincipalKind::Federated if !is_other_than_pools(value, symbols) => None,
        PrincipalKind::Federated if after(value, "saml-provider/").is_some() => Some("sts:AssumeRoleWithSAML"),
        PrincipalKind::Federated => {
            let is_domain = value.as_known().is_some_and(|text| !text.starts_with("arn:") && text.contains('.'));
            (is_domain || after(value, "oidc-provider/").is_some()).then_some("sts:AssumeRoleWithWebIdentity")
        }
    }
}

fn is_other_than_pools(value: &Text, symbols: &Symbols) -> bool {
    named_principal(value, symbols) == Named::Others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_by_their_form() {
        let of = |text: &str| aws_principal(&Text::known(text), &Symbols::default());
        let account = || Text::known("111122223333");
        assert_eq!(of("*"), AwsPrincipal::Everybody);
        assert_eq!(of("111122223333"), AwsPrincipal::Account(account()));
        assert_eq!(of("arn:aws:iam::111122223333:root"), AwsPrincipal::Account(account()));
        assert_eq!(of("arn:aws:iam::111122223333:role/a/b"), AwsPrincipal::Identity(account()));
        assert_eq!(of("arn:aws:sts::111122223333:assumed-role/a/s"), AwsPrincipal::Identity(account()));
        assert_eq!(of("arn:aws:iam::111122223333:role/ci-*"), AwsPrincipal::Pattern);
        assert_eq!(of("arn:aws:iam::*:root"), AwsPrincipal::Pattern);
        assert_eq!(of("arn:aws:iam::111122223333:group/admins"), AwsPrincipal::Group);
        assert_eq!(of("AROAEXAMPLEEXAMPLE123"), AwsPrincipal::UniqueId);
        for other in ["arn:aws:iam::111122223333:policy/x", "arn:aws:s3:::b"] {
            assert_eq!(of(other), AwsPrincipal::OtherArn, "{other}");
        }
        for other in ["", "root", "lambda.amazonaws.com", "arn:aws:s3:::", "arn:aws:iam::111122223333:x"] {
            assert_eq!(of(other), AwsPrincipal::Unclear, "{other}");
        }
    }

    #[test]
    fn numbers_of_accounts() {
        let of = |text: &str| account_fault(&Text::known(text));
        assert_eq!(of("210987654321"), None);
        assert_eq!(of("1818188181818187272"), Some(AccountFault::Form));
        assert_eq!(of("ACCOUNT_ID"), Some(AccountFault::Form));
        assert_eq!(of("12345678901"), Some(AccountFault::Short));
        assert_eq!(of("123456789012"), Some(AccountFault::Example));
        assert_eq!((of("1111*"), of("anonymous")), (None, None));
        assert_eq!(account_in(&Text::known("arn:aws:s3:::bucket")), None);
        assert_eq!(account_in(&Text::known("arn:aws:iam::12:root")), Some(Text::known("12")));
    }
}
