//! One test or more per row of the observed behaviour of the engine.

use super::*;
use crate::testing::{of_version, pack};

const BASE: &str = r#"
[server]
hostname = "am.example.org"
server_role = "default"

[super_admin]
username = "admin"
password = "$env{ADMIN_PASSWORD}"

[database.shared_db]
type = "mysql"
hostname = "db"
port = 3306
name = "shared_db"
username = "shared"
password = "shared"
"#;

fn product() -> Product {
    Product::new(of_version("4.7"), pack("gw"))
}

fn environment() -> Environment {
    Environment::new().with("ADMIN_PASSWORD", "admin1")
}

/// The faults of a sound file with `more` after it, as `kind severity key line`.
fn found(more: &str) -> Vec<String> {
    found_in(&format!("{BASE}{more}"), &environment())
}

fn found_in(text: &str, environment: &Environment) -> Vec<String> {
    inspect(text, product(), environment)
        .into_iter()
        .map(|fault| {
            assert!(
                !fault.message.is_empty() && !fault.help.is_empty(),
                "{fault:?}"
            );
            let key = fault
                .key
                .map_or_else(|| "-".to_owned(), |key| key.to_string());
            format!("{:?} {:?} {key}", fault.kind, fault.severity)
        })
        .collect()
}

#[test]
fn a_sound_file_has_no_fault() {
    assert_eq!(found(""), [""; 0]);
}

#[test]
fn a_table_after_its_own_sub_table_overflows_the_stack() {
    assert_eq!(
        found("[monitoring.jmx]\nrmi_hostname = \"h\"\n[monitoring]\n"),
        ["TableAfterSubtable StartUpFails monitoring"]
    );
    let groups = "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://t:9611\"]\ntraffic_manager_auth_urls = [\"ssl://t:9711\"]\n";
    for parent in ["apim.throttling", "apim"] {
        assert_eq!(
            found(&format!("{groups}[{parent}]\n")),
            [format!("TableAfterSubtable StartUpFails {parent}")]
        );
    }
}

#[test]
fn parents_before_children_and_repeated_array_tables_are_in_order() {
    let text = "[apim]\n[apim.throttling]\n[[apim.gateway.environment]]\nname = \"a\"\n[apim.gateway.environment.properties]\nx = 1\n[monitoring.jmx]\n[[apim.gateway.environment]]\nname = \"b\"\n[apim.gateway.environment.properties]\nx = 1\n";
    assert_eq!(found(text), [""; 0]);
}

#[test]
fn duplicates_stop_the_start_up() {
    assert_eq!(found("[server]\n"), ["Duplicate StartUpFails -"]);
    assert_eq!(
        found("[monitoring]\njmx.rmi_hostname = \"a\"\njmx.rmi_hostname = \"b\"\n"),
        ["Duplicate StartUpFails -"]
    );
}

#[test]
fn broken_toml_stops_the_start_up_and_tells_the_line() {
    let faults = inspect("[server]\nhostname = \n", product(), &environment());
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].kind, FaultKind::Syntax);
    assert_eq!(faults[0].span.map(|span| span.line), Some(2));
}

#[test]
fn an_array_of_mixed_types_stops_the_start_up() {
    let labels = |array: &str| {
        found(&format!(
            "[apim.sync_runtime_artifacts.gateway]\ngateway_labels = {array}\n"
        ))
    };
    let key = "apim.sync_runtime_artifacts.gateway.gateway_labels";
    assert_eq!(
        labels("[1, \"b\"]"),
        [format!("MixedArray StartUpFails {key}")]
    );
    assert_eq!(
        labels("[[1, \"b\"]]"),
        [format!("MixedArray StartUpFails {key}")]
    );
    assert_eq!(labels("[]"), [""; 0]);
    assert_eq!(labels("[\"a\", \"b\"]"), [""; 0]);
}

#[test]
fn every_accepted_way_of_writing_is_accepted() {
    let text = "[database.local]\npool_options = { maxActive = 5, maxWait = 6 }\r\n[system]\r\nparameter.'a.b' = '''x\ny'''\nparameter.\"c.d\" = \"\"\"\nz\"\"\"\nparameter.e = \"\\u00e9\"\n[[datasource]]\nid = \"a\"\n[monitoring.jmx]\nrmi_server_start = true\n[[datasource]]\nid = \"b\"\n";
    assert_eq!(found(text), [""; 0]);
}

