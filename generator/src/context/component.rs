//! What templates see of a component.

use serde_json::{Value, json};

use super::{credential_key, endpoints, or_false};
use crate::chart::{Chart, Part};
use crate::model::component::Component;
use crate::model::product::Database;
use crate::model::wiring::FormKind;
use crate::toml_path;

/// The port that says that a component serves API traffic.
const TRAFFIC_PORT: &str = "gateway-https";

/// A component as templates see it.
pub(crate) fn component(chart: &Chart<'_>, part: &Part<'_>) -> Value {
    let component = &part.component.value;
    let name = part.name();
    let ports: Vec<Value> = crate::model::strings(&component.ports)
        .filter_map(|port| super::port(chart, port))
        .collect();
    let server_endpoint = component.server_endpoint();
    let server_hostname = server_endpoint
        .and_then(|name| chart.model.endpoints.value.get(name))
        .map(|endpoint| endpoint.hostname.value.as_str());
    let serves_traffic = component.listens_on(TRAFFIC_PORT);
    let observability = &chart.model.observability;
    let databases: Vec<&str> = Database::ALL
        .into_iter()
        .filter(|kind| chart.uses(name, *kind))
        .map(Database::key)
        .collect();
    let mut seen = json!({
        "name": name,
        "key": part.key(),
        "title": component.title,
        "doc": component.doc,
        "distribution": component.distribution,
        "repository": component.repository,
        "startScript": component.start_script,
        "profile": or_false(component.profile.as_deref()),
        "workload": component.workload.kind(),
        "stable": component.workload.is_stable(),
        "minimum": part.member.minimum,
        "maximum": part.member.maximum.map_or_else(|| json!(false), |maximum| json!(maximum)),
        "replicas": part.member.replicas.value,
        "ports": ports,
        "portNames": crate::model::strings(&component.ports).collect::<Vec<_>>(),
        "probes": component.probes,
        "storage": component.storage,
        "shutdownSeconds": component.shutdown_seconds,
        "productionHeap": production_heap(component).unwrap_or(&json!(false)),
        "serverEndpoint": or_false(server_endpoint),
        "serverHostname": or_false(server_hostname),
        "credentials": chart.credential_keys(Some(name)).into_iter().map(|key| credential_key(chart, key)).collect::<Vec<_>>(),
        "servesTraffic": serves_traffic,
        "sharesCounters": crate::model::strings(&chart.version.value.shared_counters).any(|sharer| sharer == name),
        "roles": roles_of(chart, name),
        "loggers": observability.logs.iter().filter(|row| serves_traffic || !row.traffic).collect::<Vec<_>>(),
        "beans": observability.metrics.beans.iter().filter(|row| serves_traffic || !row.traffic).collect::<Vec<_>>(),
        "waits": waits(chart, name),
        "mayWait": chart.may_wait(part),
        "mirrorsEvents": chart.mirrors_events(part),
        "replaceable": chart.is_replaceable(name),
        "waitsForFirstNode": chart.waits_for_first_node(part),
        "endpoints": endpoints(chart, Some(name)),
        "ingress": ingress(chart, part),
        "egress": egress(chart, part),
        "servicePorts": chart.service_ports(part),
        "nodePorts": chart.node_ports(part),
        "clients": clients(chart, part),
        "servers": servers(chart, part),
    });
    seen["usesDatabase"] = json!(!databases.is_empty());
    seen["databases"] = json!(databases);
    seen["health"] = health(component);
    seen["test"] = test(chart, component);
    seen["servedPorts"] = crate::model::strings(component.served_ports())
        .filter_map(|port| super::port(chart, port))
        .collect();
    seen
}

/// What clouds' load balancers ask.
fn health(component: &Component) -> Value {
    let readiness = &component.probes.readiness;
    let own = component.health.as_ref();
    json!({
        "port": own.map_or(&readiness.port, |own| &own.port).value,
        "path": own.and_then(|own| own.path.as_ref()).or(readiness.path.as_ref()),
    })
}

