//! Overlays are judged because they are there: nobody has to tell the suite about a new one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    fixture::copy_directory,
    report::Report,
    suite::{ChartDirectory, HelmPrograms, Input, Options, Silent, Variants, run_with},
};
use am_deployment_toml::product::ProductVersion;
use am_toolchain::{RenderPool, StderrProgress, Tool, Toolchain};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Judges pattern 2 of charts in a folder, on every platform that it has.
fn judge(charts: &Path) -> Report {
    let directory = ChartDirectory {
        version: ProductVersion::newest(),
        path: charts.to_owned(),
    };
    let mut options = Options::new(workspace(), Input::Charts(vec![directory]));
    options.patterns = vec![am_product::Pattern::Numbered(2)];
    options.variants = Variants::None;
    options.only = vec!["AM-SEC".into(), "AM-WIRE".into()];
    let program = Toolchain::new(workspace())
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let pool = RenderPool::new(program, 1).deterministic(true);
    run_with(&options, &pool, &HelmPrograms::default(), &mut Silent).expect("judged")
}

#[test]
fn a_new_overlay_is_judged_and_its_faults_are_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let chart = folder.path().join("am-pattern-2");
    copy_directory(&workspace().join("charts-out/am-pattern-2"), &chart).expect("copied");
    assert_eq!(judge(folder.path()).exit_code(), 0);

    let overlay = "securityContext: {container: {privileged: true}}\n\
        credentials: {existingSecret: apim-credentials}\n\
        database: {mode: external, type: mysql, host: database.apim.svc}\n";
    fs::write(chart.join("overlays/mine.yaml"), overlay).expect("written");
    let report = judge(folder.path());
    assert_eq!(report.exit_code(), 1);
    let found: Vec<(&str, &str)> = report
        .findings()
        .map(|(subject, finding)| (subject.platform.as_str(), finding.requirement.as_str()))
        .collect();
    assert!(
        found.iter().all(|(platform, _)| *platform == "mine"),
        "{found:?}"
    );
    for requirement in ["AM-SEC-002", "AM-WIRE-017"] {
        assert!(
            found.contains(&("mine", requirement)),
            "{requirement}: {found:?}"
        );
    }
}
