//! OpenShift: no pod names a user or group, Routes of both kinds, and the list of images to build.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Release, overlaid, release};

/// Values with every kind of pod that a chart can have.
fn every_pod() -> Value {
    json!({
        "hostnames": {"management": "am.example.com", "gateway": "gw.example.com"},
        "database": {
            "host": "db.example.com",
            "schemaJob": {"enabled": true},
            "driverJar": {"image": {"repository": "drivers", "tag": "1"}, "path": "/driver.jar"},
        },
        "credentials": {"existingSecret": "accounts"},
        "artifacts": {"enabled": true},
    })
}

/// The pods of a release: those of workloads and Jobs, and those of tests.
fn pods(release: &Release) -> Vec<&Value> {
    let mut pods: Vec<&Value> = release.all("Pod").map(|pod| &pod["spec"]).collect();
    for kind in ["StatefulSet", "Deployment", "Job"] {
        pods.extend(release.all(kind).map(|w| &w["spec"]["template"]["spec"]));
    }
    pods
}

/// The security contexts of a pod and of its containers.
fn contexts(pod: &Value) -> Vec<&Value> {
    let lists = ["initContainers", "containers"];
    let containers = lists.iter().filter_map(|list| pod[*list].as_array());
    let own = containers
        .flatten()
        .map(|container| &container["securityContext"]);
    own.chain([&pod["securityContext"]]).collect()
}

const IDS: [&str; 4] = ["runAsUser", "runAsGroup", "fsGroup", "seLinuxOptions"];

#[test]
fn openshift_assigns_the_users_of_every_pod() {
    for pattern in 0..=5 {
        let release = overlaid(pattern, &["openshift"], every_pod()).expect("renders");
        let pods = pods(&release);
        assert!(pods.len() > 2, "{} pods", pods.len());
        for context in pods.iter().flat_map(|pod| contexts(pod)) {
            assert!(context.is_object(), "{context}");
            assert!(IDS.iter().all(|id| context.get(id).is_none()), "{context}");
        }
        for pod in pods {
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
            assert_eq!(
                pod["securityContext"]["seccompProfile"]["type"],
                "RuntimeDefault"
            );
        }
    }
}

#[test]
fn the_bundled_database_is_assigned_its_user_too() {
    let security = json!({
        "assignedByPlatform": true,
        "pod": {"supplementalGroups": [5]},
        "container": {"runAsUser": 5, "runAsGroup": 5, "readOnlyRootFilesystem": false},
    });
    let release = release(
        3,
        json!({"database": {"mode": "bundled"}, "securityContext": security, "credentials": {"generateWithoutCluster": true}}),
    );
    assert!(release.find("StatefulSet", "apim-database").is_some());
    for context in pods(&release).iter().flat_map(|pod| contexts(pod)) {
        assert!(IDS.iter().all(|id| context.get(id).is_none()), "{context}");
        assert!(context.get("supplementalGroups").is_none(), "{context}");
    }
}

#[test]
fn elsewhere_the_users_are_those_of_the_image() {
    let release = release(2, json!({"credentials": {"generateWithoutCluster": true}}));
    assert_eq!(
        release.pod("gateway")["securityContext"]["runAsUser"],
        10001
    );
}

/// A release of pattern 4 on OpenShift with values for its way in.
fn routed(exposure: Value) -> Result<Release, String> {
    let mut values = every_pod();
    values["hostnames"]["keyManager"] = json!("km.example.com");
    values["exposure"] = exposure;
    overlaid(4, &["openshift"], values)
}

fn tls<'r>(release: &'r Release, endpoint: &str) -> &'r Value {
    let name = format!("apim-{endpoint}");
    &release.find("Route", &name).expect("a Route")["spec"]["tls"]
}

#[test]
fn routes_of_both_kinds_stand_side_by_side() {
    let release = routed(json!({"endpoints": {"management": {
        "tlsSecret": "portals-tls",
        "route": {"termination": "reencrypt", "destinationCACertificate": "INSIDE"},
    }}}))
    .expect("renders");
    let portals = tls(&release, "management");
    assert_eq!(portals["termination"], "reencrypt");
    assert_eq!(portals["externalCertificate"]["name"], "portals-tls");
    assert_eq!(portals["destinationCACertificate"], "INSIDE\n");
    assert_eq!(portals.get("certificate"), None);
    let apis = tls(&release, "gateway");
    assert_eq!(apis["termination"], "passthrough");
    assert_eq!(apis.get("destinationCACertificate"), None);
}

#[test]
fn an_endpoint_replaces_the_certificate_of_all_routes() {
    let release = routed(json!({
        "route": {
            "termination": "reencrypt", "destinationCACertificate": "INSIDE",
            "certificate": "ALL", "key": "KEY", "caCertificate": "BETWEEN",
        },
        "endpoints": {
            "management": {"tlsSecret": "portals-tls"},
            "keyManager": {"route": {"termination": "passthrough"}},
        },
    }))
    .expect("renders");
    let apis = tls(&release, "gateway");
    assert_eq!(apis["certificate"], "ALL\n");
    assert_eq!(apis["key"], "KEY\n");
    assert_eq!(apis["caCertificate"], "BETWEEN\n");
    let portals = tls(&release, "management");
    assert_eq!(portals["externalCertificate"]["name"], "portals-tls");
    assert_eq!(portals.get("certificate"), None);
    let tokens = tls(&release, "key-manager");
    assert_eq!(tokens.get("certificate"), None);
}

#[test]
fn certificates_that_do_not_fit_a_route_are_refused() {
    for (exposure, message) in [
        (
            json!({"route": {"termination": "reencrypt"}}),
            "re-encryption needs the certificate that the router trusts",
        ),
        (
            json!({"route": {"certificate": "C", "key": "K"}}),
            "every Route passes TLS through",
        ),
        (
            json!({"endpoints": {"gateway": {"route": {"certificate": "C", "key": "K"}}}}),
            "exposure.endpoints.gateway.route has certificates, but its Route passes TLS through",
        ),
        (
            json!({"route": {"termination": "reencrypt", "destinationCACertificate": "D", "certificate": "C"}}),
            "a certificate without its key",
        ),
        (
            json!({"route": {"termination": "reencrypt", "destinationCACertificate": "D", "certificate": "C", "key": "K", "tlsSecret": "S"}}),
            "has the TLS Secret S and a certificate, too",
        ),
    ] {
        let refused = routed(exposure).err().expect("refused");
        assert!(refused.contains(message), "{refused}");
    }
}

#[test]
fn name_servers_are_asked_at_the_port_of_their_pods() {
    let mut values = every_pod();
    values["networkPolicy"] = json!({"enabled": true});
    let release = overlaid(3, &["openshift"], values).expect("renders");
    let policy = release
        .find("NetworkPolicy", "apim-gateway")
        .expect("a policy");
    let text = policy["spec"]["egress"].to_string();
    assert!(
        text.contains("5353") && !text.contains("\"port\":53,"),
        "{text}"
    );
}

#[test]
fn every_image_of_the_model_is_in_the_list_to_build() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = fs::read_to_string(root.join("images/openshift/images")).expect("the list");
    let listed: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    let mut known = BTreeSet::new();
    for entry in fs::read_dir(root.join("generator/model/components")).expect("components") {
        let text = fs::read_to_string(entry.expect("a file").path()).expect("a component");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("repository: wso2/"));
        known.insert(line.expect("a repository").to_owned());
    }
    assert_eq!(listed, known);
}
