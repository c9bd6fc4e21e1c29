//! `HorizontalPodAutoscaler`s: what they scale, and whether they can.

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Autoscaler, Object, Workload, array_at, str_at},
};

fn autoscalers<'a>(context: &Context<'a>) -> Vec<(Autoscaler<'a>, Option<Workload<'a>>)> {
    context
        .manifest
        .of_kind("HorizontalPodAutoscaler")
        .map(|object| {
            let scaler = Autoscaler(object);
            (scaler, target(context, object, scaler))
        })
        .collect()
}

fn target<'a>(
    context: &Context<'a>,
    object: &'a Object,
    scaler: Autoscaler<'a>,
) -> Option<Workload<'a>> {
    let (kind, name) = scaler.target()?;
    context
        .manifest
        .find(kind, object.namespace(), name)
        .and_then(Workload::of)
}

pub(super) fn scale_something(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (scaler, target) in autoscalers(context) {
        judge.require(target.is_some(), || {
            let meant = scaler
                .target()
                .map_or_else(String::new, |(kind, name)| format!("{kind}/{name}"));
            Fault::new(
                format!(
                    "HorizontalPodAutoscaler `{}` scales `{meant}`, which no release has",
                    scaler.0.name()
                ),
                "name an existing workload in scaleTargetRef, with its kind",
            )
            .object(scaler.0)
            .field("scaleTargetRef")
            .value(meant)
        });
        if let Some(maximum) = scaler.maximum() {
            judge.require(scaler.minimum() <= maximum, || {
                Fault::new(
                    format!(
                        "HorizontalPodAutoscaler `{}` wants at least {} pods and at most {maximum}",
                        scaler.0.name(),
                        scaler.minimum()
                    ),
                    "make maxReplicas at least minReplicas",
                )
                .object(scaler.0)
                .field("maxReplicas")
                .field("minReplicas")
                .value(maximum.to_string())
            });
        }
    }
}

pub(super) fn own_the_replicas(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (scaler, target) in autoscalers(context) {
        let Some(workload) = target else { continue };
        judge.require(workload.replicas().is_none(), || {
            Fault::new(
                format!(
                    "{} says how many pods it has, though HorizontalPodAutoscaler `{}` decides it",
                    workload.object.reference(),
                    scaler.0.name()
                ),
                "leave out spec.replicas; otherwise each upgrade undoes what the autoscaler did",
            )
            .object(workload.object)
            .field("replicas")
            .value(
                workload
                    .replicas()
                    .map(|n| n.to_string())
                    .unwrap_or_default(),
            )
        });
    }
}

pub(super) fn can_measure(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (scaler, target) in autoscalers(context) {
        let Some(workload) = target else { continue };
        for metric in array_at(&scaler.0.value, "/spec/metrics") {
            let (at, only) = match str_at(metric, "/type") {
                Some("Resource") => ("/resource", None),
                Some("ContainerResource") => (
                    "/containerResource",
                    str_at(metric, "/containerResource/container"),
                ),
                _ => continue,
            };
            let Some(source) = metric.pointer(at) else {
                continue;
            };
            if str_at(source, "/target/type") != Some("Utilization") {
                continue;
            }
            let Some(resource) = str_at(source, "/name") else {
                continue;
            };
            for container in workload.pod.containers() {
                if only.is_some_and(|only| only != container.name()) {
                    continue;
                }
                // A request that is not written is taken from the limit.
                let requested = ["requests", "limits"].iter().any(|kind| {
                    container
                        .value
                        .pointer(&format!("/resources/{kind}/{resource}"))
                        .is_some()
                });
                judge.require(requested, || {
                    Fault::new(
                        format!(
                            "HorizontalPodAutoscaler `{}` measures the use of {resource} against a request that container `{}` does not make",
                            scaler.0.name(),
                            container.name()
                        ),
                        format!("set resources.requests.{resource} on every container of the pod, or drop the metric"),
                    )
                    .object(workload.object)
                    .field("resources")
                });
            }
        }
    }
}
