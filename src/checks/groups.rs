//! Groups of one user pool that can be in force together.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use crate::finding::{Finding, Label, Severity, Status};
use crate::identity::{Graph, Group, Handout, Mapping, Membership, Precedence, RoleId, UserPool, Way};
use crate::source::Place;
use crate::value::{Branch, Text, compare};

/// A group with a role, in one branch.
#[derive(Debug)]
pub(super) struct RoleGroup<'g> {
    /// The group.
    pub(super) group: &'g Group,
    /// Where it names the role.
    pub(super) role_place: Place,
    arn: &'g Text,
    /// The roles of the run that the ARN means.
    roles: Vec<(RoleId, Branch)>,
}

impl RoleGroup<'_> {
    /// The role by its logical id, or by its ARN where no template of the run has it.
    pub(super) fn role_name(&self, graph: &Graph) -> String {
        let role = self.roles.first().map(|(id, _)| graph.role(*id).entity.name().to_owned());
        role.unwrap_or_else(|| graph.shown(self.arn))
    }
}

/// Two groups of one rank between whose roles nothing decides.
#[derive(Clone, Debug)]
pub(super) struct Pair<'g> {
    /// The first.
    pub(super) a: &'g RoleGroup<'g>,
    /// The second.
    pub(super) b: &'g RoleGroup<'g>,
    /// Whether their roles certainly differ; else they may.
    pub(super) certain: bool,
    /// Where they do, the mapping's branch included.
    pub(super) when: Branch,
    /// A mapping that takes the role from the groups there.
    pub(super) mapping: Option<&'g Mapping>,
    /// Whether a pre-token-generation trigger may set the roles there.
    triggered: bool,
}

/// What the groups of all user pools are asked for.
#[derive(Debug)]
pub(super) struct Groups<'g> {
    graph: &'g Graph,
    pools: Vec<(&'g Text, Vec<RoleGroup<'g>>)>,
    /// All groups by user pool and name.
    named: HashMap<(&'g Text, &'g Text), Vec<&'g Group>>,
    /// Mappings of type Token by user pool.
    mappings: HashMap<&'g Text, Vec<&'g Mapping>>,
    user_pools: HashMap<&'g Text, &'g UserPool>,
    /// Default roles by identity pool.
    defaults: HashMap<&'g Text, Vec<&'g Handout>>,
    members: Members<'g>,
}

/// Users whom a template puts into groups.
#[derive(Debug, Default)]
struct Members<'g> {
    /// By user pool and group.
    of_group: HashMap<(&'g Text, &'g Text), Vec<&'g Membership>>,
    /// By user pool and user.
    of_user: HashMap<(&'g Text, &'g Text), Vec<&'g Membership>>,
    /// By user pool and by what is known of the user.
    by_kind: HashMap<(&'g Text, UserKind), Vec<&'g Membership>>,
    /// Of user pools of which nothing is known.
    anywhere: Vec<&'g Membership>,
}

/// What is known of a user's name. Two symbols are two users, all others may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum UserKind {
    Known,
    Symbol,
    Vague,
}

impl UserKind {
    const ALL: [Self; 3] = [Self::Known, Self::Symbol, Self::Vague];

    fn of(user: &Text) -> Self {
        match user {
            Text::Known(_) => Self::Known,
            _ if user.as_symbol().is_some() => Self::Symbol,
            _ => Self::Vague,
        }
    }

    /// Whether users of two kinds may be one although their texts differ.
    fn may_be(self, other: Self) -> bool {
        self == Self::Vague || self != other
    }
}

/// Pairs of groups that are compared for one rank.
const MOST_PAIRS: usize = 10_000;
/// Branches of mappings that are tried for a pair.
const MOST_MAPPINGS: usize = 64;
/// Memberships that are looked at for one user pool.
const MOST_MEMBERSHIPS: usize = 100_000;

fn is_any(text: &Text) -> bool {
    matches!(text, Text::Any(_))
}

