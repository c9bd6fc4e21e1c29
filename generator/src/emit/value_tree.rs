//! The values of one chart, resolved: conditions decided, defaults known, components in place.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::chart::{Chart, Part, camel_case};
use crate::model::component::Workload;
use crate::model::strings;
use crate::model::table::Table;
use crate::model::values::{
    DefaultFrom, Each, EnumFrom, LimitFrom, Node, PropertiesFrom, Values, When,
};
use crate::source_map::Origin;

/// A value or a table of values, with its place in the model.
#[derive(Debug)]
pub(crate) struct ResolvedNode<'m> {
    pub(crate) key: String,
    pub(crate) doc: String,
    pub(crate) origin: Origin,
    pub(crate) content: Content<'m>,
}

#[derive(Debug)]
pub(crate) enum Content<'m> {
    Table(Vec<ResolvedNode<'m>>),
    Leaf(Box<Leaf<'m>>),
    /// An old name, with the path of the new one.
    Renamed(&'m str),
}

#[derive(Debug)]
pub(crate) struct Leaf<'m> {
    pub(crate) node: &'m Node,
    pub(crate) default: Value,
    /// Whether it is left to somebody else by being null, besides what its types say.
    pub(crate) nullable: bool,
    /// Allowed values.
    pub(crate) choices: Option<Vec<Value>>,
    /// JSON Schema of the entries, and more keywords of it.
    pub(crate) items: Option<Value>,
    pub(crate) schema: Option<Value>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
}

/// All values of a chart: those of the chart itself, then one table for each component.
#[derive(Debug)]
pub(crate) struct ValueTree<'m> {
    pub(crate) chart: Vec<ResolvedNode<'m>>,
    pub(crate) components: Vec<ResolvedNode<'m>>,
}

impl<'m> ValueTree<'m> {
    pub(crate) fn resolve(chart: &Chart<'m>) -> Self {
        let model = chart.model;
        let components = chart
            .parts()
            .into_iter()
            .map(|part| {
                let component = part.component;
                ResolvedNode {
                    key: part.key(),
                    doc: format!(
                        "{}. {}",
                        component.value.title.trim_end_matches('.'),
                        component.value.doc
                    ),
                    origin: Origin::new(&component.file, crate::yaml::line(&component.value.name)),
                    content: Content::Table(resolve(chart, Some(part), &model.component_values)),
                }
            })
            .collect();
        Self {
            chart: resolve(chart, None, &model.chart_values),
            components,
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ResolvedNode<'m>> {
        self.chart.iter().chain(&self.components)
    }
}

/// The values of every file, for the chart or for one of its parts.
fn resolve<'m>(
    chart: &Chart<'m>,
    part: Option<Part<'m>>,
    values: &'m Values,
) -> Vec<ResolvedNode<'m>> {
    let scopes = values.files.iter().map(|file| {
        let scope = Scope {
            chart,
            part,
            file: &file.file,
        };
        scope.table(&file.value, "")
    });
    scopes.flatten().collect()
}

/// The values that components share, of every file.
fn shared<'m>(chart: &Chart<'m>, path: &str) -> Vec<ResolvedNode<'m>> {
    let files = chart.model.component_values.files.iter();
    let scopes = files.map(|file| {
        let scope = Scope {
            chart,
            part: None,
            file: &file.file,
        };
        scope.shared(&file.value, path)
    });
    scopes.flatten().collect()
}

struct Scope<'c, 'm> {
    chart: &'c Chart<'m>,
    part: Option<Part<'m>>,
    file: &'m str,
}

