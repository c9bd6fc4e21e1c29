//! All programs and tests of the workspace share one build of the crates that they have in common: Cargo builds a crate once for
//! each set of features, and whatever depends on it once more.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Crates with their versions and features, as a command builds them.
fn built(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args([
            "tree",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p} {f}",
        ])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let crates = text.lines().map(|line| line.trim_end_matches(" (*)"));
    crates.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn no_crate_is_built_with_other_features_for_another_command() {
    let xtask = built(&["--package", "xtask", "--edges", "normal,build"]);
    let live = built(&["--package", "xtask-live", "--edges", "normal,build"]);
    let everything = built(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(xtask.len() > 100, "{} crates", xtask.len());
    for (some, all, of) in [
        (&xtask, &live, "xtask-live"),
        (&live, &everything, "all tests"),
    ] {
        let twice: Vec<&String> = some.difference(all).collect();
        assert!(
            twice.is_empty(),
            "{twice:#?} would be built once more for {of}: name the features that it adds in xtask/Cargo.toml"
        );
    }
}

#[test]
fn what_only_a_cluster_needs_is_not_compiled_for_the_other_commands() {
    let xtask = built(&["--package", "xtask", "--edges", "normal,build"]);
    for name in ["am-live", "am-standin", "hyper", "kube", "rustls", "tokio"] {
        let prefix = format!("{name} ");
        assert!(!xtask.iter().any(|it| it.starts_with(&prefix)), "{name}");
    }
}
