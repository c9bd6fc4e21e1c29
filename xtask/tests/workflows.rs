//! The workflows of this repository pass actionlint, which is pinned in `tools/actionlint`.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::str::contains;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace")
        .to_owned()
}

/// actionlint without the programs that only some machines have.
fn actionlint(files: &[PathBuf]) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(root().join("tools/actionlint"))
        .args([
            "tool",
            "actionlint",
            "-no-color",
            "-shellcheck=",
            "-pyflakes=",
        ])
        .args(files);
    command
}

#[test]
fn every_workflow_passes() {
    let folder = root().join(".github/workflows");
    let files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("workflows")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    assert!(files.len() >= 3, "{files:?}");
    actionlint(&files).assert().success();
}

#[test]
fn a_misspelt_workflow_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.yml");
    let text = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{rnu: x}]\n";
    fs::write(&file, text).expect("written");
    actionlint(&[file])
        .assert()
        .failure()
        .stdout(contains("rnu"));
}
