//! Connections between releases that are in one cluster.

use super::{
    edges::{pods_of, port_of},
    reachability::{Direction, Policies, Verdict},
};
use crate::{context::Context, graph::Member};

/// Whether policies let a server of these releases, or of those beside them, connect to a port of another; `None` where documents do
/// not tell.
pub(in crate::checks) fn passes(
    context: &Context<'_>,
    client: &Member<'_>,
    server: &Member<'_>,
    number: u16,
) -> Option<bool> {
    let mut policies = Policies::of(context.manifest);
    if let Some(beside) = &context.manifest.beside {
        policies.all.extend(Policies::of(beside).all);
    }
    let (from, to) = (pods_of(&client.workload), pods_of(&server.workload));
    let port = port_of(server, number);
    let leaves = policies.passes(&from, Direction::Egress, &to, port);
    let enters = policies.passes(&to, Direction::Ingress, &from, port);
    match leaves.min(enters) {
        Verdict::Denied => Some(false),
        Verdict::Unknown => None,
        Verdict::Allowed => Some(true),
    }
}
