//! A Streaming Integrator alone beside an API Manager that is there twice.

use crate::{
    component::Capability,
    context::{Context, Fault, Judge},
    graph::Graph,
};

/// Whether the API Manager of these releases goes on when one of its nodes is gone.
fn is_highly_available(graph: &Graph<'_>) -> bool {
    graph.members.iter().any(|member| {
        let component = member.component;
        let manages = component.filter(|component| component.has(Capability::Portals));
        manages.is_some_and(|component| graph.nodes_of(component).len() > 1)
    })
}

/// Who manages on several nodes has its streams handled by two. A Micro Integrator's minimum is the pattern's.
pub(super) fn is_none_beside_several(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let streams = || {
        graph.members.iter().filter(|member| {
            let component = member.component;
            component.is_some_and(|component| component.has(Capability::Streams))
        })
    };
    let is_beside_several = graph.beside.as_deref().is_some_and(is_highly_available);
    judge.applies(
        is_beside_several && streams().next().is_some(),
        "there is no API Manager with several nodes beside it",
    );
    if !is_beside_several {
        return;
    }
    for member in streams() {
        let Some(component) = member.component else {
            continue;
        };
        let title = component.title();
        judge.require(graph.nodes_of(component).len() > 1, || {
            Fault::new(
                format!("the {title} is one node beside an API Manager of several: while it is gone, nobody handles events"),
                "run two nodes, with a database in which they find each other",
            )
            .object(member.workload.object)
            .field("replicas")
            .value("1")
        });
    }
}
