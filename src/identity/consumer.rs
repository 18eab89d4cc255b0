//! Resources that give a role to a service (`data/role-consumers.tsv`).

use super::graph::{Entity, RoleId};
use super::service_name::SUFFIX;
use crate::source::Place;
use crate::value::{Branch, Text};

/// A property by which a resource gives a service a role, in one branch.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// The resource.
    pub entity: Entity,
    /// Its type.
    pub kind: String,
    /// The branch, the existence of both included.
    pub when: Branch,
    /// The property: `Targets[0].RoleArn`.
    pub property: String,
    /// Where its value stands.
    pub place: Place,
    /// The services that assume the role: one of them has to be able to.
    pub services: Vec<String>,
    /// The external id that they send.
    pub external: ExternalId,
    /// The role.
    pub role: RoleId,
    /// The function whose role it is, where the property names a function.
    pub function: Option<Entity>,
    /// Whether SAM makes the role for that function, which says nothing of whom it trusts.
    pub is_made: bool,
    /// Whether the resource needs the role by itself, or something may use it: an instance profile alone does nothing.
    pub in_use: bool,
}

/// A profile of IAM Roles Anywhere, in one branch.
#[derive(Clone, Debug)]
pub struct AnchorProfile {
    /// The profile.
    pub entity: Entity,
    /// The branch, existence included.
    pub when: Branch,
    /// The roles of the run that it names.
    pub roles: Vec<RoleId>,
}

/// What a service sends as `sts:ExternalId`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternalId {
    /// Nothing.
    None,
    /// This.
    Sent(Text),
    /// Nobody knows.
    Unknown,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// Path of the property, with `[]` behind the names of lists, and `{}` behind those of maps, in which the `Type` of
    /// the members may stand that are meant.
    pub(super) path: &'static str,
    services: &'static str,
    /// `no`, `unknown`, or the path of the property that says it.
    pub(super) external: &'static str,
}

impl Use {
    /// The names of the services.
    pub(super) fn services(self) -> Vec<String> {
        self.services.split(' ').map(|service| format!("{service}{SUFFIX}")).collect()
    }

    /// The properties of the resource that it speaks of.
    pub(super) fn properties(self) -> impl Iterator<Item = &'static str> {
        let first = |path: &'static str| path.split(['.', '[', '{']).next().unwrap_or(path);
        std::iter::once(first(self.path)).chain(self.external_path().map(first))
    }

    /// The property that says which external id is sent.
    pub(super) fn external_path(self) -> Option<&'static str> {
        Some(self.external).filter(|external| !["no", "unknown"].contains(external))
    }
}

/// The properties of a resource type that take roles for services.
pub(super) fn uses(kind: &str) -> impl Iterator<Item = Use> {
    let rows = include_str!("../../data/role-consumers.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(move |row| {
        let mut cells = row.strip_prefix(kind)?.strip_prefix('\t')?.split('\t');
        Some(Use { path: cells.next()?, services: cells.next()?, external: cells.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::is_known_service;

    #[test]
    fn every_row_is_whole_and_its_services_are_known() {
        let rows = include_str!("../../data/role-consumers.tsv").lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for row in rows {
            let cells: Vec<&str> = row.split('\t').collect();
            assert_eq!(cells.len(), 5, "{row}");
            let of_path: Vec<Use> = uses(cells[0]).filter(|of| of.path == cells[1]).collect();
            assert_eq!(of_path.len(), 1, "{row}");
            assert!(of_path[0].services().iter().all(|service| is_known_service(service)), "{row}");
            assert!(!cells[4].is_empty(), "{row}");
            count += 1;
        }
        assert!(count > 100, "{count} rows");
    }

    #[test]
    fn a_row_names_the_properties_that_it_needs() {
        let sms = uses("AWS::Cognito::UserPool").next().unwrap();
        assert_eq!(sms.properties().collect::<Vec<_>>(), ["SmsConfiguration", "SmsConfiguration"]);
        assert_eq!(sms.external_path(), Some("SmsConfiguration.ExternalId"));
        assert_eq!(uses("AWS::Lambda::Fun").count(), 0);
    }
}
