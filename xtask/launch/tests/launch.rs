//! The launcher with a Cargo and a program that only play theirs.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the launcher in a folder where Cargo ends with a code and the program tells its name and arguments.
fn launch(folder: &Path, cargo_ends_with: u8, arguments: &[&str]) -> Output {
    let script = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        path
    };
    for program in ["xtask", "xtask-live"] {
        script(program, &format!("echo {program} \"$@\"; exit 7"));
    }
    let cargo = script(
        "cargo",
        &format!("echo \"$@\" > \"$0.asked\"; exit {cargo_ends_with}"),
    );
    let launcher = folder.join("launch");
    fs::copy(env!("CARGO_BIN_EXE_launch"), &launcher).expect("copied");
    Command::new(launcher)
        .args(arguments)
        .env("CARGO", cargo)
        .output()
        .expect("runs")
}

fn asked(folder: &Path) -> String {
    fs::read_to_string(folder.join("cargo.asked")).expect("Cargo was asked")
}

#[test]
fn a_command_gets_its_arguments_and_gives_its_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = launch(folder.path(), 0, &["gen-charts", "--out", "a b"]);
    assert_eq!(output.stdout, b"xtask gen-charts --out a b\n");
    assert_eq!(output.status.code(), Some(7));
    assert!(output.stderr.is_empty(), "{output:?}");
    assert!(asked(folder.path()).contains("--package xtask --bin xtask"));
}

#[test]
fn a_cluster_is_played_by_the_program_that_can() {
    let folder = tempfile::tempdir().expect("a folder");
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
    let folder = tempfile::tempdir().expect("a folder");
    let output = launch(folder.path(), 101, &["gen-charts"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("xtask could not be compiled"), "{told}");
}
