//! Runs the pinned tools.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::{PackagingError, io};

/// Runs a tool to its end, whatever that is.
pub(crate) fn output(command: &mut Command) -> Result<Output, PackagingError> {
    let program = command.get_program().to_owned();
    command
        .stdin(Stdio::null())
        .output()
        .map_err(io("run", Path::new(&program)))
}

/// Runs a tool; success gives what it wrote. `hint` says what to do when it fails.
pub(crate) fn run(command: &mut Command, hint: &'static str) -> Result<Output, PackagingError> {
    let output = output(command)?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(failed(command, &output, hint))
    }
}

/// The error that a failed run means.
pub(crate) fn failed(command: &Command, output: &Output, hint: &'static str) -> PackagingError {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words: Vec<_> = [name]
        .into_iter()
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    PackagingError::Program {
        command: words.join(" "),
        status: output.status.to_string(),
        hint,
        output: said(output),
    }
}

/// All that a program wrote.
pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
