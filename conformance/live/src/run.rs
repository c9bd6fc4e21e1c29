//! A live run from beginning to end.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use am_product::Pattern;

use crate::admission;
use crate::charts::{charts_of, digests, patterns};
use crate::cluster::Envtest;
use crate::error::LiveError;
use crate::integration;
use crate::machines;
use crate::options::{Cluster, Options, Scenario};
use crate::progress::Progress;
use crate::published;
use crate::regions;
use crate::report::{Circumstances, LiveReport, report, told};
use crate::runtime::{block_on, until_interrupted, with_session};
use crate::scenario::{
    DatabaseKind, Lab, Part, Phase, Stage, identity_server_pattern, representatives,
};
use crate::selftest::BrokenCharts;
use crate::session::Session;
use crate::side_by_side::play_all;

/// What production is played with unless a pattern is asked for: few pods, and the next pattern has other components.
const PRODUCTION_PATTERNS: [Pattern; 1] = [Pattern::Numbered(2)];

/// Runs until it is done, or until Ctrl-C or SIGTERM; what it made is removed either way.
///
/// # Errors
/// When it could not check; what is wrong with the charts is in the report.
pub fn run(options: &Options, progress: &Arc<dyn Progress>) -> Result<LiveReport, LiveError> {
    block_on(async {
        if options.scenario == Scenario::Machines {
            return until_interrupted(Box::pin(machines::play(options, progress))).await?;
        }
        if matches!(options.cluster, Cluster::Envtest) {
            return until_interrupted(judge_admission(options, progress)).await?;
        }
        if options.scenario == Scenario::Regions {
            return until_interrupted(Box::pin(regions::run(options, progress))).await?;
        }
        with_session(options, progress, async |session| {
            play(options, session).await
        })
        .await
    })
}

async fn judge_admission(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    let envtest = Envtest::start(&options.workspace).await?;
    progress.say("cluster", "kube-apiserver is ready");
    admission::run(options, &envtest.access(), progress).await
}

/// Plays the patterns, side by side as the machine can.
async fn play(options: &Options, session: &Session) -> Result<LiveReport, LiveError> {
    if options.scenario == Scenario::Published {
        return published::play(options, session).await;
    }
    if options.scenario == Scenario::Integration {
        return Box::pin(integration::play(options, session)).await;
    }
    let lab = &session.lab;
    let patterns = match options.scenario {
        Scenario::Production if options.patterns.is_empty() => PRODUCTION_PATTERNS.to_vec(),
        _ => patterns(options, &lab.facts)?,
    };
    let whole = if options.representative {
        representatives(&lab.facts, &patterns)
    } else {
        patterns.iter().copied().collect()
    };
    let left_out = (whole.len() < patterns.len()).then(|| left_out(&whole));
    if let Some(left_out) = &left_out {
        lab.progress.say("cluster", left_out);
    }
    let mut stages = Vec::new();
    for pattern in &patterns {
        let charts = charts_of(&options.charts, *pattern)?;
        if options.scenario == Scenario::Production {
            stages.extend(in_production(lab, *pattern, &charts));
            continue;
        }
        let (charts, phases) = if whole.contains(pattern) {
            (charts, Phase::ALL.to_vec())
        } else {
            (newest(&charts), Phase::OF_WIRING.to_vec())
        };
        let stage = Stage::new(lab.clone(), *pattern, &format!("p{pattern}"), charts);
        stages.push((stage, phases));
    }
    if let Some(pattern) = identity_server_pattern(&lab.facts)
        && options.scenario == Scenario::Production
        && (options.patterns.is_empty() || patterns.contains(&pattern))
    {
        // The images of the scenario have the Java of real databases, in which no stand-in plays one.
        let stage = Stage::of_identity_server(lab, pattern)?.on_database(DatabaseKind::PostgreSql);
        stages.push((stage, Phase::OF_IDENTITY_SERVER.to_vec()));
    }
    let sound = stages.len();
    let mut broken = None;
    if options.with_selftest {
        let (charts, more) = BrokenCharts::make(options, session)?;
        broken = Some(charts);
        stages.extend(more);
    }
    let mut stages = play_all(options, session, stages).await?;
    let of_broken = stages.split_off(sound);
    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: session.kubernetes.clone(),
        cluster: session.cluster.clone(),
        charts: digests(&options.charts, &patterns)?,
    };
    let report = report(&lab.catalogue, &stages, &circumstances);
    Ok(LiveReport {
        left_out,
        selftest: broken.map(|broken| broken.judge(&of_broken, session)),
        ..told(report, &stages, session)
    })
}

/// The chart of the newest product version alone.
fn newest(charts: &[(String, PathBuf)]) -> Vec<(String, PathBuf)> {
    charts.last().cloned().into_iter().collect()
}

/// What is not played on every pattern.
fn left_out(whole: &BTreeSet<Pattern>) -> String {
    let phases: Vec<&str> = Phase::ALL
        .iter()
        .filter(|phase| !Phase::OF_WIRING.contains(phase))
        .map(|phase| phase.name())
        .collect();
    let patterns: Vec<String> = whole.iter().map(Pattern::to_string).collect();
    format!(
        "played on patterns {} only, which have every component alone and in several: {}",
        patterns.join(", "),
        phases.join(", ")
    )
}

/// A pattern on each real database; what has nothing to do with its kind is played once.
fn in_production(lab: &Lab, pattern: Pattern, charts: &[(String, PathBuf)]) -> [Part; 2] {
    let newest = newest(charts);
    let stage = |kind: DatabaseKind| {
        let name = format!("p{pattern}-{}", kind.product_type());
        Stage::new(lab.clone(), pattern, &name, newest.clone())
            .called(&format!("am-pattern-{pattern} on {}", kind.product_type()))
            .on_database(kind)
    };
    let all = [&[Phase::Install], Phase::OF_PRODUCTION.as_slice()].concat();
    [
        (stage(DatabaseKind::PostgreSql), all),
        (
            stage(DatabaseKind::MariaDb),
            vec![Phase::Install, Phase::Schema],
        ),
    ]
}
