//! `cargo xtask conformance --cluster …`: the same requirements on a cluster.

use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::report::{self, Output, human};
use am_conformance::suite::{self, Input};
use am_live::progress::StderrProgress;
use am_live::{Cluster, Images, LiveReport, Progress};
use clap::{Args, ValueEnum};

/// Options of live runs.
//
// Named apart from the static arguments that it is flattened into.
#[derive(Debug, Args)]
#[group(id = "live")]
pub(crate) struct Arguments {
    /// Judge on a cluster: kind (a new one), context=NAME (an existing one) or envtest (a bare API server).
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<Cluster>,
    /// Node image of the kind cluster.
    #[arg(long, value_name = "IMAGE", requires = "cluster")]
    kind_image: Option<String>,
    /// Name of the kind cluster.
    #[arg(long, value_name = "NAME", requires = "cluster")]
    name: Option<String>,
    /// Keep the kind cluster when the run ends.
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
    /// The vendor's images, which the cluster must be able to pull.
    Real,
}

/// Runs on the cluster that the arguments name; `None` when they name none.
pub(crate) fn run(
    arguments: &Arguments,
    suite: &suite::Options,
    outputs: &[Output],
) -> Option<Result<u8, SuiteError>> {
    let mut cluster = arguments.cluster.clone()?;
    let Input::Charts(charts) = &suite.input else {
        return Some(Err(SuiteError::usage(
            "--cluster judges charts; it takes no --spec",
        )));
    };
    if let Cluster::Kind(kind) = &mut cluster {
        kind.name.clone_from(&arguments.name);
        kind.keep = arguments.keep;
        let version = suite.kubernetes_versions.first();
        kind.image = arguments
            .kind_image
            .clone()
            .or_else(|| version.map(|version| format!("kindest/node:v{version}")));
    }
    let options = am_live::Options {
        workspace: suite.workspace.clone(),
        cluster,
        images: match arguments.images {
            Run::Standin => Images::Standin,
            Run::Real => Images::Real,
        },
        charts: charts.clone(),
        patterns: suite.patterns.clone(),
        selftest: false,
        command: suite.command.clone(),
    };
    let progress: Arc<dyn Progress> = Arc::new(StderrProgress::new());
    Some(match am_live::run(&options, &progress) {
        Ok(done) => tell(&done, outputs),
        Err(error) if error.exit_code() == 2 => Err(SuiteError::usage(error.to_string())),
        Err(error) => Err(SuiteError::cannot_check(error.to_string())),
    })
}

fn tell(done: &LiveReport, outputs: &[Output]) -> Result<u8, SuiteError> {
    for timing in &done.timings {
        let seconds = timing.took.as_secs_f64();
        println!("{:<14} {:<18} {seconds:7.1} s", timing.about, timing.phase);
    }
    for (pattern, expected, reached) in &done.edges {
        println!("am-pattern-{pattern}: {reached} of {expected} edges of the wiring table reached");
    }
    print!(
        "{}",
        human::render(&done.report, report::Style::for_stdout())
    );
    report::write(&done.report, outputs)
        .map_err(|error| SuiteError::cannot_check(error.to_string()))?;
    Ok(done.report.exit_code())
}
