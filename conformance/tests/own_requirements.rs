//! Requirements that users bring: judged beside ours, and refused when they do not show that they can fail.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    explain::explain,
    report::Report,
    selftest::prove_own,
    suite::{ChartDirectory, Input, Options, Silent, Variants, run},
};
use am_deployment_toml::product::ProductVersion;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn house() -> PathBuf {
    workspace().join("fixtures/own-requirements/house.yaml")
}

/// Options that judge a subject of pattern 3 by a file of requirements alone.
fn options(file: &Path) -> Options {
    let charts = ChartDirectory {
        version: ProductVersion::newest(),
        path: workspace().join("charts-out"),
    };
    Options {
        patterns: vec![am_product::Pattern::Numbered(3)],
        platforms: vec!["none".into()],
        only: vec!["own".into()],
        requirements: vec![file.to_owned()],
        variants: Variants::None,
        ..Options::new(workspace(), Input::Charts(vec![charts]))
    }
}

fn judge(file: &Path) -> Result<Report, String> {
    run(&options(file), &mut Silent).map_err(|error| format!("{} ({})", error, error.exit_code()))
}

/// The house's file with a part changed.
fn changed(from: &str, to: &str) -> Result<Report, String> {
    let text = fs::read_to_string(house()).expect("the fixture");
    assert!(text.contains(from), "{from}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("own.yaml");
    fs::write(&file, text.replacen(from, to, 1)).expect("written");
    judge(&file)
}

fn reported(report: &Report) -> BTreeSet<&str> {
    let findings = report.findings();
    findings
        .map(|(_, finding)| finding.requirement.as_str())
        .collect()
}

#[test]
fn rules_of_a_house_are_judged_on_our_charts() {
    let report = judge(&house()).expect("the rules show that they can fail");
    assert_eq!(reported(&report), BTreeSet::from(["HOUSE-001"]));
    let (_, finding) = report.findings().next().expect("a finding");
    assert!(
        finding.message.contains("is pulled from docker.io"),
        "{}",
        finding.message
    );
    assert!(
        finding.help.starts_with("write images.example.com/wso2/"),
        "{}",
        finding.help
    );
    let template = finding.template.as_ref().expect("a place");
    assert!(template.line.is_some(), "{template:?}");
    assert_eq!(report.requirements.len(), 3);
    assert_eq!(report.exit_code(), 1);
}

#[test]
fn rules_of_a_house_are_judged_on_other_charts() {
    let spec = workspace().join("fixtures/foreign-charts/pattern-3.yaml");
    let options = Options {
        requirements: vec![house()],
        ..Options::new(workspace(), Input::Spec(spec))
    };
    let report = run(&options, &mut Silent).expect("the suite can judge the charts");
    let own: BTreeSet<&str> = reported(&report)
        .into_iter()
        .filter(|id| id.starts_with("HOUSE"))
        .collect();
    assert_eq!(own, BTreeSet::from(["HOUSE-001"]));
    assert!(
        report.requirements.len() > 100,
        "ours are judged beside them"
    );
}

#[test]
fn a_rule_is_explained() {
    let text = explain("house-001", &[house()]).expect("it is in the file");
    for part in [
        "HOUSE-001 (MUST, own)",
        "for each    container",
        "proof       its examples",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let error = explain("HOUSE-001", &[]).expect_err("no file is given");
    assert!(error.to_string().contains("--requirements"), "{error}");
}

#[test]
fn a_rule_that_looks_at_nothing_is_told() {
    let report = changed(
        "appliesWhen:\n      any: [{kinds: [Service], has: /spec/type, is: LoadBalancer}]\n      otherwise: no Service has a load balancer\n    ",
        "",
    )
    .expect("it shows that it can fail");
    let gaps = &report.coverage.gaps;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(
        gaps[0].starts_with("HOUSE-002 (") && gaps[0].contains("looked at nothing"),
        "{gaps:?}"
    );
}

#[test]
fn a_rule_that_is_wrong_is_refused_with_its_line() {
    for (from, to, told) in [
        (
            "each: container",
            "each: contaner",
            "own.yaml:11: HOUSE-001: `each`: there is no scope `contaner`, did you mean `container`?",
        ),
        (
            "image(container.image).registry ==",
            "image(contaner.image).registry ==",
            "own.yaml:12: HOUSE-001: `holds`: there is no variable `contaner`, did you mean `container`?",
        ),
        (
            "{image(container.image).registry}\"",
            "{imag(container.image).registry}\"",
            "did you mean `image`?",
        ),
        (
            "holds: image(container.image).registry == 'images.example.com'",
            "holds: image(container.image).registry",
            "it is string and must be true or false",
        ),
        (
            "holds: image(container.image).registry == 'images.example.com'",
            "holds: image(container.image).registri == 'images.example.com'",
            "there is no `registri`",
        ),
        (
            "image: \"wso2/wso2am:4.7.0\"",
            "image: \"images.example.com/wso2am:4.7.0\"",
            "its bad example is not reported",
        ),
        (
            "image: \"images.example.com/apim/wso2am:4.7.0\"",
            "image: \"apim/wso2am:4.7.0\"",
            "its good example is reported",
        ),
        (
            "each: Service",
            "each: Servce",
            "objects of the kind Servce that it is about; did you mean `Service`?",
        ),
        (
            "id: HOUSE-002",
            "id: HOUSE-001",
            "HOUSE-001 is there twice, first in",
        ),
        (
            "entry.value.startsWith('$env{')",
            "entry.value.startWith('$env{')",
            "did you mean `startsWith`?",
        ),
    ] {
        let error = changed(from, to).expect_err("it must be refused");
        assert!(
            error.contains(told) && error.ends_with("(2)"),
            "{to}: {error}"
        );
    }
}

/// A rule without an example, about Services; its mutant gives the gateway's a type.
const BY_MUTANT: &str = "\
apiVersion: conformance.am-charts/v1
kind: Requirements
requirements:
  - id: HOUSE-010
    level: MUST
    title: Services stay inside
    text: A Service MUST be of the type ClusterIP.
    rows:
      - each: Service
        holds: object.spec.?type.orValue('ClusterIP') == 'ClusterIP'
        fault: \"{reference} is reached from outside\"
        help: leave the type out
    mutants:
      - name: port-on-every-node
        pattern: 3
        steps:
          - {on: {kind: Service, component: gateway}, set: /spec/type, to: NodePort}
";

/// What is said of the rule, with a part changed.
fn proved(from: &str, to: &str, change: impl Fn(Options) -> Options) -> Result<(), String> {
    assert!(BY_MUTANT.contains(from), "{from}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("own.yaml");
    fs::write(&file, BY_MUTANT.replacen(from, to, 1)).expect("written");
    let options = change(options(&file));
    prove_own(&options).map_err(|error| format!("{} ({})", error, error.exit_code()))
}

#[test]
fn a_rule_without_an_example_is_taken_when_its_mutant_is_caught() {
    assert_eq!(proved("HOUSE-010", "HOUSE-010", |options| options), Ok(()));
}

#[test]
fn a_rule_without_an_example_is_refused_when_its_mutant_shows_nothing() {
    for (from, to, told) in [
        (
            "holds: object.spec.?type.orValue('ClusterIP') == 'ClusterIP'",
            "holds: object.spec.?type.orValue('ClusterIP') != ''",
            "HOUSE-010, mutant port-on-every-node: it does not report it",
        ),
        (
            "set: /spec/type, to: NodePort",
            "set: /spec/type, to: ClusterIP",
            "HOUSE-010, mutant port-on-every-node: ",
        ),
        (
            "== 'ClusterIP'",
            "== 'LoadBalancer'",
            "HOUSE-010, mutant port-on-every-node: ",
        ),
    ] {
        let error = proved(from, to, |options| options).expect_err("it must be refused");
        assert!(
            error.contains(told) && error.ends_with("(2)"),
            "{to}: {error}"
        );
    }
    let spec = workspace().join("fixtures/foreign-charts/pattern-3.yaml");
    let error = proved("HOUSE-010", "HOUSE-010", |options| Options {
        input: Input::Spec(spec.clone()),
        ..options
    })
    .expect_err("mutants change charts of this repository");
    assert!(
        error.starts_with("HOUSE-010 shows by mutants alone") && error.ends_with("(2)"),
        "{error}"
    );
}
