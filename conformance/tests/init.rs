//! `conformance init`: the first specification of charts that nobody has described.

use std::{
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    Report, SuiteError,
    fixture::copy_directory,
    init::{Given, Request, first_specification},
    suite::{Input, Options, Silent, run},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn foreign(path: &str) -> PathBuf {
    workspace().join("fixtures/foreign-charts").join(path)
}

fn given(release: Option<&str>, path: PathBuf) -> Given {
    Given {
        release: release.map(str::to_owned),
        path,
    }
}

fn options(input: Input) -> Options {
    Options {
        jobs: 1,
        ..Options::new(workspace(), input)
    }
}

fn written(request: &Request) -> Result<String, SuiteError> {
    first_specification(request, &options(Input::Charts(Vec::new())))
}

/// Judges charts by what `init` writes about them.
fn judged(mut request: Request) -> (String, Report) {
    let folder = tempfile::tempdir().expect("a folder");
    folder.path().clone_into(&mut request.folder);
    let text = written(&request).expect("a specification");
    let file = folder.path().join("pattern.yaml");
    fs::write(&file, &text).expect("written");
    let report = run(&options(Input::Spec(file)), &mut Silent).expect("it is read");
    (text, report)
}

fn three_charts() -> Request {
    let parts = [
        ("apim-acp", "control-plane"),
        ("apim-tm", "traffic-manager"),
        ("apim-gw", "gateway"),
    ];
    let part = |(release, chart): &(&str, &str)| given(Some(release), foreign(chart));
    let values = |(release, chart): &(&str, &str)| {
        given(Some(release), foreign(&format!("values/{chart}.yaml")))
    };
    Request {
        charts: parts.iter().map(part).collect(),
        values: parts.iter().map(values).collect(),
        namespace: Some("apim".into()),
        ..Request::default()
    }
}

#[test]
fn sound_charts_are_conformant_by_what_is_written_about_them() {
    let (text, report) = judged(three_charts());
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(text.contains("pattern: 3  # it is made of"), "{text}");
    assert!(
        text.contains("productVersion: 4.7.0  # by the images"),
        "{text}"
    );
    assert!(
        text.contains("  - apim.eu-west-1.rds.amazonaws.com  # database.apim_db.url"),
        "{text}"
    );
    assert!(
        text.contains("# Deployment/apim-gw-gateway-deployment is the gateway, by image `"),
        "{text}"
    );

    let umbrella = Request {
        charts: vec![given(Some("apim"), foreign("kinds/charts/umbrella"))],
        ..Request::default()
    };
    let (text, report) = judged(umbrella);
    assert_eq!(report.exit_code(), 0, "{text}");
    assert!(text.contains("pattern: 2"), "{text}");
}

#[test]
fn a_service_that_no_release_has_is_a_question_and_not_external() {
    let mut request = three_charts();
    request.charts.remove(1);
    request.values.remove(1);
    let text = written(&request).expect("a specification");
    assert!(
        text.contains("# the nearest: no pattern is made of just: control plane, gateway"),
        "{text}"
    );
    assert!(!text.contains("\n  - apim-tm"), "{text}");
}

#[test]
fn an_image_of_another_name_is_a_comment_that_can_be_filled_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let chart = folder.path().join("stack");
    copy_directory(&foreign("kinds/charts/stack"), &chart).expect("copied");
    let templates = chart.join("templates/components.yaml");
    let text = fs::read_to_string(&templates).expect("there");
    let line = text.lines().find(|line| line.contains("image:"));
    let line = line.expect("an image").to_owned();
    fs::write(
        &templates,
        text.replace(&line, "          image: corp.example.com/one:1"),
    )
    .expect("written");
    let request = Request {
        charts: vec![given(Some("apim"), chart)],
        ..Request::default()
    };
    let text = written(&request).expect("a specification");
    assert!(text.contains("# workloads:\n    #   apim-stack-"), "{text}");
    assert!(text.contains("corp.example.com/"), "{text}");
}

#[test]
fn a_chart_that_does_not_render_hides_nothing_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken");
    copy_directory(&foreign("gateway"), &broken).expect("copied");
    fs::write(
        broken.join("templates/fail.yaml"),
        "{{ fail \"say where\" }}",
    )
    .expect("written");
    let mut request = three_charts();
    request.charts[2].path = broken;
    let text = written(&request).expect("a specification");
    assert!(text.contains("say where"), "{text}");
    assert!(text.contains("is the traffic manager, by image"), "{text}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let refused = |request: Request| {
        let error = written(&request).expect_err("refused");
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    };
    let chart = |name| given(None, foreign(name));
    let twice = Request {
        charts: vec![chart("gateway"), chart("gateway")],
        ..Request::default()
    };
    assert!(refused(twice).contains("--chart gateway-2="));
    let nothing = Request {
        charts: vec![chart("values")],
        ..Request::default()
    };
    assert!(refused(nothing).contains("has no Chart.yaml"));
    let mut misspelt = three_charts();
    misspelt.values[0].release = Some("apim-acb".into());
    assert!(refused(misspelt).contains("apim-acp"));
}

#[test]
fn a_product_version_that_the_suite_does_not_know_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let values = folder.path().join("old.yaml");
    fs::write(&values, "image: {tag: 4.4.0}\n").expect("written");
    let mut request = three_charts();
    for release in ["apim-acp", "apim-tm", "apim-gw"] {
        request.values.push(given(Some(release), values.clone()));
    }
    let error = written(&request).expect_err("refused").to_string();
    assert!(
        error.contains("4.4.0") && error.contains("4.5.0"),
        "{error}"
    );
}
