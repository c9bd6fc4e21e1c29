//! What both sides say in the same words.

use crate::{
    checks::network::reachability::{Direction, Pods, Policies},
    graph::Member,
    manifest::NetworkPolicy,
};

/// How messages name a workload: its component, or its own name.
pub(super) fn title(member: &Member<'_>) -> String {
    member.component.map_or_else(
        || member.workload.object.reference().to_string(),
        |component| component.title().to_owned(),
    )
}

/// The first policy that governs a direction, to point at.
pub(super) fn culprit<'a>(
    policies: &Policies<'a>,
    pods: &Pods<'_>,
    direction: Direction,
) -> Option<NetworkPolicy<'a>> {
    policies.governing(pods, direction).next()
}
