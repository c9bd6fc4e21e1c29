//! `cargo xtask conformance`: judge charts, explain requirements, prove that the checks can fail.

mod fail_level;
mod incremental;
mod init;
pub(crate) mod live;
mod mutate;
mod own_charts;
mod progress;
mod requirements;
mod selftest;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::context;
use am_conformance::report::{self, Format, Output, Report, human};
use am_conformance::suite::{self, ChartDirectory, Input, Options, Skip};
use am_deployment_toml::product::{ProductVersion, Unknown};
use clap::{Args, Subcommand};

use crate::workspace;
use fail_level::FailLevel;
use live::PlayLive;
use own_charts::{CHARTS, Lines, lines_of, own_charts};
use progress::Terminal;

/// Where the report for machines goes unless `--report` says otherwise.
const REPORT: &str = "target/conformance/report.json";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Check the `am-pattern-N` charts in this directory instead of charts-out.
    #[arg(long, value_name = "DIR", conflicts_with = "spec")]
    charts: Option<PathBuf>,
    /// Check the releases listed in this specification (kind `PatternUnderTest`), whatever charts they use.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Check only this pattern. May be repeated.
    #[arg(long, value_name = "N")]
    pattern: Vec<u8>,
    /// Check only this platform: the name of an overlay, or `none` for the chart without one. May be repeated.
    #[arg(long, value_name = "NAME")]
    platform: Vec<String>,
    /// Check only this product version. May be repeated.
    #[arg(long, value_name = "VERSION")]
    product_version: Vec<String>,
    /// Render for this Kubernetes version; may be repeated. With --cluster kind, the version of the cluster.
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Vec<String>,
    /// Check only these requirements: an id, a prefix of ids, or a family. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    only: Vec<String>,
    /// Skip a requirement; the report shows the reason. May be repeated.
    #[arg(long, value_name = "REQUIREMENT=REASON")]
    skip: Vec<String>,
    /// Also check the requirements in this file (kind `Requirements`), described in docs/your-own-requirements.md. May be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    requirements: Vec<PathBuf>,
    /// Hosts outside the cluster; `*` matches any characters. May be repeated.
    #[arg(long, value_name = "PATTERN")]
    external: Vec<String>,
    /// How many subjects to check in parallel; 0 means one per CPU core. With --cluster, how many patterns to run in
    /// parallel; 0 means as many as fit into memory.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Skip the variants: names, namespaces, replicas, offsets, Kubernetes versions.
    #[arg(long)]
    no_variants: bool,
    #[command(flatten)]
    incremental: incremental::Arguments,
    /// Write a report: FORMAT=PATH, or PATH with an ending that implies the format. May be repeated. Unless one of them is
    /// JSON, a JSON report is also written to target/conformance/report.json.
    #[arg(long, value_name = "[FORMAT=]PATH")]
    report: Vec<Output>,
    /// What makes the run end with 1.
    #[arg(
        long,
        value_enum,
        value_name = "LEVEL",
        default_value = "must",
        conflicts_with = "cluster"
    )]
    fail_level: FailLevel,
    #[command(flatten)]
    live: live::Arguments,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a requirement with an example of a failure and its fix.
    Explain {
        /// Id, such as AM-WIRE-003.
        id: String,
    },
    /// Write a first specification (kind `PatternUnderTest`) of charts: what can be told, and comments on what cannot.
    Init(init::Arguments),
    /// Print, write or check the Markdown page that lists every requirement.
    Requirements(requirements::Arguments),
    /// Break sound charts on purpose and check that exactly the intended requirement reports it; with --cluster, install
    /// broken charts and check that each is caught and named.
    Selftest(selftest::Arguments),
    /// Change rendered charts at random and list the changes that no requirement reports.
    Mutate(mutate::Arguments),
}

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
    if let Some(done) = live::run(arguments, &options, live) {
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
    let versions = versions(arguments)?;
    if arguments.pattern.len() > 1 || versions.len() > 1 {
        return Err(SuiteError::usage(
            "a specification is of one pattern and one product version: name one of each",
        ));
    }
    let options = Options::new(workspace::root(), Input::Charts(Vec::new()));
    let pattern = arguments.pattern.first().copied();
    init::run(charts, pattern, versions.first().copied(), &options)
}

