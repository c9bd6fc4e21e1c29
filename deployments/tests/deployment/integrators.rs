//! Servers beside API Manager: what a document may not say of them, and what becomes of it.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made, workspace};

const TENANTS: &str = "standard-ha-multitenancy";
const SHARED: &str = "standard-ha";

#[test]
fn words_of_integrators_are_refused_with_the_one_that_was_meant() {
    for (old, new, messages) in [
        (
            "kind: mi\n        tenants",
            "kind: mu\n        tenants",
            &["unknown integrator `mu`", "accepted are: mi, si"] as &[&str],
        ),
        (
            "kind: si\n        tenants",
            "kind: si\n        version: 4.4.9\n        tenants",
            &[
                "unknown version of",
                "`4.4.9`",
                "accepted are: 4.3.0, 4.3.1, 4.4.0",
            ],
        ),
        (
            "tenants: each",
            "tenants: eahc",
            &[
                "unknown word `eahc` for tenants",
                "write `each`, or a list of domains",
            ],
        ),
        (
            "tenants: [acme.example.com]",
            "tenants: [acm.example.com]",
            &[
                "the document names no tenant `acm.example.com`",
                "did you mean `acme.example.com`?",
            ],
        ),
        (
            "tenants: [acme.example.com]",
            "tenants: []",
            &["no tenants are listed"],
        ),
        (
            "mi_{tenant}",
            "mi_{tennant}",
            &[
                "nothing to put in the place of {tennant}",
                "did you mean {tenant}?",
            ],
        ),
        (
            "/capps:7",
            "/capps",
            &["names neither a tag nor a digest", "write `repository:tag`"],
        ),
        (
            "{tenant}/capps:7",
            "{tenant/capps:7",
            &["nothing to put in the place of {tenant/capps:7}"],
        ),
        (
            "      - kind: mi\n",
            "      - kind: mi\n        values: {extraEnv: [{name: A, value: \"{tennant}\"}]}\n",
            &[
                "nothing to put in the place of {tennant}",
                "did you mean {tenant}?",
            ],
        ),
        (
            "coordination: {database: \"mi_{tenant}\"}",
            "cordination: {database: \"mi_{tenant}\"}",
            &[
                "unknown field `cordination`",
                "did you mean `coordination`?",
            ],
        ),
        (
            "artifacts: {configMaps",
            "artifacts: {configMap",
            &["unknown field `configMap`", "did you mean `configMaps`?"],
        ),
        (
            "    integrators:\n      - kind: mi\n",
            "    integrators:\n      - kind: mi\n        values: {microIntegratr: {}}\n",
            &[
                "am-integration-mi has no value `microIntegratr`",
                "did you mean `microIntegrator`?",
            ],
        ),
        (
            "    integrators:\n      - kind: mi\n",
            "    integrators:\n      - kind: mi\n        hostnames: {integratoin: \"{tenant}.example.com\"}\n",
            &[
                "unknown endpoint `integratoin`",
                "did you mean `integration`?",
            ],
        ),
        (
            "    integrators:\n      - kind: mi\n",
            "    integrators:\n      - kind: mi\n        values: {tenant: other.example.com}\n",
            &[
                "values.tenant follows from the rest of this document",
                "remove it",
            ],
        ),
    ] {
        let said = refused(TENANTS, &[(old, new)]);
        says(&said, &["d.yaml:"]);
        says(&said, messages);
    }
}

