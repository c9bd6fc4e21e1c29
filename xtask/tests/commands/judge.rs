//! What a program says of a call: its own command line is asked.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use am_toolchain::{StderrProgress, Tool, Toolchain};
use clap::error::ErrorKind;

use super::data::Data;
use super::root;
use super::shell::{Call, Stage};

/// Folders of the repository. A path below one of them is there.
const FOLDERS: [&str; 6] = [
    "charts-out/",
    "deployments/",
    "docs/",
    "facts/",
    "fixtures/",
    "generator/",
];

/// Options of Helm that `template` does not have.
const OF_A_CLUSTER: [&str; 2] = ["--create-namespace", "--wait"];

/// What pages call the reader's release and namespace.
const PLACEHOLDERS: [(&str, &str); 2] = [("R", "r"), ("N", "n")];

/// Why a call is not one that its program takes; nothing when it is, or is not looked at.
pub(crate) type Judge = fn(&Call, &Stage, &Data) -> Option<String>;

static HELM: LazyLock<PathBuf> = LazyLock::new(|| {
    let toolchain = Toolchain::new(root());
    let helm = toolchain.ensure(Tool::Helm4, &mut StderrProgress::default());
    helm.unwrap_or_else(|error| panic!("{error}"))
});

/// Whether there is a kubectl: the pinned one takes minutes to build, and nothing else in the tests needs it.
pub(crate) fn has_kubectl() -> bool {
    Command::new("kubectl").arg("--help").output().is_ok()
}

/// Any kubectl knows the options that pages use.
pub(crate) fn fault_of_kubectl(call: &Call, _: &Stage, _: &Data) -> Option<String> {
    let is_its = call.program == "kubectl";
    is_its.then(|| asked(Path::new("kubectl"), call)).flatten()
}

/// Why a call is not one that its program takes.
pub(crate) fn fault(call: &Call, stage: &Stage, data: &Data) -> Option<String> {
    match call.program.as_str() {
        "cargo" => cargo(call),
        "helm" => asked(&HELM, call).or_else(|| rendered(call, stage)),
        // A test of its own, because it is not everywhere.
        "kubectl" => None,
        program if data.trusted.contains_key(program) => None,
        program => Some(format!("nothing judges `{program}`")),
    }
}

fn cargo(call: &Call) -> Option<String> {
    let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["xtask", arguments @ ..] => ours(arguments),
        ["test", "--workspace"] => None,
        ["test", "-p", package, ..] => {
            let is_there = root().join("Cargo.lock");
            let lock = std::fs::read_to_string(is_there).expect("Cargo.lock");
            let name = format!("name = \"{package}\"\n");
            (!lock.contains(&name)).then(|| format!("there is no package `{package}`"))
        }
        _ => Some("pages call `cargo xtask` and `cargo test`".to_owned()),
    }
}

/// A command within a sentence, which may leave out what it needs. `N` stands for a number there, `…` for more of the same or
/// for a value; other words in capitals are names and files.
pub(crate) fn fault_of_mention(command: &str) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for word in command.strip_prefix("cargo xtask ")?.split_whitespace() {
        let is_value = words.last().is_some_and(|last| last.starts_with("--"));
        words.push(match word.trim_end_matches('…').trim_matches('"') {
            "" if is_value => "file".to_owned(),
            "" => continue,
            "N" | "S" => "3".to_owned(),
            address if address.contains("://") => address.to_lowercase(),
            word => word.to_owned(),
        });
    }
    let words = std::iter::once("cargo xtask".to_owned()).chain(words);
    let error = xtask::command_line().try_get_matches_from(words).err()?;
    let is_right = !error.use_stderr() || error.kind() == ErrorKind::MissingRequiredArgument;
    (!is_right).then(|| error.to_string())
}

/// Our own command line, and the files of the repository that it names.
pub(crate) fn ours(arguments: &[&str]) -> Option<String> {
    let words = std::iter::once("cargo xtask").chain(arguments.iter().copied());
    if let Err(error) = xtask::command_line().try_get_matches_from(words)
        && error.use_stderr()
    {
        return Some(error.to_string());
    }
    arguments
        .iter()
        .flat_map(|argument| argument.split('='))
        .filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)))
        .find(|path| !root().join(path).exists())
        .map(|path| format!("there is no {path}"))
}

/// Programs of the Kubernetes world read all options before they help.
fn asked(program: &Path, call: &Call) -> Option<String> {
    let own = call
        .arguments
        .iter()
        .take_while(|argument| *argument != "--");
    let output = Command::new(program)
        .args(own)
        .arg("--help")
        .output()
        .expect("runs");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// A chart of ours, with values that are all there, is rendered.
fn rendered(call: &Call, stage: &Stage) -> Option<String> {
    let (verb, rest) = call.arguments.split_first()?;
    if !["install", "template"].contains(&verb.as_str()) {
        return None;
    }
    let path = |argument: &String| stage.work().join(argument);
    let has_chart = rest.iter().any(|it| path(it).join("Chart.yaml").is_file());
    let mut previous = "";
    let mut is_complete = true;
    for argument in rest {
        if ["-f", "--values"].contains(&previous) {
            // What a page's commands write is empty here.
            is_complete &= std::fs::metadata(path(argument)).is_ok_and(|it| it.len() > 0);
        }
        previous = argument;
    }
    if !has_chart || !is_complete {
        return None;
    }
    let arguments = rest
        .iter()
        .map(String::as_str)
        .filter(|argument| !OF_A_CLUSTER.contains(argument))
        .map(|argument| {
            let known = PLACEHOLDERS.iter().find(|(name, _)| *name == argument);
            known.map_or(argument, |(_, stands_for)| stands_for)
        });
    let output = Command::new(&*HELM)
        .arg("template")
        .args(arguments)
        .current_dir(stage.work())
        .output()
        .expect("runs");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
