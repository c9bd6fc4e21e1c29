//! The same chart and values give the same documents: again, and by Helm 3.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    checks::chance::{RANDOM, has_word, text_with_includes},
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Refusal, Variation, releases},
};

pub(super) fn renders_are_equal(context: &Context<'_>, judge: &mut Judge<'_>) {
    compare(
        context,
        judge,
        &Variation::default(),
        |object, difference| {
            let chart = context.charts.get(&object.chart);
            let text = chart.map(|chart| text_with_includes(chart, &object.template));
            let is_called = |name: &&str| text.as_ref().is_some_and(|text| has_word(text, name));
            let called: Vec<&str> = RANDOM.into_iter().filter(is_called).collect();
            let called = match called.as_slice() {
                [] => String::new(),
                called => format!(" ({})", called.join(", ")),
            };
            Fault::new(
                format!("two renders of {} differ{difference}", object.reference()),
                format!(
                    "do not write time or random text{called} into documents; only the data of a Secret that is read back by lookup may be generated"
                ),
            )
        },
    );
}

pub(super) fn helm_versions_agree(context: &Context<'_>, judge: &mut Judge<'_>) {
    let variation = Variation {
        helm3: true,
        ..Variation::default()
    };
    compare(context, judge, &variation, |object, difference| {
        Fault::new(
            format!(
                "Helm 3 and Helm 4 render {} differently{difference}",
                object.reference()
            ),
            "use only functions that both have; numbers from values need `int64`, and lists of maps `toYaml`",
        )
    });
}

type Identity<'a> = (&'a str, &'a str, &'a str, &'a str);

pub(super) fn identity(object: &Object) -> Identity<'_> {
    (
        object.api_version(),
        object.kind(),
        object.namespace(),
        object.name(),
    )
}

fn compare<'a>(
    context: &Context<'a>,
    judge: &mut Judge<'_>,
    variation: &Variation,
    fault: impl Fn(&Object, String) -> Fault<'a>,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered again here");
    };
    for release in releases(context.manifest).into_keys() {
        let again = match variations.render(release, variation) {
            Ok(again) => again,
            Err(Refusal::Unavailable(reason)) => {
                judge.unsupported(reason);
                continue;
            }
            Err(refusal) => {
                judge.looked();
                judge.fault(Fault::new(
                    format!("release {release} renders once and not the next time: {refusal}"),
                    "make the chart independent of time, chance and Helm's version",
                ));
                continue;
            }
        };
        let known: BTreeMap<Identity<'_>, &Object> = again
            .objects
            .iter()
            .map(|object| (identity(object), object))
            .collect();
        // Another render of the same Helm shows what chance alone makes, which has a requirement of its own.
        let repetition = variation
            .helm3
            .then(|| variations.render(release, &Variation::default()).ok())
            .flatten()
            .unwrap_or_default();
        let by_chance: BTreeMap<Identity<'_>, &Object> = repetition
            .objects
            .iter()
            .map(|object| (identity(object), object))
            .collect();
        let own = || {
            context
                .manifest
                .objects
                .iter()
                .filter(|object| object.release == release)
        };
        for object in own() {
            judge.looked();
            let Some(other) = known.get(&identity(object)) else {
                judge.fault(fault(object, ": one lacks it".into()).object(object));
                continue;
            };
            let (mut own, mut other) = (comparable(object), comparable(other));
            if let Some(chance) = by_chance.get(&identity(object)) {
                forget_chance(&mut own, &mut other, &chance.value);
            }
            if let Some(pointer) = difference(&own, &other) {
                let found = fault(object, format!(" at {pointer}"));
                judge.fault(found.object(object).field(pointer));
            }
        }
        surplus(context.manifest, release, &again, judge, &fault);
    }
}

fn surplus<'a>(
    manifest: &Manifest,
    release: &str,
    again: &Manifest,
    judge: &mut Judge<'_>,
    fault: impl Fn(&Object, String) -> Fault<'a>,
) {
    for object in &again.objects {
        let is_known = manifest
            .objects
            .iter()
            .any(|own| own.release == release && identity(own) == identity(object));
        if !is_known {
            judge.fault(fault(object, ": one lacks it".into()));
        }
    }
}

