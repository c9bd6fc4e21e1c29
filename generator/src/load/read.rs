//! Reads the files of a model directory.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::model::component::Component;
use crate::model::pattern::Pattern;
use crate::model::product::{Product, Version};
use crate::model::table::Table;
use crate::model::values::{Node, Platform, Values};
use crate::model::{Loaded, Model, Observability};
use crate::yaml::{self, Text};

use super::layers::{self, Layer};

/// Text of each file by its label, for excerpts in errors.
pub(super) type Sources = BTreeMap<String, String>;

/// Reads every file; the error holds the mistakes of all of them.
pub(super) fn read(layers: &[Layer], without: &[&str]) -> Result<(Model, Sources), Diagnostics> {
    let mut reader = Reader {
        layers,
        without,
        sources: Sources::new(),
        diagnostics: Diagnostics::default(),
    };
    let product = reader.file("product.yaml");
    let releases = reader.file("releases.yaml");
    let ports = reader.file("ports.yaml");
    let endpoints = reader.file("endpoints.yaml");
    let controllers = reader.file("controllers.yaml");
    let gateway_classes = reader.file_or_none("gateway-classes.yaml");
    let wiring = reader.file_or_none("wiring.yaml");
    let events = reader.optional("events.yaml");
    let observability = reader.observability();
    let credentials = reader.file("credentials.yaml");
    let databases = reader.file("databases.yaml");
    let chart_values = reader.values("values/chart");
    let component_values = reader.values("values/component");
    let definitions = reader.file("values/definitions.yaml");
    let mut versions: Vec<Loaded<Version>> =
        reader.named("versions", |version: &Version| &version.version);
    let components: Vec<Loaded<Component>> =
        reader.named("components", |component: &Component| &component.name);
    let mut patterns: Vec<Loaded<Pattern>> =
        reader.named("patterns", |pattern: &Pattern| &pattern.name);
    let platforms: Vec<Loaded<Platform>> =
        reader.named("platforms", |platform: &Platform| &platform.name);
    let configuration = if without.contains(&"configuration") {
        Vec::new()
    } else {
        let files = reader.folder("configuration").into_iter();
        files.map(|(_, file)| file).collect()
    };

    let (Some(product), Some(ports), Some(endpoints), Some(wiring)) =
        (product, ports, endpoints, wiring)
    else {
        return Err(reader.diagnostics);
    };
    let (Some(observability), Some(credentials), Some(databases), Some(definitions)) =
        (observability, credentials, databases, definitions)
    else {
        return Err(reader.diagnostics);
    };
    let (Some(controllers), Some(gateway_classes), Some(releases)) =
        (controllers, gateway_classes, releases)
    else {
        return Err(reader.diagnostics);
    };
    let product: Loaded<Product> = product;
    order_versions(&product, &mut versions, &mut reader.diagnostics);
    patterns.sort_by_key(|pattern| pattern.number);
    let model = Model {
        label: layers
            .first()
            .map(|own| own.label.clone())
            .unwrap_or_default(),
        product,
        releases,
        ports,
        endpoints,
        controllers,
        gateway_classes,
        versions,
        components: components
            .into_iter()
            .map(|component| (component.name.value.clone(), component))
            .collect(),
        patterns,
        wiring,
        events,
        observability,
        credentials,
        databases,
        configuration,
        chart_values,
        component_values,
        definitions,
        platforms,
    };
    if reader.diagnostics.is_empty() {
        Ok((model, reader.sources))
    } else {
        Err(reader.diagnostics)
    }
}

/// The product's list of versions decides their order; files and list must agree.
fn order_versions(
    product: &Loaded<Product>,
    versions: &mut [Loaded<Version>],
    diagnostics: &mut Diagnostics,
) {
    let position = |version: &Loaded<Version>| {
        product
            .versions
            .iter()
            .position(|listed| listed.value == version.version.value)
    };
    for version in versions
        .iter()
        .filter(|version| position(version).is_none())
    {
        let message = format!(
            "version {} is not in the list of versions",
            version.version.value
        );
        diagnostics.push(
            version
                .diagnose(&version.version, message)
                .hint(format!("add it to {}", product.file)),
        );
    }
    for listed in &product.versions {
        if !versions
            .iter()
            .any(|version| version.version.value == listed.value)
        {
            let message = format!("there is no versions/{}.yaml", listed.value);
            diagnostics.push(
                product
                    .diagnose(listed, message)
                    .hint("add the file or remove the version"),
            );
        }
    }
    if product.versions.is_empty() {
        diagnostics.push(Diagnostic::new(
            Place::file(&product.file),
            "the list of versions is empty",
        ));
    }
    versions.sort_by_key(position);
}

