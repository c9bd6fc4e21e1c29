//! `cargo xtask conformance`: judge charts, explain requirements, prove that the checks can fail.

pub(crate) mod arguments;
mod fail_level;
mod incremental;
mod init;
pub(crate) mod live;
mod mutate;
mod options;
mod outputs;
mod own_charts;
mod progress;
mod requirements;
mod selftest;
mod watch;

use am_conformance::SuiteError;
use am_conformance::report::{self, Report, human};
use am_conformance::suite::{self, Input, Options};

use crate::workspace;
use arguments::{Action, Arguments};
use live::PlayLive;
use options::{Stale, options};
use progress::Terminal;

/// Runs the command and returns its exit code.
pub(crate) fn run(arguments: &Arguments, live: Option<PlayLive>) -> u8 {
    match execute(arguments, live) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

fn execute(arguments: &Arguments, live: Option<PlayLive>) -> Result<u8, SuiteError> {
    if let Some(option) = arguments.incremental.named()
        && arguments.action.is_some()
    {
        return Err(SuiteError::usage(format!(
            "{option} cannot be combined with a subcommand: leave one of them out"
        )));
    }
    if let Some(Action::Explain { id }) = &arguments.action {
        print!(
            "{}",
            am_conformance::explain::explain(id, &arguments.requirements)?
        );
        return Ok(0);
    }
    if let Some(Action::Requirements(arguments)) = &arguments.action {
        return requirements::run(arguments, &workspace::root());
    }
    if let Some(Action::Init(charts)) = &arguments.action {
        return write_specification(arguments, charts);
    }
    // Lives as long as the run: charts of older versions are generated into it.
    let folder = tempfile::tempdir()
        .map_err(|error| SuiteError::cannot_check(format!("no temporary folder: {error}")))?;
    if arguments.incremental.watch {
        return watch::run(arguments, folder.path());
    }
    let options = options(arguments, folder.path(), Stale::Refused)?;
    if let Some(done) = live::run(arguments, &options, folder.path(), live) {
        return done;
    }
    match &arguments.action {
        Some(Action::Selftest(arguments)) => selftest::run(arguments, &options),
        Some(Action::Mutate(arguments)) => mutate::run(arguments, &options),
        _ => judge(arguments, &options),
    }
}

/// `init`, which takes the pattern and the version that the user names elsewhere on the command line.
fn write_specification(arguments: &Arguments, charts: &init::Arguments) -> Result<u8, SuiteError> {
    let versions = options::versions(arguments)?;
    if arguments.pattern.len() > 1 || versions.len() > 1 {
        return Err(SuiteError::usage(
            "a specification is of one pattern and one product version: name one of each",
        ));
    }
    let options = Options::new(workspace::root(), Input::Charts(Vec::new()));
    let pattern = options::patterns(arguments)?.first().copied();
    init::run(charts, pattern, versions.first().copied(), &options)
}

fn judge(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    am_conformance::selftest::prove_own(options)?;
    let report: Report = suite::run(options, &mut Terminal::default())?;
    print!("{}", human::render(&report, report::Style::for_stdout()));
    outputs::write(arguments, &report)?;
    let (code, told) = arguments.fail_level.code(&report);
    if let Some(told) = told {
        println!("{told}");
    }
    Ok(code)
}
