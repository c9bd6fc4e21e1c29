//! `wiring.yaml`, `events.yaml`, `credentials.yaml` and `configuration/*.yaml`.

use super::names::{components, require_known, versions};
use crate::diagnostic::Diagnostics;
use crate::model::wiring::{Edge, Form, FormKind, Reach};
use crate::model::{Loaded, Model};
use crate::toml_path;
use crate::yaml::Text;

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    let wiring = &model.wiring;
    for (name, form) in wiring.forms.iter() {
        let Some(kind) = form.kind() else {
            let message = format!("the form `{}` is neither a URL nor a group", name.value);
            let hint = "a URL has scheme, port and perhaps path; a group has type, receiver and authentication";
            diagnostics.push(wiring.diagnose(name, message).hint(hint));
            continue;
        };
        for port in FormKind::ports(kind) {
            require_known(diagnostics, wiring, port, "port", model.ports.names());
        }
    }
    for edge in &wiring.edges {
        path(wiring, &edge.key, diagnostics);
        for component in &edge.on {
            require_known(
                diagnostics,
                wiring,
                component,
                "component",
                components(model),
            );
        }
        require_known(
            diagnostics,
            wiring,
            &edge.to,
            "role",
            model.roles().chain(["self"]),
        );
        require_known(
            diagnostics,
            wiring,
            &edge.form,
            "form",
            wiring.forms.names(),
        );
        own_server(model, edge, diagnostics);
    }
    if let Some(events) = &model.events {
        require_known(diagnostics, events, &events.role, "role", model.roles());
        let regions = events.regions.iter();
        for version in regions.flat_map(|event| event.versions.iter().flatten()) {
            let known = versions(model);
            require_known(diagnostics, events, version, "product version", known);
        }
    }
    let credentials = &model.credentials;
    for (_, key) in credentials.keys.iter() {
        let secrets = credentials.secrets.names();
        require_known(diagnostics, credentials, &key.secret, "secret", secrets);
    }
    for file in &model.configuration {
        for setting in &file.value {
            path(file, &setting.key, diagnostics);
            for component in setting.on.iter().flatten() {
                require_known(diagnostics, file, component, "component", components(model));
            }
            for version in setting.versions.iter().flatten() {
                require_known(
                    diagnostics,
                    file,
                    version,
                    "product version",
                    versions(model),
                );
            }
            for role in setting.roles.iter().flatten() {
                require_known(diagnostics, file, role, "role", model.roles());
            }
        }
    }
}

/// Whether the form of an edge to the own server can be written with the product's variable for the port.
fn own_server(model: &Model, edge: &Edge, diagnostics: &mut Diagnostics) {
    let wiring = &model.wiring;
    let Some(kind) = wiring.forms.get(&edge.form.value).and_then(Form::kind) else {
        return;
    };
    if ![Some(edge.reach), edge.own_reach].contains(&Some(Reach::OwnServer)) {
        return;
    }
    let has_variable = |port: &Text| {
        let port = model.ports.get(&port.value);
        port.is_some_and(|port| port.variable.is_some())
    };
    let mistake = match kind {
        FormKind::Group { .. } => "is a group, and `own-server` is one address".to_owned(),
        FormKind::Url { port, .. } if !has_variable(port) => format!(
            "needs the product's variable for port `{}`, which {} does not name",
            port.value, model.ports.file
        ),
        FormKind::Url { .. } => return,
    };
    let message = format!(
        "`{}`: the form `{}` {mistake}",
        edge.key.value, edge.form.value
    );
    let hint = "use `own-node`, or another form";
    diagnostics.push(wiring.diagnose(&edge.form, message).hint(hint));
}

fn path<T>(file: &Loaded<T>, key: &Text, diagnostics: &mut Diagnostics) {
    if let Err(message) = toml_path::parse(&key.value) {
        diagnostics.push(
            file.diagnose(key, message)
                .hint("a path looks like `apim.gateway.environment[0].name`"),
        );
    }
}
