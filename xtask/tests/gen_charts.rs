//! `cargo xtask gen-charts` as users call it, on the generator's mini model.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn mini(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../generator/tests/fixtures/mini")
        .join(folder)
}

/// The command with the mini model.
fn gen_charts(out: &Path) -> Command {
    with_model(&mini("model"), out)
}

fn with_model(model: &Path, out: &Path) -> Command {
    let mut command = Command::cargo_bin("xtask").expect("built");
    command
        .arg("gen-charts")
        .arg("--model")
        .arg(model)
        .arg("--templates")
        .arg(mini("templates"));
    command.arg("--out").arg(out);
    command
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

#[test]
fn charts_are_written_and_then_up_to_date() {
    let out = folder();
    gen_charts(out.path())
        .assert()
        .success()
        .stdout(contains("am-pattern-0, am-pattern-1").and(contains("version 2.0.0")));
    gen_charts(out.path())
        .arg("--check")
        .assert()
        .success()
        .stdout(contains("up to date"));
    gen_charts(out.path())
        .assert()
        .success()
        .stdout(contains("unchanged"));
}

#[test]
fn check_prints_a_diff_and_the_command_after_an_edit() {
    let out = folder();
    gen_charts(out.path()).assert().success();
    let chart = out.path().join("am-pattern-0/Chart.yaml");
    let made = fs::read_to_string(&chart).expect("written");
    let version = made
        .lines()
        .find(|line| line.starts_with("version: "))
        .expect("a version");
    let text = made.replace(version, "version: 9.9.9");
    fs::write(&chart, &text).expect("writes");
    gen_charts(out.path())
        .arg("--check")
        .assert()
        .code(1)
        .stdout(
            contains("--- a/am-pattern-0/Chart.yaml")
                .and(contains(format!("-version: 9.9.9\n+{version}"))),
        )
        .stderr(contains("1 file differs; run `cargo xtask gen-charts"));
    assert_eq!(
        fs::read_to_string(&chart).expect("kept"),
        text,
        "check changes nothing"
    );
    gen_charts(out.path())
        .arg("--dry-run")
        .assert()
        .success()
        .stdout(contains(format!("+{version}")));
    assert_eq!(
        fs::read_to_string(&chart).expect("kept"),
        text,
        "a dry run changes nothing"
    );
}

#[test]
fn differences_are_available_as_json() {
    let out = folder();
    let output = gen_charts(out.path())
        .args(["--check", "--format", "json", "--pattern", "0"])
        .assert()
        .code(1);
    let report: serde_json::Value =
        serde_json::from_slice(&output.get_output().stdout).expect("JSON");
    assert_eq!(report["upToDate"], false);
    assert_eq!(report["differences"][0]["kind"], "missing");
    assert!(
        report["command"]
            .as_str()
            .expect("text")
            .contains("--pattern 0")
    );
}

#[test]
fn an_unknown_pattern_is_refused_with_what_exists() {
    let out = folder();
    gen_charts(out.path())
        .args(["--pattern", "am-pattern-11"])
        .assert()
        .code(2)
        .stderr(contains("there is no pattern `am-pattern-11`; did you mean `am-pattern-1`? known are: am-pattern-0, am-pattern-1"));
    assert_eq!(fs::read_dir(out.path()).expect("readable").count(), 0);
}

#[test]
fn an_unknown_version_is_refused_with_what_exists() {
    let out = folder();
    gen_charts(out.path())
        .args(["--product-version", "2.0.1"])
        .assert()
        .code(2)
        .stderr(contains(
            "there is no product version `2.0.1`; did you mean `2.0.0`? known are: 1.0.0, 2.0.0",
        ));
}

#[test]
fn an_older_version_needs_a_place_of_its_own() {
    let mut command = Command::cargo_bin("xtask").expect("built");
    command
        .arg("gen-charts")
        .arg("--model")
        .arg(mini("model"))
        .arg("--templates")
        .arg(mini("templates"));
    command.args(["--product-version", "1.0.0", "--check"]);
    command.assert().code(2).stderr(contains("charts-out holds the charts of the newest product version, 2.0.0; give --out DIR for those of 1.0.0"));
}

#[test]
fn an_older_version_is_made_on_demand() {
    let out = folder();
    gen_charts(out.path())
        .args(["--product-version", "1.0.0", "--pattern", "1"])
        .assert()
        .success();
    let chart = fs::read_to_string(out.path().join("am-pattern-1/Chart.yaml")).expect("written");
    assert!(chart.contains("appVersion: \"1.0.0\""), "{chart}");
    assert!(!out.path().join("am-pattern-0").exists());
}

#[test]
fn a_half_written_model_is_refused_and_nothing_is_lost() {
    let out = folder();
    gen_charts(out.path()).assert().success();
    let model = folder();
    for entry in ["product.yaml", "ports.yaml"] {
        fs::copy(mini("model").join(entry), model.path().join(entry)).expect("copies");
    }
    fs::write(model.path().join("wiring.yaml"), "forms:\n  x: {scheme").expect("writes");
    with_model(model.path(), out.path())
        .assert()
        .code(2)
        .stderr(
            contains("wiring.yaml:2")
                .and(contains("endpoints.yaml: cannot be read"))
                .and(contains("patterns: there is no file")),
        );
    gen_charts(out.path()).arg("--check").assert().success();
}

#[test]
fn mistakes_in_the_model_are_available_as_json() {
    let out = folder();
    let empty = folder();
    let output = with_model(empty.path(), out.path())
        .args(["--format", "json"])
        .assert()
        .code(2);
    let report: serde_json::Value =
        serde_json::from_slice(&output.get_output().stdout).expect("JSON");
    let files: Vec<&str> = report["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|found| found["file"].as_str())
        .collect();
    assert!(
        files.iter().any(|file| file.ends_with("product.yaml")),
        "{files:?}"
    );
}

#[test]
fn foreign_files_are_refused_and_kept() {
    let out = folder();
    let mine = out.path().join("am-pattern-1/Chart.yaml");
    fs::create_dir(out.path().join("am-pattern-1")).expect("creates");
    fs::write(&mine, "name: mine\n").expect("writes");
    gen_charts(out.path()).assert().code(3).stderr(contains(
        "am-pattern-1 holds files that `cargo xtask gen-charts` did not make: Chart.yaml",
    ));
    assert_eq!(fs::read_to_string(&mine).expect("kept"), "name: mine\n");
    assert!(!out.path().join("am-pattern-0").exists());
}

#[test]
fn an_interrupted_run_is_finished_by_the_next() {
    let out = folder();
    gen_charts(out.path()).assert().success();
    let staging = out.path().join(".gen-charts");
    fs::create_dir_all(staging.join("old")).expect("creates");
    fs::create_dir_all(staging.join("new")).expect("creates");
    fs::rename(
        out.path().join("am-pattern-0"),
        staging.join("new/am-pattern-0"),
    )
    .expect("renames");
    fs::write(
        staging.join("plan.json"),
        r#"{"replace": ["am-pattern-0"], "remove": []}"#,
    )
    .expect("writes");
    gen_charts(out.path())
        .assert()
        .success()
        .stdout(contains("interrupted"));
    gen_charts(out.path()).arg("--check").assert().success();
    assert!(!staging.exists());
}

#[cfg(unix)]
#[test]
fn a_read_only_output_directory_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let out = folder();
    gen_charts(out.path()).assert().success();
    fs::remove_file(out.path().join("am-pattern-0/Chart.yaml")).expect("removes");
    fs::set_permissions(out.path(), fs::Permissions::from_mode(0o555)).expect("sets");
    // Root may write everywhere but to the kernel's own file system.
    let root_may_write = fs::write(out.path().join("probe"), "").is_ok();
    let target = if root_may_write {
        Path::new("/proc/am-charts").to_owned()
    } else {
        out.path().to_owned()
    };
    gen_charts(&target)
        .assert()
        .code(3)
        .stderr(contains("error: cannot ").and(contains(target.display().to_string())));
    fs::set_permissions(out.path(), fs::Permissions::from_mode(0o755)).expect("sets");
}

#[test]
fn a_file_in_the_place_of_the_output_directory_is_reported() {
    let folder = folder();
    let out = folder.path().join("out");
    fs::write(&out, "mine").expect("writes");
    gen_charts(&out)
        .assert()
        .code(3)
        .stderr(contains("is a file, not a directory"));
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let out = folder();
    gen_charts(out.path())
        .args(["--check", "--dry-run"])
        .assert()
        .code(2);
    gen_charts(out.path()).arg("--nonsense").assert().code(2);
}

#[test]
fn charts_of_other_families_are_made_by_their_names_beside_a_version_of_api_manager() {
    let out = folder();
    let mut command = Command::cargo_bin("xtask").expect("built");
    command
        .args(["gen-charts", "--pattern", "am-integration-mi"])
        .args(["--product-version", "4.6.0", "--out"])
        .arg(out.path())
        .assert()
        .success();
    let chart = out.path().join("am-integration-mi/Chart.yaml");
    let chart = fs::read_to_string(chart).expect("written");
    assert!(chart.contains("appVersion: \"4.5.0\""), "{chart}");
    assert!(!out.path().join("am-pattern-0").exists());
    let mut command = Command::cargo_bin("xtask").expect("built");
    command
        .args(["gen-charts", "--pattern", "am-integration-mj", "--out"])
        .arg(out.path())
        .assert()
        .code(2)
        .stderr(contains("did you mean `am-integration-mi`?"));
}