impl<'g> Groups<'g> {
    /// Sorts the groups of a graph. What of a user pool's id nothing is known is no user pool's.
    pub(super) fn of(graph: &'g Graph) -> Self {
        let mut groups = Self {
            graph,
            pools: Vec::new(),
            named: HashMap::new(),
            mappings: HashMap::new(),
            user_pools: graph.user_pools.iter().map(|pool| (&pool.id, pool)).collect(),
            defaults: HashMap::new(),
            members: Members::default(),
        };
        groups.sort_groups();
        if groups.pools.is_empty() {
            return groups;
        }
        for mapping in graph.mappings.iter().filter(|mapping| mapping.is_token()) {
            let Some(user_pool) = mapping.user_pool.as_ref().filter(|pool| !is_any(pool)) else { continue };
            let known = groups.mappings.entry(user_pool).or_default();
            if known.len() < MOST_MAPPINGS && known.iter().all(|other| other.when != mapping.when) {
                known.push(mapping);
            }
        }
        let is_default = |handout: &&Handout| handout.way == Way::Authenticated && !is_any(&handout.pool);
        for handout in graph.handouts.iter().filter(is_default) {
            groups.defaults.entry(&handout.pool).or_default().push(handout);
        }
        for membership in &graph.memberships {
            groups.members.add(membership);
        }
        groups
    }

    fn sort_groups(&mut self) {
        let graph = self.graph;
        let mut at: HashMap<&Text, usize> = HashMap::new();
        for group in graph.groups.iter().filter(|group| !is_any(&group.user_pool)) {
            self.named.entry((&group.user_pool, &group.name)).or_default().push(group);
            let Some((arn, role_place)) = &group.role else { continue };
            let index = *at.entry(&group.user_pool).or_insert_with(|| {
                self.pools.push((&group.user_pool, Vec::new()));
                self.pools.len() - 1
            });
            let meant = graph.roles_meant(group.entity.stack, arn);
            self.pools[index].1.push(RoleGroup { group, role_place: *role_place, arn, roles: meant });
        }
    }

    /// The user pools, in the order of the templates.
    pub(super) fn pools(&self) -> impl Iterator<Item = Pool<'_>> {
        self.pools.iter().map(|(id, groups)| Pool { all: self, id, groups, looks: Cell::new(MOST_MEMBERSHIPS) })
    }
}

impl<'g> Members<'g> {
    fn add(&mut self, membership: &'g Membership) {
        let Membership { user_pool, user, group, .. } = membership;
        if is_any(user_pool) {
            return self.anywhere.push(membership);
        }
        self.by_kind.entry((user_pool, UserKind::of(user))).or_default().push(membership);
        if !is_any(user) {
            self.of_user.entry((user_pool, user)).or_default().push(membership);
            self.of_group.entry((user_pool, group)).or_default().push(membership);
        }
    }
}

/// The groups of one user pool.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    all: &'a Groups<'a>,
    id: &'a Text,
    /// Those with a role.
    pub(super) groups: &'a [RoleGroup<'a>],
    /// How many memberships may still be looked at.
    looks: Cell<usize>,
}

