//! The script of the Job that registers an identity server, run by bash with a curl that plays the Admin API.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::release;

/// Writes down what it is told, and answers as files of the folder say: `list` to a question, `code` to anything else.
const CURL: &str = r#"
curl() {
  local method=GET url= i next file
  for ((i = 1; i <= $#; i++)); do
    next=$((i + 1))
    case ${!i} in
    --config) cat "${!next}" > "$FOLDER/config" ;;
    --request) method=${!next} ;;
    --data-binary) file=${!next}; cat "${file#@}" > "$FOLDER/body" ;;
    https://*) url=${!i} ;;
    esac
  done
  echo "$method $url" >> "$FOLDER/calls"
  echo "$*" >> "$FOLDER/arguments"
  if [ "$method" = GET ]; then cat "$FOLDER/list"; printf '\n200'; else printf '{"code": 901401}\n%s' "$(cat "$FOLDER/code")"; fi
}
"#;

/// What the Job does where these key managers are known, and the Admin API answers so.
fn run(folder: &Path, list: &str, code: &str) -> Output {
    let job =
        json!({"enabled": true, "existingSecret": "is-admin", "ca": {"configMap": "apim-ca"}});
    let values = json!({"identityServer": {"enabled": true, "host": "is.example.org", "registration": {"job": job}}});
    let release = release(3, values);
    let job = release.find("Job", "apim-registration").expect("a Job");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let script = container["args"][0].as_str().expect("a script");
    let found = release.find("ConfigMap", "apim-identity-server");
    let document = &found.expect("a ConfigMap")["data"]["registration.json"];
    fs::write(
        folder.join("registration.json"),
        document.as_str().expect("text"),
    )
    .expect("written");
    fs::write(folder.join("list"), list).expect("written");
    fs::write(folder.join("code"), code).expect("written");
    let plain = |name: &str| {
        let variables = container["env"].as_array().expect("variables").iter();
        let found = variables.clone().find(|variable| variable["name"] == name);
        found
            .and_then(|it| it["value"].as_str())
            .expect("a value")
            .to_owned()
    };
    let registration = folder.join("registration.json");
    let script = script.replace(
        "/registration/registration.json",
        registration.to_str().expect("UTF-8"),
    );
    Command::new("bash")
        .args(["-c", &format!("{CURL}{script}")])
        .env("FOLDER", folder)
        .env("URL", plain("URL"))
        .env("NAME", plain("NAME"))
        .env("AM_ADMIN_USERNAME", "admin")
        .env("AM_ADMIN_PASSWORD", r#"p"a\s"#)
        .env("IDENTITY_SERVER_USERNAME", "robot")
        .env("IDENTITY_SERVER_PASSWORD", r#"a"b\c&d"#)
        .output()
        .expect("bash runs")
}

fn written(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

const OTHERS: &str = r#"{"id":"11","name":"Resident Key Manager","type":"default"},{"id":"12","name":"WSO2-IS-old","type":"WSO2-IS-7"}"#;
const URL: &str = "https://apim-control-plane:9443/api/am/admin/v4/key-managers";

#[test]
fn what_is_not_known_is_registered_with_the_account_of_the_secret() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(
        folder.path(),
        &format!(r#"{{"count":2,"list":[{OTHERS}]}}"#),
        "201",
    );
    assert!(output.status.success(), "{output:?}");
    let calls = written(folder.path(), "calls");
    assert_eq!(calls, format!("GET {URL}\nPOST {URL}\n"));
    let body: Value = serde_json::from_str(&written(folder.path(), "body")).expect("JSON");
    let more = &body["additionalProperties"];
    assert_eq!(more["Username"], "robot");
    assert_eq!(more["Password"], r#"a"b\c&d"#);
    assert_eq!(body["issuer"], "https://is.example.org:9443/oauth2/token");
    // Not among the arguments, which other processes see.
    assert_eq!(
        written(folder.path(), "config"),
        r#"user = "admin:p\"a\\s""#
    );
    let arguments = written(folder.path(), "arguments");
    assert!(
        !arguments.contains("p\"a") && !arguments.contains("a\"b"),
        "{arguments}"
    );
}

#[test]
fn what_is_known_by_its_name_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list =
        format!(r#"{{ "count": 3, "list": [{OTHERS}, {{ "id" : "13", "name" : "WSO2-IS" }}] }}"#);
    let output = run(folder.path(), &list, "200");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        written(folder.path(), "calls"),
        format!("GET {URL}\nPUT {URL}/13\n")
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("WSO2-IS is up to date"), "{said}");
}

#[test]
fn a_registration_that_is_refused_fails_and_says_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(folder.path(), &format!(r#"{{"list":[{OTHERS}]}}"#), "400");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("answers 400: {\"code\": 901401}"), "{said}");
    assert!(!said.contains("a\"b"), "{said}");
}
