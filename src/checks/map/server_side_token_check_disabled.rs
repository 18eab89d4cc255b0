//! MAP020: a pool that does not ask whether a user was signed out.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, property_line, provider_words};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Dialect, Graph, IdentityPool, PoolProvider};
use crate::value::Branch;

/// Finds user pools among the providers whose check is switched off in so many words.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for pool in &cx.graph.pools {
        for providers in &pool.configured {
            let all = providers.list.iter();
            findings.extend(all.filter_map(|provider| finding(cx.graph, pool, provider, &providers.when)));
        }
    }
}

fn finding(graph: &Graph, pool: &IdentityPool, provider: &PoolProvider, when: &Branch) -> Option<Finding> {
    let check = provider.token_check.as_ref()?;
    if !check.known()?.eq_ignore_ascii_case("false") {
        return None;
    }
    let users = shown(&provider_words(graph, &provider.name));
    let message = format!("users who were signed out of {users}, or deleted, still get credentials for a while");
    let label = Label::new(check.place, "their token counts until it expires");
    let subject = pool.entity.property(format!("{}.ServerSideTokenCheck", provider.path));
    let mut finding = Finding::new("MAP020", Severity::Info, message, label, subject);
    let mut handouts = graph.handouts.iter().filter(|handout| handout.pool == pool.id && handout.way.is_signed_in());
    let role = handouts.find(|handout| graph.together(&handout.when, when).is_some());
    finding.related =
        role.map(|handout| Label::new(graph.role(handout.role).entity.place, "a role they get")).into_iter().collect();
    let change = Change::Set { at: check.at(), value: Written::Bool(true) };
    finding.fix = Some(Box::new(Fix::offered("let Cognito ask the user pool each time", vec![change])));
    let line = match pool.entity.dialect {
        Dialect::Cdk => "serverSideTokenCheck: true,\nor, with UserPoolAuthenticationProvider\n  \
             disableServerSideTokenCheck: false,"
            .to_owned(),
        dialect => property_line(dialect, "ServerSideTokenCheck", "true").replace("\"true\"", "true"),
    };
    finding.help = format!("let Cognito ask the user pool each time\n  {line}");
    finding.mistake = mistake(provider.place, "ServerSideTokenCheck");
    finding.branch = when.clone();
    Some(finding)
}
