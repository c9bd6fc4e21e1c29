//! A first specification of charts that nobody has described yet: what can be told is written, and what cannot is a comment.

mod look;
mod path;
mod request;
mod write;

use std::path::{Path, PathBuf};

use crate::{
    error::SuiteError,
    suite::{Input, Options, Silent, run},
};
use look::{Hosts, Seen, look};
pub use request::{Given, Request};
use request::{HOSTS, Release};

/// Looks at charts and values, and writes a specification of them.
///
/// # Errors
/// When there is nothing to look at, or nothing can be rendered on this machine.
pub fn first_specification(request: &Request, options: &Options) -> Result<String, SuiteError> {
    let releases = releases_of(request)?;
    let seen = look(request, &releases, options)?;
    let hosts = hosts_of(request, &seen, options)?;
    Ok(write::specification(request, &seen, &hosts))
}

fn releases_of(request: &Request) -> Result<Vec<Release>, SuiteError> {
    let mut releases: Vec<Release> = Vec::new();
    for given in &request.charts {
        for chart in charts_at(&given.path)? {
            let name = given.release.clone().unwrap_or_else(|| name_of(&chart));
            if let Some(twin) = releases.iter().find(|release| release.name == name) {
                return Err(SuiteError::usage(format!(
                    "{} and {} would both be release {name}: name them, as in --chart {name}-2={}",
                    twin.chart.display(),
                    chart.display(),
                    chart.display()
                )));
            }
            releases.push(Release {
                name,
                chart,
                values: Vec::new(),
            });
        }
    }
    if releases.is_empty() {
        return Err(SuiteError::usage(
            "which charts? Name each with --chart DIR, or --chart RELEASE=DIR",
        ));
    }
    for given in &request.values {
        if !given.path.is_file() {
            return Err(SuiteError::usage(format!(
                "no values file at {}",
                given.path.display()
            )));
        }
        let is_meant = |release: &&mut Release| {
            given
                .release
                .as_ref()
                .is_none_or(|name| *name == release.name)
        };
        let names: Vec<String> = releases
            .iter()
            .map(|release| release.name.clone())
            .collect();
        let mut meant = releases.iter_mut().filter(is_meant).peekable();
        if meant.peek().is_none() {
            let name = given.release.as_deref().unwrap_or_default();
            let hint = am_suggest::hint(name, names.iter().map(String::as_str)).unwrap_or_default();
            return Err(SuiteError::usage(format!(
                "--values {name}={}: no release is called {name}; {hint}",
                given.path.display()
            )));
        }
        meant.for_each(|release| release.values.push(given.path.clone()));
    }
    Ok(releases)
}

/// The chart at a path, or the charts in the folder that is there.
fn charts_at(path: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    let is_chart = |path: &Path| path.is_file() || path.join("Chart.yaml").is_file();
    if !path.exists() {
        return Err(SuiteError::usage(format!("no chart at {}", path.display())));
    }
    if is_chart(path) {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|source| SuiteError::Read {
        file: path.to_owned(),
        source,
    })?;
    let mut charts: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("Chart.yaml").is_file())
        .collect();
    charts.sort();
    if charts.is_empty() {
        return Err(SuiteError::usage(format!(
            "{} has no Chart.yaml, and neither has a folder in it",
            path.display()
        )));
    }
    Ok(charts)
}

/// What a release of this chart would be called: the name of its folder, or of its archive without the version.
fn name_of(chart: &Path) -> String {
    let absolute = std::path::absolute(chart).unwrap_or_else(|_| chart.to_owned());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".tgz").map_or(&*name, |archive| {
        // A version is numbers with dots; a chart's own name may end in a number.
        let is_version = |text: &str| {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < text.len() && rest.starts_with('.')
        };
        let version = archive
            .match_indices('-')
            .find(|(at, _)| is_version(&archive[at + 1..]));
        version.map_or(archive, |(at, _)| &archive[..at])
    });
    let letters = name.to_lowercase();
    letters
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect::<String>()
        .trim_matches('-')
        .to_owned()
}

/// The hosts that no release provides, as a run of the suite tells them.
fn hosts_of(request: &Request, seen: &Seen, options: &Options) -> Result<Hosts, SuiteError> {
    let folder = tempfile::tempdir()
        .map_err(|error| SuiteError::cannot_check(format!("no temporary folder: {error}")))?;
    let draft = folder.path().join("draft.yaml");
    let here = Request {
        folder: folder.path().to_owned(),
        ..request.clone()
    };
    let text = write::specification(&here, seen, &Hosts::default());
    std::fs::write(&draft, text).map_err(|error| {
        SuiteError::cannot_check(format!("cannot write {}: {error}", draft.display()))
    })?;
    let options = Options {
        only: vec![HOSTS.to_owned()],
        cache: None,
        ..options.clone()
    };
    let report = run(
        &Options {
            input: Input::Spec(draft),
            ..options
        },
        &mut Silent,
    )?;
    Ok(Hosts::of(&report))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::name_of;

    #[test]
    fn a_release_is_called_as_the_chart_s_folder_or_archive() {
        assert_eq!(name_of(Path::new("charts/Control_Plane")), "control-plane");
        assert_eq!(name_of(Path::new("am-pattern-1-0.1.0.tgz")), "am-pattern-1");
        assert_eq!(name_of(Path::new("gateway.tgz")), "gateway");
    }
}
