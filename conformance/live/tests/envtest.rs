//! Every render against a real API server: strict fields, Pod Security, upgrades. Needs no Docker; the API server is
//! found (`KUBEBUILDER_ASSETS`, `PATH`) or built once from `tools/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use am_conformance::suite::ChartDirectory;
use am_deployment_toml::product::ProductVersion;
use am_generator::{Model, Selection, Templates, generate, output};
use am_live::progress::Silent;
use am_live::{Cluster, Images, LiveReport, Options, Progress, Scenario};
use am_product::Pattern;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The charts of every product version, made from the model.
fn charts(folder: &Path) -> Vec<ChartDirectory> {
    let root = workspace();
    let model = Model::load(&root.join("generator/model"), "generator/model").expect("the model");
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
        .expect("the templates");
    let versions = ProductVersion::all().map(|version| {
        let mut selection = Selection::all(&model);
        version.as_str().clone_into(&mut selection.version);
        let tree = generate(&model, &templates, &selection).expect("charts");
        let path = folder.join(version.as_str());
        output::write(&tree, &path, output::Extent::Everything).expect("written");
        ChartDirectory { version, path }
    });
    versions.collect()
}

fn judge(charts: Vec<ChartDirectory>, patterns: Vec<Pattern>) -> LiveReport {
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let options = Options {
        workspace: workspace(),
        cluster: Cluster::Envtest,
        images: Images::Standin,
        scenario: Scenario::Patterns,
        charts,
        patterns,
        machines: Vec::new(),
        representative: false,
        with_selftest: false,
        jobs: 0,
        keep: false,
        command: "cargo test -p am-live --test envtest".to_owned(),
    };
    am_live::run(&options, &progress).expect("an API server")
}

#[test]
fn every_render_and_every_upgrade_is_admitted() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = judge(charts(folder.path()), Vec::new());
    let findings: Vec<String> = done
        .report
        .findings()
        .map(|(subject, finding)| {
            format!(
                "{} {}: {}",
                subject.id, finding.requirement, finding.message
            )
        })
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert_eq!(done.report.exit_code(), 0);
    let checked = done.report.statistics().checked;
    assert!(checked > 1000, "only {checked} objects were judged");
}

#[test]
fn a_broken_chart_is_refused_for_every_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let charts: Vec<ChartDirectory> = charts(folder.path()).into_iter().take(2).collect();
    let edits = [
        // An unknown field.
        (
            0,
            "gateway/service.yaml",
            "spec:\n",
            "spec:\n  selectr: {}\n",
        ),
        // A field that cannot change.
        (
            1,
            "all-in-one/statefulset.yaml",
            "podManagementPolicy: Parallel",
            "podManagementPolicy: OrderedReady",
        ),
        // A pod that breaks Pod Security.
        (
            0,
            "gateway/deployment.yaml",
            "    spec:\n",
            "    spec:\n      hostNetwork: true\n",
        ),
        // A listener that only a rule in CEL refuses.
        (
            0,
            "exposure/gateway.yaml",
            "protocol: HTTPS",
            "protocol: HTTP",
        ),
        // A field that only a variant's autoscaler has.
        (
            1,
            "gateway/scaledobject.yaml",
            "  pollingInterval:",
            "  pollInterval:",
        ),
        // What the API server takes away again, as in everything that somebody read from a cluster.
        (
            0,
            "exposure/httproute.yaml",
            "spec:\n",
            "status: {parents: []}\nspec:\n",
        ),
    ];
    for (chart, file, from, to) in edits {
        let path = charts[chart].path.join("am-pattern-2/templates").join(file);
        let text = std::fs::read_to_string(&path).expect("a template");
        assert!(text.contains(from), "{} holds no `{from}`", path.display());
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }
    let done = judge(charts, vec![Pattern::Numbered(2)]);
    let says = |requirement: &str, words: &[&str]| {
        done.report.findings().any(|(_, finding)| {
            finding.requirement == requirement
                && words.iter().all(|word| finding.message.contains(word))
        })
    };
    assert!(
        says("AM-K8S-001", &["ScaledObject", "pollInterval"]),
        "no variant was judged"
    );
    assert!(
        says("AM-UPG-012", &["HTTPRoute", "out of sync", "status"]),
        "what the API server dropped is no difference"
    );
    let by_rule = done.report.findings().any(|(_, finding)| {
        let rule = "tls must not be specified for protocols";
        finding.requirement == "AM-K8S-001" && finding.message.contains(rule)
    });
    assert!(by_rule, "no rule in CEL refused anything");
    let reported: std::collections::BTreeSet<&str> = done
        .report
        .findings()
        .map(|(_, finding)| finding.requirement.as_str())
        .collect();
    let expected = ["AM-K8S-001", "AM-SEC-013", "AM-UPG-002", "AM-UPG-012"];
    assert_eq!(reported.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(done.report.exit_code(), 1);
}