#[test]
fn a_tenant_has_a_domain_a_label_and_a_cluster_of_its_own() {
    let tenants = "tenants: [acme.example.com, globex.example.com]";
    for (new, message, hint) in [
        (
            "tenants: [acme.example.com, acme.example.com]",
            "the tenant acme.example.com is there twice",
            "remove one",
        ),
        (
            "tenants: [acme.example.com, acme.example.net]",
            "releases of acme.example.com and of acme.example.net would both be called after `acme`",
            "write {domain: acme.example.net, label: …}",
        ),
        (
            "tenants: [acme.example.com, Globex]",
            "`Globex` is no domain of a tenant",
            "such as acme.example.com",
        ),
        (
            "tenants: [acme.example.com, {domain: globex.example.com}]",
            "the field `label` is missing",
            "",
        ),
    ] {
        says(
            &refused(TENANTS, &[(tenants, new)]),
            &[message, hint, "d.yaml:7:"],
        );
    }
    // A tenant that nobody serves.
    let said = refused(TENANTS, &[("tenants: each", "tenants: [acme.example.com]")]);
    says(&said, &["no integrator is the tenant's globex.example.com"]);
    let said = refused(
        SHARED,
        &[(
            "      - kind: mi\n",
            "      - kind: mi\n        tenants: each\n",
        )],
    );
    says(&said, &["the document names no tenants"]);
}

#[test]
fn clusters_share_neither_database_nor_account_nor_name() {
    for (old, new, message) in [
        (
            "mi_{tenant}",
            "mi",
            "would find each other in the database mi, and share their work",
        ),
        (
            "si_{tenant}",
            "apim_db",
            "apim_db is a database of API Manager of site main",
        ),
        (
            "      - kind: si\n        tenants",
            "      - {kind: mi, name: all, artifacts: {image: \"x/y:1\"}, credentials: {existingSecret: mi-acme}}\n      - kind: si\n        tenants",
            "clusters rail-mi-acme and rail-all would register with one account",
        ),
        (
            "      - kind: mi\n",
            "      - kind: mi\n        values: {fullnameOverride: all}\n",
            "two releases of site main would call their objects all-…",
        ),
        (
            "mi_{tenant}",
            "si_{tenant}",
            "clusters rail-mi-acme and rail-si-acme of site main would find each other in the database si_acme",
        ),
        (
            "\"mi-{tenant}\"",
            "mi-account",
            "clusters rail-mi-acme and rail-mi-globex would register with one account",
        ),
        (
            "      - kind: si\n        tenants",
            "      - kind: si\n        name: mi\n        tenants",
            "two releases of site main are called rail-mi-acme",
        ),
        (
            "      - kind: si\n        tenants",
            "      - kind: si\n        name: with-a-very-long-name-indeed\n        tenants",
            "would have more than 30 characters",
        ),
        (
            "      - kind: mi\n",
            "      - kind: mi\n        hostnames: {integration: mi.example.com}\n        values: {networkPolicy: {clients: [{namespaceSelector: {}}]}}\n",
            "mi.example.com is both hostnames.integration of release rail-mi-acme and hostnames.integration of release rail-mi-globex",
        ),
        (
            "      - kind: mi\n",
            "      - kind: mi\n        hostnames: {integration: \"{tenant}.example.com\"}\n",
            "only gateways may reach Micro Integrator, so that nobody would get to hostnames.integration",
        ),
    ] {
        says(&refused(TENANTS, &[(old, new)]), &[message, "d.yaml:"]);
    }
}

#[test]
fn what_a_cluster_needs_is_asked_for() {
    let database = "    database: {type: mysql, host: db.rail.example.com}\n";
    for (old, new, message, hint) in [
        (
            "        coordination: {database: si_cluster}\n",
            "",
            "2 nodes of Streaming Integrator find each other in a database, and none is named",
            "or `replicas: 1` and no high availability",
        ),
        (
            "        coordination: {database: si_cluster}\n",
            "        coordination: {database: si_cluster}\n        replicas: 3\n",
            "a cluster has at least 1 and at most 2 nodes of Streaming Integrator, not 3",
            "",
        ),
        (
            "        artifacts: {image: \"registry.example.com/rail/capps:7\"}\n",
            "",
            "Micro Integrator has no artifacts, and so no services to register",
            "inServerImage: true",
        ),
        (
            "        credentials: {existingSecret: mi-credentials}\n",
            "",
            "Micro Integrator needs the user with which it registers services",
            "credentials: {existingSecret: …}",
        ),
        (
            "        credentials: {existingSecret: si-credentials}\n",
            "",
            "Streaming Integrator needs the user of its database",
            "credentials: {existingSecret: …}",
        ),
        (
            "type: mysql",
            "type: db2",
            "Streaming Integrator cannot use a database of the type db2",
            "accepted are: mysql, mssql, oracle, postgre",
        ),
        (
            database,
            "",
            "site main has no database server",
            "say it as `database` of the site",
        ),
        (
            "{database: si_cluster}",
            "{database: \"si_{tenant}\"}",
            "{tenant} is of a tenant, and this cluster is everybody's",
            "write `tenants: each`",
        ),
    ] {
        says(&refused(SHARED, &[(old, new)]), &[message, hint, "d.yaml:"]);
    }
}

