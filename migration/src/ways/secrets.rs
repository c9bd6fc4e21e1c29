//! Values that belong into a Secret, or name one.

use serde_json::{Value, json};

use crate::mapping::Row;
use crate::path::Path;
use crate::report::Class;
use crate::source::Node;
use crate::work::Work;

pub(super) fn secret_key(work: &mut Work<'_>, item: usize, row: &Row, to: &str) {
    let component = work.items[item].component;
    let with = row.with.clone().unwrap_or_default();
    let name = work
        .trees
        .get(&component)
        .and_then(|tree| tree.get(&Path::of_keys(&with)))
        .map(Node::value);
    match name
        .as_ref()
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
    {
        Some(name) => {
            let key = work.items[item].text();
            work.put(item, to, json!({ "secret": name, "key": key }));
        }
        None => work.done(
            item,
            Class::Inactive,
            None,
            Some(format!("{with} is empty")),
        ),
    }
}

pub(super) fn into_secret(work: &mut Work<'_>, item: usize, row: &Row, to: &str) {
    let component = work.items[item].component;
    let key = row.key.clone().unwrap_or_default();
    if let Some(config) = &row.config {
        let variable = format!("APIM_{}", key.replace('-', "_").to_uppercase());
        if !work.put_config(item, config, json!(format!("$env{{{variable}}}"))) {
            return;
        }
        let secret = work.make_secret_key(item, &key);
        let list = format!("{}.extraEnv", component.values_key());
        work.append(item, &list, json!({ "name": variable, "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } }));
    } else if work.put(item, to, json!(key)) {
        let secret = work.make_secret_key(item, &key);
        if let Some(name_to) = &row.name_to {
            work.put(item, name_to, json!(secret));
        }
    }
}
