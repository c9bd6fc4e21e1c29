//! `cargo xtask docs` checks and writes what pages have of data, and tells links that lead nowhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the repository")
}

/// A workspace that is this one but for its pages, which are copied.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(root()).expect("the repository").flatten() {
        let name = entry.file_name();
        if name != "docs" && name != "target" {
            symlink(entry.path(), folder.path().join(name)).expect("a link");
        }
    }
    copy(&root().join("docs"), &folder.path().join("docs"));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

fn docs(workspace: &Path, option: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("--workspace").arg(workspace);
    command.args(["docs", option]).assert()
}

#[test]
fn pages_of_this_repository_are_sound() {
    docs(&root(), "--check")
        .success()
        .stdout(contains("pages are sound"));
}

#[test]
fn a_changed_part_is_told_and_written_again_and_the_rest_stays() {
    let workspace = workspace();
    let file = workspace.path().join("docs/patterns/pattern-3.md");
    let before = fs::read_to_string(&file).expect("a page");
    let by_hand = before.replace("## When\n", "## When\n\nA word of mine.\n");
    fs::write(&file, by_hand.replace("StatefulSet", "DaemonSet")).expect("written");
    docs(workspace.path(), "--check")
        .code(1)
        .stderr(contains("docs/patterns/pattern-3.md is not up to date"));
    docs(workspace.path(), "--write")
        .success()
        .stdout(contains("wrote docs/patterns/pattern-3.md").and(contains("1 pages written")));
    assert_eq!(fs::read_to_string(&file).expect("a page"), by_hand);
    docs(workspace.path(), "--check").success();
}

#[test]
fn a_dead_link_and_a_page_without_chapter_are_told() {
    let workspace = workspace();
    let page = "# Mine\n\n[here](choosing.md#ask) and [there](chosing.md)\n";
    fs::write(workspace.path().join("docs/mine.md"), page).expect("written");
    docs(workspace.path(), "--check").code(1).stderr(
        contains(
            "docs/mine.md:3: chosing.md: there is no such file; did you mean docs/choosing.md?",
        )
        .and(contains("docs/SUMMARY.md: add docs/mine.md")),
    );
}

#[test]
fn a_page_that_has_lost_the_place_of_a_part_is_wrong_input() {
    let workspace = workspace();
    let file = workspace.path().join("docs/patterns/pattern-1.md");
    fs::write(file, "# Pattern 1\n").expect("written");
    docs(workspace.path(), "--write").code(2).stderr(contains(
        "docs/patterns/pattern-1.md: there is no place for `what`",
    ));
}
