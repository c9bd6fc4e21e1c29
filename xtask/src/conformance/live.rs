//! `cargo xtask conformance --cluster …`: the same requirements on a cluster.

use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::facts::Facts;
use am_conformance::report::{self, Output, human};
use am_conformance::suite::{self, Input};
use am_live::progress::StderrProgress;
use am_live::{Cluster, Images, LiveReport, LiveSelftest, Progress, Timing, Verdict};
use clap::{Args, ValueEnum};

/// Options of live runs.
//
// Named apart from the static arguments that it is flattened into.
#[derive(Debug, Args)]
#[group(id = "live")]
pub(crate) struct Arguments {
    /// Check on a cluster: kind (a new one), context=NAME (an existing one) or envtest (an API server only).
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<Cluster>,
    /// Node image of the kind cluster.
    #[arg(long, value_name = "IMAGE", requires = "cluster")]
    kind_image: Option<String>,
    /// Name of the kind cluster.
    #[arg(long, value_name = "NAME", requires = "cluster")]
    name: Option<String>,
    /// Do not delete the kind cluster, or the namespaces in an existing cluster, at the end.
    #[arg(long, requires = "cluster")]
    keep: bool,
    /// What runs in the pods.
    #[arg(long, value_enum, default_value_t = Run::Standin, requires = "cluster")]
    images: Run,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Run {
    /// Stand-ins, built here.
    Standin,
    /// The vendor's images; the cluster must be able to pull them.
    Real,
}

/// Runs on the cluster that the arguments name, or breaks charts on it; `None` when they name none.
pub(crate) fn run(
    arguments: &Arguments,
    suite: &suite::Options,
    outputs: &[Output],
    is_selftest: bool,
) -> Option<Result<u8, SuiteError>> {
    let mut cluster = arguments.cluster.clone()?;
    if let Some(refused) = refused(suite) {
        return Some(Err(SuiteError::usage(format!(
            "{refused} is about documents; with --cluster, leave it out"
        ))));
    }
    let Input::Charts(charts) = &suite.input else {
        return Some(Err(SuiteError::usage(
            "--cluster judges charts; it takes no --spec",
        )));
    };
    if let Cluster::Kind(kind) = &mut cluster {
        kind.name.clone_from(&arguments.name);
        kind.image.clone_from(&arguments.kind_image);
        kind.kubernetes = suite.kubernetes_versions.first().cloned();
    }
    let patterns = match patterns(suite) {
        Ok(patterns) => patterns,
        Err(done) => return Some(done),
    };
    let options = am_live::Options {
        workspace: suite.workspace.clone(),
        cluster,
        images: match arguments.images {
            Run::Standin => Images::Standin,
            Run::Real => Images::Real,
        },
        charts: charts.clone(),
        patterns,
        jobs: suite.jobs,
        keep: arguments.keep,
        command: suite.command.clone(),
    };
    let progress: Arc<dyn Progress> = Arc::new(StderrProgress::new());
    let done = if is_selftest {
        am_live::selftest(&options, &progress).map(|done| Ok(tell_selftest(&done)))
    } else {
        am_live::run(&options, &progress).map(|done| tell(&done, outputs))
    };
    Some(done.unwrap_or_else(|error| {
        Err(if error.exit_code() == 2 {
            SuiteError::usage(error.to_string())
        } else {
            SuiteError::cannot_check(error.to_string())
        })
    }))
}

/// What live runs install charts with.
const PLATFORMS: [&str; 2] = ["none", "dev"];

/// The patterns to play, empty for all; the end of the run when there are none.
fn patterns(suite: &suite::Options) -> Result<Vec<u8>, Result<u8, SuiteError>> {
    let Some(affected) = &suite.affected else {
        return Ok(suite.patterns.clone());
    };
    let known = if suite.patterns.is_empty() {
        let facts = Facts::load().map_err(Err)?;
        facts.patterns.keys().copied().collect()
    } else {
        suite.patterns.clone()
    };
    let patterns = affected.patterns_on(&PLATFORMS, known);
    if patterns.is_empty() {
        println!("{}", affected.nothing());
        return Err(Ok(0));
    }
    Ok(patterns)
}

/// An option that the live suite does not have.
fn refused(suite: &suite::Options) -> Option<&'static str> {
    [
        (!suite.only.is_empty(), "--only"),
        (!suite.skip.is_empty(), "--skip"),
        (!suite.requirements.is_empty(), "--requirements"),
        (!suite.platforms.is_empty(), "--platform"),
        (!suite.external.is_empty(), "--external"),
        (!suite.variants, "--no-variants"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}

fn tell(done: &LiveReport, outputs: &[Output]) -> Result<u8, SuiteError> {
    print_timings(&done.timings);
    for (pattern, expected, reached) in &done.edges {
        println!("am-pattern-{pattern}: {reached} of {expected} edges of the wiring table reached");
    }
    if let Some(memory) = done.memory {
        println!(
            "memory of the nodes: {} MiB when they were empty, {} MiB at most",
            memory.empty >> 20,
            memory.peak >> 20
        );
    }
    print!(
        "{}",
        human::render(&done.report, report::Style::for_stdout())
    );
    report::write(&done.report, outputs)
        .map_err(|error| SuiteError::cannot_check(error.to_string()))?;
    Ok(done.report.exit_code())
}

fn tell_selftest(done: &LiveSelftest) -> u8 {
    print_timings(&done.timings);
    let mut caught = 0;
    for case in &done.cases {
        let (word, lines) = match &case.verdict {
            Verdict::Caught(messages) => {
                caught += 1;
                ("caught", messages.clone())
            }
            Verdict::Missed(why) => ("MISSED", vec![why.clone()]),
            Verdict::Also(others) => ("NOT ALONE", others.clone()),
            Verdict::Unsupported(why) => ("unsupported", vec![why.clone()]),
        };
        println!("{word:<12}{}: {}", case.name, case.about);
        for line in lines {
            println!("            {line}");
        }
    }
    println!(
        "{caught} of {} broken charts caught on Kubernetes {}",
        done.cases.len(),
        done.kubernetes
    );
    done.exit_code()
}

/// A line for each phase of each pattern.
fn print_timings(timings: &[Timing]) {
    for timing in timings {
        let seconds = timing.took.as_secs_f64();
        println!("{:<20} {:<18} {seconds:7.1} s", timing.about, timing.phase);
    }
}