fn judge(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    am_conformance::selftest::prove_own(options)?;
    let report: Report = suite::run(options, &mut Terminal::default())?;
    print!("{}", human::render(&report, report::Style::for_stdout()));
    write(arguments, &report)?;
    let (code, told) = arguments.fail_level.code(&report);
    if let Some(told) = told {
        println!("{told}");
    }
    Ok(code)
}

/// Writes the reports that were asked for, and the one that the next run may ask for.
fn write(arguments: &Arguments, report: &Report) -> Result<(), SuiteError> {
    let mut outputs = arguments.report.clone();
    if json_report(arguments).is_none() {
        outputs.push(Output {
            format: Format::Json,
            path: workspace::root().join(REPORT),
        });
    }
    report::write(report, &outputs).map_err(|error| SuiteError::cannot_check(error.to_string()))
}

/// The JSON file that the user named.
fn json_report(arguments: &Arguments) -> Option<&Path> {
    let is_file = |output: &&Output| output.format == Format::Json && output.path != Path::new("-");
    let output = arguments.report.iter().find(is_file)?;
    Some(&output.path)
}

/// What to do when charts-out is not what the model generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stale {
    /// Judge nothing.
    Refused,
    /// Say so, and judge what the model generates.
    Told,
}

fn options(arguments: &Arguments, folder: &Path, stale: Stale) -> Result<Options, SuiteError> {
    let root = workspace::root();
    let versions = versions(arguments)?;
    let mut lines = Lines::default();
    let input = match (&arguments.spec, &arguments.charts) {
        (Some(file), _) => Input::Spec(file.clone()),
        (None, Some(path)) => {
            let version = match versions.as_slice() {
                [] => suite::version_in(path)?,
                [version] => *version,
                [_, other, ..] => {
                    return Err(SuiteError::usage(format!(
                        "--charts takes one product version, so {other} would not be checked; run the command once per version"
                    )));
                }
            };
            lines = lines_of(&root, path, version);
            Input::Charts(vec![ChartDirectory {
                version,
                path: path.clone(),
            }])
        }
        (None, None) => {
            let own = own_charts(&root, &versions, folder)?;
            if own.stale > 0 {
                let message = format!(
                    "{CHARTS} is out of date ({} files differ from what the model generates); run `cargo xtask gen-charts`",
                    own.stale
                );
                match stale {
                    Stale::Refused => return Err(SuiteError::cannot_check(message)),
                    Stale::Told => println!("{message}; checking what the model generates"),
                }
            }
            lines.maps = own.maps;
            Input::Charts(own.directories)
        }
    };
    let mut options = Options::new(root, input);
    options.patterns.clone_from(&arguments.pattern);
    options.platforms.clone_from(&arguments.platform);
    options.product_versions = versions;
    options
        .kubernetes_versions
        .clone_from(&arguments.kubernetes_version);
    options.only.clone_from(&arguments.only);
    options.skip = arguments.skip.iter().map(|text| skip(text)).collect();
    options.requirements.clone_from(&arguments.requirements);
    options.external.clone_from(&arguments.external);
    options.jobs = arguments.jobs;
    options.variants = !arguments.no_variants;
    options.command = command_line();
    options.suite = Some(suite::suite_digest(env!("AM_SUITE_DIGEST")));
    options.source_map = Some(Arc::new(lines) as Arc<dyn context::SourceMap>);
    incremental::apply(arguments, &mut options, folder)?;
    Ok(options)
}

/// The product versions that were named: read here, because `--workspace` may bring others than the program holds.
fn versions(arguments: &Arguments) -> Result<Vec<ProductVersion>, SuiteError> {
    let names = arguments.product_version.iter();
    let parsed = names.map(|name| {
        name.parse()
            .map_err(|unknown: Unknown| SuiteError::usage(unknown.to_string()))
    });
    parsed.collect()
}

fn skip(text: &str) -> Skip {
    let (requirement, reason) = text.split_once('=').unwrap_or((text, ""));
    Skip {
        requirement: requirement.to_owned(),
        reason: reason.to_owned(),
    }
}

fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}
