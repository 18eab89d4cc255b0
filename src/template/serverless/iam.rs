//! Functions of a service and the roles that the framework makes for them.
//!
//! Sources: Serverless Framework documentation for AWS, IAM Permissions For Functions; its packaging of roles
//! (`merge-iam-templates`, `roles-per-function`); the plugin `serverless-iam-roles-per-function`.

use super::tree::Tree;
use crate::syntax::{Graft, Kind, Node, NodeId};

/// Logical id of the role that all functions share.
const SHARED: &str = "IamRoleLambdaExecution";

/// What the configuration says of roles.
struct Service<'d> {
    root: Node<'d>,
    provider: Option<Node<'d>>,
    /// `provider.iam.role`, where it describes a role that the framework makes.
    iam: Option<Node<'d>>,
    functions: Vec<(Node<'d>, Node<'d>)>,
    per_function: bool,
    /// Whether there are few enough shared statements to stand in each function's role.
    copies: bool,
}

/// Statements that all roles of a service are given together.
const MOST_STATEMENTS: usize = 200_000;

/// Keys and bodies of the resources that the framework makes.
pub(super) fn resources(graft: &mut Graft, root: Node<'_>) -> Vec<(NodeId, NodeId)> {
    let service = Service::of(root);
    let mut made = Vec::new();
    let mut add = |graft: &mut Graft, id: String, body: Tree, origin: NodeId| {
        made.push((graft.text(&id, origin), body.plant(graft, origin)));
    };
    if let Some(origin) = service.shared_role() {
        let statements = service.statements().into_iter().collect();
        add(graft, SHARED.to_owned(), service.role(None, statements), origin.id());
    }
    for (key, function) in &service.functions {
        let Some(name) = key.text() else { continue };
        let id = normalized(name);
        let own = service.has_own_role(*function);
        let role = service.role_of(*function, own.then(|| format!("{id}{SHARED}")));
        add(graft, format!("{id}LambdaFunction"), function_resource(role), key.id());
        if own {
            let statements = service.statements_of(*function);
            add(graft, format!("{id}{SHARED}"), service.role(Some((name, *function)), statements), key.id());
        }
    }
    made
}

/// Names and bodies of the functions of a service.
pub(super) fn functions(root: Node<'_>) -> Vec<(Node<'_>, Node<'_>)> {
    root.get("functions").map(Node::entries).unwrap_or_default()
}