#[test]
fn a_float_for_an_integer_is_copied_as_text() {
    let text = BASE.replace("port = 3306", "port = 3306.0");
    assert_eq!(
        found_in(&text, &environment()),
        ["FloatForInteger SilentlyWrong database.shared_db.port"]
    );
    assert_eq!(
        found("[transport.https.properties]\nproxyPort = 443.0\n"),
        ["FloatForInteger SilentlyWrong transport.https.properties.proxyPort"]
    );
    assert_eq!(
        found("[database.apim_db.pool_options]\nmaxActive = 1.5\n"),
        ["FloatForInteger SilentlyWrong database.apim_db.pool_options.maxActive"]
    );
}

#[test]
fn a_fraction_where_nothing_wants_an_integer_is_no_fault() {
    assert_eq!(
        found("[apim.sync_runtime_artifacts.gateway]\nretry_progression_factor = 1.5\n"),
        [""; 0]
    );
}

#[test]
fn a_large_or_infinite_float_does_no_harm_here() {
    assert_eq!(found("[system.parameter]\na = inf\nb = nan\n"), [""; 0]);
}

#[test]
fn an_unset_variable_stops_the_start_up() {
    assert_eq!(
        found_in(BASE, &Environment::new()),
        ["UnsetVariable StartUpFails super_admin.password"]
    );
    assert_eq!(
        found_in(BASE, &Environment::new().with_opaque("ADMIN_PASSWORD")),
        [""; 0]
    );
    assert_eq!(
        found("[system.parameter]\na = \"$sys{x}\"\n"),
        ["UnsetVariable StartUpFails system.parameter.a"]
    );
}

#[test]
fn an_unresolved_reference_or_secret_stops_the_start_up() {
    assert_eq!(
        found("[system.parameter]\na = \"$ref{server.nothing}\"\n"),
        ["UnresolvedReference StartUpFails system.parameter.a"]
    );
    assert_eq!(
        found("[system.parameter]\na = \"$secret{pw}\"\n"),
        ["UnresolvedSecret StartUpFails system.parameter.a"]
    );
    assert_eq!(
        found("[secrets]\npw = \"abc\"\n[system.parameter]\na = \"$secret{pw}\"\n"),
        [""; 0]
    );
    assert_eq!(
        found("[system.parameter]\na = \"$ref{server.hostname}\"\n"),
        [""; 0]
    );
}

#[test]
fn characters_of_a_variable_that_break_xml_are_reported_at_the_key_that_uses_it() {
    for value in ["a&b", "a<b", "a]]>b"] {
        assert_eq!(
            found_in(BASE, &Environment::new().with("ADMIN_PASSWORD", value)),
            ["UnsafeForXml StartUpFails super_admin.password"],
            "{value}"
        );
    }
    assert_eq!(
        found_in(
            BASE,
            &Environment::new().with("ADMIN_PASSWORD", "a&amp;b&#38;c")
        ),
        [""; 0]
    );
}

#[test]
fn a_bare_ampersand_in_a_database_url_is_reported() {
    let apim = |url: &str| found(&format!("[database.apim_db]\nurl = \"{url}\"\n"));
    assert_eq!(
        apim("jdbc:mysql://db:3306/apim?useSSL=false&x=1"),
        ["UnsafeForXml StartUpFails database.apim_db.url"]
    );
    assert_eq!(
        apim("jdbc:mysql://db:3306/apim?useSSL=false&amp;x=1"),
        [""; 0]
    );
}

#[test]
fn characters_that_break_an_amqp_url_are_reported_at_the_password_they_come_from() {
    for character in ['@', ':', '/', '\'', '?', ' '] {
        let environment = Environment::new().with("ADMIN_PASSWORD", format!("a{character}b"));
        assert_eq!(
            found_in(BASE, &environment),
            ["UnsafeForJndi SilentlyWrong super_admin.password"],
            "{character}"
        );
    }
}

#[test]
fn a_message_never_holds_the_password() {
    let environment = Environment::new().with("ADMIN_PASSWORD", "hush&@me");
    for fault in inspect(BASE, product(), &environment) {
        assert!(!fault.to_string().contains("hush"), "{fault}");
    }
}

