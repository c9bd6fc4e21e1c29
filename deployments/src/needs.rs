//! Secrets and `ConfigMaps` that a release names and does not make: somebody must.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// Something that must be in the namespace before a release is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Need {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// What must be in it, as far as it is said.
    pub(crate) keys: Vec<String>,
    /// Who names it, such as `Ingress am-gateway`.
    pub(crate) by: Vec<String>,
}

const SECRET: &str = "Secret";
const CONFIG_MAP: &str = "ConfigMap";
/// By annotations of it an Ingress or a Gateway has its certificates made.
const CERT_MANAGER: &str = "cert-manager.io/";
/// What a Secret of a certificate has.
const CERTIFICATE: [&str; 2] = ["tls.crt", "tls.key"];

/// What the documents of a release name, and none of them makes. What may be missing (`optional`) is left out.
pub(crate) fn of(documents: &[Value]) -> Vec<Need> {
    let mut named: BTreeMap<(&'static str, String), Named> = BTreeMap::new();
    let mut made: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for document in documents {
        made.extend(makes(document));
        let by = format!(
            "{} {}",
            text(&document["kind"]),
            text(&document["metadata"]["name"])
        );
        walk(document, &mut |kind, name, keys| {
            let named = named.entry((kind, name.to_owned())).or_default();
            named.by.insert(by.clone());
            named.keys.extend(keys.iter().map(|key| (*key).to_owned()));
        });
    }
    let named = named.into_iter().filter(|(what, _)| !made.contains(what));
    named
        .map(|((kind, name), named)| Need {
            kind,
            name,
            keys: named.keys.into_iter().collect(),
            by: named.by.into_iter().collect(),
        })
        .collect()
}

/// Who names something, and what they look for in it.
#[derive(Default)]
struct Named {
    keys: BTreeSet<String>,
    by: BTreeSet<String>,
}

/// What a document makes: itself, or what its controller does.
fn makes(document: &Value) -> Vec<(&'static str, String)> {
    let name = text(&document["metadata"]["name"]);
    let spec = &document["spec"];
    let annotations = document["metadata"]["annotations"].as_object();
    let mut annotations = annotations.into_iter().flatten();
    if annotations.any(|(key, _)| key.starts_with(CERT_MANAGER)) {
        let mut names = Vec::new();
        walk(document, &mut |kind, name, _| {
            names.push((kind, name.to_owned()));
        });
        return names;
    }
    let names: Vec<&str> = match text(&document["kind"]) {
        CONFIG_MAP => return vec![(CONFIG_MAP, name.to_owned())],
        SECRET => vec![name],
        "ExternalSecret" => vec![spec["target"]["name"].as_str().unwrap_or(name)],
        "Certificate" => vec![text(&spec["secretName"])],
        "SecretProviderClass" => list(&spec["secretObjects"])
            .map(|it| text(&it["secretName"]))
            .collect(),
        _ => Vec::new(),
    };
    let names = names.into_iter().filter(|name| !name.is_empty());
    names.map(|name| (SECRET, name.to_owned())).collect()
}

/// Calls with each reference to a Secret or a `ConfigMap`, by the fields that Kubernetes and the Gateway API have for them, and with the keys
/// that are looked for.
fn walk(value: &Value, found: &mut impl FnMut(&'static str, &str, &[&str])) {
    let Some(fields) = value.as_object() else {
        list(value).for_each(|item| walk(item, found));
        return;
    };
    for (field, inner) in fields {
        let (kind, name) = match field.as_str() {
            "secretKeyRef" | "secretRef" => (SECRET, &inner["name"]),
            "secret" => (SECRET, inner.get("secretName").unwrap_or(&inner["name"])),
            "configMapKeyRef" | "configMapRef" | "configMap" => (CONFIG_MAP, &inner["name"]),
            "imagePullSecrets" => {
                list(inner).for_each(|it| found(SECRET, text(&it["name"]), &[]));
                continue;
            }
            "tls" if inner.is_array() => {
                let names = list(inner).map(|it| text(&it["secretName"]));
                names
                    .filter(|it| !it.is_empty())
                    .for_each(|it| found(SECRET, it, &CERTIFICATE));
                continue;
            }
            "certificateRefs" | "caCertificateRefs" => {
                for reference in list(inner) {
                    let kind = match reference["kind"].as_str() {
                        Some(CONFIG_MAP) => CONFIG_MAP,
                        _ => SECRET,
                    };
                    let is_own = field == "certificateRefs";
                    let keys: &[&str] = if is_own { &CERTIFICATE } else { &["ca.crt"] };
                    found(kind, text(&reference["name"]), keys);
                }
                continue;
            }
            _ => {
                walk(inner, found);
                continue;
            }
        };
        if let Some(name) = name.as_str()
            && inner["optional"] != true
        {
            let items = list(&inner["items"]).filter_map(|item| item["key"].as_str());
            let keys: Vec<&str> = inner["key"].as_str().into_iter().chain(items).collect();
            found(kind, name, &keys);
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{CONFIG_MAP, Need, SECRET, of};

    fn pod(spec: &Value) -> Value {
        json!({"kind": "StatefulSet", "metadata": {"name": "am"}, "spec": {"template": {"spec": spec}}})
    }

    fn need(kind: &'static str, name: &str, keys: &[&str], by: &str) -> Need {
        Need {
            kind,
            name: name.to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            by: vec![by.to_owned()],
        }
    }

    #[test]
    fn what_pods_and_routes_name_and_nobody_makes_is_needed() {
        let documents = [
            pod(&json!({
                "imagePullSecrets": [{"name": "registry"}],
                "containers": [{
                    "env": [{"valueFrom": {"secretKeyRef": {"name": "passwords", "key": "a"}}}],
                    "envFrom": [{"configMapRef": {"name": "settings"}}],
                }],
                "volumes": [
                    {"secret": {"secretName": "keystores"}},
                    {"projected": {"sources": [{"configMap": {"name": "database-ca", "items": [{"key": "root.pem", "path": "ca.crt"}]}}]}},
                ],
            })),
            json!({"kind": "Ingress", "metadata": {"name": "web"}, "spec": {"tls": [{"secretName": "web-tls", "hosts": ["a.example.com"]}]}}),
            json!({"kind": "Gateway", "metadata": {"name": "gw"}, "spec": {"listeners": [{"tls": {"certificateRefs": [{"name": "gw-tls"}]}}]}}),
        ];
        assert_eq!(
            of(&documents),
            [
                need(CONFIG_MAP, "database-ca", &["root.pem"], "StatefulSet am"),
                need(CONFIG_MAP, "settings", &[], "StatefulSet am"),
                need(SECRET, "gw-tls", &["tls.crt", "tls.key"], "Gateway gw"),
                need(SECRET, "keystores", &[], "StatefulSet am"),
                need(SECRET, "passwords", &["a"], "StatefulSet am"),
                need(SECRET, "registry", &[], "StatefulSet am"),
                need(SECRET, "web-tls", &["tls.crt", "tls.key"], "Ingress web"),
            ]
        );
    }

    #[test]
    fn what_the_release_makes_or_can_do_without_is_not_needed() {
        let documents = [
            pod(&json!({"volumes": [
                {"secret": {"secretName": "own"}},
                {"secret": {"secretName": "stored"}},
                {"secret": {"secretName": "signed"}},
                {"secret": {"secretName": "mounted"}},
                {"configMap": {"name": "files"}},
                {"secret": {"secretName": "extra", "optional": true}},
            ]})),
            json!({"kind": "Secret", "metadata": {"name": "own"}}),
            json!({"kind": "ExternalSecret", "metadata": {"name": "x"}, "spec": {"target": {"name": "stored"}}}),
            json!({"kind": "Certificate", "metadata": {"name": "x"}, "spec": {"secretName": "signed"}}),
            json!({"kind": "SecretProviderClass", "metadata": {"name": "x"}, "spec": {"secretObjects": [{"secretName": "mounted"}]}}),
            json!({"kind": "ConfigMap", "metadata": {"name": "files"}}),
            json!({"kind": "Ingress", "metadata": {"name": "web", "annotations": {"cert-manager.io/cluster-issuer": "ca"}}, "spec": {"tls": [{"secretName": "web-tls"}]}}),
        ];
        assert_eq!(of(&documents), []);
    }
}
