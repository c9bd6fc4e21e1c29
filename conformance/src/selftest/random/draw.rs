//! Draws a mutation.

use fastrand::Rng;
use serde_json::Value;

use super::{
    Change, Mutation, Place, toml,
    words::{damaged, fitting, misspelled},
};
use crate::manifest::{Manifest, Object};

/// How often a draw that changes nothing is repeated.
const ATTEMPTS: usize = 100;

/// A mutation of one of the documents; `None` when there is nothing to change.
pub(super) fn draw(rng: &mut Rng, manifest: &Manifest) -> Option<Mutation> {
    if manifest.objects.is_empty() {
        return None;
    }
    (0..ATTEMPTS).find_map(|_| attempt(rng, manifest))
}

fn attempt(rng: &mut Rng, manifest: &Manifest) -> Option<Mutation> {
    let index = rng.usize(..manifest.objects.len());
    let object = &manifest.objects[index];
    let mut place = Place {
        kind: object.kind().to_owned(),
        name: object.name().to_owned(),
        template: object.template.clone(),
        number: manifest.objects[..index]
            .iter()
            .filter(|other| other.template == object.template)
            .count(),
        file: None,
        path: String::new(),
    };
    if rng.u8(..20) == 0 {
        let change = if rng.u8(..4) == 0 {
            Change::DuplicateDocument
        } else {
            Change::DropDocument
        };
        return Some(Mutation {
            place,
            change,
            before: Value::Null,
            after: Value::Null,
        });
    }
    let files = toml_files(object);
    let places = if !files.is_empty() && rng.u8(..5) != 0 {
        let (file, text) = files[rng.usize(..files.len())];
        place.file = Some(file.to_owned());
        toml::places(text)
    } else {
        let mut places = Vec::new();
        places_of(&object.value, "", &mut places);
        places
    };
    if places.is_empty() {
        return None;
    }
    let (path, before) = places[rng.usize(..places.len())].clone();
    place.path = path;
    change_at(rng, place, before)
}

fn change_at(rng: &mut Rng, place: Place, before: Value) -> Option<Mutation> {
    let key = place.path.rsplit('/').next().unwrap_or_default();
    let in_list = key.parse::<usize>().is_ok();
    let mut changes = fitting(&before);
    changes.push(if in_list {
        Change::DuplicateItem
    } else {
        Change::RenameKey
    });
    let change = changes[rng.usize(..changes.len())];
    let after = match change {
        Change::Drop => Value::Null,
        Change::DuplicateItem => before.clone(),
        Change::RenameKey => {
            let key = key.replace("~1", "/").replace("~0", "~");
            Value::from(misspelled(rng, &key))
        }
        _ => damaged(rng, &before, change).filter(|after| *after != before)?,
    };
    Some(Mutation {
        place,
        change,
        before,
        after,
    })
}

/// The TOML files that a document holds.
fn toml_files(object: &Object) -> Vec<(&str, &str)> {
    if object.kind() != "ConfigMap" {
        return Vec::new();
    }
    object
        .value
        .get("data")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(file, _)| {
            std::path::Path::new(file)
                .extension()
                .is_some_and(|ending| ending == "toml")
        })
        .filter_map(|(file, text)| Some((file.as_str(), text.as_str()?)))
        .collect()
}

fn places_of(value: &Value, at: &str, places: &mut Vec<(String, Value)>) {
    let mut put = |part: &str, item: &Value| {
        let path = format!("{at}/{part}");
        places.push((path.clone(), item.clone()));
        places_of(item, &path, places);
    };
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                put(&key.replace('~', "~0").replace('/', "~1"), item);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                put(&index.to_string(), item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::draw;
    use crate::manifest::{Manifest, Object};

    fn manifest() -> Manifest {
        let object = |template: &str, value| Object {
            release: "am".into(),
            chart: "c".into(),
            template: template.into(),
            text: String::new(),
            release_namespace: "apim".into(),
            value,
        };
        let toml = "[a]\nb = \"tcp://am-tm:9611\"\nc = [1, 2]\n[[a.d]]\ne = true\n";
        Manifest {
            objects: vec![
                object(
                    "s.yaml",
                    json!({"kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}, {"port": 2}]}}),
                ),
                object(
                    "c.yaml",
                    json!({"kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"deployment.toml": toml}}),
                ),
            ],
            ..Manifest::default()
        }
    }

    #[test]
    fn a_seed_draws_the_same_mutation_again_and_every_one_changes_something() {
        let original = manifest();
        let mut applied = 0;
        for seed in 0..500 {
            let drawn = draw(&mut Rng::with_seed(seed), &original).expect("there are documents");
            assert_eq!(
                Some(&drawn),
                draw(&mut Rng::with_seed(seed), &original).as_ref()
            );
            let mut changed = original.clone();
            // A whole TOML table takes no other value; the run draws again.
            if drawn.apply(&mut changed) {
                applied += 1;
                assert_ne!(changed, original, "{drawn:?}");
            }
        }
        assert!(applied > 450, "{applied}");
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert!(draw(&mut Rng::with_seed(1), &Manifest::default()).is_none());
    }
}