impl<'m> Scope<'_, 'm> {
    fn table(&self, table: &'m Table<Node>, path: &str) -> Vec<ResolvedNode<'m>> {
        let mut nodes = Vec::new();
        for (key, node) in table.iter() {
            if !node.when.as_ref().is_none_or(|when| self.holds(when)) {
                continue;
            }
            let path = if path.is_empty() {
                key.value.clone()
            } else {
                format!("{path}.{}", key.value)
            };
            if let Some(each) = node.each {
                let content = Content::Table(self.each(each, key, node, &path));
                nodes.extend(self.resolved(key, node, content));
                continue;
            }
            let content = match (&node.properties, &node.renamed_to) {
                (Some(properties), _) => Content::Table(self.table(properties, &path)),
                (None, Some(new)) => Content::Renamed(&new.value),
                (None, None) if node.collects_shared => Content::Table(shared(self.chart, &path)),
                (None, None) => Content::Leaf(Box::new(self.leaf(node, &path))),
            };
            nodes.extend(self.resolved(key, node, content));
        }
        nodes
    }

    /// An entry for each of the endpoints, or of the roles that have some.
    fn each(
        &self,
        each: Each,
        key: &crate::yaml::Text,
        node: &'m Node,
        path: &str,
    ) -> Vec<ResolvedNode<'m>> {
        let endpoints = self.chart.endpoints();
        let entries = endpoints.iter().map(|(name, endpoint, _)| match each {
            Each::Endpoint | Each::EndpointOfService => (*name, endpoint),
            Each::PublicService => (endpoint.role.value.as_str(), endpoint),
        });
        let holder = path.rsplit('.').nth(1).unwrap_or_default();
        let entries = entries.filter(|(_, endpoint)| {
            each != Each::EndpointOfService || camel_case(&endpoint.role.value) == holder
        });
        let mut nodes: Vec<ResolvedNode<'m>> = Vec::new();
        for (name, endpoint) in entries {
            let entry = camel_case(name);
            if nodes.iter().any(|node| node.key == entry) {
                continue;
            }
            let path = format!("{path}.{entry}");
            let content = match &node.properties {
                Some(properties) => Content::Table(self.table(properties, &path)),
                None => Content::Leaf(Box::new(self.leaf(node, &path))),
            };
            nodes.push(ResolvedNode {
                key: entry,
                doc: endpoint.doc.clone(),
                origin: Origin::new(self.file, crate::yaml::line(key)),
                content,
            });
        }
        nodes
    }

    /// A table whose entries all stay out stays out itself.
    fn resolved(
        &self,
        key: &crate::yaml::Text,
        node: &Node,
        content: Content<'m>,
    ) -> Option<ResolvedNode<'m>> {
        let is_empty = matches!(&content, Content::Table(entries) if entries.is_empty());
        (!is_empty).then(|| ResolvedNode {
            key: key.value.clone(),
            doc: self.doc(node),
            origin: Origin::new(self.file, crate::yaml::line(key)),
            content,
        })
    }

    fn doc(&self, node: &Node) -> String {
        let of_component = node.shared && self.part.is_some();
        let more = match (of_component, node.is_free_form()) {
            (false, _) => "",
            (true, true) => " Merged over those of `defaults`.",
            (true, false) => " Null: as in `defaults`.",
        };
        format!("{}{more}", node.doc)
    }

    /// What components share, as they know it.
    fn shared(&self, table: &'m Table<Node>, path: &str) -> Vec<ResolvedNode<'m>> {
        let mut nodes = Vec::new();
        for (key, node) in table.iter() {
            let path = format!("{path}.{}", key.value);
            let content = match &node.properties {
                Some(properties) => Content::Table(self.shared(properties, &path)),
                None if node.shared => Content::Leaf(Box::new(self.leaf(node, &path))),
                None => continue,
            };
            nodes.extend(self.resolved(key, node, content));
        }
        nodes
    }

    fn leaf(&self, node: &'m Node, path: &str) -> Leaf<'m> {
        let mut default = match node.default_from {
            Some(source) => self.default_from(source),
            None => node.default.clone().unwrap_or(Value::Null),
        };
        let nothing = Table::default();
        let (overrides, of_version) = match self.part {
            Some(part) => (&part.component.value.defaults, &nothing),
            None => (
                &self.chart.pattern.value.defaults,
                &self.chart.version.value.defaults,
            ),
        };
        for (key, value) in overrides.iter().chain(of_version.iter()) {
            apply_default(&mut default, path, &key.value, value);
        }
        // What is shared has its default in `defaults`: the component's mapping is merged over it, and everything else is left to it by being null.
        let from_defaults = node.shared && self.part.is_some() && !node.is_free_form();
        if from_defaults {
            default = Value::Null;
        } else if node.shared && self.part.is_some() {
            default = json!({});
        }
        let limit = |from: Option<LimitFrom>| match (from?, self.part?) {
            (LimitFrom::MinimumReplicas, part) => Some(i64::from(part.member.minimum)),
            (LimitFrom::MaximumReplicas, part) => part.member.maximum.map(i64::from),
            (LimitFrom::ShutdownSeconds, part) => {
                Some(i64::from(part.component.value.shutdown_seconds))
            }
        };
        Leaf {
            node,
            default,
            nullable: from_defaults,
            choices: self.choices(node),
            items: node.items.as_ref().map(|items| self.filled(items)),
            schema: node.schema.as_ref().map(|schema| self.filled(schema)),
            minimum: node.minimum.or_else(|| limit(node.minimum_from)),
            maximum: node.maximum.or_else(|| limit(node.maximum_from)),
        }
    }

    /// A piece of JSON Schema in which `properties-from` has become what the component knows.
    fn filled(&self, schema: &Value) -> Value {
        match schema {
            Value::Object(entries) => {
                let filled = |(key, value): (&String, &Value)| match key.as_str() {
                    "properties-from" => ("properties".to_owned(), self.properties(value)),
                    _ => (key.clone(), self.filled(value)),
                };
                Value::Object(entries.iter().map(filled).collect())
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            other => other.clone(),
        }
    }

    fn properties(&self, source: &Value) -> Value {
        let Some(part) = &self.part else {
            return json!({});
        };
        let names = match PropertiesFrom::deserialize(source) {
            Ok(PropertiesFrom::ServicePorts) => self.chart.service_ports(part),
            Ok(PropertiesFrom::NodePorts) => self.chart.node_ports(part),
            Ok(PropertiesFrom::UpdateStrategies) => {
                let workload = part.component.value.workload;
                let number = json!({"type": ["integer", "string"]});
                let rolling = match workload {
                    Workload::StatefulSet => {
                        json!({"partition": {"type": "integer", "minimum": 0}, "maxUnavailable": number})
                    }
                    Workload::Deployment => json!({"maxSurge": number, "maxUnavailable": number}),
                };
                return json!({
                    "type": {"type": "string", "enum": workload.update_strategies()},
                    "rollingUpdate": {"type": "object", "properties": rolling},
                });
            }
            Err(_) => Vec::new(),
        };
        let ports = &self.chart.model.ports.value;
        let of_port = |name: &str| {
            let doc = ports.get(name).map(|port| port.doc.as_str());
            json!({"description": doc, "type": "integer", "minimum": 1, "maximum": u16::MAX})
        };
        names
            .into_iter()
            .map(|name| (name.to_owned(), of_port(name)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    fn choices(&self, node: &Node) -> Option<Vec<Value>> {
        let model = self.chart.model;
        let known: Vec<&str> = match node.enum_from {
            None => return node.choices.clone(),
            Some(EnumFrom::Controllers) => model.controllers.value.names().collect(),
            Some(EnumFrom::Databases) => model.databases.value.names().collect(),
        };
        Some(
            node.choices
                .iter()
                .flatten()
                .cloned()
                .chain(known.into_iter().map(Value::from))
                .collect(),
        )
    }

    fn default_from(&self, source: DefaultFrom) -> Value {
        let Some(part) = self.part else {
            return Value::Null;
        };
        let component = &part.component.value;
        match source {
            DefaultFrom::Replicas => json!(part.member.replicas.value),
            DefaultFrom::MinimumReplicas => json!(part.member.minimum),
            DefaultFrom::Repository => json!(component.repository),
            DefaultFrom::ShutdownSeconds => json!(component.shutdown_seconds),
            DefaultFrom::UpdateStrategy => match component.workload {
                Workload::StatefulSet => json!({"type": "RollingUpdate"}),
                Workload::Deployment => {
                    json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})
                }
            },
        }
    }

    fn holds(&self, when: &When) -> bool {
        let component = self.part.map(|part| &part.component.value);
        let name = self.part.map(|part| part.name());
        let listed = |names: &[crate::yaml::Text], wanted: Option<&str>| {
            strings(names).any(|name| Some(name) == wanted)
        };
        let endpoint_exists = |wanted: &str| {
            let endpoints = self.chart.endpoints();
            endpoints.iter().any(|(endpoint, _, server)| {
                *endpoint == wanted && name.is_none_or(|name| name == *server)
            })
        };
        let has = &self.chart.model.product.value.has;
        when.has.is_none_or(|feature| has.contains(&feature))
            && when
                .workload
                .is_none_or(|kind| component.is_some_and(|component| component.workload == kind))
            && when
                .component
                .as_ref()
                .is_none_or(|names| listed(names, name))
            && when
                .pattern
                .as_ref()
                .is_none_or(|patterns| patterns.iter().any(|known| known.0 == self.chart.name()))
            && when
                .versions
                .as_ref()
                .is_none_or(|names| listed(names, Some(&self.chart.version.value.version.value)))
            && when.storage.is_none_or(|wanted| {
                component.is_some_and(|component| component.storage.is_empty() != wanted)
            })
            && when
                .endpoint
                .as_ref()
                .is_none_or(|endpoint| endpoint_exists(&endpoint.value))
            && when.waits.is_none_or(|wanted| {
                self.part
                    .is_some_and(|part| self.chart.may_wait(&part) == wanted)
            })
            && when.listens.is_none_or(|wanted| {
                self.part
                    .is_some_and(|part| self.chart.waits_of(part.name()).is_empty() != wanted)
            })
            && when
                .divisible
                .is_none_or(|wanted| self.chart.is_divisible() == wanted)
            && when.listed.is_none_or(|wanted| {
                self.part
                    .is_some_and(|part| self.chart.node_ports(&part).is_empty() != wanted)
            })
            && when.hub.is_none_or(|wanted| {
                let hub = self.chart.hub();
                let is_hub = hub.is_some_and(|hub| name.is_none_or(|name| name == hub.name()));
                is_hub == wanted
            })
    }
}

/// Applies an override at `key` to the default of the value at `path`, also inside a free-form table.
fn apply_default(default: &mut Value, path: &str, key: &str, value: &Value) {
    if key == path {
        *default = value.clone();
    } else if let Some(inner) = key
        .strip_prefix(path)
        .and_then(|rest| rest.strip_prefix('.'))
    {
        let mut target = default;
        for segment in inner.split('.') {
            if !target.is_object() {
                *target = json!({});
            }
            target = &mut target[segment];
        }
        *target = value.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::apply_default;
    use serde_json::json;

    #[test]
    fn overrides_reach_into_free_form_tables() {
        let mut default = json!({"requests": {"cpu": "1", "memory": "2Gi"}});
        apply_default(
            &mut default,
            "resources",
            "resources.requests.memory",
            &json!("4Gi"),
        );
        assert_eq!(default, json!({"requests": {"cpu": "1", "memory": "4Gi"}}));
    }

    #[test]
    fn overrides_of_other_values_change_nothing() {
        let mut default = json!("1g");
        apply_default(
            &mut default,
            "jvm.initialHeap",
            "jvm.initialHeapSize",
            &json!("2g"),
        );
        apply_default(&mut default, "jvm.initialHeap", "jvm", &json!("2g"));
        assert_eq!(default, json!("1g"));
    }
}
