//! Which pods a change restarts.

use std::collections::BTreeSet;

use serde_json::Value;

use super::changes::{Change, changes, configurations, sizes};
use crate::{
    checks::{helm::difference, kubernetes::identities::identity, reloaders::is_reloaded},
    context::{Context, Fault, Judge},
    manifest::{EnvSource, Manifest, Object, VolumeSource, Workload},
    variation::{Refusal, Variation, releases},
};

/// Pairs of a server before and after a change.
fn servers<'a>(
    before: &'a Manifest,
    after: &'a Manifest,
    release: &str,
) -> Vec<(Workload<'a>, Workload<'a>)> {
    let after: Vec<Workload<'a>> = after.workloads();
    before
        .workloads()
        .into_iter()
        .filter(|workload| workload.is_server() && workload.object.release == release)
        .filter_map(|workload| {
            let successor = after
                .iter()
                .find(|other| identity(other.object) == identity(workload.object))?;
            Some((workload, *successor))
        })
        .collect()
}

/// Where two pod templates differ, which is what restarts the pods.
fn restart(before: &Workload<'_>, after: &Workload<'_>) -> Option<String> {
    let template = |workload: &Workload<'_>| {
        workload
            .object
            .value
            .pointer("/spec/template")
            .cloned()
            .unwrap_or_default()
    };
    difference(&template(before), &template(after))
}

pub(super) fn upgrade_without_change_restarts_nothing(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered as for an upgrade here");
    };
    let variation = Variation {
        is_upgrade: true,
        ..Variation::default()
    };
    for release in releases(context.manifest).into_keys() {
        match variations.render(release, &variation) {
            Ok(upgraded) => {
                for (before, after) in servers(context.manifest, &upgraded, release) {
                    let at = restart(&before, &after);
                    judge.require(at.is_none(), || {
                        Fault::new(
                            format!("an upgrade that changes nothing restarts the pods of {}: their template differs at {}", before.object.reference(), at.unwrap_or_default()),
                            "write nothing into pod templates that changes by itself: no time, random text or revision",
                        )
                        .object(before.object)
                    });
                }
            }
            Err(Refusal::Unavailable(reason)) => judge.unsupported(reason),
            Err(refusal) => {
                judge.looked();
                judge.fault(Fault::new(
                    format!("release {release} does not render for an upgrade: {refusal}"),
                    "correct the template",
                ));
            }
        }
    }
}

pub(super) fn changed_configuration_restarts_its_readers(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(source) = context.charts.get(chart) else {
            continue;
        };
        let configurations = configurations(source).into_iter().map(|(_, change)| change);
        for change in changes(source).into_iter().chain(configurations) {
            let Ok(changed) = variations.render(release, &change.variation()) else {
                continue;
            };
            for (before, after) in servers(context.manifest, &changed, release) {
                let stale = stale(context.manifest, &before, &changed);
                if stale.is_empty() || is_reloaded(context.facts, &before) {
                    continue;
                }
                judge.require(restart(&before, &after).is_some(), || {
                    missed(&before, &change, &stale)
                });
            }
        }
    }
}

fn missed<'a>(workload: &Workload<'a>, change: &Change, stale: &BTreeSet<String>) -> Fault<'a> {
    let stale: Vec<&str> = stale.iter().map(String::as_str).collect();
    Fault::new(
        format!(
            "a change of {} changes {}, but the pods of {} go on with the old one",
            change.what,
            stale.join(", "),
            workload.object.reference()
        ),
        "add a checksum of the rendered content to the annotations of the pods",
    )
    .object(workload.object)
}

