//! Releases, and the versions of charts that follow from them.

use semver::Version as SemVer;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::Model;
use crate::model::release::{LIMIT, chart_version};

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    let releases = &model.releases;
    if releases.is_empty() {
        diagnostics.push(
            Diagnostic::new(Place::file(&releases.file), "there is no release")
                .hint("list the one that is being worked on"),
        );
    }
    let mut newer: Option<SemVer> = None;
    for release in &releases.value {
        match SemVer::parse(&release.version.value) {
            Ok(version) => {
                if newer.as_ref().is_some_and(|newer| version >= *newer) {
                    let message =
                        format!("release {version} does not come before the one above it");
                    diagnostics.push(
                        releases
                            .diagnose(&release.version, message)
                            .hint("list releases from the newest to the oldest"),
                    );
                }
                newer = Some(version);
            }
            Err(error) => diagnostics.push(
                releases
                    .diagnose(
                        &release.version,
                        format!("`{}` is no SemVer version: {error}", release.version.value),
                    )
                    .hint("write three numbers, such as 1.2.0"),
            ),
        }
        if let Some(date) = release.date.as_ref().filter(|date| !is_day(&date.value)) {
            let message = format!("`{}` is no day", date.value);
            diagnostics.push(
                releases
                    .diagnose(date, message)
                    .hint("write YYYY-MM-DD, or leave it out until the release"),
            );
        }
    }
    let unreleased = releases.value.iter().skip(1);
    for release in unreleased.filter(|release| release.date.is_none()) {
        let message = format!("release {} has no date", release.version.value);
        diagnostics.push(
            releases
                .diagnose(&release.version, message)
                .hint("only the first of the list may still be worked on"),
        );
    }
    // Without SemVer there is no version of a chart either, and that was told above.
    let Some(release) = releases.value.first().filter(|_| newer.is_some()) else {
        return;
    };
    for version in &model.versions {
        if chart_version(&version.version.value, &release.version.value).is_none() {
            let message = format!(
                "product version {} and release {} make no chart version",
                version.version.value, release.version.value
            );
            diagnostics.push(version.diagnose(&version.version, message).hint(format!(
                "numbers of a release and the product's third number stay below {LIMIT}, and neither has build metadata"
            )));
        }
    }
}

/// Whether a text is a day as ISO 8601 writes it.
fn is_day(text: &str) -> bool {
    crate::model::release::seconds_of_day(text).is_some()
}
