//! What the environment of a node tells its server, and texts of its configuration with that filled in.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use am_deployment_toml::environment::Environment;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

use super::{Graph, Node, listening::with_system_properties};
use crate::{
    facts::Facts,
    manifest::{Container, EnvSource, Manifest, Workload, strings_at},
};

/// Labels that Kubernetes gives each pod of a `StatefulSet`.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// The variables of a node's container or unit. One whose value only the running node has is told as where it comes from, so that it is
/// seen whether two nodes are told the same.
#[derive(Debug, Default)]
pub(crate) struct Told {
    environment: Environment,
    /// Objects that set variables, and are none of the documents.
    open: Option<String>,
}

impl Graph<'_> {
    /// What a node is told.
    pub(crate) fn told(&self, facts: &Facts, node: &Node<'_>) -> Told {
        let member = self.member(node.id);
        let Some(main) = member.main else {
            return Told::default();
        };
        let pod = Pod {
            manifest: self.manifest,
            workload: &member.workload,
            name: &node.pod_name,
            ordinal: node.id.ordinal,
        };
        let (variables, open) = pod.variables(&main);
        let environment = variables
            .into_iter()
            .fold(Environment::new(), |environment, (name, value)| {
                environment.with(name, value)
            });
        Told {
            environment: with_system_properties(environment, &main, &facts.java_options),
            open,
        }
    }

    /// The settings of a node whose server reads YAML, filled in as its server does.
    pub(crate) fn told_settings(&self, facts: &Facts, node: &Node<'_>) -> Option<Value> {
        let (_, text) = self.yaml_configuration(node)?;
        let settings = serde_saphyr::from_str(text).ok()?;
        Some(self.told(facts, node).fill(&settings))
    }

    /// What the `deployment.toml` of a node writes, by its keys, filled in as its server does.
    pub(crate) fn told_entries(&self, facts: &Facts, node: &Node<'_>) -> Option<Value> {
        let effective = node.effective()?;
        let told = self.told(facts, node);
        let written = effective.values().iter();
        let written = written.filter(|(_, found)| found.provenance.is_written());
        let entry = |(key, value)| Some((key, told.fill(&serde_json::to_value(value).ok()?)));
        let entries: Map<String, Value> = written
            .filter_map(|(key, found)| entry((key.to_string(), &found.value)))
            .collect();
        Some(Value::Object(entries))
    }
}

/// `${env:NAME}` and `${sys:NAME}` of YAML, which may have a default behind a comma, and `$env{NAME}` and `$sys{NAME}` of TOML. Source:
/// facts/integration.md.
static TAKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\$\{(?<in>env|sys):(?<name>[^},]+)(,(?<default>[^}]*))?\}|\$(?<of>env|sys)\{(?<called>[^}]+)\}").ok()
});

impl Told {
    /// A configuration with the variables in its texts filled in. What nothing sets stays as it is written.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text).into_owned()),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let filled = fields.map(|(name, value)| (name.clone(), self.fill(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }

    fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(taken) = TAKEN.as_ref().filter(|_| text.contains('$')) else {
            return Cow::Borrowed(text);
        };
        taken.replace_all(text, |found: &Captures<'_>| {
            let part = |name: &str| found.name(name).map(|part| part.as_str());
            let name = part("name").or_else(|| part("called")).unwrap_or_default();
            let is_variable = part("in").or_else(|| part("of")) == Some("env");
            let told = if is_variable {
                self.variable(name)
            } else {
                self.environment
                    .system_property(name)
                    .flatten()
                    .map(str::to_owned)
            };
            told.or_else(|| part("default").map(str::to_owned))
                .unwrap_or_else(|| found[0].to_owned())
        })
    }

    fn variable(&self, name: &str) -> Option<String> {
        let set = self.environment.variable(name).flatten();
        let open = self.open.as_ref();
        set.map(str::to_owned)
            .or_else(|| open.map(|open| format!("({name} of {open})")))
    }
}

/// A pod or a unit.
struct Pod<'p> {
    manifest: &'p Manifest,
    workload: &'p Workload<'p>,
    name: &'p str,
    ordinal: usize,
}

