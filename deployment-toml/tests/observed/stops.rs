//! The engine stops the server.

use super::*;

const PASSWORD: &str = "[system.parameter]\na = \"$env{PW}\"\n";

#[test]
fn a_variable_with_a_dollar_sign_stops_the_old_engine() {
    for value in ["a$b", "a$1b", "ab$", "ab\\", "${x}"] {
        let environment = Environment::new().with("PW", value);
        for version in old() {
            let found = faults(&file(PASSWORD), version, pack("acp"), &environment);
            assert_eq!(
                found,
                ["UnsafeForEngine StartUpFails system.parameter.a"],
                "{version}: {value}"
            );
        }
        let found = faults(
            &file(PASSWORD),
            of_version("4.7"),
            pack("acp"),
            &environment,
        );
        assert_eq!(found, [""; 0], "{value}");
    }
}

#[test]
fn a_variable_with_a_backslash_or_the_whole_match_arrives_changed_in_the_old_engine() {
    for (value, arrives) in [("a\\b", "ab"), ("a$0b", "a$env{PW}b")] {
        let environment = Environment::new().with("PW", value);
        for (versions, wanted, fault) in [
            (
                old(),
                arrives,
                &["UnsafeForEngine SilentlyWrong system.parameter.a"][..],
            ),
            (vec![of_version("4.7")], value, &[][..]),
        ] {
            for version in versions {
                let found = effective_in(PASSWORD, version, pack("acp"), &environment);
                assert_eq!(
                    found.text("system.parameter.a").as_deref(),
                    Some(wanted),
                    "{version}"
                );
                let found = faults(&file(PASSWORD), version, pack("acp"), &environment);
                assert_eq!(found, fault, "{version}");
            }
        }
    }
}

#[test]
fn a_property_with_a_dollar_sign_stops_every_engine() {
    let more = "[system.parameter]\na = \"$sys{x}\"\n";
    let environment = Environment::new().with_system_property("x", "a$b");
    expect_with(
        more,
        &environment,
        &["UnsafeForEngine StartUpFails system.parameter.a"],
    );
    let empty = Environment::new().with_system_property("x", "");
    expect_with(
        more,
        &empty,
        &["UnsetVariable StartUpFails system.parameter.a"],
    );
}

#[test]
fn newer_toml_is_not_read() {
    for more in [
        "[system.parameter]\na = {\n b = 1 }\n",
        "[system.parameter]\na = { b = 1, }\n",
        "[system.parameter]\na = { b = 1, # why\n c = 2 }\n",
        "[system.parameter]\na = \"\\e\"\n",
        "[system.parameter]\na = \"\\x41\"\n",
        "[system.parameter]\na = 10:30\n",
        "[system.parameter]\na = 2026-01-31T10:30Z\n",
        "[system.parameter]\na = [10:30]\n",
    ] {
        expect_stop(more, FaultKind::Syntax);
    }
}

#[test]
fn what_the_parser_does_not_know_of_old_toml_is_not_read() {
    for more in [
        "[system.parameter]\na = \"x\ty\"\n",
        "[system.parameter]\na = \"\"\"a\"\"\"\"\n",
        "[system.parameter]\na = '''a''''\n",
        "[system.parameter]\na = 2026-01-31t10:30:00Z\n",
        "[system.parameter]\na = 2026-01-31T10:30:00z\n",
        "[system.parameter]\n\"a\\\"b\" = 1\n",
    ] {
        expect_stop(more, FaultKind::Syntax);
    }
    expect_stop_of(&format!("\u{feff}{}", file("")), FaultKind::Syntax);
    expect_stop(
        "[system.parameter]\na = [2026-01-31, 2026-01-31T10:30:00Z]\n",
        FaultKind::MixedArray,
    );
}

#[test]
fn text_that_only_looks_like_it_is_read() {
    expect(
        "[system.parameter]\na = { b = [\n 1,\n 2,\n], c = \"\" }\nd = \"\"\"\"\"\"\ne = '''\n'''\nf = \"\\\\e\"\ng = 2026-01-31 10:30:00-07:00\nh = [2026-01-31, 2026-02-01]\ni = '\\x'\nj = \"\"\"a\\\"\"\"\"\n",
        &[],
    );
}

#[test]
fn the_administrators_name_must_be_text() {
    for value in ["1", "[\"admin\"]", "true", "1.5"] {
        let text = file("").replace("username = \"admin\"", &format!("username = {value}"));
        for version in ProductVersion::all() {
            let found = faults(&text, version, pack("gw"), &Environment::new());
            assert!(
                found.contains(&"WrongType StartUpFails super_admin.username".to_owned()),
                "{value}: {found:?}"
            );
        }
    }
}

#[test]
fn secrets_must_be_text() {
    for more in [
        "[secrets]\nx = 5\n",
        "[secrets]\nx = [\"a\"]\n",
        "[[secrets]]\nx = \"a\"\n",
        "[runtime_secrets]\nenable = true\n",
    ] {
        expect_stop(more, FaultKind::WrongType);
    }
    expect("[secrets]\nx = \"a\"\n", &[]);
}

