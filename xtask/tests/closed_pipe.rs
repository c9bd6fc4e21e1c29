//! Output that nobody reads on, as with `cargo xtask … | head`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// More than a pipe holds, so that some of it is still to be printed when the reader goes.
const LONG: [&str; 2] = ["conformance", "requirements"];

#[test]
fn a_command_ends_quietly_when_nobody_reads_on() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(LONG)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = String::new();
    let mut reader = BufReader::with_capacity(64, command.stdout.take().expect("piped"));
    reader.read_line(&mut first).expect("it is text");
    drop(reader);
    let ended = command.wait_with_output().expect("it ends");
    assert!(!first.is_empty());
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert_eq!(ended.status.code(), Some(141));
}

#[test]
fn a_command_that_is_read_to_its_end_ends_as_ever() {
    let read = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(LONG)
        .output()
        .expect("it starts");
    assert_eq!(read.status.code(), Some(0));
    assert!(read.stdout.len() > 1 << 16, "{}", read.stdout.len());
}
