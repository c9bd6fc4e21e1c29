//! The engine works with another value than the file seems to say.

use super::*;
use am_deployment_toml::{Provenance, Value};

fn duration(table: &str, key: &str, value: &str) -> Option<String> {
    let more = format!("[{table}]\n{key} = \"{value}\"\n");
    let found: Vec<_> = ProductVersion::all()
        .map(|version| effective(&more, version, pack("aio")).text(&format!("{table}.{key}")))
        .collect();
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    found.into_iter().next().flatten()
}

#[test]
fn durations_become_numbers_of_the_units_of_their_keys() {
    let minutes = |value| {
        duration(
            "oauth.grant_type.token_exchange",
            "iat_validity_period",
            value,
        )
    };
    let seconds = |value| duration("apim.cache", "token_expiry_time", value);
    let milliseconds = |value| duration("user_store.properties", "ConnectionRetryDelay", value);
    assert_eq!(minutes("15m").as_deref(), Some("15"));
    assert_eq!(seconds("15m").as_deref(), Some("900"));
    assert_eq!(milliseconds("15m").as_deref(), Some("900000"));
    assert_eq!(milliseconds("5m").as_deref(), Some("300000"));
    assert_eq!(minutes("90s").as_deref(), Some("1"));
    assert_eq!(minutes("-5m").as_deref(), Some("5"));
    assert_eq!(milliseconds("1.5h").as_deref(), Some("3600000"));
    assert_eq!(minutes("5 m").as_deref(), Some("5"));
    assert_eq!(minutes("5").as_deref(), Some("5"));
    assert_eq!(seconds("1d").as_deref(), Some("86400"));
}

#[test]
fn a_duration_that_loses_something_is_told() {
    for (value, is_told) in [
        ("90s", true),
        ("-5m", true),
        ("1.5h", true),
        ("5 m", false),
        ("2h", false),
        ("1.0h", false),
    ] {
        let wanted =
            ["WrongType SilentlyWrong oauth.grant_type.token_exchange.iat_validity_period"];
        expect(
            &format!("[oauth.grant_type.token_exchange]\niat_validity_period = \"{value}\"\n"),
            if is_told { &wanted } else { &[] },
        );
    }
}

#[test]
fn a_reference_to_a_boolean_or_an_array_replaces_the_whole_value() {
    let more = "[system.parameter]\nflag = true\nlist = [\"x\", \"y\"]\nnumber = 5\na = \"is $ref{system.parameter.flag}\"\nb = \"are $ref{system.parameter.list}\"\nc = \"is $ref{system.parameter.number}\"\nd = [\"$ref{system.parameter.number}\", \"$ref{server.hostname}\"]\ne = [\"$ref{system.parameter.flag}\"]\n";
    for version in ProductVersion::all() {
        let found = effective(more, version, pack("aio"));
        let value = |key: &str| {
            found
                .get(&format!("system.parameter.{key}"))
                .map(|found| found.value.clone())
        };
        assert_eq!(value("a"), Some(Value::Boolean(true)));
        assert_eq!(value("b"), Some(Value::Array(vec!["x".into(), "y".into()])));
        assert_eq!(value("c"), Some("is 5".into()));
        assert_eq!(
            value("d"),
            Some(Value::Array(vec!["5".into(), "am.example.org".into()]))
        );
        assert_eq!(value("e"), Some(Value::Boolean(true)));
    }
}

#[test]
fn a_reference_in_a_variable_is_followed() {
    let environment = Environment::new().with("A", "$ref{server.hostname}/x");
    let found = effective_in(
        "[system.parameter]\na = \"$env{A}\"\n",
        of_version("4.7"),
        pack("aio"),
        &environment,
    );
    assert_eq!(
        found.text("system.parameter.a").as_deref(),
        Some("am.example.org/x")
    );
}

/// A key and what it is with each role of the all-in-one; `None` where the role says nothing.
const ROLES: [(&str, [Option<&str>; 3]); 14] = [
    ("indexing.enable", [None, Some("false"), None]),
    (
        "apim.throttling.enable_data_publishing",
        [Some("false"), Some("true"), Some("false")],
    ),
    (
        "apim.throttling.enable_decision_connection",
        [Some("false"), Some("true"), Some("false")],
    ),
    (
        "apim.throttling.enable_blacklist_condition",
        [Some("false"), Some("true"), Some("false")],
    ),
    (
        "apim.throttling.enable_policy_deploy",
        [None, Some("false"), Some("false")],
    ),
    ("transport.ws.sender.enable", [Some("false"), None, None]),
    ("transport.wss.sender.enable", [Some("false"), None, None]),
    (
        "apim.sync_runtime_artifacts.gateway.enable",
        [Some("false"), None, None],
    ),
    (
        "oauth.grant_type.token_exchange.enable",
        [None, Some("false"), Some("false")],
    ),
    (
        "apim.key_manager.enable_registration",
        [Some("true"), Some("false"), Some("true")],
    ),
    (
        "apim.key_manager.enable_retriever",
        [Some("true"), None, Some("false")],
    ),
    (
        "apim.ai.llm_provider_events_enabled",
        [Some("true"), Some("false"), Some("false")],
    ),
    (
        "apim.certificate_manager.events_enabled",
        [Some("true"), Some("false"), Some("false")],
    ),
    (
        "system.parameter.profile",
        [
            Some("control-plane"),
            Some("gateway-worker"),
            Some("traffic-manager"),
        ],
    ),
];

