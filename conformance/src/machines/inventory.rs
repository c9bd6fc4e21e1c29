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
    /// In which order nodes are installed, where a play asks for that.
    pub(super) order: Option<Order>,
}

/// The order in which nodes are installed, one after the other.
#[derive(Debug)]
pub(super) struct Order {
    /// The hosts.
    pub(super) hosts: Vec<String>,
    /// Number of the line that begins with it, from 1.
    pub(super) line: Option<usize>,
}

/// A host of the inventory.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) components: Vec<Value>,
    /// The user to whom files are given, as far as it is written down.
    pub(super) user: Option<String>,
}

/// The group of all nodes, in the order in which they are installed.
const NODES: &str = "am_nodes";

/// The variable with the user to whom files are given.
const USER: &str = "am_user";

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
        let hosts = file.all.hosts.iter().map(|(name, value)| {
            let address = value.get("ansible_host").and_then(Value::as_str);
            let address = address
                .ok_or_else(|| {
                    wrong(format!(
                        "host {name} has no ansible_host: write its address"
                    ))
                })?
                .to_owned();
            let components = value.get("am_components").and_then(Value::as_array);
            let user = value.get(USER).or_else(|| {
                let of_groups = user_of_groups(&file.all.children, name, DEPTH);
                of_groups.or_else(|| file.all.vars.get(USER))
            });
            let user = user.and_then(Value::as_str);
            let user = user.filter(|user| !user.contains("{{")).map(str::to_owned);
            Ok(Listed {
                name: name.clone(),
                address,
                components: components.cloned().unwrap_or_default(),
                user,
            })
        });
        let hosts = hosts.collect::<Result<Vec<_>, String>>()?;
        let mut groups = Map::new();
        collect(&file.all.children, &mut groups, DEPTH);
        let shared = file.all.vars.get("am_load_balancer_address");
        Ok(Self {
            hosts,
            groups,
            order: order(tree, text, &file.all.children),
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

/// What the innermost group of a host says of the user; nothing where groups disagree, because Ansible then decides by their names.
fn user_of_groups<'v>(
    children: &'v Map<String, Value>,
    host: &str,
    depth: usize,
) -> Option<&'v Value> {
    let mut found: Vec<&Value> = Vec::new();
    for group in children.values() {
        let inner = group.get("children").and_then(Value::as_object);
        let inner = inner.filter(|_| depth > 0);
        let inner = inner.and_then(|inner| user_of_groups(inner, host, depth - 1));
        let has_it = group.pointer(&format!("/hosts/{host}")).is_some();
        let own = || group.pointer(&format!("/vars/{USER}")).filter(|_| has_it);
        found.extend(inner.or_else(own));
    }
    let first = *found.first()?;
    found.iter().all(|other| *other == first).then_some(first)
}

/// The order in which plays take the nodes: hosts of the group itself, then those of its groups as they are listed.
fn order(tree: &Tree, text: &str, children: &Map<String, Value>) -> Option<Order> {
    let plays = tree
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("ansible/"));
    let is_asked = |text: &str| {
        let words = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("hosts:"));
        words.map(str::trim).any(|hosts| hosts == NODES)
    };
    if !plays.map(|(_, text)| text).any(|text| is_asked(text)) {
        return None;
    }
    let group = children.get(NODES)?;
    let mut hosts: Vec<String> = Vec::new();
    in_order(group, children, &mut hosts, DEPTH);
    let starts = |line: &str| line.trim_start().starts_with(&format!("{NODES}:"));
    Some(Order {
        hosts,
        line: text.lines().position(starts).map(|index| index + 1),
    })
}

fn in_order(group: &Value, all: &Map<String, Value>, hosts: &mut Vec<String>, depth: usize) {
    let keys = |key: &str| group.get(key).and_then(Value::as_object);
    for host in keys("hosts").into_iter().flat_map(Map::keys) {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    for (name, inner) in keys("children").into_iter().flatten() {
        // A group that is listed by its name alone is described elsewhere.
        let described = inner.as_object().is_some_and(|inner| !inner.is_empty());
        let inner = if described {
            Some(inner)
        } else {
            all.get(name)
        };
        if let Some(inner) = inner.filter(|_| depth > 0) {
            in_order(inner, all, hosts, depth - 1);
        }
    }
}
