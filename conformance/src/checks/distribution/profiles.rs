//! No component is started as another one, and only the key manager by a profile.

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{Container, EnvSource, Manifest, Object, Workload, strings_at},
};

const WHY: &str =
    "remove it: each component has its own distribution, and these profiles do not exist";

/// Looks for profiles in everything that can reach a command line: containers, their environment, mounted texts.
pub(super) fn no_profile_argument(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        judge.looked();
        for profile in profiles_in(object) {
            judge.fault(
                Fault::new(
                    format!(
                        "{} starts a server with -Dprofile={profile}",
                        object.reference()
                    ),
                    WHY,
                )
                .object(object)
                .value(format!("-Dprofile={profile}")),
            );
        }
        for profile in profiles_set_by_scripts(object) {
            judge.fault(
                Fault::new(
                    format!("{} sets {PROFILE_VARIABLE}={profile}", object.reference()),
                    WHY,
                )
                .object(object)
                .value(profile),
            );
        }
    }
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let profile = profile_variable(context, &workload, &container);
            if let Some(profile) = profile.filter(|profile| !is_profile_of_today(profile)) {
                judge.fault(
                    Fault::new(
                        format!(
                            "the container `{}` of {} is given {PROFILE_VARIABLE}={profile}",
                            container.name(),
                            workload.object.reference()
                        ),
                        WHY,
                    )
                    .object(workload.object)
                    .value(profile),
                );
            }
        }
    }
}

/// The variable by which the image of the control plane is started as key manager.
const PROFILE_VARIABLE: &str = "PROFILE_NAME";

/// `default` is how the product calls a server without a profile.
fn is_profile_of_today(profile: &str) -> bool {
    matches!(profile, "" | "default")
        || Component::all().any(|component| component.profile() == Some(profile))
}

/// The value of the variable in a container, wherever it comes from, as far as the documents tell.
fn profile_variable<'a>(
    context: &Context<'a>,
    workload: &Workload<'a>,
    container: &Container<'a>,
) -> Option<&'a str> {
    let manifest: &'a Manifest = context.manifest;
    let namespace = workload.object.namespace();
    let in_map = |name: &str, key: &str| {
        let map = manifest.find("ConfigMap", namespace, name)?;
        map.value.get("data")?.get(key)?.as_str()
    };
    let own = container
        .env()
        .into_iter()
        .rev()
        .find(|variable| variable.name == PROFILE_VARIABLE);
    if let Some(variable) = own {
        return match variable.source {
            EnvSource::Literal(text) => Some(text),
            EnvSource::ConfigMap { name, key, .. } => in_map(name, key),
            _ => None,
        };
    }
    container
        .env_from()
        .into_iter()
        .rev()
        .filter(|(kind, ..)| *kind == "ConfigMap")
        .find_map(|(_, name, prefix, _)| in_map(name, PROFILE_VARIABLE.strip_prefix(prefix)?))
}

fn profiles_in(object: &Object) -> Vec<String> {
    const ARGUMENT: &str = "-Dprofile=";
    let text = object.value.to_string();
    text.match_indices(ARGUMENT)
        .map(|(at, _)| name_at(&text[at + ARGUMENT.len()..]))
        // A variable is judged where it is set.
        .filter(|profile: &String| !is_profile_of_today(profile))
        .collect()
}

/// Profiles that scripts in a `ConfigMap` set, `key-manager` and `default` left out.
fn profiles_set_by_scripts(object: &Object) -> Vec<String> {
    if object.kind() != "ConfigMap" {
        return Vec::new();
    }
    strings_at(&object.value, "/data")
        .into_values()
        .flat_map(str::lines)
        .filter_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let value = line.strip_prefix(PROFILE_VARIABLE)?.strip_prefix('=')?;
            Some(name_at(value.trim_start_matches(['"', '\''])))
        })
        .filter(|profile| !is_profile_of_today(profile))
        .collect()
}

/// The name at the start of a text; empty where a variable stands.
fn name_at(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

/// A script of the image, not of the chart, reads the variable; who starts the profile by hand needs none.
fn is_started_as(main: &Container<'_>, profile: &str) -> bool {
    let argument = format!("-Dprofile={profile}");
    main.arguments().iter().any(|text| text.contains(&argument))
}

pub(super) fn profiles_are_started(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let Some(wanted) = component.profile() else {
            continue;
        };
        let profile = profile_variable(context, &member.workload, &main);
        let is_started = profile == Some(wanted) || is_started_as(&main, wanted);
        judge.require(is_started, || {
            let plain = Component::of(component.distribution(), None);
            let plain = plain.map_or("another component", Component::title);
            Fault::new(
                format!("the {} is not started as one: PROFILE_NAME is {}", component.title(), profile.unwrap_or("not set")),
                format!("set the environment variable PROFILE_NAME={wanted}; without it the image starts as {plain}"),
            )
            .object(member.workload.object)
        });
    }
}

pub(super) fn nothing_else_is_started(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let profile = profile_variable(context, &member.workload, &main);
        let other = Component::all().find(|other| {
            let is_it = |of| profile == Some(of) || is_started_as(&main, of);
            *other != component && other.profile().is_some_and(is_it)
        });
        judge.require(other.is_none(), || {
            let other = other.map_or("another component", Component::title);
            Fault::new(
                format!("the {} is started as {other}", component.title()),
                "remove PROFILE_NAME from its environment and -Dprofile from its arguments",
            )
            .object(member.workload.object)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::no_profile_argument;
    use crate::checks::harness::{Subject, messages};

    fn found(documents: &str) -> Vec<String> {
        messages(&Subject::default().judge("AM-DIST-002", no_profile_argument, documents))
    }

    fn pod(container: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{containers: [{{name: c, image: wso2am-universal-gw, {container}}}]}}}}}}}}"
        )
    }

    #[test]
    fn profiles_are_found_in_arguments_environment_config_maps_and_scripts() {
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {PROFILE_NAME: traffic-manager}}";
        for documents in [
            pod("args: ['-Dprofile=gateway-worker']"),
            pod("command: [sh, -c, 'bin/gateway.sh -Dprofile=gateway-worker']"),
            pod("env: [{name: JAVA_OPTS, value: '-Xmx1g -Dprofile=gateway-worker'}]"),
            pod("env: [{name: PROFILE_NAME, value: gateway-worker}]"),
            format!(
                "{}\n---\n{map}",
                pod("envFrom: [{configMapRef: {name: m}}]")
            ),
            format!(
                "{}\n---\n{map}",
                pod("env: [{name: PROFILE_NAME, valueFrom: {configMapKeyRef: {name: m, key: PROFILE_NAME}}}]")
            ),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata:\n  run.sh: |\n    export PROFILE_NAME=\"control-plane\"\n".to_owned(),
        ] {
            assert_eq!(found(&documents).len(), 1, "{documents}");
        }
    }

    #[test]
    fn the_key_manager_and_variables_are_no_faults() {
        for documents in [
            pod("env: [{name: PROFILE_NAME, value: key-manager}]"),
            pod("env: [{name: PROFILE_NAME, value: default}]"),
            pod("args: ['-Dprofile=${PROFILE_NAME}']"),
            pod("args: ['-Dprofile=key-manager']"),
        ] {
            assert!(found(&documents).is_empty(), "{documents}");
        }
    }
}
