//! What the chart of Streaming Integrator does with values.

use serde_json::{Value, json};

use crate::support::{Release, SI, ports, release, release_beside};

/// The ports that only the active node serves.
const SOURCES: [&str; 6] = [
    "store-https",
    "store-http",
    "si-thrift-ssl",
    "si-thrift",
    "si-binary-ssl",
    "si-binary",
];

/// Values of two nodes.
fn pair() -> Value {
    json!({
        "streamingIntegrator": {"replicas": 2},
        "database": {"mode": "external", "type": "postgre", "host": "db.example.com", "coordination": {"name": "si_acme"}},
        "credentials": {"coordinationDb": {"username": "si", "password": "hidden"}},
    })
}

/// The configuration file: JSON is YAML.
fn configuration(release: &Release) -> Value {
    let text = release.configuration("streaming-integrator", "deployment.yaml");
    serde_saphyr::from_str(text).expect("YAML")
}

#[test]
fn every_section_of_the_image_s_own_file_is_there() {
    for values in [json!({}), pair()] {
        let file = configuration(&release(SI, values));
        for section in [
            "wso2.carbon",
            "wso2.transport.http",
            "siddhi.stores.query.api",
            "databridge.config",
            "data.agent.config",
            "wso2.metrics",
            "wso2.metrics.jdbc",
            "wso2.artifact.deployment",
            "state.persistence",
            "error.store",
            "wso2.securevault",
            "wso2.datasources",
            "cluster.config",
            "auth.configs",
            "service.catalog.configs",
        ] {
            assert!(file.get(section).is_some(), "{section} is missing");
        }
    }
}

#[test]
fn two_nodes_have_ids_of_their_own_one_group_and_one_database() {
    let release = release(SI, pair());
    let file = configuration(&release);
    assert_eq!(file["wso2.carbon"]["id"], "${env:AM_NODE_NAME}");
    let cluster = &file["cluster.config"];
    assert_eq!(
        (&cluster["enabled"], &cluster["groupId"]),
        (&json!(true), &json!("int-streaming-integrator"))
    );
    let server = &file["deployment.config"]["eventSyncServer"];
    assert_eq!(file["deployment.config"]["type"], "ha");
    assert_eq!(
        (&server["advertisedHost"], &server["advertisedPort"]),
        (&json!("${env:AM_NODE_ADDRESS}"), &json!(9893))
    );
    let address = release.variable("AM_NODE_ADDRESS").expect("a variable");
    assert_eq!(
        address["value"],
        "$(AM_NODE_NAME).int-streaming-integrator-headless"
    );
    let sources = file["wso2.datasources"]["dataSources"]
        .as_array()
        .expect("sources");
    for name in ["WSO2_CLUSTER_DB", "PERSISTENCE_DB"] {
        let source = sources
            .iter()
            .find(|source| source["name"] == name)
            .expect("a source");
        let settings = &source["definition"]["configuration"];
        assert_eq!(
            settings["jdbcUrl"],
            "jdbc:postgresql://db.example.com:5432/si_acme"
        );
        assert_eq!(settings["password"], "${env:AM_COORDINATION_DB_PASSWORD}");
    }
    assert_eq!(
        file["state.persistence"]["config"]["datasource"],
        "PERSISTENCE_DB"
    );
    assert!(!file.to_string().contains("hidden"));
}

#[test]
fn one_node_is_no_cluster() {
    let file = configuration(&release(SI, json!({})));
    assert_eq!(file["cluster.config"]["enabled"], false);
    assert!(file.get("deployment.config").is_none());
    assert!(!file.to_string().contains("COORDINATION"));
}

#[test]
fn no_service_balances_what_the_passive_node_has_closed() {
    let mut values = pair();
    values["streamingIntegrator"]["extraPorts"] =
        json!([{"name": "orders", "containerPort": 8006}]);
    let release = release(SI, values);
    let own = release
        .find("Service", "int-streaming-integrator")
        .expect("a Service");
    assert_eq!(ports(own), ["si-https", "si-http"]);
    for service in release.all("Service") {
        let selects_one = service["spec"]["selector"]
            .get("statefulset.kubernetes.io/pod-name")
            .is_some();
        let is_headless = service["spec"]["clusterIP"] == "None";
        let has = ports(service)
            .iter()
            .any(|port| SOURCES.contains(port) || *port == "orders");
        assert!(!has || selects_one || is_headless, "{service}");
    }
    for node in ["int-streaming-integrator-0", "int-streaming-integrator-1"] {
        let service = release
            .find("Service", node)
            .expect("a Service of the node");
        assert_eq!(
            service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"],
            node
        );
        assert!(ports(service).contains(&"orders"));
        assert!(SOURCES.iter().all(|port| ports(service).contains(port)));
    }
    let headless = release
        .find("Service", "int-streaming-integrator-headless")
        .expect("a Service");
    assert!(ports(headless).contains(&"event-sync"));
}

