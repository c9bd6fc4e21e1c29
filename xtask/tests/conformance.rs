//! `cargo xtask conformance` as users call it: what each exit code means, and what is said about bad input.

use std::fs;
use std::path::{Path, PathBuf};

use am_conformance::fixture::copy_directory;
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn foreign(file: &str) -> PathBuf {
    workspace().join("fixtures/foreign-charts").join(file)
}

/// The command, with its report in a folder that nobody else writes to.
fn conformance(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("xtask").expect("built");
    command
        .arg("conformance")
        .arg("--report")
        .arg(folder.join("report.json"));
    command
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

/// A specification of the example's charts, with a text of it replaced.
fn spec(folder: &Path, old: &str, new: &str) -> PathBuf {
    let text = fs::read_to_string(foreign("pattern-3.yaml")).expect("the example");
    assert!(text.contains(old), "{old}");
    let root = foreign("");
    let absolute = |text: String, key: &str| {
        text.replace(
            key,
            &format!("{key}{}/", root.display().to_string().trim_end_matches('/')),
        )
    };
    let text = text.replace(old, new);
    let text = absolute(absolute(text, "chart: "), "values: [");
    let path = folder.join("spec.yaml");
    fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_conformant_pattern_is_0_and_a_broken_one_1() {
    let folder = folder();
    conformance(folder.path())
        .args(["--only", "AM-WIRE", "--spec"])
        .arg(foreign("pattern-3.yaml"))
        .assert()
        .code(0)
        .stdout(contains("pattern 3 of pattern-3.yaml").and(contains("conformant: ")));
    conformance(folder.path())
        .args(["--only", "AM-WIRE", "--spec"])
        .arg(foreign("pattern-3-broken.yaml"))
        .assert()
        .code(1)
        .stdout(
            contains("error[AM-WIRE-007]")
                .and(contains("_conf.tpl"))
                .and(contains("not conformant: ")),
        );
}

#[test]
fn our_own_chart_is_0_and_a_changed_copy_1_with_the_generators_line() {
    let folder = folder();
    let charts = folder.path().join("charts");
    copy_directory(
        &workspace().join("charts-out/am-pattern-0"),
        &charts.join("am-pattern-0"),
    )
    .expect("copied");
    let run = || {
        let mut command = conformance(folder.path());
        command
            .args([
                "--pattern",
                "0",
                "--platform",
                "none",
                "--no-variants",
                "--only",
                "AM-WIRE",
                "--charts",
            ])
            .arg(&charts);
        command
    };
    run().assert().code(0);
    let service = charts.join("am-pattern-0/templates/all-in-one/service.yaml");
    let text = fs::read_to_string(&service).expect("the Service's template");
    fs::write(
        &service,
        text.replace("kind: Service\n", "kind: Service\n# changed\n"),
    )
    .expect("written");
    let values = charts.join("am-pattern-0/values.yaml");
    let text = fs::read_to_string(&values).expect("the values");
    assert!(
        text.contains("\n  config: {}"),
        "the value that is merged last"
    );
    fs::write(
        &values,
        text.replace(
            "\n  config: {}",
            "\n  config: {apim: {key_manager: {service_url: \"https://nobody:9443/services/\"}}}",
        ),
    )
    .expect("written");
    run()
        .assert()
        .code(1)
        .stdout(contains("`nobody`").and(contains("generator/model/")));
}

#[test]
fn a_chart_that_does_not_render_is_1_and_named() {
    let folder = folder();
    let path = spec(
        folder.path(),
        "    chart: gateway\n",
        "    chart: gateway\n    set: {trafficManagerNodes: 7}\n",
    );
    conformance(folder.path())
        .args(["--only", "AM-WIRE", "--spec"])
        .arg(path)
        .assert()
        .code(1)
        .stdout(contains("release apim-gw does not render"));
}

#[test]
fn wrong_usage_is_2_and_says_what_to_write() {
    let folder = folder();
    let spec_of = |old: &str, new: &str| spec(folder.path(), old, new);
    conformance(folder.path())
        .args(["--only", "AM-WIRE-07"])
        .assert()
        .code(2)
        .stderr(contains("AM-WIRE-07").and(contains("did you mean")));
    conformance(folder.path())
        .args(["--skip", "AM-HELM-015"])
        .assert()
        .code(2)
        .stderr(contains("--skip AM-HELM-015 needs a reason"));
    conformance(folder.path())
        .args(["--watch", "selftest"])
        .assert()
        .code(2)
        .stderr(contains("--watch cannot be combined with a subcommand"));
    conformance(folder.path())
        .args(["--platform", "azur"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `azure`?"));
    conformance(folder.path())
        .args(["--pattern", "7"])
        .assert()
        .code(2)
        .stderr(contains("unknown pattern 7"));
    conformance(folder.path())
        .arg("--spec")
        .arg(spec_of("namespace:", "namspace:"))
        .assert()
        .code(2)
        .stderr(contains("spec.yaml").and(contains("did you mean `namespace`?")));
    conformance(folder.path())
        .arg("--spec")
        .arg(spec_of("values/gateway.yaml", "values/gatway.yaml"))
        .assert()
        .code(2)
        .stderr(contains("release apim-gw: no values file at"));
    conformance(folder.path())
        .arg("--spec")
        .arg(spec_of("chart: gateway", "chart: gate"))
        .assert()
        .code(2)
        .stderr(contains("release apim-gw: no chart at"));
    conformance(folder.path())
        .arg("--spec")
        .arg(spec_of("pattern: 3", "pattern: 9"))
        .assert()
        .code(2)
        .stderr(contains("pattern 9 does not exist"));
    conformance(folder.path())
        .args(["explain", "AM-WIRE-70"])
        .assert()
        .code(2)
        .stderr(contains("did you mean"));
}

#[test]
fn an_archive_that_is_none_is_2() {
    let folder = folder();
    fs::write(folder.path().join("gateway.tgz"), "no archive").expect("written");
    let path = spec(folder.path(), "chart: gateway", "chart: gateway.tgz");
    let text = fs::read_to_string(&path).expect("the specification");
    let at = foreign("gateway.tgz").display().to_string();
    let archive = folder.path().join("gateway.tgz").display().to_string();
    fs::write(&path, text.replace(&at, &archive)).expect("written");
    conformance(folder.path())
        .arg("--spec")
        .arg(path)
        .assert()
        .code(2)
        .stderr(contains("gateway.tgz").and(contains("no archive")));
}

#[test]
fn what_cannot_be_read_or_written_is_3() {
    let folder = folder();
    conformance(folder.path())
        .args(["--spec", "no-such-file.yaml"])
        .assert()
        .code(3)
        .stderr(contains("cannot read no-such-file.yaml"));
    conformance(folder.path())
        .args(["--charts", "no-such-folder"])
        .assert()
        .code(3)
        .stderr(contains("no directory of charts at no-such-folder"));
    conformance(folder.path())
        .arg("--charts")
        .arg(folder.path())
        .assert()
        .code(3)
        .stderr(contains("no chart in"));
    fs::write(folder.path().join("file"), "").expect("written");
    conformance(&folder.path().join("file"))
        .args(["--only", "AM-WIRE-001", "--spec"])
        .arg(foreign("pattern-3.yaml"))
        .assert()
        .code(3);
}

#[test]
fn nothing_that_was_judged_is_never_green() {
    let folder = folder();
    conformance(folder.path())
        .args([
            "--only",
            "AM-WIRE-001",
            "--skip",
            "AM-WIRE-001=not today",
            "--spec",
        ])
        .arg(foreign("pattern-3.yaml"))
        .assert()
        .code(3)
        .stdout(contains("not today"));
    // A requirement about our own layout asks for nothing on charts of others.
    conformance(folder.path())
        .args(["--only", "AM-HELM-017", "--spec"])
        .arg(foreign("pattern-3.yaml"))
        .assert()
        .code(3);
}

#[test]
fn the_page_of_requirements_can_be_checked() {
    Command::cargo_bin("xtask")
        .expect("built")
        .args(["conformance", "requirements", "--check"])
        .assert()
        .code(0)
        .stdout(contains("is up to date"));
}

#[test]
fn charts_of_a_product_version_that_nobody_judges_are_refused() {
    let folder = folder();
    let chart = folder.path().join("charts/am-pattern-0");
    fs::create_dir_all(&chart).expect("made");
    fs::write(chart.join("Chart.yaml"), "appVersion: \"4.8.0\"\n").expect("written");
    conformance(folder.path())
        .arg("--charts")
        .arg(folder.path().join("charts"))
        .assert()
        .code(2)
        .stderr(contains("4.8.0 is an unknown product version"));
}

#[test]
fn what_a_live_run_cannot_be_asked_for_together_is_refused_before_anything_is_made() {
    let refused = |arguments: &[&str], message: &str| {
        let folder = folder();
        conformance(folder.path())
            .args(["--cluster", "kind"])
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(message));
    };
    let representative = "--representative chooses phases of the patterns";
    refused(&["--representative", "selftest"], representative);
    refused(
        &["--representative", "--scenario", "production"],
        representative,
    );
    let selftest = "--with-selftest plays broken charts beside sound ones";
    refused(&["--with-selftest", "selftest"], selftest);
    refused(&["--with-selftest", "--scenario", "published"], selftest);
    let folder = folder();
    conformance(folder.path())
        .arg("--representative")
        .assert()
        .code(2)
        .stderr(contains("--cluster"));
    conformance(folder.path())
        .args(["--scenario", "machines", "--pattern", "5"])
        .args(["--deployment", "vm.yaml"])
        .assert()
        .code(2)
        .stderr(contains("leave out --pattern"));
}
