//! What issuers of OIDC tokens can issue: `data/providers/`, read where the first such issuer is met.

use std::sync::OnceLock;

use toml::de::{DeTable, DeValue};

use super::subject::{Said, Subject};
use crate::value::{Mark, Symbols, Text, Truth, fits, marks};

/// An issuer of OIDC tokens, or a kind of issuers.
#[derive(Debug)]
pub struct Provider {
    /// Its name for people.
    pub title: String,
    /// The beginning of the names of its classes.
    pub class: String,
    /// Its URL without the scheme; a run stands for what each customer has of its own.
    hosts: Vec<Host>,
    /// The claim that keeps its customers apart, where all of them have one issuer.
    pub shared: Option<String>,
    /// Whether IAM asks of every trust policy that it tests that claim.
    pub controlled: bool,
    /// Whether whoever asks for a token can have its claims put on the session as tags.
    pub session_tags: bool,
    /// The form of the names of its sessions, where the issuer's service chooses them.
    pub session_name: Option<Subject>,
    /// Names of classes, without the beginning.
    pub other_tenant: Option<String>,
    /// As above.
    pub tenant_prefix: Option<String>,
    /// As above.
    pub other_project: Option<String>,
    /// As above.
    pub project_prefix: Option<String>,
    /// As above.
    pub other_workspace: Option<String>,
    /// As above.
    pub workspace_prefix: Option<String>,
    /// The segment of the subject that names the tenant.
    pub tenant: String,
    /// The segment that names the project.
    pub project: String,
    /// The segment that names a workspace of the project, where projects have those.
    pub workspace: Option<String>,
    /// Whether the forms are documented; where they are not, what no form has is unknown.
    pub certain: bool,
    /// A value of one workload for the claim that keeps customers, or workloads, apart.
    pub example: Option<String>,
    /// The audience that guides show.
    audience: Option<String>,
    /// What its witnesses take for granted.
    pub assumes: Vec<String>,
    /// What the witnesses of a known customer's own projects take for granted, where that is something else.
    pub assumes_own: Vec<String>,
    /// The forms of its subjects.
    pub subjects: Vec<Subject>,
    /// Other claims that IAM takes as condition keys.
    pub claims: Vec<Claim>,
    /// Where the facts are from.
    pub source: String,
    /// When they were read.
    pub date: String,
}

/// The address of an issuer.
#[derive(Debug)]
struct Host {
    /// It, with a run for each part that customers have of their own.
    marks: Vec<Mark>,
    /// The name of the one such part, where there is one.
    hole: Option<String>,
}

/// A claim beside the subject.
#[derive(Debug)]
pub struct Claim {
    /// Its name, the last part of the condition key.
    pub name: String,
    /// Who decides its value.
    pub is: ClaimKind,
    /// Whether it says again what the subject says.
    pub restates: bool,
    /// What a witness takes for granted where the policy tests it.
    pub assumes: Option<String>,
    /// Whether it names the project, so that another project of the tenant has another value.
    pub of_project: bool,
}

/// Classes of a known project's own tokens for whatever name a segment has.
pub(super) const ANY_NAME: [(&str, &str); 3] =
    [("any-branch", "branch"), ("any-tag", "tag"), ("any-environment", "environment")];

/// Who decides the value of a claim.
#[derive(Debug)]
pub enum ClaimKind {
    /// Whoever asks for the token; `always`: it is in every token.
    Chosen {
        /// Whether every token has it.
        always: bool,
    },
    /// It names the tenant, with texts of this form.
    Tenant(Subject),
    /// The same, where the token has it at all.
    TenantOrNone(Subject),
    /// Nothing certain is known.
    Unclear,
}

const FILES: [&str; 20] = [
    include_str!("../../../data/providers/github.toml"),
    include_str!("../../../data/providers/github-enterprise.toml"),
    include_str!("../../../data/providers/gitlab.toml"),
    include_str!("../../../data/providers/hcp-terraform.toml"),
    include_str!("../../../data/providers/buildkite.toml"),
    include_str!("../../../data/providers/codefresh.toml"),
    include_str!("../../../data/providers/circleci.toml"),
    include_str!("../../../data/providers/bitbucket.toml"),
    include_str!("../../../data/providers/eks.toml"),
    include_str!("../../../data/providers/vercel.toml"),
    include_str!("../../../data/providers/pulumi.toml"),
    include_str!("../../../data/providers/sandboxes.toml"),
    include_str!("../../../data/providers/shared-by-subject.toml"),
    include_str!("../../../data/providers/google.toml"),
    include_str!("../../../data/providers/facebook.toml"),
    include_str!("../../../data/providers/amazon.toml"),
    include_str!("../../../data/providers/user-pool.toml"),
    include_str!("../../../data/providers/sentinel.toml"),
    include_str!("../../../data/providers/oracle.toml"),
    include_str!("../../../data/providers/unknown.toml"),
];