impl<'a> Pool<'a> {
    /// Id of the user pool.
    pub(super) fn user_pool(&self) -> &'a Text {
        self.id
    }

    /// Two of these groups with different roles: certainly and where a mapping uses them, else certainly,
    /// else possibly and where a mapping uses them.
    pub(super) fn competing(&self, groups: &[&'a RoleGroup<'a>]) -> Option<Pair<'a>> {
        let groups = representatives(groups);
        let pairs = groups.iter().enumerate().flat_map(|(at, b)| groups[..at].iter().map(move |a| (*a, *b)));
        let (mut unused, mut possible) = (None, None);
        for (a, b) in pairs.take(MOST_PAIRS) {
            let both = self.all.graph.together(&a.group.when, &b.group.when);
            match both.and_then(|both| self.pair(a, b, &both)) {
                Some(pair) if pair.certain && pair.mapping.is_some() => return Some(pair),
                Some(pair) if pair.certain => unused = unused.or(Some(pair)),
                Some(pair) if pair.mapping.is_some() => possible = possible.or(Some(pair)),
                _ => {}
            }
        }
        unused.or(possible)
    }

    /// Two of these groups into which the templates put one user, and into none that decides before
    /// them: with what puts the user there.
    pub(super) fn proven(&self, groups: &[&'a RoleGroup<'a>], number: u64) -> Option<(Pair<'a>, [&'a Membership; 2])> {
        let mut at: HashMap<&Text, usize> = HashMap::new();
        let mut users: Vec<Vec<(&RoleGroup<'_>, &Membership)>> = Vec::new();
        for group in groups {
            for membership in self.all.members.of_group.get(&(self.id, &group.group.name)).into_iter().flatten() {
                let index = *at.entry(&membership.user).or_insert(users.len());
                users.resize_with(users.len().max(index + 1), Vec::new);
                users[index].push((group, membership));
            }
        }
        users.iter().find_map(|groups| self.proven_by(groups, number))
    }

    fn proven_by(
        &self,
        groups: &[(&'a RoleGroup<'a>, &'a Membership)],
        number: u64,
    ) -> Option<(Pair<'a>, [&'a Membership; 2])> {
        let pairs = groups.iter().enumerate().flat_map(|(at, b)| groups[..at].iter().map(move |a| (a, b)));
        for ((a, puts_a), (b, puts_b)) in pairs.take(MOST_PAIRS) {
            if !self.look() {
                return None;
            }
            let branches = [&a.group.when, &b.group.when, &puts_a.when, &puts_b.when];
            let both = branches.into_iter().try_fold(Branch::default(), |all, one| self.all.graph.together(&all, one));
            let pair = both.and_then(|both| self.pair(a, b, &both));
            let Some(pair) = pair.filter(|pair| pair.certain && pair.mapping.is_some()) else { continue };
            if !self.may_be_better(&puts_a.user, number, &pair.when) {
                return Some((pair, [puts_a, puts_b]));
            }
        }
        None
    }

    /// Whether a user may, for all that is known, be in a group that is better than this number.
    fn may_be_better(&self, user: &'a Text, number: u64, when: &Branch) -> bool {
        let members = &self.all.members;
        let kind = UserKind::of(user);
        let others = UserKind::ALL.into_iter().filter(|other| kind.may_be(*other) || *other == UserKind::Vague);
        let others = others.filter_map(|other| members.by_kind.get(&(self.id, other))).flatten();
        let others = others.chain(&members.anywhere);
        let may_be = |one: &&&Membership| !compare(&one.user, user, &self.all.graph.symbols).is_false();
        let same = members.of_user.get(&(self.id, user)).into_iter().flatten();
        for membership in same.chain(others.filter(|_| self.look()).filter(may_be)) {
            if !self.look() {
                return true;
            }
            let Some(when) = self.all.graph.together(when, &membership.when) else { continue };
            let named = self.all.named.get(&(self.id, &membership.group)).map(Vec::as_slice).unwrap_or_default();
            let mut there =
                named.iter().filter(|group| self.all.graph.together(&when, &group.when).is_some()).peekable();
            let later = |group: &Group| match group.precedence {
                Precedence::Number(other) => other >= number,
                Precedence::Unset => true,
                Precedence::Same(_) | Precedence::Unknown => false,
            };
            // A group that no template has may have any number.
            if there.peek().is_none() || !there.all(|group| later(group)) {
                return true;
            }
        }
        self.looks.get() == 0
    }

    /// Whether a user is certainly in no group that is better than this number.
    pub(super) fn is_best_of(&self, user: &'a Text, number: u64, when: &Branch) -> bool {
        !self.may_be_better(user, number, when)
    }

    /// Counts a look at a membership; false where there were too many.
    fn look(&self) -> bool {
        let left = self.looks.get();
        self.looks.set(left.saturating_sub(1));
        left > 0
    }

    /// The pair in a branch, where the roles differ or may.
    fn pair(&self, a: &'a RoleGroup<'a>, b: &'a RoleGroup<'a>, both: &Branch) -> Option<Pair<'a>> {
        // Two groups that a loop makes stand at one place.
        let (one, other) = (&a.group.entity, &b.group.entity);
        if one.stack == other.stack && one.name() == other.name() {
            return None;
        }
        let (certain, when) = self.differ(a, b, both)?;
        let mut mappings = self.all.mappings.get(self.id).into_iter().flatten();
        let used = mappings.find_map(|mapping| Some((*mapping, self.all.graph.together(&when, &mapping.when)?)));
        let (mapping, when) = used.map_or((None, when), |(mapping, when)| (Some(mapping), when));
        let triggered = self.all.user_pools.get(self.id).is_some_and(|pool| pool.sets_claims);
        Some(Pair { a, b, certain, when, mapping, triggered })
    }

    /// A pair in each part of its branches that decides in its own way what a member of both gets: at each mapping,
    /// and with and without a trigger. `puts` is what puts a user into both groups.
    pub(super) fn in_parts(&self, pair: &Pair<'a>, puts: Option<[&'a Membership; 2]>) -> Vec<Pair<'a>> {
        let graph = self.all.graph;
        let branches = [&pair.a.group.when, &pair.b.group.when].into_iter();
        let branches = branches.chain(puts.into_iter().flatten().map(|membership| &membership.when));
        let both = branches.into_iter().try_fold(Branch::default(), |all, one| graph.together(&all, one));
        let whole = both.and_then(|both| self.differ(pair.a, pair.b, &both)).filter(|(certain, _)| *certain);
        let mut parts = vec![pair.clone()];
        if let (Some(first), Some((_, whole))) = (pair.mapping, whole) {
            let mappings = self.all.mappings.get(self.id).into_iter().flatten();
            let others = mappings.filter(|mapping| mapping.when != first.when);
            let at = |mapping: &&'a Mapping| {
                let when = graph.together(&whole, &mapping.when)?;
                Some(Pair { when, mapping: Some(mapping), ..pair.clone() })
            };
            parts.extend(others.filter_map(at));
        }
        parts.into_iter().flat_map(|part| self.by_trigger(part)).collect()
    }

    /// The parts of a pair in which no trigger sets roles, or the pair as it is.
    fn by_trigger(&self, pair: Pair<'a>) -> Vec<Pair<'a>> {
        let plain = self.all.user_pools.get(self.id).map(|pool| pool.without_trigger.as_slice()).unwrap_or_default();
        let part = |plain: &Branch| {
            let when = self.all.graph.together(&pair.when, plain)?;
            Some(Pair { when, triggered: false, ..pair.clone() })
        };
        let parts: Vec<Pair<'a>> = plain.iter().filter_map(part).collect();
        if parts.is_empty() { vec![pair] } else { parts }
    }

    /// Whether the roles certainly differ, and where; nothing where they do not. Two roles of one
    /// deployment are never one, whatever their names; elsewhere the ARNs decide.
    fn differ(&self, a: &RoleGroup<'_>, b: &RoleGroup<'_>, both: &Branch) -> Option<(bool, Branch)> {
        let graph = self.all.graph;
        if a.arn == b.arn && !is_any(a.arn) {
            return None;
        }
        if a.roles.is_empty() || b.roles.is_empty() {
            let equal = compare(a.arn, b.arn, &graph.symbols);
            return (!equal.is_true()).then(|| (equal.is_false(), both.clone()));
        }
        let pairs = a.roles.iter().flat_map(|a| b.roles.iter().map(move |b| (a, b)));
        let mut others = pairs.filter(|((a, _), (b, _))| a != b);
        others.find_map(|((_, a), (_, b))| Some((true, graph.together(&graph.together(both, a)?, b)?)))
    }

    /// A finding on a pair, with all that both rules say alike.
    pub(super) fn finding(
        &self,
        rule: &'static str,
        severity: Severity,
        pair: &Pair<'_>,
        message: String,
        label: Label,
    ) -> Finding {
        let subject = pair.b.group.entity.property("Precedence");
        let mut finding = Finding::new(rule, severity, message, label, subject);
        finding.mistake.element = "Precedence";
        finding.branch = pair.when.clone();
        if !pair.certain {
            (finding.severity, finding.status) = (Severity::Info, Status::Possible);
            finding.assumes.push("the two roles are not the same".to_owned());
        }
        if let Some(pool) = self.all.user_pools.get(self.id).filter(|_| pair.triggered) {
            finding.severity = Severity::Info;
            let name = pool.entity.name();
            finding.assumes.push(format!("the pre-token-generation trigger of {name} does not set the roles itself"));
        }
        finding
    }

    /// What a member of two groups gets when no role of theirs is best, as a headline.
    pub(super) fn headline(&self, pair: &Pair<'_>, mapping: &Mapping) -> String {
        let both = format!("a member of both {} and {}", pair.a.group.entity.name(), pair.b.group.entity.name());
        match mapping.ambiguous() {
            Some("Deny") => format!("{both} gets no credentials"),
            Some("AuthenticatedRole") => format!("{both} gets the default role{}", self.default_role(pair, mapping)),
            // Whichever of the two a parameter says, no role of the groups is taken.
            _ if mapping.ambiguous.is_some() => format!("{both} gets no credentials, or the default role"),
            _ => format!("which role {both} gets is not defined"),
        }
    }

    /// The name of the role that the mapping's pool hands out by default where the pair competes; nothing
    /// where it is not known or depends on more.
    fn default_role(&self, pair: &Pair<'_>, mapping: &Mapping) -> String {
        let graph = self.all.graph;
        let handouts = self.all.defaults.get(&mapping.pool).into_iter().flatten();
        let mut roles = handouts.filter(|handout| graph.together(&handout.when, &pair.when).is_some());
        let first = roles.next().map(|handout| handout.role);
        let only = first.filter(|first| roles.all(|handout| handout.role == *first));
        only.map(|role| format!(" {}", graph.role(role).entity.name())).unwrap_or_default()
    }
}

