//! Definitions of custom resources, made from the schemas under `fixtures/schemas`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::api::{Api, text};
use crate::error::LiveError;

const FILE: &str = "fixtures/schemas/custom-resources.json";
const POLL: Duration = Duration::from_millis(100);
/// The API server serves a new kind within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Installs a definition for every custom kind, and waits until all are served.
pub(super) async fn install(api: &Api, workspace: &Path) -> Result<(), LiveError> {
    let path = workspace.join(FILE);
    let content = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
    let broken = |what: String| {
        LiveError::unavailable(
            format!("{FILE}: {what}"),
            "make it again with tools/schemas/update",
        )
    };
    let file: Value = serde_json::from_str(&content).map_err(|error| broken(error.to_string()))?;
    let kinds = file.get("kinds").and_then(Value::as_object);
    let mut definitions = Vec::new();
    for (kind, definition) in kinds.into_iter().flatten() {
        let Some((version, kind)) = kind.split_once(' ') else {
            return Err(broken(format!("`{kind}` is no `apiVersion kind`")));
        };
        let Some((group, version)) = version.split_once('/') else {
            continue;
        };
        let definition = definition.as_str().unwrap_or_default();
        let schema = file.get("$defs").and_then(|all| all.get(definition));
        let schema = schema.ok_or_else(|| broken(format!("no definition {definition}")))?;
        definitions.push(definition_of(
            group,
            version,
            kind,
            &structural(schema, &file, 0),
        ));
    }
    let mut names = Vec::new();
    for object in definitions {
        let name = text(&object, "/metadata/name").to_owned();
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        match api.create(path, &object).await? {
            Ok(_) => names.push(format!("{path}/{name}")),
            // Somebody installed the real one.
            Err(refusal) if refusal.code == 409 => {}
            Err(refusal) => return Err(broken(format!("{name}: {}", refusal.message))),
        }
    }
    for name in names {
        wait(api, &name).await?;
    }
    Ok(())
}

async fn wait(api: &Api, path: &str) -> Result<(), LiveError> {
    let start = Instant::now();
    loop {
        let object = api.get(path).await?;
        let conditions = object
            .pointer("/status/conditions")
            .and_then(Value::as_array);
        let established = conditions.into_iter().flatten().any(|condition| {
            text(condition, "/type") == "Established" && text(condition, "/status") == "True"
        });
        if established {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(LiveError::unavailable(
                format!("{path} is not served: {}", object["status"]),
                "make the schemas again with tools/schemas/update",
            ));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn definition_of(group: &str, version: &str, kind: &str, schema: &Value) -> Value {
    let singular = kind.to_lowercase();
    let plural = match singular.strip_suffix('y') {
        Some(stem) if !singular.ends_with("ay") => format!("{stem}ies"),
        _ if singular.ends_with('s') => format!("{singular}es"),
        _ => format!("{singular}s"),
    };
    let mut annotations = Map::new();
    if group.ends_with("k8s.io") {
        // Groups of Kubernetes itself need an approval, which a test of ours does not have.
        let policy = "unapproved, for a test";
        annotations.insert("api-approved.kubernetes.io".to_owned(), Value::from(policy));
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "annotations": annotations},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": plural, "singular": singular, "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    })
}

/// No schema of a definition is nested deeper; a recursive one is cut here.
const DEEPEST: usize = 40;

/// A schema as definitions must write it: no references, every field typed, no field both listed and free.
fn structural(schema: &Value, file: &Value, depth: usize) -> Value {
    let free = json!({"x-kubernetes-preserve-unknown-fields": true});
    if depth > DEEPEST {
        return free;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        if name.ends_with(".ObjectMeta") {
            return json!({"type": "object"});
        }
        return match file.get("$defs").and_then(|all| all.get(name)) {
            Some(found) => structural(found, file, depth + 1),
            None => free,
        };
    }
    let below = |value: &Value| structural(value, file, depth + 1);
    match type_of(schema) {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            match (properties, schema.get("additionalProperties")) {
                (Some(properties), more) => {
                    let properties: Map<String, Value> = properties
                        .iter()
                        .map(|(name, value)| (name.clone(), below(value)))
                        .collect();
                    let mut object = json!({"type": "object", "properties": properties});
                    if let Some(required) = schema.get("required") {
                        object["required"] = required.clone();
                    }
                    if more != Some(&Value::Bool(false)) {
                        object["x-kubernetes-preserve-unknown-fields"] = Value::Bool(true);
                    }
                    object
                }
                (None, Some(values)) if values.is_object() => {
                    json!({"type": "object", "additionalProperties": below(values)})
                }
                _ => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            }
        }
        Some("array") => match schema.get("items") {
            Some(items) => json!({"type": "array", "items": below(items)}),
            None => free,
        },
        Some(scalar) => {
            let mut value = json!({"type": scalar});
            for key in [
                "enum",
                "pattern",
                "minimum",
                "maximum",
                "minLength",
                "maxLength",
            ] {
                if let Some(limit) = schema.get(key) {
                    value[key] = limit.clone();
                }
            }
            value
        }
        None if is_int_or_string(schema) => json!({"x-kubernetes-int-or-string": true}),
        None => free,
    }
}

/// The one type of a schema; `null` beside it does not count.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            let first = names.next();
            first.filter(|_| names.next().is_none())
        }
        _ => None,
    }
}

fn is_int_or_string(schema: &Value) -> bool {
    let text = schema.to_string();
    text.contains("\"integer\"") && text.contains("\"string\"")
}

#[cfg(test)]
mod tests {
    use super::{definition_of, structural};
    use serde_json::json;

    #[test]
    fn references_are_resolved_and_closed_objects_stay_closed() {
        let file = json!({"$defs": {"a.Spec": {"type": "object", "additionalProperties": false,
            "properties": {"port": {"type": ["integer", "null"]}}}}});
        let schema = json!({"$ref": "#/$defs/a.Spec"});
        assert_eq!(
            structural(&schema, &file, 0),
            json!({"type": "object", "properties": {"port": {"type": "integer"}}})
        );
    }

    #[test]
    fn kinds_get_the_plurals_of_kubernetes() {
        let plural = |kind: &str| {
            let made = definition_of("example.org", "v1", kind, &json!({}));
            made["spec"]["names"]["plural"].clone()
        };
        assert_eq!(plural("Gateway"), "gateways");
        assert_eq!(plural("BackendTLSPolicy"), "backendtlspolicies");
        assert_eq!(plural("SecretProviderClass"), "secretproviderclasses");
    }
}