struct Reader<'a> {
    layers: &'a [Layer],
    /// Files that this family has not.
    without: &'a [&'a str],
    sources: Sources,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    /// Reads one file.
    fn file<T: DeserializeOwned>(&mut self, name: &str) -> Option<Loaded<T>> {
        let found =
            layers::find(self.layers, name).ok_or_else(|| layers::missing(self.layers, name));
        let (path, file) = self.diagnostics.take(found)?;
        let text = std::fs::read_to_string(path).map_err(|error| {
            Diagnostic::new(Place::file(&file), format!("cannot be read: {error}"))
        });
        let text = self.diagnostics.take(text)?;
        let parsed = yaml::parse(&file, &text);
        self.sources.insert(file.clone(), text);
        let value = self.diagnostics.take(parsed)?;
        Some(Loaded { file, value })
    }

    /// What stands for the family's own folder.
    fn label(&self) -> &str {
        self.layers.first().map_or("", |own| own.label.as_str())
    }

    /// Reads one file, or takes it for empty where the family has none.
    fn file_or_none<T: DeserializeOwned + Default>(&mut self, name: &str) -> Option<Loaded<T>> {
        if self.without.contains(&name) {
            return Some(Loaded {
                file: format!("{}/{name}", self.label()),
                value: T::default(),
            });
        }
        self.file(name)
    }

    /// Reads one file that the family may be without.
    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<Loaded<T>> {
        if self.without.contains(&name) {
            return None;
        }
        self.file(name)
    }

    /// Reads the files about logs, metrics, alerts and the dashboard.
    fn observability(&mut self) -> Option<Observability> {
        let logs = self.file_or_none("observability/logs.yaml");
        let metrics = self.file_or_none("observability/metrics.yaml");
        let alerts = self.file_or_none("observability/alerts.yaml");
        let panels = self.file_or_none("observability/panels.yaml");
        Some(Observability {
            logs: logs?,
            metrics: metrics?,
            alerts: alerts?,
            panels: panels?,
        })
    }

    /// Reads every YAML file of a folder, in the order of names, with the name without extension.
    fn folder<T: DeserializeOwned>(&mut self, folder: &str) -> Vec<(String, Loaded<T>)> {
        let names = self.names(folder);
        if names.is_empty() {
            let place = Place::file(format!("{}/{folder}", self.label()));
            self.diagnostics
                .push(Diagnostic::new(place, "there is no file in this folder"));
        }
        names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.file(&format!("{folder}/{name}.yaml"))?)))
            .collect()
    }

    /// Reads the documented values of a folder; a key stands in one file only.
    fn values(&mut self, folder: &str) -> Values {
        let mut values = Values {
            folder: format!("{}/{folder}", self.label()),
            files: Vec::new(),
        };
        for (_, file) in self.folder::<Table<Node>>(folder) {
            for key in file.keys() {
                if let Some(first) = values.file_of(&key.value) {
                    let message = format!("`{}` stands in {first} already", key.value);
                    self.diagnostics
                        .push(file.diagnose(key, message).hint("remove one"));
                }
            }
            values.files.push(file);
        }
        values
    }

    /// As [`Self::folder`], for files that say their own name.
    fn named<T: DeserializeOwned>(
        &mut self,
        folder: &str,
        own_name: fn(&T) -> &Text,
    ) -> Vec<Loaded<T>> {
        let mut files = Vec::new();
        for (name, file) in self.folder::<T>(folder) {
            let own = own_name(&file.value);
            if own.value != name {
                let message = format!("the name `{}` differs from the file's name", own.value);
                self.diagnostics.push(
                    file.diagnose(own, message)
                        .hint(format!("write `{name}` or rename the file")),
                );
            }
            files.push(file);
        }
        files
    }

    /// The names of a folder's files in all layers, each once.
    fn names(&mut self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        for layer in self.layers {
            let Ok(entries) = std::fs::read_dir(layer.directory.join(folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let file_name = entry.file_name().to_string_lossy().into_owned();
                if !layer.offers(&format!("{folder}/{file_name}")) {
                    continue;
                }
                match file_name.strip_suffix(".yaml") {
                    Some(name) => names.push(name.to_owned()),
                    None if file_name.starts_with('.') => {}
                    None => {
                        let place = Place::file(format!("{}/{folder}/{file_name}", layer.label));
                        let diagnostic =
                            Diagnostic::new(place, "is not a .yaml file, so nothing would read it");
                        self.diagnostics
                            .push(diagnostic.hint("rename it to end in .yaml, or move it away"));
                    }
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }
}