/// Claims that are keys of every issuer (IAM User Guide, condition keys for AWS OIDC federation).
const OF_EVERY_ISSUER: [&str; 5] = ["aud", "sub", "amr", "email", "oaud"];

/// Whether a claim is a condition key whoever the issuer is.
pub fn is_of_every_issuer(claim: &str) -> bool {
    OF_EVERY_ISSUER.iter().any(|own| own.eq_ignore_ascii_case(claim))
}

/// All of them; the one for issuers that are in no table is the last.
pub fn providers() -> &'static [Provider] {
    static PROVIDERS: OnceLock<Vec<Provider>> = OnceLock::new();
    // A unit test sees that each file can be read.
    PROVIDERS.get_or_init(|| FILES.iter().filter_map(|text| read(text)).collect())
}

/// The provider of an issuer. `Unknown` beside it where the issuer may be another one too.
pub fn of_issuer(issuer: &Text, symbols: &Symbols) -> (Option<&'static Provider>, Truth) {
    let Some(marks) = marks(issuer) else { return (providers().last(), Truth::Unknown) };
    let mut open = false;
    for provider in providers() {
        for host in &provider.hosts {
            match fits(&host.marks, &marks, symbols) {
                Truth::True => return (Some(provider), Truth::True),
                Truth::Unknown => open = true,
                Truth::False => {}
            }
        }
    }
    (providers().last(), if open { Truth::Unknown } else { Truth::True })
}

/// Whether a name is that of an issuer that all its customers have.
pub fn is_name_of_issuer(name: &str) -> bool {
    let is_it = |host: &Host| host.marks.iter().copied().eq(name.chars().map(Mark::Char));
    providers().iter().flat_map(|provider| &provider.hosts).any(is_it)
}

fn read(text: &'static str) -> Option<Provider> {
    let table = DeTable::parse(text).ok()?;
    let table = table.get_ref();
    let optional = |key: &str| get(table, key).and_then(DeValue::as_str).map(str::to_owned);
    let flag = |key: &str| get(table, key).and_then(DeValue::as_bool).unwrap_or_default();
    let list = |key: &str| -> Vec<&DeValue<'static>> {
        let items = get(table, key).and_then(DeValue::as_array);
        items.map(|items| items.iter().map(|item| item.get_ref()).collect()).unwrap_or_default()
    };
    let texts = |key: &str| list(key).into_iter().filter_map(|item| item.as_str().map(str::to_owned));
    Some(Provider {
        title: optional("title")?,
        class: optional("class")?,
        hosts: texts("hosts").map(|host| Host { marks: pattern(&host), hole: hole(&host) }).collect(),
        shared: optional("shared"),
        controlled: flag("controlled"),
        session_tags: flag("session-tags"),
        session_name: optional("session-name").map(|form| Subject::parse(&form)),
        other_tenant: optional("other-tenant"),
        tenant_prefix: optional("tenant-prefix"),
        other_project: optional("other-project"),
        project_prefix: optional("project-prefix"),
        other_workspace: optional("other-workspace"),
        workspace_prefix: optional("workspace-prefix"),
        tenant: optional("tenant").unwrap_or_default(),
        project: optional("project").unwrap_or_default(),
        workspace: optional("workspace"),
        certain: get(table, "certain")?.as_bool()?,
        example: optional("example"),
        audience: optional("audience"),
        assumes: texts("assumes").collect(),
        assumes_own: texts("assumes-own").collect(),
        subjects: list("subject").into_iter().map(|own| subject(own, &list("never"))).collect::<Option<_>>()?,
        claims: list("claim").into_iter().map(claim).collect::<Option<_>>()?,
        source: optional("source")?,
        date: optional("date")?,
    })
}

