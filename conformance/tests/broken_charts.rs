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

/// Judges one chart as it is, without platforms, and in the variant that shows what is broken, if that is another one.
fn judge(charts: &Path, version: ProductVersion, pattern: u8, variant: Option<&String>) -> Report {
    let directory = ChartDirectory {
        version,
        path: charts.to_owned(),
    };
    let mut options = Options::new(workspace(), Input::Charts(vec![directory]));
    options.patterns = vec![pattern];
    options.platforms = vec!["none".into()];
    options.variants = variant.cloned().map_or(Variants::None, Variants::Only);
    let report = run(&options, &mut Silent).expect("the suite can judge the chart");
    let mut subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    let is_judged = |variant: &String| subjects.any(|subject| subject.subject.variant == *variant);
    assert!(variant.is_none_or(is_judged), "no variant {variant:?}");
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

#[test]
fn each_is_reported_by_exactly_the_requirements_that_it_names_as_so_many_causes() {
    let charts = tempfile::tempdir().expect("a temporary folder");
    for version in ProductVersion::all() {
        generate_charts(version, &charts.path().join(version.as_str()));
    }
    let mut unchanged: BTreeMap<(ProductVersion, u8, Option<String>), BTreeSet<String>> =
        BTreeMap::new();
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 9, "only {} cases", cases.len());
    for case in cases {
        let name = case.display();
        let broken = BrokenChart::read(&case).expect("the case is well-formed");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let version = broken.product_version.unwrap_or(ProductVersion::newest());
        let charts = charts.path().join(version.as_str());
        broken
            .make(&charts, folder.path())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let variant = broken.variant.as_ref();
        let before = unchanged
            .entry((version, broken.pattern, broken.variant.clone()))
            .or_insert_with(|| failing(&judge(&charts, version, broken.pattern, variant)));
        let report = judge(folder.path(), version, broken.pattern, variant);
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
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
