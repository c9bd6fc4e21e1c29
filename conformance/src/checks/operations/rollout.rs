//! Rollouts: a changed configuration must restart the pods that read it, which happens only when their
//! template changes with it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    checks::{given, reloaders::is_reloaded},
    context::{Context, Fault, Judge},
    graph::Member,
    manifest::{EnvSource, Manifest, Object, VolumeSource, Workload},
};

/// An object of a release that a pod reads, and the volume through which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reading<'a> {
    kind: &'a str,
    name: &'a str,
    volume: Option<&'a str>,
}

fn readings<'a>(workload: &Workload<'a>) -> BTreeSet<Reading<'a>> {
    let mut found = BTreeSet::new();
    for volume in workload.pod.volumes() {
        for source in volume.sources {
            if let VolumeSource::Keys { kind, name, .. } = source {
                found.insert(Reading {
                    kind,
                    name,
                    volume: Some(volume.name),
                });
            }
        }
    }
    for container in workload.pod.all_containers() {
        for (kind, name, _, _) in container.env_from() {
            found.insert(Reading {
                kind,
                name,
                volume: None,
            });
        }
        for variable in container.env() {
            let (kind, name) = match variable.source {
                EnvSource::Secret { name, .. } => ("Secret", name),
                EnvSource::ConfigMap { name, .. } => ("ConfigMap", name),
                _ => continue,
            };
            found.insert(Reading {
                kind,
                name,
                volume: None,
            });
        }
    }
    found
}

/// Whether an annotation's value looks like a digest of something.
fn is_digest(value: &str) -> bool {
    value.len() >= 8 && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The pod template's annotations that change with what the pods read.
fn checksums<'a>(workload: &Workload<'a>) -> Vec<&'a str> {
    workload
        .pod
        .annotations()
        .into_iter()
        .filter(|(key, value)| {
            let key = key.to_lowercase();
            is_digest(value) || key.contains("checksum") || key.contains("config-hash")
        })
        .map(|(key, _)| key)
        .collect()
}

fn is_immutable(object: &Object) -> bool {
    object.value.get("immutable") == Some(&Value::Bool(true))
}

pub(super) fn follows_changes(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        if member.component.is_none() {
            continue;
        }
        let restarts =
            is_reloaded(context.facts, &member.workload) || !checksums(&member.workload).is_empty();
        for reading in readings(&member.workload) {
            let namespace = member.workload.object.namespace();
            let Some(object) = context.manifest.find(reading.kind, namespace, reading.name) else {
                // What no release renders changes without any release.
                continue;
            };
            judge.require(restarts || is_immutable(object), || {
                Fault::new(
                    format!(
                        "{} reads {} `{}`, but no checksum of it is in its pod template: a change does not restart its pods",
                        member.workload.object.reference(),
                        reading.kind,
                        reading.name
                    ),
                    "add a checksum/… annotation of the content to the pod template",
                )
                .object(member.workload.object)
                .value(reading.name)
            });
        }
    }
}

/// In the generated layout the checksum of a `ConfigMap` is named after the volume, and one is of everything that is read by a
/// reference.
pub(super) fn has_a_checksum_of_every_volume(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let object = member.workload.object;
        let found = checksums(&member.workload);
        for reading in readings(&member.workload) {
            let meant = match (reading.kind, reading.volume) {
                ("ConfigMap", Some(volume)) => volume,
                ("Secret", _) => "references",
                _ => continue,
            };
            let is_rendered = context
                .manifest
                .find(reading.kind, object.namespace(), reading.name)
                .is_some_and(|found| !is_immutable(found));
            if member.component.is_none() || !is_rendered {
                continue;
            }
            let is_there = found
                .iter()
                .any(|key| key.rsplit('/').next() == Some(meant));
            judge.require(is_there, || {
                Fault::new(
                    format!(
                        "{} reads {} `{}`, but its pod template has no annotation checksum/{meant}",
                        object.reference(),
                        reading.kind,
                        reading.name
                    ),
                    format!("add checksum/{meant}, computed from the content"),
                )
                .object(object)
                .value(reading.name)
            });
        }
    }
}