impl Provider {
    /// The segment of the subject that names whose runs are meant, down to the smallest.
    pub fn finest(&self) -> &str {
        self.workspace.as_deref().unwrap_or(&self.project)
    }

    /// What a subject has up to the end of a segment, an id behind it too, and how the example goes on.
    pub fn example_behind(&self, subject: &Text, segment: &str, symbols: &Symbols) -> Option<(Vec<Mark>, String)> {
        let example = self.example.as_deref()?;
        let end_of = |marks: &[Mark]| {
            let own = self.subjects.iter().find_map(|own| own.own(marks, segment, symbols))?;
            Some(own.beginning.len())
        };
        let of_example: Vec<Mark> = example.chars().map(Mark::Char).collect();
        let rest: String = example.chars().skip(end_of(&of_example)?).collect();
        let (mut own, first) = (marks(subject)?, Mark::Char(rest.chars().next()?));
        let from = end_of(&own)?;
        let end = own.iter().skip(from).take_while(|mark| **mark != first).count();
        own.truncate(from + end);
        Some((own, rest))
    }

    /// The segment of the subject that the address of an issuer names already, with what it has there.
    pub(super) fn given(&self, issuer: &Text) -> Option<(&str, Vec<Mark>)> {
        let issuer = marks(issuer)?;
        self.hosts.iter().find_map(|host| {
            let at = host.marks.iter().position(|mark| *mark == Mark::Run)?;
            let (front, back) = (&host.marks[..at], &host.marks[at + 1..]);
            let own = issuer.strip_prefix(front)?.strip_suffix(back)?;
            let hole = host.hole.as_deref().filter(|hole| self.subjects.iter().any(|subject| subject.has(hole)))?;
            (!own.is_empty()).then(|| (hole, own.to_vec()))
        })
    }

    /// The audience that guides show for an issuer, which may be what its address names.
    pub fn audience_of(&self, issuer: &Text) -> Option<String> {
        let audience = self.audience.as_deref()?;
        let Some(name) = hole(audience) else { return Some(audience.to_owned()) };
        let (_, own) = self.given(issuer).filter(|(segment, _)| *segment == name)?;
        own.iter().map(|mark| if let Mark::Char(c) = mark { Some(*c) } else { None }).collect()
    }

    /// Whether a class, by its name without the beginning, is one of the policy's own tenants.
    pub(super) fn is_of_own(&self, class: &str) -> bool {
        let of_projects = [&self.other_project, &self.project_prefix, &self.other_workspace, &self.workspace_prefix];
        of_projects.into_iter().any(|own| own.as_deref() == Some(class))
            || ANY_NAME.into_iter().any(|(own, _)| own == class)
            || self.subjects.iter().any(|subject| !subject.kind.is_empty() && subject.kind == class)
    }

    /// What witnesses take for granted: those of the policy's own tenants, or of others.
    pub(super) fn assumed(&self, is_own: bool) -> &[String] {
        if is_own && !self.assumes_own.is_empty() { &self.assumes_own } else { &self.assumes }
    }
}

fn get<'t>(table: &'t DeTable<'static>, key: &str) -> Option<&'t DeValue<'static>> {
    table.iter().find(|(own, _)| own.get_ref() == key).map(|(_, value)| value.get_ref())
}

fn subject(value: &DeValue<'static>, never: &[&DeValue<'static>]) -> Option<Subject> {
    let table = value.as_table()?;
    let mut subject = without(Subject::parse(get(table, "form")?.as_str()?), never)?;
    subject.kind = get(table, "kind").and_then(DeValue::as_str).unwrap_or_default().to_owned();
    subject.uncertain = get(table, "uncertain").and_then(DeValue::as_bool).unwrap_or_default();
    let list = |key: &str| get(table, key).and_then(DeValue::as_array).map(|list| list.iter()).into_iter().flatten();
    let texts = |key: &str| list(key).map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<_>>();
    (subject.lacks, subject.hides) = (texts("lacks")?, texts("hides")?);
    subject.says = list("says").map(|item| said(item.get_ref())).collect::<Option<_>>()?;
    Some(subject)
}

