//! Bad values, and what the charts say of them: what, where, and what to do.

use serde_json::{Value, json};

use crate::support::{MI, SI, refusal};

fn refused(chart: &str, values: Value, message: &str) {
    let said = refusal(chart, values);
    assert!(
        said.contains(message),
        "{chart}: expected\n  {message}\nin\n  {said}"
    );
}

#[test]
fn coordination_and_a_database_need_each_other() {
    refused(
        MI,
        json!({"coordination": {"enabled": true}}),
        "coordination.enabled is true, but database.mode is none: nodes find each other in a database, so set database.mode to external",
    );
    refused(
        MI,
        json!({"database": {"mode": "external", "type": "mysql", "host": "db"}}),
        "coordination.enabled is false, so that nothing uses the database",
    );
    refused(
        MI,
        json!({"database": {"host": "db"}}),
        "database.host is db, but database.mode none is no database server: set database.mode to external",
    );
    refused(
        MI,
        json!({"coordination": {"enabled": true}, "database": {"mode": "external", "host": "db"}}),
        "database.type is empty, but database.mode is external",
    );
    refused(
        MI,
        json!({"coordination": {"enabled": true}, "database": {"mode": "external", "type": "mysql", "host": "db"}}),
        "nothing gives coordination-db-username, which your database server knows",
    );
}

#[test]
fn coordinated_nodes_are_not_scaled() {
    let mut values = json!({"coordination": {"enabled": true}, "database": {"mode": "external", "type": "mysql", "host": "db"}, "credentials": {"coordinationDb": {"username": "a", "password": "b"}}});
    values["microIntegrator"] = json!({"autoscaling": {"enabled": true}});
    refused(
        MI,
        values.clone(),
        "microIntegrator.autoscaling scales a Deployment, but coordination.enabled makes a StatefulSet of it",
    );
    values["microIntegrator"] = json!({"replicas": null});
    refused(
        MI,
        values,
        "microIntegrator.replicas is null, but with coordination.enabled nodes are a StatefulSet",
    );
}

#[test]
fn high_availability_of_streams_is_two_nodes_with_a_database() {
    refused(
        SI,
        json!({"streamingIntegrator": {"replicas": 3}}),
        "streamingIntegrator.replicas is 3, but high availability of Streaming Integrator is exactly two nodes",
    );
    refused(
        SI,
        json!({"streamingIntegrator": {"replicas": 2}}),
        "streamingIntegrator.replicas is 2, but database.mode is none: two nodes agree in a database which of them is active",
    );
    refused(
        SI,
        json!({"streamingIntegrator": {"replicas": 2}, "database": {"mode": "external", "type": "db2", "host": "db"}}),
        "database.type is db2, which Streaming Integrator has no queries for",
    );
}

#[test]
fn an_app_has_the_name_of_a_file() {
    refused(
        SI,
        json!({"apps": {"Counter": "x"}}),
        "apps: \"Counter\" is no name of a Siddhi app's file",
    );
}

#[test]
fn the_catalogue_s_address_has_host_and_port_alone() {
    for chart in [MI, SI] {
        let with = |url: &str| json!({"serviceCatalog": {"enabled": true, "url": url}, "artifacts": {"inServerImage": true}});
        refused(
            chart,
            with(""),
            "serviceCatalog.url is empty, but serviceCatalog.enabled is true",
        );
        refused(
            chart,
            with("https://apim:9443/services/"),
            "serviceCatalog.url https://apim:9443/services/ has a path, but the server adds the catalogue's own: write https://apim:9443",
        );
        refused(
            chart,
            with("http://apim:9763"),
            "does not begin with https://",
        );
        refused(chart, with("https://apim"), "is not https://HOST:PORT");
    }
}

#[test]
fn the_catalogue_needs_artifacts_and_a_user() {
    let url = json!({"enabled": true, "url": "https://apim:9443"});
    for chart in [MI, SI] {
        refused(
            chart,
            json!({"serviceCatalog": url}),
            "serviceCatalog.enabled is true, but there are no artifacts whose services could be registered",
        );
        refused(
            chart,
            json!({"serviceCatalog": url, "artifacts": {"inServerImage": true}}),
            "nothing gives catalog-username, which API Manager knows and the chart cannot make up",
        );
        refused(
            chart,
            json!({"tenant": "acme.example.com", "serviceCatalog": url, "artifacts": {"inServerImage": true}, "credentials": {"catalog": {"username": "admin", "password": "p"}}}),
            "credentials.catalog.username admin is not of the tenant acme.example.com",
        );
    }
}

#[test]
fn a_tenant_s_policy_says_who_may_call() {
    for chart in [MI, SI] {
        refused(
            chart,
            json!({"tenant": "acme.example.com", "networkPolicy": {"enabled": true}}),
            "networkPolicy.clients is empty, so that every pod, other tenants' among them, could call the integrations of acme.example.com",
        );
    }
}

#[test]
fn what_the_six_charts_refuse_is_refused_here() {
    for (chart, key) in [(MI, "microIntegrator"), (SI, "streamingIntegrator")] {
        refused(
            chart,
            json!({key: {"config": {"server": {"offset": 3}}}}),
            "set portOffset of the components instead",
        );
        refused(
            chart,
            json!({key: {"jvm": {"maximumHeap": "4g"}}}),
            "is too little for",
        );
        refused(
            chart,
            json!({key: {"service": {"type": "LoadBalancer"}}}),
            "would publish every port of that Service",
        );
        refused(
            chart,
            json!({"platform": {"aws": true, "gcp": true}}),
            "give Helm the overlay of one platform",
        );
        refused(
            chart,
            json!({"artifacts": {"image": {"repository": "capps"}}}),
            "artifacts.image.tag is empty",
        );
        refused(chart, json!({"networkPolicies": {}}), "networkPolicies");
    }
}
