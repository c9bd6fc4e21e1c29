//! Words and numbers that the API server refuses though the published schemas allow them.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::schemas::is_built_in;
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object, Workload},
};

/// The committed tables.
static TABLES: LazyLock<Result<Tables, String>> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../../../requirements/api-values.yaml"))
        .map_err(|error| format!("api-values.yaml: {error}"))
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    words: Vec<Words>,
    numbers: Vec<Numbers>,
}

/// An enumerated field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    pod: bool,
    paths: Vec<String>,
    accepted: Vec<String>,
    /// Whether a word with a domain in front is accepted too.
    #[serde(default)]
    domain: bool,
}

/// A number in a range.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    pod: bool,
    paths: Vec<String>,
    from: i64,
    to: i64,
}

pub(super) fn fields_hold_accepted_values(context: &Context<'_>, judge: &mut Judge<'_>) {
    let tables = match TABLES.as_ref() {
        Ok(tables) => tables,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for row in &tables.words {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    word(row, object, path, found, judge)
                });
            }
        }
    }
    for row in &tables.numbers {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    number(row, object, path, found, judge)
                });
            }
        }
    }
    judge.not_applicable("no document has an enumerated field");
}

fn word(row: &Words, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    // A value of another type is the schema's business.
    let Some(found) = found.as_str() else { return };
    let is_accepted =
        row.accepted.iter().any(|word| word == found) || row.domain && found.contains('/');
    judge.require(is_accepted, || {
        Fault::new(
            format!(
                "{} has `{found}` at {path}, which the API server refuses",
                object.reference()
            ),
            format!("write {}", row.accepted.join(", ")),
        )
        .object(object)
        .value(found)
    });
}

fn number(row: &Numbers, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    let Some(found) = found.as_i64() else { return };
    judge.require((row.from..=row.to).contains(&found), || {
        Fault::new(
            format!(
                "{} has {found} at {path}, which the API server refuses",
                object.reference()
            ),
            format!("write a number from {} to {}", row.from, row.to),
        )
        .object(object)
        .value(found.to_string())
    });
}

/// The documents that a row is about, or the pod specs in them.
fn roots<'a>(manifest: &'a Manifest, pod: bool, kinds: &[String]) -> Vec<(&'a Object, &'a Value)> {
    if pod {
        return manifest
            .objects
            .iter()
            .filter_map(Workload::of)
            .map(|workload| (workload.object, workload.pod.spec))
            .collect();
    }
    manifest
        .objects
        .iter()
        .filter(|object| kinds.iter().any(|kind| kind == object.kind()))
        // Others have kinds of the same name.
        .filter(|object| is_built_in(object.api_version()))
        .map(|object| (object, &object.value))
        .collect()
}

/// Visits every value at a path in which `*` stands for any item.
fn at(value: &Value, path: &str, visit: &mut impl FnMut(&Value)) {
    let Some(rest) = path.strip_prefix('/') else {
        return visit(value);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (part, rest) = rest.split_at(end);
    if part == "*" {
        for item in value.as_array().into_iter().flatten() {
            at(item, rest, visit);
        }
    } else if let Some(item) = value.get(part) {
        at(item, rest, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::{TABLES, fields_hold_accepted_values};
    use crate::checks::harness::Case;

    fn judged(documents: &str) -> Vec<String> {
        Case::documents(documents)
            .judge(fields_hold_accepted_values)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    #[test]
    fn the_tables_are_read() {
        let tables = TABLES
            .as_ref()
            .expect("the committed tables are well-formed");
        for row in &tables.words {
            assert!(row.pod == row.kinds.is_empty(), "{:?}", row.paths);
        }
        for row in &tables.numbers {
            assert!(row.pod == row.kinds.is_empty(), "{:?}", row.paths);
        }
    }

    #[test]
    fn a_misspelled_word_and_a_number_out_of_range_are_found() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ClusterIP, ports: [{port: 1, protocol: TCP}]}}";
        assert!(judged(service).is_empty());
        assert!(judged(&service.replace("TCP", "TPC"))[0].contains("`TPC`"));
        assert!(judged(&service.replace("port: 1", "port: 70000"))[0].contains("70000"));
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, imagePullPolicy: Alwasy}]}}";
        assert!(judged(pod)[0].contains("`Alwasy`"));
    }

    #[test]
    fn other_kinds_of_the_same_name_are_not_judged() {
        let knative = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}, spec: {type: Other}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: ClusterIP}}";
        assert!(judged(knative).is_empty());
    }
}
