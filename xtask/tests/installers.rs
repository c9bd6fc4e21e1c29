//! What `tools/*/install` installs is looked for first, and the program itself is looked for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use assert_cmd::Command;
use predicates::str::contains;

/// What the script itself needs.
const USED: [&str; 9] = [
    "sh",
    "id",
    "dirname",
    "sha256sum",
    "cut",
    "mkdir",
    "cp",
    "touch",
    "cat",
];

/// Runs the installer of the browser where there are these programs and no others.
fn browser(programs: &[(&str, &str)]) -> assert_cmd::assert::Assert {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = std::env::var_os("PATH").expect("a PATH");
    for name in USED {
        let found = std::env::split_paths(&path).map(|at| at.join(name));
        let found = found.into_iter().find(|at| at.exists());
        symlink(found.expect(name), folder.path().join(name)).expect("a link");
    }
    for (name, text) in programs {
        am_testing::script(folder.path(), name, text);
    }
    let made = folder.path().join("target");
    fs::create_dir(&made).expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/browser/install");
    Command::new(script)
        .env("PATH", folder.path())
        .env("CARGO_TARGET_DIR", &made)
        .assert()
}

#[test]
fn a_browser_that_is_not_there_is_installed() {
    let apt = "echo \"apt-get $*\"";
    browser(&[("apt-get", apt), ("sudo", "\"$@\""), ("npm", "echo npm")])
        .success()
        .stdout(contains("--no-install-recommends chromium"));
}

#[test]
fn a_browser_that_is_there_is_not_installed_again() {
    browser(&[("chromium", "exit 0"), ("npm", "echo npm")])
        .success()
        .stdout(contains("already there: /"));
}

#[test]
fn where_nobody_can_install_it_the_way_is_told() {
    browser(&[("npm", "echo npm")])
        .failure()
        .stderr(contains("set CHROMIUM"));
}
