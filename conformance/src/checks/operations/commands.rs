//! Commands that our charts run in the product's images.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{Container, Object, Workload, array_at, is_below},
};
use am_suggest::near;

static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{?([A-Z][A-Z0-9_]+)").ok());
static ASSIGNMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b([A-Z][A-Z0-9_]+)=").ok());

pub(super) fn can_be_run(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            // Other images have other programs.
            if Component::of_image(container.image_repository(), None).is_none() {
                continue;
            }
            own_command(context, &workload, &container, judge);
            for at in [
                "/lifecycle/preStop",
                "/lifecycle/postStart",
                "/startupProbe",
                "/readinessProbe",
                "/livenessProbe",
            ] {
                let Some(exec) = container.value.pointer(&format!("{at}/exec")) else {
                    continue;
                };
                let place = format!("{} of container `{}`", &at[1..], container.name());
                let words = words(exec, "/command");
                report(context, workload.object, &place, &container, &words, judge);
            }
        }
    }
}

fn words<'a>(value: &'a Value, at: &str) -> Vec<&'a str> {
    array_at(value, at)
        .iter()
        .map(|word| word.as_str().unwrap_or_default())
        .collect()
}

/// What prepares a server, stores its data or tests it must say what it runs: the image's entrypoint is the server.
fn own_command(
    context: &Context<'_>,
    workload: &Workload<'_>,
    container: &Container<'_>,
    judge: &mut Judge<'_>,
) {
    let is_server = context.graph.members.iter().any(|member| {
        member.component.is_some()
            && member
                .main
                .is_some_and(|main| std::ptr::eq(main.value, container.value))
    });
    if is_server {
        return;
    }
    let mut command = words(container.value, "/command");
    let place = format!("container `{}`", container.name());
    judge.require(!command.is_empty(), || {
        Fault::new(
            format!("{place} has no command, so it starts a whole server"),
            "write the command that it is for",
        )
        .object(workload.object)
    });
    if command.is_empty() {
        return;
    }
    command.extend(words(container.value, "/args"));
    report(context, workload.object, &place, container, &command, judge);
    has_the_volumes_it_names(workload, container, &command.join(" "), judge);
}

/// A path at which another container of the pod has a volume is on that volume here too, or what is written is lost.
fn has_the_volumes_it_names(
    workload: &Workload<'_>,
    container: &Container<'_>,
    command: &str,
    judge: &mut Judge<'_>,
) {
    let own = container.mounts();
    let others = workload.pod.all_containers();
    let named: BTreeSet<&str> = others
        .iter()
        .flat_map(Container::mounts)
        .map(|mount| mount.path.trim_end_matches('/'))
        .filter(|path| names_path(command, path))
        .collect();
    for path in named {
        let is_there = own.iter().any(|mount| is_below(mount.path, path));
        judge.require(is_there, || {
            Fault::new(
                format!(
                    "container `{}` of {} works in {path}, where another container has a volume and it has none",
                    container.name(),
                    workload.object.reference()
                ),
                "mount the volume there",
            )
            .object(workload.object)
            .value(path)
        });
    }
}

/// Whether a command names a path, or one below it.
fn names_path(command: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !path.is_empty()
        && command.match_indices(path).any(|(at, _)| {
            let before = command[..at].chars().next_back();
            let after = command[at + path.len()..].chars().next();
            !before.is_some_and(|c| goes_on(c) || matches!(c, '/' | '}'))
                && !after.is_some_and(goes_on)
        })
}

fn report(
    context: &Context<'_>,
    object: &Object,
    place: &str,
    container: &Container<'_>,
    command: &[&str],
    judge: &mut Judge<'_>,
) {
    let problem = problem_of(context, container, command);
    judge.require(problem.is_none(), || {
        let (message, help) = problem.unwrap_or_default();
        Fault::new(format!("the command of {place} {message}"), help).object(object)
    });
}

