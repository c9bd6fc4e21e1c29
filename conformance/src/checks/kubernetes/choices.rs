//! Fields of which one must be written, or none may be left out, though the published schemas do not say so.

use serde_json::Value;

use super::tables::{Choice, Required, Rule, Sections, TABLES, at, place, roots};
use crate::{
    context::{Context, Fault, Judge},
    facts::matches_glob,
    manifest::{Object, str_at},
};

pub(super) fn one_of_several_is_written(context: &Context<'_>, judge: &mut Judge<'_>) {
    let tables = match TABLES.as_ref() {
        Ok(tables) => tables,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for row in &tables.choices {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds, row.group.as_deref()) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    choice(row, object, path, found, judge);
                });
            }
        }
    }
    for row in &tables.sections {
        for (object, root) in roots(context.manifest, false, &row.kinds, row.group.as_deref()) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    section(row, object, path, found, judge);
                });
            }
        }
    }
}

/// Whether something is written: a source such as `emptyDir: {}` is, one of `null` and a list of nothing are not.
fn is_written(value: &Value, field: &str) -> bool {
    value.get(field).is_some_and(|value| {
        !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
    })
}

fn choice(row: &Choice, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    let is_exempt = !row.unless.is_empty()
        && row
            .unless
            .iter()
            .all(|(field, value)| found.get(field).and_then(Value::as_str) == Some(value));
    // A value of another type is the schema's business.
    if is_exempt || !found.is_object() {
        return;
    }
    let written: Vec<&str> = row
        .fields
        .iter()
        .filter(|fields| fields.split('|').any(|field| is_written(found, field)))
        .map(String::as_str)
        .collect();
    let is_right = match row.rule {
        Rule::One => written.len() == 1,
        Rule::Most => written.len() <= 1,
        Rule::Least => !written.is_empty(),
    };
    judge.require(is_right, || {
        let message = if written.is_empty() {
            format!(
                "{} has none of {} at {}",
                object.reference(),
                row.fields.join(", "),
                place(path)
            )
        } else {
            format!(
                "{} has both {} at {}",
                object.reference(),
                written.join(" and "),
                place(path)
            )
        };
        let help = match row.rule {
            Rule::Least => "write one of them; the API server refuses the object",
            _ => "write one of them, and no other; the API server refuses the object",
        };
        Fault::new(message, help)
            .object(object)
            .field(written.first().copied().unwrap_or(path))
    });
}

fn section(row: &Sections, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    let Some(kind) = str_at(found, &format!("/{}", row.by)) else {
        return;
    };
    // Other words are another requirement's business.
    let Some(wanted) = row.of.get(kind) else {
        return;
    };
    let other = row
        .of
        .values()
        .find(|field| *field != wanted && is_written(found, field));
    judge.require(is_written(found, wanted) && other.is_none(), || {
        Fault::new(
            match other {
                Some(other) => format!(
                    "{} is of {} {kind} at {path} and has {other}",
                    object.reference(),
                    row.by
                ),
                None => format!(
                    "{} is of {} {kind} at {path} and has no {wanted}",
                    object.reference(),
                    row.by
                ),
            },
            format!("write {wanted} next to `{}: {kind}`, and no other", row.by),
        )
        .object(object)
        .field(row.by.as_str())
        .value(kind)
    });
}

