//! Values files of the vendor's shape become values with which our charts render, are sound, and reach what the old ones reached.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use am_generator::{Model, Selection, Templates, generate, output};
use am_toolchain::{RenderPool, RenderRequest, Renderer, StderrProgress, Tool, Toolchain};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde::Deserialize;
use serde_json::Value;

/// A folder of `fixtures/vendor-values`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Case {
    folder: String,
    files: Vec<String>,
    pattern: u8,
    version: String,
    /// What the TO DOs of the result ask a person for.
    #[serde(default)]
    by_hand: Value,
}

fn cases() -> Vec<Case> {
    let file = workspace().join("fixtures/vendor-values/cases.yaml");
    let text = fs::read_to_string(file).expect("a fixture");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("cases.yaml: {error}"))
}

fn case(folder: &str) -> Case {
    let mut cases = cases().into_iter();
    cases.find(|case| case.folder == folder).expect("a case")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn migrate() -> Command {
    let mut command = Command::cargo_bin("xtask").expect("built");
    command.arg("migrate-values");
    command
}

impl Case {
    fn path(&self, file: &str) -> String {
        let folder = workspace()
            .join("fixtures/vendor-values")
            .join(&self.folder);
        match file.split_once('=') {
            Some((component, file)) => format!("{component}={}", folder.join(file).display()),
            None => folder.join(file).display().to_string(),
        }
    }

    /// The values that the command writes, and its report.
    fn migrated(&self, out: &Path) -> Value {
        let files = self.files.iter().map(|file| self.path(file));
        let assert = migrate()
            .args(files)
            .args([
                "--pattern",
                &self.pattern.to_string(),
                "--format",
                "json",
                "--out",
            ])
            .arg(out)
            .assert()
            .success();
        serde_json::from_slice(&assert.get_output().stdout).expect("a report")
    }

    /// The chart of the case's product version, with the result as its only overlay.
    fn chart(&self, folder: &Path) -> PathBuf {
        let root = workspace().join("generator");
        let model = Model::load(&root.join("model"), "model").expect("the model");
        let templates =
            Templates::load(&root.join("templates"), "templates").expect("the templates");
        let mut selection = Selection::all(&model);
        self.version.clone_into(&mut selection.version);
        let tree = generate(&model, &templates, &selection).expect("charts");
        output::write(&tree, folder, output::Extent::Everything).expect("written");
        let chart = folder.join(format!("am-pattern-{}", self.pattern));
        fs::remove_dir_all(chart.join("overlays")).expect("removed");
        fs::create_dir(chart.join("overlays")).expect("made");
        chart
    }

    fn texts(&self) -> Vec<String> {
        self.files
            .iter()
            .map(|file| {
                let path = self.path(file);
                let path = path.split_once('=').map_or(path.as_str(), |(_, path)| path);
                fs::read_to_string(path).expect("a fixture")
            })
            .collect()
    }
}

/// Hosts with at least one dot in any text of a file: names below the domains that the fixtures use.
fn hosts(text: &str) -> BTreeSet<String> {
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    text.split(|c| !is_host(c))
        .map(|word| word.trim_matches(|c| c == '.' || c == '-'))
        .filter(|word| {
            let labels: Vec<&str> = word.split('.').collect();
            labels.len() > 1
                && ["test", "example", "com", "svc", "local"]
                    .contains(labels.last().expect("a label"))
        })
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_result_is_green_and_every_address_arrives() {
    let workspace = workspace();
    let toolchain = Toolchain::new(workspace.clone());
    let program = toolchain
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let pool = RenderPool::new(program, 1).deterministic(true);
    for case in cases() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("values.yaml");
        let report = case.migrated(&out);
        assert_eq!(report["product_version"], case.version, "{}", case.folder);
        let chart = case.chart(&folder.path().join("charts"));

        // What a person adds is merged in, as a second values file would be.
        let mut values: Value =
            serde_saphyr::from_str(&fs::read_to_string(&out).expect("written")).expect("YAML");
        merge(&mut values, &case.by_hand);
        fs::write(chart.join("overlays/migrated.yaml"), values.to_string()).expect("written");

        let mut request = RenderRequest::new(&chart, "apim", "apim");
        request.values_files = vec![chart.join("overlays/migrated.yaml")];
        let rendered = pool
            .with(|server| server.render(&request))
            .unwrap_or_else(|error| panic!("{}: {error}", case.folder));
        let rendered: String = rendered
            .documents
            .iter()
            .map(|document| document.text.as_str())
            .collect();
        let mut looked_at = 0;
        for host in case.texts().iter().flat_map(|text| hosts(text)) {
            looked_at += 1;
            let is_explained = report["values"]
                .as_array()
                .expect("a list")
                .iter()
                .any(|entry| {
                    entry["class"] != "mapped"
                        && entry["note"].is_string()
                        && (entry["value"].to_string().contains(&host)
                            || entry["path"].to_string().contains(&host))
                });
            assert!(
                rendered.contains(&host) || is_explained,
                "{}: {host} is neither rendered nor explained",
                case.folder
            );
        }
        assert!(looked_at > 3, "{}: {looked_at} hosts", case.folder);

        let hosts = case.texts().into_iter().flat_map(|text| hosts(&text));
        let mut conformance = Command::cargo_bin("xtask").expect("built");
        conformance.args([
            "conformance",
            "--no-cache",
            "--platform",
            "migrated",
            "--charts",
        ]);
        conformance.arg(folder.path().join("charts"));
        conformance.args([
            "--product-version",
            &case.version,
            "--pattern",
            &case.pattern.to_string(),
        ]);
        conformance.args(hosts.flat_map(|host| ["--external".to_owned(), host]));
        conformance
            .assert()
            .success()
            .stdout(contains("0 failed, 0 skipped, 0 unsupported").and(contains("conformant: ")));
    }
}

fn merge(values: &mut Value, more: &Value) {
    match (values, more) {
        (Value::Object(mine), Value::Object(theirs)) => {
            for (key, value) in theirs {
                merge(mine.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (mine, theirs) => *mine = theirs.clone(),
    }
}

#[test]
fn what_was_wrong_is_warned_about() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let report = case("aws").migrated(&out.path().join("values.yaml"));
    let warnings: Vec<String> = report["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| format!("{} {}", it["path"], it["message"]))
        .collect();
    for part in [
        "replicas",
        "PROFILE_NAME",
        "repliacs",
        "cp.other-cluster.example",
        "each node's own Service",
        "does not hold its largest heap",
        "apim.devportl",
    ] {
        assert!(
            warnings.iter().any(|it| it.contains(part)),
            "{part}: {warnings:#?}"
        );
    }
    let open: Vec<&Value> = report["values"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|it| it["class"] == "open")
        .collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0]["path"], "wso2.deployment.image.digest");
}

#[test]
fn secrets_that_stay_and_that_are_to_be_made_are_listed() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let report = case("azure").migrated(&out.path().join("values.yaml"));
    let names = |list: &str| -> Vec<String> {
        report[list]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| {
                format!(
                    "{} {}",
                    it["kind"].as_str().unwrap_or(""),
                    it["name"].as_str().unwrap_or("")
                )
            })
            .collect()
    };
    let kept = names("kept");
    for name in [
        "Secret bank-passwords",
        "Secret bank-keystores",
        "Secret bank-keystore-passwords",
        "Secret bank-pull",
        "ConfigMap bank-ca",
        "ServiceAccount apim-workload",
    ] {
        assert!(kept.contains(&name.to_owned()), "{name}: {kept:?}");
    }
    assert_eq!(names("to_make"), ["Secret apim-migrated"]);
}

