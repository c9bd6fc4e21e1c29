//! Specifications with something changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    report::Report,
    suite::{Input, Options, Silent, run},
};
use serde_json::{Value, json};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A specification of the workspace, of one pattern or of several sites, changed, and what the suite says about it.
pub(crate) fn judged(file: &str, change: impl FnOnce(&mut Value)) -> Result<Report, String> {
    let file = workspace().join(file);
    let text = fs::read_to_string(&file).expect("the specification");
    let mut spec: Value = serde_saphyr::from_str(&text).expect("it is YAML");
    let beside = |path: &Value| json!(file.with_file_name(path.as_str().expect("a path")));
    let absolute = |pattern: &mut Value| {
        if !pattern["tree"].is_null() {
            pattern["tree"] = beside(&pattern["tree"]);
            return;
        }
        let mut own = std::mem::take(&mut pattern["releases"]);
        let integrators = pattern.get_mut("integrators").and_then(Value::as_array_mut);
        let beside_it = integrators.into_iter().flatten();
        let mut all: Vec<&mut Value> = beside_it.map(|it| &mut it["release"]).collect();
        all.extend(own.as_array_mut().expect("a list"));
        for release in all {
            release["chart"] = beside(&release["chart"]);
            for values in release["values"].as_array_mut().expect("a list") {
                *values = beside(values);
            }
        }
        pattern["releases"] = own;
    };
    match spec.get_mut("sites") {
        Some(sites) => sites
            .as_array_mut()
            .expect("sites")
            .iter_mut()
            .for_each(absolute),
        None => absolute(&mut spec),
    }
    change(&mut spec);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("changed.yaml");
    fs::write(&path, spec.to_string()).expect("written");
    let options = Options::new(workspace(), Input::Spec(path));
    run(&options, &mut Silent).map_err(|error| error.to_string())
}
