//! TAG005: a test of tags that whoever has none passes.

use crate::checks::Cx;
use crate::checks::remedy::ask;
use crate::checks::words::held_path;
use crate::finding::{Finding, Fix, Label, Mistake, Severity, Written, shown};
use crate::identity::tags::{assume_action, tests_for_tags};
use crate::identity::{Dialect, Entity, Graph, Role, principal_tag};
use crate::policy::{Carried, Effect, Policy, PrincipalKind, Request, Statement, Test, test_passes, variables};
use crate::source::Place;
use crate::value::{Branch, Text, Truth};

/// Finds tag tests that let pass what has no tag, and defaults that stand for every value.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for role in &graph.roles {
        for case in &role.trust.cases {
            let roles = vec![role];
            let document = Document { graph, entity: &role.entity, policy: &case.then, when: &case.when, roles };
            for statement in &case.then.statements {
                let path = |test: &Test| {
                    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
                    format!("AssumeRolePolicyDocument.{}.Condition.{operator}.{key}", statement.path())
                };
                document.trusts(statement, &path, findings);
            }
        }
    }
    for policy in &graph.policies {
        for case in &policy.document.cases {
            let roles = policy.roles.iter().map(|(id, _)| graph.role(*id)).filter(|_| policy.roles_complete).collect();
            let document = Document { graph, entity: &policy.entity, policy: &case.then, when: &case.when, roles };
            for statement in &case.then.statements {
                let path = |test: &Test| held_path(policy, statement, Some(test));
                document.permits(statement, &path, findings);
                document.defaults(statement, &|test| held_path(policy, statement, test), findings);
            }
        }
    }
}

/// A policy in one branch, and the resource that has it.
struct Document<'g> {
    graph: &'g Graph,
    entity: &'g Entity,
    policy: &'g Policy,
    when: &'g Branch,
    /// The role whose trust policy it is, or all that have it; none where these are not known.
    roles: Vec<&'g Role>,
}