/// A form but for the texts that its segments never have.
fn without(mut subject: Subject, never: &[&DeValue<'static>]) -> Option<Subject> {
    for value in never {
        let table = value.as_table()?;
        let texts = |key: &str| {
            let items = get(table, key)?.as_array()?.iter();
            items.map(|item| item.get_ref().as_str()).collect::<Option<Vec<&str>>>()
        };
        for segment in texts("segments")? {
            for text in texts("texts")? {
                subject = subject.but(segment, text);
            }
        }
    }
    Some(subject)
}

fn said(value: &DeValue<'static>) -> Option<Said> {
    let table = value.as_table()?;
    let text = |key: &str| get(table, key).and_then(DeValue::as_str);
    let (before, after) = (text("begins"), text("after"));
    Some(Said {
        claim: text("claim")?.to_owned(),
        after: before.or(after)?.to_owned(),
        begins: before.is_some(),
        until: text("until").and_then(|end| end.chars().next()),
    })
}

fn claim(value: &DeValue<'static>) -> Option<Claim> {
    let table = value.as_table()?;
    let is = match get(table, "is")?.as_str()? {
        "chosen" => ClaimKind::Chosen { always: true },
        "may-be-chosen" => ClaimKind::Chosen { always: false },
        "tenant" => ClaimKind::Tenant(Subject::parse(get(table, "form")?.as_str()?)),
        "tenant-or-none" => ClaimKind::TenantOrNone(Subject::parse(get(table, "form")?.as_str()?)),
        "unclear" => ClaimKind::Unclear,
        _ => return None,
    };
    let [restates, of_project] =
        ["restates", "of-project"].map(|key| get(table, key).and_then(DeValue::as_bool).unwrap_or_default());
    let assumes = get(table, "assumes").and_then(DeValue::as_str).map(str::to_owned);
    Some(Claim { name: get(table, "name")?.as_str()?.to_owned(), is, restates, assumes, of_project })
}

/// The name of the one hole.
fn hole(host: &str) -> Option<String> {
    let (name, rest) = host.split_once('{')?.1.split_once('}')?;
    (!rest.contains('{')).then(|| name.to_owned())
}

/// A host with its holes.
fn pattern(host: &str) -> Vec<Mark> {
    let mut out = Vec::new();
    let mut rest = host;
    while let Some((before, after)) = rest.split_once('{') {
        out.extend(before.chars().map(Mark::Char));
        out.push(Mark::Run);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.extend(rest.chars().map(Mark::Char));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_has_a_source() {
        assert_eq!(providers().len(), FILES.len());
        for provider in providers() {
            assert!(!provider.source.is_empty() && provider.date.len() == 10, "{}", provider.title);
            assert!(!provider.assumes.is_empty() && !provider.claims.is_empty(), "{}", provider.title);
            let has = |name: &String| provider.claims.iter().any(|claim| claim.name == *name);
            assert!(
                provider.shared.iter().all(|claim| claim == "sub" || claim.starts_with("sts:") || has(claim)),
                "{}",
                provider.title
            );
            let named = |name: &str| provider.subjects.iter().any(|subject| subject.has(name));
            let restates = |name: &String| provider.claims.iter().any(|claim| claim.name == *name && claim.restates);
            for subject in &provider.subjects {
                let said = subject.says.iter().map(|said| &said.claim);
                let all: Vec<&String> = said.chain(&subject.lacks).chain(&subject.hides).collect();
                assert!(all.iter().all(|name| restates(name)), "{}: {all:?}", provider.title);
            }
            assert!(provider.project.is_empty() || named(&provider.project), "{}", provider.title);
            assert!(provider.workspace.iter().all(|segment| named(segment)), "{}", provider.title);
        }
    }

    #[test]
    fn providers_by_their_issuers() {
        let of = |issuer: &str| {
            let (provider, certain) = of_issuer(&Text::known(issuer), &Symbols::default());
            (provider.unwrap().class.as_str(), certain)
        };
        assert_eq!(of("token.actions.githubusercontent.com"), ("github", Truth::True));
        assert_eq!(of("token.actions.githubusercontent.com/acme"), ("github-enterprise", Truth::True));
        assert_eq!(of("oidc.eks.eu-west-1.amazonaws.com/id/ABC"), ("irsa", Truth::True));
        assert_eq!(of("gitlab.example.com"), ("oidc", Truth::True));
        assert_eq!(of("oidc.circleci.com/org/1"), ("circleci", Truth::True));
        let turbonomic = "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7";
        assert_eq!(of(turbonomic), ("shared-issuer", Truth::True));
    }
}
