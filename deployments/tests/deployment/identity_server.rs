//! An identity server as key manager: of a site, or of all sites beside the main one.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made, workspace};

/// The values file of a site of a document.
fn values(text: &str, path: &str) -> String {
    let files = made("d.yaml", text).unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(files[path].clone()).expect("text")
}

#[test]
fn nobody_runs_a_component_whose_place_it_takes() {
    let text = example("identity-server");
    let files = made("d.yaml", &text).unwrap_or_else(|error| panic!("{error}"));
    let file = |path: &str| String::from_utf8_lossy(&files[path]).into_owned();
    let values = file("sites/main/clinic.values.yaml");
    says(
        &values,
        &[
            "host: login.clinic.example.com",
            "cidr: \"10.60.0.0/24\"",
            "# The identity server takes its place.\nkeyManager:\n  enabled: false",
        ],
    );
    assert!(!values.contains("addresses"), "{values}");
    let resolved = file("deployment.resolved.yaml");
    says(
        &resolved,
        &["at: \"login.clinic.example.com:443\"", "- key-manager"],
    );
    assert!(!resolved.contains("name: key-manager"), "{resolved}");
    says(
        &file("README.md"),
        &["### Identity server of main", "`clinic-identity-server`"],
    );
}

#[test]
fn beside_a_key_manager_it_is_one_more() {
    let text = changed(
        &example("identity-server"),
        &[("      replaces: [keyManager]\n", "")],
    );
    let values = values(&text, "sites/main/clinic.values.yaml");
    says(&values, &["identityServer:", "name: Clinic-Login"]);
    assert!(!values.contains("keyManager"), "{values}");
}

#[test]
fn data_planes_ask_the_portals_of_the_main_site_where_it_replaced_the_key_manager() {
    let server = "    identityServer: {host: login.bank.example.com, cidrs: [10.60.0.0/24], replaces: [keyManager]}\n";
    let main = "    main: true\n    pattern: 3\n";
    let with = format!("    main: true\n    pattern: 4\n{server}");
    let text = changed(
        &example("centralised"),
        &[
            (main, &with),
            (
                "  - name: us\n    pattern: 3\n",
                "  - name: us\n    pattern: 4\n",
            ),
        ],
    );
    let values = values(&text, "sites/us/bank.values.yaml");
    says(
        &values,
        &[
            "host: login.bank.example.com",
            "host: cp.bank.example.com",
            "keyManager:\n  enabled: false\n",
        ],
    );
    assert_eq!(values.matches("addresses:").count(), 1, "{values}");
}

#[test]
fn what_it_cannot_be_is_refused_at_its_place() {
    for (old, new, message) in [
        (
            "host: login.clinic.example.com",
            "host: https://login.clinic.example.com",
            "is no host name",
        ),
        (
            "host: login.clinic.example.com",
            "host: login.clinic.example.com:443",
            "write it in lowercase, without scheme and port",
        ),
        ("      port: 443\n", "      port: 0\n", "0 is no port"),
        ("      port: 443\n", "      port: 65536\n", "port"),
        (
            "name: Clinic-Login",
            "name: clinic login",
            "`clinic login` cannot be the name of an identity server",
        ),
        (
            "cidrs: [10.60.0.0/24]",
            "cidrs: [10.60.0.0]",
            "is no range of addresses",
        ),
        (
            "      cidrs: [10.60.0.0/24]\n",
            "",
            "networkPolicy.enabled is true in site main, and would not let the identity server notify it",
        ),
        (
            "replaces: [keyManager]",
            "replaces: [keyManger]",
            "did you mean `keyManager`?",
        ),
        (
            "replaces: [keyManager]",
            "replaces: [gateway]",
            "accepted are: keyManager",
        ),
        (
            "    pattern: 4\n",
            "    pattern: 3\n",
            "an identity server cannot take the place of `keyManager` in pattern 3",
        ),
        (
            "host: login.clinic.example.com",
            "host: gw.clinic.example.com",
            "is both identityServer.host and hostnames.gateway of site main",
        ),
        (
            "      host: login.clinic.example.com\n",
            "",
            "the field `host` is missing",
        ),
        (
            "      notifies: am.",
            "      notifys: am.",
            "did you mean `notifies`?",
        ),
        (
            "gateway: gw.clinic.example.com,",
            "gateway: gw.clinic.example.com, keyManager: km.clinic.example.com,",
            "nothing that site main runs serves `keyManager`",
        ),
    ] {
        says(
            &refused("identity-server", &[(old, new)]),
            &[message, "d.yaml:"],
        );
    }
    let server = "    pattern: 3\n    identityServer: {host: login.bank.example.com}\n    kubernetes: {context: prod-us";
    let said = refused(
        "centralised",
        &[("    pattern: 3\n    kubernetes: {context: prod-us", server)],
    );
    says(
        &said,
        &["site us takes tokens of the identity server of the main site, as all sites do"],
    );
}

#[test]
fn on_machines_it_notifies_by_a_name_that_the_load_balancer_serves() {
    let said = refused(
        "vm-identity-server",
        &[("management: am.ward.example.com, ", "")],
    );
    says(
        &said,
        &["the identity server notifies site dc1 by hostnames.management, which it does not have"],
    );
    let said = refused(
        "vm-identity-server",
        &[(
            "      cidrs: [10.60.0.0/24]\n",
            "      cidrs: [10.60.0.0/24]\n      notifies: hub.ward.example.com\n",
        )],
    );
    says(
        &said,
        &["the load balancer of site dc1 serves am.ward.example.com and not hub.ward.example.com"],
    );
}

/// Registers with a curl that writes down what it is given.
#[cfg(unix)]
#[test]
fn the_command_registers_it_and_keeps_secrets_from_other_users_of_the_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let curl = r#"for it in "$@"; do case $it in @/dev/fd/*|/dev/fd/*) cat "${it#@}" >>"$LOG";; esac; done; printf '%s\n' "$*" >>"$LOG.arguments""#;
    am_testing::script(folder.path(), "curl", curl);
    let script = workspace()
        .join("deployments/examples/vm-identity-server/sites/dc1/identity-server/register.sh");
    let path = std::env::var("PATH").expect("a PATH");
    let mut command = std::process::Command::new(&script);
    command
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("LOG", &log)
        .env("APIM_USERNAME", "admin")
        .env("APIM_PASSWORD", r#"a"b\c"#)
        .env("IDENTITY_SERVER_USERNAME", "apim");
    let done = command.output().expect("it runs");
    assert_eq!(done.status.code(), Some(2));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("set IDENTITY_SERVER_PASSWORD"), "{said}");
    let done = command
        .env("IDENTITY_SERVER_PASSWORD", r#"p"w\d $(id)"#)
        .output();
    let done = done.expect("it runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let said = std::fs::read_to_string(&log).expect("curl was called");
    let (json, user) = said.split_once("}user").expect("both files");
    let sent: serde_json::Value = serde_json::from_str(&format!("{json}}}")).expect("JSON");
    assert_eq!(sent["name"], "Ward-Login");
    assert_eq!(sent["additionalProperties"]["Username"], "apim");
    assert_eq!(sent["additionalProperties"]["Password"], r#"p"w\d $(id)"#);
    assert_eq!(user.trim(), r#"= "admin:a\"b\\c""#);
    let arguments = std::fs::read_to_string(folder.path().join("log.arguments")).expect("called");
    assert!(
        arguments.contains("https://am.ward.example.com/api/am/admin/v4/key-managers")
            && !arguments.contains("admin:"),
        "{arguments}"
    );
}
