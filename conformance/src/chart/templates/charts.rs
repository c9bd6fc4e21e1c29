//! A chart and its subcharts: whose templates see which part of the values and which files.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::path::Segment;

/// A chart as its own templates see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChartContext {
    /// The folder of its files from the outermost chart; empty, or with `/` at its end.
    pub(crate) folder: String,
    /// Where its values are in those of the outermost chart.
    pub(crate) values: Vec<String>,
}

/// A chart, its subcharts, and what Helm itself reads of their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charts {
    /// The outermost chart first; one with aliases is there once for each.
    pub(crate) all: Vec<Arc<ChartContext>>,
    /// Values that a `condition` of a dependency reads.
    pub(crate) conditions: Vec<Vec<String>>,
    /// Values of subcharts that cannot be looked into.
    pub(crate) unseen: Vec<Vec<String>>,
}

impl Charts {
    pub(super) fn of(files: &BTreeMap<String, String>) -> Self {
        let mut charts = Self::default();
        charts.add(files, "", &[]);
        charts
    }

    /// The charts to which a file belongs.
    pub(crate) fn with(&self, path: &str) -> impl Iterator<Item = &Arc<ChartContext>> {
        let owner = self
            .all
            .iter()
            .filter(|chart| path.starts_with(&chart.folder))
            .map(|chart| chart.folder.as_str())
            .max_by_key(|folder| folder.len());
        self.all
            .iter()
            .filter(move |chart| Some(chart.folder.as_str()) == owner)
    }

    /// The innermost chart to whose values a path leads.
    pub(crate) fn at(&self, path: &[String]) -> Option<&Arc<ChartContext>> {
        self.all
            .iter()
            .filter(|chart| path.starts_with(&chart.values))
            .max_by_key(|chart| chart.values.len())
    }

    /// `global` is the same for all charts: its place in the values of the outermost one.
    pub(super) fn in_the_outermost<'p>(&self, path: &'p [Segment]) -> &'p [Segment] {
        let is_key =
            |segment: &Segment, key: &str| matches!(segment, Segment::Key(own) if own == key);
        self.all
            .iter()
            .filter(|chart| !chart.values.is_empty() && chart.values.len() < path.len())
            .find(|chart| {
                let (values, rest) = path.split_at(chart.values.len());
                is_key(&rest[0], "global")
                    && values
                        .iter()
                        .zip(&chart.values)
                        .all(|(own, key)| is_key(own, key))
            })
            .map_or(path, |chart| &path[chart.values.len()..])
    }

    fn add(&mut self, files: &BTreeMap<String, String>, folder: &str, values: &[String]) {
        let read = |file: &str| -> Value {
            let text = files.get(&format!("{folder}{file}"));
            text.and_then(|text| serde_saphyr::from_str(text).ok())
                .unwrap_or_default()
        };
        let declared: Vec<Value> = ["Chart.yaml", "requirements.yaml"]
            .into_iter()
            .filter_map(|file| read(file).get("dependencies")?.as_array().cloned())
            .flatten()
            .collect();
        let below = format!("{folder}charts/");
        let mut folders: Vec<&str> = files
            .keys()
            .filter_map(|path| path.strip_prefix(&below)?.split_once('/'))
            .map(|(name, _)| name)
            .collect();
        folders.dedup();
        let named: Vec<(String, &str)> = folders
            .into_iter()
            .map(|name| {
                let own = read(&format!("charts/{name}/Chart.yaml"));
                let own = own.get("name").and_then(Value::as_str);
                (own.unwrap_or(name).to_owned(), name)
            })
            .collect();
        self.all.push(Arc::new(ChartContext {
            folder: folder.to_owned(),
            values: values.to_owned(),
        }));
        let place = |key: &str| {
            let mut place = values.to_owned();
            place.extend(key.split('.').map(str::to_owned));
            place
        };
        for dependency in &declared {
            let text = |key: &str| dependency.get(key).and_then(Value::as_str);
            let conditions = text("condition").unwrap_or_default().split(',');
            self.conditions.extend(
                conditions
                    .map(str::trim)
                    .filter(|path| !path.is_empty())
                    .map(place),
            );
            let Some(name) = text("name") else { continue };
            let mut key = values.to_owned();
            key.push(text("alias").unwrap_or(name).to_owned());
            match named.iter().find(|(own, _)| own == name) {
                Some((_, inner)) => {
                    if dependency.get("import-values").is_some() {
                        self.unseen.push(key.clone());
                    }
                    self.add(files, &format!("{below}{inner}/"), &key);
                }
                None => self.unseen.push(key),
            }
        }
        for (name, inner) in &named {
            let is_declared = declared
                .iter()
                .any(|dependency| dependency.get("name").and_then(Value::as_str) == Some(name));
            if !is_declared {
                let mut key = values.to_owned();
                key.push(name.clone());
                self.add(files, &format!("{below}{inner}/"), &key);
            }
        }
    }
}
