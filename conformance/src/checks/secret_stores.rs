//! Where the entries of Secrets come from that are copied out of a store: two Secrets may hold the same entry.

use serde_json::Value;

use crate::manifest::{Manifest, Object, array_at, str_at};

/// Parameters of a `SecretProviderClass` that tell which store it is.
const STORES: [&str; 4] = ["keyvaultName", "region", "vaultAddress", "vaultNamespace"];

/// The entry of a store that the key of a Secret is filled with, as far as the documents tell.
pub(super) fn entry_of(
    manifest: &Manifest,
    namespace: &str,
    secret: &str,
    key: &str,
) -> Option<String> {
    let makers = manifest.objects.iter();
    let mut makers = makers.filter(|object| object.namespace() == namespace);
    makers.find_map(|object| match object.kind() {
        "SecretProviderClass" => of_class(object, secret, key),
        "ExternalSecret" => of_external(object, secret, key),
        _ => None,
    })
}

fn of_class(class: &Object, secret: &str, key: &str) -> Option<String> {
    let mut made = array_at(&class.value, "/spec/secretObjects").iter();
    let made = made.find(|made| str_at(made, "/secretName") == Some(secret))?;
    let mut data = array_at(made, "/data").iter();
    let entry = data.find(|entry| str_at(entry, "/key") == Some(key))?;
    let fetched_as = str_at(entry, "/objectName")?;
    let parameters = class.value.pointer("/spec/parameters")?.as_object()?;
    let lists = parameters.values().filter_map(Value::as_str);
    let place = lists
        .filter(|text| text.contains('\n'))
        .filter_map(|text| serde_saphyr::from_str::<Value>(text).ok())
        .flat_map(|list| fetched(&list))
        .find_map(|fetched| (fetched.name == fetched_as).then_some(fetched.place))?;
    let store = STORES.map(|name| parameters.get(name).and_then(Value::as_str).unwrap_or(""));
    let provider = class.str("/spec/provider").unwrap_or_default();
    Some(format!("{provider} {} {place}", store.join(" ")))
}

fn of_external(external: &Object, secret: &str, key: &str) -> Option<String> {
    let name = external.str("/spec/target/name");
    if name.unwrap_or(external.name()) != secret {
        return None;
    }
    let store = external.str("/spec/secretStoreRef/name")?;
    let scope = match external.str("/spec/secretStoreRef/kind") {
        Some("ClusterSecretStore") => "",
        _ => external.namespace(),
    };
    let mut data = array_at(&external.value, "/spec/data").iter();
    let data = data.find(|entry| str_at(entry, "/secretKey") == Some(key));
    let (entry, property) = match data {
        Some(data) => {
            let property = str_at(data, "/remoteRef/property").unwrap_or_default();
            (data.get("remoteRef")?, property)
        }
        None => match array_at(&external.value, "/spec/dataFrom") {
            // All properties become keys of the same names.
            [whole] if whole.get("rewrite").is_none() => (whole.get("extract")?, key),
            _ => return None,
        },
    };
    let version = str_at(entry, "/version").unwrap_or_default();
    let entry = str_at(entry, "/key")?;
    Some(format!("{scope}/{store} {entry} {property} {version}"))
}

/// What the driver fetches, and under which name it does.
pub(super) struct Fetched {
    pub(super) place: String,
    pub(super) name: String,
}

