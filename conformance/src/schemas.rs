//! The schemas of Kubernetes and of custom resources that the toolchain pins.

use std::{collections::BTreeSet, sync::LazyLock};

use am_toolchain::schemas::SchemaSet;
use serde_json::Value;

use crate::context::SchemaValidator;

/// Validates against the schemas in `fixtures/schemas`, which are part of the program.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PinnedSchemas;

impl SchemaValidator for PinnedSchemas {
    fn kubernetes_versions(&self) -> Vec<String> {
        SchemaSet::kubernetes_versions()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    fn kinds(&self) -> BTreeSet<String> {
        static KINDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
            SchemaSet::kubernetes_versions()
                .into_iter()
                .filter_map(|version| SchemaSet::for_kubernetes(version).ok())
                .flat_map(|set| {
                    let kinds = set.kinds();
                    kinds.into_iter().map(str::to_owned).collect::<Vec<_>>()
                })
                .collect()
        });
        KINDS.clone()
    }

    fn validate(
        &self,
        kubernetes_version: &str,
        document: &Value,
    ) -> Option<Vec<(String, String)>> {
        let set = match SchemaSet::for_kubernetes(kubernetes_version) {
            Ok(set) => set,
            Err(error) => return Some(vec![(String::new(), error.to_string())]),
        };
        let field = |name: &str| {
            document
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let kind = format!("{} {}", field("apiVersion"), field("kind"));
        if !set.knows(&kind) {
            return None;
        }
        Some(match set.validate(document) {
            Ok(violations) => violations
                .into_iter()
                .map(|violation| (violation.path, violation.message))
                .collect(),
            Err(error) => vec![(String::new(), error.to_string())],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::PinnedSchemas;
    use crate::context::SchemaValidator as _;

    #[test]
    fn an_unknown_field_is_found_and_an_unknown_kind_is_not_judged() {
        let service = |spec| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
        for version in PinnedSchemas.kubernetes_versions() {
            let validate = |document| PinnedSchemas.validate(&version, &document);
            assert_eq!(
                validate(service(json!({"ports": [{"port": 1}]}))),
                Some(vec![])
            );
            let found = validate(service(json!({"prots": []}))).unwrap_or_default();
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(
                validate(json!({"apiVersion": "example.com/v1", "kind": "X"})),
                None
            );
        }
    }
}
