//! MAP020: a pool that does not ask whether a user was signed out.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, property_line, provider_words};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Dialect, Graph, Handout, IdentityPool, PoolProvider, ProviderKind};
use crate::value::Branch;

const PROPERTY: &str = "ServerSideTokenCheck";

/// Finds user pools among the providers whose check is off: in so many words, or because nothing is said and their
/// users get a role that may change something.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for pool in &cx.graph.pools {
        for providers in &pool.configured {
            let own = providers.list.iter().filter(|provider| provider.kind == ProviderKind::UserPool);
            findings.extend(own.filter_map(|provider| finding(cx, pool, provider, &providers.when)));
        }
    }
}

fn finding(cx: &Cx<'_>, pool: &IdentityPool, provider: &PoolProvider, when: &Branch) -> Option<Finding> {
    let graph = cx.graph;
    let own = graph.handouts.iter().filter(|handout| leads_from(graph, pool, provider, handout));
    let mut own: Vec<_> = own.filter_map(|own| Some((own, graph.together(&own.when, when)?))).collect();
    // What is handed out whatever is chosen says more than what hangs on a condition.
    own.sort_by_key(|(_, both)| both.iter().count());
    let (label, change, when) = match &provider.token_check {
        Some(check) => {
            check.known().filter(|known| known.eq_ignore_ascii_case("false"))?;
            let change = Change::Set { at: check.at(), value: Written::Bool(true) };
            (Label::new(check.place, "their token counts until it expires"), change, when.clone())
        }
        None => {
            own.retain(|(handout, both)| cx.held.changes(handout.role, both).is_true());
            let branches: Vec<Branch> = own.iter().map(|(_, both)| both.clone()).collect();
            branches.first()?;
            let (path, value) = (vec![PROPERTY.to_owned()], Written::Bool(true));
            let label = Label::new(provider.at.place, format!("no {PROPERTY}: their token counts until it expires"));
            (label, Change::Put { into: provider.at, path, value }, graph.worlds.widened(&branches))
        }
    };
    let handout = own.first().map(|(handout, _)| handout);
    let users = shown(&provider_words(graph, &provider.name));
    let message = format!("users who were signed out of {users}, or deleted, still get credentials for a while");
    let subject = pool.entity.property(format!("{}.{PROPERTY}", provider.path));
    let mut finding = Finding::new("MAP020", Severity::Info, message, label, subject);
    let what =
        if provider.token_check.is_none() { "a role they get, which may change things" } else { "a role they get" };
    finding.related = handout.map(|own| Label::new(graph.role(own.role).entity.place, what)).into_iter().collect();
    finding.fix = Some(Box::new(Fix::offered("let Cognito ask the user pool each time", vec![change])));
    finding.help = help(pool.entity.dialect);
    finding.mistake = mistake(provider.at.place, PROPERTY);
    finding.branch = when;
    Some(finding)
}

/// Whether users of a provider of a pool get a role this way.
fn leads_from(graph: &Graph, pool: &IdentityPool, provider: &PoolProvider, handout: &Handout) -> bool {
    let is_theirs = || match &handout.provider {
        None => true,
        Some(named) => provider.is_user_pool_of(named, &graph.symbols),
    };
    handout.pool == pool.id && handout.way.is_signed_in() && is_theirs()
}

fn help(dialect: Dialect) -> String {
    let line = match dialect {
        Dialect::Cdk => "serverSideTokenCheck: true,\nor, with UserPoolAuthenticationProvider\n  \
             disableServerSideTokenCheck: false,"
            .to_owned(),
        dialect => property_line(dialect, PROPERTY, "true").replace("\"true\"", "true"),
    };
    format!("let Cognito ask the user pool each time\n  {line}")
}
