//! The inventory: which hosts there are, and what each runs.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::tree::Tree;

/// Where it lies in a tree.
pub(super) const FILE: &str = "ansible/inventory.yaml";

/// An inventory of Ansible, as far as trees need it.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) hosts: Vec<Listed>,
    /// The hosts of each group, by its name.
    pub(super) groups: Map<String, Value>,
    /// The address behind which load balancers are.
    pub(super) shared_address: Option<String>,
}

/// A host of the inventory.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) components: Vec<Value>,
}

#[derive(Deserialize)]
struct File {
    all: All,
}

#[derive(Deserialize)]
struct All {
    hosts: Map<String, Value>,
    #[serde(default)]
    vars: Map<String, Value>,
    #[serde(default)]
    children: Map<String, Value>,
}

impl Inventory {
    /// Reads the inventory of a tree.
    ///
    /// # Errors
    /// When there is none, or a host has no address.
    pub(super) fn of(tree: &Tree) -> Result<Self, String> {
        let text = tree.files.get(FILE).ok_or_else(|| {
            format!(
                "{}: there is no {FILE}, which names the hosts of a tree",
                tree.place
            )
        })?;
        let wrong = |message: String| format!("{}/{FILE}: {message}", tree.place);
        let file: File = crate::yaml::read(text).map_err(wrong)?;
        let hosts = file.all.hosts.into_iter().map(|(name, value)| {
            let address = value.get("ansible_host").and_then(Value::as_str);
            let address = address
                .ok_or_else(|| {
                    wrong(format!(
                        "host {name} has no ansible_host: write its address"
                    ))
                })?
                .to_owned();
            let components = value.get("am_components").and_then(Value::as_array);
            Ok(Listed {
                name,
                address,
                components: components.cloned().unwrap_or_default(),
            })
        });
        let hosts = hosts.collect::<Result<Vec<_>, String>>()?;
        let mut groups = Map::new();
        collect(&file.all.children, &mut groups, DEPTH);
        let shared = file.all.vars.get("am_load_balancer_address");
        Ok(Self {
            hosts,
            groups,
            shared_address: shared.and_then(Value::as_str).map(str::to_owned),
        })
    }
}

/// How deep groups may be nested.
const DEPTH: usize = 8;

/// The hosts of groups and of the groups in them.
fn collect(children: &Map<String, Value>, groups: &mut Map<String, Value>, depth: usize) {
    for (name, group) in children {
        if let Some(Value::Object(hosts)) = group.get("hosts") {
            let hosts: Vec<&String> = hosts.keys().collect();
            groups.insert(name.clone(), hosts.into_iter().cloned().collect());
        }
        if let (Some(Value::Object(inner)), true) = (group.get("children"), depth > 0) {
            collect(inner, groups, depth - 1);
        }
    }
}
