//! A policy and a request, in parts that can be changed one by one, and their form as a line of `rolecall eval`.

use rolecall::policy::PrincipalKind;
use serde_json::{Map, Value, json};

/// A policy and a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// `Version`.
    pub version: Option<String>,
    /// The statements.
    pub statements: Vec<Statement>,
    /// Who asks for what.
    pub request: Request,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Allow, or else Deny.
    pub allow: bool,
    /// `Principal` or `NotPrincipal`.
    pub principals: Element<Named>,
    /// `Action` or `NotAction`.
    pub actions: Element<String>,
    /// `Resource` or `NotResource`, where there is one.
    pub resources: Option<Element<String>>,
    /// The lines of its Condition.
    pub tests: Vec<Test>,
}

/// An element that names some, or all but some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element<T> {
    /// Whether it is the `Not` form.
    pub not: bool,
    /// Those that it names.
    pub members: Vec<T>,
}

/// A principal of a statement; without a kind it is the bare `"*"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The key of the Principal element.
    pub kind: Option<PrincipalKind>,
    /// Its text.
    pub value: String,
}

/// One line of a Condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The operator.
    pub operator: Operator,
    /// The condition key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// A condition operator in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues` or `ForAnyValue`.
    pub set: Option<Set>,
    /// `StringEquals` and the like.
    pub name: String,
    /// `…IfExists`.
    pub if_exists: bool,
}

/// The set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// `ForAllValues`.
    All,
    /// `ForAnyValue`.
    Any,
}

/// Who asks for what, with which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The kind of who asks.
    pub kind: PrincipalKind,
    /// Who asks.
    pub principal: String,
    /// For what.
    pub action: String,
    /// The role, or another resource.
    pub resource: String,
    /// The keys, none twice.
    pub context: Vec<(String, Carried)>,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Of a single-valued key.
    One(String),
    /// Of a multivalued key.
    Many(Vec<String>),
}

impl Carried {
    /// Its values.
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl Request {
    /// What it carries for a key; names compare without case.
    pub fn get(&self, key: &str) -> Option<&Carried> {
        self.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, carried)| carried)
    }
}

impl Operator {
    /// The operator of this name, whatever stands before and after it.
    pub fn parse(text: &str) -> Self {
        let (set, name) = match text.split_once(':') {
            Some(("ForAllValues", name)) => (Some(Set::All), name),
            Some((_, name)) => (Some(Set::Any), name),
            None => (None, text),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        Self { set, name: name.to_owned(), if_exists }
    }

    /// As a policy writes it.
    pub fn text(&self) -> String {
        let set = match self.set {
            Some(Set::All) => "ForAllValues:",
            Some(Set::Any) => "ForAnyValue:",
            None => "",
        };
        format!("{set}{}{}", self.name, if self.if_exists { "IfExists" } else { "" })
    }

    /// Whether it passes where the operator without its `Not` does not.
    pub fn is_negated(&self) -> bool {
        self.name.contains("Not")
    }

    /// Whether `*` and `?` are wildcards for it.
    pub fn is_like(&self) -> bool {
        matches!(self.name.as_str(), "StringLike" | "StringNotLike") || self.is_arn()
    }

    /// Whether it compares ARNs.
    pub fn is_arn(&self) -> bool {
        self.name.starts_with("Arn")
    }

    /// Whether policy variables are replaced in its values (IAM User Guide, Policy variables: where they can
    /// be used).
    pub fn takes_variables(&self) -> bool {
        self.name.starts_with("String") || self.is_arn()
    }
}

impl Pair {
    /// Whether `${…}` is a variable in it.
    pub fn has_variables(&self) -> bool {
        self.version.as_deref() == Some("2012-10-17")
    }

    /// The policy as JSON.
    pub fn policy(&self) -> Value {
        let mut policy = Map::new();
        if let Some(version) = &self.version {
            policy.insert("Version".into(), json!(version));
        }
        policy.insert("Statement".into(), self.statements.iter().map(Statement::json).collect());
        Value::Object(policy)
    }

    /// The line of `rolecall eval`.
    pub fn line(&self) -> String {
        let Request { kind, principal, action, resource, context } = &self.request;
        let context: Map<String, Value> = context
            .iter()
            .map(|(key, carried)| match carried {
                Carried::One(value) => (key.clone(), json!(value)),
                Carried::Many(values) => (key.clone(), json!(values)),
            })
            .collect();
        json!({"policy": self.policy(), "principal": {"type": kind.name(), "value": principal}, "action": action,
               "resource": resource, "context": context})
        .to_string()
    }

