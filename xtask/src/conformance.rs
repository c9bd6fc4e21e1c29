//! `cargo xtask conformance`: judge charts, explain requirements, prove that the checks can fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::context;
use am_conformance::finding::GeneratorLocation;
use am_conformance::report::{self, Format, Output, Report, SubjectResult, human};
use am_conformance::selftest::{MutantResult, Verdict};
use am_conformance::suite::{self, ChartDirectory, Input, Options, Skip};
use am_deployment_toml::product::ProductVersion;
use am_generator::output::{self, Extent};
use am_generator::{Model, Selection, SourceMap, Templates, generate};
use clap::{Args, Subcommand};

use crate::workspace;

/// The folder of the generated charts below the workspace; it holds the newest product version.
const CHARTS: &str = "charts-out";

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
    /// Judge only this platform: none, aws, azure, gcp, openshift, dev. May be repeated.
    #[arg(long, value_name = "NAME")]
    platform: Vec<String>,
    /// Judge only this product version. May be repeated.
    #[arg(long, value_name = "VERSION")]
    product_version: Vec<ProductVersion>,
    /// Tell templates this Kubernetes version. May be repeated.
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Vec<String>,
    /// Judge only these requirements: an id, the start of ids, or a family. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    only: Vec<String>,
    /// Leave a requirement out, with the reason that the report shows. May be repeated.
    #[arg(long, value_name = "REQUIREMENT=REASON")]
    skip: Vec<String>,
    /// Hosts that live outside the cluster; `*` stands for any characters. May be repeated.
    #[arg(long, value_name = "PATTERN")]
    external: Vec<String>,
    /// Subjects judged at a time; as many as there are CPU cores unless given.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Leave out the variants: names, namespaces, replicas, offsets.
    #[arg(long)]
    no_variants: bool,
    /// Write a report: FORMAT=PATH, or PATH whose ending tells the format. May be repeated. Without it, JSON goes to
    /// target/conformance/report.json.
    #[arg(long, value_name = "[FORMAT=]PATH")]
    report: Vec<Output>,
    #[command(flatten)]
    live: crate::live::Arguments,
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
    /// Break green charts on purpose and prove that exactly the intended requirement notices.
    Selftest,
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
    if let Some(Action::Explain { id }) = &arguments.action {
        print!("{}", am_conformance::explain::explain(id)?);
        return Ok(0);
    }
    // Lives as long as the run: charts of older versions are generated into it.
    let folder = tempfile::tempdir()
        .map_err(|error| SuiteError::cannot_check(format!("no temporary folder: {error}")))?;
    let options = options(arguments, folder.path())?;
    if let Some(done) = crate::live::run(&arguments.live, &options, &arguments.report) {
        return done;
    }
    match &arguments.action {
        Some(Action::Selftest) => selftest(&options),
        _ => judge(arguments, &options),
    }
}

fn judge(arguments: &Arguments, options: &Options) -> Result<u8, SuiteError> {
    let report: Report = suite::run(options, &mut Terminal::default())?;
    print!("{}", human::render(&report, report::Style::for_stdout()));
    let default = [Output {
        format: Format::Json,
        path: workspace::root().join(REPORT),
    }];
    let outputs = if arguments.report.is_empty() {
        &default[..]
    } else {
        &arguments.report
    };
    report::write(&report, outputs).map_err(|error| SuiteError::cannot_check(error.to_string()))?;
    Ok(report.exit_code())
}

fn selftest(options: &Options) -> Result<u8, SuiteError> {
    let mut progress = |result: &MutantResult| {
        let word = match &result.verdict {
            Verdict::Killed => "killed".to_owned(),
            Verdict::Unnoticed => "SURVIVED: its requirement did not report it".to_owned(),
            Verdict::AlsoBy(others) => format!("NOT ALONE: also reported by {}", others.join(", ")),
            Verdict::Void(reason) => format!("VOID: {reason}"),
        };
        eprintln!("{} {}: {word}", result.requirement, result.mutant);
    };
    let summary = am_conformance::selftest::selftest(options, &mut progress)?;
    println!(
        "{} of {} mutants killed ({} %)",
        summary.killed, summary.mutants, summary.kill_rate
    );
    for survivor in &summary.survivors {
        println!(
            "  {} {}: {}",
            survivor.requirement, survivor.mutant, survivor.reason
        );
    }
    Ok(if summary.survivors.is_empty() { 0 } else { 4 })
}