pub(super) fn nothing_needed_is_left_out(context: &Context<'_>, judge: &mut Judge<'_>) {
    let tables = match TABLES.as_ref() {
        Ok(tables) => tables,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for row in &tables.required {
        for (object, root) in roots(context.manifest, row.pod, &row.kinds, row.group.as_deref()) {
            for path in &row.paths {
                at(root, path, &mut |found| {
                    required(row, object, path, found, judge);
                });
            }
        }
    }
}

fn required(row: &Required, object: &Object, path: &str, found: &Value, judge: &mut Judge<'_>) {
    let is_meant = row.only.iter().all(|(field, pattern)| {
        str_at(found, &format!("/{field}")).is_some_and(|value| matches_glob(pattern, value))
    });
    let is_exempt = row
        .unless
        .as_ref()
        .is_some_and(|place| object.value.pointer(place).is_some());
    if !is_meant || is_exempt || !found.is_object() {
        return;
    }
    for field in &row.fields {
        let is_empty = match found.pointer(&format!("/{field}")) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(fields)) => fields.is_empty(),
            Some(_) => false,
        };
        judge.require(!is_empty, || {
            Fault::new(
                format!("{} has no {field} at {}", object.reference(), place(path)),
                format!(
                    "write {field}; without it the object is refused, or its controller gives up"
                ),
            )
            .object(object)
            .field(path)
            .value(field.clone())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{nothing_needed_is_left_out, one_of_several_is_written};
    use crate::checks::{Check, harness::Case};

    fn judged(check: Check, documents: &str) -> Vec<String> {
        Case::documents(documents)
            .judge(check)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    const INGRESS: &str = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {name: https}}}}]}}]}}";

    #[test]
    fn an_ingress_names_the_port_by_name_or_number() {
        let check: Check = one_of_several_is_written;
        assert!(judged(check, INGRESS).is_empty());
        assert!(
            judged(check, &INGRESS.replace("{name: https}", "{}"))[0]
                .contains("none of name, number")
        );
        assert!(
            judged(
                check,
                &INGRESS.replace("{name: https}", "{name: https, number: 443}")
            )[0]
            .contains("both name and number")
        );
    }

    #[test]
    fn peers_of_a_policy_may_be_chosen_by_both_selectors() {
        let policy = |peer: &str| {
            format!(
                "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}}}"
            )
        };
        let check: Check = one_of_several_is_written;
        assert!(judged(check, &policy("{podSelector: {}, namespaceSelector: {}}")).is_empty());
        assert_eq!(
            judged(
                check,
                &policy("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}")
            )
            .len(),
            1
        );
        assert_eq!(judged(check, &policy("{}")).len(), 1);
    }

    #[test]
    fn the_section_of_a_type_must_be_there_and_alone() {
        let metric = |fields: &str| {
            format!(
                "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: a}}, spec: {{metrics: [{fields}]}}}}"
            )
        };
        let check: Check = one_of_several_is_written;
        assert!(judged(check, &metric("{type: Resource, resource: {name: cpu}}")).is_empty());
        assert!(judged(check, &metric("{type: Resource, pods: {}}"))[0].contains("has pods"));
        assert!(judged(check, &metric("{type: Resource}"))[0].contains("no resource"));
    }

    #[test]
    fn a_listener_that_passes_tls_through_needs_no_certificate() {
        let gateway = |tls: &str| {
            format!(
                "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: a}}, spec: {{listeners: [{{name: l, tls: {tls}}}]}}}}"
            )
        };
        let check: Check = one_of_several_is_written;
        assert_eq!(judged(check, &gateway("{mode: Terminate}")).len(), 1);
        assert!(judged(check, &gateway("{mode: Passthrough}")).is_empty());
        assert!(judged(check, &gateway("{certificateRefs: [{name: a}]}")).is_empty());
    }

    #[test]
    fn a_listener_whose_certificates_the_cloud_maps_needs_no_tls() {
        let gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a}, spec: {listeners: [{name: l, protocol: HTTPS}]}}";
        let check: Check = nothing_needed_is_left_out;
        assert_eq!(judged(check, gateway).len(), 1);
        let mapped = gateway.replace(
            "name: a}",
            "name: a, annotations: {networking.gke.io/certmap: m}}",
        );
        assert!(judged(check, &mapped).is_empty());
        let check: Check = one_of_several_is_written;
        let shared = gateway.replace(
            "HTTPS}",
            "HTTPS, tls: {mode: Terminate, options: {networking.gke.io/pre-shared-certs: c}}}",
        );
        assert!(judged(check, &shared).is_empty());
    }

    #[test]
    fn empty_names_and_missing_parts_are_found() {
        let check: Check = nothing_needed_is_left_out;
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}}";
        assert!(judged(check, pod).is_empty());
        assert!(
            judged(check, &pod.replace("{name: s, key", "{name: '', key"))[0].contains("no name")
        );
        assert_eq!(judged(check, &pod.replace(", image: i", "")).len(), 1);
        let exact = INGRESS.replace("path: /, ", "");
        assert!(judged(check, &exact)[0].contains("no path"));
        assert!(judged(check, &exact.replace("Prefix", "ImplementationSpecific")).is_empty());
        assert_eq!(
            judged(check, "{apiVersion: v1, kind: Pod, metadata: {name: a}}").len(),
            1
        );
    }
}
