//! What a user gives to the releases of a subject, as places in files.

use std::{fs, path::Path};

use serde_json::Value;

use super::Subject;
use crate::chart::{Given, GivenFile, Givens, leaves};

/// The values files and single values of each release. `place` is how reports name a folder; what cannot be read is left out, since
/// the release does not render then.
pub(super) fn given_to(subject: &Subject, place: &dyn Fn(&Path) -> String) -> Givens {
    let specification = subject.specification.as_deref().and_then(|path| {
        let text = fs::read_to_string(path).ok()?;
        Some(file(path, text, place))
    });
    let mut givens = Givens::new();
    for (index, render) in subject.renders.iter().enumerate() {
        let mut files: Vec<GivenFile> = render
            .values_files
            .iter()
            .filter_map(|path| Some(file(path, fs::read_to_string(path).ok()?, place)))
            .collect();
        files.push(match &specification {
            Some(specification) => set_in(specification, index),
            None => GivenFile {
                leaves: leaves::leaves(&inline(&render.values)),
                ..GivenFile::default()
            },
        });
        givens.insert(render.release.clone(), Given::new(files));
    }
    givens
}

fn file(path: &Path, text: String, place: &dyn Fn(&Path) -> String) -> GivenFile {
    let folder = path.parent().map(place).unwrap_or_default();
    let name = path.file_name().unwrap_or_default();
    GivenFile::values(folder, name.to_string_lossy().into_owned(), text)
}

/// JSON is YAML.
fn inline(values: &Value) -> String {
    if values.is_null() {
        String::new()
    } else {
        values.to_string()
    }
}

/// What `set` of a release gives; its keys are dotted.
fn set_in(specification: &GivenFile, release: usize) -> GivenFile {
    let place = [
        "releases".to_owned(),
        format!("[{release}]"),
        "set".to_owned(),
    ];
    let leaves = specification.leaves.iter().filter_map(|leaf| {
        let [key, below @ ..] = leaf.path.strip_prefix(&place)? else {
            return None;
        };
        let mut leaf = leaf.clone();
        leaf.path = key
            .split('.')
            .map(str::to_owned)
            .chain(below.iter().cloned())
            .collect();
        Some(leaf)
    });
    GivenFile {
        leaves: leaves.collect(),
        folder: specification.folder.clone(),
        name: specification.name.clone(),
        text: specification.text.clone(),
    }
}
