//! What there is in each scope of a subject.

use std::collections::BTreeSet;

use am_deployment_toml::key::{KeyPath, Segment};
use am_product::{Distribution, Product};
use serde_json::{Value, json};

use super::{
    bound::Bound,
    item::{Item, Looked},
};
use crate::{
    checks::kubernetes::schemas::is_built_in,
    component::{Capability, Component},
    context::Context,
    facts::Facts,
    graph::{Graph, Member, Node},
    manifest::{LabelSelector, Object, Service, Workload},
    variation::releases as charts_of_releases,
};

type Variables<'a> = Vec<(&'static str, Bound<'a>)>;

pub(super) fn objects<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let context = looked.context;
    let workloads = if looked.wants("selected") {
        context.manifest.workloads()
    } else {
        Vec::new()
    };
    let item = |object: &'a Object| {
        let mut variables = vec![("object", Bound::Part(&object.value))];
        if looked.wants("selected") {
            variables.push(("selected", selected(looked, object, &workloads)));
        }
        if looked.wants("length") {
            variables.push(("length", Bound::Made(json!(object.value.to_string().len()))));
        }
        Item {
            object: Some(object),
            variables,
            ..Item::default()
        }
    };
    context.manifest.objects.iter().map(item).collect()
}

/// Metadata of documents and of the pods and claims that they make. Custom resources may hold anything below the top.
pub(super) fn metadata<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let of_object = |object: &'a Object| {
        let mut found = Vec::new();
        if is_built_in(object.api_version()) {
            collect_metadata(&object.value, &mut found);
        } else {
            found.extend(object.value.get("metadata"));
        }
        found.into_iter().map(move |metadata| Item {
            object: Some(object),
            variables: vec![
                ("object", Bound::Part(&object.value)),
                ("metadata", Bound::Part(metadata)),
            ],
            ..Item::default()
        })
    };
    let objects = looked.context.manifest.objects.iter();
    objects.flat_map(of_object).collect()
}

fn collect_metadata<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("metadata").filter(|metadata| metadata.is_object()));
            map.values()
                .for_each(|entry| collect_metadata(entry, found));
        }
        Value::Array(list) => list.iter().for_each(|entry| collect_metadata(entry, found)),
        _ => {}
    }
}

/// What makes the pods that the selector of an object chooses.
fn selected<'a>(looked: &Looked<'a>, object: &'a Object, workloads: &[Workload<'a>]) -> Bound<'a> {
    let service = Service { object };
    let selector = ["/spec/selector", "/spec/podSelector"]
        .into_iter()
        .find_map(|path| object.value.pointer(path).map(LabelSelector));
    let chosen = workloads.iter().filter(|workload| {
        workload.object.namespace() == object.namespace()
            && if object.kind() == "Service" {
                workload.is_selected_by(service)
            } else {
                selector.is_some_and(|selector| selector.matches(&workload.pod.labels()))
            }
    });
    let record = |workload: &Workload<'a>| {
        let mut variables = of_pod(workload);
        let mut members = looked.context.graph.members.iter();
        let member = members.find(|member| std::ptr::eq(member.workload.object, workload.object));
        if let Some(member) = member {
            variables.push(("server", server(looked, member)));
        }
        Bound::Record(variables)
    };
    Bound::List(chosen.map(record).collect())
}

fn of_pod<'a>(workload: &Workload<'a>) -> Variables<'a> {
    vec![
        ("object", Bound::Part(&workload.object.value)),
        ("pod", Bound::Part(workload.pod.value)),
    ]
}

pub(super) fn pods<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let workloads = looked.context.manifest.workloads();
    let item = |workload: &Workload<'a>| Item {
        object: Some(workload.object),
        variables: of_pod(workload),
        ..Item::default()
    };
    workloads.iter().map(item).collect()
}

pub(super) fn containers<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let of_workload = |workload: Workload<'a>| {
        let containers = workload.pod.all_containers().into_iter();
        containers.map(move |container| {
            let mut variables = of_pod(&workload);
            variables.push(("container", Bound::Part(container.value)));
            variables.push(("init", Bound::Made(json!(container.init))));
            Item {
                object: Some(workload.object),
                variables,
                ..Item::default()
            }
        })
    };
    let workloads = looked.context.manifest.workloads();
    workloads.into_iter().flat_map(of_workload).collect()
}

/// Members that are a component of the product.
fn members<'a>(looked: &Looked<'a>) -> impl Iterator<Item = &'a Member<'a>> {
    let members = looked.context.graph.members.iter();
    members.filter(|member| member.component.is_some())
}

pub(super) fn servers<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let item = |member: &'a Member<'a>| {
        let mut variables = of_pod(&member.workload);
        variables.push(("container", Bound::Part(member.main?.value)));
        if looked.wants("server") {
            variables.push(("server", server(looked, member)));
        }
        Some(Item {
            object: Some(member.workload.object),
            variables,
            ..Item::default()
        })
    };
    members(looked).filter_map(item).collect()
}

