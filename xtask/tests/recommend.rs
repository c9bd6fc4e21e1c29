//! `cargo xtask recommend`: exit codes, what is printed, and what happens to files.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use serde_json::Value;

fn recommend(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("recommend").args(words).write_stdin("");
    command
}

fn json(words: &[&str]) -> Value {
    let output = recommend(words)
        .args(["--format", "json"])
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The value of an outcome.
fn outcome<'j>(json: &'j Value, fact: &str) -> &'j Value {
    let outcomes = json["outcomes"].as_array().expect("a list");
    let found = outcomes.iter().find(|it| it["fact"] == fact);
    &found.expect("an outcome")["value"]
}

#[test]
fn flags_and_a_file_of_answers_say_the_same_and_flags_come_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("answers.yaml");
    fs::write(&file, "requestsPerSecond: 5000\nplatform: aws\n").expect("written");
    let file = file.display().to_string();
    let by_flags = json(&["--requests-per-second", "5000", "--platform", "aws"]);
    assert_eq!(json(&["--answers", &file]), by_flags);
    assert_eq!(outcome(&by_flags, "pattern"), 3);
    assert_eq!(
        by_flags["flags"],
        " --requests-per-second=5000 --platform=aws"
    );
    let over = json(&["--answers", &file, "--platform=vm"]);
    assert_eq!(outcome(&over, "runsOn"), "vm");
    assert_eq!(outcome(&json(&["--production=false"]), "pattern"), 0);
    assert_eq!(outcome(&json(&["--regulated"]), "pattern"), 4);
    // A yes or no stands behind `=` or behind a space.
    assert_eq!(outcome(&json(&["--production", "false"]), "pattern"), 0);
    let regulated = json(&["--regulated", "--platform", "aws"]);
    assert_eq!(outcome(&regulated, "pattern"), 4);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    recommend(&[]).assert().code(0).stdout(
        contains("Pattern      1, all-in-one with high availability").and(contains("Why\n")),
    );
}

#[test]
fn an_old_topology_is_mapped() {
    let is = json(&["--from", "4.4", "--topology", "control-plane,gateway"]);
    assert_eq!(outcome(&is, "pattern"), 2);
    recommend(&["--from", "4.4", "--topology", "control-plane,gatway"])
        .assert()
        .code(2)
        .stderr(contains(
            "there was no profile `gatway`; did you mean `gateway`?",
        ));
    recommend(&["--from", "4.6", "--topology", "all-in-one"])
        .assert()
        .code(2)
        .stderr(contains("versions with profiles are 4.0"));
    let is = json(&["--from", "4.4", "--topology", " gateway , control-plane"]);
    assert_eq!(outcome(&is, "pattern"), 2);
    recommend(&["--from=4.4", "--topology=all-in-one", "--previous=cp-gw"])
        .assert()
        .code(2)
        .stderr("error: --from with --topology and --previous say the same thing: leave one of them out\n");
}

#[test]
fn slips_end_with_2_and_what_was_meant() {
    recommend(&["--requests-per-secnd", "10"])
        .assert()
        .code(2)
        .stderr(contains("--requests-per-second"));
    recommend(&["--platform", "kubernets"])
        .assert()
        .code(2)
        .stderr(contains("'kubernetes'"));
    recommend(&["--production", "maybe"])
        .assert()
        .code(2)
        .stderr(contains("[possible values: true, false]"));
    recommend(&["--regions", "0"])
        .assert()
        .code(2)
        .stderr("error: --regions 0: `regions` is a whole number from 1 to 20\n");
    recommend(&["--requests-per-second", "-5"])
        .assert()
        .code(2)
        .stderr("error: --requests-per-second -5: `requestsPerSecond` is a whole number from 1 to 1000000\n");
    recommend(&["--tenants=5_0"])
        .assert()
        .code(2)
        .stderr("error: --tenants 5_0: `tenants` is a whole number from 1 to 1000; write it in digits alone, without quotes\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("answers.yaml");
    fs::write(&file, "regions: 2\ndatabase: postgres\n").expect("written");
    recommend(&["--answers", &file.display().to_string()])
        .assert()
        .code(2)
        .stderr(
            contains("answers.yaml:2:11: `postgres` is no answer")
                .and(contains("did you mean `postgre`?")),
        );
    recommend(&["--answers", "/nowhere/answers.yaml"])
        .assert()
        .code(2);
}

#[test]
fn answers_that_do_not_go_together_end_with_1_and_are_told() {
    recommend(&["--platform=openshift", "--skills=machines"])
        .assert()
        .code(1)
        .stdout(
            contains("These answers do not go together")
                .and(contains("the team knows virtual machines alone")),
        );
}

fn xtask(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(words);
    command
}

#[test]
fn a_document_is_written_and_deployed_and_no_file_is_replaced_unasked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("first");
    fs::create_dir(&out).expect("made");
    let (written, made) = (out.join("deployment.yaml"), folder.path().join("made"));
    let path = |path: &Path| path.display().to_string();
    recommend(&[
        "--requests-per-second=5000",
        "--platform=aws",
        "--out",
        &path(&out),
    ])
    .assert()
    .code(0)
    .stdout(contains("deployment.yaml is written"));
    let text = fs::read_to_string(&written).expect("written");
    assert!(
        text.contains("pattern: 3\n") && text.contains("platform: aws}"),
        "{text}"
    );
    xtask(&["deploy", &path(&written), "--out", &path(&made)])
        .assert()
        .code(0)
        .stdout(contains("sites/main/install.sh"));
    fs::write(&written, "mine\n").expect("written");
    recommend(&["--out", &path(&out)])
        .assert()
        .code(2)
        .stderr(contains("is there already").and(contains("--force")));
    assert_eq!(fs::read_to_string(&written).expect("kept"), "mine\n");
    recommend(&["--out", &path(&written), "--force"])
        .assert()
        .code(0);
    assert!(
        fs::read_to_string(&written)
            .expect("replaced")
            .contains("pattern: 1\n")
    );
}

/// The whole way of a reader: recommended, written, judged.
#[test]
fn the_suite_judges_a_first_document_conformant() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("deployment.yaml").display().to_string();
    recommend(&[
        "--requests-per-second=3000",
        "--scaling=gateway",
        "--platform=kubernetes",
        "--out",
        &file,
    ])
    .assert()
    .code(0);
    xtask(&["conformance", "--deployment", &file])
        .assert()
        .code(0)
        .stdout(contains("conformant: "));
}

#[test]
fn regions_of_machines_are_conformant_and_no_link_is_said_to_be_private() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for management in ["central", "each-region"] {
        let file = folder.path().join(format!("{management}.yaml"));
        let path = file.display().to_string();
        let management = format!("--management={management}");
        recommend(&["--regions=2", "--platform=vm", &management, "--out", &path])
            .assert()
            .code(0);
        let text = fs::read_to_string(&file).expect("the document");
        assert!(
            text.contains("\nlink: {encryption: tls}\n") && !text.contains("private: true"),
            "{text}"
        );
        xtask(&["conformance", "--deployment", &path])
            .assert()
            .code(0)
            .stdout(contains("conformant: "));
    }
}

#[test]
fn the_page_is_up_to_date() {
    xtask(&["recommend", "--check-page"]).assert().code(0);
}
