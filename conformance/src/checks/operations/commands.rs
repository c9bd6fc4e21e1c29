//! Commands that our charts run in the product's images.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{Container, Workload, array_at, is_below},
};
use am_suggest::near;

static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{?([A-Z][A-Z0-9_]+)").ok());
static ASSIGNMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b([A-Z][A-Z0-9_]+)=").ok());

/// A command of a chart in an image of the product.
struct Command<'a> {
    workload: Workload<'a>,
    container: Container<'a>,
    place: String,
    words: Vec<&'a str>,
    /// What prepares a server, stores its data or tests it: its command is its own, and not that of a hook or probe.
    is_own: bool,
}

fn commands<'a>(context: &Context<'a>) -> Vec<Command<'a>> {
    let mut found = Vec::new();
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            // Other images have other programs.
            if Component::of_image(container.image_repository(), None).is_none() {
                continue;
            }
            let command = |place: String, words: Vec<&'a str>, is_own: bool| Command {
                workload,
                container,
                place,
                words,
                is_own,
            };
            // The image's entrypoint is the server.
            let is_server = context.graph.members.iter().any(|member| {
                let main = member.component.and(member.main);
                main.is_some_and(|main| std::ptr::eq(main.value, container.value))
            });
            if !is_server {
                let mut own = words(container.value, "/command");
                if !own.is_empty() {
                    own.extend(words(container.value, "/args"));
                }
                found.push(command(
                    format!("container `{}`", container.name()),
                    own,
                    true,
                ));
            }
            for at in [
                "/lifecycle/preStop",
                "/lifecycle/postStart",
                "/startupProbe",
                "/readinessProbe",
                "/livenessProbe",
            ] {
                if let Some(exec) = container.value.pointer(&format!("{at}/exec")) {
                    let place = format!("{} of container `{}`", &at[1..], container.name());
                    found.push(command(place, words(exec, "/command"), false));
                }
            }
        }
    }
    found
}

fn words<'a>(value: &'a Value, at: &str) -> Vec<&'a str> {
    array_at(value, at)
        .iter()
        .map(|word| word.as_str().unwrap_or_default())
        .collect()
}

pub(super) fn can_be_run(context: &Context<'_>, judge: &mut Judge<'_>) {
    for command in commands(context) {
        let problem = if command.is_own && command.words.is_empty() {
            Some((
                "is missing, so it starts a whole server".to_owned(),
                "write the command that it is for".to_owned(),
            ))
        } else {
            not_run(&context.facts.programs, &command.words)
        };
        report(&command, problem, judge);
    }
}

pub(super) fn read_what_is_set(context: &Context<'_>, judge: &mut Judge<'_>) {
    for command in commands(context) {
        let Some(script) = script(&command.words) else {
            continue;
        };
        let unset = unset_variable(context, &command.container, script);
        let problem = unset.map(|name| {
            (
                format!("reads the variable {name}, which nobody sets"),
                "add it to the container's env".to_owned(),
            )
        });
        report(&command, problem, judge);
    }
}

pub(super) fn find_their_files_and_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    for command in commands(context) {
        if let Some(script) = script(&command.words) {
            let problem = other_name(script).or_else(|| other_place(&command.container, script));
            report(&command, problem, judge);
        }
        if command.is_own {
            has_the_volumes_it_names(&command, judge);
        }
    }
}

/// What is wrong with a command, and what to do about it.
type Problem = (String, String);

fn report(command: &Command<'_>, problem: Option<Problem>, judge: &mut Judge<'_>) {
    judge.require(problem.is_none(), || {
        let (message, help) = problem.unwrap_or_default();
        let message = format!("the command of {} {message}", command.place);
        Fault::new(message, help).object(command.workload.object)
    });
}

/// A path at which another container of the pod has a volume is on that volume here too, or what is written is lost.
fn has_the_volumes_it_names(command: &Command<'_>, judge: &mut Judge<'_>) {
    let own = command.container.mounts();
    let text = command.words.join(" ");
    let others = command.workload.pod.all_containers();
    let named: BTreeSet<&str> = others
        .iter()
        .flat_map(Container::mounts)
        .map(|mount| mount.path.trim_end_matches('/'))
        .filter(|path| names_path(&text, path))
        .collect();
    for path in named {
        let is_there = own.iter().any(|mount| is_below(mount.path, path));
        judge.require(is_there, || {
            Fault::new(
                format!(
                    "container `{}` of {} works in {path}, where another container has a volume and it has none",
                    command.container.name(),
                    command.workload.object.reference()
                ),
                "mount the volume there",
            )
            .object(command.workload.object)
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

/// Why a command does not run, if so.
fn not_run(programs: &[String], command: &[&str]) -> Option<Problem> {
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
    let seconds = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (problem, help) = match (name_of(program), command) {
        ("sleep", [_, number]) if seconds(number) => return None,
        ("sleep", _) => ("sleeps for no number of seconds", "write one whole number"),
        ("bash" | "sh", _) if script(command).is_none() => (
            "gives the shell no script",
            "write `-c` and the script after the shell",
        ),
        _ => return None,
    };
    Some((problem.to_owned(), help.to_owned()))
}

fn name_of(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The script that a command gives to a shell.
fn script<'a>(command: &[&'a str]) -> Option<&'a str> {
    match command {
        [shell, "-c", script, ..]
            if matches!(name_of(shell), "bash" | "sh") && !script.trim().is_empty() =>
        {
            Some(script)
        }
        _ => None,
    }
}

/// What a script says to people; their words may be alike.
static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"echo "[^"]*""#).ok());

/// Names of files in a script that are almost the same: one of them is a typo of the other.
fn other_name(script: &str) -> Option<Problem> {
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
fn other_place(container: &Container<'_>, script: &str) -> Option<Problem> {
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
    use crate::{
        Outcome,
        checks::harness::{Subject, messages},
    };

    fn judged(container: &str) -> Vec<String> {
        let pod = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: 'wso2/wso2am:4.7.0', {container}}}]}}}}"
        );
        let ids = ["AM-OPS-018", "AM-OPS-038", "AM-OPS-039"];
        let outcomes = ids.map(|id| Subject::default().judge_requirement(id, &pod));
        let judged = outcomes
            .iter()
            .filter(|outcome| !matches!(outcome, Outcome::NotApplicable { .. }));
        judged.flat_map(messages).collect()
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
            ("args: [a]", "whole server"),
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
