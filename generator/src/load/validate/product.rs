//! Ports, endpoints, Ingress controllers, versions and components.

use std::collections::BTreeMap;

use super::names::{components, require_known};
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::model::component::Component;
use crate::model::controller::EVERY;
use crate::model::{Loaded, strings};

/// Kubernetes allows no longer names for ports.
const PORT_NAME_LIMIT: usize = 15;

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    ports(model, diagnostics);
    endpoints(model, diagnostics);
    controllers(model, diagnostics);
    for version in &model.versions {
        for user in version
            .databases
            .apim
            .iter()
            .chain(&version.databases.shared)
            .chain(&version.databases.coordination)
            .chain(&version.shared_counters)
        {
            require_known(diagnostics, version, user, "component", components(model));
        }
    }
    for component in model.components.values() {
        self::component(model, component, diagnostics);
    }
}

fn ports(model: &Model, diagnostics: &mut Diagnostics) {
    let mut owners: BTreeMap<u16, &str> = BTreeMap::new();
    for (name, port) in model.ports.iter() {
        if name.value.len() > PORT_NAME_LIMIT {
            let message = format!(
                "the port name `{}` has more than {PORT_NAME_LIMIT} characters",
                name.value
            );
            diagnostics.push(
                model
                    .ports
                    .diagnose(name, message)
                    .hint("Kubernetes refuses longer names; shorten it"),
            );
        }
        if let Some(owner) = owners.insert(port.number.value, &name.value) {
            let message = format!(
                "port number {} belongs to `{owner}` already",
                port.number.value
            );
            diagnostics.push(
                model
                    .ports
                    .diagnose(&port.number, message)
                    .hint("numbers must be unique"),
            );
        }
    }
}

fn endpoints(model: &Model, diagnostics: &mut Diagnostics) {
    let file = &model.endpoints;
    let hostnames = model
        .chart_values
        .get("hostnames")
        .and_then(|node| node.properties.as_ref());
    for (_, endpoint) in file.iter() {
        require_known(diagnostics, file, &endpoint.role, "role", model.roles());
        if let Some(role) = &endpoint.only_when_separate {
            require_known(diagnostics, file, role, "role", model.roles());
        }
        for port in std::iter::once(&endpoint.port).chain(&endpoint.plain_port) {
            require_known(diagnostics, file, port, "port", model.ports.names());
        }
        let known = hostnames.iter().flat_map(|table| table.names());
        require_known(
            diagnostics,
            file,
            &endpoint.hostname,
            "value below `hostnames`",
            known,
        );
    }
}

/// What an Ingress controller is told is about `every` endpoint, or about one that there is.
fn controllers(model: &Model, diagnostics: &mut Diagnostics) {
    let file = &model.controllers;
    if model.borrows(&file.file) {
        return;
    }
    for (_, controller) in file.iter() {
        for endpoint in controller.ingress.keys().chain(controller.service.keys()) {
            let known = model.endpoints.names().chain([EVERY]);
            require_known(diagnostics, file, endpoint, "endpoint", known);
        }
    }
}

fn component(model: &Model, component: &Loaded<Component>, diagnostics: &mut Diagnostics) {
    for port in &component.ports {
        require_known(diagnostics, component, port, "port", model.ports.names());
        if strings(&component.ports)
            .filter(|name| *name == port.value)
            .count()
            > 1
        {
            diagnostics.push(
                component
                    .diagnose(port, format!("port `{}` is listed twice", port.value))
                    .hint("remove one"),
            );
        }
    }
    let listens = &component.ports;
    let asked = component.health.as_ref().map(|health| &health.port);
    let asked = asked
        .into_iter()
        .chain(component.test.as_ref().map(|test| &test.port));
    for port in asked.chain(component.service_ports.iter().flatten()) {
        require_known(
            diagnostics,
            component,
            port,
            "port of the component",
            strings(listens),
        );
    }
    for (probe_name, probe) in component.probes.named() {
        if !component.listens_on(&probe.port.value) {
            let message = format!(
                "the {probe_name} probe asks port `{}`, but the component does not listen there",
                probe.port.value
            );
            let hint = am_suggest::hint(&probe.port.value, strings(&component.ports));
            diagnostics.push(component.diagnose(&probe.port, message).maybe_hint(hint));
        }
    }
    if component.server_endpoint().is_some() {
        let known = model.endpoints.names().chain(["none"]);
        require_known(
            diagnostics,
            component,
            &component.server_endpoint,
            "endpoint",
            known,
        );
    }
}