#[test]
fn what_an_inferred_value_refers_to_must_be_there() {
    expect(
        "[database.apim_db]\ntype = \"mysql\"\nhostname = \"db\"\nname = \"apim\"\n",
        &["UnresolvedReference StartUpFails database.apim_db.type"],
    );
    expect(
        "[database.apim_db]\ntype = \"mysql\"\nhostname = \"db\"\nname = \"apim\"\nport = 3306\n",
        &[],
    );
    expect(
        "[database.apim_db]\ntype = \"mysql\"\nurl = \"jdbc:mysql://db/apim\"\n",
        &[],
    );
    for kind in [
        "read_only_ldap",
        "read_write_ldap_unique_id",
        "active_directory",
    ] {
        let more = format!("[user_store]\ntype = \"{kind}\"\n");
        expect(&more, &["UnresolvedReference StartUpFails user_store.type"]);
        expect(&format!("{more}base_dn = \"dc=example\"\n"), &[]);
    }
    expect("[user_store]\ntype = \"database_unique_id\"\n", &[]);
}

#[test]
fn references_in_a_circle_stop_the_server() {
    expect(
        "[system.parameter]\na = \"$ref{system.parameter.b}\"\nb = \"$ref{system.parameter.a}\"\n",
        &[
            "UnresolvedReference StartUpFails system.parameter.a",
            "UnresolvedReference StartUpFails system.parameter.b",
        ],
    );
    expect(
        "[system.parameter]\na = \"$ref{system.parameter.a}\"\n",
        &["UnresolvedReference StartUpFails system.parameter.a"],
    );
}

#[test]
fn a_duration_that_is_none_stops_the_server() {
    let key = "apim.cache.token_expiry_time";
    assert!(
        am_deployment_toml::Catalogue::of(pack("aio"))
            .record(&key.into())
            .is_some_and(|record| record.unit.is_some())
    );
    for value in [
        "\"1x\"",
        "\"5min\"",
        "\"5M\"",
        "\"1w\"",
        "\"5m5s\"",
        "\"abc\"",
        "true",
        "\"\"",
        "\"m\"",
        "\"${x}\"",
        "[\"5m\"]",
        "2026-01-31",
        "\"1ms\"",
    ] {
        expect(
            &format!("[apim.cache]\ntoken_expiry_time = {value}\n"),
            &[&format!("WrongType StartUpFails {key}")],
        );
    }
}

#[test]
fn every_key_with_a_unit_is_held_to_it() {
    let durations: Vec<_> = am_deployment_toml::Catalogue::of(pack("aio"))
        .records()
        .filter(|record| record.unit.is_some())
        .collect();
    assert!(durations.len() >= 102, "{}", durations.len());
    for record in durations {
        let found = faults(
            &format!("{} = \"1x\"\n", record.key),
            of_version("4.7"),
            pack("aio"),
            &Environment::new(),
        );
        assert!(
            found.contains(&format!("WrongType StartUpFails {}", record.key)),
            "{}: {found:?}",
            record.key
        );
    }
}

#[test]
fn text_where_a_list_is_meant_stops_the_server() {
    for (more, key) in [
        (
            "[apim.sdk]\nsupported_languages = \"java\"\n",
            "apim.sdk.supported_languages",
        ),
        (
            "[[event_handler]]\nname = \"x\"\nsubscriptions = \"a\"\n",
            "event_handler[0].subscriptions",
        ),
        (
            "[[transport.http.proxy_profile]]\ntarget_hosts = \"a\"\n",
            "transport.http.proxy_profile[0].target_hosts",
        ),
        (
            "[[transport.http.proxy_profile]]\nbypass_hosts = \"a\"\n",
            "transport.http.proxy_profile[0].bypass_hosts",
        ),
        (
            "[[transport.http.secured_proxy_profile]]\ntarget_hosts = \"a\"\n",
            "transport.http.secured_proxy_profile[0].target_hosts",
        ),
        (
            "[[transport.http.secured_proxy_profile]]\nbypass_hosts = \"a\"\n",
            "transport.http.secured_proxy_profile[0].bypass_hosts",
        ),
        (
            "[correlation_logs]\ncomponent_configs = \"a\"\n",
            "correlation_logs.component_configs",
        ),
        (
            "[[cache_config.cache_manager]]\nname = \"x\"\ncache = \"a\"\n",
            "cache_config.cache_manager[0].cache",
        ),
    ] {
        for version in ProductVersion::all() {
            let found = faults(&file(more), version, pack("aio"), &Environment::new());
            assert_eq!(
                found,
                [format!("TextForList StartUpFails {key}")],
                "{version}"
            );
        }
    }
}

#[test]
fn a_template_tag_in_a_value_stops_the_server_and_an_expression_is_evaluated() {
    for (value, severity) in [("a{%b", "StartUpFails"), ("a{{b}}", "SilentlyWrong")] {
        let environment = Environment::new().with("PW", value);
        expect_with(
            "[apim.event_hub]\npassword = \"$env{PW}\"\n",
            &environment,
            &[&format!(
                "TemplateSyntax {severity} apim.event_hub.password"
            )],
        );
    }
    expect("[apim.event_hub]\npassword = \"a{b}\"\n", &[]);
}

#[test]
fn the_end_of_a_cdata_section_breaks_xml() {
    for (from, to, key) in [
        (
            "password = \"admin1\"",
            "password = \"a]]>b\"",
            "super_admin.password",
        ),
        (
            "hostname = \"am.example.org\"",
            "hostname = \"a]]>b\"",
            "server.hostname",
        ),
    ] {
        let text = file("").replace(from, to);
        for version in ProductVersion::all() {
            let found = faults(&text, version, pack("acp"), &Environment::new());
            assert_eq!(
                found,
                [format!("UnsafeForXml StartUpFails {key}")],
                "{version}"
            );
        }
    }
}
