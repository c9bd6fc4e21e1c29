//! SARIF 2.1.0, for code scanning. A test validates what is written here against the official schema.
//!
//! Built as a JSON tree: of the format's hundreds of types a report needs a dozen, and the schema test
//! is a stricter guard than generated types would be.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Cause, FindingGroup, FindingText, Profile, Report, RequirementSummary, causes, human,
    text::{Excerpt, Place, PlaceRole, Style, explain_command},
};
use crate::{outcome::Outcome, requirement::Level};

/// `report` as a SARIF log with one run. A finding is told once per pattern, with its subjects; a consequence names its cause.
pub(super) fn log(report: &Report) -> Value {
    let rules: BTreeMap<&str, usize> = report
        .requirements
        .iter()
        .enumerate()
        .map(|(index, requirement)| (requirement.id.as_str(), index))
        .collect();
    let results: Vec<Value> = report
        .profiles
        .iter()
        .flat_map(|profile| {
            causes(report, &profile.subjects)
                .into_iter()
                .map(move |cause| (profile, cause))
        })
        .flat_map(|(profile, cause)| results(report, profile, &cause, &rules))
        .collect();
    let notifications = notifications(report);
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "am-charts conformance",
                "semanticVersion": report.suite_version,
                "rules": report.requirements.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "am-charts/conformance/"},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "commandLine": report.reproduce,
                "executionSuccessful": notifications.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn level(level: Level) -> &'static str {
    super::group::severity(level)
}

fn rule(requirement: &RequirementSummary) -> Value {
    let explain = explain_command(&requirement.id);
    let mut rule = json!({
        "id": requirement.id,
        "name": requirement.title,
        "shortDescription": {"text": requirement.title},
        "fullDescription": {"text": requirement.text},
        "help": {
            "text": format!(
                "{}\n\nSource: {}\n\nAn example of a failure and its fix: {explain}",
                requirement.text, requirement.source
            ),
            "markdown": format!(
                "{}\n\n**Source:** {}\n\nAn example of a failure and its fix: `{explain}`",
                requirement.text, requirement.source
            ),
        },
        "defaultConfiguration": {"level": level(requirement.level)},
        "properties": {
            "tags": [requirement.family.name()],
            "requirementLevel": requirement.level.to_string(),
        },
    });
    if let Some(reason) = &requirement.skipped {
        rule["properties"]["skipped"] = json!(reason);
    }
    rule
}

/// The cause and its consequences; `causeFingerprint` ties them together.
fn results(
    report: &Report,
    profile: &Profile,
    cause: &Cause<'_>,
    rules: &BTreeMap<&str, usize>,
) -> Vec<Value> {
    let mut first = result(
        report,
        profile,
        &cause.finding,
        &FindingText::of_cause(report, cause),
        rules,
    );
    if cause.consequences.is_empty() {
        return vec![first];
    }
    first["properties"]["consequences"] = json!(cause.consequences.len());
    let consequences = cause.consequences.iter().map(|group| {
        let mut result = result(
            report,
            profile,
            group,
            &FindingText::of(report, group),
            rules,
        );
        result["properties"]["causeFingerprint"] = json!(fingerprint(profile, &cause.finding));
        result["properties"]["sharedWithCause"] = json!(cause.shared());
        result
    });
    std::iter::once(first.take()).chain(consequences).collect()
}

