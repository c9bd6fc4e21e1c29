//! A small, strict shell: what charts' hooks and init containers use, and nothing that silently does something else.
//!
//! A script is parsed as a whole before anything runs. What is not understood is refused with
//! `stand-in shell: unsupported …` and status 127, so that a chart cannot pass because a command was ignored.

mod commands;
mod condition;
mod expansion;
mod files;
mod interpreter;
mod lexer;
mod parser;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use commands::{TOOLS, ToolError, tool};
pub(crate) use files::{connect, copy_over, glob};
use interpreter::{Output, Shell};

/// Why a script cannot be run.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ShellError {
    /// The script uses something that the stand-in does not play.
    #[error("unsupported {0}")]
    Unsupported(String),
    /// The script is no valid script.
    #[error("syntax error: {0}")]
    Syntax(String),
}

impl ShellError {
    fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    fn syntax(what: impl Into<String>) -> Self {
        Self::Syntax(what.into())
    }
}

/// Status of a script that uses something unsupported; also what a real shell says of a command that it cannot find.
pub(crate) const UNSUPPORTED: u8 = 127;
/// Status of wrong usage and of syntax errors.
const MISUSE: u8 = 2;

/// Plays `sh` and `bash`: `-c SCRIPT [NAME [ARGUMENT…]]` or `FILE [ARGUMENT…]`, with the options `-e`, `-u` and `-l`.
pub(crate) fn main(arguments: &[String]) -> u8 {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    let mut script = None;
    while let Some(argument) = rest.next() {
        if argument == "-o" {
            if rest.next().map(String::as_str) != Some("pipefail") {
                return refuse(&ShellError::unsupported(
                    "a shell option other than pipefail after -o",
                ));
            }
            continue;
        }
        let Some(flags) = argument.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            script = Some(argument.clone());
            break;
        };
        if let Err(error) = options.apply(flags) {
            return refuse(&error);
        }
    }
    let Some(script) = script else {
        return refuse(&ShellError::unsupported(
            "interactive use; give -c SCRIPT or a file",
        ));
    };
    let mut positional: Vec<String> = rest.cloned().collect();
    let text = if options.command {
        if positional.is_empty() {
            positional.push("sh".to_owned());
        }
        script
    } else {
        match file(&script, &positional) {
            Ok(text) => {
                positional.insert(0, script);
                text
            }
            Err(status) => return status,
        }
    };
    run(&text, &options, positional)
}

/// The options that a shell is started with or `set` changes.
#[derive(Debug, Clone, Default)]
struct Options {
    command: bool,
    exit_on_error: bool,
    unset_is_error: bool,
}

impl Options {
    fn apply(&mut self, flags: &str) -> Result<(), ShellError> {
        for flag in flags.chars() {
            match flag {
                'c' => self.command = true,
                'e' => self.exit_on_error = true,
                'u' => self.unset_is_error = true,
                // A login shell reads profiles that the image does not have.
                'l' => {}
                other => return Err(ShellError::unsupported(format!("shell option -{other}"))),
            }
        }
        Ok(())
    }
}

/// Reads a script file; one of the image's own scripts is this very binary and is started instead.
fn file(path: &str, arguments: &[String]) -> Result<String, u8> {
    if crate::multicall::is_own_binary(Path::new(path)) {
        return Err(commands::start(path, arguments, &BTreeMap::new(), None));
    }
    std::fs::read_to_string(path).map_err(|error| {
        eprintln!("sh: cannot open {path}: {error}");
        UNSUPPORTED
    })
}

fn run(script: &str, options: &Options, positional: Vec<String>) -> u8 {
    match parser::parse(script) {
        Ok(list) => {
            let mut shell = Shell::new(
                std::env::vars().collect(),
                positional,
                options.clone(),
                Output::Inherited,
            );
            shell.run(&list)
        }
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &ShellError) -> u8 {
    eprintln!("stand-in shell: {error}");
    match error {
        ShellError::Unsupported(_) => UNSUPPORTED,
        ShellError::Syntax(_) => MISUSE,
    }
}