fn options(arguments: &Arguments, folder: &Path) -> Result<Options, SuiteError> {
    let root = workspace::root();
    let mut maps = BTreeMap::new();
    let input = match (&arguments.spec, &arguments.charts) {
        (Some(file), _) => Input::Spec(file.clone()),
        (None, Some(path)) => {
            let version = arguments
                .product_version
                .first()
                .copied()
                .unwrap_or(newest());
            Input::Charts(vec![ChartDirectory {
                version,
                path: path.clone(),
            }])
        }
        (None, None) => Input::Charts(own_charts(
            &root,
            &arguments.product_version,
            folder,
            &mut maps,
        )?),
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
    options.external.clone_from(&arguments.external);
    options.jobs = arguments.jobs;
    options.variants = !arguments.no_variants;
    options.command = command_line();
    options.source_map = maps
        .remove(&newest())
        .map(|map| Arc::new(Lines(map)) as Arc<dyn context::SourceMap>);
    Ok(options)
}

fn skip(text: &str) -> Skip {
    let (requirement, reason) = text.split_once('=').unwrap_or((text, ""));
    Skip {
        requirement: requirement.to_owned(),
        reason: reason.to_owned(),
    }
}

fn newest() -> ProductVersion {
    ProductVersion::ALL[ProductVersion::ALL.len() - 1]
}

/// charts-out for the newest version; the others are generated.
fn own_charts(
    root: &Path,
    wanted: &[ProductVersion],
    folder: &Path,
    maps: &mut BTreeMap<ProductVersion, SourceMap>,
) -> Result<Vec<ChartDirectory>, SuiteError> {
    let cannot = |error: &dyn std::fmt::Display| SuiteError::cannot_check(error.to_string());
    let model = Model::load(&root.join("generator/model"), "generator/model")
        .map_err(|error| cannot(&error))?;
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
        .map_err(|error| cannot(&error))?;
    let mut directories = Vec::new();
    for version in ProductVersion::ALL {
        if !wanted.is_empty() && !wanted.contains(&version) {
            continue;
        }
        let selection = Selection {
            version: version.to_string(),
            ..Selection::all(&model)
        };
        let tree = generate(&model, &templates, &selection).map_err(|error| cannot(&error))?;
        let path = if version == newest() {
            let path = root.join(CHARTS);
            let differences =
                output::check(&tree, &path, Extent::Everything).map_err(|error| cannot(&error))?;
            if !differences.is_empty() {
                return Err(SuiteError::cannot_check(format!(
                    "{CHARTS} is not what the model generates ({} files differ); run `cargo xtask gen-charts`",
                    differences.len()
                )));
            }
            path
        } else {
            let path = folder.join(version.as_str());
            output::write(&tree, &path, Extent::Everything).map_err(|error| cannot(&error))?;
            path
        };
        maps.insert(version, tree.source_map().clone());
        directories.push(ChartDirectory { version, path });
    }
    Ok(directories)
}

/// The generator's source map as the suite asks it.
struct Lines(SourceMap);

impl context::SourceMap for Lines {
    fn locate(&self, chart: &str, file: &str, line: usize) -> Option<GeneratorLocation> {
        let (file, line) = self.0.lookup(&format!("{chart}/{file}"), line)?;
        Some(GeneratorLocation {
            file: file.to_owned(),
            line,
        })
    }
}

/// Tells on standard error how far the run is: a line that counts on a terminal, every tenth part elsewhere.
#[derive(Default)]
struct Terminal {
    tenths: usize,
}

impl suite::Progress for Terminal {
    fn judged(&mut self, done: usize, total: usize, result: &SubjectResult) {
        use std::io::{IsTerminal as _, Write as _};
        let mut stderr = std::io::stderr().lock();
        if stderr.is_terminal() {
            let end = if done == total { "\n" } else { "" };
            // A progress line that cannot be written is no reason to stop.
            let _ = write!(stderr, "\r\x1b[2K{done}/{total} {}{end}", result.subject.id);
            let _ = stderr.flush();
        } else if done * 10 / total > self.tenths {
            self.tenths = done * 10 / total;
            let _ = writeln!(stderr, "judged {done} of {total}");
        }
    }
}

fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}
