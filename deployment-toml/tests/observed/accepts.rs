//! The engine accepts what looks like a fault.

use super::*;

#[test]
fn a_quote_is_fine_where_the_value_becomes_the_text_of_an_element() {
    expect("[apim.event_hub]\npassword = 'a\"b'\n", &[]);
    expect("[apim.throttling]\npassword = 'a\"b'\n", &[]);
    expect("[apim.key_manager]\npassword = 'a\"b'\n", &[]);
    expect(
        "[database.apim_db]\nurl = \"jdbc:x\"\npassword = 'a\"b'\n",
        &[],
    );
    expect(
        "[[apim.gateway.environment]]\nname = \"a\"\npassword = 'a\"b'\n",
        &[],
    );
    expect("[encryption]\nkey = 'a\"b'\n", &[]);
    expect("[keystore.internal]\npassword = 'a\"b'\n", &[]);
    let text = file("").replace("password = \"admin1\"", "password = 'a\"b'");
    for version in ProductVersion::all() {
        let found = faults(&text, version, pack("gw"), &Environment::new());
        assert_eq!(found, [""; 0], "{version}");
    }
}

#[test]
fn a_quote_breaks_what_becomes_an_attribute() {
    for table in ["keystore.tls", "keystore.primary", "truststore"] {
        expect(
            &format!("[{table}]\npassword = 'a\"b'\n"),
            &[&format!("UnsafeForXml StartUpFails {table}.password")],
        );
    }
    expect(
        "[transport.https.properties]\nproxyName = 'a\"b'\n",
        &["UnsafeForXml StartUpFails transport.https.properties.proxyName"],
    );
}

#[test]
fn what_the_engine_does_not_look_for_stays_a_text() {
    expect(
        "[system.parameter]\na = [[\"$env{X}\"]]\n",
        &["UnsetVariable SilentlyWrong system.parameter.a"],
    );
    for key in ["server.nothing", "server.hostname"] {
        expect(
            &format!("[[datasource]]\nid = \"$ref{{{key}}}\"\n"),
            &["UnresolvedReference SilentlyWrong datasource[0].id"],
        );
    }
    let found = effective(
        "[[datasource]]\nid = \"$ref{server.hostname}\"\n",
        of_version("4.7"),
        pack("acp"),
    );
    assert_eq!(
        found.text("datasource[0].id").as_deref(),
        Some("$ref{server.hostname}")
    );
    // Variables are looked for in arrays of tables.
    expect(
        "[[datasource]]\nid = \"$env{X}\"\n",
        &["UnsetVariable StartUpFails datasource[0].id"],
    );
}

#[test]
fn a_plain_secret_that_nothing_refers_to_is_accepted() {
    expect("[secrets]\nx = \"[plain]\"\n", &[]);
    expect(
        "[secrets]\nx = \"[plain]\"\n[system.parameter]\na = \"$secret{x}\"\n",
        &["PlainSecret StartUpFails secrets.x"],
    );
}

#[test]
fn comments_may_hold_anything() {
    expect(
        "# a\u{1}b\u{7f} \r c \"\"\" {\n[system.parameter] # \r x\r\na = 1\n#\r",
        &[],
    );
    // Outside of comments they are refused as ever.
    expect_stop("[system.parameter]\na = \"\u{1}\"\n", FaultKind::Syntax);
    expect_stop("[system.parameter]\na = 1\rb = 2\n", FaultKind::Syntax);
}

#[test]
fn deep_arrays_and_long_headers_are_accepted() {
    expect(
        &format!(
            "[system.parameter]\na = {}{}\n",
            "[".repeat(500),
            "]".repeat(500)
        ),
        &[],
    );
    expect(
        &format!("[system.{}]\na = 1\n", vec!["b"; 200].join(".")),
        &[],
    );
}

#[test]
fn properties_that_every_server_has_may_be_named() {
    for name in [
        "user.home",
        "java.io.tmpdir",
        "carbon.home",
        "wso2.server.standalone",
    ] {
        expect(
            &format!("[system.parameter]\na = \"$sys{{{name}}}/x\"\n"),
            &[],
        );
    }
    expect(
        "[system.parameter]\na = \"$sys{carbon.hom}\"\n",
        &["UnsetVariable StartUpFails system.parameter.a"],
    );
}
