//! The commands that the image has: the shell's own, a few tools, and the image's binaries by path.

use std::collections::BTreeMap;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::interpreter::{Flow, Output, Shell};
use super::{UNSUPPORTED, condition, files};

/// Runs one command with its expanded arguments.
pub(super) fn run(
    shell: &mut Shell,
    name: &str,
    arguments: &[String],
    assigned: &[(String, String)],
) -> Result<u8, Flow> {
    let status = match name {
        ":" | "true" => 0,
        "false" => 1,
        "exit" => return Err(Flow::Exit(status_argument(shell, arguments)?)),
        "break" => return Err(Flow::Break),
        "continue" => return Err(Flow::Continue),
        "set" => set(shell, arguments)?,
        "export" => export(shell, arguments),
        "cd" => change_directory(shell, arguments),
        "echo" => echo(shell, arguments),
        "exec" => return exec(shell, arguments, assigned),
        "[" | "test" => match condition::evaluate(name, arguments) {
            Ok(holds) => u8::from(!holds),
            Err(message) => return unsupported(&message),
        },
        "command" if arguments.first().map(String::as_str) == Some("-v") => {
            let found = arguments.get(1).and_then(|name| find(shell, name));
            found.map_or(1, |path| shell.write(&format!("{}\n", path.display())))
        }
        _ if !name.contains('/') && TOOLS.contains(&name) => match tool(name, arguments) {
            Ok(text) => shell.write(&text),
            Err(ToolError::Unsupported(message)) => return unsupported(&message),
            Err(ToolError::Failed(message)) => shell.complain(&message, 1),
        },
        _ => return external(shell, name, arguments, assigned),
    };
    Ok(status)
}

/// Tools that the image has under their names, beside the scripts of the product and `java`.
pub(crate) const TOOLS: [&str; 9] = [
    "sleep", "cp", "mv", "mkdir", "ls", "cat", "rm", "touch", "hostname",
];

/// Why a tool did not do its work.
#[derive(Debug)]
pub(crate) enum ToolError {
    /// It is used in a way that the stand-in does not play.
    Unsupported(String),
    /// It failed, as the real tool would have.
    Failed(String),
}

/// Runs one of [`TOOLS`] and gives its output.
pub(crate) fn tool(name: &str, arguments: &[String]) -> Result<String, ToolError> {
    match name {
        "sleep" => files::sleep(arguments),
        "cp" => files::copy(arguments),
        "mv" => files::rename(arguments),
        "mkdir" => files::make_directories(arguments),
        "ls" => files::list(arguments),
        "cat" => files::concatenate(arguments),
        "rm" => files::remove(arguments),
        "touch" => files::touch(arguments),
        "hostname" => Ok(format!("{}\n", crate::identity::hostname())),
        other => Err(ToolError::Unsupported(format!("command `{other}`"))),
    }
}

/// Starts a binary and waits for it, in a changed environment and with its output captured where wanted.
pub(super) fn start(
    path: &str,
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    shell: Option<&mut Shell>,
) -> u8 {
    let mut command = Command::new(path);
    command.args(arguments).envs(environment);
    let result = match shell {
        None => command.status(),
        Some(shell) => {
            command.stdout(match shell.output {
                Output::Inherited => Stdio::inherit(),
                Output::Error => Stdio::from(std::io::stderr()),
                Output::Discarded => Stdio::null(),
                Output::Captured(_) => Stdio::piped(),
            });
            command.spawn().and_then(wait).map(|(status, output)| {
                shell.write(&String::from_utf8_lossy(&output));
                status
            })
        }
    };
    match result {
        Ok(status) => exit_code(status),
        Err(error) => {
            eprintln!("sh: {path}: {error}");
            UNSUPPORTED
        }
    }
}

fn wait(child: std::process::Child) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let output = child.wait_with_output()?;
    Ok((output.status, output.stdout))
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code & 0xff).unwrap_or(1)
}

