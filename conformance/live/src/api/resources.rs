//! From a kind to its path in the API.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Api, text};
use crate::error::LiveError;

/// The kinds that an API server knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources {
    /// By `apiVersion` and `kind`: plural name, and whether it lives in a namespace.
    kinds: BTreeMap<(String, String), (String, bool)>,
}

impl Resources {
    /// Asks for everything that is needed for these objects' API versions.
    pub(crate) async fn discover<'v>(
        api: &Api,
        versions: impl IntoIterator<Item = &'v str>,
    ) -> Result<Self, LiveError> {
        let mut kinds = BTreeMap::new();
        let versions: std::collections::BTreeSet<&str> = versions.into_iter().collect();
        for version in versions {
            let Some(list) = api.find(&group_path(version)).await? else {
                continue;
            };
            let resources = list.get("resources").and_then(Value::as_array);
            for resource in resources.into_iter().flatten() {
                let name = text(resource, "/name");
                if !name.contains('/') {
                    let namespaced = resource.get("namespaced") == Some(&Value::Bool(true));
                    let kind = (version.to_owned(), text(resource, "/kind").to_owned());
                    kinds.insert(kind, (name.to_owned(), namespaced));
                }
            }
        }
        Ok(Self { kinds })
    }

    /// The path of an object; `None` when the server does not know its kind.
    pub(crate) fn path(&self, object: &Value, namespace: &str) -> Option<String> {
        let version = text(object, "/apiVersion");
        let key = (version.to_owned(), text(object, "/kind").to_owned());
        let (plural, namespaced) = self.kinds.get(&key)?;
        let name = text(object, "/metadata/name");
        let group = group_path(version);
        Some(if *namespaced {
            format!("{group}/namespaces/{namespace}/{plural}/{name}")
        } else {
            format!("{group}/{plural}/{name}")
        })
    }

    /// The list paths of all kinds that live in a namespace.
    pub(crate) fn namespaced_lists(&self, namespace: &str) -> Vec<(String, String)> {
        self.kinds
            .iter()
            .filter(|(_, (_, namespaced))| *namespaced)
            .map(|((version, kind), (plural, _))| {
                let group = group_path(version);
                (
                    kind.clone(),
                    format!("{group}/namespaces/{namespace}/{plural}"),
                )
            })
            .collect()
    }
}

fn group_path(version: &str) -> String {
    if version.contains('/') {
        format!("/apis/{version}")
    } else {
        format!("/api/{version}")
    }
}