#[test]
fn text_where_the_template_wants_a_list_stops_the_start_up() {
    let faults = found(
        "[[apim.throttling.url_group]]\ntraffic_manager_urls = \"tcp://a:9611\"\ntraffic_manager_auth_urls = [\"ssl://a:9711\"]\n",
    );
    assert_eq!(
        faults,
        ["TextForList StartUpFails apim.throttling.url_group[0].traffic_manager_urls"]
    );
}

#[test]
fn text_is_no_fault_where_the_products_own_default_is_text() {
    assert_eq!(found("[apim.cors]\nallow_origins = \"*\"\n"), [""; 0]);
    assert_eq!(
        found("[apim.sync_runtime_artifacts.gateway]\ngateway_labels = \"Default\"\n"),
        ["TextForList SilentlyWrong apim.sync_runtime_artifacts.gateway.gateway_labels"]
    );
}

#[test]
fn runtime_placeholders_are_left_alone() {
    assert_eq!(
        found(
            "[apim.key_manager]\nservice_url = \"https://localhost:${mgt.transport.https.port}/services/\"\n[system.parameter]\nx = \"${carbon.home}/x\"\n"
        ),
        [""; 0]
    );
}

#[test]
fn groups_of_one_url_with_type_loadbalance_are_sound_and_other_types_are_not() {
    let group = |kind: &str| {
        found(&format!(
            "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://a:9611\"]\ntraffic_manager_auth_urls = [\"ssl://a:9711\"]\ntype = \"{kind}\"\n"
        ))
    };
    assert_eq!(group("loadbalance"), [""; 0]);
    assert_eq!(group("failover"), [""; 0]);
    assert_eq!(
        group("LoadBalance"),
        ["UnknownGroupType SilentlyWrong apim.throttling.url_group[0].type"]
    );
}

#[test]
fn receiver_and_authentication_urls_must_pair_up() {
    assert_eq!(
        found(
            "[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://a:9611\", \"tcp://b:9611\"]\nauth_urls = [\"ssl://a:9711\"]\n"
        ),
        ["UnpairedUrls SilentlyWrong apim.event_hub.publish.url_group[0].urls"]
    );
    assert_eq!(
        found("[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://a:9611\"]\n"),
        ["UnpairedUrls SilentlyWrong apim.throttling.url_group[0].traffic_manager_urls"]
    );
}

#[test]
fn schemes_are_fixed() {
    let faults = found(
        "[apim.event_hub]\nservice_url = \"http://cp:9443/services/\"\nevent_listening_endpoints = [\"amqp://cp:5672\", \"cp:5672\"]\n[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"ssl://a:9611\"]\ntraffic_manager_auth_urls = [\"tcp://a:9711\"]\n",
    );
    assert_eq!(
        faults,
        [
            "WrongScheme SilentlyWrong apim.event_hub.service_url",
            "WrongScheme SilentlyWrong apim.event_hub.event_listening_endpoints[0]",
            "WrongScheme SilentlyWrong apim.event_hub.event_listening_endpoints[1]",
            "WrongScheme SilentlyWrong apim.throttling.url_group[0].traffic_manager_urls[0]",
            "WrongScheme SilentlyWrong apim.throttling.url_group[0].traffic_manager_auth_urls[0]",
        ]
    );
}

#[test]
fn broker_urls_have_no_query_string_except_duplicates() {
    let query = "tcp://n1:5672?retries='5'%26connectdelay='50'";
    assert_eq!(
        found(&format!(
            "[apim.throttling]\nthrottle_decision_endpoints = [\"{query}\"]\n"
        )),
        ["QueryInBrokerUrl SilentlyWrong apim.throttling.throttle_decision_endpoints[0]"]
    );
    assert_eq!(
        found(&format!(
            "[apim.throttling]\nevent_duplicate_url = [\"{query}\"]\n"
        )),
        [""; 0]
    );
}

#[test]
fn a_database_type_that_infers_nothing_is_reported() {
    let text = BASE.replace("\"mysql\"", "\"postgresql\"");
    let aio = Product::new(of_version("4.5"), pack("aio"));
    let kinds: Vec<FaultKind> = inspect(&text, aio, &environment())
        .iter()
        .map(|f| f.kind)
        .collect();
    // The URL stays empty, and with it goes the start-up.
    assert_eq!(kinds, [FaultKind::MissingKey, FaultKind::UnlistedValue]);
}

