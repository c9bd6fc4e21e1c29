//! Runs a syntax tree.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::syntax::{AndOr, Command, Connector, List, Redirection, Step, Target, Word};
use super::{Options, commands, files};

/// A running shell.
pub(crate) struct Shell {
    pub(super) variables: BTreeMap<String, String>,
    /// `$0`, `$1`, …
    pub(super) positional: Vec<String>,
    pub(super) options: Options,
    /// `$?`
    pub(super) status: u8,
    /// Where standard output goes at the moment.
    pub(super) output: Output,
    /// Whether standard error is thrown away at the moment.
    quiet: bool,
    /// How many conditions are being evaluated; `set -e` does not look at their status.
    conditions: u32,
}

/// Where a command's standard output goes.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// To the shell's own.
    Inherited,
    /// To the shell's own standard error.
    Error,
    /// Nowhere.
    Discarded,
    /// Into a command substitution.
    Captured(Vec<u8>),
}

/// Leaves the normal order of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Exit(u8),
    Break,
    Continue,
}

impl Shell {
    pub(crate) fn new(
        variables: BTreeMap<String, String>,
        positional: Vec<String>,
        options: Options,
        output: Output,
    ) -> Self {
        Self {
            variables,
            positional,
            options,
            status: 0,
            output,
            quiet: false,
            conditions: 0,
        }
    }

    /// Runs a script to its end and gives its exit status.
    pub(crate) fn run(&mut self, list: &List) -> u8 {
        match self.list(list) {
            Err(Flow::Exit(status)) => status,
            Ok(()) | Err(Flow::Break | Flow::Continue) => self.status,
        }
    }

    /// Runs commands whose output becomes text, without the line ends at its end.
    pub(super) fn substitution(&mut self, list: &List) -> String {
        let mut inner = self.copy(Output::Captured(Vec::new()));
        self.status = inner.run(list);
        let Output::Captured(bytes) = inner.output else {
            return String::new();
        };
        String::from_utf8_lossy(&bytes)
            .trim_end_matches('\n')
            .to_owned()
    }

    /// Writes to the current standard output.
    pub(super) fn write(&mut self, text: &str) -> u8 {
        let result = match &mut self.output {
            Output::Inherited => std::io::stdout().write_all(text.as_bytes()),
            Output::Error => std::io::stderr().write_all(text.as_bytes()),
            Output::Discarded => Ok(()),
            Output::Captured(bytes) => {
                bytes.extend_from_slice(text.as_bytes());
                Ok(())
            }
        };
        u8::from(result.is_err())
    }

    /// Writes a message to standard error and gives `status`.
    pub(super) fn complain(&self, message: &str, status: u8) -> u8 {
        if !self.quiet {
            eprintln!("{message}");
        }
        status
    }

    fn copy(&self, output: Output) -> Self {
        Self {
            variables: self.variables.clone(),
            positional: self.positional.clone(),
            options: self.options.clone(),
            status: self.status,
            output,
            quiet: self.quiet,
            conditions: self.conditions,
        }
    }

    fn list(&mut self, list: &List) -> Result<(), Flow> {
        list.0.iter().try_for_each(|and_or| self.and_or(and_or))
    }

    fn condition(&mut self, list: &List) -> Result<bool, Flow> {
        self.conditions += 1;
        let result = self.list(list);
        self.conditions -= 1;
        result.map(|()| self.status == 0)
    }

    fn and_or(&mut self, and_or: &AndOr) -> Result<(), Flow> {
        let steps = and_or.rest.len();
        let mut last_ran = 0;
        self.and_or_step(&and_or.first, steps > 0)?;
        for (index, (connector, step)) in and_or.rest.iter().enumerate() {
            if (*connector == Connector::And) == (self.status == 0) {
                last_ran = index + 1;
                self.and_or_step(step, index + 1 < steps)?;
            }
        }
        let negated = and_or
            .rest
            .last()
            .map_or(&and_or.first, |(_, step)| step)
            .negated;
        if self.status != 0
            && self.options.exit_on_error
            && self.conditions == 0
            && last_ran == steps
            && !negated
        {
            return Err(Flow::Exit(self.status));
        }
        Ok(())
    }

