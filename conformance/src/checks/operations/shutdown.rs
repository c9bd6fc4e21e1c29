//! Leaving: drain, stop, and enough time for both.

use std::sync::LazyLock;

use am_deployment_toml::product::Feature;
use regex::Regex;
use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Container, array_at, integer_at},
};

/// What Kubernetes waits when nothing is written.
const DEFAULT_GRACE_SECONDS: i64 = 30;

/// What load balancers and the proxies of the nodes need at least to learn that a pod leaves.
const LEAST_DRAIN_SECONDS: i64 = 5;

static SLEEP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\bsleep\s+([0-9]+)(m?)\b").ok());

/// The preStop hook's command as one line.
fn command(container: &Container<'_>) -> String {
    array_at(container.value, "/lifecycle/preStop/exec/command")
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Seconds that the preStop hook sleeps.
fn drain_seconds(container: &Container<'_>) -> i64 {
    if let Some(seconds) = integer_at(container.value, "/lifecycle/preStop/sleep/seconds") {
        return seconds;
    }
    let Some(sleep) = SLEEP.as_ref() else {
        return 0;
    };
    sleep
        .captures_iter(&command(container))
        .filter_map(|found| {
            let number: i64 = found[1].parse().ok()?;
            Some(if &found[2] == "m" {
                number * 60
            } else {
                number
            })
        })
        .sum()
}

pub(super) fn fits_the_grace_period(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let grace = integer_at(member.workload.pod.spec, "/terminationGracePeriodSeconds")
            .unwrap_or(DEFAULT_GRACE_SECONDS);
        let drain = drain_seconds(&main);
        let needed = drain + component.shutdown_seconds();
        judge.require(grace > needed, || {
            Fault::new(
                format!(
                    "the {} is killed {grace} s after it was told to leave: preStop takes {drain} s and the server up to {} s",
                    component.title(),
                    component.shutdown_seconds()
                ),
                format!("set terminationGracePeriodSeconds to more than {needed}"),
            )
            .object(member.workload.object)
            .field("preStop")
            .field("terminationGracePeriodSeconds")
            .value(grace.to_string())
        });
    }
}

pub(super) fn waits_for_its_clients(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let labels = member.workload.pod.labels();
        let is_balanced = context.graph.services.iter().any(|service| {
            !service.is_headless()
                && service.object.namespace() == member.workload.object.namespace()
                && service.selects(&labels)
        });
        if context.graph.nodes_of(component).len() < 2 || !is_balanced {
            continue;
        }
        let seconds = drain_seconds(&main);
        judge.require(seconds >= LEAST_DRAIN_SECONDS, || {
            Fault::new(
                format!(
                    "the {} stops {}, while others are still sent to the node that leaves",
                    component.title(),
                    if seconds > 0 { format!("after {seconds} s") } else { "at once".to_owned() }
                ),
                format!("let preStop sleep for {LEAST_DRAIN_SECONDS} seconds or more, until load balancers have noticed"),
            )
            .object(member.workload.object)
            .field("preStop")
            .value(seconds.to_string())
        });
    }
}

pub(super) fn stops_the_server(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let replaces_entrypoint = main.value.get("command").is_some()
            || main
                .mounts()
                .iter()
                .any(|mount| mount.path.ends_with("/docker-entrypoint.sh"));
        let forwards =
            context.version.has(Feature::EntrypointForwardsSigterm) && !replaces_entrypoint;
        let hook = command(&main);
        let stops = hook
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .any(|word| matches!(word, "stop" | "kill" | "pkill"));
        judge.require(forwards || stops, || {
            Fault::new(
                format!(
                    "the {} is not told to stop: SIGTERM does not reach its server",
                    component.title()
                ),
                "let preStop run the start script with `stop`, after the drain",
            )
            .object(member.workload.object)
            .field("preStop")
            .value(hook.clone())
        });
    }
}
