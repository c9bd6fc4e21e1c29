//! The charts of a run.

use std::path::PathBuf;

use am_conformance::chart::ChartSource;
use am_conformance::facts::Facts;
use am_conformance::report::ChartDigest;
use am_conformance::suite::ChartDirectory;
use am_product::Pattern;

use crate::error::LiveError;
use crate::options::Options;

/// The patterns asked for, or all.
pub(crate) fn patterns(options: &Options, facts: &Facts) -> Result<Vec<Pattern>, LiveError> {
    let known: Vec<Pattern> = facts
        .patterns
        .keys()
        .copied()
        .filter(|pattern| pattern.distribution().is_none())
        .collect();
    if let Some(unknown) = options
        .patterns
        .iter()
        .find(|pattern| !known.contains(pattern))
    {
        return Err(LiveError::usage(format!(
            "there is no pattern {unknown}; known are {known:?}"
        )));
    }
    Ok(if options.patterns.is_empty() {
        known
    } else {
        options.patterns.clone()
    })
}

/// The charts of a pattern, the oldest product version first.
pub(crate) fn charts_of(
    directories: &[ChartDirectory],
    pattern: Pattern,
) -> Result<Vec<(String, PathBuf)>, LiveError> {
    let mut charts = Vec::new();
    for directory in directories {
        let chart = directory.path.join(pattern.chart());
        if !chart.join("Chart.yaml").is_file() {
            return Err(LiveError::unavailable(
                format!("{} holds no chart", chart.display()),
                "make the charts with `cargo xtask gen-charts`",
            ));
        }
        charts.push((directory.version.as_str().to_owned(), chart));
    }
    charts.sort();
    if charts.is_empty() {
        return Err(LiveError::usage("give at least one directory of charts"));
    }
    Ok(charts)
}

/// The digests of all charts that are judged, so that a report says what it is about.
pub(crate) fn digests(
    directories: &[ChartDirectory],
    patterns: &[Pattern],
) -> Result<Vec<ChartDigest>, LiveError> {
    let mut digests = Vec::new();
    for pattern in patterns {
        for (version, chart) in charts_of(directories, *pattern)? {
            let source = ChartSource::read(&chart).map_err(|error| {
                LiveError::unavailable(error.to_string(), "make the chart readable")
            })?;
            digests.push(ChartDigest {
                name: format!("{} ({version})", source.name),
                digest: source.digest,
            });
        }
    }
    Ok(digests)
}
