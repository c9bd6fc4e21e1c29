//! What the chart of Micro Integrator does with values.

use serde_json::{Value, json};

use crate::support::{MI, NEWEST, Release, ports, release, release_beside};

const COMPONENT: &str = "micro-integrator";

fn toml(release: &Release) -> String {
    release
        .configuration(COMPONENT, "deployment.toml")
        .to_owned()
}

/// Values of a cluster that coordinates.
fn coordinated() -> Value {
    json!({
        "coordination": {"enabled": true},
        "database": {"mode": "external", "type": "mysql", "host": "db.example.com", "coordination": {"name": "mi_acme"}},
        "credentials": {"coordinationDb": {"username": "mi", "password": "secret"}},
    })
}

/// Values of a tenant's cluster.
fn tenant() -> Value {
    json!({
        "tenant": "acme.example.com",
        "serviceCatalog": {"enabled": true, "url": "https://apim-control-plane:9443"},
        "credentials": {"catalog": {"username": "mi@acme.example.com", "password": "secret"}},
        "artifacts": {"image": {"repository": "registry.example.com/acme-capps", "tag": "7"}},
        "networkPolicy": {"enabled": true, "clients": [{"podSelector": {"matchLabels": {"gateway": "yes"}}}]},
    })
}

#[test]
fn only_traffic_is_in_services() {
    let monitored = json!({"serviceMonitor": {"enabled": true}, "hostnames": {"integration": "mi.example.com"}, "exposure": {"ingress": {"enabled": true}, "publicServices": {"integration": {"enabled": false}}}});
    for values in [json!({}), coordinated(), monitored] {
        let release = release(MI, values);
        let service = release
            .find("Service", "int-micro-integrator")
            .expect("a Service");
        assert_eq!(ports(service), ["mi-https", "mi-http"]);
        for other in release.all("Service") {
            let is_headless = other["spec"]["clusterIP"] == "None";
            assert!(is_headless || !ports(other).contains(&"internal-http"));
            assert!(!ports(other).contains(&"management"));
        }
    }
}

#[test]
fn every_port_is_the_product_s_number_and_the_offset() {
    for (offset, expected) in [
        (10, [8253, 8290, 9201, 9164]),
        (0, [8243, 8280, 9191, 9154]),
    ] {
        let release = release(MI, json!({"microIntegrator": {"portOffset": offset}}));
        let container = release.container();
        let numbers = container["ports"].as_array().expect("ports").iter();
        let numbers: Vec<_> = numbers.map(|port| port["containerPort"].clone()).collect();
        assert_eq!(json!(numbers), json!(expected));
        assert!(toml(&release).contains(&format!("offset = {offset}\n")));
        let port = release.variable("MI_PORT").expect("a variable");
        assert_eq!(port["value"], expected[0].to_string());
        assert_eq!(
            release.variable("MI_HOST").expect("a variable")["value"],
            "int-micro-integrator"
        );
    }
}

#[test]
fn health_is_asked_at_the_internal_port_and_start_at_that_of_the_traffic() {
    let container = release(MI, json!({})).container();
    assert_eq!(container["startupProbe"]["tcpSocket"]["port"], "mi-https");
    for (probe, path) in [
        ("livenessProbe", "/liveness"),
        ("readinessProbe", "/healthz"),
    ] {
        let asked = &container[probe]["httpGet"];
        assert_eq!(
            (&asked["port"], &asked["path"]),
            (&json!("internal-http"), &json!(path))
        );
    }
}

#[test]
fn a_node_finishes_requests_where_its_version_can_and_a_pod_has_the_time() {
    for (version, has) in [("4.5.0", false), ("4.6.0", true), (NEWEST, true)] {
        let values =
            json!({"microIntegrator": {"shutdown": {"timeoutSeconds": 240, "drainSeconds": 20}}});
        let release = release_beside(MI, version, values);
        let text = toml(&release);
        assert_eq!(
            text.contains("graceful_shutdown_timeout = 240000"),
            has,
            "{text}"
        );
        assert_eq!(text.contains("graceful_shutdown_enabled = true"), has);
        let pod = &release.pods()[0]["spec"];
        assert_eq!(pod["terminationGracePeriodSeconds"], 240 + 20 + 15);
        let stop = &pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][2];
        let stop = stop.as_str().expect("a script");
        assert!(stop.starts_with("sleep 20\n") && stop.contains("micro-integrator.sh\" stop"));
        assert!(
            stop.contains("kill -0"),
            "nobody waits for the server: {stop}"
        );
    }
}

