//! Where other sites are told to reach components of this one: something must lead there from outside.

use serde_json::Value;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    graph::Place,
    manifest::{Service, array_at, integer_at, routes},
};

/// The number behind which routes of a name are.
const HTTPS: u16 = 443;

pub(super) fn others_get_there(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (component, exposed) in &context.graph.crossings.exposed {
        for (place, node) in exposed.places() {
            for (name, number) in &place.ports {
                let way = Way {
                    context,
                    component: *component,
                    node,
                    number: *number,
                };
                judge.require(way.is_there(place), || way.fault(place, name));
            }
        }
    }
}

/// The way to a port of a component, or of one of its nodes.
struct Way<'c, 'a> {
    context: &'c Context<'a>,
    component: Component,
    node: Option<usize>,
    number: u16,
}

impl<'a> Way<'_, 'a> {
    fn is_there(&self, place: &Place) -> bool {
        let services = self.context.graph.services.iter();
        let by_service = services.clone().any(|service| self.leads(*service));
        by_service || self.node.is_none() && self.number == HTTPS && self.is_routed(&place.host)
    }

    fn is_routed(&self, host: &str) -> bool {
        let routes = routes(self.context.manifest);
        routes.iter().any(|route| route.answers(host))
    }

    /// Whether a Service leads there from outside of the cluster, and to nothing else.
    fn leads(&self, service: Service<'a>) -> bool {
        let kind = service.object.str("/spec/type").unwrap_or_default();
        let key = match kind {
            "LoadBalancer" => "/port",
            "NodePort" => "/nodePort",
            _ => return false,
        };
        let written = array_at(&service.object.value, "/spec/ports").iter();
        let has = |port: &&Value| integer_at(port, key) == Some(i64::from(self.number));
        let Some(own) = written
            .filter(has)
            .find_map(|port| integer_at(port, "/port"))
        else {
            return false;
        };
        let resolver = self.context.graph.resolver();
        let members = self.context.graph.members.iter();
        let members: Vec<_> = members
            .filter(|member| {
                member.workload.object.namespace() == service.object.namespace()
                    && member.workload.is_selected_by(service)
            })
            .collect();
        let ports = service.ports();
        let target = ports.iter().find(|port| i64::from(port.number) == own);
        let arrives = |port: &crate::manifest::ServicePort<'_>| {
            !members.is_empty()
                && members.iter().all(|member| {
                    member.component == Some(self.component)
                        && resolver.container_port(member, port.target).is_ok()
                })
        };
        target.is_some_and(arrives) && self.is_for_the_node(service)
    }

    /// Whether it is for the node that is meant, or for all of them.
    fn is_for_the_node(&self, service: Service<'_>) -> bool {
        let Some(node) = self.node else {
            return service.only_pod().is_none();
        };
        let pods = self.context.graph.nodes_of(self.component);
        match service.only_pod() {
            Some(pod) => pods.get(node).is_some_and(|node| node.pod_name == pod),
            None => pods.len() == 1,
        }
    }

    fn fault(&self, place: &Place, name: &str) -> Fault<'a> {
        let title = self.component.title();
        let (what, advice) = match self.node {
            Some(node) => (
                format!("node {node} of the {title}"),
                "make a Service for this node alone with this port (`nodeServices` of our charts)",
            ),
            None => (
                format!("the {title}"),
                "make a Service for it with this port, or a route with this host",
            ),
        };
        Fault::new(
            format!(
                "other sites reach {what} at {}:{} ({name}), and nothing leads there from outside of the cluster",
                place.host, self.number
            ),
            format!("{advice}, or correct what other sites are told"),
        )
        .value(format!("{}:{}", place.host, self.number))
    }
}
