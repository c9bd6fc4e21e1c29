//! `cargo xtask conformance`: judge charts, explain requirements, prove that the checks can fail.

mod incremental;
mod live;
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
use am_deployment_toml::product::ProductVersion;
use clap::{Args, Subcommand};

use crate::workspace;
use own_charts::{CHARTS, Lines, lines_of, own_charts};
use progress::Terminal;

/// Where the report for machines goes unless `--report` says otherwise.
const REPORT: &str = "target/conformance/report.json";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Judge the `am-pattern-N` charts of this directory instead of charts-out.
    #[arg(long, value_name = "DIR", conflicts_with = "spec")]
    charts: Option<PathBuf>,
    /// Judge the releases that this specification (kind `PatternUnderTest`) lists, made of any charts.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Judge only this pattern. May be repeated.
    #[arg(long, value_name = "N")]
    pattern: Vec<u8>,
    /// Judge only this platform: the name of an overlay, or `none` for the chart without one. May be repeated.
    #[arg(long, value_name = "NAME")]
    platform: Vec<String>,
    /// Judge only this product version. May be repeated.
    #[arg(long, value_name = "VERSION")]
    product_version: Vec<ProductVersion>,
    /// Tell templates this Kubernetes version; may be repeated. With --cluster kind, the version of the cluster.
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Vec<String>,
    /// Judge only these requirements: an id, the start of ids, or a family. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    only: Vec<String>,
    /// Leave a requirement out, with the reason that the report shows. May be repeated.
    #[arg(long, value_name = "REQUIREMENT=REASON")]
    skip: Vec<String>,
    /// Judge the requirements of this file (kind `Requirements`) beside those of the suite; docs/your-own-requirements.md
    /// describes it. May be repeated.
    #[arg(long, value_name = "FILE")]
    requirements: Vec<PathBuf>,
    /// Hosts that live outside the cluster; `*` stands for any characters. May be repeated.
    #[arg(long, value_name = "PATTERN")]
    external: Vec<String>,
    /// Subjects judged at a time; as many as there are CPU cores unless given. With --cluster, patterns at a time; as many
    /// as memory allows unless given.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Leave out the variants: names, namespaces, replicas, offsets, Kubernetes versions.
    #[arg(long)]
    no_variants: bool,
    #[command(flatten)]
    incremental: incremental::Arguments,
    /// Write a report: FORMAT=PATH, or PATH whose ending tells the format. May be repeated. Unless one is JSON, JSON
    /// also goes to target/conformance/report.json.
    #[arg(long, value_name = "[FORMAT=]PATH")]
    report: Vec<Output>,
    #[command(flatten)]
    live: live::Arguments,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a requirement with an example of failure and fix.
    Explain {
        /// Id, such as AM-WIRE-003.
        id: String,
    },
    /// List every requirement on a page in Markdown: print it, write it, or check it.
    Requirements(requirements::Arguments),
    /// Break green charts on purpose and prove that exactly the intended requirement notices; with --cluster, install broken
    /// charts and prove that each is caught and named.
    Selftest(selftest::Arguments),
    /// Change rendered charts at random and list the changes that no requirement reports.
    Mutate(mutate::Arguments),
}

/// Runs the command and returns its exit code.
pub(crate) fn run(arguments: &Arguments) -> u8 {
    match execute(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

fn execute(arguments: &Arguments) -> Result<u8, SuiteError> {
    if let Some(option) = arguments.incremental.named()
        && arguments.action.is_some()
    {
        return Err(SuiteError::usage(format!(
            "{option} is about judging charts: leave it or the subcommand out"
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
    // Lives as long as the run: charts of older versions are generated into it.
    let folder = tempfile::tempdir()
        .map_err(|error| SuiteError::cannot_check(format!("no temporary folder: {error}")))?;
    if arguments.incremental.watch {
        return watch::run(arguments, folder.path());
    }
    let options = options(arguments, folder.path(), Stale::Refused)?;
    let is_selftest = matches!(arguments.action, Some(Action::Selftest(_)));
    if let Some(done) = live::run(&arguments.live, &options, &arguments.report, is_selftest) {
        return done;
    }
    match &arguments.action {
        Some(Action::Selftest(arguments)) => selftest::run(arguments, &options),
        Some(Action::Mutate(arguments)) => mutate::run(arguments, &options),
        _ => judge(arguments, &options),
    }
}

fn judge(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    am_conformance::selftest::prove_own(options)?;
    let report: Report = suite::run(options, &mut Terminal::default())?;
    print!("{}", human::render(&report, report::Style::for_stdout()));
    write(arguments, &report)?;
    Ok(report.exit_code())
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
    let mut lines = Lines::default();
    let input = match (&arguments.spec, &arguments.charts) {
        (Some(file), _) => Input::Spec(file.clone()),
        (None, Some(path)) => {
            let version = match arguments.product_version.as_slice() {
                [] => suite::version_in(path)?,
                [version] => *version,
                [_, other, ..] => {
                    return Err(SuiteError::usage(format!(
                        "--charts judges one product version: {other} would be judged by nobody; run once for each"
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
            let own = own_charts(&root, &arguments.product_version, folder)?;
            if own.stale > 0 {
                let message = format!(
                    "{CHARTS} is not what the model generates ({} files differ); run `cargo xtask gen-charts`",
                    own.stale
                );
                match stale {
                    Stale::Refused => return Err(SuiteError::cannot_check(message)),
                    Stale::Told => println!("{message}; judging what the model generates"),
                }
            }
            lines.maps = own.maps;
            Input::Charts(own.directories)
        }
    };
    let mut options = Options::new(root, input);
    options.patterns.clone_from(&arguments.pattern);
    options.platforms.clone_from(&arguments.platform);
    options
        .product_versions
        .clone_from(&arguments.product_version);
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
    options.suite = Some(env!("AM_SUITE_DIGEST").to_owned());
    options.source_map = Some(Arc::new(lines) as Arc<dyn context::SourceMap>);
    incremental::apply(arguments, &mut options, folder)?;
    Ok(options)
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
