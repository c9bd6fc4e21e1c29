//! `cargo xtask conformance --cluster …`: the options of live runs, and what they ask for.

use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::facts::Facts;
use am_conformance::report::Output;
use am_conformance::suite::{self, ChartDirectory, Input, Variants};
use am_product::Pattern;

use crate::machines::{self, MachineSite};

use super::arguments::{Action, Arguments, Cluster, Images, Scenario};

/// A live run as the command line asks for it.
#[derive(Debug, Clone)]
pub struct LiveRun {
    /// Where to run.
    pub cluster: Cluster,
    /// Node image of a kind cluster.
    pub kind_image: Option<String>,
    /// Name of a kind cluster.
    pub name: Option<String>,
    /// Version of Kubernetes of a kind cluster.
    pub kubernetes: Option<String>,
    /// Whether the cluster, or on an existing one the namespaces, are kept.
    pub keep: bool,
    /// What runs in the pods.
    pub images: Images,
    /// What is played.
    pub scenario: Scenario,
    /// The charts, one directory per product version.
    pub charts: Vec<ChartDirectory>,
    /// The sites of the scenario `machines`.
    pub machines: Vec<MachineSite>,
    /// The patterns to play; empty for all.
    pub patterns: Vec<Pattern>,
    /// Whether what shows components, and not wiring, is played on representative patterns only.
    pub representative: bool,
    /// Patterns at a time; 0 for as many as the machine carries.
    pub jobs: usize,
    /// The workspace: where `tools/` and `fixtures/` are.
    pub workspace: std::path::PathBuf,
    /// The command that repeats this run, for the report.
    pub command: String,
    /// Reports to write.
    pub outputs: Vec<Output>,
    /// Whether broken charts are played, to see that each is caught.
    pub broken_charts: BrokenCharts,
}

/// Whether broken charts are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenCharts {
    /// They are not.
    LeftOut,
    /// Beside the sound ones.
    Beside,
    /// Instead of the sound ones.
    Alone,
}

/// Plays charts on a cluster, tells what it saw, and returns the exit code.
pub type PlayLive = fn(&LiveRun) -> Result<u8, SuiteError>;

/// Runs on the cluster that the arguments name; `None` when they name none.
pub(super) fn run(
    arguments: &Arguments,
    suite: &suite::Options,
    folder: &Path,
    play: Option<PlayLive>,
) -> Option<Result<u8, SuiteError>> {
    let cluster = match cluster(arguments) {
        Ok(cluster) => cluster?,
        Err(error) => return Some(Err(error)),
    };
    Some(match asked(arguments, cluster, suite, folder) {
        Ok(run) => match play {
            Some(play) => play(&run),
            None => Err(SuiteError::cannot_check(
                "this program was built without what a cluster needs; run it as `cargo xtask`",
            )),
        },
        Err(done) => done,
    })
}

/// Where the arguments ask to run; `None` for a run over documents.
fn cluster(arguments: &Arguments) -> Result<Option<Cluster>, SuiteError> {
    let live = &arguments.live;
    match (&live.cluster, live.scenario) {
        (None, Scenario::Machines) => Ok(Some(Cluster::Machines)),
        (Some(_), Scenario::Machines) => Err(SuiteError::usage(
            "--scenario machines plays on machines of its own; leave out --cluster",
        )),
        (None, scenario) if scenario != Scenario::Patterns || live.with_selftest => {
            Err(SuiteError::usage(
                "what is played needs somewhere to play: give --cluster kind, or --scenario machines",
            ))
        }
        (cluster, _) => Ok(cluster.clone()),
    }
}

/// What the arguments ask for; the end of the run when that cannot be done, or there is nothing to do.
fn asked(
    arguments: &Arguments,
    cluster: Cluster,
    suite: &suite::Options,
    folder: &Path,
) -> Result<LiveRun, Result<u8, SuiteError>> {
    if let Some(refused) = refused(suite) {
        return Err(Err(SuiteError::usage(format!(
            "{refused} is about documents; with --cluster, leave it out"
        ))));
    }
    let Input::Charts(charts) = &suite.input else {
        return Err(Err(SuiteError::usage(
            "--cluster judges charts; it takes no --spec",
        )));
    };
    let live = &arguments.live;
    let is_selftest = matches!(arguments.action, Some(Action::Selftest(_)));
    if cluster == Cluster::Machines && is_selftest {
        return Err(Err(SuiteError::usage(
            "broken files are laid on machines that work: write --with-selftest instead of selftest",
        )));
    }
    if live.with_selftest && (is_selftest || live.scenario == Scenario::Published) {
        return Err(Err(SuiteError::usage(
            "--with-selftest plays broken charts beside sound ones; there are none of the published, and the self-test plays them alone",
        )));
    }
    if is_selftest && matches!(live.scenario, Scenario::Regions | Scenario::Integration) {
        return Err(Err(SuiteError::usage(
            "what is played is broken once it was found sound; use --with-selftest",
        )));
    }
    if live.representative && (is_selftest || live.scenario != Scenario::Patterns) {
        return Err(Err(SuiteError::usage(
            "--representative chooses phases of the patterns; leave it out of the self-test and of other scenarios",
        )));
    }
    let patterns = patterns(suite)?;
    let machines = if cluster == Cluster::Machines {
        let sites = match &arguments.deployment {
            Some(_) if !patterns.is_empty() => {
                return Err(Err(SuiteError::usage(
                    "--deployment says what is played; leave out --pattern",
                )));
            }
            Some(file) => machines::of_document(file, folder),
            None => machines::sites(&suite.workspace, &patterns, folder),
        };
        sites.map_err(Err)?
    } else {
        Vec::new()
    };
    Ok(LiveRun {
        machines,
        cluster,
        kind_image: live.kind_image.clone(),
        name: live.name.clone(),
        kubernetes: suite.kubernetes_versions.first().cloned(),
        keep: live.keep,
        images: live.images,
        scenario: live.scenario,
        charts: charts.clone(),
        patterns,
        representative: live.representative,
        jobs: suite.jobs,
        workspace: suite.workspace.clone(),
        command: suite.command.clone(),
        outputs: arguments.report.clone(),
        broken_charts: match (is_selftest, live.with_selftest) {
            (true, _) => BrokenCharts::Alone,
            (false, true) => BrokenCharts::Beside,
            (false, false) => BrokenCharts::LeftOut,
        },
    })
}

/// What live runs install charts with.
const PLATFORMS: [&str; 2] = ["none", "dev"];

/// The patterns to play, empty for all; the end of the run when there are none.
fn patterns(suite: &suite::Options) -> Result<Vec<Pattern>, Result<u8, SuiteError>> {
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
        (suite.variants != Variants::All, "--no-variants"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}
