//! What is wrong with a guide that was played.

use std::collections::BTreeSet;

use am_toolchain::{RenderedDocument, schemas::SchemaSet};
use serde_json::Value;

use super::guide::Guide;
use super::stage::{Played, play};

/// Kind and name of an object in the namespace of the release, or of the cluster.
type Named = (String, String);

/// Everything that is wrong with a guide, with the charts of some patterns.
pub(crate) fn faults(guide: &Guide, patterns: &[u32]) -> Vec<String> {
    let mut faults = guide.unread();
    for pattern in patterns {
        let found = match play(guide, *pattern) {
            Ok(played) => judge(guide, *pattern, &played),
            Err(told) => vec![told],
        };
        let place = |fault| format!("{} with am-pattern-{pattern}: {fault}", guide.name);
        faults.extend(found.into_iter().map(place));
    }
    faults
}

fn judge(guide: &Guide, pattern: u32, played: &Played) -> Vec<String> {
    let Some(installed) = played.renders.first() else {
        return vec!["no `helm install` or `helm upgrade` of a chart".to_owned()];
    };
    let mut faults = refused(played);
    faults.extend(played.json.iter().filter_map(|(file, text)| {
        let error = serde_json::from_str::<Value>(text).err()?;
        Some(format!("{file} is no JSON: {error}"))
    }));
    faults.extend(secrets(played));
    let made = made(played);
    for documents in &played.renders {
        let own: BTreeSet<Named> = documents.iter().flat_map(provides).collect();
        let wanted = documents.iter().flat_map(|one| references(&one.value));
        for (kind, name) in wanted.collect::<BTreeSet<_>>() {
            let is_told = kind == "StorageClass" && guide.mentions(&name);
            let named = (kind, name);
            if !is_told && !own.contains(&named) && !made.contains(&named) {
                faults.push(format!(
                    "{} {} is used, and nothing in the guide makes it",
                    named.0, named.1
                ));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults.extend(accounts(guide, pattern, installed, played));
    faults
}

/// What the API server would refuse.
fn refused(played: &Played) -> Vec<String> {
    let versions = SchemaSet::kubernetes_versions();
    let newest = versions.last().expect("a version");
    let schemas = SchemaSet::for_kubernetes(newest).expect("its schemas");
    let documents = played.renders.iter().flatten().chain(&played.applied);
    documents
        .flat_map(|document| {
            let violations = schemas.validate(&document.value).expect("sound schemas");
            let object = object(&document.value);
            let told = move |at: &am_toolchain::schemas::SchemaViolation| {
                format!("{} {}, {}: {}", object.0, object.1, at.path, at.message)
            };
            violations.iter().map(told).collect::<Vec<_>>()
        })
        .collect()
}

/// What the chart fetches from the cloud's store, and nobody puts there.
fn secrets(played: &Played) -> Vec<String> {
    let classes = played.renders.iter().flatten();
    let classes = classes.filter(|document| document.value["kind"] == "SecretProviderClass");
    let objects = classes.filter_map(|class| class.value["spec"]["secretObjects"].as_array());
    let keys = objects
        .flatten()
        .filter_map(|object| object["data"].as_array());
    let names = keys.flatten().filter_map(|key| key["objectName"].as_str());
    let is_put = |name: &str| {
        let quoted = format!("\"{name}\"");
        played.calls.contains(&format!("-{name} "))
            || played.json.iter().any(|(_, text)| text.contains(&quoted))
    };
    let missing = names.filter(|name| !is_put(name));
    missing
        .map(|name| format!("nothing in the guide stores {name}"))
        .collect()
}

/// Names in the guide's commands, its table, and the chart: all the same.
fn accounts(
    guide: &Guide,
    pattern: u32,
    installed: &[RenderedDocument],
    played: &Played,
) -> Vec<String> {
    let rendered: BTreeSet<String> = installed
        .iter()
        .filter(|document| document.value["kind"] == "ServiceAccount")
        .map(|document| object(&document.value).1)
        .collect();
    let namespace = installed
        .iter()
        .find_map(|document| document.value["metadata"]["namespace"].as_str())
        .unwrap_or_default();
    let mut faults = Vec::new();
    let table = guide.service_accounts(pattern);
    if table != rendered.iter().map(String::as_str).collect() {
        faults.push(format!(
            "the table of ServiceAccounts says {table:?}, the chart has {rendered:?}"
        ));
    }
    let texts = played
        .calls
        .lines()
        .chain(played.json.iter().map(|(_, text)| text.as_str()));
    let granted: BTreeSet<String> = texts.flat_map(|text| granted(text, namespace)).collect();
    let made = made(played);
    for name in &granted {
        let is_made = made.contains(&("ServiceAccount".to_owned(), name.clone()));
        if !is_made && !rendered.iter().any(|account| covers(name, account)) {
            faults.push(format!("the chart has no ServiceAccount {name}"));
        }
    }
    for account in &rendered {
        if !granted.is_empty() && !granted.iter().any(|name| covers(name, account)) {
            faults.push(format!("ServiceAccount {account} is given no identity"));
        }
    }
    faults
}

/// The ServiceAccounts of a namespace that a call or a policy of the cloud speaks of; `*` may stand at the end.
fn granted(text: &str, namespace: &str) -> Vec<String> {
    let text = text.replace('\\', "");
    let after = |marker: &str| {
        let rest = text.split(marker).skip(1);
        let name = |rest: &str| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-.*".contains(c)))
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        rest.map(name).collect::<Vec<_>>()
    };
    let mut names = after(&format!("system:serviceaccount:{namespace}:"));
    names.extend(after(&format!("/ns/{namespace}/sa/")));
    names.extend(after(&format!(".svc.id.goog[{namespace}/")));
    if text.contains(&format!("--namespace {namespace} ")) {
        for option in ["--service-account ", "--service-account-name "] {
            names.extend(after(option));
        }
    }
    names
}

fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// What the guide makes besides the release.
fn made(played: &Played) -> BTreeSet<Named> {
    let mut made: BTreeSet<Named> = played.applied.iter().flat_map(provides).collect();
    for call in played.calls.lines() {
        let mut previous = "";
        let mut words: Vec<&str> = Vec::new();
        for word in call.split(' ') {
            let is_namespace = matches!(previous, "-n" | "--namespace");
            if !is_namespace && !word.starts_with('-') {
                words.push(word);
            }
            previous = word;
        }
        let Some(at) = words.iter().position(|word| *word == "create") else {
            continue;
        };
        let named = match words.get(at + 1..).unwrap_or_default() {
            ["secret", _, name, ..] => ("Secret", *name),
            ["configmap", name, ..] => ("ConfigMap", *name),
            ["serviceaccount" | "sa", name, ..] => ("ServiceAccount", *name),
            _ => continue,
        };
        made.insert((named.0.to_owned(), named.1.to_owned()));
    }
    made
}

fn object(value: &Value) -> Named {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&value["kind"]), text(&value["metadata"]["name"]))
}

/// An object, and the Secrets that a controller makes of it.
fn provides(document: &RenderedDocument) -> Vec<Named> {
    let spec = &document.value["spec"];
    let own = object(&document.value);
    let secrets: Vec<&Value> = match own.0.as_str() {
        "ExternalSecret" => vec![&spec["target"]["name"]],
        "Certificate" => vec![&spec["secretName"]],
        "SecretProviderClass" => spec["secretObjects"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|object| &object["secretName"])
            .collect(),
        _ => Vec::new(),
    };
    let names = secrets.into_iter().filter_map(Value::as_str);
    let secrets = names.map(|name| ("Secret".to_owned(), name.to_owned()));
    secrets.chain([own]).collect()
}

/// The objects that a document cannot do without, by the fields in which Kubernetes names them.
fn references(value: &Value) -> Vec<Named> {
    let mut found = Vec::new();
    let mut refer = |kind: &str, name: &Value| {
        if let Some(name) = name.as_str().filter(|name| !name.is_empty()) {
            found.push((kind.to_owned(), name.to_owned()));
        }
    };
    match value {
        Value::Object(fields) if fields.get("optional") == Some(&Value::Bool(true)) => {}
        Value::Object(fields) => {
            for (key, field) in fields {
                match key.as_str() {
                    "secretName" => refer("Secret", field),
                    "secretKeyRef" => refer("Secret", &field["name"]),
                    "configMap" | "configMapKeyRef" => refer("ConfigMap", &field["name"]),
                    "claimName" => refer("PersistentVolumeClaim", field),
                    "storageClassName" => refer("StorageClass", field),
                    "secretStoreRef" => {
                        refer(field["kind"].as_str().unwrap_or_default(), &field["name"]);
                    }
                    _ => {}
                }
            }
            found.extend(fields.values().flat_map(references));
        }
        Value::Array(items) => found.extend(items.iter().flat_map(references)),
        _ => {}
    }
    found
}