impl Pod<'_> {
    /// The variables of a container, and what sets others that nothing tells.
    fn variables(&self, container: &Container<'_>) -> (BTreeMap<String, String>, Option<String>) {
        let namespace = self.workload.object.namespace();
        let mut variables = BTreeMap::new();
        let mut open = None;
        for (kind, name, prefix, _) in container.env_from() {
            let Some(object) = self.manifest.find(kind, namespace, name) else {
                open = Some(format!("{kind} {name}"));
                continue;
            };
            let is_secret = kind == "Secret";
            for at in ["/data", "/stringData"] {
                for (key, text) in strings_at(&object.value, at) {
                    let value = if is_secret {
                        of_secret(key, name)
                    } else {
                        text.to_owned()
                    };
                    variables.insert(format!("{prefix}{key}"), value);
                }
            }
        }
        for variable in container.env() {
            let value = match variable.source {
                EnvSource::Literal(text) => self.expanded(text, &variables),
                EnvSource::Field(path) => self.field(path),
                EnvSource::Secret { name, key, .. } => of_secret(key, name),
                EnvSource::ConfigMap { name, key, .. } => {
                    let map = self.manifest.find("ConfigMap", namespace, name);
                    let text = map.and_then(|map| map.str(&format!("/data/{key}")));
                    text.map_or_else(|| format!("(key {key} of ConfigMap {name})"), str::to_owned)
                }
                EnvSource::Other => continue,
            };
            variables.insert(variable.name.to_owned(), value);
        }
        // Kubernetes calls the host of a pod like the pod.
        if !self.workload.is_unit() && !self.has_another_host_name() {
            let host_name = || self.name.to_owned();
            variables
                .entry("HOSTNAME".to_owned())
                .or_insert_with(host_name);
        }
        (variables, open)
    }

    fn has_another_host_name(&self) -> bool {
        let spec = self.workload.pod.value.get("spec");
        let is_on_host = spec.and_then(|spec| spec.get("hostNetwork")?.as_bool());
        is_on_host == Some(true) || spec.is_some_and(|spec| spec.get("hostname").is_some())
    }

    /// Fills in `$(NAME)` as Kubernetes does, with variables that are set before; systemd leaves it alone.
    fn expanded(&self, text: &str, before: &BTreeMap<String, String>) -> String {
        if self.workload.is_unit() || !text.contains("$(") {
            return text.to_owned();
        }
        before.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("$({name})"), value)
        })
    }

    /// A field of the pod. What all pods of the workload have is told as it is, what each has of its own by the pod's name.
    fn field(&self, path: &str) -> String {
        match path {
            "metadata.name" => return self.name.to_owned(),
            "metadata.namespace" => return self.workload.object.namespace().to_owned(),
            _ => {}
        }
        let entry = path.strip_suffix("']").and_then(|path| {
            let (map, key) = path.split_once("['")?;
            let map = self
                .workload
                .pod
                .value
                .pointer(&format!("/{}", map.replace('.', "/")))?;
            map.get(key)?.as_str()
        });
        match entry {
            Some(text) => text.to_owned(),
            None if path.contains(POD_INDEX) => self.ordinal.to_string(),
            None if path.contains(POD_NAME) => self.name.to_owned(),
            None => format!("({path} of {})", self.name),
        }
    }
}

/// How a value is told that nobody may see.
fn of_secret(key: &str, name: &str) -> String {
    format!("(key {key} of Secret {name})")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Pod;
    use crate::manifest::{Manifest, Object};

    fn variables(kind: &str, env: &Value) -> (Vec<String>, Option<String>) {
        let manifest = Manifest {
            objects: vec![Object {
                release: "r".into(),
                chart: "c".into(),
                template: "t".into(),
                text: String::new(),
                release_namespace: "n".into(),
                value: json!({"kind": kind, "metadata": {"name": "s"}, "spec": {"template": {
                    "metadata": {"labels": {"site": "one"}},
                    "spec": {"containers": [{"name": "c", "env": env}]},
                }}}),
            }],
            ..Manifest::default()
        };
        let workload = manifest.workloads()[0];
        let pod = Pod {
            manifest: &manifest,
            workload: &workload,
            name: "s-1",
            ordinal: 1,
        };
        let (variables, open) = pod.variables(&workload.pod.containers()[0]);
        let said = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        (said.collect(), open)
    }

    #[test]
    fn each_pod_is_told_its_own_name_and_address() {
        let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
        let env = json!([
            field("A", "metadata.name"),
            {"name": "B", "value": "$(A).nodes $(HOSTNAME) $(LATER)"},
            {"name": "LATER", "value": "x"},
            field("IP", "status.podIP"),
            field("INDEX", "metadata.labels['apps.kubernetes.io/pod-index']"),
            field("SITE", "metadata.labels['site']"),
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ]);
        let (said, open) = variables("StatefulSet", &env);
        assert_eq!(
            said,
            [
                "A=s-1",
                "B=s-1.nodes $(HOSTNAME) $(LATER)",
                "HOSTNAME=s-1",
                "INDEX=1",
                "IP=(status.podIP of s-1)",
                "LATER=x",
                "PASSWORD=(key k of Secret s)",
                "SITE=one",
            ]
        );
        assert_eq!(open, None);
    }

    #[test]
    fn texts_are_filled_in_as_servers_do() {
        let told = super::Told {
            environment: am_deployment_toml::environment::Environment::new()
                .with("A", "one")
                .with_system_property("p", "two"),
            open: None,
        };
        let fill = |text: &str| told.text(text).into_owned();
        assert_eq!(fill("${env:A}-${sys:p}-$env{A}"), "one-two-one");
        assert_eq!(
            fill("${env:B,three} ${env:B} $env{B}"),
            "three ${env:B} $env{B}"
        );
        let told = super::Told {
            open: Some("Secret s".into()),
            ..told
        };
        assert_eq!(told.text("${env:B}"), "(B of Secret s)");
    }
}
