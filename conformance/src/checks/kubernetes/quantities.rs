//! Quantities such as `500m` and `2Gi`.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Object, array_at},
};
use am_suggest::near;

pub(super) fn quantities_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let place = format!("container `{}`", container.name());
            if let Some(resources) = container.value.get("resources") {
                resources_are_valid(judge, workload.object, resources, &RESOURCES, &place);
            }
        }
        for volume in array_at(workload.pod.spec, "/volumes") {
            if let Some(limit) = volume.pointer("/emptyDir/sizeLimit") {
                quantity_is_valid(
                    judge,
                    workload.object,
                    limit,
                    "the sizeLimit of an emptyDir",
                );
            }
        }
        for claim in array_at(&workload.object.value, "/spec/volumeClaimTemplates") {
            if let Some(resources) = claim.pointer("/spec/resources") {
                resources_are_valid(
                    judge,
                    workload.object,
                    resources,
                    &STORAGE,
                    "a claim template",
                );
            }
        }
    }
    for object in &context.manifest.objects {
        counts_are_whole_or_percent(judge, object);
    }
    for claim in context.manifest.of_kind("PersistentVolumeClaim") {
        if let Some(resources) = claim.value.pointer("/spec/resources") {
            resources_are_valid(judge, claim, resources, &STORAGE, "the claim");
        }
    }
}

/// What a container may request, besides extended resources (with a domain) and huge pages.
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// What a claim may request.
const STORAGE: [&str; 1] = ["storage"];

fn name_is_known(judge: &mut Judge<'_>, object: &Object, known: &[&str], name: &str, place: &str) {
    let is_known = known.contains(&name)
        || known == RESOURCES && (name.contains('/') || name.starts_with("hugepages-"));
    judge.require(is_known, || {
        let help = near(name, known.iter().copied()).map_or_else(
            || format!("write {}", known.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        Fault::new(
            format!(
                "{place} of {} is of the resource `{name}`, which the API server refuses",
                object.reference()
            ),
            help,
        )
        .object(object)
        .value(name)
    });
}

fn resources_are_valid(
    judge: &mut Judge<'_>,
    object: &Object,
    resources: &Value,
    known: &[&str],
    place: &str,
) {
    let of = |field: &str| resources.get(field).and_then(Value::as_object);
    for field in ["requests", "limits"] {
        for (name, quantity) in of(field).into_iter().flatten() {
            name_is_known(judge, object, known, name, &format!("{field} of {place}"));
            let place = format!("{field}.{name} of {place}");
            quantity_is_valid(judge, object, quantity, &place);
            has_a_unit(judge, object, name, quantity, &place);
        }
    }
    for (name, request) in of("requests").into_iter().flatten() {
        let limit = of("limits").and_then(|limits| limits.get(name));
        let (Some(request), Some(limit)) = (amount(request), limit.and_then(amount)) else {
            continue;
        };
        judge.require(request <= limit, || {
            Fault::new(
                format!(
                    "requests.{name} of {place} of {} is more than its limit",
                    object.reference()
                ),
                "raise the limit or lower the request",
            )
            .object(object)
            .field("requests")
        });
    }
}

/// Fields that hold a number or a percentage. Source: Kubernetes, `IntOrString` of rollouts and disruption budgets.
const COUNTS: [(&str, &[&str]); 3] = [
    (
        "Deployment",
        &[
            "/spec/strategy/rollingUpdate/maxSurge",
            "/spec/strategy/rollingUpdate/maxUnavailable",
        ],
    ),
    (
        "StatefulSet",
        &["/spec/updateStrategy/rollingUpdate/maxUnavailable"],
    ),
    (
        "PodDisruptionBudget",
        &["/spec/minAvailable", "/spec/maxUnavailable"],
    ),
];

/// A text must be a percentage: the API server refuses `"1"`.
fn counts_are_whole_or_percent(judge: &mut Judge<'_>, object: &Object) {
    let fields = COUNTS.iter().filter(|(kind, _)| *kind == object.kind());
    for field in fields.flat_map(|(_, fields)| *fields) {
        let Some(text) = object.str(field) else {
            continue;
        };
        let is_percent = text
            .strip_suffix('%')
            .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
        judge.require(is_percent, || {
            Fault::new(
                format!(
                    "{} of {} is the text `{text}`, and the API server takes numbers and percentages",
                    field.trim_start_matches("/spec/").replace('/', "."),
                    object.reference()
                ),
                "write the number without quotes, or a percentage such as \"25%\"",
            )
            .object(object)
            .field(*field)
            .value(text)
        });
    }
}

/// No server runs in bytes: less than this is a number whose unit was forgotten, or `m` for `M`.
const LEAST_BYTES: f64 = 1024.0 * 1024.0;

fn has_a_unit(judge: &mut Judge<'_>, object: &Object, name: &str, quantity: &Value, place: &str) {
    if !["memory", "storage", "ephemeral-storage"].contains(&name) {
        return;
    }
    // What cannot be read is told already, and zero means none.
    let Some(bytes) = amount(quantity).filter(|bytes| *bytes > 0.0) else {
        return;
    };
    judge.require(bytes >= LEAST_BYTES, || {
        Fault::new(
            format!(
                "{place} of {} is `{}`, which are only bytes",
                object.reference(),
                text(quantity)
            ),
            "write the unit, such as Mi or Gi",
        )
        .object(object)
        .value(text(quantity))
    });
}

fn quantity_is_valid(judge: &mut Judge<'_>, object: &Object, quantity: &Value, place: &str) {
    judge.require(amount(quantity).is_some_and(|amount| amount >= 0.0), || {
        Fault::new(
            format!(
                "{place} of {} is `{}`, which is no quantity",
                object.reference(),
                text(quantity)
            ),
            "write a number with one of the units m, k, M, G, T, Ki, Mi, Gi, Ti, or none",
        )
        .object(object)
        .value(text(quantity))
    });
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A quantity as a number. Source: Kubernetes, the grammar of `resource.Quantity`.
fn amount(quantity: &Value) -> Option<f64> {
    if let Some(number) = quantity.as_f64() {
        return Some(number);
    }
    let text = quantity.as_str()?;
    let digits = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && matches!(c, '+' | '-'))))
        .map_or(text.len(), |(at, _)| at);
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        exponent => 10f64.powi(exponent.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{amount, quantities_are_valid};
    use crate::checks::harness::{Case, messages};

    fn judged(resources: &str) -> crate::Outcome {
        Case::documents(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, resources: {resources}}}]}}}}"
        ))
        .judge(quantities_are_valid)
    }

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, value) in [
            ("500m", 0.5),
            ("2Gi", 2_147_483_648.0),
            ("1e3", 1000.0),
            ("1.5", 1.5),
            ("1E", 1e18),
        ] {
            let read = amount(&json!(text));
            assert!(
                read.is_some_and(|read| (read - value).abs() < 1e-6),
                "{text} {read:?}"
            );
        }
        for text in ["", "2gi", "1 Gi", "Mi", "2GB"] {
            assert_eq!(amount(&json!(text)), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_and_a_request_above_its_limit_are_found() {
        assert!(judged("{requests: {cpu: 1, memory: 2Gi}, limits: {memory: 2Gi}}").is_green());
        assert_eq!(messages(&judged("{requests: {memory: 2GB}}")).len(), 1);
        assert_eq!(
            messages(&judged("{requests: {memory: 3Gi}, limits: {memory: 2Gi}}")).len(),
            1
        );
    }
}