/// The document without what may be generated anew: data of Secrets, and checksums, which follow them.
fn comparable(object: &Object) -> Value {
    let mut value = object.value.clone();
    if object.kind() == "Secret" {
        for field in ["data", "stringData"] {
            // Which keys there are must not be left to chance.
            if let Some(entries) = value.get_mut(field).and_then(Value::as_object_mut) {
                entries.values_mut().for_each(|entry| *entry = Value::Null);
            }
        }
    }
    value
}

/// Takes what differs between two renders of the same Helm out of the renders of two.
fn forget_chance(own: &mut Value, other: &mut Value, again: &Value) {
    match (own, other, again) {
        (Value::Object(own), Value::Object(other), Value::Object(again)) => {
            let keys: BTreeSet<String> = own.keys().chain(again.keys()).cloned().collect();
            for key in keys {
                match (own.get_mut(&key), other.get_mut(&key), again.get(&key)) {
                    (Some(own), Some(other), Some(again)) => forget_chance(own, other, again),
                    (Some(_), None, Some(_)) => {}
                    _ => {
                        own.remove(&key);
                        other.remove(&key);
                    }
                }
            }
        }
        (Value::Array(own), Value::Array(other), Value::Array(again))
            if own.len() == other.len() && own.len() == again.len() =>
        {
            for ((own, other), again) in own.iter_mut().zip(other).zip(again) {
                forget_chance(own, other, again);
            }
        }
        (own, other, again) if own != again => {
            *own = Value::Null;
            *other = Value::Null;
        }
        _ => {}
    }
}

/// The first place at which two documents differ, as a JSON pointer.
pub(crate) fn difference(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let at = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => difference(left, right).map(|below| at + &below),
                    _ => Some(at),
                }
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| {
                difference(left, right).map(|below| format!("/{index}{below}"))
            }),
        _ => (left != right).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::{helm_versions_agree, renders_are_equal};
    use crate::checks::harness::{Case, messages};

    const DOCUMENTS: &str = "{kind: ConfigMap, metadata: {name: r-a}, data: {x: '1'}}\n---\n{kind: Secret, metadata: {name: r-b}, data: {p: abc}}";

    #[test]
    fn a_change_of_its_own_accord_is_found_with_its_place() {
        let case = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("'1'", "'2'")));
        let found = messages(&case.judge(renders_are_equal));
        assert_eq!(found, ["two renders of ConfigMap/r-a differ at /data/x"]);
    }

    #[test]
    fn generated_secrets_may_differ_but_not_in_their_keys() {
        let other = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("abc", "def")));
        assert!(other.judge(renders_are_equal).is_green());
        let keys = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("{p:", "{q:")));
        assert_eq!(messages(&keys.judge(renders_are_equal)).len(), 1);
    }

    #[test]
    fn a_document_that_only_one_helm_renders_is_found() {
        let case = Case::documents(DOCUMENTS).varied(|variation| {
            let more = "\n---\n{kind: Service, metadata: {name: r-c}}";
            Ok(format!(
                "{DOCUMENTS}{}",
                if variation.helm3 { more } else { "" }
            ))
        });
        let found = messages(&case.judge(helm_versions_agree));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("Service/r-c"));
    }

    #[test]
    fn what_chance_makes_is_no_difference_between_versions_of_helm() {
        const TWO: &str = "{kind: ConfigMap, metadata: {name: r-a}, data: {x: '1', y: '1'}}";
        let told = |y: &'static str| {
            let case = Case::documents(TWO).varied(move |variation| {
                let by_chance = TWO.replace("x: '1'", &format!("x: helm3-{}", variation.helm3));
                let y = if variation.helm3 { y } else { "y: '1'" };
                Ok(by_chance.replace("y: '1'", y))
            });
            messages(&case.judge(helm_versions_agree))
        };
        assert_eq!(told("y: '1'"), [""; 0]);
        assert_eq!(told("y: '2'").len(), 1);
    }
}
