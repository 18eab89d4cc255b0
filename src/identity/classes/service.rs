//! AWS services that act for the own account, for another one, or do not say for whom.

use super::Unwanted;
use super::bench::{Bench, Question};
use super::caller::{first, own_organization, own_paths, wrong_external_id};
use super::keys::{self, Keys, absent, chosen, perhaps};
use crate::identity::cognito::TAG_SESSION;
use crate::identity::services::is_service;
use crate::identity::witness::Refused;
use crate::policy::{Carried, Domain, PrincipalKind, asked_keys};
use crate::value::{Form, Mark, Pattern, Text, Truth, marks};

const ASSUME: &str = "sts:AssumeRole";
const EXTERNAL_ID: &str = "sts:ExternalId";

/// What a guide says about source keys in the trust policies of a service's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKeys {
    /// It shows them.
    Documented,
    /// It shows them with operators that pass without them: some calls lack them.
    IfExists,
    /// It mentions them.
    Mentioned,
    /// They would break the role.
    Unsupported,
    /// Nothing is known.
    Unknown,
}

/// What the table has of a service: what is known of its source keys, whether it sends an external id, a source, and
/// the types of resources for which alone a guide shows the keys.
fn row(service: &Text) -> Option<[&'static str; 4]> {
    let own = rows().filter_map(|row| row.split_once('\t')).filter(|(name, _)| is_service(service, name));
    let cells = own.map(|(_, row)| row.split('\t').collect::<Vec<_>>());
    cells.filter_map(|cells| <[&str; 4]>::try_from(cells).ok()).next()
}

/// What is known of a service: its source keys, and whether it sends an external id.
fn facts(service: &Text) -> (SourceKeys, bool) {
    let Some([keys, external, ..]) = row(service) else { return (SourceKeys::Unknown, false) };
    let keys = match keys {
        "documented" => SourceKeys::Documented,
        "if-exists" => SourceKeys::IfExists,
        "mentioned" => SourceKeys::Mentioned,
        "unsupported" => SourceKeys::Unsupported,
        _ => SourceKeys::Unknown,
    };
    (keys, external == "yes")
}

/// The types of resources for which a service's guide shows source keys, where it does so for one use of the service
/// only.
pub fn guarded_kinds(service: &Text) -> impl Iterator<Item = &'static str> {
    row(service).into_iter().flat_map(|[.., kinds]| kinds.split(' ')).filter(|kind| *kind != "-")
}

/// What a guide says about source keys in the trust policies of a service's roles.
pub fn source_keys(service: &Text) -> SourceKeys {
    facts(service).0
}

/// Whether a resource is one for which some service's guide shows source keys.
pub fn is_guarded_kind(kind: &str) -> bool {
    rows().any(|row| row.rsplit('\t').next().is_some_and(|kinds| kinds.split(' ').any(|own| own == kind)))
}

fn rows() -> impl Iterator<Item = &'static str> {
    include_str!("../../../data/service-source-keys.tsv").lines().filter(|line| !line.starts_with('#'))
}

/// The tags that EKS Pod Identity puts on sessions (EKS User Guide, Grant Pods access to AWS resources based on
/// tags).
const POD_TAGS: [&str; 6] = [
    "eks-cluster-arn",
    "eks-cluster-name",
    "kubernetes-namespace",
    "kubernetes-service-account",
    "kubernetes-pod-name",
    "kubernetes-pod-uid",
];

/// Asks the classes of each service that the policy names.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for principal in bench.named(PrincipalKind::Service) {
        let mut asking = Asking::new(bench, principal.value);
        if !asking.sends_tags() {
            asking.all();
            continue;
        }
        // Pods have tags on their sessions unless their association turns these off: the better of both counts.
        let from = asking.bench.answers.len();
        asking.all();
        let plain = asking.bench.answers.split_off(from);
        asking.tagged = true;
        asking.all();
        let tagged = asking.bench.answers.split_off(from);
        for (plain, tagged) in plain.into_iter().zip(tagged) {
            let is_worse = !plain.answer.truth.is_true() && !tagged.answer.truth.is_false();
            asking.bench.answers.push(if is_worse { tagged } else { plain });
        }
    }
    if bench.is_open_for(PrincipalKind::Service, ASSUME) {
        let service = Text::symbol(bench.clerk.ours("a service", "{a9.-}.amazonaws.com", "example.amazonaws.com"));
        let doubt = Some("which services can ask for the role");
        Asking { doubt, ..Asking::new(bench, service) }.all();
    }
}

