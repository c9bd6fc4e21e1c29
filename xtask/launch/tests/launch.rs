//! The launcher with a Cargo and a program that only play theirs.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the launcher in a folder where Cargo ends with a code and the program tells its name and arguments.
fn launch(folder: &Path, cargo_ends_with: u8, arguments: &[&str]) -> Output {
    for program in ["xtask", "xtask-live"] {
        am_testing::script(folder, program, &format!("echo {program} \"$@\"; exit 7"));
    }
    let cargo = am_testing::script(
        folder,
        "cargo",
        &format!("echo \"$@\" > \"$0.asked\"; exit {cargo_ends_with}"),
    );
    let launcher = folder.join("launch");
    // A link, for the reason that `am_testing::script` gives.
    fs::hard_link(env!("CARGO_BIN_EXE_launch"), &launcher).expect("linked");
    Command::new(launcher)
        .args(arguments)
        .env("CARGO", cargo)
        .output()
        .expect("runs")
}

/// A folder on the file system of the launcher.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

fn asked(folder: &Path) -> String {
    fs::read_to_string(folder.join("cargo.asked")).expect("Cargo was asked")
}

#[test]
fn a_command_gets_its_arguments_and_gives_its_exit_code() {
    let folder = folder();
    let output = launch(folder.path(), 0, &["gen-charts", "--out", "a b"]);
    assert_eq!(output.stdout, b"xtask gen-charts --out a b\n");
    assert_eq!(output.status.code(), Some(7));
    assert!(output.stderr.is_empty(), "{output:?}");
    assert!(asked(folder.path()).contains("--package xtask --bin xtask"));
}

#[test]
fn a_cluster_is_played_by_the_program_that_can() {
    let folder = folder();
    let arguments = ["conformance", "--cluster", "kind", "--help"];
    let output = launch(folder.path(), 0, &arguments);
    assert_eq!(
        output.stdout,
        b"xtask-live conformance --cluster kind --help\n"
    );
    assert!(asked(folder.path()).contains("--package xtask-live"));
}

#[test]
fn a_program_that_does_not_compile_is_not_run() {
    let folder = folder();
    let output = launch(folder.path(), 101, &["gen-charts"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("xtask could not be compiled"), "{told}");
}
