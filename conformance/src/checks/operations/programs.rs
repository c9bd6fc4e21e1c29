//! Files of charts that are run as programs must have the right to be run.

use am_product::Image;
use serde_json::Value;

use crate::{
    checks::containers::{self, Placed},
    context::{Context, Fault, Judge},
    graph::{MountedFile, mode_of_unseen},
    manifest::{Container, array_at, integer_at},
};

use super::scripts::{Run, run_by};

pub(super) fn may_be_run(context: &Context<'_>, judge: &mut Judge<'_>) {
    for one in containers::all(context) {
        if one.product.is_some() {
            judge.looked();
        }
        let files = one.files(context);
        for path in run_in(&one, &files) {
            let file = files.iter().find(|file| file.path == path);
            let mode = file
                .map(|file| file.mode)
                .or_else(|| mode_of_unseen(context.manifest, &one.workload, &one.container, &path));
            judge.require(mode.is_none_or(|mode| may_run(context, &one, mode)), || {
                let mode = mode.unwrap_or_default();
                Fault::new(
                    format!(
                        "{} runs {path}, a file of a volume with the rights {mode:04o}, by which its user may not run it",
                        one.title()
                    ),
                    "write `defaultMode: 0555` at the volume, or let a shell read the file: `sh FILE`",
                )
                .object(one.workload.object)
                .field("mountPath")
                .value(path.clone())
            });
        }
    }
}

/// Paths of the programs that a container runs, those included that scripts of the chart run.
fn run_in(one: &Placed<'_>, files: &[MountedFile<'_>]) -> Vec<String> {
    let mut runs: Vec<Run> = commands(&one.container)
        .iter()
        .flat_map(|words| run_by(words))
        .collect();
    if one.product.is_some() && one.container.value.get("command").is_none() {
        runs.push(Run::Program(Image::of_the_product().entrypoint()));
    }
    let mut at = 0;
    while let Some(run) = runs.get(at).cloned() {
        at += 1;
        let (Run::Program(path) | Run::Script(path)) = run;
        let text = files
            .iter()
            .find(|file| file.path == path)
            .and_then(|file| file.text);
        let more = text
            .map(|text| run_by(&["sh", "-c", text]))
            .unwrap_or_default();
        for run in more {
            if !runs.contains(&run) {
                runs.push(run);
            }
        }
    }
    let programs = runs.into_iter().filter_map(|run| match run {
        Run::Program(path) => Some(path),
        Run::Script(_) => None,
    });
    programs.collect()
}

/// The commands of a container: its own, and those of hooks and probes.
fn commands<'a>(container: &Container<'a>) -> Vec<Vec<&'a str>> {
    let words = |at: &str| -> Vec<&'a str> {
        let words = array_at(container.value, at).iter();
        words.filter_map(|word| word.as_str()).collect()
    };
    let mut found: Vec<Vec<&str>> = [
        "/lifecycle/preStop",
        "/lifecycle/postStart",
        "/startupProbe",
        "/readinessProbe",
        "/livenessProbe",
    ]
    .into_iter()
    .map(|at| words(&format!("{at}/exec/command")))
    .collect();
    if container.value.get("command").is_some() {
        found.push(container.arguments());
    }
    found.retain(|words| !words.is_empty());
    found
}

/// Whether the user of a container may run a file with these rights. Files of volumes belong to root, and to the pod's `fsGroup`.
fn may_run(context: &Context<'_>, one: &Placed<'_>, mode: i64) -> bool {
    let pod = one.workload.pod.spec;
    let of_container =
        |field: &str| integer_at(one.container.value, &format!("/securityContext/{field}"));
    let of_pod = |field: &str| integer_at(pod, &format!("/securityContext/{field}"));
    let own = |field: &str| of_container(field).or_else(|| of_pod(field));
    let is_never_root =
        |of: &Value| of.pointer("/securityContext/runAsNonRoot") == Some(&Value::Bool(true));
    let may_be_root = match own("runAsUser") {
        Some(user) => user == 0,
        None => one.product.is_none() && !is_never_root(pod) && !is_never_root(one.container.value),
    };
    if may_be_root {
        return mode & 0o111 != 0;
    }
    let supplemental = array_at(pod, "/securityContext/supplementalGroups");
    let is_of_roots_group =
        own("runAsGroup") == Some(0) || supplemental.iter().any(|group| group.as_i64() == Some(0));
    // OpenShift gives each pod a group of its own for its volumes.
    let has_group = of_pod("fsGroup").is_some() || context.subject.platform == "openshift";
    let may_by_group = mode & 0o010 != 0 && (has_group || is_of_roots_group);
    mode & 0o001 != 0 || may_by_group
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    /// What is told of a gateway whose volume has this and whose pod has that.
    fn told(volume: &str, pod: &str, container: &str) -> Vec<String> {
        let documents = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  run.sh: |\n    #!/bin/sh\n    exec /scripts/more.sh\n  more.sh: echo\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{{pod} volumes: [{{name: v, configMap: {{name: m{volume}}}}}], \
             containers: [{{name: c, image: 'wso2am-universal-gw:4.7.0', {container} volumeMounts: [{{name: v, mountPath: /scripts}}, \
             {{name: v, mountPath: /home/wso2carbon/docker-entrypoint.sh, subPath: more.sh}}]}}]}}}}}}}}"
        );
        messages(&Subject::default().judge_requirement("AM-OPS-042", &documents))
    }

    #[test]
    fn the_entrypoint_and_what_scripts_run_need_the_right() {
        let hook = "lifecycle: {preStop: {exec: {command: [sh, /scripts/run.sh]}}},";
        assert_eq!(told("", "", "").len(), 1, "the entrypoint");
        assert_eq!(
            told("", "", hook).len(),
            2,
            "and what the hook's script runs"
        );
        assert_eq!(told(", defaultMode: 0o555", "", hook), [""; 0]);
        let read_by_a_shell = "command: [sh, /scripts/more.sh], lifecycle: {preStop: {exec: {command: [/bin/sleep, '5']}}},";
        assert_eq!(told("", "", read_by_a_shell), [""; 0]);
    }

    #[test]
    fn the_right_of_the_group_counts_for_a_pod_that_has_one() {
        assert_eq!(told(", defaultMode: 0o550", "", "").len(), 1);
        assert_eq!(
            told(
                ", defaultMode: 0o550",
                "securityContext: {fsGroup: 10001},",
                ""
            ),
            [""; 0]
        );
        assert_eq!(
            told(
                ", defaultMode: 0o500",
                "securityContext: {runAsUser: 0},",
                ""
            ),
            [""; 0]
        );
        let item = ", defaultMode: 0o555, items: [{key: more.sh, path: more.sh, mode: 0o440}]";
        assert_eq!(told(item, "", "").len(), 1);
    }

    #[test]
    fn the_rights_of_a_file_that_no_release_makes_are_those_of_its_volume() {
        let told = |volume: &str| {
            let documents = format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{volumes: [{{name: v, configMap: {{name: elsewhere{volume}}}}}], \
                 containers: [{{name: c, image: 'wso2am-universal-gw:4.7.0', volumeMounts: [{{name: v, mountPath: /home/wso2carbon/docker-entrypoint.sh, subPath: start.sh}}]}}]}}}}}}}}"
            );
            messages(&Subject::default().judge_requirement("AM-OPS-042", &documents)).len()
        };
        assert_eq!(told(""), 1);
        assert_eq!(told(", defaultMode: 0o555"), 0);
        assert_eq!(told(", items: [{key: a, path: start.sh, mode: 0o555}]"), 0);
    }
}
