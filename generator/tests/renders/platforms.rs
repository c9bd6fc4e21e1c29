//! Overlays: what they say of themselves, what they refuse, and what a cloud's own Gateway is told.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Release, overlaid, refusal, release};

/// What only the operator knows on Google Cloud.
fn gcp() -> Value {
    json!({
        "hostnames": {"management": "am.example.com", "gateway": "gw.example.com"},
        "database": {"host": "10.20.0.5"},
        "credentials": {"csi": {"secretName": "projects/example/secrets/apim"}},
        "exposure": {"gatewayApi": {"gateway": {"tlsSecret": "apim-tls"}}},
    })
}

/// A release of pattern 3 on Google Cloud, with more values.
fn on_gcp(more: Value) -> Release {
    let mut values = gcp();
    let Value::Object(more) = more else {
        panic!("{more} is no table");
    };
    for (key, value) in more {
        values[key] = value;
    }
    overlaid(3, &["gcp"], values).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_overlay_says_which_platform_it_is_for() {
    for pattern in 0..=5 {
        let chart = format!("charts-out/am-pattern-{pattern}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(chart);
        let mut seen = 0;
        for entry in fs::read_dir(folder.join("overlays")).expect("overlays") {
            let path = entry.expect("an overlay").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            // Sizes alone, for any platform.
            if name == "production" {
                continue;
            }
            let platform = name.split('-').next().expect("a platform");
            let text = fs::read_to_string(&path).expect("an overlay");
            assert!(
                text.contains(&format!("\nplatform: {{{platform}: true}}\n")),
                "{}",
                path.display()
            );
            seen += 1;
        }
        assert!(seen > 4, "{seen} overlays");
    }
}

#[test]
fn two_platforms_at_once_are_refused() {
    for pair in [["aws", "gcp"], ["openshift", "aws"], ["azure", "dev"]] {
        let message = overlaid(3, &pair, gcp()).err().expect("refused");
        let mut sorted = pair;
        sorted.sort_unstable();
        assert!(
            message.contains(&format!(
                "the overlays of {} and {} at once",
                sorted[0], sorted[1]
            )),
            "{message}"
        );
    }
    assert!(refusal(3, json!({"platform": {"aws": "yes"}})).contains("/platform/aws"));
}

#[test]
fn a_platform_without_host_names_says_which_to_set() {
    for platform in ["aws", "azure", "gcp", "openshift"] {
        let mut values = gcp();
        values["hostnames"] = json!({});
        if platform == "openshift" {
            values["credentials"] = json!({"existingSecret": "own"});
        }
        let message = overlaid(4, &[platform], values).err().expect("refused");
        for part in [
            "no host name is set".to_owned(),
            format!("from outside on {platform}"),
            "set hostnames.management, hostnames.gateway".to_owned(),
            "hostnames.keyManager to names of yours".to_owned(),
        ] {
            assert!(message.contains(&part), "{part}: {message}");
        }
    }
    // A chart without overlay, and a platform whose ways in are all off, are reached inside the cluster.
    assert_eq!(release(3, json!({})).all("Ingress").count(), 0);
    let closed = on_gcp(
        json!({"hostnames": {}, "exposure": {"gatewayApi": {"enabled": false, "gateway": {"create": false}}}}),
    );
    assert_eq!(closed.all("HTTPRoute").count(), 0);
}

#[test]
fn gke_is_told_whom_to_ask_and_how_long_to_wait_for_every_service_behind_a_route() {
    let release = on_gcp(json!({"gateway": {"portOffset": 10}}));
    for (component, port, path, affinity) in [
        (
            "apim-control-plane",
            9443,
            "/services/Version",
            "GENERATED_COOKIE",
        ),
        (
            "apim-gateway",
            9453,
            "/api/am/gateway/v2/server-startup-healthcheck",
            "NONE",
        ),
    ] {
        let check = release
            .find("HealthCheckPolicy", component)
            .expect("a policy");
        assert_eq!(check["spec"]["targetRef"]["name"], component);
        assert_eq!(
            check["spec"]["default"]["config"],
            json!({"type": "HTTPS", "httpsHealthCheck": {"portSpecification": "USE_FIXED_PORT", "port": port, "requestPath": path}})
        );
        let backend = release
            .find("GCPBackendPolicy", component)
            .expect("a policy");
        assert_eq!(
            backend["spec"],
            json!({
                "targetRef": {"group": "", "kind": "Service", "name": component},
                "default": {"timeoutSec": 3600, "connectionDraining": {"drainingTimeoutSec": 30}, "sessionAffinity": {"type": affinity}},
            })
        );
        let service = release.find("Service", component).expect("a Service");
        let ports = service["spec"]["ports"].as_array().expect("ports");
        let named = |name: &str| {
            ports
                .iter()
                .find(|port| port["name"] == name)
                .expect("a port")
        };
        assert_eq!(named("servlet-https")["appProtocol"], "HTTPS");
    }
    assert!(
        release
            .find("HealthCheckPolicy", "apim-traffic-manager")
            .is_none()
    );
}

#[test]
fn objects_of_the_user_take_no_policy_away() {
    let own = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}});
    let release = on_gcp(json!({"extraObjects": [own]}));
    assert!(release.find("ConfigMap", "own").is_some());
    assert_eq!(release.all("HealthCheckPolicy").count(), 2);
    assert_eq!(release.all("GCPBackendPolicy").count(), 2);
}

