//! What there is to judge: charts in a directory, overlays in a chart. What nobody would judge is an error, never left out in
//! silence.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::{error::SuiteError, facts::Facts};

/// The platform of the chart without overlay.
pub const BARE: &str = "none";

/// The platforms of a chart: none, and one for each of its overlays, by name.
///
/// # Errors
/// When its folder of overlays cannot be read, or holds what is no overlay.
pub fn platforms_of(chart: &Path) -> Result<Vec<String>, SuiteError> {
    let mut platforms = vec![BARE.to_owned()];
    let folder = chart.join("overlays");
    if !folder.is_dir() {
        return Ok(platforms);
    }
    for path in entries(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match name.strip_suffix(".yaml") {
            Some(platform) if path.is_file() && !platform.is_empty() && platform != BARE => {
                platforms.push(platform.to_owned());
            }
            _ => {
                return Err(SuiteError::usage(format!(
                    "{} would not be checked: an overlay is a file overlays/<platform>.yaml, and `{BARE}` means the chart without one; rename or remove it",
                    path.display()
                )));
            }
        }
    }
    Ok(platforms)
}

/// The platforms of all charts of a directory; a chart whose overlays are refused has none here, because a run ends with it.
pub(in crate::suite) fn platforms_in(directory: &Path) -> BTreeSet<String> {
    let charts = entries(directory).unwrap_or_default();
    charts
        .iter()
        .filter_map(|chart| platforms_of(chart).ok())
        .flatten()
        .collect()
}

/// The charts of a directory by pattern. Those that no pattern's rules can judge are refused unless `chosen` names others.
///
/// # Errors
/// When the directory cannot be read, or holds a chart that nobody judges.
pub(super) fn charts_in(
    directory: &Path,
    chosen: &[Pattern],
    facts: &Facts,
) -> Result<BTreeMap<Pattern, PathBuf>, SuiteError> {
    let mut charts = BTreeMap::new();
    for path in entries(directory)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        let is_archive = path.extension().is_some_and(|ending| ending == "tgz");
        if !is_archive && !path.join("Chart.yaml").is_file() {
            continue;
        }
        let pattern =
            Pattern::of_chart(&name).filter(|pattern| facts.patterns.contains_key(pattern));
        if let Some(pattern) = pattern.filter(|_| !is_archive) {
            charts.insert(pattern, path);
        } else if chosen.is_empty() {
            return Err(SuiteError::usage(format!(
                "{} would not be checked: a chart must be named after a pattern in conformance/requirements/facts.yaml, such as am-pattern-3 ({}); \
                 describe its pattern there, check it with --spec, or select other patterns with --pattern",
                path.display(),
                facts.pattern_names()
            )));
        }
    }
    Ok(charts)
}

