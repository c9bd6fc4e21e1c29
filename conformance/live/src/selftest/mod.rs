//! Proof that a live run can fail: broken charts are installed, and each must be caught and named by what the cluster shows.

mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use am_conformance::facts::Facts;
use am_conformance::fixture::{BrokenChart, LiveExpectations};

use crate::error::LiveError;
use crate::options::{Images, Options, Scenario};
use crate::progress::{Progress, Timing};
use crate::runtime::{block_on, with_session};
use crate::scenario::{DatabaseKind, Part, Phase, Stage, phases_for};
use crate::session::Session;
use crate::side_by_side::play_all;

pub use verdict::Verdict;
pub(crate) use verdict::judge;

/// Where the broken charts are, below the workspace.
const FIXTURES: &str = "fixtures/broken-charts";

/// What came of all broken charts.
#[derive(Debug)]
pub struct LiveSelftest {
    /// One for each broken chart.
    pub cases: Vec<CaseResult>,
    /// How long what took.
    pub timings: Vec<Timing>,
    /// The version of Kubernetes.
    pub kubernetes: String,
    /// Broken charts that another scenario shows.
    pub left_out: Vec<String>,
}

impl LiveSelftest {
    /// The exit code: 0 when every broken chart was caught, 4 when one was missed, 3 when one could not be judged.
    pub fn exit_code(&self) -> u8 {
        let code = |case: &CaseResult| match case.verdict {
            Verdict::Caught(_) => 0,
            Verdict::Unsupported(_) => 3,
            Verdict::Missed(_) | Verdict::Also(_) => 4,
        };
        self.cases.iter().map(code).max().unwrap_or(0)
    }
}

/// What came of a broken chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The folder's name.
    pub name: String,
    /// What is broken.
    pub about: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// Installs every broken chart that names what a live run must say, until it is done or interrupted.