/// What is known of a server besides its document.
fn server<'a>(looked: &Looked<'a>, member: &Member<'a>) -> Bound<'a> {
    let context = looked.context;
    let mut made = json!({
        "replicas": member.replicas,
        "scaled": member.is_scaled,
        "stateful": member.workload.is_stateful_set(),
    });
    if let (Some(component), Value::Object(fields)) = (member.component, &mut made) {
        fields.insert("component".into(), json!(component.name()));
        fields.insert("title".into(), json!(component.title()));
        fields.insert(
            "nodes".into(),
            json!(context.graph.nodes_of(component).len()),
        );
        let of_release = context
            .graph
            .members_of(component)
            .filter(|other| other.workload.object.release == member.workload.object.release);
        fields.insert("workloads".into(), json!(of_release.count()));
        let own = component.distribution();
        fields.insert("image".into(), json!(own.pack()));
        let release = own.release(context.version);
        fields.insert("version".into(), json!(release));
        let repository = member.main.map(|main| main.image_repository());
        let runs = repository.and_then(Distribution::of_image);
        fields.insert("runs".into(), json!(runs.map_or("", Distribution::pack)));
        fields.insert("declared".into(), json!(member.is_declared));
        let distribution = runs.unwrap_or(component.distribution());
        let home = Product::new(context.version, distribution).home();
        fields.insert("home".into(), json!(home));
        fields.insert("startScript".into(), json!(component.start_script()));
        fields.insert(
            "shutdownSeconds".into(),
            json!(component.shutdown_seconds()),
        );
        let has = |word: &&str| Capability::from_word(word).is_some_and(|one| component.has(one));
        let capabilities: Vec<&str> = Capability::words().filter(has).collect();
        fields.insert("capabilities".into(), json!(capabilities));
        let elsewhere = context.graph.declared.contains_key(&component);
        fields.insert("elsewhere".into(), json!(elsewhere));
    }
    Bound::Made(made)
}

fn of_node<'a>(looked: &Looked<'a>, node: &Node<'a>) -> Item<'a> {
    let graph = looked.context.graph;
    let member = graph.member(node.id);
    let mut variables = of_pod(&member.workload);
    if looked.wants("server") {
        variables.push(("server", server(looked, member)));
    }
    if looked.wants("node") {
        let made = json!({
            "name": node.pod_name,
            "title": graph.describe(node.id),
            "ordinal": node.id.ordinal,
            "configured": node.configuration.is_some() || graph.yaml_configuration(node).is_some(),
            "unseen": node.unseen.is_some(),
        });
        variables.push(("node", Bound::Made(made)));
    }
    Item {
        object: Some(member.workload.object),
        variables,
        ..Item::default()
    }
}

fn nodes_of_components<'a>(looked: &Looked<'a>) -> impl Iterator<Item = &'a Node<'a>> {
    let graph = looked.context.graph;
    let nodes = graph.nodes.iter();
    nodes.filter(|node| graph.component(node.id).is_some())
}

pub(super) fn nodes<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    nodes_of_components(looked)
        .map(|node| of_node(looked, node))
        .collect()
}

pub(super) fn configurations<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let item = |node: &'a Node<'a>| {
        let configuration = node.configuration.as_ref()?;
        let mut item = of_node(looked, node);
        let effective = configuration.effective.as_ref()?;
        let main = looked.context.graph.member(node.id).main?;
        item.variables.push(("container", Bound::Part(main.value)));
        item.variables.push(("toml", Bound::Toml(effective)));
        item.variables.push(("written", Bound::Written(effective)));
        tell(looked, node, &mut item, Graph::told_entries);
        item.object = Some(configuration.object);
        item.configuration = Some((configuration, None));
        Some(item)
    };
    nodes_of_components(looked).filter_map(item).collect()
}

/// The configurations of servers that read YAML, as each node reads its own.
pub(super) fn settings<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let context = looked.context;
    let item = |node: &'a Node<'a>| {
        let (object, text) = context.graph.yaml_configuration(node)?;
        let settings: Value = serde_saphyr::from_str(text).ok()?;
        let mut item = of_node(looked, node);
        item.variables.push(("settings", Bound::Made(settings)));
        tell(looked, node, &mut item, Graph::told_settings);
        item.object = Some(object);
        Some(item)
    };
    nodes_of_components(looked).filter_map(item).collect()
}

/// Adds what a configuration says to its node, and those of the other nodes of the server say to theirs.
fn tell<'a>(
    looked: &Looked<'a>,
    node: &Node<'a>,
    item: &mut Item<'a>,
    read: fn(&Graph<'a>, &Facts, &Node<'a>) -> Option<Value>,
) {
    let (graph, facts) = (looked.context.graph, looked.context.facts);
    if looked.wants("told") {
        let told = read(graph, facts, node).unwrap_or_else(|| json!({}));
        item.variables.push(("told", Bound::Made(told)));
    }
    if looked.wants("others") {
        let component = graph.component(node.id);
        let nodes = component.map_or_else(Vec::new, |component| graph.nodes_of(component));
        let others = nodes.into_iter().filter(|other| other.id != node.id);
        let told = others.filter_map(|other| read(graph, facts, other));
        let told = Value::Array(told.collect());
        item.variables.push(("others", Bound::Made(told)));
    }
}

