//! What is looked at when every value is carried over: sizes that do not fit, what is missing, and what the chart would refuse.

use am_product::Component;
use serde_json::{Value, json};

use crate::charts::is_given;
use crate::path::Path;
use crate::report::{Class, Warning};
use crate::work::{Work, insert, remove};

const MEBI: f64 = 1024.0 * 1024.0;

/// Checks the whole.
pub(crate) fn finish(work: &mut Work<'_>) {
    for component in work.target.components.clone() {
        memory(work, component);
    }
    refused(work);
}

/// What is missing, each with where it goes.
pub(crate) fn missing(work: &mut Work<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let charts = work.charts;
    for required in charts
        .required
        .iter()
        .filter(|it| it.versions.contains(&work.version))
    {
        let is_there = |path: &String| {
            let path = Path::of_keys(path);
            work.trees
                .values()
                .any(|tree| tree.get(&path).is_some_and(|node| is_given(&node.value())))
        };
        if !required.any.iter().any(is_there) {
            work.warnings.push(Warning {
                origin: None,
                path: required.any.join(" or "),
                message: required.say.clone(),
            });
            found.push((required.to.clone(), required.say.clone()));
        }
    }
    found
}

/// A limit that does not hold the heap ended in restarts under load; the chart refuses it.
fn memory(work: &mut Work<'_>, component: Component) {
    let key = component.values_key();
    let (heap_at, limit_at) = (
        format!("{key}.jvm.maximumHeap"),
        format!("{key}.resources.limits.memory"),
    );
    let at = |work: &Work<'_>, path: &str| {
        let value = work
            .value_at(path)
            .or_else(|| work.target.own(&Path::of_keys(path)));
        value.and_then(bytes)
    };
    let (Some(heap), Some(limit)) = (at(work, &heap_at), at(work, &limit_at)) else {
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let needed = heap + work.charts.besides_heap as f64 * MEBI;
    if limit >= needed {
        return;
    }
    let owner = work
        .owners
        .get(&limit_at)
        .or_else(|| work.owners.get(&heap_at))
        .copied();
    let Some(item) = owner else { return };
    let text = format!("{:.0}Mi", (needed / MEBI).ceil());
    work.warn(item, format!("the memory limit of the {} does not hold its largest heap and {} MiB besides, so that nodes were killed under load; it is {text} now", component.title(), work.charts.besides_heap));
    insert(&mut work.values, &Path::of_keys(&limit_at), json!(text));
}

/// Bytes of `2Gi`, `2048m` of Java, or a number.
fn bytes(value: &Value) -> Option<f64> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "" => 1.0,
        "Ki" | "k" => 1024.0,
        "Mi" | "m" => MEBI,
        "M" => 1e6,
        "Gi" | "g" => MEBI * 1024.0,
        "G" => 1e9,
        _ => return None,
    };
    Some(number * unit)
}

/// Takes away what the chart's schema refuses, and says so where it came from, until nothing is refused.
fn refused(work: &mut Work<'_>) {
    while let Some((place, item, why)) = first_fault(work) {
        let message = format!("the chart does not accept it as {place}: {why}");
        work.warn(item, message.clone());
        work.done(item, Class::Manual, None, Some(message));
        if let Some(outcome) = &mut work.items[item].outcome {
            outcome.1.clear();
        }
        work.owners.remove(&place.to_string());
        remove(&mut work.values, &place.0);
    }
}

/// The first value that is refused and that an item of the input set. Each is taken away, so there are fewer every time.
fn first_fault(work: &Work<'_>) -> Option<(Path, usize, String)> {
    let faults = work.target.faults(&work.values);
    faults.into_iter().find_map(|(path, why)| {
        let above = (1..=path.0.len()).rev().find_map(|length| {
            let place = Path(path.0[..length].to_vec());
            let item = *work.owners.get(&place.to_string())?;
            Some((place, item))
        });
        let below = || {
            let is_below =
                |(place, _): &(&String, &usize)| Path::of_keys(place).0.starts_with(&path.0);
            let found = work.owners.iter().find(is_below);
            found.map(|(place, item)| (Path::of_keys(place), *item))
        };
        let (place, item) = above.or_else(below)?;
        Some((place, item, why))
    })
}

#[cfg(test)]
mod tests {
    use super::{MEBI, bytes};
    use serde_json::json;

    #[test]
    fn sizes_of_kubernetes_and_of_java_are_read() {
        assert_eq!(bytes(&json!("2Gi")), Some(2048.0 * MEBI));
        assert_eq!(bytes(&json!("2048m")), Some(2048.0 * MEBI));
        assert_eq!(bytes(&json!("many")), None);
        assert_eq!(bytes(&json!("5X")), None);
    }
}