/// Whether a service that acts for the own account is let in, under one of the names that a policy has for it, where
/// it sends this external id.
pub(super) fn is_let_in(bench: &mut Bench<'_>, names: Vec<Text>, external: &Domain) -> Truth {
    let from = bench.answers.len();
    for service in names {
        let external = Some(external.clone());
        let mut asking = Asking { external, ..Asking::new(&mut *bench, service) };
        asking.all();
        if asking.sends_tags() {
            asking.tagged = true;
            asking.all();
        }
    }
    let own = ["service/own-account", "service/no-source-keys"];
    let answers = bench.answers.split_off(from);
    Truth::any(answers.iter().filter(|one| own.contains(&one.class.as_str())).map(|one| one.answer.truth))
}

/// Patterns for accounts, of which one account each is asked about.
const MOST_PATTERNS: usize = 4;
/// Digits with which they are filled: an account that the policy names may be the first.
const FILLINGS: [&str; 3] = ["735182946072", "480627193584", "269403815762"];

/// An account that lies in a pattern; none where it holds anything but digits.
fn account_in(pattern: &[Mark], digits: &str) -> Option<String> {
    let fixed = pattern.iter().filter(|mark| !matches!(mark, Mark::Run)).count();
    let mut missing = digits.len().checked_sub(fixed)?;
    let mut digits = digits.chars();
    let mut account = String::new();
    for mark in pattern {
        match mark {
            Mark::Char(digit) if digit.is_ascii_digit() => account.push(*digit),
            Mark::One => account.extend(digits.next()),
            Mark::Run => account.extend(digits.by_ref().take(std::mem::take(&mut missing))),
            _ => return None,
        }
    }
    (missing == 0).then_some(account)
}

struct Asking<'a, 'b> {
    bench: &'a mut Bench<'b>,
    service: Text,
    /// What it sends as the external id, where a resource says that.
    external: Option<Domain>,
    /// What has no certain answer where the policy names no service.
    doubt: Option<&'static str>,
    /// Whether the session has tags.
    tagged: bool,
    /// The organization of the role's account.
    organization: Domain,
}

impl<'a, 'b> Asking<'a, 'b> {
    fn new(bench: &'a mut Bench<'b>, service: Text) -> Self {
        let organization = first(&own_organization(bench).id);
        Self { bench, service, external: None, doubt: None, tagged: false, organization }
    }
}