#[test]
fn probes_ask_nothing_that_the_passive_node_has_closed() {
    let container = release(SI, pair()).container();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["tcpSocket"]["port"], "si-https", "{probe}");
    }
}

#[test]
fn the_offset_moves_every_port_at_both_ends() {
    let values = json!({"streamingIntegrator": {"portOffset": 5}});
    let release = release(SI, values);
    let file = configuration(&release);
    assert_eq!(file["wso2.carbon"]["ports"]["offset"], 0);
    assert_eq!(
        file["wso2.transport.http"]["listenerConfigurations"][1]["port"],
        9448
    );
    assert_eq!(
        file["siddhi.stores.query.api"]["listenerConfigurations"][0]["port"],
        7075
    );
    let thrift = &file["databridge.config"]["dataReceivers"][0]["dataReceiver"]["properties"];
    assert_eq!(thrift["tcpPort"], "7616");
    let container = release.container();
    assert_eq!(container["ports"][0]["containerPort"], 9448);
}

#[test]
fn siddhi_apps_come_from_values_and_a_change_restarts_the_pods() {
    let with = |text: &str| release(SI, json!({"apps": {"Counter.siddhi": text}}));
    let one = with("@App:name('Counter')");
    let map = one
        .find("ConfigMap", "int-streaming-integrator-apps")
        .expect("a ConfigMap");
    assert_eq!(map["data"]["Counter.siddhi"], "@App:name('Counter')");
    let mounts = one.container()["volumeMounts"].to_string();
    assert!(
        mounts.contains("wso2-config-volume/wso2/server/deployment/siddhi-files"),
        "{mounts}"
    );
    let checksum =
        |release: &Release| release.pods()[0]["metadata"]["annotations"]["checksum/apps"].clone();
    assert_ne!(checksum(&one), checksum(&with("@App:name('Other')")));
}

#[test]
fn heap_and_user_are_those_that_the_version_reads() {
    let release = release(
        SI,
        json!({"streamingIntegrator": {"jvm": {"maximumHeap": "900m"}}}),
    );
    let options = release.variable("JAVA_OPTS").expect("a variable");
    assert_eq!(options["value"], "-Xms256m -Xmx900m");
    for (version, user) in [("4.5.0", 802), ("4.6.0", 802), ("4.7.0", 10802)] {
        let release = release_beside(SI, version, json!({}));
        assert_eq!(
            release.pods()[0]["spec"]["securityContext"]["runAsUser"],
            user,
            "{version}"
        );
    }
}

#[test]
fn the_catalogue_s_address_is_host_and_port() {
    let values = json!({
        "serviceCatalog": {"enabled": true, "url": "https://apim-all-in-one:9453"},
        "apps": {"A.siddhi": "@App:name('A')"},
        "credentials": {"catalog": {"username": "si", "password": "hidden"}},
    });
    let file = configuration(&release(SI, values));
    let catalog = &file["service.catalog.configs"];
    assert_eq!(
        (&catalog["hostname"], &catalog["port"]),
        (&json!("apim-all-in-one"), &json!(9453))
    );
    assert_eq!(catalog["password"], "${env:AM_CATALOG_PASSWORD}");
}

#[test]
fn config_is_merged_over_sections_with_dots_in_their_names() {
    let values = json!({"streamingIntegrator": {"config": {"wso2.artifact.deployment": {"updateInterval": 30}}}});
    let file = configuration(&release(SI, values));
    assert_eq!(file["wso2.artifact.deployment"]["updateInterval"], 30);
    assert_eq!(file["wso2.carbon"]["type"], "wso2-si");
}

#[test]
fn load_balancers_of_clouds_ask_for_no_page_that_needs_the_administrator() {
    let with = |policies: &str| {
        release(
            SI,
            json!({
                "hostnames": {"admin": "si.example.com"},
                "exposure": {"gatewayApi": {"enabled": true, "policies": policies, "parentRefs": [{"name": "public"}], "backendTls": {"enabled": policies == "agc", "hostname": "localhost"}}},
            }),
        )
    };
    let gke = with("gke");
    let policy = gke.all("HealthCheckPolicy").next().expect("a policy");
    assert_eq!(policy["spec"]["default"]["config"]["type"], "TCP");
    let agc = with("agc");
    let policy = agc.all("HealthCheckPolicy").next().expect("a policy");
    let codes = &policy["spec"]["default"]["http"]["match"]["statusCodes"][0];
    assert_eq!(codes["end"], 499);
}