#[test]
fn settings_of_the_user_are_laid_over_those_of_a_policy() {
    let mut values = gcp();
    values["exposure"]["gatewayApi"]["policySettings"] = json!({
        "GCPBackendPolicy": {"securityPolicy": "armor", "timeoutSec": 60},
        "HealthCheckPolicy": {"checkIntervalSec": 15, "config": {"httpsHealthCheck": {"requestPath": "/services/Version"}}},
    });
    let release = overlaid(3, &["gcp"], values).unwrap_or_else(|error| panic!("{error}"));
    let backend = &release
        .find("GCPBackendPolicy", "apim-gateway")
        .expect("a policy")["spec"]["default"];
    assert_eq!(backend["securityPolicy"], "armor");
    assert_eq!(backend["timeoutSec"], 60);
    assert_eq!(backend["connectionDraining"]["drainingTimeoutSec"], 30);
    let check = &release
        .find("HealthCheckPolicy", "apim-gateway")
        .expect("a policy")["spec"]["default"];
    assert_eq!(check["checkIntervalSec"], 15);
    assert_eq!(
        check["config"]["httpsHealthCheck"]["requestPath"],
        "/services/Version"
    );
    assert_eq!(check["config"]["httpsHealthCheck"]["port"], 9443);
}

#[test]
fn policies_come_only_where_the_gateway_reads_them_and_a_route_leads_there() {
    let mut values = gcp();
    values["exposure"]["gatewayApi"]["policies"] = json!("");
    let release = overlaid(3, &["gcp"], values).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(release.all("HealthCheckPolicy").count(), 0);
    let release = on_gcp(json!({"hostnames": {"gateway": "gw.example.com"}}));
    assert!(
        release
            .find("HealthCheckPolicy", "apim-control-plane")
            .is_none()
    );
    assert!(release.find("HealthCheckPolicy", "apim-gateway").is_some());
}

#[test]
fn pods_that_mount_the_share_have_its_annotations_and_others_have_not() {
    let annotations = json!({"gke-gcsfuse/volumes": "true"});
    for (is_on, expected) in [(true, json!("true")), (false, Value::Null)] {
        let share =
            json!({"enabled": is_on, "existingClaim": "bucket", "podAnnotations": annotations});
        let release = release(3, json!({"artifacts": share}));
        for kind in ["StatefulSet", "Deployment"] {
            for workload in release.all(kind) {
                let name = &workload["metadata"]["name"];
                let found =
                    &workload["spec"]["template"]["metadata"]["annotations"]["gke-gcsfuse/volumes"];
                let mounts = name != "apim-database";
                assert_eq!(
                    *found,
                    if mounts {
                        expected.clone()
                    } else {
                        Value::Null
                    },
                    "{name}"
                );
            }
        }
    }
}