impl Asking<'_, '_> {
    fn all(&mut self) {
        let own = self.bench.arn_part(4);
        let keys = self.sourced(own.clone(), perhaps(), perhaps(), &[]);
        self.ask("own-account", keys, Unwanted::ByRule, "the service says for which resource of the account it acts");
        self.without_account((own, perhaps(), perhaps()), &[], Unwanted::ByRule);
        let other = Text::symbol(self.bench.clerk.account());
        let organization = self.bench.clerk.letter("organization", "o-{a9}");
        let paths = keys::paths_of(organization, &own_paths(self.bench, "aws:SourceOrgPaths"));
        let organization = Domain::OneOf(vec![None, Some(Carried::One(Text::symbol(organization)))]);
        let from = self.bench.answers.len();
        // Where a test has a pattern, also an account that lies in it.
        for account in std::iter::once(other).chain(self.accounts_in_patterns()) {
            self.foreign(account, &organization, &paths);
            if self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true()) {
                break;
            }
        }
        self.bench.keep_one(from);
        let none = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"];
        let keys = self.keys(none.map(|name| keys::key(name, absent())).to_vec());
        self.ask("no-source-keys", keys, Unwanted::ByRule, "the service does not say for which resource it acts");
    }

    fn foreign(&mut self, other: Text, organization: &Domain, paths: &Domain) {
        let named = self.named_accounts();
        let mut keys = self.sourced(other.clone(), organization.clone(), paths.clone(), &named);
        if facts(&self.service).1 {
            // What the other account has set there: it does not know the id of this one.
            keys.retain(|(name, _)| name.as_known() != Some(EXTERNAL_ID));
            keys.push(keys::key(EXTERNAL_ID, chosen(wrong_external_id(self.bench), true)));
        }
        let unwanted = match source_keys(&self.service) {
            SourceKeys::Documented | SourceKeys::IfExists => Unwanted::Always,
            _ if self.doubt.is_some() => Unwanted::Always,
            _ => Unwanted::ByRule,
        };
        let assumes = "the service acts for a resource of another account, and says so";
        self.ask("foreign-account", keys, unwanted, assumes);
        let is_out = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_false());
        if is_out && !named.is_empty() {
            // By an ARN with a named account in its last part, which no guide shows.
            let keys = self.sourced(other.clone(), organization.clone(), paths.clone(), &[]);
            self.ask("foreign-account", keys, unwanted, assumes);
            let wide = self.bench.answers.pop();
            let is_open = wide.is_some_and(|answer| !answer.answer.truth.is_false());
            if let Some(last) = self.bench.answers.last_mut().filter(|_| is_open) {
                last.answer.truth = Truth::Unknown;
                last.doubt = Some("whether the service has a resource whose ARN passes the test".to_owned());
            }
        }
        self.without_account((other, organization.clone(), paths.clone()), &named, unwanted);
    }

    /// The last class once more, where it is kept out and a test names a resource whose ARN has no account: those of other
    /// services than S3 have none, too (Service Authorization Reference, resource types of API Gateway and Route 53).
    fn without_account(&mut self, source: (Text, Domain, Domain), without: &[Pattern], unwanted: Unwanted) {
        let Some(last) = self.bench.answers.last().filter(|last| last.answer.truth.is_false()).cloned() else { return };
        // An id that the template's own resource gets is no other account's.
        let is_own = |arn: &Vec<Mark>| {
            let rest = arn.split(|mark| *mark == Mark::Char(':')).skip(5);
            source.0 != self.bench.arn_part(4) && rest.flatten().any(|mark| matches!(mark, Mark::Symbol(_)))
        };
        let is_meant = |arn: &Vec<Mark>| {
            let account = arn.split(|mark| *mark == Mark::Char(':')).nth(4);
            account.is_some_and(<[Mark]>::is_empty) && !is_own(arn)
        };
        if !self.bench.values_on(&Text::known("aws:SourceArn")).iter().any(is_meant) {
            return;
        }
        let fronts = ["arn:{a-}:{a9.-}:{a9-}::", "arn:{a-}:{a9.-}:::"];
        let arns = fronts.map(|front| Form::new(&format!("{front}{{aA9._:/@+=,-}}"))).to_vec();
        let keys = self.with_arns(source, arns, without);
        let class = last.class.trim_start_matches("service/");
        self.ask(class, keys, unwanted, last.assumes.first().map_or("", String::as_str));
        let Some(mut answer) = self.bench.answers.pop().filter(|answer| !answer.answer.truth.is_false()) else {
            return;
        };
        answer.assumes.push("the ARNs of such resources have no account in them".to_owned());
        if let Some(last) = self.bench.answers.last_mut() {
            *last = answer;
        }
    }

    /// Accounts that nobody named, one in each pattern that the tests have for an account.
    fn accounts_in_patterns(&self) -> Vec<Text> {
        let is_open = |mark: &Mark| matches!(mark, Mark::Run | Mark::One);
        let mut patterns = self.bench.values_on(&Text::known("aws:SourceAccount"));
        let arns = self.bench.values_on(&Text::known("aws:SourceArn"));
        patterns.extend(
            arns.iter().filter_map(|arn| arn.split(|mark| *mark == Mark::Char(':')).nth(4)).map(<[Mark]>::to_vec),
        );
        // A run alone takes any account, that of a stranger too.
        patterns.retain(|marks| marks.iter().any(is_open) && marks.as_slice() != [Mark::Run]);
        let own = self.bench.arn_part(4);
        let named = self.bench.exact_values(&Text::known("aws:SourceAccount"));
        let is_new = |account: &String| {
            let marks: Vec<Mark> = account.chars().map(Mark::Char).collect();
            own.as_known() != Some(account) && !named.contains(&marks)
        };
        let mut accounts: Vec<String> = Vec::new();
        for pattern in patterns {
            let account = FILLINGS.iter().find_map(|digits| account_in(&pattern, digits).filter(is_new));
            accounts.extend(account.filter(|account| !accounts.contains(account)));
        }
        accounts.truncate(MOST_PATTERNS);
        accounts.into_iter().map(Text::known).collect()
    }

    /// What the service carries when it acts for a resource of an account. The ARNs of some resources have no
    /// account in them (IAM User Guide, `aws:SourceArn`).
    fn sourced(&self, account: Text, organization: Domain, paths: Domain, without: &[Pattern]) -> Keys {
        let marks = marks(&account).unwrap_or_default();
        let rest = || Form::new(":{aA9._:/@+=,-}").after(&marks);
        let front = ["arn:{a-}:{a9.-}:{a9-}:", "arn:{a-}:{a9.-}::"];
        let mut arns: Vec<Form> = front.iter().map(|front| Form::new(front).then(&rest())).collect();
        arns.push(Form::new("arn:{a-}:s3:::{aA9.-}"));
        self.with_arns((account, organization, paths), arns, without)
    }

    /// The same for ARNs of some forms.
    fn with_arns(&self, source: (Text, Domain, Domain), arns: Vec<Form>, without: &[Pattern]) -> Keys {
        let (account, organization, paths) = source;
        let arns = arns.into_iter().map(|form| form.but(without.iter().cloned())).collect();
        self.keys(vec![
            keys::key("aws:SourceAccount", Domain::one(account)),
            keys::key("aws:SourceArn", Domain::Text { forms: arns, optional: false }),
            keys::key("aws:SourceOrgID", organization),
            keys::key("aws:SourceOrgPaths", paths),
        ])
    }

    /// All that holds an account that the tests on `aws:SourceArn` name in its place.
    fn named_accounts(&self) -> Vec<Pattern> {
        let is_open = |mark: &Mark| matches!(mark, Mark::Run | Mark::One);
        let holding = |marks: &Vec<Mark>| {
            let account = marks.split(|mark| *mark == Mark::Char(':')).nth(4)?;
            let is_named = !account.is_empty() && !account.iter().any(is_open);
            is_named.then(|| Pattern::new(&[&[Mark::Run], account, &[Mark::Run]].concat()))
        };
        self.bench.values_on(&Text::known("aws:SourceArn")).iter().filter_map(holding).collect()
    }

    /// What the service carries besides.
    fn keys(&self, source: Keys) -> Keys {
        let mut keys = keys::of_every_call();
        keys.extend(source);
        let by_table = || if facts(&self.service).1 { chosen(Form::any(), true) } else { perhaps() };
        let external = self.external.clone().unwrap_or_else(by_table);
        let list = Domain::Exactly(Some(Carried::Many(vec![self.service.clone()])));
        keys.extend([
            keys::key("aws:PrincipalServiceName", Domain::one(self.service.clone())),
            keys::key("aws:PrincipalServiceNamesList", list),
            keys::key("aws:PrincipalIsAWSService", Domain::known("true")),
            keys::key("aws:ResourceAccount", Domain::one(self.bench.arn_part(4))),
            keys::key("aws:ResourceOrgID", self.organization.clone()),
            keys::key(EXTERNAL_ID, external),
        ]);
        if self.tagged {
            keys.extend(POD_TAGS.map(|tag| keys::key(&format!("aws:RequestTag/{tag}"), chosen(keys::some(), false))));
            let always = POD_TAGS.map(Text::known).to_vec();
            keys.push(keys::key("aws:TagKeys", Domain::Exactly(Some(Carried::Many(always)))));
            keys.push(keys::key("sts:TransitiveTagKeys", perhaps()));
        }
        // Whoever has a certificate of an anchor of their own chose what stands in it (IAM Roles Anywhere User Guide,
        // trust model).
        if self.service.as_known() == Some("rolesanywhere.amazonaws.com") {
            let of_certificate = |name: &str| name.starts_with("aws:principaltag/x509") || name == "sts:sourceidentity";
            let asked = asked_keys(self.bench.policy).into_iter();
            let names = asked.filter(|key| key.as_known().is_some_and(|key| of_certificate(&key.to_ascii_lowercase())));
            keys.extend(names.map(|name| (name, chosen(Form::any(), true))));
        }
        // No principal of an account asks (IAM User Guide, global condition keys, availability).
        let never =
            ["aws:principalarn", "aws:principalorg", "aws:principalaccount", "aws:username", "aws:multifactorauth"];
        // Only the sessions of pods have tags that are documented.
        let tags = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"];
        let never: Vec<&str> = never.into_iter().chain(tags.into_iter().filter(|_| self.sends_tags())).collect();
        keys::with_asked(keys, self.bench.policy, &never, &self.bench.clerk.symbols)
    }

    fn sends_tags(&self) -> bool {
        self.service.as_known() == Some("pods.eks.amazonaws.com")
    }

    fn ask(&mut self, class: &str, keys: Keys, unwanted: Unwanted, assumes: &str) {
        self.bench.ask(Question {
            class: format!("service/{class}"),
            principals: (PrincipalKind::Service, vec![self.service.clone()]),
            actions: if self.tagged { vec![ASSUME, TAG_SESSION] } else { vec![ASSUME] },
            keys,
            unwanted,
            assumes: vec![assumes.to_owned()],
            refused: Refused::No,
            doubt: self.doubt.map(str::to_owned),
        });
    }
}