///
/// # Errors
/// When it could not check.
pub fn selftest(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<LiveSelftest, LiveError> {
    if options.images == Images::Real {
        return Err(LiveError::usage(
            "the self-test needs stand-ins, which tell what they reached; leave out --images real",
        ));
    }
    block_on(with_session(options, progress, async |session| {
        let (broken, stages) = BrokenCharts::make(options, session)?;
        let stages = play_all(options, session, stages).await?;
        let mut done = broken.judge(&stages, session);
        done.timings.splice(0..0, session.timings.iter().cloned());
        Ok(done)
    }))
}

/// The broken charts of a scenario, made and ready to be played.
pub(crate) struct BrokenCharts {
    cases: Vec<Case>,
    left_out: Vec<String>,
    /// Holds the charts for as long as they are played.
    _folder: tempfile::TempDir,
}

impl BrokenCharts {
    /// Makes them, each with a stage to be played on, in the same order.
    pub(crate) fn make(
        options: &Options,
        session: &Session,
    ) -> Result<(Self, Vec<Part>), LiveError> {
        let (cases, left_out): (Vec<Case>, Vec<Case>) = cases(&options.workspace)?
            .into_iter()
            .partition(|case| case.scenario() == options.scenario);
        let folder = tempfile::Builder::new()
            .prefix("am-live-broken-")
            .tempdir()
            .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
        let stages = cases
            .iter()
            .map(|case| {
                let charts = make(options, case, &folder.path().join(&case.name))?;
                Ok((stage(session, case, charts)?, case.phases.clone()))
            })
            .collect::<Result<Vec<_>, LiveError>>()?;
        let broken = Self {
            cases,
            left_out: left_out.into_iter().map(|case| case.name).collect(),
            _folder: folder,
        };
        Ok((broken, stages))
    }

    /// What came of them, from their stages.
    pub(crate) fn judge(self, stages: &[Stage], session: &Session) -> LiveSelftest {
        let results = self.cases.iter().zip(stages);
        let results = results.map(|(case, stage)| CaseResult {
            name: case.name.clone(),
            about: case.chart.about.clone(),
            verdict: judge(&case.live, &stage.record.results()),
        });
        LiveSelftest {
            cases: results.collect(),
            timings: stages
                .iter()
                .flat_map(|stage| stage.timings.clone())
                .collect(),
            kubernetes: session.kubernetes.clone(),
            left_out: self.left_out,
        }
    }
}

struct Case {
    name: String,
    chart: BrokenChart,
    live: LiveExpectations,
    /// The phases that judge what is expected.
    phases: Vec<Phase>,
}

impl Case {
    /// The scenario that it is played in.
    fn scenario(&self) -> Scenario {
        if self.needs_database() || self.needs_identity_server() {
            Scenario::Production
        } else {
            Scenario::Patterns
        }
    }

    fn needs_identity_server(&self) -> bool {
        self.phases.contains(&Phase::IdentityServer)
    }

    fn needs_database(&self) -> bool {
        self.phases.iter().any(|phase| phase.needs_database())
    }
}

/// The broken charts that say what a live run must find.
fn cases(workspace: &Path) -> Result<Vec<Case>, LiveError> {
    let facts = Facts::load().map_err(|error| unusable(&error))?;
    let folder = workspace.join(FIXTURES);
    let entries = std::fs::read_dir(&folder).map_err(LiveError::file("read", &folder))?;
    let mut cases = Vec::new();
    for entry in entries {
        let path = entry.map_err(LiveError::file("read", &folder))?.path();
        let file = path.join("patch.yaml");
        if !file.is_file() {
            continue;
        }
        let mut chart = BrokenChart::read(&file).map_err(|error| unusable(&error))?;
        if let Some(live) = chart.live.take() {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let ids = live.expected.iter();
            let ids = ids.map(|expected| expected.requirement.as_str());
            let phases = phases_for(&facts, ids);
            cases.push(Case {
                name,
                chart,
                live,
                phases,
            });
        }
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    if cases.is_empty() {
        return Err(LiveError::unavailable(
            format!(
                "no broken chart of {} says what a live run must find",
                folder.display()
            ),
            "add `live:` to a patch.yaml",
        ));
    }
    Ok(cases)
}

fn unusable(error: &am_conformance::SuiteError) -> LiveError {
    LiveError::unavailable(error.to_string(), "correct the broken chart's patch.yaml")
}

fn stage(
    session: &Session,
    case: &Case,
    charts: Vec<(String, PathBuf)>,
) -> Result<Stage, LiveError> {
    let (lab, pattern) = (session.lab.clone(), case.chart.pattern);
    let stage = if case.needs_identity_server() {
        Stage::with_identity_server(lab, pattern, &case.name, charts)?
    } else {
        Stage::new(lab, pattern, &case.name, charts)
    };
    let stage = stage.called(&case.name).with_variables(&case.live.standin);
    let stage = if case.scenario() == Scenario::Production {
        stage.on_database(DatabaseKind::PostgreSql)
    } else {
        stage
    };
    Ok(if case.phases.contains(&Phase::Enlargement) {
        stage
    } else {
        stage.without_volumes()
    })
}

/// The edited copy of a case's chart, with its product version.
fn make(
    options: &Options,
    case: &Case,
    target: &Path,
) -> Result<Vec<(String, PathBuf)>, LiveError> {
    let wanted = case.chart.product_version;
    let charts = options
        .charts
        .iter()
        .rev()
        .find(|charts| wanted.is_none_or(|wanted| charts.version == wanted))
        .ok_or_else(|| {
            LiveError::usage(format!(
                "broken chart {} is of a product version that was left out",
                case.name
            ))
        })?;
    let chart = case
        .chart
        .make(&charts.path, target)
        .map_err(|error| unusable(&error))?;
    Ok(vec![(charts.version.as_str().to_owned(), chart)])
}

#[cfg(test)]
mod tests {
    use super::{CaseResult, LiveSelftest, Scenario, Verdict, cases};
    use am_standin::settings::Settings;
    use std::path::Path;

    #[test]
    fn what_could_not_be_judged_is_never_a_success() {
        let with = |verdicts: &[Verdict]| {
            let case = |verdict: &Verdict| CaseResult {
                name: String::new(),
                about: String::new(),
                verdict: verdict.clone(),
            };
            let selftest = LiveSelftest {
                cases: verdicts.iter().map(case).collect(),
                timings: Vec::new(),
                kubernetes: String::new(),
                left_out: Vec::new(),
            };
            selftest.exit_code()
        };
        let caught = Verdict::Caught(Vec::new());
        let unsupported = Verdict::Unsupported("no probe".into());
        let missed = Verdict::Missed("nothing".into());
        assert_eq!(with(std::slice::from_ref(&caught)), 0);
        assert_eq!(with(&[caught, unsupported.clone()]), 3);
        assert_eq!(with(&[missed, unsupported]), 4);
    }

    #[test]
    fn what_a_broken_chart_tells_its_stand_ins_is_something_that_they_can_be_told() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cases = cases(&workspace).expect("the fixtures parse");
        let usual = Settings::read(&|_| None).expect("settings");
        let mut told = 0;
        for case in &cases {
            for (name, value) in &case.live.standin {
                let read = Settings::read(&|asked| (asked == name).then(|| value.clone()));
                assert_ne!(read.expect("a value that can be read"), usual, "{name}");
                told += 1;
            }
        }
        assert!(told > 0, "no broken chart tells its stand-ins anything");
    }

    #[test]
    fn every_kind_of_mistake_of_the_issue_has_a_broken_chart() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cases = cases(&workspace).expect("the fixtures parse");
        let of = |scenario: Scenario| -> Vec<&str> {
            let cases = cases.iter().filter(|case| case.scenario() == scenario);
            cases.map(|case| case.name.as_str()).collect()
        };
        assert_eq!(
            of(Scenario::Production),
            [
                "driver-of-any-checksum",
                "identity-server-kept-out",
                "registration-elsewhere",
                "schema-with-upgrades-alone"
            ]
        );
        assert_eq!(
            of(Scenario::Patterns),
            [
                "budget-of-nobody",
                "dangling-host",
                "failover-list-of-three",
                "first-servers-at-once",
                "listener-without-wait",
                "missing-edge",
                "nothing-denies-the-rest",
                "pattern-in-selectors",
                "policy-without-edge",
                "size-in-pods",
                "wrong-image",
                "wrong-port",
            ]
        );
    }
}