#[test]
fn the_heap_is_in_the_variable_that_the_script_reads() {
    let release = release(
        MI,
        json!({"microIntegrator": {"jvm": {"initialHeap": "300m", "maximumHeap": "700m"}}}),
    );
    let heap = release.variable("JVM_MEM_OPTS").expect("a variable");
    assert_eq!(heap["value"], "-Xms300m -Xmx700m");
    assert!(release.variable("JAVA_MEM_OPTS").is_none() && release.variable("MI_URL").is_none());
}

#[test]
fn coordination_makes_a_stateful_set_whose_nodes_have_ids_of_their_own() {
    let plain = release(MI, json!({}));
    assert_eq!(
        (
            plain.all("Deployment").count(),
            plain.all("StatefulSet").count()
        ),
        (1, 0)
    );
    assert!(!toml(&plain).contains("datasource"));
    let release = release(MI, coordinated());
    assert_eq!(
        (
            release.all("Deployment").count(),
            release.all("StatefulSet").count()
        ),
        (0, 1)
    );
    let text = toml(&release);
    assert!(text.contains("node_id = \"$env{AM_NODE_NAME}\""), "{text}");
    assert!(
        text.contains("url = \"jdbc:mysql://db.example.com:3306/mi_acme\""),
        "{text}"
    );
    assert!(text.contains("[[datasource]]") && text.contains("id = \"WSO2_COORDINATION_DB\""));
    assert!(!text.contains("secret"), "{text}");
    let headless = release
        .find("Service", "int-micro-integrator-headless")
        .expect("a Service");
    let set = release
        .find("StatefulSet", "int-micro-integrator")
        .expect("a set");
    assert_eq!(set["spec"]["serviceName"], headless["metadata"]["name"]);
}

#[test]
fn a_tenant_s_cluster_registers_once_as_the_tenant_and_is_called_by_gateways_alone() {
    let release = release(MI, tenant());
    let text = toml(&release);
    assert_eq!(text.matches("[[service_catalog]]").count(), 1);
    assert!(
        text.contains("apim_host = \"https://apim-control-plane:9443\"\n"),
        "{text}"
    );
    assert!(text.contains("username = \"$env{AM_CATALOG_USERNAME}\""));
    assert!(release.variable("AM_CATALOG_PASSWORD").is_some());
    let pod = &release.pods()[0];
    assert_eq!(
        pod["metadata"]["labels"]["am-charts/tenant"],
        "acme.example.com"
    );
    let policy = release
        .find("NetworkPolicy", "int-micro-integrator")
        .expect("a policy");
    let traffic = &policy["spec"]["ingress"][0];
    assert_eq!(
        traffic["from"],
        json!([{"podSelector": {"matchLabels": {"gateway": "yes"}}}])
    );
    assert_eq!(
        traffic["ports"],
        json!([{"port": 8253, "protocol": "TCP"}, {"port": 8290, "protocol": "TCP"}])
    );
    let open = policy["spec"]["ingress"].as_array().expect("rules").iter();
    let management = |rule: &&Value| rule["ports"].to_string().contains("9164");
    assert_eq!(open.filter(management).count(), 0);
}

#[test]
fn capps_come_from_an_image_a_claim_and_config_maps_into_one_folder() {
    let values = json!({"artifacts": {
        "image": {"repository": "registry.example.com/capps", "tag": "7", "path": "/capps"},
        "existingClaim": "shared",
        "configMaps": ["one", "two"],
    }});
    let release = release(MI, values);
    let pod = &release.pods()[0]["spec"];
    let init = pod["initContainers"].as_array().expect("init containers");
    let names: Vec<_> = init.iter().map(|container| &container["name"]).collect();
    assert_eq!(names, ["artifacts-of-image", "artifacts-of-volumes"]);
    assert_eq!(init[0]["args"], json!(["cp -RL /capps/. /copied/"]));
    let mounts = pod["containers"][0]["volumeMounts"]
        .as_array()
        .expect("mounts")
        .iter();
    let folder = "/home/wso2carbon/wso2-config-volume/repository/deployment/server/carbonapps";
    assert_eq!(
        mounts.filter(|mount| mount["mountPath"] == folder).count(),
        1
    );
    let claims = pod["volumes"].to_string();
    assert!(claims.contains("\"claimName\":\"shared\"") && claims.contains("\"name\":\"two\""));
}

