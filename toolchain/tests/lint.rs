//! What `helm lint` says.

mod support;

use am_toolchain::{HelmCommand, Tool};

#[test]
fn lint_passes_a_sound_chart_and_reports_a_broken_one() {
    let helm = HelmCommand::new(support::tool(Tool::Helm4));
    let folder = tempfile::tempdir().expect("temporary folder");
    assert_eq!(
        helm.package(&support::fixture("chart"), folder.path())
            .expect("packed"),
        folder.path().join("fixture-0.1.0.tgz")
    );
    assert_eq!(
        helm.lint_strict(&support::fixture("chart"), &[])
            .expect("runs"),
        Vec::<String>::new()
    );

    std::fs::write(
        folder.path().join("Chart.yaml"),
        "apiVersion: v2\nname: x\n",
    )
    .expect("file");
    let messages = helm.lint_strict(folder.path(), &[]).expect("runs");
    assert!(
        messages.iter().any(|message| message.contains("version")),
        "{messages:?}"
    );
}
