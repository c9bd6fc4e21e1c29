//! `cargo xtask conformance --cluster …` where there is no cluster to be had: never green, always with a hint.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

fn conformance(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("xtask-live").expect("built");
    command
        .args(["conformance", "--pattern", "0"])
        .args(arguments);
    command
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A `docker` that plays the script, before everything else on `PATH`.
fn with_docker(folder: &Path, script: &str) -> std::ffi::OsString {
    am_testing::script(folder, "docker", script);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("a PATH")
}

#[test]
fn a_machine_without_docker_is_told_what_needs_none() {
    let empty = folder();
    conformance(&["--cluster", "kind"])
        .env("PATH", empty.path())
        .assert()
        .code(3)
        .stdout("")
        .stderr(contains("no docker on PATH").and(contains("--cluster envtest")));
}

#[test]
fn a_docker_that_does_not_answer_is_told_in_its_own_words() {
    let bin = folder();
    let script = "echo 'Cannot connect to the Docker daemon' >&2; exit 1";
    conformance(&["--cluster", "kind"])
        .env("PATH", with_docker(bin.path(), script))
        .assert()
        .code(3)
        .stderr(contains("Cannot connect to the Docker daemon").and(contains("start Docker")));
}

#[test]
fn a_docker_with_too_little_memory_is_not_tried() {
    let bin = folder();
    conformance(&["--cluster", "kind"])
        .env("PATH", with_docker(bin.path(), "echo 1073741824"))
        .assert()
        .code(3)
        .stderr(contains("1024 MiB of memory").and(contains("4 GiB")));
}

#[test]
fn a_second_run_with_the_same_name_is_told_what_to_do() {
    let bin = folder();
    // What `kind get clusters` asks is answered with a cluster's name.
    let script = "case \"$1\" in info) echo 17179869184;; ps) echo mine;; esac";
    conformance(&["--cluster", "kind", "--name", "mine"])
        .env("PATH", with_docker(bin.path(), script))
        .assert()
        .code(3)
        .stderr(
            contains("named mine exists already")
                .and(contains("--cluster context=kind-mine"))
                .and(contains("kind delete cluster --name mine")),
        );
}

#[test]
fn a_kubernetes_version_without_a_node_image_is_wrong_usage() {
    let bin = folder();
    let script = "case \"$1\" in info) echo 17179869184;; esac";
    conformance(&["--cluster", "kind", "--kubernetes-version", "1.12"])
        .env("PATH", with_docker(bin.path(), script))
        .assert()
        .code(2)
        .stderr(contains("no node image of Kubernetes 1.12").and(contains("--kind-image")));
}

#[test]
fn an_unknown_context_is_told_with_the_way_to_list_them() {
    let home = folder();
    conformance(&["--cluster", "context=nowhere"])
        .env("KUBECONFIG", home.path().join("config"))
        .assert()
        .code(3)
        .stderr(contains("context named nowhere").and(contains("kubectl config get-contexts")));
}

#[test]
fn a_cluster_that_went_away_is_no_finding() {
    let home = folder();
    let config = home.path().join("config");
    // Nobody listens on the discard port.
    let text = "
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]
users: [{name: u, user: {}}]
contexts: [{name: gone, context: {cluster: c, user: u}}]
";
    fs::write(&config, text).expect("written");
    conformance(&["--cluster", "context=gone", "--images", "real"])
        .env("KUBECONFIG", &config)
        .assert()
        .code(3)
        .stdout("")
        .stderr(contains("is the cluster still there?"));
}

#[test]
fn options_about_documents_are_refused_and_not_ignored() {
    for (option, value) in [
        ("--only", "AM-WIRE"),
        ("--skip", "AM-NET-017=no"),
        ("--platform", "aws"),
    ] {
        conformance(&["--cluster", "envtest", option, value])
            .assert()
            .code(2)
            .stderr(contains(option).and(contains("leave it out")));
    }
}

#[test]
fn wrong_clusters_and_a_selftest_without_stand_ins_are_wrong_usage() {
    conformance(&["--cluster", "minikube"])
        .assert()
        .code(2)
        .stderr(contains("context=NAME"));
    conformance(&["--cluster", "kind", "--images", "real", "selftest"])
        .assert()
        .code(2)
        .stderr(contains("needs stand-ins"));
    conformance(&["--cluster", "envtest", "selftest"])
        .assert()
        .code(2)
        .stderr(contains("--cluster kind"));
}
