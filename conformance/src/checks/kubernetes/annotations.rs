//! Annotations that controllers read, and that nobody complains about when they are wrong.

use std::{collections::BTreeMap, sync::LazyLock};

use am_product::data::File;
use regex::Regex;
use serde::Deserialize;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Object, PodTemplate, Workload},
};
use am_suggest::near;

/// The annotation by which kubectl chooses a container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

const FILE: File = File::new(
    "conformance/requirements/annotations.yaml",
    include_str!("../../../requirements/annotations.yaml"),
);

pub(super) static KNOWN: LazyLock<Result<Known, String>> =
    LazyLock::new(|| Known::read(&FILE.text().map_err(|error| error.to_string())?));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    families: Vec<Family>,
    attributes: Vec<Attributes>,
}

/// Annotations that hold `key=value` pairs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    names: Vec<String>,
    keys: BTreeMap<String, Option<String>>,
}

/// The annotations of one controller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    prefix: String,
    source: String,
    names: BTreeMap<String, Option<String>>,
}

/// Every annotation by its whole name.
pub(super) struct Known {
    names: BTreeMap<String, Meaning>,
    /// Beginnings of names that go on freely.
    open: Vec<String>,
    /// Keys of the pairs that an annotation holds, with what their values may be.
    attributes: BTreeMap<String, BTreeMap<String, Option<Regex>>>,
}

/// The pattern of a whole value.
fn whole(pattern: Option<String>, name: &str) -> Result<Option<Regex>, String> {
    pattern
        .map(|pattern| Regex::new(&format!("^(?:{pattern})$")))
        .transpose()
        .map_err(|error| format!("annotations.yaml: {name}: {error}"))
}

/// A pattern of [`whole`] as the table has it.
fn shown(pattern: &Regex) -> &str {
    pattern
        .as_str()
        .trim_start_matches("^(?:")
        .trim_end_matches(")$")
}

/// What an annotation's value may be, and who says so.
struct Meaning {
    value: Option<Regex>,
    source: String,
}

impl Known {
    fn read(text: &str) -> Result<Self, String> {
        let table: Table =
            serde_saphyr::from_str(text).map_err(|error| format!("annotations.yaml: {error}"))?;
        let mut known = Self {
            names: BTreeMap::new(),
            open: Vec::new(),
            attributes: BTreeMap::new(),
        };
        for Attributes { names, keys } in table.attributes {
            for name in names {
                let mut patterns = BTreeMap::new();
                for (key, pattern) in &keys {
                    patterns.insert(key.clone(), whole(pattern.clone(), key)?);
                }
                known.attributes.insert(name, patterns);
            }
        }
        for family in table.families {
            for (name, pattern) in family.names {
                let name = format!("{}{name}", family.prefix);
                if let Some(beginning) = name.strip_suffix('*') {
                    known.open.push(beginning.to_owned());
                    continue;
                }
                let value = whole(pattern, &name)?;
                let source = family.source.clone();
                known.names.insert(name, Meaning { value, source });
            }
        }
        Ok(known)
    }

    /// What is wrong with an annotation, and what to do about it.
    fn problem(&self, name: &str, value: &str) -> Option<(String, String)> {
        let Some(meaning) = self.names.get(name) else {
            if self
                .open
                .iter()
                .any(|beginning| name.starts_with(beginning))
            {
                return None;
            }
            let meant = near(name, self.names.keys().map(String::as_str))?;
            return Some((
                format!("has the annotation {name}, which no controller reads"),
                format!("did you mean `{meant}`?"),
            ));
        };
        let is_right = match &meaning.value {
            Some(pattern) => pattern.is_match(value.trim()),
            None => !value.trim().is_empty(),
        };
        (!is_right).then(|| {
            (
                format!("has `{value}` in the annotation {name}, which its controller does not understand"),
                match &meaning.value {
                    Some(pattern) => format!(
                        "write a value like {} ({})",
                        shown(pattern),
                        meaning.source
                    ),
                    None => format!("write a value ({})", meaning.source),
                },
            )
        })
    }

    /// What is wrong with the pairs that an annotation holds, and what to do about it.
    fn problem_of_pairs(&self, name: &str, value: &str) -> Option<(String, String)> {
        let known = self.attributes.get(name)?;
        let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
        for (key, value) in pairs.map(|(key, value)| (key.trim(), value.trim())) {
            let Some(pattern) = known.get(key) else {
                let Some(meant) = near(key, known.keys().map(String::as_str)) else {
                    continue;
                };
                return Some((
                    format!(
                        "has the attribute {key} in the annotation {name}, which the load balancer refuses"
                    ),
                    format!("did you mean `{meant}`?"),
                ));
            };
            let pattern = pattern.as_ref().filter(|pattern| !pattern.is_match(value));
            if let Some(pattern) = pattern {
                return Some((
                    format!(
                        "has `{key}={value}` in the annotation {name}, which the load balancer refuses"
                    ),
                    format!("write a value like {}", shown(pattern)),
                ));
            }
        }
        None
    }
}

