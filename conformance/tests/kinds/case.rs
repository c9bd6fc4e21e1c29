//! A case of `fixtures/foreign-charts/kinds/`: what is changed in a sound specification, and what must be found.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use am_conformance::fixture::copy_directory;
use serde::Deserialize;
use serde_json::{Value, json};

/// A case; the folder's README says what each key means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The row of the list of kinds that it is an example of.
    #[serde(rename = "kind")]
    _kind: String,
    base: PathBuf,
    #[serde(default)]
    releases: BTreeMap<String, Change>,
    #[serde(default)]
    spec: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) expect: Vec<Expected>,
    #[serde(default)]
    pub(crate) may: Vec<String>,
    pub(crate) at_most: Option<usize>,
    #[serde(default)]
    pub(crate) told_once: Vec<String>,
    #[serde(default)]
    pub(crate) never_says: Vec<String>,
    pub(crate) refused: Option<Refused>,
}

/// A finding that must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) requirement: String,
    #[serde(default)]
    pub(crate) or: Vec<String>,
    #[serde(default)]
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) says: String,
    pub(crate) set_by: Option<String>,
}

/// What the run is refused with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    pub(crate) code: u8,
    pub(crate) says: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    namespace: Option<String>,
    #[serde(default, deserialize_with = "given")]
    component: Option<Value>,
    #[serde(default)]
    workloads: BTreeMap<String, Value>,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    values: Option<Value>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    append: BTreeMap<String, String>,
    #[serde(default)]
    edits: Vec<Edit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

/// A value that was written, `null` included.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    /// Writes the changed charts and the specification into a folder; the path of the specification.
    pub(crate) fn write(&self, kinds: &Path, folder: &Path) -> PathBuf {
        let base = kinds.join(&self.base);
        let text = fs::read_to_string(&base).expect("the base is there");
        let mut spec: Value = serde_saphyr::from_str(&text).expect("the base is YAML");
        let beside = base.parent().expect("a folder");
        for release in spec["releases"].as_array_mut().expect("a list") {
            let name = release["name"].as_str().expect("a name").to_owned();
            let none = Change::default();
            let change = self.releases.get(&name).unwrap_or(&none);
            self.change(release, change, beside, folder);
        }
        for (key, value) in &self.spec {
            match (key.as_str(), value) {
                ("external", Value::Array(more)) if spec["external"].is_array() => {
                    let all = spec["external"].as_array_mut().expect("a list");
                    all.extend(more.iter().cloned());
                }
                ("moreReleases", Value::Array(more)) => {
                    let all = spec["releases"].as_array_mut().expect("a list");
                    all.extend(more.iter().cloned());
                }
                _ => spec[key] = value.clone(),
            }
        }
        let path = folder.join("spec.yaml");
        fs::write(&path, spec.to_string()).expect("written");
        path
    }

    fn change(&self, release: &mut Value, change: &Change, beside: &Path, folder: &Path) {
        let chart = beside.join(release["chart"].as_str().expect("a chart"));
        let copy = folder.join(chart.file_name().expect("a name"));
        if !copy.exists() {
            copy_directory(&chart, &copy).expect("the chart is copied");
        }
        release["chart"] = json!(copy);
        let mut values: Vec<Value> = release["values"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|file| json!(beside.join(file.as_str().expect("a path"))))
            .collect();
        if let Some(more) = &change.values {
            let file = folder.join(format!(
                "values-{}.yaml",
                release["name"].as_str().unwrap_or("")
            ));
            let text = more
                .as_str()
                .map_or_else(|| more.to_string(), str::to_owned);
            fs::write(&file, text).expect("written");
            values.push(json!(file));
        }
        release["values"] = json!(values);
        for (key, value) in &change.set {
            if !release["set"].is_object() {
                release["set"] = json!({});
            }
            release["set"][key] = value.clone();
        }
        for (key, value) in [("name", &change.name), ("namespace", &change.namespace)] {
            if let Some(value) = value {
                release[key] = json!(value);
            }
        }
        match &change.component {
            Some(Value::Null) => {
                release.as_object_mut().expect("a map").remove("component");
            }
            Some(component) => release["component"] = component.clone(),
            None => {}
        }
        if !change.workloads.is_empty() {
            release["workloads"] = json!(change.workloads);
        }
        for (file, text) in &change.files {
            let path = copy.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        for (file, more) in &change.append {
            let path = copy.join(file);
            let text = fs::read_to_string(&path).unwrap_or_default();
            fs::write(path, text + more).expect("written");
        }
        for Edit { file, from, to } in &change.edits {
            let path = copy.join(file);
            let text = fs::read_to_string(&path).expect("the file is there");
            assert!(text.contains(from), "{}: {file} has no {from:?}", self.name);
            fs::write(path, text.replace(from, to)).expect("written");
        }
    }
}
