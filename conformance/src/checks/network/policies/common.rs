//! What both sides say in the same words.

use crate::{
    checks::network::reachability::{Direction, Pods, Policies},
    context::Fault,
    graph::Member,
};

/// How messages name a workload: its component, or its own name.
pub(super) fn title(member: &Member<'_>) -> String {
    member.component.map_or_else(
        || member.workload.object.reference().to_string(),
        |component| component.title().to_owned(),
    )
}

/// The fault of a connection that is needed and not allowed.
pub(super) fn missing<'a>(
    policies: &Policies<'a>,
    pods: &Pods<'_>,
    direction: Direction,
    message: String,
    help: String,
) -> Fault<'a> {
    let fault = Fault::new(message, help);
    match policies.lacking(pods, direction) {
        Some(policy) => fault.object(policy.0),
        None => fault,
    }
}