/// Objects whose content changes and which a pod reads only when it starts: as variables, or as files
/// mounted by `subPath`, which never change under a running container.
fn stale(before: &Manifest, workload: &Workload<'_>, after: &Manifest) -> BTreeSet<String> {
    let mut read: BTreeSet<(&str, &str)> = BTreeSet::new();
    let volumes = workload.pod.volumes();
    for container in workload.pod.all_containers() {
        for variable in container.env() {
            match variable.source {
                EnvSource::ConfigMap { name, .. } => read.insert(("ConfigMap", name)),
                EnvSource::Secret { name, .. } => read.insert(("Secret", name)),
                _ => false,
            };
        }
        read.extend(
            container
                .env_from()
                .into_iter()
                .map(|(kind, name, ..)| (kind, name)),
        );
        for mount in container.mounts() {
            if mount.sub_path.is_none() && mount.sub_path_expr.is_none() {
                continue;
            }
            let sources = volumes
                .iter()
                .filter(|volume| volume.name == mount.volume)
                .flat_map(|volume| &volume.sources);
            for source in sources {
                if let VolumeSource::Keys { kind, name, .. } = source {
                    read.insert((kind, name));
                }
            }
        }
    }
    let namespace = workload.object.namespace();
    read.into_iter()
        .filter(|(kind, name)| {
            let pair = before
                .find(kind, namespace, name)
                .zip(after.find(kind, namespace, name));
            pair.is_some_and(|(before, after)| content_changes(before, after))
        })
        .map(|(kind, name)| format!("{kind}/{name}"))
        .collect()
}

/// Whether a key that is there before and after changes. New keys (of a new node) concern nobody yet.
/// Generated Secrets differ in every render, so of Secrets only given text is compared.
fn content_changes(before: &Object, after: &Object) -> bool {
    let fields: &[&str] = if before.kind() == "Secret" {
        &["/stringData"]
    } else {
        &["/data", "/binaryData"]
    };
    fields.iter().any(|field| {
        let (Some(before), Some(after)) = (
            before.value.pointer(field).and_then(Value::as_object),
            after.value.pointer(field).and_then(Value::as_object),
        ) else {
            return false;
        };
        before
            .iter()
            .any(|(key, text)| after.get(key).is_some_and(|changed| changed != text))
    })
}

pub(super) fn change_restarts_only_its_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(source) = context.charts.get(chart) else {
            continue;
        };
        for (key, change) in configurations(source) {
            let component = kebab_case(&key);
            let changed = match variations.render(release, &change.variation()) {
                Ok(changed) => changed,
                Err(Refusal::Unavailable(reason)) => {
                    judge.unsupported(reason);
                    continue;
                }
                Err(_) => continue,
            };
            let servers: Vec<_> = servers(context.manifest, &changed, release)
                .into_iter()
                .filter_map(|(before, after)| {
                    let labels = before.object.labels();
                    let own = *labels.get("app.kubernetes.io/component")?;
                    Some((own == component, before, after))
                })
                .collect();
            // What belongs to no component is for all of them.
            if !servers.iter().any(|(is_meant, ..)| *is_meant) {
                continue;
            }
            for (is_meant, before, after) in servers {
                let restarts = restart(&before, &after).is_some();
                judge.require(restarts == is_meant, || {
                    let (what, help) = if is_meant {
                        ("does not restart", "add a checksum of the configuration to the annotations of the pods")
                    } else {
                        ("also restarts", "let the checksum in the pods' annotations cover only what these pods mount")
                    };
                    Fault::new(format!("a change of {} {what} {}", change.what, before.object.reference()), help)
                        .object(before.object)
                });
            }
        }
    }
}

pub(super) fn larger_volumes_restart_nothing(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(change) = context.charts.get(chart).and_then(sizes) else {
            continue;
        };
        let Ok(changed) = variations.render(release, &change.variation()) else {
            continue;
        };
        for (before, after) in servers(context.manifest, &changed, release) {
            let at = restart(&before, &after);
            judge.require(at.is_none(), || {
                Fault::new(
                    format!("a change of {} restarts {}: the pods' template differs at {}", change.what, before.object.reference(), at.unwrap_or_default()),
                    "keep the size of volumes out of pod templates: volumes grow under running pods",
                )
                .object(before.object)
            });
        }
    }
}