/// Every table of every list, such as each `[[apim.gateway.environment]]`, beside what a configuration has.
pub(super) fn tables<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let of_file = |node: &'a Node<'a>| {
        let configuration = node.configuration.as_ref()?;
        let effective = configuration.effective.as_ref()?;
        let tables: BTreeSet<(KeyPath, usize)> =
            effective.values().keys().filter_map(table_of).collect();
        Some(tables.into_iter().map(move |(list, at)| {
            let mut item = of_node(looked, node);
            let made = json!({"list": list.to_string(), "key": list.element(at).to_string()});
            item.variables.push(("table", Bound::Made(made)));
            item.variables.push(("toml", Bound::Toml(effective)));
            item.object = Some(configuration.object);
            item.configuration = Some((configuration, None));
            item
        }))
    };
    nodes_of_components(looked)
        .filter_map(of_file)
        .flatten()
        .collect()
}

/// The outermost list in a path, and which of its tables the path is in.
fn table_of(path: &KeyPath) -> Option<(KeyPath, usize)> {
    let mut list = KeyPath::root();
    for segment in path.segments() {
        match segment {
            Segment::Key(key) => list = list.child(key),
            Segment::Index(at) => return Some((list, *at)),
        }
    }
    None
}

pub(super) fn entries<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let of_file = |node: &'a Node<'a>| {
        let configuration = node.configuration.as_ref()?;
        let entries = configuration.document.as_ref().ok()?.entries();
        Some(entries.iter().map(move |entry| {
            let mut item = of_node(looked, node);
            let value = serde_json::to_value(&entry.value).unwrap_or(Value::Null);
            let made = json!({"key": entry.path.to_string(), "value": value});
            item.variables.push(("entry", Bound::Made(made)));
            item.object = Some(configuration.object);
            item.configuration = Some((configuration, Some(entry.span)));
            item
        }))
    };
    nodes_of_components(looked)
        .filter_map(of_file)
        .flatten()
        .collect()
}

pub(super) fn components<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let context = looked.context;
    let item = |(component, minimum): (&Component, &usize)| {
        let members: Vec<_> = context.graph.members_of(*component).collect();
        let nodes: usize = members.iter().map(|member| member.replicas).sum();
        let made = json!({
            "name": component.name(),
            "title": component.title(),
            "minimum": minimum,
            "nodes": nodes,
            "workloads": members.len(),
            "scaled": members.iter().any(|member| member.is_scaled),
            "recognised": context.graph.members.iter().any(|member| member.component.is_some()),
            "found": found(context),
            // It may also be in a release that does not render.
            "elsewhere": context.graph.elsewhere(*component).is_some() || context.manifest.is_any_partial(),
        });
        Item {
            object: members.first().map(|member| member.workload.object),
            variables: vec![("component", Bound::Made(made))],
            ..Item::default()
        }
    };
    context.pattern().iter().map(item).collect()
}

/// The servers of a subject with their images, whatever they are.
fn found(context: &Context<'_>) -> String {
    let members = context.graph.members.iter();
    let named = members.map(|member| {
        let image = member.main.map_or("", |main| main.image());
        format!("{} ({image})", member.workload.object.reference())
    });
    named.collect::<Vec<_>>().join(", ")
}

pub(super) fn releases<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let manifest = looked.context.manifest;
    let item = |(release, chart): (&'a str, &'a str)| {
        let own = manifest
            .objects
            .iter()
            .filter(|object| object.release == release);
        let own = Bound::List(own.map(|object| Bound::Part(&object.value)).collect());
        let record = vec![
            ("name", Bound::Made(json!(release))),
            ("chart", Bound::Made(json!(chart))),
            ("objects", own),
        ];
        Item {
            variables: vec![("release", Bound::Record(record))],
            ..Item::default()
        }
    };
    charts_of_releases(manifest).into_iter().map(item).collect()
}

pub(super) fn charts<'a>(looked: &Looked<'a>) -> Vec<Item<'a>> {
    let charts = looked.context.charts.values();
    let with_sources = charts.filter(|chart| !chart.files.is_empty());
    let item = |chart: &crate::chart::ChartSource| {
        let read = |file: &str| {
            let text = chart.files.get(file)?;
            serde_saphyr::from_str::<Value>(text).ok()
        };
        let made = json!({
            "name": chart.name,
            "metadata": read("Chart.yaml").unwrap_or_else(|| json!({})),
            "values": read("values.yaml").unwrap_or_else(|| json!({})),
            "files": chart.files.keys().collect::<Vec<_>>(),
        });
        Item {
            variables: vec![("chart", Bound::Made(made))],
            ..Item::default()
        }
    };
    with_sources.map(item).collect()
}