/// The product version of the charts in a directory, as their `appVersion` tells.
///
/// # Errors
/// When there is no chart, or its version is unknown, or they differ in it.
pub fn version_in(directory: &Path) -> Result<ProductVersion, SuiteError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Chart {
        #[serde(default)]
        name: String,
        app_version: String,
    }
    if !directory.is_dir() {
        return Err(SuiteError::cannot_check(format!(
            "no directory of charts at {}",
            directory.display()
        )));
    }
    let mut found: Option<(ProductVersion, PathBuf)> = None;
    for chart in entries(directory)? {
        let file = chart.join("Chart.yaml");
        if !file.is_file() {
            continue;
        }
        let text = fs::read_to_string(&file).map_err(|source| SuiteError::Read {
            file: file.clone(),
            source,
        })?;
        let unjudged = |what: String| {
            SuiteError::usage(format!(
                "{}: {what}; state the version to check it as with --product-version",
                file.display()
            ))
        };
        let Chart { name, app_version } = serde_saphyr::from_str(&text)
            .map_err(|error| unjudged(format!("it does not state its product version: {error}")))?;
        let companion = Pattern::of_chart(&name).and_then(Pattern::distribution);
        let own = |version: ProductVersion| match companion {
            Some(companion) => companion.release(version),
            None => version.as_str(),
        };
        let version = ProductVersion::all()
            .find(|version| own(*version) == app_version)
            .ok_or_else(|| {
                let known: Vec<&str> = ProductVersion::all().map(own).collect();
                unjudged(format!(
                    "appVersion {app_version} is an unknown product version; known versions are {}",
                    known.join(", ")
                ))
            })?;
        match &found {
            Some((known, other)) if *known != version => {
                return Err(SuiteError::usage(format!(
                    "{} is for {version} of API Manager, but {} for {known}: put charts of different product versions into directories of their own",
                    file.display(),
                    other.display()
                )));
            }
            _ => found = Some((version, file)),
        }
    }
    found.map(|(version, _)| version).ok_or_else(|| {
        SuiteError::cannot_check(format!(
            "no chart in {}: give the directory that holds am-pattern-<N>",
            directory.display()
        ))
    })
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    let cannot = |source| SuiteError::Read {
        file: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use am_product::Pattern;
    use std::{fs, path::Path};

    use am_product::ProductVersion;

    use super::{charts_in, platforms_of, version_in};
    use crate::facts::Facts;

    fn write(folder: &Path, file: &str, text: &str) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    #[test]
    fn each_overlay_is_a_platform_and_what_is_none_is_refused() {
        let chart = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(platforms_of(chart.path()).expect("none"), ["none"]);
        write(chart.path(), "overlays/mine.yaml", "");
        write(chart.path(), "overlays/aws.yaml", "");
        let platforms = platforms_of(chart.path()).expect("two overlays");
        assert_eq!(platforms, ["none", "aws", "mine"]);
        for file in [
            "overlays/other.yml",
            "overlays/none.yaml",
            "overlays/more/x.yaml",
        ] {
            write(chart.path(), file, "");
            let error = platforms_of(chart.path()).expect_err("refused");
            assert_eq!(error.exit_code(), 2);
            assert!(
                error.to_string().contains("would not be checked"),
                "{error}"
            );
            fs::remove_dir_all(chart.path().join("overlays")).expect("removed");
        }
    }

    #[test]
    fn a_chart_of_a_pattern_without_rules_is_refused_unless_others_are_chosen() {
        let facts = Facts::load().expect("the committed tables parse");
        for name in ["am-pattern-6", "am-pattern-03", "gateway"] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            write(folder.path(), "am-pattern-3/Chart.yaml", "");
            write(folder.path(), "notes/a.txt", "no chart");
            write(folder.path(), &format!("{name}/Chart.yaml"), "");
            let error = charts_in(folder.path(), &[], &facts).expect_err("refused");
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(name), "{error}");
            let charts = charts_in(folder.path(), &[Pattern::Numbered(3)], &facts)
                .expect("another is chosen");
            assert!(charts.keys().eq([&Pattern::Numbered(3)]));
        }
    }

    #[test]
    fn charts_tell_their_product_version_themselves() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let told = || version_in(folder.path()).map_err(|error| error.to_string());
        assert!(told().is_err_and(|error| error.contains("no chart in")));
        write(
            folder.path(),
            "am-pattern-0/Chart.yaml",
            "appVersion: \"4.6.0\"\n",
        );
        assert_eq!(told(), Ok("4.6.0".parse().expect("a version")));
        write(
            folder.path(),
            "am-pattern-1/Chart.yaml",
            "appVersion: \"4.7.0\"\n",
        );
        assert!(told().is_err_and(|error| error.contains("directories of their own")));
        write(
            folder.path(),
            "am-pattern-1/Chart.yaml",
            "appVersion: \"4.8.0\"\n",
        );
        assert!(told().is_err_and(|error| error.contains("4.8.0 is an unknown product version")));
    }

    #[test]
    fn a_chart_beside_api_manager_s_tells_by_its_own_version_which_one_it_is_beside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let chart = |name: &str, version: &str| {
            let text = format!("name: {name}\nappVersion: \"{version}\"\n");
            write(folder.path(), &format!("{name}/Chart.yaml"), &text);
            version_in(folder.path()).map_err(|error| error.to_string())
        };
        let newest = Ok(ProductVersion::newest());
        assert_eq!(
            chart("am-pattern-0", ProductVersion::newest().as_str()),
            newest
        );
        assert_eq!(chart("am-integration-mi", "4.6.0"), newest);
        let told = chart("am-integration-mi", "4.5.0");
        assert!(told.is_err_and(|error| error.contains("of API Manager")));
        let told = chart("am-integration-mi", "4.7.0");
        assert!(told.is_err_and(|error| error.contains("known versions are 4.4.0, 4.5.0, 4.6.0")));
    }
}
