//! Roles that trust SAML providers.

pub mod saml_attribute_operator;
pub mod saml_aud_missing;
pub mod saml_aud_wrong_endpoint;

use crate::checks::gate::named;
use crate::identity::oidc::{Federated, federated};
use crate::policy::{Principal, Statement, actions_match};
use crate::value::Symbols;

/// How users of SAML providers become a role.
const ACTION: &str = "sts:AssumeRoleWithSAML";

/// The SAML providers whose users a statement speaks of, and whether it speaks of nobody else.
fn providers<'s>(statement: &'s Statement, symbols: &Symbols) -> (Vec<&'s Principal>, bool) {
    let all = named(statement);
    let is_saml = |one: &&Principal| federated(&one.value, symbols) == Federated::Saml;
    let takes_assertions = actions_match(&statement.actions, ACTION).is_true();
    let own: Vec<&Principal> = all.iter().filter(is_saml).filter(|_| takes_assertions).collect();
    let is_alone = own.len() == all.len();
    (own, is_alone)
}

/// What a statement needs that others share: what keeps a user of a SAML provider out may keep those others out too.
const APART: &str = "give the SAML provider a statement of its own, which asks for this too";
