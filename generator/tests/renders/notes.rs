//! What NOTES.txt tells to do can be done with the release that it is printed for.

use serde_json::{Value, json};

use crate::support::{Release, as_given, workspace};

/// The notes of a release, with its documents. Notes are no document, so a copy of the chart puts them into one.
fn notes(pattern: u32, mut values: Value) -> (String, Release) {
    let chart = workspace().join(format!("charts-out/am-pattern-{pattern}"));
    let copy = tempfile::tempdir().expect("a temporary directory");
    am_toolchain::copy_folder(&chart, copy.path()).expect("a copy");
    let templates = copy.path().join("templates");
    let text = std::fs::read_to_string(templates.join("NOTES.txt")).expect("the chart has notes");
    let document = format!(
        "{{{{- define \"notes\" }}}}{text}{{{{- end }}}}\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: notes}}\ndata: {{notes: {{{{ include \"notes\" . | toJson }}}}}}\n"
    );
    std::fs::write(templates.join("notes.yaml"), document).expect("written");
    values["credentials"]["generateWithoutCluster"] = true.into();
    let folder = copy.path().to_str().expect("a name in UTF-8");
    let release = as_given(folder, std::iter::empty(), values).unwrap_or_else(|it| panic!("{it}"));
    let document = release.find("ConfigMap", "notes").expect("the notes");
    let text = document["data"]["notes"].as_str().expect("text");
    (text.to_owned(), release)
}

/// The words of each command that begins like this.
fn commands<'n>(notes: &'n str, start: &str) -> Vec<Vec<&'n str>> {
    notes
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(start))
        .map(|line| line.split_whitespace().collect())
        .collect()
}

/// Secrets and keys that the notes read.
fn keys_read(notes: &str) -> Vec<(&str, String)> {
    commands(notes, "kubectl -n apim get secret ")
        .iter()
        .map(|words| {
            let path = words[7].trim_matches('\'');
            let key = path
                .strip_prefix("jsonpath='{.data.")
                .or_else(|| path.strip_prefix("{.data."))
                .and_then(|rest| rest.strip_suffix('}'))
                .unwrap_or_else(|| panic!("{path}"));
            (words[5], key.replace("\\.", "."))
        })
        .collect()
}

#[test]
fn user_name_and_password_are_read_where_they_are() {
    for pattern in 0..6 {
        let (notes, release) = notes(pattern, json!({}));
        let read = keys_read(&notes);
        assert_eq!(read.len(), 2, "{notes}");
        for (secret, key) in read {
            let secret = release.find("Secret", secret).expect("the release has it");
            let has = |field: &str| secret[field].get(&key).is_some();
            assert!(has("data") || has("stringData"), "{key} in {secret}");
        }
    }
}

#[test]
fn user_name_and_password_of_an_existing_secret_are_read_under_their_keys_there() {
    let values = json!({"credentials": {
        "existingSecret": "ours",
        "keys": {"admin-password": {"secret": "people", "key": "admin.word"}},
    }});
    let (notes, _) = notes(3, values);
    assert_eq!(
        keys_read(&notes),
        [
            ("ours", "admin-username".to_owned()),
            ("people", "admin.word".to_owned())
        ]
    );
}

#[test]
fn the_tunnel_ends_at_the_address_that_the_portals_send_browsers_to() {
    for (pattern, component) in [(0, "all-in-one"), (3, "control-plane")] {
        let (notes, release) = notes(pattern, json!({}));
        let tunnel = &commands(&notes, "kubectl -n apim port-forward ")[0];
        let (service, port) = (tunnel[4].trim_start_matches("service/"), tunnel[5]);
        let ports = &release.find("Service", service).expect("the Service")["spec"]["ports"];
        let ports = ports.as_array().expect("ports");
        let port: u64 = port.parse().expect("a number");
        assert!(ports.iter().any(|it| it["port"] == port), "{ports:?}");
        assert!(
            notes.contains(&format!("https://{service}:{port}/devportal")),
            "{notes}"
        );
        assert!(
            notes.contains(&format!("\"127.0.0.1 {service}\"")),
            "{notes}"
        );
        let configuration = release.toml(component);
        assert!(
            configuration.contains(&format!("hostname = \"{service}\"")),
            "{configuration}"
        );
    }
}