/// What is wrong with a command, and what to do about it.
fn problem_of(
    context: &Context<'_>,
    container: &Container<'_>,
    command: &[&str],
) -> Option<(String, String)> {
    let programs = &context.facts.programs;
    let program = command.first().copied().unwrap_or_default();
    if !programs.iter().any(|known| known == program) {
        let help = near(program, programs.iter().map(String::as_str)).map_or_else(
            || format!("use one of {}", programs.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        return Some((
            format!("runs `{program}`, which the image does not have"),
            help,
        ));
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    match name {
        "sleep" => {
            let is_number = command.len() == 2
                && command[1].bytes().all(|byte| byte.is_ascii_digit())
                && !command[1].is_empty();
            (!is_number).then(|| {
                (
                    "sleeps for no number of seconds".to_owned(),
                    "write one whole number".to_owned(),
                )
            })
        }
        "bash" | "sh" => {
            let script = match command {
                [_, "-c", script, ..] if !script.trim().is_empty() => *script,
                _ => {
                    return Some((
                        "gives the shell no script".to_owned(),
                        "write `-c` and the script after the shell".to_owned(),
                    ));
                }
            };
            unset_variable(context, container, script)
                .map(|name| {
                    (
                        format!("reads the variable {name}, which nobody sets"),
                        "add it to the container's env".to_owned(),
                    )
                })
                .or_else(|| other_name(script))
                .or_else(|| other_place(container, script))
        }
        _ => None,
    }
}

/// What a script says to people; their words may be alike.
static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"echo "[^"]*""#).ok());

/// Names of files in a script that are almost the same: one of them is a typo of the other.
fn other_name(script: &str) -> Option<(String, String)> {
    let done = SAID.as_ref()?.replace_all(script, "echo");
    let without_digits = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let names: BTreeSet<&str> = done
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || "._-*".contains(letter)))
        .map(|name| name.trim_matches('.'))
        .filter(|name| name.contains(['.', '_']) || name.len() > SHORT)
        .collect();
    names.iter().find_map(|name| {
        // Nodes are told apart by their number.
        let others = names
            .iter()
            .copied()
            .filter(|other| without_digits(other) != without_digits(name));
        let other = near(name, others)?;
        Some((
            format!("writes both `{name}` and `{other}`"),
            "write the same name everywhere".to_owned(),
        ))
    })
}

/// Shorter words are too like each other.
const SHORT: usize = 7;

static LISTENS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"-tcpPort\s+(\S+)").ok());
static FOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"-baseDir\s+(\S+)").ok());

/// A server of H2 that listens where nobody asks, or keeps its files where no volume is.
fn other_place(container: &Container<'_>, script: &str) -> Option<(String, String)> {
    let option = |pattern: &LazyLock<Option<Regex>>| {
        let found = pattern.as_ref()?.captures(script)?;
        Some(found.get(1)?.as_str().to_owned())
    };
    if let Some(port) = option(&LISTENS) {
        let declared: Vec<String> = container
            .ports()
            .iter()
            .map(|port| port.number.to_string())
            .collect();
        if !declared.contains(&port) {
            return Some((
                format!(
                    "listens on port {port}, and the container declares {}",
                    declared.join(", ")
                ),
                "use one number in both places".to_owned(),
            ));
        }
    }
    let folder = option(&FOLDER)?;
    let is_mounted = container.mounts().iter().any(|mount| mount.path == folder);
    (!is_mounted).then(|| {
        (
            format!("keeps its files in {folder}, where no volume is mounted"),
            "mount the volume there".to_owned(),
        )
    })
}

/// A variable that a script reads and neither the container, the image nor the script sets.
fn unset_variable(
    context: &Context<'_>,
    container: &Container<'_>,
    script: &str,
) -> Option<String> {
    // Variables of a whole Secret or ConfigMap are not listed.
    if !container.env_from().is_empty() {
        return None;
    }
    let env = container.env();
    let assigned: BTreeSet<&str> = ASSIGNMENT
        .as_ref()?
        .captures_iter(script)
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect();
    VARIABLE
        .as_ref()?
        .captures_iter(script)
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .find(|name| {
            !assigned.contains(name)
                && !env.iter().any(|variable| variable.name == *name)
                && ![
                    &context.facts.image_environment,
                    &context.facts.shell_variables,
                ]
                .iter()
                .any(|known| known.iter().any(|known| known == name))
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::can_be_run;
    use crate::checks::harness::{Subject, messages};

    fn judged(container: &str) -> Vec<String> {
        let subject = Subject {
            is_generated: true,
            ..Subject::default()
        };
        let pod = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: 'wso2/wso2am:4.7.0', {container}}}]}}}}"
        );
        messages(&subject.judge("AM-OPS-018", can_be_run, &pod))
    }

    #[test]
    fn programs_of_the_image_with_what_they_need_pass() {
        for good in [
            "command: [curl], args: [--fail, 'http://a']",
            "command: [/bin/bash, -c], args: ['X_Y=1; echo $X_Y $HOME']",
            "command: [/bin/sleep, '5']",
            "command: [/bin/bash, -c, 'echo $A_B'], env: [{name: A_B, value: x}]",
            "command: [/bin/bash, -c, 'ask node-0.nodes; ask node-1.nodes; echo \"$SECONDS connections to a connection\"']",
        ] {
            assert_eq!(judged(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_found() {
        for (bad, told) in [
            ("args: [a]", "no command"),
            ("command: [/bin/bashx, -c, a]", "/bin/bashx"),
            ("command: [/bin/bash, -c]", "no script"),
            ("command: [/bin/bash, /bin/bash, -c, a]", "no script"),
            ("command: [/bin/sleep, '']", "no number"),
            ("command: [/bin/bash, -c, 'echo ${A_B}']", "A_B"),
            (
                "command: [/bin/bash, -c, 'ask node-0.nodes; ask node-1.nodse']",
                "writes both",
            ),
        ] {
            let found = judged(bad);
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{bad}: {found:?}"
            );
        }
    }
}