#[test]
fn the_dashboard_s_keys_are_those_of_the_version() {
    let older =
        json!({"controlPlane": {"enabled": true, "url": "https://icp:9743/dashboard/api/"}});
    let text = toml(&release_beside(MI, "4.6.0", older));
    assert!(
        text.contains("dashboard_url = \"https://icp:9743/dashboard/api/\""),
        "{text}"
    );
    assert!(!text.contains("icp_config"));
    let newer = json!({"controlPlane": {"enabled": true, "url": "https://icp:9445", "environment": "prod", "secretRef": {"name": "icp"}}});
    let release = release(MI, newer);
    let text = toml(&release);
    assert!(
        text.contains("[icp_config]") && text.contains("runtime = \"$env{AM_NODE_NAME}\""),
        "{text}"
    );
    assert!(!text.contains("dashboard_config"));
    let secret = release
        .variable("AM_CONTROL_PLANE_SECRET")
        .expect("a variable");
    assert_eq!(secret["valueFrom"]["secretKeyRef"]["name"], "icp");
}

#[test]
fn keystores_and_truststore_are_read_from_secrets() {
    let values = json!({
        "keystores": {"existingSecret": "stores", "tls": {"existingSecret": "tls", "fileName": "tls.jks"}},
        "credentials": {"existingSecret": "passwords"},
    });
    let release = release(MI, values);
    let text = toml(&release);
    for line in [
        "file_name = \"repository/resources/security/wso2carbon.jks\"",
        "file_name = \"repository/resources/security/client-truststore.jks\"",
        "location = \"repository/resources/security/tls.jks\"",
        "password = \"$env{AM_KEYSTORE_PASSWORD}\"",
        "password = \"$env{AM_TLS_KEYSTORE_PASSWORD}\"",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
}

#[test]
fn config_has_the_last_word() {
    let values = json!({"microIntegrator": {"config": {"server": {"hot_deployment": true}, "mediation": {"synapse.enable_xpath_dom_failover": true}}}});
    let text = toml(&release(MI, values));
    assert!(
        text.contains("hot_deployment = true") && text.contains("[mediation]"),
        "{text}"
    );
}

#[test]
fn an_autoscaler_scales_the_deployment_which_then_names_no_replicas() {
    let values = json!({"microIntegrator": {"autoscaling": {"enabled": true, "minReplicas": 3}}});
    let release = release(MI, values);
    let scaler = release
        .find("HorizontalPodAutoscaler", "int-micro-integrator")
        .expect("an autoscaler");
    assert_eq!(scaler["spec"]["minReplicas"], 3);
    let deployment = release
        .find("Deployment", "int-micro-integrator")
        .expect("a Deployment");
    assert!(deployment["spec"].get("replicas").is_none());
}

#[test]
fn load_balancers_of_clouds_ask_over_tls_what_the_kubelet_asks_in_clear_text() {
    let values = json!({
        "hostnames": {"integration": "mi.example.com"},
        "exposure": {"gatewayApi": {"enabled": true, "policies": "gke", "parentRefs": [{"name": "public"}]}},
    });
    let release = release(MI, values);
    let policy = release.all("HealthCheckPolicy").next().expect("a policy");
    let asked = &policy["spec"]["default"]["config"]["httpsHealthCheck"];
    assert_eq!(
        (&asked["port"], &asked["requestPath"]),
        (&json!(9164), &json!("/healthz"))
    );
    assert!(toml(&release).contains("[readiness_probe]\n  protocols = \"http https\""));
    for route in release.all("HTTPRoute") {
        let backend = &route["spec"]["rules"][0]["backendRefs"][0];
        assert_eq!(backend["port"], 8253);
    }
}

#[test]
fn files_of_volumes_are_copied_without_what_kubernetes_keeps_there() {
    let release = release(MI, json!({"artifacts": {"configMaps": ["one"]}}));
    let script = &release.pods()[0]["spec"]["initContainers"][0]["args"][0];
    let root = tempfile::tempdir().expect("a folder");
    let path = |name: &str| root.path().join(name);
    // As the kubelet lays a ConfigMap: keys are links into a folder of the time.
    let time = path("from/artifacts-0/..2026");
    std::fs::create_dir_all(&time).expect("made");
    std::fs::create_dir(path("copied")).expect("made");
    std::fs::write(time.join("a.car"), "capp").expect("written");
    let link = std::os::unix::fs::symlink::<&str, _>;
    link("..2026", path("from/artifacts-0/..data")).expect("linked");
    link("..data/a.car", path("from/artifacts-0/a.car")).expect("linked");
    let here = root.path().display();
    let script = script.as_str().expect("a script");
    let script = script
        .replace("cd /from", &format!("cd {here}/from"))
        .replace(" /copied/", &format!(" {here}/copied/"));
    let run = |script: &str| {
        let mut bash = std::process::Command::new("bash");
        let status = bash.args(["-c", script]).status().expect("bash");
        status.success()
    };
    assert!(run(&script));
    let names = std::fs::read_dir(path("copied")).expect("a folder");
    let names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["a.car"]);
    std::fs::remove_file(time.join("a.car")).expect("removed");
    assert!(!run(&script), "a link that leads nowhere was passed over");
}