#[test]
fn a_data_plane_and_an_old_centralised_deployment_have_none() {
    let integrator = "    integrators: [{kind: mi, credentials: {existingSecret: mi}}]\n";
    let us = "    kubernetes: {context: prod-us, namespace: apim, platform: azure}\n";
    let with = format!("{us}{integrator}");
    let said = refused("centralised", &[(us, &with)]);
    says(
        &said,
        &[
            "site us runs the part `data-plane` only",
            "say them at the main site",
        ],
    );
    let said = refused(
        "centralised",
        &[(
            "productVersion: 4.7.0\n",
            "productVersion: 4.5.0\ntenants: [acme.example.com]\n",
        )],
    );
    says(
        &said,
        &[
            "in topology centralised there are no tenants before product version 4.6.0, and this is 4.5.0",
        ],
    );
}

fn text(document: &str, path: &str) -> String {
    let files = made("d.yaml", document).unwrap_or_else(|error| panic!("{error}"));
    let known: Vec<&String> = files.keys().collect();
    let file = files.get(path);
    let file = file.unwrap_or_else(|| panic!("{path} is none of {known:?}"));
    String::from_utf8_lossy(file).into_owned()
}

#[test]
fn each_tenant_has_releases_of_its_own_and_api_manager_lets_them_register() {
    let acme = text(&example(TENANTS), "sites/main/rail-mi-acme.values.yaml");
    for part in [
        "tenant: acme.example.com\n",
        "url: \"https://rail-all-in-one:9443\"\n",
        "existingSecret: mi-acme\n",
        "repository: registry.example.com/acme/capps\n",
        "name: mi_acme\n",
        "am-charts/serves-gateway: \"true\"\n",
    ] {
        assert!(acme.contains(part), "{part:?} is not in\n{acme}");
    }
    let own = text(&example(TENANTS), "sites/main/rail.values.yaml");
    assert!(
        own.contains("rail-mi-acme") && own.contains("rail-mi-globex") && !own.contains("rail-si"),
        "only who registers is let in\n{own}"
    );
}

#[test]
fn a_tenant_with_a_label_gives_it_to_its_releases() {
    let changed = changed(
        &example(TENANTS),
        &[(
            "globex.example.com]\nsites",
            "{domain: globex.example.com, label: gx}]\nsites",
        )],
    );
    let gx = text(&changed, "sites/main/rail-mi-gx.values.yaml");
    assert!(
        gx.contains("tenant: globex.example.com\n") && gx.contains("name: mi_gx\n"),
        "{gx}"
    );
}

#[test]
fn gateways_that_may_not_call_everybody_may_call_integrators() {
    let changed = changed(
        &example(SHARED),
        &[(
            "networkPolicy: {enabled: true}",
            "networkPolicy: {enabled: true, backends: [{to: [{ipBlock: {cidr: 10.9.0.0/16}}]}]}",
        )],
    );
    let own = text(&changed, "sites/main/rail.values.yaml");
    let (_, backends) = own.split_once("backends:").expect("backends");
    for part in ["rail-mi", "rail-si", "10.9.0.0/16"] {
        assert!(backends.contains(part), "{own}");
    }
}