#[test]
fn required_keys_are_required_where_the_product_has_no_default() {
    let none = |version, distribution| {
        inspect("", Product::new(version, distribution), &Environment::new())
            .into_iter()
            .filter(|fault| fault.kind == FaultKind::MissingKey)
            .count()
    };
    assert_eq!(none(of_version("4.5"), pack("gw")), 5);
    assert_eq!(none(of_version("4.7"), pack("gw")), 3);
    assert_eq!(none(of_version("4.7"), pack("acp")), 5);
}

#[test]
fn a_role_that_infers_nothing_is_reported_outside_the_all_in_one() {
    for role in ["server_role = \"gateway-worker\"", ""] {
        let text = BASE.replace("server_role = \"default\"", role);
        assert_eq!(
            found_in(&text, &environment()),
            ["RoleInfersNothing SilentlyWrong server.server_role"]
        );
        let aio = Product::new(of_version("4.7"), pack("aio"));
        assert!(inspect(&text, aio, &environment()).is_empty());
    }
}

#[test]
fn keys_that_nothing_reads_are_reported_with_a_suggestion() {
    let text = format!(
        "{BASE}[apim.event_hub]\nservice_ur = \"x\"\n[apim.key_manager]\nenable = true\n[[event_handler]]\nname = \"x\"\n"
    );
    let faults = inspect(&text, product(), &environment());
    let kinds: Vec<FaultKind> = faults.iter().map(|f| f.kind).collect();
    assert_eq!(
        kinds,
        [
            FaultKind::UnknownKey,
            FaultKind::DeadKey,
            FaultKind::KeyNotInDistribution
        ]
    );
    assert!(
        faults[0].help.contains("apim.event_hub.service_url"),
        "{}",
        faults[0].help
    );
    let old = Product::new(of_version("4.5"), pack("gw"));
    let text = format!("{BASE}[web_app.cookie_processor]\nsame_site_cookies = \"lax\"\n");
    let kinds: Vec<FaultKind> = inspect(&text, old, &environment())
        .iter()
        .map(|f| f.kind)
        .collect();
    assert_eq!(kinds, [FaultKind::KeyNotInVersion]);
}

#[test]
fn text_for_a_strict_boolean_counts_as_false() {
    assert_eq!(
        found("[web_app.control_access]\nenable = \"true\"\n"),
        ["TextForBoolean SilentlyWrong web_app.control_access.enable"]
    );
}

#[test]
fn values_of_another_type_are_reported() {
    assert_eq!(
        found("[apim.key_manager]\nservice_url = [\"https://a:9443/services/\"]\n"),
        ["WrongType SilentlyWrong apim.key_manager.service_url"]
    );
    let listener = |value: &str| format!("[[event_listener]]\nid = \"x\"\nname = {value}\n");
    assert_eq!(
        found(&listener("[\"a\"]")),
        ["WrongType SilentlyWrong event_listener[0].name"]
    );
    assert!(found(&listener("\"a\"")).is_empty());
    assert_eq!(
        found("[apim.sync_runtime_artifacts]\ngateway = \"text\"\n"),
        ["WrongType SilentlyWrong apim.sync_runtime_artifacts.gateway"]
    );
    assert_eq!(
        found("[monitoring.jmx]\nrmi_registry_port = \"nine\"\nrmi_server_start = \"maybe\"\n"),
        [
            "WrongType SilentlyWrong monitoring.jmx.rmi_registry_port",
            "WrongType SilentlyWrong monitoring.jmx.rmi_server_start"
        ]
    );
    // Numbers as text are as good as numbers.
    assert_eq!(
        found("[monitoring.jmx]\nrmi_registry_port = \"9999\"\n"),
        [""; 0]
    );
}

#[test]
fn a_secret_that_nobody_encrypted_stops_the_start_up_where_a_key_refers_to_it() {
    let more = "[secrets]\npw = \"[hush]\"\n[system.parameter]\na = \"$secret{pw}\"\n";
    assert_eq!(found(more), ["PlainSecret StartUpFails secrets.pw"]);
}
