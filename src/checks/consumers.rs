//! What findings on service principals have in common: the resources that give the role to a service.

use crate::checks::Cx;
use crate::finding::Label;
use crate::identity::{Consumer, Role};
use crate::value::Branch;

/// The resources that give a role to a service in a branch.
pub(super) fn consumers_of<'g>(
    cx: &Cx<'g>,
    role: &'g Role,
    when: &'g Branch,
) -> impl Iterator<Item = &'g Consumer> + use<'g> {
    let graph = cx.graph;
    let is_of = move |consumer: &&Consumer| std::ptr::eq(graph.role(consumer.role), role);
    graph.consumers.iter().filter(is_of).filter(move |consumer| graph.together(&consumer.when, when).is_some())
}

/// A label on each of the first of them, with the service that needs the role.
pub(super) fn consumer_labels(cx: &Cx<'_>, role: &Role, when: &Branch) -> Vec<Label> {
    let label = |consumer: &Consumer| {
        let (name, services) = (consumer.entity.name(), consumer.services.join(" or "));
        Label::new(consumer.place, format!("{name} needs {services} to be able to use it"))
    };
    let mut labels: Vec<Label> = consumers_of(cx, role, when).map(label).collect();
    labels.dedup();
    labels.truncate(MOST_LABELS);
    labels
}

/// Labels of one finding that tell of consumers.
const MOST_LABELS: usize = 3;

/// The one service that all of them need.
pub(super) fn wanted_service<'g>(cx: &Cx<'g>, role: &'g Role, when: &'g Branch) -> Option<&'g str> {
    let mut services: Vec<&str> =
        consumers_of(cx, role, when).flat_map(|consumer| consumer.services.iter().map(String::as_str)).collect();
    services.sort_unstable();
    services.dedup();
    match services.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}
