//! Every Service leads to ready pods, on ports where their component listens.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Stage;
use super::observe::collect;
use crate::api::text;
use crate::error::LiveError;
use crate::record::Fault;
use crate::wiring::Observed;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let nodes = collect(stage, &stage.main).await?;
    let selector = format!("app.kubernetes.io%2Finstance%3D{}", stage.main.name);
    let services = format!(
        "/api/v1/namespaces/{}/services?labelSelector={selector}",
        stage.namespace
    );
    let slices = format!(
        "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
        stage.namespace
    );
    let services = stage.lab.api.list(&services).await?;
    let slices = stage.lab.api.list(&slices).await?;
    for service in &services {
        judge(stage, service, &slices, &nodes);
    }
    Ok(true)
}

fn judge(stage: &mut Stage, service: &Value, slices: &[Value], nodes: &[Observed]) {
    let name = text(service, "/metadata/name");
    let own: Vec<&Value> = slices
        .iter()
        .filter(|slice| text(slice, "/metadata/labels/kubernetes.io~1service-name") == name)
        .collect();
    let ready: Vec<&str> = own
        .iter()
        .flat_map(|slice| list(slice, "/endpoints"))
        .filter(|endpoint| endpoint.pointer("/conditions/ready") == Some(&Value::Bool(true)))
        .map(|endpoint| text(endpoint, "/targetRef/name"))
        .collect();
    let empty = ready.is_empty().then(|| {
        Fault::new(
            format!("Service {name} leads to no ready pod"),
            "let its selector match the labels of the component's pods",
        )
        .at("Service", name)
    });
    stage.check("AM-NET-001", empty);

    let resolved: BTreeMap<&str, u64> = own
        .iter()
        .flat_map(|slice| list(slice, "/ports"))
        .filter_map(|port| Some((text(port, "/name"), port.get("port")?.as_u64()?)))
        .collect();
    for port in list(service, "/spec/ports") {
        let port = text(port, "/name");
        let fault = match resolved.get(port) {
            None => Some(format!("port {port} of Service {name} leads to no port of its pods")),
            Some(number) => nodes
                .iter()
                .filter(|node| ready.contains(&node.pod.as_str()))
                .find(|node| !listens(node, *number))
                .map(|node| {
                    format!("port {port} of Service {name} leads to {number} of {}, where nobody listens", node.pod)
                }),
        };
        let fault = fault.map(|message| {
            Fault::new(message, "name a port on which the component listens").at("Service", name)
        });
        stage.check("AM-NET-002", fault);
    }
}

fn listens(node: &Observed, number: u64) -> bool {
    node.observations
        .ports
        .iter()
        .any(|port| u64::from(port.number) == number)
}

fn list<'v>(object: &'v Value, pointer: &str) -> &'v [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}
