//! Secrets: not in `ConfigMap`s, not in the environment as literals, not in arguments, and never the
//! defaults.

use std::collections::BTreeSet;

use super::{
    literals::{DEFAULT_PASSWORDS, is_literal, names_secret, secrets_in},
    settings::secrets_in_file,
};
use crate::{
    base64,
    context::{Context, Fault, Judge},
    manifest::{Container, EnvSource, Object, Workload, strings_at},
};

const HELP: &str =
    "put it into a Secret and refer to it: secretKeyRef, a Secret volume or a CSI volume";

pub(super) fn none_in_config_maps(context: &Context<'_>, judge: &mut Judge<'_>) {
    // Which entries are a deployment.toml is told by the pods that mount them, not by their names.
    let maps = context.manifest.of_kind("ConfigMap");
    let entries: usize = maps.map(|map| strings_at(&map.value, "/data").len()).sum();
    let files = context.graph.nodes.iter().filter_map(|node| {
        let file = node.configuration.as_ref()?;
        Some((file.object.reference().to_string(), &file.data_key))
    });
    judge.applies(
        entries > files.collect::<BTreeSet<_>>().len(),
        "no ConfigMap holds anything but deployment.toml",
    );
    for object in context.manifest.of_kind("ConfigMap") {
        for (key, text) in strings_at(&object.value, "/data") {
            // A node's deployment.toml is judged key by key by the configuration family.
            let is_configuration = context.graph.nodes.iter().any(|node| {
                node.configuration.as_ref().is_some_and(|configuration| {
                    std::ptr::eq(configuration.object, object) && configuration.data_key == key
                })
            });
            if is_configuration {
                continue;
            }
            judge.looked();
            let mut found = secrets_in_file(key, text);
            if names_secret(key) && is_literal(text) {
                found.push(format!("`{key}`"));
            }
            for name in found {
                judge.fault(
                    Fault::new(
                        format!(
                            "ConfigMap `{}` holds a secret in `{key}`: {name}",
                            object.name()
                        ),
                        HELP,
                    )
                    .object(object),
                );
            }
        }
    }
}

fn containers<'a>(context: &Context<'a>) -> Vec<(Workload<'a>, Container<'a>)> {
    context
        .manifest
        .workloads()
        .into_iter()
        .flat_map(|workload| {
            workload
                .pod
                .all_containers()
                .into_iter()
                .map(move |container| (workload, container))
        })
        .collect()
}

pub(super) fn none_in_environment(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (workload, container) in containers(context) {
        for variable in container.env() {
            judge.looked();
            let EnvSource::Literal(text) = variable.source else {
                continue;
            };
            let is_secret = names_secret(variable.name) && is_literal(text);
            if is_secret || !secrets_in(text).is_empty() {
                judge.fault(
                    Fault::new(
                        format!(
                            "container `{}` of {} has a secret written in the variable {}",
                            container.name(),
                            workload.object.reference(),
                            variable.name
                        ),
                        HELP,
                    )
                    .object(workload.object),
                );
            }
        }
    }
}

pub(super) fn none_in_arguments(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (workload, container) in containers(context) {
        let arguments = container.arguments();
        if arguments.is_empty() {
            continue;
        }
        judge.looked();
        for what in in_arguments(&container, &arguments) {
            judge.fault(
                Fault::new(
                    format!(
                        "container `{}` of {} has {what} among its arguments, which every process list shows",
                        container.name(),
                        workload.object.reference()
                    ),
                    "let the program read it from its environment or from a file",
                )
                .object(workload.object),
            );
        }
    }
}

/// What is secret in a command line; the secrets themselves are not told.
fn in_arguments(container: &Container<'_>, arguments: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = arguments.iter().flat_map(|text| secrets_in(text)).collect();
    for (flag, value) in arguments
        .iter()
        .flat_map(|text| text.split_whitespace())
        .collect::<Vec<_>>()
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
    {
        let is_user = matches!(flag, "-u" | "--user")
            && value.split_once(':').is_some_and(|(_, p)| is_literal(p));
        let is_named = flag.starts_with('-')
            && !flag.contains('=')
            && names_secret(flag)
            && !value.starts_with('-')
            && is_literal(value);
        if is_user || is_named {
            found.push(format!("`{flag}`"));
        }
    }
    // The kubelet writes the value of $(NAME) into the command line.
    for variable in container.env() {
        let is_expanded = arguments
            .iter()
            .any(|text| text.contains(&format!("$({})", variable.name)));
        if is_expanded && matches!(variable.source, EnvSource::Secret { .. }) {
            found.push(format!("the Secret's value of {}", variable.name));
        }
    }
    found.dedup();
    found
}

/// Values of a Secret under names of passwords: its plain texts, and its encoded ones decoded.
fn passwords_of(secret: &Object) -> Vec<(&str, String)> {
    let plain = strings_at(&secret.value, "/stringData")
        .into_iter()
        .map(|(key, text)| (key, text.to_owned()));
    let encoded = strings_at(&secret.value, "/data")
        .into_iter()
        .filter_map(|(key, text)| Some((key, base64::decode(text)?)));
    plain
        .chain(encoded)
        .filter(|(key, _)| names_secret(key))
        .collect()
}

pub(super) fn no_defaults(context: &Context<'_>, judge: &mut Judge<'_>) {
    let is_default = |text: &str| DEFAULT_PASSWORDS.contains(&text.trim());
    for secret in context.manifest.of_kind("Secret") {
        for (key, text) in passwords_of(secret) {
            judge.require(!is_default(&text), || {
                Fault::new(
                    format!(
                        "Secret `{}` has the product's default password in `{key}`",
                        secret.name()
                    ),
                    "set a password of your own, or let the chart make one",
                )
                .object(secret)
            });
        }
    }
    for (workload, container) in containers(context) {
        for variable in container.env() {
            if !names_secret(variable.name) {
                continue;
            }
            let text = match variable.source {
                EnvSource::Literal(text) => text,
                _ => "",
            };
            judge.require(!is_default(text), || {
                Fault::new(
                    format!(
                        "the variable {} is the product's default password",
                        variable.name
                    ),
                    "take it from a Secret with a password of your own",
                )
                .object(workload.object)
            });
        }
    }
    for node in &context.graph.nodes {
        let (Some(configuration), Some(effective)) = (&node.configuration, node.effective()) else {
            continue;
        };
        for (key, value) in effective.values() {
            // Most effective values are defaults; those that somebody wrote are few. What `$ref{}` takes from another key is told there.
            if !value.provenance.is_written() || !value.references.is_empty() {
                continue;
            }
            let key = key.to_string();
            if !names_secret(&key) {
                continue;
            }
            let Some(text) = value.value.scalar_text() else {
                continue;
            };
            judge.require(!is_default(&text), || {
                Fault::new(
                    format!(
                        "{} uses the product's default password as `{key}`",
                        context.graph.describe(node.id)
                    ),
                    "take it from a Secret with a password of your own",
                )
                .at(configuration, key.clone(), value.provenance.span())
            });
        }
    }
}