/// The entries of a provider's list: of AWS's (keys of a JSON document), Vault's, GCP's, or Azure's (YAML in YAML).
pub(super) fn fetched(list: &Value) -> Vec<Fetched> {
    let nested: Vec<Value> = array_at(list, "/array")
        .iter()
        .filter_map(|entry| serde_saphyr::from_str(entry.as_str()?).ok())
        .collect();
    let text = |entry: &Value, names: &[&str]| {
        let mut found = names.iter().filter_map(|name| entry.get(name)?.as_str());
        found.next().map(str::to_owned)
    };
    let mut found = Vec::new();
    for entry in list.as_array().unwrap_or(&nested) {
        let version = text(entry, &["objectVersion", "objectVersionLabel"]).unwrap_or_default();
        let place = match (str_at(entry, "/secretPath"), str_at(entry, "/secretKey")) {
            (Some(path), key) => Some(format!("{path} {}", key.unwrap_or_default())),
            (None, _) => text(entry, &["resourceName", "objectName"]),
        };
        let Some(mut place) = place else { continue };
        // GCP's provider may take one key of a document.
        if let Some(key) = text(entry, &["extractJSONKey", "extractYAMLKey"]) {
            place = format!("{place} {key}");
        }
        let name = text(entry, &["objectAlias", "fileName", "path", "objectName"]);
        let part = |part: &Value| {
            Some(Fetched {
                place: format!("{place} {version} {}", text(part, &["path"])?),
                name: text(part, &["objectAlias"])?,
            })
        };
        let parts = array_at(entry, "/jmesPath");
        found.extend(parts.iter().filter_map(part));
        let whole = name.filter(|_| parts.is_empty());
        found.extend(whole.map(|name| Fetched {
            place: format!("{place} {version}"),
            name,
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::entry_of;
    use crate::checks::harness::manifest;

    fn class(provider: &str, parameters: &str) -> String {
        format!(
            "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {{name: c}}\nspec:\n  provider: {provider}\n  parameters:\n{parameters}\n  \
             secretObjects: [{{secretName: s, type: Opaque, data: [{{key: k, objectName: o}}]}}]\n"
        )
    }

    fn entry(document: &str) -> Option<String> {
        entry_of(&manifest(document), "apim", "s", "k")
    }

    #[test]
    fn the_entry_of_each_provider_is_told_from_others() {
        let aws = |path: &str| {
            let list = format!(
                "    region: r\n    objects: |\n      - {{objectName: apim, jmesPath: [{{path: {path}, objectAlias: o}}]}}\n"
            );
            entry(&class("aws", &list)).expect("it is known")
        };
        assert_eq!(aws("admin"), aws("admin"));
        assert_ne!(aws("admin"), aws("other"));
        let azure = |name: &str| {
            let list = format!(
                "    keyvaultName: v\n    objects: |\n      array:\n        - |\n          objectName: {name}\n          objectAlias: o\n"
            );
            entry(&class("azure", &list)).expect("it is known")
        };
        assert_ne!(azure("a"), azure("b"));
        let gcp = |key: &str| {
            let list = format!(
                "    secrets: |\n      - {{resourceName: projects/p/secrets/s/versions/latest, path: o, extractJSONKey: {key}}}\n"
            );
            entry(&class("gcp", &list)).expect("it is known")
        };
        assert_ne!(gcp("a"), gcp("b"));
        let vault = "    vaultAddress: a\n    objects: |\n      - objectName: o\n        secretPath: p\n        secretKey: KEY\n";
        let vault =
            |key: &str| entry(&class("vault", &vault.replace("KEY", key))).expect("it is known");
        assert_ne!(vault("a"), vault("b"));
        assert_eq!(
            entry(&class(
                "aws",
                "    objects: |\n      - {objectName: other}\n"
            )),
            None
        );
    }

    #[test]
    fn an_external_secret_names_the_entry_or_takes_all_of_them() {
        let external = |spec: &str| {
            entry(&format!(
                "{{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {{name: s}}, spec: {{secretStoreRef: {{name: v, kind: ClusterSecretStore}}, {spec}}}}}"
            ))
        };
        let one = external("data: [{secretKey: k, remoteRef: {key: apim, property: k}}]");
        assert!(one.is_some());
        assert_eq!(one, external("dataFrom: [{extract: {key: apim}}]"));
        assert_ne!(
            one,
            external("data: [{secretKey: k, remoteRef: {key: apim, property: x}}]")
        );
        assert_eq!(external("dataFrom: [{find: {}}]"), None);
    }
}