/// A command by path, or by name in `PATH`, as long as it is one of the image's.
fn external(
    shell: &mut Shell,
    name: &str,
    arguments: &[String],
    assigned: &[(String, String)],
) -> Result<u8, Flow> {
    let Some(path) = find(shell, name) else {
        return unknown(shell, name);
    };
    let mut environment = shell.variables.clone();
    environment.extend(assigned.iter().cloned());
    Ok(start(
        &path.to_string_lossy(),
        arguments,
        &environment,
        Some(shell),
    ))
}

fn exec(
    shell: &mut Shell,
    arguments: &[String],
    assigned: &[(String, String)],
) -> Result<u8, Flow> {
    let Some((name, arguments)) = arguments.split_first() else {
        return Ok(0);
    };
    if TOOLS.contains(&name.as_str()) {
        return Err(Flow::Exit(run(shell, name, arguments, assigned)?));
    }
    let Some(path) = find(shell, name) else {
        return unknown(shell, name);
    };
    let error = Command::new(&path)
        .args(arguments)
        .envs(&shell.variables)
        .envs(assigned.iter().map(|(name, value)| (name, value)))
        .exec();
    eprintln!("sh: exec {}: {error}", path.display());
    Err(Flow::Exit(126))
}

/// Only the image's own binaries can be started: everything else would be a tool that the stand-in's image lacks.
fn find(shell: &Shell, name: &str) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if name.contains('/') {
        vec![PathBuf::from(name)]
    } else {
        let path = shell.variables.get("PATH").cloned().unwrap_or_default();
        path.split(':')
            .filter(|folder| !folder.is_empty())
            .map(|folder| Path::new(folder).join(name))
            .collect()
    };
    candidates
        .into_iter()
        .find(|candidate| crate::multicall::is_own_binary(candidate))
}

fn unknown(shell: &Shell, name: &str) -> Result<u8, Flow> {
    if name.contains('/') && !Path::new(name).exists() {
        return Ok(shell.complain(&format!("sh: {name}: not found"), UNSUPPORTED));
    }
    unsupported(&format!("command `{name}`"))
}

/// Ends the script: going on would hide that a command was not run.
fn unsupported(what: &str) -> Result<u8, Flow> {
    eprintln!("stand-in shell: unsupported {what}");
    Err(Flow::Exit(UNSUPPORTED))
}

fn status_argument(shell: &Shell, arguments: &[String]) -> Result<u8, Flow> {
    match arguments.first() {
        None => Ok(shell.status),
        Some(text) => match text.parse::<u8>() {
            Ok(status) => Ok(status),
            Err(_) => unsupported(&format!("exit status `{text}`")),
        },
    }
}

fn set(shell: &mut Shell, arguments: &[String]) -> Result<u8, Flow> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let applied = match argument.strip_prefix('-') {
            Some(flags) => match flags.strip_suffix('o') {
                Some(flags) if arguments.next().map(String::as_str) == Some("pipefail") => {
                    shell.options.apply(flags)
                }
                _ => shell.options.apply(flags),
            },
            None => return unsupported(&format!("`set {argument}`")),
        };
        if let Err(error) = applied {
            eprintln!("stand-in shell: {error}");
            return Err(Flow::Exit(UNSUPPORTED));
        }
    }
    Ok(0)
}

fn export(shell: &mut Shell, arguments: &[String]) -> u8 {
    // Every variable reaches the started commands already, so that only assignments matter.
    for (name, value) in arguments
        .iter()
        .filter_map(|argument| argument.split_once('='))
    {
        shell.variables.insert(name.to_owned(), value.to_owned());
    }
    0
}

fn change_directory(shell: &Shell, arguments: &[String]) -> u8 {
    let Some(folder) = arguments.first() else {
        return shell.complain("sh: cd: which folder?", 2);
    };
    match std::env::set_current_dir(folder) {
        Ok(()) => 0,
        Err(error) => shell.complain(&format!("sh: cd: {folder}: {error}"), 2),
    }
}

fn echo(shell: &mut Shell, arguments: &[String]) -> u8 {
    let (arguments, end) = match arguments.split_first() {
        Some((first, rest)) if first == "-n" => (rest, ""),
        _ => (arguments, "\n"),
    };
    shell.write(&format!("{}{end}", arguments.join(" ")))
}
