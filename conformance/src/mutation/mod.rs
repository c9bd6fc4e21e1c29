//! Applies the steps of a mutant.

pub(crate) mod toml_edit;

use serde_json::Value;

use self::toml_edit::edit;
use crate::{
    facts::{Facts, matches_glob},
    graph::Graph,
    machines::Tree,
    manifest::{Manifest, Object},
    requirement::{Selector, Step},
    subject::Subject,
};

/// Applies the steps that change rendered documents, in order.
///
/// # Errors
/// When a step changes nothing: its selector matches nothing, its path is not there, its text does not occur.
/// Such a mutant is void.
pub(crate) fn documents(
    manifest: &mut Manifest,
    steps: &[Step],
    subject: &Subject,
) -> Result<(), String> {
    for (index, step) in steps.iter().enumerate() {
        apply(manifest, step, subject)
            .map_err(|message| format!("step {}: {message}", index + 1))?;
    }
    Ok(())
}

fn apply(manifest: &mut Manifest, step: &Step, subject: &Subject) -> Result<(), String> {
    if let Some(selector) = &step.on {
        return on_documents(manifest, step, selector);
    }
    if step.toml.is_some() {
        return on_toml(manifest, step, subject);
    }
    if let Some(value) = &step.add {
        let model = manifest
            .objects
            .first()
            .ok_or("there is no document to add one to")?;
        let added = Object {
            value: value.clone(),
            text: String::new(),
            ..model.clone()
        };
        manifest.objects.push(added);
        return Ok(());
    }
    // Values and files of the chart were changed before rendering.
    Ok(())
}

/// Applies the steps that change files of a host tree, in order.
///
/// # Errors
/// As [`documents`].
pub(crate) fn files(tree: &mut Tree, steps: &[Step]) -> Result<(), String> {
    for step in steps {
        let Some(pattern) = &step.tree else {
            continue;
        };
        let fits = |path: &&String| {
            path.matches('/').count() == pattern.matches('/').count() && matches_glob(pattern, path)
        };
        let chosen: Vec<String> = tree.files.keys().filter(fits).cloned().collect();
        if chosen.is_empty() {
            return Err(format!("the tree has no file {pattern}"));
        }
        let mut changed = false;
        for path in chosen {
            if step.delete {
                tree.files.remove(&path);
                changed = true;
            } else if let Some(text) = tree.files.get_mut(&path) {
                let edited = match (&step.replace, &step.with, &step.append) {
                    (Some(old), Some(new), _) => text.replace(old, new),
                    (.., Some(end)) => format!("{text}{end}"),
                    _ => return Err("the step has no verb for a file of a tree".into()),
                };
                changed |= edited != *text;
                *text = edited;
            }
        }
        if !changed {
            let text = step.replace.as_deref().unwrap_or_default();
            return Err(format!("the text `{text}` does not occur in {pattern}"));
        }
    }
    Ok(())
}

fn on_documents(manifest: &mut Manifest, step: &Step, selector: &Selector) -> Result<(), String> {
    let chosen: Vec<usize> = manifest
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| matches(selector, object))
        .map(|(index, _)| index)
        .collect();
    if chosen.is_empty() {
        return Err(format!("no document matches {selector:?}"));
    }
    if step.delete {
        let mut index = 0;
        manifest.objects.retain(|_| {
            index += 1;
            !chosen.contains(&(index - 1))
        });
        return Ok(());
    }
    if let Some(name) = &step.copy_as {
        for index in chosen {
            let mut copy = manifest.objects[index].clone();
            set(
                &mut copy.value,
                "/metadata/name",
                Value::String(name.clone()),
            )?;
            manifest.objects.push(copy);
        }
        return Ok(());
    }
    let mut changed = 0;
    let mut reason = String::new();
    for index in chosen {
        match change(&mut manifest.objects[index].value, step) {
            Ok(()) => changed += 1,
            Err(message) => reason = message,
        }
    }
    if changed == 0 { Err(reason) } else { Ok(()) }
}

fn matches(selector: &Selector, object: &Object) -> bool {
    let labels = object.labels();
    selector
        .kind
        .as_deref()
        .is_none_or(|kind| kind == object.kind())
        && selector.component.is_none_or(|component| {
            labels.get("app.kubernetes.io/component") == Some(&component.name())
        })
        && selector
            .name_ends
            .as_deref()
            .is_none_or(|end| object.name().ends_with(end))
        && !selector
            .name_not_ends
            .iter()
            .any(|end| object.name().ends_with(end.as_str()))
}

fn change(value: &mut Value, step: &Step) -> Result<(), String> {
    if let (Some(path), Some(to)) = (&step.set, &step.to) {
        return set(value, path, to.clone());
    }
    if let Some(path) = &step.remove {
        return remove(value, path);
    }
    if let (Some(text), Some(with)) = (&step.replace, &step.with) {
        return if replace(value, text, with) {
            Ok(())
        } else {
            Err(format!("the text `{text}` does not occur"))
        };
    }
    Err("the step has no verb for a document".into())
}

