//! Quantities such as `500m` and `2Gi`.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Object, array_at},
};
use am_suggest::near;

pub(super) fn quantities_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    for resources in resources(context) {
        resources_are_valid(judge, &resources);
    }
    for workload in context.manifest.workloads() {
        for volume in array_at(workload.pod.spec, "/volumes") {
            if let Some(limit) = volume.pointer("/emptyDir/sizeLimit") {
                let place = "the sizeLimit of an emptyDir";
                quantity_is_valid(judge, workload.object, limit, place);
            }
        }
    }
}

/// What a container or claim requests and is limited to.
struct Resources<'a> {
    object: &'a Object,
    value: &'a Value,
    /// What it may request.
    known: &'static [&'static str],
    place: String,
}

impl<'a> Resources<'a> {
    fn of(&self, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let found = self.value.get(field).and_then(Value::as_object);
        found.into_iter().flatten()
    }
}

fn resources<'a>(context: &Context<'a>) -> Vec<Resources<'a>> {
    let mut found = Vec::new();
    let mut add = |object, value: Option<&'a Value>, known, place: String| {
        found.extend(value.map(|value| Resources {
            object,
            value,
            known,
            place,
        }));
    };
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let place = format!("container `{}`", container.name());
            let own = container.value.get("resources");
            add(workload.object, own, &RESOURCES, place);
        }
        for claim in array_at(&workload.object.value, "/spec/volumeClaimTemplates") {
            let own = claim.pointer("/spec/resources");
            add(workload.object, own, &STORAGE, "a claim template".into());
        }
    }
    for claim in context.manifest.of_kind("PersistentVolumeClaim") {
        let own = claim.value.pointer("/spec/resources");
        add(claim, own, &STORAGE, "the claim".into());
    }
    found
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

fn resources_are_valid(judge: &mut Judge<'_>, resources: &Resources<'_>) {
    let Resources {
        object,
        known,
        place,
        ..
    } = resources;
    for field in ["requests", "limits"] {
        for (name, quantity) in resources.of(field) {
            name_is_known(judge, object, known, name, &format!("{field} of {place}"));
            let place = format!("{field}.{name} of {place}");
            quantity_is_valid(judge, object, quantity, &place);
            has_a_unit(judge, object, name, quantity, &place);
        }
    }
}

pub(super) fn requests_fit_below_limits(context: &Context<'_>, judge: &mut Judge<'_>) {
    for resources in resources(context) {
        let place = &resources.place;
        for (name, request) in resources.of("requests") {
            let limit = resources.of("limits").find(|(limited, _)| *limited == name);
            let limit = limit.and_then(|(_, limit)| amount(limit));
            let (Some(request), Some(limit)) = (amount(request), limit) else {
                continue;
            };
            judge.require(request <= limit, || {
                Fault::new(
                    format!(
                        "requests.{name} of {place} of {} is more than its limit",
                        resources.object.reference()
                    ),
                    "raise the limit or lower the request",
                )
                .object(resources.object)
                .field("requests")
            });
        }
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
pub(super) fn amount(quantity: &Value) -> Option<f64> {
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

    use super::{amount, quantities_are_valid, requests_fit_below_limits};
    use crate::checks::{
        Check,
        harness::{Case, messages},
    };

    fn judged(check: Check, resources: &str) -> crate::Outcome {
        Case::documents(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, resources: {resources}}}]}}}}"
        ))
        .judge(check)
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
        let check: Check = quantities_are_valid;
        assert!(
            judged(
                check,
                "{requests: {cpu: 1, memory: 2Gi}, limits: {memory: 2Gi}}"
            )
            .is_green()
        );
        assert_eq!(
            messages(&judged(check, "{requests: {memory: 2GB}}")).len(),
            1
        );
        let check: Check = requests_fit_below_limits;
        assert!(judged(check, "{requests: {memory: 2Gi}, limits: {memory: 2Gi}}").is_green());
        let more = judged(check, "{requests: {memory: 3Gi}, limits: {memory: 2Gi}}");
        assert_eq!(messages(&more).len(), 1);
    }
}