/// Renders the charts once more with another host name in every `deployment.toml`, and looks which pod templates took notice.
pub(super) fn follows_the_content(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut members = context.graph.members.iter();
    if members.all(|member| member.component.is_none()) {
        return;
    }
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    let variation = given::variation(context);
    let releases: BTreeSet<&str> = context
        .graph
        .members
        .iter()
        .map(|member| member.workload.object.release.as_str())
        .collect();
    for release in releases {
        // Charts that refuse the values are told apart by other requirements.
        let Ok(changed) = variations.render(release, &variation) else {
            continue;
        };
        for member in &context.graph.members {
            if member.component.is_some() && member.workload.object.release == release {
                compare(context, member, &changed, judge);
            }
        }
    }
}

fn compare(context: &Context<'_>, member: &Member<'_>, changed: &Manifest, judge: &mut Judge<'_>) {
    let object = member.workload.object;
    let Some(after) = changed.find(object.kind(), object.namespace(), object.name()) else {
        return;
    };
    let is_changed = |reading: &Reading<'_>| {
        let data = |manifest: &Manifest| {
            manifest
                .find(reading.kind, object.namespace(), reading.name)
                .and_then(|found| found.value.get("data").cloned())
        };
        reading.kind == "ConfigMap" && data(context.manifest) != data(changed)
    };
    let template = |of: &Object| of.value.pointer("/spec/template").cloned();
    for reading in readings(&member.workload)
        .iter()
        .filter(|reading| is_changed(reading))
    {
        judge.require(template(object) != template(after), || {
            Fault::new(
                format!(
                    "another configuration in ConfigMap `{}` leaves the pod template of {} as it was: its pods go on with the old one",
                    reading.name,
                    object.reference()
                ),
                "compute the checksum annotation from the ConfigMap's content",
            )
            .object(object)
            .value(reading.name)
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    const POD: &str = r"
apiVersion: v1
kind: ConfigMap
metadata: {name: tm-config}
data: {deployment.toml: ''}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tm}
spec:
  template:
    metadata:
      labels: {app.kubernetes.io/component: traffic-manager}
      annotations: {checksum/configuration: 0a1b2c3d4e5f6071}
    spec:
      volumes: [{name: configuration, configMap: {name: tm-config}}]
      containers: [{name: traffic-manager, image: 'wso2am-tm:4.7.0'}]
";

    fn judge(id: &str, documents: &str) -> Vec<String> {
        messages(&Subject::default().judge_requirement(id, documents))
    }

    #[test]
    fn a_checksum_in_the_template_covers_what_is_mounted() {
        assert_eq!(judge("AM-OPS-014", POD), Vec::<String>::new());
        assert_eq!(judge("AM-OPS-040", POD), Vec::<String>::new());
    }

    #[test]
    fn a_template_without_checksum_is_reported() {
        let bare = POD.replace(
            "annotations: {checksum/configuration: 0a1b2c3d4e5f6071}",
            "annotations: {a: b}",
        );
        assert_eq!(judge("AM-OPS-014", &bare).len(), 1);
    }

    #[test]
    fn in_the_generated_layout_the_checksum_must_be_of_that_volume() {
        let other = POD.replace("checksum/configuration", "checksum/files");
        assert_eq!(judge("AM-OPS-040", &other).len(), 1);
        assert_eq!(judge("AM-OPS-014", &other), Vec::<String>::new());
    }

    #[test]
    fn an_operator_that_restarts_pods_is_as_good() {
        let reloaded = POD
            .replace(
                "{name: tm}",
                "{name: tm, annotations: {reloader.stakater.com/auto: 'true'}}",
            )
            .replace(
                "annotations: {checksum/configuration: 0a1b2c3d4e5f6071}",
                "annotations: {a: b}",
            );
        assert_eq!(judge("AM-OPS-014", &reloaded), Vec::<String>::new());
    }
}
