use super::*;
use crate::product::{Distribution as D, ProductVersion as V};
use crate::testing::{of_version, pack};
use crate::value::Value;

fn resolve(text: &str, distribution: D) -> Effective {
    resolve_in(text, of_version("4.7"), distribution, &Environment::new())
}

fn resolve_in(text: &str, version: V, distribution: D, environment: &Environment) -> Effective {
    let document = Document::parse(text).expect("legal TOML");
    Effective::resolve(&document, Product::new(version, distribution), environment)
}

fn texts(effective: &Effective, key: &str) -> Vec<String> {
    let found = effective
        .get(key)
        .unwrap_or_else(|| panic!("{key} has no value"));
    found
        .value
        .strings()
        .into_iter()
        .map(ToOwned::to_owned)
        .collect()
}

fn provenance<'a>(effective: &'a Effective, key: &str) -> &'a Provenance {
    &effective
        .get(key)
        .unwrap_or_else(|| panic!("{key} has no value"))
        .provenance
}

#[test]
fn a_written_value_wins_over_inference_and_default() {
    let text =
        "[server]\nserver_role = \"default\"\n[apim.throttling]\nenable_data_publishing = true\n";
    let effective = resolve(text, pack("tm"));
    assert!(effective.is_on("apim.throttling.enable_data_publishing", false));
    assert!(provenance(&effective, "apim.throttling.enable_data_publishing").is_written());
}

#[test]
fn the_default_role_switches_off_what_is_not_the_distributions() {
    let key = "apim.throttling.enable_data_publishing";
    let with = resolve("[server]\nserver_role = \"default\"\n", pack("tm"));
    assert!(!with.is_on(key, true));
    assert_eq!(
        provenance(&with, key),
        &Provenance::Inferred {
            from: "server.server_role".to_owned()
        }
    );
    for text in ["", "[server]\nserver_role = \"traffic-manager\"\n"] {
        let without = resolve(text, pack("tm"));
        assert!(without.is_on(key, false), "{text:?}");
        assert_eq!(provenance(&without, key), &Provenance::ProductDefault);
    }
}

#[test]
fn an_alias_sets_its_targets_and_disappears() {
    let effective = resolve("[transport.receiver]\ntcp_port = 9612\n", pack("aio"));
    assert!(effective.get("transport.receiver.tcp_port").is_none());
    let target = effective
        .get("transport.binary.receiver.tcpPort")
        .expect("target of the alias");
    assert_eq!(target.value, Value::Integer(9612));
    assert_eq!(
        target.written_as,
        Some(KeyPath::from("transport.receiver.tcp_port"))
    );
}

#[test]
fn references_are_followed_through_defaults() {
    let text = "[super_admin]\nusername = \"admin\"\npassword = \"$env{PW}\"\n";
    let environment = Environment::new().with("PW", "secret1");
    let effective = resolve_in(text, of_version("4.7"), pack("gw"), &environment);
    assert_eq!(
        effective.text("apim.event_hub.password").as_deref(),
        Some("secret1")
    );
    assert_eq!(
        effective.text("super_admin.password").as_deref(),
        Some("secret1")
    );
    assert!(matches!(
        provenance(&effective, "super_admin.password"),
        Provenance::Env { name, .. } if name == "PW"
    ));
}

#[test]
fn a_variable_of_unknown_value_stays_as_written() {
    let text = "[super_admin]\npassword = \"$env{PW}\"\n";
    let effective = resolve_in(
        text,
        of_version("4.7"),
        pack("gw"),
        &Environment::new().with_opaque("PW"),
    );
    assert_eq!(
        effective.text("super_admin.password").as_deref(),
        Some("$env{PW}")
    );
    assert!(effective.unresolved().is_empty());
}

#[test]
fn a_database_url_follows_from_its_type() {
    let text = |kind: &str| {
        format!(
            "[database.apim_db]\ntype = \"{kind}\"\nhostname = \"db\"\nport = 5432\nname = \"apim\"\nsid = \"XE\"\n"
        )
    };
    for (kind, url) in [
        ("postgre", "jdbc:postgresql://db:5432/apim"),
        ("mysql", "jdbc:mysql://db:5432/apim"),
        ("mariadb", "jdbc:mariadb://db:5432/apim"),
        (
            "mssql",
            "jdbc:sqlserver://db:5432;databaseName=apim;SendStringParametersAsUnicode=false",
        ),
        ("oracle", "jdbc:oracle:thin:@db:5432/XE"),
        ("db2", "jdbc:db2://db:5432/apim"),
    ] {
        let effective = resolve(&text(kind), pack("acp"));
        assert_eq!(effective.text("database.apim_db.url").as_deref(), Some(url));
    }
    // `postgres` infers nothing, the H2 default stays.
    let wrong = resolve(&text("postgres"), pack("acp"));
    assert!(
        wrong
            .text("database.apim_db.url")
            .is_some_and(|url| url.starts_with("jdbc:h2:"))
    );
}