#[test]
fn the_address_of_the_catalogue_follows_the_name_and_the_offset_of_api_manager() {
    let changed = changed(
        &example(SHARED),
        &[(
            "      networkPolicy: {enabled: true}\n",
            "      networkPolicy: {enabled: true}\n      fullnameOverride: track\n      allInOne: {portOffset: 3}\n",
        )],
    );
    let mi = text(&changed, "sites/main/rail-mi.values.yaml");
    assert!(mi.contains("https://track-all-in-one:9446"), "{mi}");
    assert!(mi.contains("app.kubernetes.io/instance: track\n"), "{mi}");
}

#[test]
fn another_version_of_an_integrator_comes_from_the_charts_beside_another_api_manager() {
    let changed = changed(
        &example(SHARED),
        &[(
            "      - kind: mi\n",
            "      - kind: mi\n        version: 4.5.0\n",
        )],
    );
    let script = text(&changed, "sites/main/install.sh");
    assert!(
        script.contains("find_chart am-integration-mi 4.5.100 4.5.0 4.6.0\n"),
        "{script}"
    );
}

#[test]
fn a_site_without_policies_makes_none_for_clusters_that_are_everybodys() {
    let changed = changed(
        &example(SHARED),
        &[("      networkPolicy: {enabled: true}\n", "")],
    );
    let mi = text(&changed, "sites/main/rail-mi.values.yaml");
    assert!(!mi.contains("networkPolicy"), "{mi}");
}

#[test]
fn a_release_that_calls_its_objects_otherwise_is_told_of_by_that_name() {
    let changed = changed(
        &example(TENANTS),
        &[(
            "      - kind: mi\n",
            "      - kind: mi\n        values: {fullnameOverride: \"zz-{tenant}\"}\n",
        )],
    );
    let readme = text(&changed, "README.md");
    assert!(
        readme.contains("call `https://zz-acme-micro-integrator:8253`"),
        "{readme}"
    );
    let own = text(&changed, "sites/main/rail.values.yaml");
    assert!(own.contains("instance: zz-globex\n"), "{own}");
}

#[test]
fn a_script_tries_all_releases_before_it_installs_the_first() {
    let script = text(&example(TENANTS), "sites/main/install.sh");
    let tried = script
        .find("release_3 --dry-run=server")
        .expect("the last is tried");
    let first = script
        .find("release_0 --wait")
        .expect("the first is installed");
    assert!(tried < first, "{script}");
}

#[test]
fn kinds_of_databases_are_those_that_the_charts_accept() {
    for kind in ["mi", "si"] {
        let chart = format!("charts-out/am-integration-{kind}/values.schema.json");
        let schema = std::fs::read_to_string(workspace().join(chart)).expect("the schema");
        let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
        let accepted = schema.pointer("/properties/database/properties/type/enum");
        let accepted = accepted.and_then(|it| it.as_array()).expect("a list");
        for database in ["mysql", "mssql", "oracle", "postgre", "db2", "mariadb"] {
            let coordination = "        coordination: {database: own}\n        credentials: {existingSecret: x}\n        artifacts: {image: \"x/y:1\"}\n";
            let integrators = "    integrators:\n";
            let whole = example(SHARED);
            let (head, _) = whole.split_once(integrators).expect("integrators");
            let head = head.replace("type: mysql", &format!("type: {database}"));
            let made = made(
                "d.yaml",
                &format!("{head}{integrators}      - kind: {kind}\n{coordination}"),
            );
            let is_in_schema = accepted.iter().any(|it| it == database);
            // The template of one refuses one more.
            let is_refused_by_template = kind == "si" && database == "db2";
            assert_eq!(
                made.is_ok(),
                is_in_schema && !is_refused_by_template,
                "{kind} {database}: {made:?}"
            );
            if let Err(said) = made {
                says(
                    &said,
                    &[&format!("cannot use a database of the type {database}")],
                );
            }
        }
    }
}
