//! Every broken chart under `fixtures/broken-charts` is caught, by exactly the requirements that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    fixture::BrokenChart,
    report::{Report, Tally, causes},
    suite::{ChartDirectory, Input, Options, Silent, Variants, run},
};
use am_deployment_toml::product::ProductVersion;
use am_generator::{
    Model, Selection, Templates, generate,
    output::{self, Extent},
};
use am_product::Pattern;
use am_testing::side_by_side;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(workspace().join("fixtures/broken-charts"))
        .expect("the fixtures are there")
        .map(|entry| {
            entry
                .expect("the folder can be read")
                .path()
                .join("patch.yaml")
        })
        .filter(|path| path.is_file())
        .collect();
    cases.sort();
    cases
}

/// Generates the charts of a version, so that the cases are about what the generator makes today.
fn generate_charts(version: ProductVersion, target: &Path) {
    let root = workspace();
    let model = Model::load(&root.join("generator/model"), "generator/model")
        .expect("the model is well-formed");
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
        .expect("templates load");
    let selection = Selection {
        version: version.to_string(),
        ..Selection::all(&model)
    };
    let tree = generate(&model, &templates, &selection).expect("the charts can be generated");
    output::write(&tree, target, Extent::Everything).expect("the charts can be written");
}

/// What a broken chart is judged as: product version, pattern, variant.
type Subject = (ProductVersion, Pattern, Option<String>);

fn subject(broken: &BrokenChart) -> Subject {
    let version = broken.product_version.unwrap_or(ProductVersion::newest());
    (version, broken.pattern, broken.variant.clone())
}

/// Judges one chart as it is, without platforms, and in the variant that shows what is broken, if that is another one.
fn judge(charts: &Path, (version, pattern, variant): &Subject) -> Report {
    let directory = ChartDirectory {
        version: *version,
        path: charts.to_owned(),
    };
    let mut options = Options::new(workspace(), Input::Charts(vec![directory]));
    options.patterns = vec![*pattern];
    options.platforms = vec!["none".into()];
    options.variants = variant.clone().map_or(Variants::None, Variants::Only);
    let report = run(&options, &mut Silent).expect("the suite can judge the chart");
    let mut subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    let is_judged = |variant: &String| subjects.any(|subject| subject.subject.variant == *variant);
    assert!(
        variant.as_ref().is_none_or(is_judged),
        "no variant {variant:?}"
    );
    report
}

fn failing(report: &Report) -> BTreeSet<String> {
    report
        .profiles
        .iter()
        .flat_map(|profile| &profile.subjects)
        .inspect(|subject| assert_eq!(subject.error, None, "the chart renders"))
        .flat_map(|subject| &subject.results)
        .filter(|result| !result.outcome.is_green())
        .map(|result| result.requirement.clone())
        .collect()
}

fn tally(report: &Report) -> Tally {
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    Tally::of(&causes(report, subjects))
}

/// What is not as a case says, where the chart as it was is reported by `before`.
fn wrong(
    name: &str,
    broken: &BrokenChart,
    charts: &Path,
    subject: &Subject,
    before: &BTreeSet<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let folder = tempfile::tempdir().expect("a temporary folder");
    broken
        .make(charts, folder.path())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let report = judge(folder.path(), subject);
    let reported: BTreeSet<String> = failing(&report).difference(before).cloned().collect();
    let expected: BTreeSet<String> = broken
        .expected
        .iter()
        .map(|expected| expected.requirement.clone())
        .collect();
    if reported != expected {
        wrong.push(format!(
            "{name}: reported by {reported:?}, expected {expected:?}"
        ));
    }
    let tally = tally(&report);
    if tally.causes != broken.causes {
        wrong.push(format!(
            "{name}: {tally}, expected {} causes",
            broken.causes
        ));
    }
    for expectation in &broken.expected {
        let is_said = report.findings().any(|(_, finding)| {
            finding.requirement == expectation.requirement
                && finding.message.contains(&expectation.message)
        });
        let said: Vec<&str> = report
            .findings()
            .filter(|(_, finding)| finding.requirement == expectation.requirement)
            .map(|(_, finding)| finding.message.as_str())
            .collect();
        if !is_said {
            wrong.push(format!(
                "{name}: {} says {said:?}, not `{}`",
                expectation.requirement, expectation.message
            ));
        }
    }
    wrong
}

#[test]
fn each_is_reported_by_exactly_the_requirements_that_it_names_as_so_many_causes() {
    let charts = tempfile::tempdir().expect("a temporary folder");
    for version in ProductVersion::all() {
        generate_charts(version, &charts.path().join(version.as_str()));
    }
    let cases: Vec<(String, BrokenChart)> = cases()
        .iter()
        .map(|case| {
            let broken = BrokenChart::read(case).expect("the case is well-formed");
            (case.display().to_string(), broken)
        })
        .collect();
    assert!(cases.len() >= 9, "only {} cases", cases.len());
    let of = |version: ProductVersion| charts.path().join(version.as_str());
    let subjects: Vec<Subject> = cases
        .iter()
        .map(|(_, broken)| subject(broken))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let unchanged: BTreeMap<Subject, BTreeSet<String>> = subjects
        .iter()
        .cloned()
        .zip(side_by_side(&subjects, |subject| {
            failing(&judge(&of(subject.0), subject))
        }))
        .collect();
    let wrong: Vec<String> = side_by_side(&cases, |(name, broken)| {
        let subject = subject(broken);
        wrong(name, broken, &of(subject.0), &subject, &unchanged[&subject])
    })
    .concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
