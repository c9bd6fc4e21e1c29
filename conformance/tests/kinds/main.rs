//! Kinds of inputs: what is sound is not reported, and every fault is, at its place and with nothing else.

mod case;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    finding::Finding,
    report::{Format, Report, Style, human},
    suite::{Input, Options, Silent, run},
};
use am_testing::side_by_side;
use case::{Case, Expected};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn kinds() -> PathBuf {
    workspace().join("fixtures/foreign-charts/kinds")
}

fn cases() -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(kinds().join("cases"))
        .expect("the cases are there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).expect("readable");
            serde_saphyr::from_str::<Vec<Case>>(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        })
        .collect()
}

/// What is not as the case says; empty when all is.
fn wrong(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let spec = case.write(&kinds(), folder.path());
    let options = Options {
        jobs: 1,
        ..Options::new(workspace(), Input::Spec(spec))
    };
    match (run(&options, &mut Silent), &case.refused) {
        (Ok(report), None) => differences(case, &report),
        (Ok(_), Some(refused)) => vec![format!("is not refused: {}", refused.says)],
        (Err(error), Some(refused)) => {
            let told = error.to_string();
            let is_right = error.exit_code() == refused.code
                && told.to_lowercase().contains(&refused.says.to_lowercase());
            if is_right { Vec::new() } else { vec![told] }
        }
        (Err(error), None) => vec![error.to_string()],
    }
}

fn differences(case: &Case, report: &Report) -> Vec<String> {
    let mut left: Vec<&Finding> = report.findings().map(|(_, finding)| finding).collect();
    let mut wrong = Vec::new();
    if let Some(most) = case.at_most
        && left.len() > most
    {
        wrong.push(format!("{} findings, at most {most} wanted", left.len()));
    }
    for expected in &case.expect {
        let mut said: Vec<&Finding> = left
            .iter()
            .copied()
            .filter(|finding| says(expected, finding))
            .collect();
        if said.is_empty() {
            wrong.push(format!(
                "missed {} `{}`",
                expected.requirement, expected.says
            ));
            continue;
        }
        let placed: Vec<&Finding> = said
            .iter()
            .copied()
            .filter(|finding| is_at(expected, finding))
            .collect();
        if placed.is_empty() {
            wrong.push(format!(
                "{} is not at `{}`",
                expected.requirement, expected.at
            ));
        } else {
            said = placed;
        }
        left.retain(|finding| !said.iter().any(|said| std::ptr::eq(*said, *finding)));
    }
    left.retain(|finding| {
        !case
            .may
            .iter()
            .any(|may| finding.requirement.starts_with(may.as_str()))
    });
    wrong.extend(
        left.iter()
            .map(|finding| format!("false {} {}", finding.requirement, finding.message)),
    );
    let text = human::render(report, Style::PLAIN);
    for once in &case.told_once {
        let times = text.matches(once.as_str()).count();
        if times != 1 {
            wrong.push(format!("`{once}` is told {times} times"));
        }
    }
    let never = case
        .never_says
        .iter()
        .filter(|never| text.contains(never.as_str()));
    wrong.extend(never.map(|never| format!("says `{never}`")));
    wrong
}

fn says(expected: &Expected, finding: &Finding) -> bool {
    let is_its =
        finding.requirement == expected.requirement || expected.or.contains(&finding.requirement);
    let also = finding.also.iter().map(|also| also.message.as_str());
    let also: Vec<&str> = also.collect();
    let text = format!("{} {} {}", finding.message, finding.help, also.join(" ")).to_lowercase();
    is_its && text.contains(&expected.says.to_lowercase())
}

fn is_at(expected: &Expected, finding: &Finding) -> bool {
    let mut places = vec![finding.message.clone(), finding.values.join(" ")];
    if let Some(object) = &finding.object {
        places.push(format!(
            "{}/{} of {}",
            object.kind, object.name, object.release
        ));
    }
    if let Some(configuration) = &finding.configuration {
        let line = configuration.span.map_or(0, |span| span.line);
        places.push(format!(
            "{} {}:{line}",
            configuration.key, configuration.source
        ));
    }
    if let Some(template) = &finding.template {
        let chart = template.chart.rsplit('/').next().unwrap_or_default();
        places.push(format!(
            "{chart}/{}:{}",
            template.file,
            template.line.unwrap_or(0)
        ));
    }
    let is_set_by = expected
        .set_by
        .as_ref()
        .is_none_or(|value| finding.values.contains(value));
    is_set_by
        && places
            .join(" ")
            .to_lowercase()
            .contains(&expected.at.to_lowercase())
}

#[test]
fn every_case_is_judged_right() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "a name is given twice");

    let told: Vec<String> = side_by_side(&cases, |case| {
        let wrong = wrong(case);
        (!wrong.is_empty()).then(|| format!("{}: {}", case.name, wrong.join("\n    ")))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn what_is_found_beyond_a_case_and_what_is_missed_is_noticed() {
    let mut cases = cases();
    let case = cases
        .iter_mut()
        .find(|case| case.name == "address-in-a-file-read-through-tpl")
        .expect("the case is there");
    let mut expected = std::mem::take(&mut case.expect);
    assert!(wrong(case).iter().any(|wrong| wrong.starts_with("false ")));
    expected[0].says = "what nobody says".into();
    case.expect = expected;
    assert!(wrong(case).iter().any(|wrong| wrong.starts_with("missed ")));
}

#[test]
fn every_format_tells_the_line_of_a_file_that_templates_evaluate() {
    let case = cases()
        .into_iter()
        .find(|case| case.name == "address-in-a-file-read-through-tpl")
        .expect("the case is there");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        jobs: 1,
        ..Options::new(
            workspace(),
            Input::Spec(case.write(&kinds(), folder.path())),
        )
    };
    let report = run(&options, &mut Silent).expect("judged");
    let render = |format: Format| format.render(&report).expect("rendered");
    assert!(human::render(&report, Style::PLAIN).contains("stack/confs/gateway.toml:8"));
    for format in [Format::Html, Format::Junit, Format::Markdown] {
        let text = render(format);
        assert!(text.contains("stack/confs/gateway.toml:8"), "{format:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&render(Format::Sarif)).expect("JSON");
    let place = &json["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let file = place["artifactLocation"]["uri"].as_str().expect("a file");
    assert!(file.ends_with("stack/confs/gateway.toml"), "{file}");
    assert_eq!(place["region"]["startLine"], 8);
    assert!(render(Format::Json).contains("\"confs/gateway.toml\""));
}