/// A name as the framework writes it in logical ids (Resources, `normalizedFunctionName`).
pub(super) fn normalized(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn function_resource(role: Tree) -> Tree {
    let properties = Tree::Map(vec![("Role", role)]);
    Tree::Map(vec![("Type", Tree::text("AWS::Lambda::Function")), ("Properties", properties)])
}

impl<'d> Service<'d> {
    fn of(root: Node<'d>) -> Self {
        let provider = root.get("provider").filter(|provider| provider.kind() == Kind::Mapping);
        let role = provider.and_then(|provider| provider.get("iam")?.get("role"));
        let iam = role.filter(|role| !is_existing(*role));
        let functions = functions(root);
        let mode = iam.and_then(|iam| iam.get("mode")?.text());
        let per_function = mode == Some("perFunction");
        let service = Self { root, provider, iam, functions, per_function, copies: true };
        let shared = service.statements().map_or(0, |shared| shared.items().count());
        let copies = shared.saturating_mul(service.functions.len()) <= MOST_STATEMENTS;
        Self { copies, ..service }
    }

    fn setting(&self, name: &str) -> Option<Node<'d>> {
        self.provider?.get(name)
    }

    /// Whether all functions are given a role that is there already.
    fn has_existing_role(&self) -> bool {
        let role = self.provider.and_then(|provider| provider.get("iam")?.get("role"));
        self.setting("role").is_some() || role.is_some_and(is_existing)
    }

    /// What causes the shared role, where there is one.
    fn shared_role(&self) -> Option<Node<'d>> {
        let (functions, _) = self.root.entry("functions")?;
        let is_empty = matches!(self.root.get("functions")?.kind(), Kind::Mapping | Kind::Sequence)
            && self.root.get("functions")?.items().next().is_none()
            && self.functions.is_empty();
        let all_own = !self.functions.is_empty() && self.functions.iter().all(|(_, body)| body.get("role").is_some());
        if is_empty || all_own || self.has_existing_role() || self.per_function {
            return None;
        }
        let old = || self.provider?.entry("iamRoleStatements");
        let new = || self.provider?.get("iam")?.entry("role");
        Some(new().or_else(old).map_or(functions, |(key, _)| key))
    }

    /// Whether the framework or the plugin makes a role for one function.
    fn has_own_role(&self, function: Node<'d>) -> bool {
        if function.get("role").is_some() || self.has_existing_role() {
            return false;
        }
        let role = function.get("iam").and_then(|iam| iam.get("role"));
        let has = |name: &str| role.is_some_and(|role| role.get(name).is_some());
        self.per_function || function.get("iamRoleStatements").is_some() || has("statements") || has("managedPolicies")
    }

    /// The `Role` of a function.
    fn role_of(&self, function: Node<'d>, own: Option<String>) -> Tree {
        let arn = |id: String| Tree::call("Fn::GetAtt", Tree::List(vec![Tree::Text(id), Tree::text("Arn")]));
        let given = function.get("role").or_else(|| self.setting("role"));
        let given = given.or_else(|| self.provider?.get("iam")?.get("role").filter(|role| is_existing(*role)));
        match (own, given) {
            (Some(id), _) => arn(id),
            // A name without `:` is a logical id of the service's own.
            (None, Some(role)) => match role.text().filter(|_| role.tag().is_none()) {
                Some(name) if !name.contains([':', '$', '{']) => arn(name.to_owned()),
                _ => Tree::Node(role.id()),
            },
            (None, None) => arn(SHARED.to_owned()),
        }
    }

    /// The statements that all functions share.
    fn statements(&self) -> Option<Node<'d>> {
        self.iam.and_then(|iam| iam.get("statements")).or_else(|| self.setting("iamRoleStatements"))
    }

    /// The statements of one function's role.
    fn statements_of(&self, function: Node<'d>) -> Vec<Node<'d>> {
        let iam = function.get("iam");
        let own = iam.and_then(|iam| iam.get("role")?.get("statements")).or_else(|| function.get("iamRoleStatements"));
        let inherits = iam.and_then(|iam| iam.get("inheritStatements"));
        let inherits = inherits.or_else(|| function.get("iamRoleStatementsInherit")).and_then(Node::text);
        let shared = self.statements().filter(|_| inherits.map_or(self.per_function, |text| text != "false"));
        shared.into_iter().chain(own).collect()
    }

    /// A role that the functions of the service, or one of them, run with.
    fn role(&self, function: Option<(&str, Node<'d>)>, statements: Vec<Node<'d>>) -> Tree {
        let mut properties = vec![
            ("Path", self.iam.and_then(|iam| iam.get("path")).map_or(Tree::text("/"), |node| Tree::Node(node.id()))),
            ("RoleName", self.role_name(function)),
            ("AssumeRolePolicyDocument", trust()),
            ("Policies", Tree::List(vec![self.policy(statements)])),
        ];
        let own = function.and_then(|(_, body)| body.get("iam")?.get("role"));
        let managed = own.and_then(|own| own.get("managedPolicies"));
        let managed =
            managed.or_else(|| self.iam?.get("managedPolicies")).or_else(|| self.setting("iamManagedPolicies"));
        let boundary = own.and_then(|own| own.get("permissionsBoundary"));
        let boundary = boundary.or_else(|| function?.1.get("iamPermissionsBoundary"));
        let boundary = boundary.or_else(|| self.iam?.get("permissionsBoundary"));
        let boundary = boundary.or_else(|| self.iam?.get("permissionBoundary"));
        let boundary = boundary.or_else(|| self.setting("rolePermissionsBoundary"));
        properties.extend(managed.map(|node| ("ManagedPolicyArns", Tree::Node(node.id()))));
        properties.extend(boundary.map(|node| ("PermissionsBoundary", Tree::Node(node.id()))));
        Tree::Map(vec![("Type", Tree::text("AWS::IAM::Role")), ("Properties", Tree::Map(properties))])
    }

    /// `SERVICE-STAGE-REGION-lambdaRole`, for one function `SERVICE-STAGE-FUNCTION-REGION-lambdaRole`.
    fn role_name(&self, function: Option<(&str, Node<'d>)>) -> Tree {
        let custom = match function {
            None => self.iam.and_then(|iam| iam.get("name")),
            Some((_, body)) => {
                let own = body.get("iam").and_then(|iam| iam.get("role")?.get("name"));
                own.or_else(|| body.get("iamRoleStatementsName"))
            }
        };
        if let Some(name) = custom {
            return Tree::Node(name.id());
        }
        let mut parts = vec![self.service_name(), stage()];
        parts.extend(function.map(|(name, _)| Tree::text(name)));
        parts.extend([Tree::call("Ref", Tree::text("AWS::Region")), Tree::text("lambdaRole")]);
        Tree::call("Fn::Join", Tree::List(vec![Tree::text("-"), Tree::List(parts)]))
    }

    fn service_name(&self) -> Tree {
        let service = self.root.get("service");
        let name = service.and_then(|service| service.get("name").or(Some(service)));
        name.filter(|node| node.kind() == Kind::Scalar)
            .map_or(Tree::text("${self:service}"), |node| Tree::Node(node.id()))
    }

    fn policy(&self, statements: Vec<Node<'d>>) -> Tree {
        let logs = |actions: &[&str], end: &str| {
            let resource = Tree::List(vec![
                Tree::text("arn:"),
                Tree::call("Ref", Tree::text("AWS::Partition")),
                Tree::text(":logs:"),
                Tree::call("Ref", Tree::text("AWS::Region")),
                Tree::text(":"),
                Tree::call("Ref", Tree::text("AWS::AccountId")),
                Tree::text(":log-group:/aws/lambda/"),
                self.service_name(),
                Tree::text("-"),
                stage(),
                Tree::text(end),
            ]);
            Tree::Map(vec![
                ("Effect", Tree::text("Allow")),
                ("Action", Tree::List(actions.iter().map(|action| Tree::text(*action)).collect())),
                ("Resource", Tree::call("Fn::Join", Tree::List(vec![Tree::text(""), resource]))),
            ])
        };
        let mut all = vec![
            logs(&["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"], "*:*"),
            logs(&["logs:PutLogEvents"], "*:*:*"),
        ];
        for node in statements {
            match node.kind() {
                Kind::Sequence if self.copies => all.extend(node.items().map(|item| Tree::Node(item.id()))),
                // A variable that stands for statements, or too many: one of which nothing is known.
                _ => all.push(Tree::Node(node.id())),
            }
        }
        let document = Tree::Map(vec![("Version", Tree::text("2012-10-17")), ("Statement", Tree::List(all))]);
        let name = vec![self.service_name(), stage(), Tree::text("lambda")];
        let name = Tree::call("Fn::Join", Tree::List(vec![Tree::text("-"), Tree::List(name)]));
        Tree::Map(vec![("PolicyName", name), ("PolicyDocument", document)])
    }
}

/// The stage that a deployment is for.
fn stage() -> Tree {
    Tree::text("${sls:stage}")
}

/// Whether `provider.iam.role` is a role that is there already: a text, or a function that makes one.
fn is_existing(role: Node<'_>) -> bool {
    role.tag().is_some()
        || role.text().is_some()
        || role.own_entries().any(|(key, _)| key.text().is_some_and(|key| key.contains("::") || key == "Ref"))
}

fn trust() -> Tree {
    let principal = Tree::Map(vec![("Service", Tree::List(vec![Tree::text("lambda.amazonaws.com")]))]);
    let statement = Tree::Map(vec![
        ("Effect", Tree::text("Allow")),
        ("Principal", principal),
        ("Action", Tree::List(vec![Tree::text("sts:AssumeRole")])),
    ]);
    Tree::Map(vec![("Version", Tree::text("2012-10-17")), ("Statement", Tree::List(vec![statement]))])
}