#[test]
fn a_missing_url_group_falls_back_to_the_node_itself() {
    let effective = resolve("", pack("gw"));
    let key = "apim.throttling.url_group[0].traffic_manager_urls";
    assert_eq!(
        texts(&effective, key),
        ["tcp://${carbon.local.ip}:${receiver.url.port}"]
    );
    assert_eq!(provenance(&effective, key), &Provenance::FallbackToSelf);
    let auth = "apim.event_hub.publish.url_group[0].auth_urls";
    assert_eq!(
        texts(&effective, auth),
        ["ssl://${carbon.local.ip}:${auth.url.port}"]
    );
    assert_eq!(provenance(&effective, auth), &Provenance::FallbackToSelf);
}

#[test]
fn the_publisher_falls_back_to_the_throttling_groups() {
    let text = "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://a:9611\"]\ntraffic_manager_auth_urls = [\"ssl://a:9711\"]\n[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://b:9611\"]\ntraffic_manager_auth_urls = [\"ssl://b:9711\"]\n";
    let effective = resolve(text, pack("aio"));
    assert_eq!(effective.group_count("apim.event_hub.publish.url_group"), 2);
    let key = "apim.event_hub.publish.url_group[1].urls";
    assert_eq!(texts(&effective, key), ["tcp://b:9611"]);
    assert!(matches!(
        provenance(&effective, key),
        Provenance::FallbackFrom { key, span: Some(span) }
            if key == "apim.throttling.url_group[1].traffic_manager_urls" && span.line == 5
    ));
}

#[test]
fn listening_endpoints_fall_back_to_throttle_decisions_and_then_to_the_own_broker() {
    let key = "apim.event_hub.event_listening_endpoints";
    let text = "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://tm:5672\"]\n";
    let effective = resolve(text, pack("gw"));
    assert_eq!(texts(&effective, key), ["tcp://tm:5672"]);
    assert!(matches!(
        provenance(&effective, key),
        Provenance::FallbackFrom { .. }
    ));
    let none = resolve("", pack("gw"));
    assert_eq!(texts(&none, key), ["tcp://${carbon.local.ip}:${jms.port}"]);
    assert_eq!(provenance(&none, key), &Provenance::FallbackToSelf);
}

#[test]
fn the_event_hub_service_falls_back_to_the_throttling_service_and_then_to_the_node_itself() {
    let key = "apim.event_hub.service_url";
    let text = "[apim.throttling]\nservice_url = \"https://tm:9443/services/\"\n";
    let effective = resolve(text, pack("gw"));
    assert_eq!(texts(&effective, key), ["https://tm:9443/services/"]);
    let none = resolve("", pack("gw"));
    assert_eq!(provenance(&none, key), &Provenance::FallbackToSelf);
    assert!(texts(&none, key)[0].starts_with("https://localhost:"));
}

#[test]
fn duplicates_of_the_event_hub_fall_back_to_those_of_throttling() {
    let key = "apim.event_hub.event_duplicate_url";
    let effective = resolve(
        "[apim.throttling]\nevent_duplicate_url = [\"tcp://b:5672\"]\n",
        pack("aio"),
    );
    assert_eq!(texts(&effective, key), ["tcp://b:5672"]);
    let none = resolve("", pack("aio"));
    assert_eq!(provenance(&none, key), &Provenance::FallbackToSelf);
    assert!(none.get("apim.throttling.event_duplicate_url").is_none());
}

#[test]
fn references_without_end_end() {
    use std::fmt::Write as _;
    let mut text = "[system.parameter]\n".to_owned();
    for at in 0..40 {
        let next = at + 1;
        writeln!(
            text,
            "k{at} = \"$ref{{system.parameter.k{next}}}$ref{{system.parameter.k{next}}}\""
        )
        .expect("a string");
    }
    for last in ["$ref{system.parameter.k0}", "x"] {
        let effective = resolve(&format!("{text}k40 = \"{last}\"\n"), pack("aio"));
        assert!(effective.get("system.parameter.k0").is_some());
    }
}
