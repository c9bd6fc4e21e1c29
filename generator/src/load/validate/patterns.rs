//! Patterns: their components and roles, and whether everybody who is needed is there.

use std::collections::BTreeSet;

use super::names::{components, require_known};
use crate::diagnostic::Diagnostics;
use crate::model::pattern::Pattern;
use crate::model::wiring::{Edge, FormKind};
use crate::model::{Loaded, Model, strings};

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    let mut numbers = BTreeSet::new();
    for pattern in &model.patterns {
        let prefix = model.product.numbered.as_ref();
        let expected = prefix.map(|prefix| format!("{prefix}{}", pattern.number));
        if let Some(expected) = expected.filter(|expected| *expected != pattern.name.value) {
            let message = format!(
                "the pattern with number {} must be called `{expected}`",
                pattern.number
            );
            diagnostics.push(pattern.diagnose(&pattern.name, message));
        }
        if !numbers.insert(pattern.number) {
            let message = format!("there is another pattern with number {}", pattern.number);
            diagnostics.push(pattern.diagnose(&pattern.name, message));
        }
        members(model, pattern, diagnostics);
        roles(model, pattern, diagnostics);
        for member in &pattern.components {
            for edge in &model.wiring.edges {
                if strings(&edge.on).any(|name| name == member.component.value) {
                    peer(model, pattern, &member.component.value, edge, diagnostics);
                }
            }
        }
        endpoints(model, pattern, diagnostics);
    }
}

fn members(model: &Model, pattern: &Loaded<Pattern>, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for member in &pattern.components {
        let name = &member.component;
        require_known(diagnostics, pattern, name, "component", components(model));
        if !seen.insert(&name.value) {
            diagnostics.push(
                pattern
                    .diagnose(name, format!("component `{}` is listed twice", name.value))
                    .hint("remove one"),
            );
        }
        let replicas = member.replicas.value;
        if replicas < member.minimum {
            let message = format!(
                "{replicas} replicas are fewer than the minimum of {}",
                member.minimum
            );
            diagnostics.push(
                pattern
                    .diagnose(&member.replicas, message)
                    .hint("raise replicas or lower minimum"),
            );
        }
        if let Some(maximum) = member.maximum.filter(|maximum| replicas > *maximum) {
            let message = format!("{replicas} replicas are more than the maximum of {maximum}");
            diagnostics.push(
                pattern
                    .diagnose(&member.replicas, message)
                    .hint("lower replicas or raise maximum"),
            );
        }
    }
}

fn roles(model: &Model, pattern: &Loaded<Pattern>, diagnostics: &mut Diagnostics) {
    for (role, component) in pattern.roles.iter() {
        require_known(diagnostics, pattern, role, "role", model.roles());
        let members = pattern
            .components
            .iter()
            .map(|member| member.component.value.as_str());
        require_known(
            diagnostics,
            pattern,
            component,
            &format!("component in {} called", pattern.name.value),
            members,
        );
    }
    for (role, component) in pattern.alternates.iter() {
        let roles = pattern.roles.iter().map(|(role, _)| role.value.as_str());
        require_known(diagnostics, pattern, role, "role", roles);
        let player = pattern.roles.get(&role.value);
        let others = pattern
            .components
            .iter()
            .map(|member| member.component.value.as_str())
            .filter(|name| player.is_none_or(|player| player.value != *name));
        let what = format!("other component in {} called", pattern.name.value);
        require_known(diagnostics, pattern, component, &what, others);
    }
}

/// Whether an edge of a component finds a peer that listens where the edge connects to.
fn peer(
    model: &Model,
    pattern: &Loaded<Pattern>,
    component: &str,
    edge: &Edge,
    diagnostics: &mut Diagnostics,
) {
    let role = edge.to.value.as_str();
    if role == "self" {
        return reached(model, pattern, component, edge, component, diagnostics);
    }
    let Some(peer) = pattern.roles.get(role) else {
        let message = format!(
            "nobody in {} plays the role `{role}`, which {component} needs for `{}`",
            pattern.name.value, edge.key.value
        );
        let hint = format!(
            "add `{role}: <component>` to roles, or remove {component} from `on` in {}",
            model.wiring.file
        );
        diagnostics.push(pattern.diagnose(&pattern.name, message).hint(hint));
        return;
    };
    for peer in std::iter::once(peer).chain(pattern.alternates.get(role)) {
        reached(model, pattern, component, edge, &peer.value, diagnostics);
    }
}

/// Whether a peer listens where an edge connects to.
fn reached(
    model: &Model,
    pattern: &Loaded<Pattern>,
    component: &str,
    edge: &Edge,
    peer: &str,
    diagnostics: &mut Diagnostics,
) {
    let (Some(peer), Some(form)) = (
        model.components.get(peer),
        model.wiring.forms.get(&edge.form.value),
    ) else {
        return;
    };
    let reach = edge
        .own_reach
        .filter(|_| peer.name.value == component)
        .unwrap_or(edge.reach);
    for port in form.kind().map(FormKind::ports).unwrap_or_default() {
        if !peer.listens_on(&port.value) {
            let message = format!(
                "{component} connects to port `{}` of {} in {} for `{}`, but {1} does not listen there",
                port.value, peer.name.value, pattern.name.value, edge.key.value
            );
            let hint = format!(
                "its ports are: {}",
                strings(&peer.ports).collect::<Vec<_>>().join(", ")
            );
            diagnostics.push(model.wiring.diagnose(&edge.form, message).hint(hint));
        }
    }
    if reach.needs_stable_nodes() && !peer.workload.is_stable() {
        let message = format!(
            "`{}` lists the nodes of {} in {}, but a {} has no nodes with addresses of their own",
            edge.key.value,
            peer.name.value,
            pattern.name.value,
            peer.workload.kind()
        );
        diagnostics.push(
            model
                .wiring
                .diagnose(&edge.key, message)
                .hint("use `reach: service`, or make it a StatefulSet"),
        );
    }
}

/// Whether the component behind an endpoint listens on the endpoint's ports.
fn endpoints(model: &Model, pattern: &Loaded<Pattern>, diagnostics: &mut Diagnostics) {
    for (name, endpoint) in model.endpoints.iter() {
        let Some(component) = pattern.roles.get(&endpoint.role.value) else {
            continue;
        };
        let Some(component) = model.components.get(&component.value) else {
            continue;
        };
        for port in std::iter::once(&endpoint.port).chain(&endpoint.plain_port) {
            if model.ports.get(&port.value).is_some() && !component.listens_on(&port.value) {
                let message = format!(
                    "endpoint `{}` needs port `{}`, but {} serves it in {} and does not listen there",
                    name.value, port.value, component.name.value, pattern.name.value
                );
                diagnostics.push(model.endpoints.diagnose(port, message));
            }
        }
    }
}
