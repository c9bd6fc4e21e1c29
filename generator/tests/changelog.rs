//! The changelog says what the releases say.

mod common;

use am_generator::changelog::changelog;
use am_generator::model::release::Subject;

#[test]
fn releases_are_told_in_the_form_of_keep_a_changelog() {
    let text = changelog(&common::model());
    let body = text.split_once("\n\n").expect("a head").1;
    let expected = "\
All notable changes, in the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). Versions follow
[Semantic Versioning](https://semver.org/); [docs/publishing.md](docs/publishing.md#versions) says which version a chart has.

## [1.1.0] - unreleased

Chart versions: 1.0.10100 (Mini 1.0.0), 2.0.10100 (Mini 2.0.0).

### Added

- **Charts:** A gateway. ([docs/gateway.md](docs/gateway.md))

### Fixed

- **Project:** A test.

### Security

- **Charts:** Passwords: gone.

## [1.0.0] - 2026-01-31

First version.

[1.1.0]: https://example.com/mini/compare/v1.0.0...HEAD
[1.0.0]: https://example.com/mini/commits/v1.0.0
";
    assert_eq!(body, expected);
}

#[test]
fn only_changes_of_the_charts_are_told_to_their_users() {
    let model = common::model();
    let release = model.newest_release().expect("a release");
    let told: Vec<&str> = release
        .told_to(Subject::Charts)
        .map(|change| change.text.as_str())
        .collect();
    assert_eq!(told, ["A gateway.", "Passwords: gone."]);
    assert!(release.is_security_update(Subject::Charts) && !release.is_prerelease());
}