/// `trafficManager` is the component `traffic-manager`.
pub(super) fn kebab_case(key: &str) -> String {
    key.chars().fold(String::new(), |mut name, character| {
        if character.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::{
        change_restarts_only_its_component, changed_configuration_restarts_its_readers,
        larger_volumes_restart_nothing, upgrade_without_change_restarts_nothing,
    };
    use crate::checks::harness::{Case, messages};

    fn server(component: &str, checksum: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {component}, labels: {{app.kubernetes.io/component: {component}}}}}, \
             spec: {{template: {{metadata: {{annotations: {{sum: '{checksum}'}}}}, spec: {{volumes: [{{name: v, configMap: {{name: c}}}}], \
             containers: [{{name: a, volumeMounts: [{{name: v, mountPath: /f, subPath: f}}]}}]}}}}}}}}"
        )
    }

    fn files(text: &str) -> String {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{f: '{text}'}}}}")
    }

    fn documents(gateway: &str, manager: &str, text: &str) -> String {
        [
            server("gateway", gateway),
            server("traffic-manager", manager),
            files(text),
        ]
        .join("\n---\n")
    }

    fn case(gateway: &'static str, manager: &'static str, text: &'static str) -> Case {
        Case::documents(&documents("1", "1", "1"))
            .with_chart(&[("values.yaml", "gateway: {config: {}}\n")])
            .varied(move |_| Ok(documents(gateway, manager, text)))
    }

    #[test]
    fn a_template_that_changes_by_itself_is_found() {
        let check = upgrade_without_change_restarts_nothing;
        assert!(case("1", "1", "2").judge(check).is_green());
        let found = messages(&case("2", "1", "1").judge(check));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].ends_with("differs at /metadata/annotations/sum"),
            "{found:?}"
        );
    }

    #[test]
    fn a_file_that_changes_without_a_restart_is_found() {
        let check = changed_configuration_restarts_its_readers;
        assert!(case("2", "2", "2").judge(check).is_green());
        let found = messages(&case("2", "1", "2").judge(check));
        assert_eq!(
            found,
            [
                "a change of gateway.config changes ConfigMap/c, but the pods of Deployment/traffic-manager go on with the old one"
            ]
        );
    }

    #[test]
    fn what_belongs_to_no_component_may_restart_all() {
        let shared = Case::documents(&documents("1", "1", "1"))
            .with_chart(&[(
                "values.yaml",
                "defaults: {config: {}}\ngateway: {config: {}}\n",
            )])
            .varied(|variation| {
                let is_shared = variation.values.get("defaults").is_some();
                let manager = if is_shared { "2" } else { "1" };
                Ok(documents("2", manager, "1"))
            });
        let found = messages(&shared.judge(change_restarts_only_its_component));
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_restart_for_the_size_of_a_volume_is_found() {
        let check = larger_volumes_restart_nothing;
        let with_volumes = |case: Case| {
            case.with_chart(&[("values.yaml", "gateway: {persistence: {size: 1Gi}}\n")])
        };
        assert!(with_volumes(case("1", "1", "1")).judge(check).is_green());
        let found = messages(&with_volumes(case("2", "1", "1")).judge(check));
        assert_eq!(
            found,
            [
                "a change of the size of volumes restarts Deployment/gateway: the pods' template differs at /metadata/annotations/sum"
            ]
        );
    }

    #[test]
    fn a_restart_of_others_and_a_missing_one_are_found() {
        let check = change_restarts_only_its_component;
        assert!(case("2", "1", "1").judge(check).is_green());
        assert_eq!(
            messages(&case("2", "2", "1").judge(check)),
            ["a change of gateway.config also restarts Deployment/traffic-manager"]
        );
        assert_eq!(
            messages(&case("1", "1", "1").judge(check)),
            ["a change of gateway.config does not restart Deployment/gateway"]
        );
    }
}