/// One group of each role and branch, those with a role of the run first, those of which nothing is
/// known last: they certainly differ from none.
fn representatives<'a>(groups: &[&'a RoleGroup<'a>]) -> Vec<&'a RoleGroup<'a>> {
    let mut seen = HashSet::new();
    let key = |group: &RoleGroup<'a>| {
        let roles: Vec<RoleId> = group.roles.iter().map(|(id, _)| *id).collect();
        let arn = roles.is_empty().then_some(group.arn);
        // Two texts of which nothing is known need not be one.
        let itself = is_any(group.arn).then_some(group.role_place);
        (roles, arn, itself, &group.group.when)
    };
    let mut groups: Vec<_> = groups.iter().copied().filter(|group| seen.insert(key(group))).collect();
    groups.sort_by_key(|group| match group.arn {
        _ if !group.roles.is_empty() => 0,
        Text::Known(_) => 1,
        Text::Shape(_) => 2,
        Text::Any(_) => 3,
    });
    groups
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use super::*;
    use crate::checks::map::{group_precedence_tie, group_precedence_unset};
    use crate::checks::{Cx, settle};
    use crate::identity::Classes;
    use crate::resolve::{Stack, StackInfo, StackSet};
    use crate::source::FileId;
    use crate::syntax::parse_yaml;
    use crate::template::Template;

    const HEAD: &str = "\
Resources:
  Pool: {Type: 'AWS::Cognito::UserPool'}
  Kim: {Type: 'AWS::Cognito::UserPoolUser', Properties: {UserPoolId: !Ref Pool}}