    fn and_or_step(&mut self, step: &Step, condition: bool) -> Result<(), Flow> {
        let conditional = u32::from(condition || step.negated);
        self.conditions += conditional;
        let result = self.step(step);
        self.conditions -= conditional;
        result
    }

    fn step(&mut self, step: &Step) -> Result<(), Flow> {
        let (output, quiet) = (self.output.clone(), self.quiet);
        let redirected = self.redirect(&step.redirections)?;
        let result = if redirected {
            self.command(&step.command)
        } else {
            self.status = 1;
            Ok(())
        };
        self.quiet = quiet;
        match (&mut self.output, output) {
            // What was captured stays captured, unless this command wrote elsewhere.
            (Output::Captured(_), Output::Captured(_)) => {}
            (current, previous) => *current = previous,
        }
        result?;
        if step.negated {
            self.status = u8::from(self.status == 0);
        }
        Ok(())
    }

    fn redirect(&mut self, redirections: &[Redirection]) -> Result<bool, Flow> {
        for redirection in redirections {
            match (&redirection.target, redirection.descriptor) {
                (Target::Descriptor(2), 1) => {
                    self.output = if self.quiet {
                        Output::Discarded
                    } else {
                        Output::Error
                    };
                }
                (Target::Descriptor(1), 2) => self.quiet = matches!(self.output, Output::Discarded),
                (Target::Descriptor(_), _) => {}
                (Target::Path(word), descriptor) => {
                    let path = self.text(word)?;
                    if let Some(address) = path.strip_prefix("/dev/tcp/") {
                        if let Err(error) = files::connect(address) {
                            self.complain(&format!("sh: {path}: {error}"), 1);
                            return Ok(false);
                        }
                        self.output = if descriptor == 1 {
                            Output::Discarded
                        } else {
                            self.output.clone()
                        };
                    } else if path == "/dev/null" {
                        match descriptor {
                            1 => self.output = Output::Discarded,
                            2 => self.quiet = true,
                            _ => {}
                        }
                    } else {
                        eprintln!("stand-in shell: unsupported redirection to {path}");
                        return Err(Flow::Exit(super::UNSUPPORTED));
                    }
                }
            }
        }
        Ok(true)
    }

    fn command(&mut self, command: &Command) -> Result<(), Flow> {
        match command {
            Command::Simple { assignments, words } => self.simple(assignments, words),
            Command::If {
                branches,
                otherwise,
            } => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.list(body);
                    }
                }
                self.status = 0;
                otherwise.as_ref().map_or(Ok(()), |body| self.list(body))
            }
            Command::Loop {
                until,
                condition,
                body,
            } => {
                let mut status = 0;
                while self.condition(condition)? != *until {
                    match self.list(body) {
                        Ok(()) | Err(Flow::Continue) => status = self.status,
                        Err(Flow::Break) => break,
                        Err(exit) => return Err(exit),
                    }
                }
                self.status = status;
                Ok(())
            }
            Command::For {
                variable,
                words,
                body,
            } => {
                self.status = 0;
                for value in self.fields(words)? {
                    self.variables.insert(variable.clone(), value);
                    match self.list(body) {
                        Ok(()) | Err(Flow::Continue) => {}
                        Err(Flow::Break) => break,
                        Err(exit) => return Err(exit),
                    }
                }
                Ok(())
            }
            Command::Group(list) => self.list(list),
            Command::Subshell(list) => {
                let mut inner = self.copy(self.output.clone());
                self.status = inner.run(list);
                self.output = inner.output;
                Ok(())
            }
        }
    }

    fn simple(&mut self, assignments: &[(String, Word)], words: &[Word]) -> Result<(), Flow> {
        let mut assigned = Vec::new();
        for (name, word) in assignments {
            assigned.push((name.clone(), self.text(word)?));
        }
        let fields = self.fields(words)?;
        let Some((name, arguments)) = fields.split_first() else {
            self.variables.extend(assigned);
            // An assignment has the status of the command whose output it takes.
            if !assignments.iter().any(|(_, word)| word.has_substitution()) {
                self.status = 0;
            }
            return Ok(());
        };
        self.status = commands::run(self, name, arguments, &assigned)?;
        Ok(())
    }
}