    /// The pair of a line of `rolecall eval`.
    ///
    /// # Errors
    /// Where the line is no such line, or has what a pair cannot hold.
    pub fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Self::of(&value).ok_or_else(|| format!("no pair: {line}"))
    }

    fn of(value: &Value) -> Option<Self> {
        let policy = value.get("policy")?;
        let statements = policy.get("Statement")?.as_array()?.iter().map(Statement::of);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let carried = |value: &Value| match value {
            Value::Array(members) => members.iter().map(text).collect::<Option<_>>().map(Carried::Many),
            value => text(value).map(Carried::One),
        };
        let context = value.get("context")?.as_object()?.iter();
        let principal = value.get("principal")?;
        Some(Self {
            version: policy.get("Version").and_then(text),
            statements: statements.collect::<Option<_>>()?,
            request: Request {
                kind: PrincipalKind::parse(principal.get("type")?.as_str()?)?,
                principal: text(principal.get("value")?)?,
                action: text(value.get("action")?)?,
                resource: text(value.get("resource")?)?,
                context: context.map(|(key, value)| Some((key.clone(), carried(value)?))).collect::<Option<_>>()?,
            },
        })
    }
}

impl Statement {
    fn json(&self) -> Value {
        let mut statement = Map::new();
        statement.insert("Effect".into(), json!(if self.allow { "Allow" } else { "Deny" }));
        statement.insert(self.principals.key("Principal"), principals(&self.principals.members));
        statement.insert(self.actions.key("Action"), one_or_many(&self.actions.members));
        if let Some(resources) = &self.resources {
            statement.insert(resources.key("Resource"), one_or_many(&resources.members));
        }
        let mut conditions = Map::new();
        for test in &self.tests {
            let keys = conditions.entry(test.operator.text()).or_insert_with(|| json!({}));
            if let Value::Object(keys) = keys {
                keys.insert(test.key.clone(), one_or_many(&test.values));
            }
        }
        if !conditions.is_empty() {
            statement.insert("Condition".into(), Value::Object(conditions));
        }
        Value::Object(statement)
    }

    fn of(value: &Value) -> Option<Self> {
        let element = |name: &str| {
            let own = value.get(name).map(|value| (false, value));
            own.or_else(|| value.get(format!("Not{name}")).map(|value| (true, value)))
        };
        let texts = |(not, value): (bool, &Value)| Some(Element { not, members: many(value)? });
        let (not, named) = element("Principal")?;
        let mut members = Vec::new();
        match named {
            Value::Object(kinds) => {
                for (kind, values) in kinds {
                    let kind = Some(PrincipalKind::parse(kind)?);
                    members.extend(many(values)?.into_iter().map(|value| Named { kind, value }));
                }
            }
            bare => members.push(Named { kind: None, value: bare.as_str()?.to_owned() }),
        }
        let mut tests = Vec::new();
        for (operator, keys) in value.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for (key, values) in keys.as_object()? {
                let operator = Operator::parse(operator);
                tests.push(Test { operator, key: key.clone(), values: many(values)? });
            }
        }
        Some(Self {
            allow: value.get("Effect")?.as_str()? == "Allow",
            principals: Element { not, members },
            actions: texts(element("Action")?)?,
            resources: element("Resource").and_then(texts),
            tests,
        })
    }
}

impl<T> Element<T> {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", if self.not { "Not" } else { "" })
    }
}

fn principals(members: &[Named]) -> Value {
    if let [Named { kind: None, value }] = members {
        return json!(value);
    }
    let mut kinds = Map::new();
    for kind in PrincipalKind::ALL {
        let values: Vec<String> =
            members.iter().filter(|named| named.kind == Some(kind)).map(|named| named.value.clone()).collect();
        if !values.is_empty() {
            kinds.insert(kind.name().into(), one_or_many(&values));
        }
    }
    Value::Object(kinds)
}

/// A list of one is written without its brackets; both forms are the same to IAM.
fn one_or_many(values: &[String]) -> Value {
    if let [value] = values { json!(value) } else { json!(values) }
}

fn many(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(members) => members.iter().map(|member| member.as_str().map(str::to_owned)).collect(),
        value => Some(vec![value.as_str()?.to_owned()]),
    }
}