";

    fn mapping(more: &str) -> String {
        format!(
            "  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    {more}
    Properties:
      IdentityPoolId: us-east-1:00000000-0000-4000-8000-000000000001
      RoleMappings:
        m: {{IdentityProvider: !Sub '${{Pool.ProviderName}}:c', Type: Token, AmbiguousRoleResolution: Deny}}
"
        )
    }

    fn role(id: &str, properties: &str) -> String {
        format!("  {id}: {{Type: 'AWS::IAM::Role', Properties: {{{properties}}}}}\n")
    }

    /// A group; `rank` and `role` as the template writes them, nothing where empty.
    fn group(id: &str, rank: &str, role: &str) -> String {
        let rank = if rank.is_empty() { String::new() } else { format!("Precedence: {rank}, ") };
        let role = if role.is_empty() { String::new() } else { format!("RoleArn: {role}, ") };
        format!("  {id}: {{Type: 'AWS::Cognito::UserPoolGroup', Properties: {{{rank}{role}UserPoolId: !Ref Pool}}}}\n")
    }

    fn puts(user: &str, group: &str, more: &str) -> String {
        let id: String = format!("{user}In{group}").chars().filter(char::is_ascii_alphanumeric).collect();
        let properties = format!("UserPoolId: !Ref Pool, Username: {user}, GroupName: !Ref {group}");
        format!("  {id}: {{Type: 'AWS::Cognito::UserPoolUserToGroupAttachment', {more}Properties: {{{properties}}}}}\n")
    }

    fn found(text: &str) -> Vec<Finding> {
        let document = parse_yaml(FileId(0), &Arc::from(text));
        assert!(document.errors().is_empty(), "{:?}\n{text}", document.errors());
        let template = Template::read(&document).expect("a template");
        let graph = crate::identity::build(&StackSet::new(vec![Stack::new(&template, StackInfo::default())]));
        let mut findings = Vec::new();
        let held = crate::identity::Held::of(&graph);
        let cx = Cx { graph: &graph, trusts: &[], classes: &Classes::default(), held: &held, trusted: &[] };
        group_precedence_tie::check(&cx, &mut findings);
        group_precedence_unset::check(&cx, &mut findings);
        settle(findings, &graph)
    }

    fn one(text: &str) -> Finding {
        let [finding] = found(text).try_into().unwrap_or_else(|all: Vec<_>| panic!("{} findings\n{text}", all.len()));
        finding
    }

    /// Groups `A`, `B`, … of one number with fixed roles of other accounts.
    fn tied(names: &[&str]) -> String {
        let groups = names.iter().map(|name| group(name, "1", &format!("arn:aws:iam::111122223333:role/{name}")));
        format!("{HEAD}{}{}", groups.collect::<String>(), mapping(""))
    }

    fn is_warning(finding: &Finding) -> bool {
        (finding.severity, finding.status) == (Severity::Warning, Status::Definite)
    }

    #[test]
    fn two_roles_of_a_run_differ_whatever_their_names() {
        for (a, b) in [
            ("RoleName: admins", ""),
            ("RoleName: !Ref Name", "RoleName: admins"),
            ("Path: /a/", "Path: !Ref Name"),
            ("Path: !Ref Name", ""),
        ] {
            for rank in ["1", ""] {
                let groups = group("A", rank, "!GetAtt One.Arn") + &group("B", rank, "!GetAtt Two.Arn");
                let roles = role("One", a) + &role("Two", b);
                let text = format!("Parameters: {{Name: {{Type: String}}}}\n{HEAD}{roles}{groups}{}", mapping(""));
                assert!(is_warning(&one(&text)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn one_parameter_is_one_number() {
        let parameters = "Parameters: {P: {Type: Number}, Q: {Type: Number}}";
        let text = |a: &str, b: &str| {
            let groups = group("A", a, "!GetAtt One.Arn") + &group("B", b, "!GetAtt Two.Arn");
            format!("{parameters}\n{HEAD}{}{}{groups}{}", role("One", ""), role("Two", ""), mapping(""))
        };
        let finding = one(&text("!Ref P", "!Ref P"));
        assert!(is_warning(&finding));
        assert_eq!(finding.primary.message, "precedence P, like A");
        assert_eq!(found(&text("!Ref P", "!Ref Q")).len(), 0);
        assert_eq!(found(&text("!Ref P", "1")).len(), 0);
        let members = puts("kim", "A", "") + &puts("kim", "B", "");
        assert!(
            is_warning(&one(&(text("!Ref P", "!Ref P") + &members))),
            "a group without number is not known to lose"
        );
    }

    #[test]
    fn a_role_is_itself_however_it_is_named() {
        let groups = group("A", "1", "!GetAtt One.Arn") + &group("B", "1", "!Sub '${One.Arn}'");
        let one_role = format!("{HEAD}{}{groups}{}", role("One", "RoleName: admins"), mapping(""));
        assert_eq!(found(&one_role).len(), 0);
    }

    #[test]
    fn roles_that_exclude_each_other_do_not_compete() {
        let conditions =
            "Parameters: {P: {Type: String}}\nConditions:\n  C: !Equals [!Ref P, x]\n  D: !Not [Condition: C]\n";
        let make = |id: &str, condition: &str| {
            format!("  {id}: {{Type: 'AWS::IAM::Role', Condition: {condition}, Properties: {{RoleName: {id}}}}}\n")
        };
        let groups = group("A", "1", "!GetAtt One.Arn") + &group("B", "1", "!GetAtt Two.Arn");
        let text =
            |two: &str| format!("{conditions}{HEAD}{}{}{groups}{}", make("One", "C"), make("Two", two), mapping(""));
        assert_eq!(found(&text("D")).len(), 0);
        assert!(is_warning(&one(&text("C"))));
    }

    #[test]
    fn an_unknown_user_pool_is_no_user_pool() {
        let text = tied(&["A", "B"]).replace("UserPoolId: !Ref Pool", "UserPoolId: {'Fn::Transform': {Name: Ids}}");
        assert_eq!(found(&text).len(), 0);
    }

    #[test]
    fn roles_that_may_be_one_are_worth_knowing() {
        let parameters = "Parameters: {P: {Type: String}, Q: {Type: String}}";
        let opaque = "{'Fn::Transform': {Name: Roles}}";
        for (rank, a, b) in [("1", "!Ref P", "!Ref Q"), ("", "!Ref P", "!Ref Q"), ("1", opaque, opaque)] {
            let groups = group("A", rank, a) + &group("B", rank, b);
            let finding = one(&format!("{parameters}\n{HEAD}{groups}{}", mapping("")));
            assert_eq!((finding.severity, finding.status), (Severity::Info, Status::Possible));
            assert!(finding.assumes.iter().any(|line| line == "the two roles are not the same"));
            let unused = format!("{parameters}\n{HEAD}{groups}");
            assert_eq!(found(&unused).len(), 0, "neither certain nor used");
        }
    }

    #[test]
    fn a_trigger_may_set_the_roles() {
        let trigger = "Pool: {Type: 'AWS::Cognito::UserPool', Properties: {LambdaConfig: {PreTokenGeneration: a}}}";
        let text = tied(&["A", "B"]).replace("Pool: {Type: 'AWS::Cognito::UserPool'}", trigger);
        for text in
            [text.clone(), text.replace("Precedence: 1, ", ""), text + &puts("kim", "A", "") + &puts("kim", "B", "")]
        {
            let finding = one(&text);
            assert_eq!(finding.severity, Severity::Info);
            let said = "the pre-token-generation trigger of Pool does not set the roles itself";
            assert_eq!(finding.assumes.last().map(String::as_str), Some(said));
        }
    }

    #[test]
    fn a_member_of_any_two_is_the_proof() {
        let text = tied(&["A", "B", "C", "D"]) + &puts("!Ref Kim", "B", "") + &puts("!Ref Kim", "D", "");
        let finding = one(&text);
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(finding.message, "a member of both B and D gets no credentials");
        assert_eq!(finding.assumes, [""; 0]);
        let labels: Vec<_> = finding.related.iter().map(|label| label.message.as_str()).collect();
        assert_eq!(labels[1..3], ["puts Kim into B", "puts Kim into D"]);
    }

    #[test]
    fn a_member_of_what_may_be_better_is_no_proof() {
        let both = tied(&["A", "B"]) + &puts("kim", "A", "") + &puts("kim", "B", "");
        assert_eq!(one(&both).severity, Severity::Error);
        let with = |rank: &str| group("Other", rank, "") + &puts("kim", "Other", "");
        for worse in ["2", ""] {
            assert_eq!(one(&format!("{both}{}", with(worse))).severity, Severity::Error, "{worse:?}");
        }
        for better in ["0", "!ImportValue rank"] {
            assert!(is_warning(&one(&format!("{both}{}", with(better)))), "{better:?}");
        }
        let elsewhere = puts("kim", "A", "").replace("kimInA", "More").replace("!Ref A", "not-of-the-run");
        assert!(is_warning(&one(&format!("{both}{elsewhere}"))));
        let same_user = group("Other", "0", "") + &puts("!Ref Kim", "Other", "");
        assert!(is_warning(&one(&format!("{both}{same_user}"))), "Kim may be called kim");
        let other_user = group("Other", "0", "") + &puts("lee", "Other", "");
        assert_eq!(one(&format!("{both}{other_user}")).severity, Severity::Error);
    }

    #[test]
    fn memberships_that_exclude_each_other_are_no_proof() {
        let conditions =
            "Parameters: {P: {Type: String}}\nConditions:\n  C: !Equals [!Ref P, x]\n  D: !Not [Condition: C]\n";
        let text = |other: &str| {
            let puts = puts("kim", "A", "Condition: C, ") + &puts("kim", "B", &format!("Condition: {other}, "));
            format!("{conditions}{}{puts}", tied(&["A", "B"]))
        };
        assert!(is_warning(&one(&text("D"))));
        let finding = one(&text("C"));
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(finding.assignment, [("C".to_owned(), crate::finding::Choice::Condition(true))]);
    }

    #[test]
    fn a_user_is_one_by_its_resource_and_by_its_name() {
        let named = tied(&["A", "B"]).replacen("!Ref Pool}}\n", "!Ref Pool, Username: kim}}\n", 1);
        let text = format!("{named}{}{}", puts("!Ref Kim", "A", ""), puts("kim", "B", ""));
        assert_eq!(one(&text).severity, Severity::Error);
        let text = format!("{named}{}{}", puts("!Ref Kim", "A", ""), puts("lee", "B", ""));
        assert!(is_warning(&one(&text)));
    }

    #[test]
    fn the_default_role_is_one_of_the_mappings_branch() {
        let conditions =
            "Parameters: {P: {Type: String}}\nConditions:\n  C: !Equals [!Ref P, x]\n  D: !Not [Condition: C]\n";
        let roles = role("First", "") + &role("Second", "");
        let attachment = |id: &str, condition: &str, role: &str| {
            let roles = format!("Roles: {{authenticated: !GetAtt {role}.Arn}}");
            let attachment =
                mapping(condition).replace("Attachment:", &format!("{id}:")).replace("Deny", "AuthenticatedRole");
            attachment.replace("      RoleMappings", &format!("      {roles}\n      RoleMappings"))
        };
        let plain = |condition: &str, role: &str| {
            let text = attachment("Plain", condition, role);
            text[..text.find("      RoleMappings").unwrap()].to_owned()
        };
        let groups =
            group("A", "1", "arn:aws:iam::111122223333:role/A") + &group("B", "1", "arn:aws:iam::111122223333:role/B");
        let start = format!("{conditions}{HEAD}{roles}{groups}");
        let text = start.clone() + &plain("Condition: C", "First") + &attachment("Mapped", "Condition: D", "Second");
        assert_eq!(one(&text).message, "a member of both A and B gets the default role Second");
        let choice = attachment("Mapped", "", "First")
            .replace("!GetAtt First.Arn", "!If [C, !GetAtt First.Arn, !GetAtt Second.Arn]");
        assert_eq!(one(&(start + &choice)).message, "a member of both A and B gets the default role");
    }

    #[test]
    fn many_groups_and_members_take_no_time() {
        let mut text = HEAD.to_owned() + &role("Shared", "") + &mapping("");
        for at in 0..3000 {
            let arn = match at % 3 {
                0 => "!GetAtt Shared.Arn".to_owned(),
                1 => format!("!ImportValue role-{at}"),
                _ => format!("!Sub '${{AWS::StackName}}-{at}'"),
            };
            text += &group(&format!("G{at}"), "1", &arn);
            writeln!(text, "{}{}", puts("kim", &format!("G{at}"), ""), puts(&format!("u{at}"), &format!("G{at}"), ""))
                .expect("a text takes all");
        }
        // A group that decides before them all: no pair is proven.
        text += &(group("Best", "0", "") + &puts("kim", "Best", ""));
        assert!(is_warning(&one(&text)));
    }
}