#[test]
fn the_roles_of_the_all_in_one_infer_its_switches() {
    for version in ProductVersion::all() {
        for (at, role) in ["control-plane", "gateway-worker", "traffic-manager"]
            .iter()
            .enumerate()
        {
            let text = file("").replace("\"default\"", &format!("{role:?}"));
            let document = Document::parse(&text).expect("legal TOML");
            for distribution in Distribution::all().filter(|it| !it.is_companion()) {
                let product = Product::new(version, distribution);
                let found = Effective::resolve(&document, product, &Environment::new());
                for (key, wanted) in ROLES {
                    let is_old =
                        version == of_version("4.5") && key.contains("certificate_manager");
                    let wanted = wanted[at].filter(|_| distribution == pack("aio") && !is_old);
                    let inferred = found
                        .get(key)
                        .filter(|found| matches!(found.provenance, Provenance::Inferred { .. }))
                        .and_then(|found| found.value.scalar_text());
                    assert_eq!(inferred.as_deref(), wanted, "{product} {role} {key}");
                }
            }
        }
    }
}

#[test]
fn a_database_of_type_h2_is_one_file_for_all_and_postgre_commits_its_validation() {
    let more = "[database.apim_db]\ntype = \"h2\"\n[database.other]\ntype = \"h2\"\n[database.config]\ntype = \"postgre\"\nhostname = \"h\"\nport = 5432\nname = \"n\"\n";
    for version in ProductVersion::all() {
        let found = effective(more, version, pack("acp"));
        for name in ["apim_db", "other"] {
            assert_eq!(
                found.text(&format!("database.{name}.url")).as_deref(),
                Some(
                    "jdbc:h2:async:./repository/database/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=60000"
                )
            );
        }
        assert_eq!(
            found.text("database.config.url").as_deref(),
            Some("jdbc:postgresql://h:5432/n")
        );
        assert_eq!(
            found.text("database.config.validationQuery").as_deref(),
            Some("SELECT 1; COMMIT")
        );
    }
}

/// Keys and where the product has a default for them: since a version, in which distributions.
const DEFAULTS: [(&str, Option<&str>, &[&str]); 14] = {
    const EVERY: &[&str] = &["aio", "acp", "gw", "tm"];
    const PORTALS: &[&str] = &["aio", "acp"];
    [
        (
            "passthru_http.'pass.through.transport.replay.transaction.max.buffer.size'",
            Some("4.7"),
            EVERY,
        ),
        (
            "passthru_http.'pass.through.transport.replay.worker.max.pool.size'",
            Some("4.7"),
            EVERY,
        ),
        (
            "synapse_properties.'synapse.mediators.access.control.mode'",
            Some("4.7"),
            EVERY,
        ),
        (
            "synapse_properties.'limit_java_class_access_in_scripts.enable'",
            Some("4.6"),
            EVERY,
        ),
        (
            "synapse_properties.'limit_java_class_access_in_scripts.list_type'",
            Some("4.6"),
            EVERY,
        ),
        (
            "apim.certificate_manager.events_enabled",
            Some("4.6"),
            EVERY,
        ),
        ("apim.ai.default_request_timeout", Some("4.5"), PORTALS),
        (
            "apim.ai.failover_configurations.default_request_timeout",
            Some("4.5"),
            PORTALS,
        ),
        (
            "apim.ai.failover_configurations.failover_endpoints_limit",
            Some("4.5"),
            PORTALS,
        ),
        ("apim.governance.scheduler.queue_size", Some("4.5"), PORTALS),
        ("apim.devportal.mode", Some("4.6"), PORTALS),
        ("apim.mcp.enable", Some("4.6"), PORTALS),
        ("oauth.multiple_client_secrets.enable", Some("4.7"), PORTALS),
        ("apim.jwt.binding_federated_user_claims", None, EVERY),
    ]
};

#[test]
fn defaults_are_there_only_where_the_product_has_them() {
    for (key, since, distributions) in DEFAULTS {
        for version in ProductVersion::all() {
            for distribution in Distribution::all().filter(|it| !it.is_companion()) {
                let text = file("").replace("server_role = \"default\"\n", "");
                let document = Document::parse(&text).expect("legal TOML");
                let product = Product::new(version, distribution);
                let found = Effective::resolve(&document, product, &Environment::new());
                let wanted = since.is_some_and(|since| version >= of_version(since))
                    && distributions.contains(&distribution.short());
                let record = am_deployment_toml::Catalogue::of(distribution)
                    .record(&key.into())
                    .expect("a known key");
                // A key that the product does not read has no value here, whatever its default.
                let wanted = wanted && record.is_read_by(product);
                assert_eq!(found.get(key).is_some(), wanted, "{product} {key}");
            }
        }
    }
}