/// What a test looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About<'t> {
    /// A tag of whoever asks.
    Asker(&'t str),
    /// A tag that comes with the request.
    Brought(&'t str),
    /// A tag of what is asked for.
    Asked(&'t str),
    /// Which keys of tags come with the request.
    Keys,
}

/// Tag keys of the request itself, in lower case.
const KEYS: [&str; 2] = ["aws:tagkeys", "sts:transitivetagkeys"];

fn about(test: &Test) -> Option<About<'_>> {
    let key = test.key.as_known()?;
    let (front, tag) = key.split_once('/').unwrap_or((key, ""));
    match front.to_ascii_lowercase().as_str() {
        "aws:requesttag" => Some(About::Brought(tag)),
        front if front.ends_with(":resourcetag") => Some(About::Asked(tag)),
        front if KEYS.contains(&front) => Some(About::Keys),
        _ => principal_tag(key).map(About::Asker),
    }
}

/// Whether a value is the same for everybody who asks.
fn is_constant(value: &Text) -> bool {
    value.as_known().is_some_and(|known| !known.contains("${"))
}

/// A value that no policy names.
const FOREIGN: &str = "nobodys-value-0";

/// What stands for a value that only the deployment knows.
const NAMED: &str = "some-value-0";

impl Document<'_> {
    /// Whether a test passes for a request with, or without, what it looks at.
    fn passes(&self, test: &Test, carried: Option<Carried>) -> Truth {
        let context = carried.map(|carried| (test.key.clone(), carried)).into_iter().collect();
        let action = "sts:AssumeRole".to_owned();
        let request =
            Request { principal: (PrincipalKind::Aws, Text::known("*")), action, resource: Text::known("*"), context };
        test_passes(test, self.policy, &request, &self.graph.symbols)
    }

    /// Whether a test passes for a value that it does not name, whatever it names.
    fn passes_foreign(&self, test: &Test) -> Truth {
        let value = Text::known(FOREIGN);
        let carried = if about(test) == Some(About::Keys) { Carried::Many(vec![value]) } else { Carried::One(value) };
        let named = |value: &Text| if value.as_known().is_some() { value.clone() } else { Text::known(NAMED) };
        let known = Test {
            values: test.values.iter().map(|(value, at)| (named(value), *at)).collect(),
            operator_text: test.operator_text.clone(),
            key: test.key.clone(),
            ..*test
        };
        self.passes(&known, Some(carried))
    }

    /// Whether whoever has no tag, and whoever has another one, passes.
    fn is_negative(&self, test: &Test) -> bool {
        self.passes(test, None).is_true() && self.passes_foreign(test).is_true()
    }

    /// Whether only a tag of one's own makes it pass.
    fn needs(&self, test: &Test) -> bool {
        self.passes(test, None).is_false()
    }

    /// Whether another line of the statement asks for the same key.
    fn is_asked_for(&self, statement: &Statement, test: &Test) -> bool {
        let same = |other: &&Test| match (other.key.as_known(), test.key.as_known()) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        };
        statement.conditions.tests.iter().filter(same).any(|other| self.needs(other))
    }

    /// A statement of a trust policy.
    fn trusts(&self, statement: &Statement, path: &dyn Fn(&Test) -> String, findings: &mut Vec<Finding>) {
        let is_barred = tests_for_tags(statement, self.policy).next().is_some();
        for test in &statement.conditions.tests {
            let Some(what) = about(test) else { continue };
            let found = match (statement.effect, what) {
                (Effect::Allow, About::Keys) if !is_barred && assume_action(statement).is_some() => {
                    self.keys(statement, test)
                }
                // What is asked for is the role itself.
                (Effect::Allow, About::Asked(key)) if self.is_tagged(key) => None,
                (Effect::Allow, About::Asker(_) | About::Asked(_)) => self.negative(statement, test, what),
                (Effect::Deny, About::Asker(key) | About::Brought(key)) => self.denies(statement, test, key),
                _ => None,
            };
            findings.extend(found.map(|finding| self.placed(finding, statement, path(test))));
        }
    }

    /// A statement of a permission policy.
    fn permits(&self, statement: &Statement, path: &dyn Fn(&Test) -> String, findings: &mut Vec<Finding>) {
        for test in &statement.conditions.tests {
            let Some(what) = about(test) else { continue };
            if matches!(what, About::Asker(key) if self.is_tagged(key)) {
                continue;
            }
            let found = match (statement.effect, what) {
                (Effect::Allow, About::Asker(_) | About::Asked(_)) if !is_said(findings, test.key_at.place) => {
                    self.negative(statement, test, what).map(|mut finding| {
                        // A resource that has a certain tag may be left out on purpose.
                        let is_mark = matches!(what, About::Asked(_));
                        if is_mark && test.values.iter().all(|(value, _)| is_constant(value)) {
                            finding.severity = Severity::Info;
                        }
                        finding
                    })
                }
                (Effect::Deny, About::Asker(key)) if !is_said(findings, test.key_at.place) => {
                    self.denies(statement, test, key).map(|mut finding| {
                        // That some are kept out by a tag of theirs may be all that is meant.
                        finding.severity = Severity::Info;
                        finding
                    })
                }
                _ => None,
            };
            findings.extend(found.map(|finding| self.placed(finding, statement, path(test))));
        }
    }

    fn placed(&self, mut finding: Finding, statement: &Statement, path: String) -> Finding {
        finding.subject = self.entity.property(path);
        finding.mistake = Mistake { statement: Some(statement.at.place), element: "Tag", bare: false };
        finding.branch = self.when.clone();
        finding
    }

    fn finding(&self, place: Place, message: String, why: &str) -> Finding {
        let subject = self.entity.subject.clone();
        Finding::new("TAG005", Severity::Warning, message, Label::new(place, why), subject)
    }

    /// An upper bound on keys, which nothing at all keeps.
    fn keys(&self, statement: &Statement, test: &Test) -> Option<Finding> {
        let is_bound = self.passes(test, None).is_true() && self.passes_foreign(test).is_false();
        // Where no key at all may come, tags are not wanted.
        let of_own = test.values.iter().map(|(value, _)| self.passes(test, Some(Carried::Many(vec![value.clone()]))));
        let is_ban = Truth::any(of_own).is_false();
        (is_bound && !is_ban).then_some(())?;
        let key = test.values.first().and_then(|(value, _)| value.as_known()).unwrap_or("KEY");
        let message = format!("callers without any tag pass the tag test of {}", self.entity.name());
        let mut finding = self.finding(test.values_at.place, message, "says which keys may come, not that one must");
        let tag = format!("aws:RequestTag/{key}");
        finding.help = format!("ask for the tag beside it\n  {}", self.line("StringLike", &tag, "*"));
        if key != "KEY" {
            finding.fix = Some(beside(statement, "StringLike", &tag, "*"));
        }
        Some(finding)
    }

    /// A test that passes unless the tag has a certain value.
    fn negative(&self, statement: &Statement, test: &Test, what: About<'_>) -> Option<Finding> {
        if !self.is_negative(test) || self.is_asked_for(statement, test) {
            return None;
        }
        let name = self.entity.name();
        let message = match what {
            About::Asked(key) => format!("what has no tag {} passes a test of {name}", shown(key)),
            About::Asker(key) | About::Brought(key) => {
                format!("whoever has no tag {} passes a test of {name}", shown(key))
            }
            About::Keys => return None,
        };
        let mut finding = self.finding(test.values_at.place, message, "passes where the tag is not there, too");
        let key = test.key.as_known().unwrap_or_default();
        finding.help = format!("ask for the tag beside it\n  {}", self.line("'Null'", key, "false"));
        finding.fix = Some(beside(statement, "Null", key, "false"));
        Some(finding)
    }

    /// A Deny for those who have a tag, and nothing that asks the others for it.
    fn denies(&self, statement: &Statement, test: &Test, key: &str) -> Option<Finding> {
        let by_tag_alone = statement.conditions.tests.iter().all(|test| about(test).is_some());
        if !by_tag_alone || !self.needs(test) || !self.is_barrier(test) {
            return None;
        }
        // `Null: false` looks whether there is a tag at all, and says so.
        if self.passes_foreign(test).is_true() {
            return None;
        }
        let message = format!("{} denies nothing to whoever has no tag {}", self.entity.name(), shown(key));
        let mut finding = self.finding(test.values_at.place, message, "fails where the tag is not there");
        finding.help =
            "deny whoever lacks a value that you allow: StringNotEquals also holds without the tag".to_owned();
        Some(finding)
    }

    /// Whether no Allow statement of the policy asks for the key, and one lets in whoever has no tag, so that the Deny
    /// is all there is.
    fn is_barrier(&self, test: &Test) -> bool {
        let allowing = || self.policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        !self.policy.opaque
            && !allowing().any(|statement| self.is_asked_for(statement, test))
            && allowing().any(|statement| !self.asks_for_a_tag(statement))
    }

    /// Whether only who has some tag passes a statement.
    fn asks_for_a_tag(&self, statement: &Statement) -> bool {
        let is_of_asker = |test: &Test| matches!(about(test), Some(About::Asker(_) | About::Brought(_)));
        statement.conditions.tests.iter().any(|test| is_of_asker(test) && self.needs(test))
    }

    /// Whether every role that it is about certainly has a tag itself, which all its sessions have then (IAM User Guide,
    /// session tags).
    fn is_tagged(&self, key: &str) -> bool {
        let has = |role: &&Role| role.tags.known.iter().any(|own| own.eq_ignore_ascii_case(key));
        !self.roles.is_empty() && self.roles.iter().all(has)
    }

    /// Variables whose default fits every value.
    fn defaults(&self, statement: &Statement, path: &dyn Fn(Option<&Test>) -> String, findings: &mut Vec<Finding>) {
        if statement.effect != Effect::Allow {
            return;
        }
        for variable in variables(statement, self.policy) {
            let Some(key) = principal_tag(&variable.key) else { continue };
            if self.is_tagged(key) {
                continue;
            }
            // Without wildcards a star is a character like any other.
            if variable.excludes || !variable.is_pattern || variable.default.as_deref() != Some("*") {
                continue;
            }
            let message = format!("whoever has no tag {} may reach what belongs to all others", shown(key));
            let why = "the default '*' stands for every value where the tag is not there";
            let mut finding = self.finding(variable.at.place, message, why);
            finding.assumes.push("a wildcard in a default counts as one, which no document says".to_owned());
            finding.help = "leave the default out: without the tag the statement then allows nothing".to_owned();
            findings.push(self.placed(finding, statement, path(variable.test)));
        }
    }

    fn line(&self, operator: &str, key: &str, value: &str) -> String {
        let bare = operator.trim_matches('\'');
        match self.entity.dialect {
            Dialect::Yaml => format!("{operator}: {{ {key}: '{value}' }}"),
            Dialect::Json => format!("\"{bare}\": {{ \"{key}\": \"{value}\" }}"),
            Dialect::Cdk => format!("{bare}: {{ '{key}': '{value}' }},"),
        }
    }
}

/// One more test in a statement.
fn beside(statement: &Statement, operator: &str, key: &str, value: &str) -> Box<Fix> {
    let changes = ask(statement, None, operator, key, Written::text(value));
    Box::new(Fix::offered("ask for the tag, too", changes))
}

/// Whether it is said already that callers choose the tag, or that nobody has it.
fn is_said(findings: &[Finding], place: Place) -> bool {
    findings.iter().any(|finding| match finding.rule {
        "TAG003" => finding.primary.place == place,
        "TAG004" => finding.related.iter().any(|label| label.place == place),
        _ => false,
    })
}
