//! Host trees as documents: a unit is a server with one node, what is laid over its pack is mounted into it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    balancer,
    clusters::{self, Cluster},
    databases, environment,
    environment::Filled,
    firewall::Firewall,
    inventory,
    inventory::Order,
    tree::Tree,
    unit::Unit,
};
use crate::manifest::{
    COMPONENT, DATABASES, FIREWALL, Front, Host, INVENTORY, LOAD_BALANCER, MACHINE, Machines,
    Manifest, OVERLAY, Object, TENANT, UNIT,
};

/// Documents of no API of Kubernetes.
const API_VERSION: &str = "machines.am-charts/v1";

/// The file of a host's firewall.
const RULES: &str = "/etc/nftables.d/am.nft";

/// What a tree says, as documents of the release `site`; of servers beside API Manager as documents of a release that is called like their
/// cluster. Those of `cluster` are the subject, or else those of API Manager: units of everybody else are beside it. What is about hosts
/// is everybody's, and of what a host is to run it says only what is the subject's.
///
/// # Errors
/// When the tree has no inventory that can be read, or nothing of the cluster.
pub fn documents(tree: &Tree, site: &str, cluster: Option<&str>) -> Result<Manifest, String> {
    let inventory = inventory::Inventory::of(tree)?;
    let clusters = clusters::of(tree, &inventory);
    if let Some(unknown) = cluster.filter(|name| !clusters.contains_key(*name)) {
        return Err(format!("{}: there is no unit of {unknown}", tree.place));
    }
    let make = Make {
        tree,
        site,
        clusters: &clusters,
        subject: cluster,
    };
    let mut objects = Vec::new();
    let mut machines = Machines {
        shared_address: inventory.shared_address,
        ..Machines::default()
    };
    objects.push(make.inventory(&inventory.groups, inventory.order.as_ref()));
    if let Some(text) = tree.files.get(databases::FILE) {
        let value = json!({"steps": databases::steps(text)});
        objects.push(make.object(DATABASES, site, databases::FILE, text, value));
    }
    for listed in inventory.hosts {
        let balancer = balancer::of(tree, &listed.name);
        let host = Host {
            name: listed.name,
            address: listed.address,
            fronts: balancer
                .as_ref()
                .map_or_else(Vec::new, |(.., fronts)| fronts.clone()),
        };
        objects.push(make.machine(&host, &listed.components, listed.user.as_deref()));
        for (file, text) in clusters::units(tree, &host.name) {
            objects.extend(make.unit(&host, file, text));
        }
        if let Some((path, text, _)) = balancer {
            let fronts: Vec<Value> = host.fronts.iter().map(Front::to_value).collect();
            objects.push(make.object(
                LOAD_BALANCER,
                &host.name,
                path,
                text,
                json!({"host": host.name, "fronts": fronts}),
            ));
        }
        if let Some((path, text)) = tree.of_host(&host.name, RULES) {
            let mut value = Firewall::read(text).into_value();
            value["host"] = json!(host.name);
            objects.push(make.object(FIREWALL, &host.name, path, text, value));
        }
        machines.hosts.push(host);
    }
    let (own, others): (Vec<Object>, Vec<Object>) = objects
        .into_iter()
        .partition(|object| object.release == make.release());
    let beside = (!clusters.is_empty()).then(|| {
        Box::new(Manifest {
            objects: others,
            machines: Some(machines.clone()),
            ..Manifest::default()
        })
    });
    Ok(Manifest {
        objects: own,
        machines: Some(machines),
        beside,
        ..Manifest::default()
    })
}

struct Make<'t> {
    tree: &'t Tree,
    site: &'t str,
    clusters: &'t BTreeMap<String, Cluster>,
    /// The cluster whose documents are wanted; API Manager's unless there is one.
    subject: Option<&'t str>,
}