/// Sets a JSON pointer; the last part may be new, or `-` for a new element of a list.
pub(crate) fn set(value: &mut Value, path: &str, to: Value) -> Result<(), String> {
    let (parent, last) = split(path)?;
    let slot_owner = value
        .pointer_mut(parent)
        .ok_or_else(|| format!("there is no {parent}"))?;
    match slot_owner {
        Value::Object(map) => {
            map.insert(last, to);
            Ok(())
        }
        Value::Array(items) if last == "-" => {
            items.push(to);
            Ok(())
        }
        Value::Array(items) => {
            let slot = last
                .parse()
                .ok()
                .and_then(|index: usize| items.get_mut(index));
            *slot.ok_or_else(|| format!("there is no {path}"))? = to;
            Ok(())
        }
        _ => Err(format!("{parent} is no map or list")),
    }
}

pub(crate) fn remove(value: &mut Value, path: &str) -> Result<(), String> {
    let (parent, last) = split(path)?;
    let missing = || format!("there is no {path}");
    match value.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(map) => map.shift_remove(&last).map(|_| ()).ok_or_else(missing),
        Value::Array(items) => {
            let index: usize = last.parse().map_err(|_| missing())?;
            if index >= items.len() {
                return Err(missing());
            }
            items.remove(index);
            Ok(())
        }
        _ => Err(missing()),
    }
}

pub(crate) fn split(path: &str) -> Result<(&str, String), String> {
    let (parent, last) = path
        .rsplit_once('/')
        .ok_or_else(|| format!("`{path}` is no JSON pointer"))?;
    Ok((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// Replaces text in every string and key; false when it does not occur.
fn replace(value: &mut Value, text: &str, with: &str) -> bool {
    match value {
        Value::String(string) => {
            let found = string.contains(text);
            if found {
                *string = string.replace(text, with);
            }
            found
        }
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |found, item| replace(item, text, with) | found),
        Value::Object(map) => {
            let mut found = false;
            let old = std::mem::take(map);
            for (key, mut item) in old {
                found |= replace(&mut item, text, with) | key.contains(text);
                map.insert(key.replace(text, with), item);
            }
            found
        }
        _ => false,
    }
}

/// Changes the `deployment.toml` of the chosen nodes where their `ConfigMap` holds it.
fn on_toml(manifest: &mut Manifest, step: &Step, subject: &Subject) -> Result<(), String> {
    let Some(selector) = &step.toml else {
        return Ok(());
    };
    let facts = Facts::load().map_err(|error| error.to_string())?;
    let mut places: Vec<(usize, String)> = Vec::new();
    {
        let graph = Graph::build(manifest, &facts, subject.version, &subject.hints);
        for node in graph.nodes_of(selector.component) {
            if selector
                .node
                .is_some_and(|wanted| wanted != node.id.ordinal)
            {
                continue;
            }
            let Some(configuration) = &node.configuration else {
                continue;
            };
            let index = manifest
                .objects
                .iter()
                .position(|object| std::ptr::eq(object, configuration.object));
            if let Some(index) = index {
                places.push((index, configuration.data_key.clone()));
            }
        }
    }
    places.sort();
    places.dedup();
    if places.is_empty() {
        return Err(format!(
            "no {} has a deployment.toml",
            selector.component.title()
        ));
    }
    for (index, key) in places {
        let data = manifest.objects[index]
            .value
            .pointer_mut("/data")
            .and_then(Value::as_object_mut);
        let slot = data
            .and_then(|data| data.get_mut(&key))
            .ok_or("the object has no such key")?;
        let text = slot.as_str().ok_or("the file is no text")?;
        *slot = Value::String(edit(text, step)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{remove, replace, set};

    #[test]
    fn paths_are_set_added_and_removed() {
        let mut value = json!({"a": {"b": [1, 2]}});
        set(&mut value, "/a/b/-", json!(3)).expect("appended");
        set(&mut value, "/a/c~1d", json!(4)).expect("added");
        remove(&mut value, "/a/b/0").expect("removed");
        assert_eq!(value, json!({"a": {"b": [2, 3], "c/d": 4}}));
    }

    #[test]
    fn a_change_that_changes_nothing_is_void() {
        let mut value = json!({"a": 1});
        assert!(set(&mut value, "/x/y", json!(1)).is_err());
        assert!(remove(&mut value, "/b").is_err());
        assert!(!replace(&mut value, "nowhere", "x"));
    }

    #[test]
    fn text_is_replaced_in_keys_and_values() {
        let mut value = json!({"old-key": ["old"]});
        assert!(replace(&mut value, "old", "new"));
        assert_eq!(value, json!({"new-key": ["new"]}));
    }
}
