//! Values of Secrets, which documents hold encoded.

use std::{collections::BTreeMap, sync::OnceLock};

use serde_json::Value;

use super::{Manifest, Object, strings_at};
use crate::base64;

type Keys = BTreeMap<String, String>;

/// Values of Secrets by the Secret's place among the documents and by key. They follow from the documents alone, so a copy makes them
/// anew and none is another than its like.
#[derive(Debug, Default)]
pub struct Decoded(OnceLock<BTreeMap<usize, Keys>>);

impl Clone for Decoded {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Decoded {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Manifest {
    /// Keys of one of the documents, a `ConfigMap` or a Secret, with their texts; binary data has none.
    pub(crate) fn texts_of<'a>(&'a self, object: &'a Object) -> BTreeMap<&'a str, Option<&'a str>> {
        let is_secret = object.kind() == "Secret";
        let mut keys: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for at in ["/binaryData", "/data", "/stringData"] {
            let map = object.value.pointer(at).and_then(Value::as_object);
            let is_text = at == "/stringData" || at == "/data" && !is_secret;
            keys.extend(
                map.into_iter()
                    .flatten()
                    .map(|(key, value)| (key.as_str(), value.as_str().filter(|_| is_text))),
            );
        }
        if is_secret {
            let decoded = self.decoded_of(object).into_iter().flatten();
            for (key, text) in decoded {
                // What is written beside it wins.
                keys.entry(key)
                    .and_modify(|known| *known = known.or(Some(text)));
            }
        }
        keys
    }

    fn decoded_of(&self, object: &Object) -> Option<&Keys> {
        let all = self.decoded.0.get_or_init(|| {
            let objects = self.objects.iter().enumerate();
            let secrets = objects.filter(|(_, object)| object.kind() == "Secret");
            secrets
                .map(|(at, secret)| {
                    let values = strings_at(&secret.value, "/data").into_iter();
                    let texts = values
                        .filter_map(|(key, value)| Some((key.to_owned(), base64::decode(value)?)));
                    (at, texts.collect())
                })
                .collect()
        });
        let at = self
            .objects
            .iter()
            .position(|one| std::ptr::eq(one, object))?;
        all.get(&at)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Manifest, Object};

    #[test]
    fn encoded_values_of_a_secret_are_read_and_binary_ones_are_not() {
        let secret = Object {
            release: String::new(),
            chart: String::new(),
            template: String::new(),
            text: String::new(),
            release_namespace: String::new(),
            value: json!({"kind": "Secret", "data": {"a": "YQ==", "b": "/w==", "c": "YQ=="}, "stringData": {"c": "C"}}),
        };
        let manifest = Manifest {
            objects: vec![secret],
            ..Manifest::default()
        };
        let texts = manifest.texts_of(&manifest.objects[0]);
        assert_eq!(texts["a"], Some("a"));
        assert_eq!(texts["b"], None);
        assert_eq!(texts["c"], Some("C"));
    }
}