/// What the pod of `helm test` asks.
fn test(chart: &Chart<'_>, component: &Component) -> Value {
    let readiness = &component.probes.readiness;
    let own = component.test.as_ref();
    let name = &own.map_or(&readiness.port, |own| &own.port).value;
    let port = chart.model.ports.get(name);
    json!({
        "port": name,
        "scheme": port.map(|port| &port.scheme),
        "path": own.map(|own| &own.path).or(readiness.path.as_ref()),
        "options": own.map_or(&[][..], |own| &own.options),
    })
}

/// The largest heap of a component in production.
fn production_heap(component: &Component) -> Option<&Value> {
    component
        .production
        .as_ref()?
        .get("jvm")?
        .get("maximumHeap")
}

/// The roles that a component plays in the pattern.
fn roles_of<'m>(chart: &Chart<'m>, component: &str) -> Vec<&'m str> {
    let roles = chart.pattern.value.roles.iter();
    roles
        .filter(|(_, player)| player.value == component)
        .map(|(role, _)| role.value.as_str())
        .collect()
}

/// For whom a component waits before its server starts.
fn waits(chart: &Chart<'_>, component: &str) -> Vec<Value> {
    let port = |form: FormKind<'_>| form.ports().first().map(|port| port.value.clone());
    let path = |key: &str| -> Vec<String> {
        let segments = toml_path::parse(key).unwrap_or_default();
        segments.into_iter().map(|segment| segment.name).collect()
    };
    chart
        .waits_of(component)
        .into_iter()
        .map(|wait| {
            json!({
                "role": wait.edge.to.value,
                "title": wait.edge.to.value.replace('-', " "),
                "peer": wait.peer,
                "port": port(wait.form),
                "path": path(&wait.edge.key.value),
            })
        })
        .collect()
}

/// Which components connect to which port of this one, in the order of its ports.
fn ingress(chart: &Chart<'_>, part: &Part<'_>) -> Vec<Value> {
    let connections = chart.connections();
    crate::model::strings(&part.component.value.ports)
        .filter_map(|port| {
            let from: Vec<&str> = connections
                .iter()
                .filter(|(_, to, used)| *to == part.name() && *used == port)
                .map(|(from, ..)| *from)
                .collect();
            (!from.is_empty()).then(|| json!({"port": port, "from": from}))
        })
        .collect()
}

/// Which ports of which components this one connects to, in the order of the pattern.
fn egress(chart: &Chart<'_>, part: &Part<'_>) -> Vec<Value> {
    let connections = chart.connections();
    chart
        .parts()
        .iter()
        .filter_map(|peer| {
            let ports: Vec<&str> = connections
                .iter()
                .filter(|(from, to, _)| *from == part.name() && *to == peer.name())
                .map(|(_, _, port)| *port)
                .collect();
            let (service, nodes) = chart.reached(part.name(), peer.name());
            (!ports.is_empty()).then(
                || json!({"to": peer.name(), "ports": ports, "service": service, "nodes": nodes, "replaceable": chart.is_replaceable(peer.name())}),
            )
        })
        .collect()
}

/// The other components that connect to this one: by one name, and node by node.
fn clients(chart: &Chart<'_>, part: &Part<'_>) -> Vec<Value> {
    let others = chart.parts();
    let others = others.iter().filter(|other| other.name() != part.name());
    others
        .map(|other| (other.name(), chart.reached(other.name(), part.name())))
        .filter(|(_, (service, nodes))| !service.is_empty() || !nodes.is_empty())
        .map(|(from, (service, nodes))| json!({"from": from, "service": service, "nodes": nodes}))
        .collect()
}

/// The other components to which this one connects, as in `egress`.
fn servers(chart: &Chart<'_>, part: &Part<'_>) -> Vec<Value> {
    let mut servers = egress(chart, part);
    servers.retain(|server| server["to"] != part.name());
    servers
}
