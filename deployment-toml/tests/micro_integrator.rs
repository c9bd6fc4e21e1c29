//! The catalogue of a companion: its own versions, its own defaults, nothing of the product's.

use am_deployment_toml::product::ConfigurationFormat;
use am_deployment_toml::{
    Catalogue, Distribution, Document, Effective, Environment, Fault, FaultKind, Product, inspect,
};

/// The files that the versions ship.
const SHIPPED: [(&str, &str); 3] = [
    ("4.4.0", include_str!("data/micro-integrator/4.4.0.toml")),
    ("4.5.0", include_str!("data/micro-integrator/4.5.0.toml")),
    ("4.6.0", include_str!("data/micro-integrator/4.6.0.toml")),
];

fn product(release: &str) -> Product {
    let pack: Distribution = "wso2mi".parse().expect("a pack");
    Product::new(pack.line(release).expect("a version of it"), pack)
}

fn faults(text: &str, release: &str) -> Vec<Fault> {
    let text = format!("[server]\nhostname = \"a.example\"\n{text}");
    inspect(&text, product(release), &Environment::new())
}

fn key(fault: &Fault) -> String {
    let key = fault.key.as_ref();
    key.map(ToString::to_string).unwrap_or_default()
}

fn effective(text: &str, release: &str) -> Effective {
    let document = Document::parse(text).expect("legal TOML");
    Effective::resolve(&document, product(release), &Environment::new())
}

#[test]
fn every_version_knows_the_file_that_it_ships() {
    for (release, text) in SHIPPED {
        let found = inspect(text, product(release), &Environment::new());
        let found: Vec<_> = found.iter().map(|it| (it.kind, key(it))).collect();
        // The encryption's own keys stand in the wrong table there, and nothing reads them.
        let dead = [
            (FaultKind::DeadKey, "truststore.alias".to_owned()),
            (FaultKind::DeadKey, "truststore.algorithm".to_owned()),
        ];
        assert_eq!(found, dead, "{release}");
    }
}

#[test]
fn a_typo_is_told_with_the_key_that_was_meant() {
    for (text, meant) in [
        ("ofset = 10", "server.offset"),
        (
            "[[service_catalog]]\napim_hots = \"x\"",
            "service_catalog[].apim_host",
        ),
        ("[cluster_config]\nnodeid = \"x\"", "cluster_config.node_id"),
        ("[[datasource]]\ndrivr = \"x\"", "datasource[].driver"),
        ("[icp_confg]\nenabled = true", "icp_config.enabled"),
        (
            "[dashboard_config]\ndashbord_url = \"x\"",
            "dashboard_config.dashboard_url",
        ),
        (
            "[management_api]\nprotocol = \"https\"",
            "management_api.protocols",
        ),
        (
            "[internal_apis.file_user_stor]\nenable = false",
            "internal_apis.file_user_store.enable",
        ),
        (
            "[mediation.synapse]\ncore_thread = 1",
            "mediation.synapse.core_threads",
        ),
        (
            "[transport.http]\nsocket_timout = 1",
            "transport.http.socket_timeout",
        ),
        ("[truststore]\nfile_nam = \"x\"", "truststore.file_name"),
    ] {
        let found = faults(text, "4.6.0");
        let [fault] = found.as_slice() else {
            panic!("{text}: {found:?}");
        };
        assert_eq!(fault.kind, FaultKind::UnknownKey, "{text}");
        assert!(fault.help.contains(meant), "{text}: {}", fault.help);
    }
}

#[test]
fn a_key_of_a_later_version_is_told_with_the_companions_own_versions() {
    let found = faults("graceful_shutdown_timeout = 1000", "4.4.0");
    assert_eq!(found[0].kind, FaultKind::KeyNotInVersion);
    assert_eq!(found[0].message, "4.4.0 does not read this key");
    assert_eq!(found[0].help, "remove it; it is read in 4.5.0, 4.6.0");
    assert!(faults("graceful_shutdown_timeout = 1000", "4.5.0").is_empty());
    let found = faults("[icp_config]\nenabled = true", "4.5.0");
    assert_eq!(found[0].help, "remove it; it is read in 4.6.0");
}

#[test]
fn its_defaults_are_its_own() {
    let text = |found: &Effective, key: &str| found.text(key);
    for (release, shutdown) in [
        ("4.4.0", None),
        ("4.5.0", Some("180000")),
        ("4.6.0", Some("180000")),
    ] {
        let found = effective("", release);
        assert_eq!(text(&found, "server.offset").as_deref(), Some("10"));
        let key = "server.gracefulShutdownTimeout";
        assert_eq!(text(&found, key).as_deref(), shutdown, "{release}");
        let port = "transport.http.listener.parameter.port";
        assert_eq!(text(&found, port).as_deref(), Some("8280"));
    }
    let found = effective("[server]\ngraceful_shutdown_timeout = 1000\n", "4.6.0");
    assert_eq!(
        text(&found, "server.gracefulShutdownTimeout").as_deref(),
        Some("1000")
    );
    let found = effective("[user_store]\ntype = \"database\"\n", "4.6.0");
    assert!(
        text(&found, "user_store.class").is_some_and(|it| it.ends_with("JDBCUserStoreManager"))
    );
}

#[test]
fn an_alias_in_an_array_of_tables_stays_in_its_element() {
    let file = "[[transport.jms.sender]]\nname = \"a\"\nparameter.provider_url = \"one\"\n\
                [[transport.jms.sender]]\nname = \"b\"\nparameter.provider_url = \"two\"\n";
    let found = effective(file, "4.6.0");
    for (at, wanted) in ["one", "two"].iter().enumerate() {
        let key = format!("transport.jms.sender[{at}].parameter.'java.naming.provider.url'");
        assert_eq!(found.text(&key).as_deref(), Some(*wanted), "{key}");
    }
}

#[test]
fn nothing_of_the_product_itself_holds_for_it() {
    assert!(faults("", "4.6.0").is_empty(), "it has no role to miss");
    let found = faults("server_role = \"default\"", "4.6.0");
    assert_eq!(found[0].kind, FaultKind::UnknownKey);
    let found = effective("", "4.6.0");
    let keys = found.values().keys().map(ToString::to_string);
    let own: Vec<String> = keys.filter(|key| key.starts_with("apim.")).collect();
    assert!(own.is_empty(), "{own:?}");
    let missing = inspect("", product("4.6.0"), &Environment::new());
    let missing: Vec<String> = missing.iter().map(key).collect();
    assert_eq!(missing, ["server.hostname"]);
}

#[test]
fn a_switch_that_java_casts_must_be_a_boolean() {
    for (value, is_fault) in [("true", false), ("\"true\"", true)] {
        let text = format!("[[service_catalog]]\nenable = {value}");
        let kinds: Vec<_> = faults(&text, "4.6.0").iter().map(|it| it.kind).collect();
        let wanted = [FaultKind::TextForBoolean];
        assert_eq!(kinds, if is_fault { &wanted[..] } else { &[] }, "{value}");
    }
}

#[test]
fn a_configuration_in_yaml_has_a_format_and_no_keys() {
    let pack: Distribution = "wso2si".parse().expect("a pack");
    assert_eq!(pack.configuration_format(), ConfigurationFormat::Yaml);
    assert_eq!(Catalogue::of(pack).records().count(), 0);
    let product = Product::new(pack.line("4.3.1").expect("a version of it"), pack);
    let found = inspect("[server]\nhostname = \"a\"\n", product, &Environment::new());
    assert!(found.iter().all(|it| it.kind == FaultKind::UnknownKey));
}
