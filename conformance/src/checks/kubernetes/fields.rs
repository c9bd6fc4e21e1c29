//! Words and numbers that the API server refuses though the published schemas allow them.

use serde_json::Value;

use super::tables::{Near, Numbers, TABLES, Words, at, roots};
use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};
use am_suggest::near;

pub(super) fn fields_hold_accepted_values(context: &Context<'_>, judge: &mut Judge<'_>) {
    let tables = match TABLES.as_ref() {
        Ok(tables) => tables,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for row in &tables.words {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds, None) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    word(row, object, path, found, judge);
                });
            }
        }
    }
    for row in &tables.numbers {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds, None) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    number(row, object, path, found, judge);
                });
            }
        }
    }
}

pub(super) fn topologies_are_spelt_well(context: &Context<'_>, judge: &mut Judge<'_>) {
    let tables = match TABLES.as_ref() {
        Ok(tables) => tables,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for row in &tables.near {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds, None) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    key(row, object, path, found, judge);
                });
            }
        }
    }
}

fn word(row: &Words, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    // A value of another type is the schema's business.
    let Some(found) = found.as_str() else { return };
    let is_accepted = row.accepted.iter().any(|word| word == found);
    judge.require(is_accepted, || {
        Fault::new(
            format!(
                "{} has `{found}` at {path}, which the API server refuses",
                object.reference()
            ),
            format!("write {}", row.accepted.join(", ")),
        )
        .object(object)
        .field(path)
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
        .field(path)
        .value(found.to_string())
    });
}

fn key(row: &Near, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    let Some(found) = found.as_str() else { return };
    let meant = near(found, row.known.iter().map(String::as_str));
    judge.require(meant.is_none(), || {
        Fault::new(
            format!(
                "{} has `{found}` at {path}, which nothing is called",
                object.reference()
            ),
            format!("did you mean `{}`?", meant.unwrap_or_default()),
        )
        .object(object)
        .field(path)
        .value(found)
    });
}

#[cfg(test)]
mod tests {
    use super::{fields_hold_accepted_values, topologies_are_spelt_well};
    use crate::checks::{Check, harness::Case};

    fn judged(documents: &str) -> Vec<String> {
        judged_by(fields_hold_accepted_values, documents)
    }

    fn judged_by(check: Check, documents: &str) -> Vec<String> {
        Case::documents(documents)
            .judge(check)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
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
    fn a_topology_that_is_almost_a_known_one_is_found() {
        let check: Check = topologies_are_spelt_well;
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname}]}}";
        assert!(judged_by(check, pod).is_empty());
        assert!(
            judged_by(
                check,
                &pod.replace("kubernetes.io/hostname", "example.com/rack")
            )
            .is_empty()
        );
        assert!(judged_by(check, &pod.replace("hostname", "hostnam"))[0].contains("hostnam"));
    }

    #[test]
    fn other_kinds_of_the_same_name_are_not_judged() {
        let knative = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}, spec: {type: Other}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: ClusterIP}}";
        assert!(judged(knative).is_empty());
    }
}
