//! What the tests of several crates need.
#![cfg(unix)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes a program that plays a shell script, and returns its path.
///
/// Another process writes the file. Were it this one, a child that another thread forks meanwhile would hold the open file
/// until it executes its own program, and Linux refuses to execute a file that is open for writing (`ETXTBSY`).
pub fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    let mut writer = Command::new("/bin/sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut input = writer.stdin.take().expect("piped");
    write!(input, "#!/bin/sh\n{text}\n").expect("written");
    drop(input);
    let status = writer.wait().expect("ends");
    assert!(status.success(), "{}: {status}", path.display());
    path
}
