//! `cargo xtask deploy`: exit codes, what happens to files, and what the suite says of the examples.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deployments/examples/centralised.yaml")
}

fn deploy(file: &Path, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("deploy").arg(file).arg("--out").arg(out);
    command
}

#[test]
fn a_difference_is_shown_with_the_command_that_ends_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("bank");
    deploy(&example(), &out)
        .arg("--check")
        .assert()
        .code(1)
        .stderr(contains("9 files differ; run `cargo xtask deploy "));
    assert!(!out.exists(), "a check changes nothing");
    deploy(&example(), &out)
        .assert()
        .code(0)
        .stdout(contains("wrote 9 files"));
    deploy(&example(), &out)
        .arg("--check")
        .assert()
        .code(0)
        .stdout(contains("is up to date"));
    deploy(&example(), &out)
        .assert()
        .code(0)
        .stdout(contains("unchanged 9 files"));
    let values = out.join("sites/us/bank.values.yaml");
    let text = fs::read_to_string(&values).expect("written");
    fs::write(&values, text.replace("cp-1.bank", "cp-2.bank")).expect("changed");
    deploy(&example(), &out)
        .arg("--check")
        .assert()
        .code(1)
        .stdout(contains("+      - host: cp-1.bank.example.com"))
        .stderr(contains("1 file differs"));
    deploy(&example(), &out).assert().code(0);
    assert_eq!(fs::read_to_string(&values).expect("written again"), text);
}

#[test]
fn files_of_others_are_refused_and_nothing_is_written() {
    for name in ["sites/us/mine.yaml", "README.md", "sites/old/notes.txt"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mine = folder.path().join(name);
        fs::create_dir_all(mine.parent().expect("a folder")).expect("made");
        fs::write(&mine, "mine\n").expect("written");
        deploy(&example(), folder.path())
            .assert()
            .code(3)
            .stderr(contains("files that `cargo xtask deploy` did not make"));
        assert_eq!(fs::read_to_string(&mine).expect("kept"), "mine\n");
        assert!(
            !folder.path().join("ports.md").exists(),
            "{name}: nothing is written"
        );
    }
}

#[test]
fn a_site_that_is_gone_takes_its_folder_with_it_and_other_files_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path();
    deploy(&example(), out).assert().code(0);
    fs::write(out.join("notes.txt"), "mine\n").expect("written");
    let text = fs::read_to_string(example()).expect("the example");
    let file = folder.path().join("renamed.yaml");
    fs::write(&file, text.replace("- name: us\n", "- name: usa\n")).expect("written");
    deploy(&file, out).assert().code(0);
    assert!(out.join("sites/usa/install.sh").exists() && !out.join("sites/us").exists());
    assert!(out.join("notes.txt").exists());
    assert!(!out.join(".deploy").exists());
}

#[test]
fn a_wrong_document_is_bad_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("d.yaml");
    let text = fs::read_to_string(example()).expect("the example");
    fs::write(
        &file,
        text.replace("topology: centralised", "topology: centralized"),
    )
    .expect("written");
    let out = folder.path().join("out");
    deploy(&file, &out)
        .assert()
        .code(2)
        .stderr(contains("d.yaml:6:11: unknown topology `centralized`"));
    deploy(&folder.path().join("none.yaml"), &out)
        .assert()
        .code(2)
        .stderr(contains("give the path of a deployment"));
    assert!(!out.exists());
}

#[test]
fn the_suite_finds_every_site_of_the_examples_conformant_and_skips_nothing() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deployments/examples");
    let entries = fs::read_dir(&examples).expect("examples");
    let documents = entries.map(|it| it.expect("readable").path());
    let is_document = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml");
    let mut judged = 0;
    for document in documents.filter(is_document) {
        let made = document.with_extension("").join("deployment.resolved.yaml");
        let text = fs::read_to_string(made).expect("what is made of it");
        let made: serde_json::Value = serde_saphyr::from_str(&text).expect("YAML");
        let count = |of: &serde_json::Value| of.as_array().expect("a list").len();
        let sites = made["sites"].as_array().expect("sites").iter();
        let subjects = match sites.map(|site| 1 + count(&site["integrators"])).sum() {
            1 => "on 1 subject;".to_owned(),
            many => format!("on {many} subjects;"),
        };
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["conformance", "--deployment"])
            .arg(&document)
            .assert()
            .code(0)
            .stdout(contains(" 0 failed, 0 skipped, 0 unsupported").and(contains(subjects)));
        judged += 1;
    }
    assert!(judged >= 3, "{judged} documents");
}

#[test]
fn a_deployment_that_is_wrong_is_not_judged() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("d.yaml");
    let text = fs::read_to_string(example()).expect("the example");
    fs::write(&file, text.replace("    main: true\n", "")).expect("written");
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["conformance", "--deployment"])
        .arg(&file)
        .assert()
        .code(2)
        .stderr(contains(
            "needs exactly one site with `main: true`, and none has it",
        ));
}