impl Make<'_> {
    /// The release whose documents are wanted.
    fn release(&self) -> &str {
        self.subject.unwrap_or(self.site)
    }

    /// A document of the subject.
    fn object(&self, kind: &str, name: &str, path: &str, text: &str, mut value: Value) -> Object {
        value["apiVersion"] = json!(API_VERSION);
        value["kind"] = json!(kind);
        value["metadata"]["name"] = json!(name);
        Object {
            release: self.release().to_owned(),
            chart: self.tree.place.clone(),
            template: path.to_owned(),
            text: text.to_owned(),
            release_namespace: self.site.to_owned(),
            value,
        }
    }

    fn inventory(&self, groups: &Map<String, Value>, order: Option<&Order>) -> Object {
        let text = self.tree.files.get(inventory::FILE);
        let text = text.map(String::as_str).unwrap_or_default();
        let groups = groups
            .iter()
            .map(|(name, hosts)| json!({"name": name, "hosts": hosts}));
        let mut value = json!({"groups": groups.collect::<Vec<_>>()});
        if let Some(order) = order {
            value["order"] = json!({"hosts": order.hosts, "line": order.line});
        }
        self.object(INVENTORY, self.site, inventory::FILE, text, value)
    }

    fn machine(&self, host: &Host, components: &[Value], user: Option<&str>) -> Object {
        let text = self.tree.files.get(inventory::FILE);
        let text = text.map(String::as_str).unwrap_or_default();
        let folder = format!("hosts/{}/", host.name);
        let has_files = self.tree.files.range(folder.clone()..).next();
        let has_files = has_files.is_some_and(|(path, _)| path.starts_with(&folder));
        let is_own = |component: &&Value| {
            let name = component.get("name").and_then(Value::as_str);
            let cluster = name.filter(|name| self.clusters.contains_key(*name));
            cluster == self.subject
        };
        let components: Vec<&Value> = components.iter().filter(is_own).collect();
        let mut value =
            json!({"address": host.address, "components": components, "files": has_files});
        if let Some(user) = user {
            value["user"] = json!(user);
        }
        self.object(MACHINE, &host.name, inventory::FILE, text, value)
    }

    /// A unit and what is laid over its pack; none for one that does not run the product.
    fn unit(&self, host: &Host, file: &str, text: &str) -> Vec<Object> {
        let unit = Unit::read(text);
        let command: Vec<String> = unit.command().into_iter().map(str::to_owned).collect();
        let script = command.first().map(String::as_str).unwrap_or_default();
        let Some(component) = clusters::component_of(file, script) else {
            return Vec::new();
        };
        let cluster = clusters::cluster_of(file, component);
        let called = cluster.unwrap_or(component.name());
        let release = cluster.unwrap_or(self.site);
        let name = format!("{}/{called}", host.name);
        let mut labels = json!({COMPONENT: component.name()});
        if let Some(tenant) = cluster.and_then(|name| self.clusters.get(name)?.tenant.as_ref()) {
            labels[TENANT] = json!(tenant);
        }
        let home = script.rsplit_once("/bin/").map_or("", |(home, _)| home);
        let over = home.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut objects = Vec::new();
        let mut sources = Vec::new();
        for (path, text) in self.tree.below(&host.name, &format!("{over}/overlay/")) {
            let overlay = format!("{name}/{path}");
            let at = format!("hosts/{}{over}/overlay/{path}", host.name);
            let key = path.rsplit('/').next().unwrap_or(path);
            sources
                .push(json!({"overlay": {"name": overlay, "items": [{"key": key, "path": path}]}}));
            objects.push(self.object(OVERLAY, &overlay, &at, text, json!({"data": {key: text}})));
        }
        let (env, missing) = self.environment(host, &unit);
        let value = json!({
            "metadata": {"labels": labels},
            "called": called,
            "host": host.name,
            "address": host.address,
            "command": command,
            "missing": missing,
            "spec": {
                "containers": [{
                    "name": component.name(),
                    "command": command,
                    "env": env,
                    "volumeMounts": [{"name": "overlay", "mountPath": home}],
                }],
                "volumes": [{"name": "overlay", "projected": {"sources": sources}}],
                "terminationGracePeriodSeconds": unit.stop_seconds(),
            },
            "sections": unit.into_value(),
        });
        let path = format!("hosts/{}{}{file}", host.name, clusters::UNITS);
        objects.insert(0, self.object(UNIT, &name, &path, text, value));
        for object in &mut objects {
            release.clone_into(&mut object.release);
        }
        objects
    }

    /// The variables of a unit, of which the last of a name counts, and the files that it names and the tree has not.
    fn environment(&self, host: &Host, unit: &Unit) -> (Vec<Value>, Vec<String>) {
        let mut variables = Vec::new();
        let mut missing = Vec::new();
        for line in unit.service("Environment") {
            for variable in environment::read(&line.replace(' ', "\n")) {
                variables.push(entry(&variable));
            }
        }
        for file in unit.service("EnvironmentFile") {
            match self.tree.of_host(&host.name, file.trim_start_matches('-')) {
                Some((_, text)) => {
                    for variable in environment::read(text) {
                        variables.push(entry(&variable));
                    }
                }
                None if file.starts_with('-') => {}
                None => missing.push(file.to_owned()),
            }
        }
        (variables, missing)
    }
}

/// A variable as a container has it. What is filled in later is a secret of somebody's.
fn entry(variable: &environment::Variable<'_>) -> Value {
    match variable.value {
        Filled::Text(value) => json!({"name": variable.name, "value": value}),
        Filled::Later(expression) => json!({
            "name": variable.name,
            "valueFrom": {"secretKeyRef": {"name": "secrets", "key": expression}},
        }),
    }
}
