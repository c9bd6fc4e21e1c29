//! What a server of integrations runs, read once when it starts.
//!
//! In place of an archive, an app of a stand-in is the text of its service's metadata: `key`, `name`, `version` and `serviceUrl`, in
//! YAML. An empty one has no service. What cannot be read is a faulty app, with which the server is never ready.

use std::path::Path;

use serde::Deserialize;

use crate::services::Service;

/// How the product's archives end.
const ENDING: &str = "car";

/// The apps of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Apps {
    /// The services that they have.
    pub(crate) services: Vec<Service>,
    /// Names of those that cannot be read.
    pub(crate) faulty: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    key: String,
    name: String,
    version: String,
    service_url: String,
}

impl Apps {
    /// Reads every app of a folder; `variable` looks an environment variable up.
    pub(crate) fn read(folder: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut apps = Self::default();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            if file.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            match serde_saphyr::from_str::<Option<Metadata>>(&text) {
                Ok(metadata) => apps
                    .services
                    .extend(metadata.map(|it| it.service(variable))),
                Err(_) => apps.faulty.push(name.into_owned()),
            }
        }
        apps
    }

    /// Whether a service answers at a path.
    pub(crate) fn serve(&self, path: &str) -> bool {
        let mut services = self.services.iter();
        services.any(|service| {
            let after = service.service_url.split_once("://");
            let own = after.and_then(|(_, rest)| Some(rest.split_once('/')?.1));
            own.is_some_and(|own| {
                let rest = path.trim_start_matches('/').strip_prefix(own);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            })
        })
    }
}

impl Metadata {
    /// The placeholders of the address are variables of the process; what has none stays as it is. The braces of `{MI_URL}` do, whatever
    /// is inside (facts: integration.yaml, `micro_integrator.service_catalog`).
    fn service(self, variable: &dyn Fn(&str) -> Option<String>) -> Service {
        let mut url = self.service_url;
        for name in ["MI_HOST", "MI_PORT"] {
            if let Some(value) = variable(name) {
                url = url.replace(&format!("{{{name}}}"), &value);
            }
        }
        Service {
            key: self.key,
            name: self.name,
            version: self.version,
            service_url: url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Apps;

    #[test]
    fn an_app_that_cannot_be_read_is_faulty_and_one_without_metadata_has_no_service() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
        };
        write(
            "orders.car",
            "{key: orders-v1, name: orders, version: v1, serviceUrl: 'https://{MI_HOST}:{MI_PORT}/orders'}",
        );
        write("empty.car", "");
        write("broken.car", "key: [");
        write("notes.txt", "key: [");
        let apps = Apps::read(folder.path(), &|name| {
            Some(if name == "MI_PORT" { "8253" } else { "mi" }.to_owned())
        });
        let urls: Vec<&str> = apps
            .services
            .iter()
            .map(|it| it.service_url.as_str())
            .collect();
        assert_eq!(urls, ["https://mi:8253/orders"]);
        assert_eq!(apps.faulty, ["broken.car"]);
        assert!(apps.serve("/orders") && apps.serve("/orders/7"));
        assert!(!apps.serve("/orders2") && !apps.serve("/"));
    }
}
