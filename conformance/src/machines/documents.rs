//! Host trees as documents: a unit is a server with one node, what is laid over its pack is mounted into it.

use serde_json::{Map, Value, json};

use am_product::Component;

use super::{
    balancer, environment, environment::Filled, firewall::Firewall, inventory, tree::Tree,
    unit::Unit,
};
use crate::manifest::{
    FIREWALL, Front, Host, LOAD_BALANCER, MACHINE, Machines, Manifest, OVERLAY, Object, UNIT,
};

/// Documents of no API of Kubernetes.
const API_VERSION: &str = "machines.am-charts/v1";

/// The kind of the document about the inventory.
const INVENTORY: &str = "Inventory";

/// The folder of units on a host.
const UNITS: &str = "/etc/systemd/system/";
/// The file of a host's firewall.
const RULES: &str = "/etc/nftables.d/am.nft";

/// What a tree says, as documents of the release `site`.
///
/// # Errors
/// When the tree has no inventory that can be read.
pub fn documents(tree: &Tree, site: &str) -> Result<Manifest, String> {
    let inventory = inventory::Inventory::of(tree)?;
    let make = Make { tree, site };
    let mut objects = Vec::new();
    let mut machines = Machines {
        shared_address: inventory.shared_address,
        ..Machines::default()
    };
    objects.push(make.inventory(&inventory.groups));
    for listed in inventory.hosts {
        let balancer = balancer::of(tree, &listed.name);
        let host = Host {
            name: listed.name,
            address: listed.address,
            fronts: balancer
                .as_ref()
                .map_or_else(Vec::new, |(.., fronts)| fronts.clone()),
        };
        objects.push(make.machine(&host, &listed.components));
        for (file, text) in tree.below(&host.name, UNITS) {
            if file.ends_with(".service") && !file.contains('/') {
                objects.extend(make.unit(&host, file, text));
            }
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
    Ok(Manifest {
        objects,
        machines: Some(machines),
        ..Manifest::default()
    })
}

struct Make<'t> {
    tree: &'t Tree,
    site: &'t str,
}

impl Make<'_> {
    fn object(&self, kind: &str, name: &str, path: &str, text: &str, mut value: Value) -> Object {
        value["apiVersion"] = json!(API_VERSION);
        value["kind"] = json!(kind);
        value["metadata"]["name"] = json!(name);
        Object {
            release: self.site.to_owned(),
            chart: self.tree.place.clone(),
            template: path.to_owned(),
            text: text.to_owned(),
            release_namespace: self.site.to_owned(),
            value,
        }
    }

    fn inventory(&self, groups: &Map<String, Value>) -> Object {
        let text = self.tree.files.get(inventory::FILE);
        let text = text.map(String::as_str).unwrap_or_default();
        let groups = groups
            .iter()
            .map(|(name, hosts)| json!({"name": name, "hosts": hosts}));
        let value = json!({"groups": groups.collect::<Vec<_>>()});
        self.object(INVENTORY, self.site, inventory::FILE, text, value)
    }

    fn machine(&self, host: &Host, components: &[Value]) -> Object {
        let text = self.tree.files.get(inventory::FILE);
        let text = text.map(String::as_str).unwrap_or_default();
        let folder = format!("hosts/{}/", host.name);
        let has_files = self.tree.files.range(folder.clone()..).next();
        let has_files = has_files.is_some_and(|(path, _)| path.starts_with(&folder));
        let value = json!({"address": host.address, "components": components, "files": has_files});
        self.object(MACHINE, &host.name, inventory::FILE, text, value)
    }

    /// A unit and what is laid over its pack; none for one that does not run the product.
    fn unit(&self, host: &Host, file: &str, text: &str) -> Vec<Object> {
        let unit = Unit::read(text);
        let command: Vec<String> = unit.command().into_iter().map(str::to_owned).collect();
        let script = command.first().map(String::as_str).unwrap_or_default();
        let Some(component) = component_of(file, script) else {
            return Vec::new();
        };
        let name = format!("{}/{}", host.name, component.name());
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
            "metadata": {"labels": {"app.kubernetes.io/component": component.name()}},
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
            },
            "sections": unit.into_value(),
        });
        let path = format!("hosts/{}{UNITS}{file}", host.name);
        objects.insert(0, self.object(UNIT, &name, &path, text, value));
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

/// The component that a unit runs: the one that it is called after, else the one whose script it starts.
fn component_of(file: &str, script: &str) -> Option<Component> {
    let stem = file.trim_end_matches(".service");
    let script = script.rsplit('/').next().unwrap_or(script);
    let by_name = Component::from_name(stem).or_else(|| {
        let (_, rest) = stem.split_once('-')?;
        Component::from_name(rest)
    });
    by_name.or_else(|| Component::all().find(|component| component.start_script() == script))
}
