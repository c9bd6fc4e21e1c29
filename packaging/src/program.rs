//! Runs the pinned tools.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::{PackagingError, io};

/// A call of a tool that can be told to a person.
pub(crate) struct Program {
    command: Command,
    words: String,
    hint: &'static str,
}

impl Program {
    /// A call of `program`; `hint` says what to do when it fails.
    pub(crate) fn new(program: &Path, hint: &'static str) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        let name = program.file_name().unwrap_or(program.as_os_str());
        Self {
            command,
            words: name.to_string_lossy().into_owned(),
            hint,
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        let argument = argument.as_ref();
        self.words.push(' ');
        self.words.push_str(&argument.to_string_lossy());
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self = self.arg(argument);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end, whatever that is.
    pub(crate) fn output(&mut self) -> Result<Output, PackagingError> {
        let program = self.command.get_program().to_owned();
        self.command
            .output()
            .map_err(io("run", Path::new(&program)))
    }

    /// Runs it; success gives what it wrote, standard error included.
    pub(crate) fn run(mut self) -> Result<Output, PackagingError> {
        let output = self.output()?;
        if output.status.success() {
            Ok(output)
        } else {
            Err(self.failed(&output))
        }
    }

    /// The error that a failed run means.
    pub(crate) fn failed(self, output: &Output) -> PackagingError {
        PackagingError::Program {
            command: self.words,
            status: output.status.to_string(),
            hint: self.hint,
            output: said(output),
        }
    }
}

/// All that a program wrote.
pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