fn result(
    report: &Report,
    profile: &Profile,
    group: &FindingGroup<'_>,
    text: &FindingText<'_>,
    rules: &BTreeMap<&str, usize>,
) -> Value {
    let finding = group.finding;
    let full = text.render(Style::PLAIN);
    let full = full.trim_end();
    let (main, related): (Vec<&Place<'_>>, Vec<&Place<'_>>) = text
        .places
        .iter()
        .partition(|place| place.role == PlaceRole::Template);
    let logical = finding.object.as_ref().map(|object| {
        let mut name = format!("{}/{object}", object.release);
        if let Some(at) = finding
            .configuration
            .as_ref()
            .filter(|at| !at.key.is_empty())
        {
            let _ = write!(name, "/{}#{}", at.file, at.key);
        }
        json!([{
            "name": object.name,
            "fullyQualifiedName": name,
            "kind": "resource",
        }])
    });
    let mut location = Map::new();
    location.insert(
        "physicalLocation".into(),
        main.first().map_or_else(
            || json!({"artifactLocation": artifact(&chart_file(report, profile)), "region": {"startLine": 1}}),
            |place| physical(place),
        ),
    );
    if let Some(logical) = logical {
        location.insert("logicalLocations".into(), logical);
    }
    let related: Vec<Value> = related
        .iter()
        .enumerate()
        .map(|(index, place)| {
            let label = if place.label.is_empty() {
                place.role.title().to_owned()
            } else {
                format!("{}: {}", place.role.title(), place.label)
            };
            json!({
                "id": index + 1,
                "message": {"text": label},
                "physicalLocation": physical(place),
            })
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.requirement,
        "level": level(finding.level),
        "kind": "fail",
        "message": {
            "text": format!("{}\n\nFix: {}\n\n{full}", text.headline, text.help()),
            "markdown": format!(
                "{}\n\n**Fix:** {}\n\n````text\n{full}\n````",
                text.headline,
                text.help()
            ),
        },
        "locations": [location],
        "relatedLocations": related,
        "partialFingerprints": {"amConformance/v1": fingerprint(profile, group)},
        "properties": {
            "pattern": profile.pattern,
            "subjects": group.subjects.iter().map(|subject| &subject.id).collect::<Vec<_>>(),
            "help": text.help(),
        },
    });
    if !finding.also.is_empty() {
        let also = finding.also.iter();
        result["properties"]["also"] = also
            .map(|one| json!({"message": one.message, "at": one.to_string()}))
            .collect();
    }
    if let Some(index) = rules.get(finding.requirement.as_str()) {
        result["ruleIndex"] = json!(index);
    }
    for (name, value) in [("value", &finding.value), ("peer", &finding.peer)] {
        if let Some(value) = value {
            result["properties"][name] = json!(value);
        }
    }
    result
}

/// The file to show when no template is known: the chart's own description.
fn chart_file(report: &Report, profile: &Profile) -> String {
    let chart = report
        .charts
        .iter()
        .map(|chart| chart.name.trim_end_matches('/'))
        .filter(|name| *name == profile.name || name.ends_with(&format!("/{}", profile.name)))
        // Of several product versions the newest is the one in the repository; the others are called after theirs.
        .max()
        // A pattern of other charts is called after its specification.
        .or_else(|| report.charts.first().map(|chart| chart.name.as_str()))
        .unwrap_or(&profile.name);
    format!("{chart}/Chart.yaml")
}

fn physical(place: &Place<'_>) -> Value {
    let (line, column) = place.position.unwrap_or((1, None));
    let mut region = json!({"startLine": line.max(1)});
    if let Some(column) = column {
        region["startColumn"] = json!(column.max(1));
    }
    if let Some(snippet) = place.excerpt.as_ref().and_then(marked) {
        region["snippet"] = json!({"text": snippet});
    }
    json!({"artifactLocation": artifact(&place.path), "region": region})
}

/// The marked text of an excerpt; none when it would be empty, which readers of SARIF reject.
fn marked(excerpt: &Excerpt<'_>) -> Option<String> {
    let text = excerpt.marked();
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn artifact(path: &str) -> Value {
    let path = path.replace('\\', "/");
    let encoded = path
        .trim_start_matches("./")
        .split('/')
        .map(percent_encode)
        .collect::<Vec<_>>()
        .join("/");
    if path.starts_with('/') {
        json!({"uri": format!("file://{encoded}")})
    } else {
        json!({"uri": encoded, "uriBaseId": "%SRCROOT%"})
    }
}

fn percent_encode(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The same for the same fault in every run; independent of line numbers and of release names.
fn fingerprint(profile: &Profile, group: &FindingGroup<'_>) -> String {
    let digest = Sha256::digest(format!("{}\u{1f}{}", profile.name, group.identity));
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn notifications(report: &Report) -> Vec<Value> {
    let subjects = || report.profiles.iter().flat_map(|profile| &profile.subjects);
    let failures = human::render_failures(subjects())
        .into_iter()
        .map(|(message, ids)| {
            let text = format!("charts did not render, {}: {message}", human::list(&ids));
            json!({"level": "error", "message": {"text": text}})
        });
    let unsupported = human::reasons(subjects(), |outcome| match outcome {
        Outcome::Unsupported { reason } => Some(reason),
        _ => None,
    })
    .into_iter()
    .map(|((id, reason), ids)| {
        let text = format!("{id} could not be checked, {}: {reason}", human::list(&ids));
        json!({"level": "error", "message": {"text": text}, "associatedRule": {"id": id}})
    });
    let gaps = report.coverage.gaps.iter();
    let gaps = gaps.map(|gap| json!({"level": "error", "message": {"text": gap}}));
    failures.chain(unsupported).chain(gaps).collect()
}