pub(super) fn controllers_understand_annotations(context: &Context<'_>, judge: &mut Judge<'_>) {
    let known = match KNOWN.as_ref() {
        Ok(known) => known,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for object in &context.manifest.objects {
        annotations(known, object, &object.annotations(), judge);
        let template = Workload::of(object).filter(|_| object.kind() != "Pod");
        if let Some(workload) = template {
            annotations(known, object, &workload.pod.annotations(), judge);
        }
        if let Some(workload) = Workload::of(object) {
            default_container(object, &workload.pod, judge);
        }
    }
}

fn annotations(
    known: &Known,
    object: &Object,
    annotations: &BTreeMap<&str, &str>,
    judge: &mut Judge<'_>,
) {
    for (name, value) in annotations {
        let problem = known
            .problem(name, value)
            .or_else(|| known.problem_of_pairs(name, value));
        judge.require(problem.is_none(), || {
            let (message, help) = problem.unwrap_or_default();
            Fault::new(format!("{} {message}", object.reference()), help)
                .object(object)
                .value(*value)
        });
    }
}

fn default_container(object: &Object, pod: &PodTemplate<'_>, judge: &mut Judge<'_>) {
    let Some(name) = pod.annotations().get(DEFAULT_CONTAINER).copied() else {
        return;
    };
    let containers = pod.all_containers();
    judge.require(containers.iter().any(|one| one.name() == name), || {
        Fault::new(
            format!(
                "{} has `{name}` in the annotation {DEFAULT_CONTAINER}, and no container of that name",
                object.reference()
            ),
            "name one of the pod's containers",
        )
        .object(object)
        .value(name)
    });
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, controllers_understand_annotations};
    use crate::checks::harness::Case;

    fn judged(annotations: &str) -> Vec<String> {
        let document = format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: a, annotations: {{{annotations}}}}}}}"
        );
        Case::documents(&document)
            .judge(controllers_understand_annotations)
            .findings()
            .iter()
            .map(|finding| format!("{}; {}", finding.message, finding.help))
            .collect()
    }

    #[test]
    fn the_table_is_read() {
        let known = KNOWN.as_ref().expect("the committed table is well-formed");
        assert!(known.names.len() > 100);
    }

    #[test]
    fn known_annotations_and_those_of_others_pass() {
        for good in [
            "haproxy.router.openshift.io/timeout-tunnel: 1h",
            "alb.ingress.kubernetes.io/listen-ports: '[{\"HTTP\": 80}, {\"HTTPS\": 443}]'",
            "alb.ingress.kubernetes.io/actions.redirect: '{}'",
            "example.com/anything: ''",
            "nginx.ingress.kubernetes.io/something-new: 'x'",
        ] {
            assert_eq!(judged(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn malformed_values_and_misspelled_names_are_found() {
        for (bad, told) in [
            ("haproxy.router.openshift.io/timeout-tunnel: ''", "[0-9]+"),
            ("haprox.router.openshift.io/timeout: 1h", "did you mean"),
            (
                "alb.ingress.kubernetes.io/listen-ports: '[{\"HTTPS\":443]'",
                "HTTPS",
            ),
            ("eks.amazonaws.com/role-arn: role/apim", "arn:aws"),
            ("helm.sh/hook: tset", "test"),
            (
                "alb.ingress.kubernetes.io/load-balancer-attributes: idle_tieout.timeout_seconds=60",
                "idle_timeout.timeout_seconds",
            ),
            (
                "alb.ingress.kubernetes.io/target-group-attributes: 'a.b=c,stickiness.enabled=ture'",
                "true|false",
            ),
        ] {
            let found = judged(bad);
            assert!(
                found.len() == 1 && found[0].contains(told),
                "{bad}: {found:?}"
            );
        }
    }

    #[test]
    fn the_default_container_must_be_there() {
        let pod = |name: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {{kubectl.kubernetes.io/default-container: {name}}}}}, spec: {{containers: [{{name: server}}]}}}}"
            )
        };
        let judged = |name| {
            Case::documents(&pod(name))
                .judge(controllers_understand_annotations)
                .findings()
                .len()
        };
        assert_eq!((judged("server"), judged("sever")), (0, 1));
    }
}
