//! A component, a version, a platform and a pattern are data: added to a copy of the workspace (`fixtures/extension`), they are
//! generated, judged and proved by the commands as they were built before.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use am_conformance::fixture::copy_directory;
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde::Deserialize;
use tempfile::TempDir;

/// What the commands read of a workspace.
const DATA: [&str; 6] = [
    "conformance/requirements",
    "deployment-toml/data",
    "fixtures/values",
    "generator/model",
    "generator/templates",
    "product/data",
];

const EQUIVALENTS: &str = "conformance/mutation-equivalents.yaml";

const NEW: [&str; 6] = [
    "--pattern",
    "6",
    "--product-version",
    "4.8.0",
    "--platform",
    "edge",
];

#[derive(Deserialize)]
struct Edit {
    file: String,
    replace: String,
    with: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A copy of the workspace's data.
struct Workspace(TempDir);

impl Workspace {
    fn copied() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in DATA {
            copy_directory(&root().join(path), &folder.path().join(path)).expect("copied");
        }
        let equivalents = folder.path().join(EQUIVALENTS);
        fs::copy(root().join(EQUIVALENTS), equivalents).expect("copied");
        // Tools that are built already are not built again.
        fs::create_dir_all(root().join("target/tools")).expect("writable");
        fs::create_dir(folder.path().join("target")).expect("writable");
        for tools in ["tools", "target/tools"] {
            let own = root().join(tools).canonicalize().expect("the tools");
            symlink(own, folder.path().join(tools)).expect("writable");
        }
        Self(folder)
    }

    fn extended() -> Self {
        let workspace = Self::copied();
        let extension = root().join("fixtures/extension");
        copy_directory(&extension.join("add"), workspace.0.path()).expect("copied");
        let edits = fs::read_to_string(extension.join("edits.yaml")).expect("the edits");
        let edits: Vec<Edit> = serde_saphyr::from_str(&edits).expect("well-formed");
        for edit in edits {
            workspace.replace(&edit.file, &edit.replace, &edit.with);
        }
        workspace
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.0.path().join(file);
        let text = fs::read_to_string(&path).expect("a file of data");
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replace(from, to)).expect("writable");
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        Command::cargo_bin("xtask")
            .expect("the command is built")
            .arg("--workspace")
            .arg(self.0.path())
            .args(arguments)
            .assert()
    }

    fn judge(&self, arguments: &[&str]) -> Assert {
        self.run(&["gen-charts"]).code(0);
        self.run(&[&["conformance"], arguments].concat())
    }
}

fn text(assert: &Assert) -> String {
    let output = assert.get_output();
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    of(&output.stdout) + &of(&output.stderr)
}

#[test]
fn what_is_added_as_data_is_generated_and_conformant() {
    let told = Workspace::extended().judge(&NEW).code(0);
    assert!(text(&told).contains("conformant"), "{}", text(&told));
}

#[test]
fn a_broken_edge_of_a_new_component_is_found_and_named() {
    let workspace = Workspace::extended();
    // The generator takes it, because the all-in-one listens there; but artifacts are not fetched on the port of API traffic.
    workspace.replace(
        "generator/model/wiring.yaml",
        "  - key: apim.event_hub.service_url\n    on: [control-plane, gateway, edge-gateway, traffic-manager, key-manager]\n    to: event-hub\n    form: servlet\n",
        "  - key: apim.event_hub.service_url\n    on: [control-plane, gateway, traffic-manager, key-manager]\n    to: event-hub\n    form: servlet\n    reach: service\n    doc: As before.\n  - key: apim.event_hub.service_url\n    on: [edge-gateway]\n    to: event-hub\n    form: traffic\n",
    );
    workspace.replace(
        "generator/model/wiring.yaml",
        "forms:\n",
        "forms:\n  traffic: {scheme: https, port: gateway-https, path: /services/}\n",
    );
    let told = workspace.judge(&NEW).code(1);
    let told = text(&told);
    for part in [
        "AM-WIRE-010",
        "edge gateway",
        "apim.event_hub.service_url",
        "8243",
    ] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
}

#[test]
fn the_self_test_proves_that_the_new_edge_is_judged() {
    let workspace = Workspace::extended();
    let told = workspace
        .judge(&["--only", "AM-WIRE-010", "selftest"])
        .code(0);
    let told = text(&told);
    let killed = "AM-WIRE-010 edge-gateway-asks-a-port-that-is-closed: killed";
    assert!(told.contains(killed), "{told}");
}

#[test]
fn a_name_that_the_table_does_not_have_is_refused_with_its_line() {
    let workspace = Workspace::copied();
    workspace.replace(
        "product/data/product.yaml",
        "distribution: wso2am-tm",
        "distribution: wso2am-tn",
    );
    let told = text(
        &workspace
            .run(&["conformance", "explain", "AM-WIRE-001"])
            .code(2),
    );
    assert!(told.contains("product/data/product.yaml:"), "{told}");
    assert!(told.contains("did you mean `wso2am-tm`?"), "{told}");
}

#[test]
fn a_row_that_no_requirement_would_judge_is_refused() {
    let workspace = Workspace::extended();
    workspace.replace(
        "conformance/requirements/wiring.yaml",
        "components: [control-plane, gateway, edge-gateway, traffic-manager, key-manager]",
        "components: [control-plane, gateway, traffic-manager, key-manager]",
    );
    let told = text(
        &workspace
            .run(&["conformance", "explain", "AM-WIRE-010"])
            .code(2),
    );
    assert!(told.contains("judged by nobody in pattern 6"), "{told}");
}