#[test]
fn wrong_usage_ends_with_two_and_says_what_to_do() {
    let case = case("laptop");
    let file = case.path("default_values.yaml");
    let refused = |arguments: &[&str], part: &str| {
        migrate()
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(part.to_owned()));
    };
    refused(
        &[&file, "--pattern", "9"],
        "there is no pattern 9; known are: 0, 1",
    );
    refused(&[&file, "--pattern", "3"], "which pattern 3 does not have");
    refused(&["nowhere.yaml", "--pattern", "0"], "nowhere.yaml: ");
    refused(
        &[&format!("gatway={file}"), "--pattern", "2"],
        "did you mean `gateway`?",
    );
    refused(
        &[&file, "--pattern", "0", "--product-version", "4.9.0"],
        "there is no product version 4.9.0",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let old = folder.path().join("values.yaml");
    fs::write(&old, "wso2: {apim: {version: 4.4.0}}\n").expect("written");
    let old = format!("all-in-one={}", old.display());
    refused(
        &[&old, "--pattern", "0"],
        "for product version 4.4.0, for which there are no charts here",
    );
    let moved = [&old, "--pattern", "0", "--product-version", "4.5.0"];
    migrate().args(moved).assert().success();
}

#[test]
fn a_file_that_cannot_be_written_ends_with_three() {
    let case = case("laptop");
    migrate()
        .args([
            &case.path("default_values.yaml"),
            "--pattern",
            "0",
            "--out",
            "/nowhere/at/all.yaml",
        ])
        .assert()
        .code(3)
        .stderr(contains("/nowhere/at/all.yaml").and(contains("error")));
}

#[test]
fn without_out_the_values_are_on_standard_output_alone() {
    let case = case("laptop");
    migrate()
        .args([&case.path("default_values.yaml"), "--pattern", "0"])
        .assert()
        .success()
        .stdout(contains("hostnames:").and(contains("warning:").not()))
        .stderr(contains("Carried over"));
}
