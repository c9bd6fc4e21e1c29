//! What a node has of a render: the files that are laid over its pack, and its variables.

use std::collections::BTreeMap;

use serde_json::Value;

use super::data::MachineData;
use super::layout::{Component, Layout, Node};

/// A node as its pod would be.
#[derive(Debug, Default)]
pub(crate) struct NodeFiles {
    /// Below the server's home.
    pub(crate) files: BTreeMap<String, String>,
    /// Files that somebody else has: the path below the server's home, and where they are among the packs.
    pub(crate) given: BTreeMap<String, String>,
    pub(crate) variables: Vec<(String, String)>,
    /// Variables that hold a credential, each with the Secret and the key that it has in a cluster.
    pub(crate) secrets: Vec<(String, (String, String))>,
}

/// The documents of a render.
#[derive(Debug)]
pub(crate) struct Documents(pub(crate) Vec<Value>);

impl NodeFiles {
    /// Those of one of a component's nodes.
    ///
    /// # Errors
    /// What of the pod no machine can have.
    pub(crate) fn of(
        layout: &Layout<'_, '_>,
        component: &Component<'_, '_>,
        index: usize,
        documents: &Documents,
    ) -> Result<Self, String> {
        let name = component.part.name();
        let workload = documents
            .workload(component)
            .ok_or_else(|| format!("the chart renders no workload of {name}"))?;
        let pod = format!("{}-{index}", text(&workload["metadata"]["name"]));
        let spec = &workload["spec"]["template"]["spec"];
        let container = list(&spec["containers"]).find(|it| it["name"] == name);
        let container =
            container.ok_or_else(|| format!("the pod of {name} has no container of that name"))?;
        let mut this = Self::default();
        this.read_variables(container, &component.nodes[index])?;
        let beginning = format!("{}/", layout.data.image.configuration);
        for mount in list(&container["volumeMounts"]) {
            let Some(path) = text(&mount["mountPath"]).strip_prefix(&beginning) else {
                continue;
            };
            let volume = list(&spec["volumes"]).find(|it| it["name"] == mount["name"]);
            let volume = volume.ok_or_else(|| format!("no volume for {path}"))?;
            let below = mount["subPathExpr"].as_str().or(mount["subPath"].as_str());
            let below = below.unwrap_or_default().replace("$(POD_NAME)", &pod);
            this.read_mount(path, volume, &below, documents)?;
        }
        this.move_to_host(layout, component)?;
        Ok(this)
    }

    fn read_variables(&mut self, container: &Value, node: &Node<'_>) -> Result<(), String> {
        for variable in list(&container["env"]) {
            let name = text(&variable["name"]).to_owned();
            let from = &variable["valueFrom"];
            let secret = &from["secretKeyRef"];
            if let Some(value) = variable["value"].as_str() {
                self.variables.push((name, value.to_owned()));
            } else if secret.is_object() {
                let source = (
                    text(&secret["name"]).to_owned(),
                    text(&secret["key"]).to_owned(),
                );
                self.secrets.push((name, source));
            } else if from["fieldRef"]["fieldPath"] == "metadata.name" {
                self.variables.push((name, node.host.to_owned()));
            } else if from["fieldRef"]["fieldPath"] == "status.podIP" {
                self.variables.push((name, node.address.to_owned()));
            } else {
                return Err(format!(
                    "the variable {name} has no value and no Secret, and a machine has nothing else"
                ));
            }
        }
        Ok(())
    }

    fn read_mount(
        &mut self,
        path: &str,
        volume: &Value,
        below: &str,
        documents: &Documents,
    ) -> Result<(), String> {
        let projected = list(&volume["projected"]["sources"]);
        let sources: Vec<&Value> = std::iter::once(volume).chain(projected).collect();
        let mut found = false;
        for source in sources {
            let (kind, name) = match (&source["configMap"], &source["secret"]) {
                (map, _) if map.is_object() => (map, text(&map["name"])),
                (_, secret) if secret.is_object() => {
                    let name = secret["secretName"].as_str().or(secret["name"].as_str());
                    (secret, name.unwrap_or_default())
                }
                _ => continue,
            };
            let data = documents
                .config_map(name)
                .filter(|_| source["configMap"].is_object());
            for (key, at) in items(kind, data) {
                let target = if at == below {
                    path.to_owned()
                } else if let Some(rest) = at.strip_prefix(&format!("{below}/")) {
                    format!("{path}/{rest}")
                } else {
                    continue;
                };
                found = true;
                match data.and_then(|data| data[key].as_str()) {
                    Some(content) => self.files.insert(target, content.to_owned()),
                    None => self.given.insert(target, format!("{name}/{key}")),
                };
            }
        }
        if found {
            Ok(())
        } else {
            Err(format!(
                "{path} comes from a volume ({}) that no machine has",
                text(&volume["name"])
            ))
        }
    }

    /// Paths of the image become those of the host.
    fn move_to_host(
        &mut self,
        layout: &Layout<'_, '_>,
        component: &Component<'_, '_>,
    ) -> Result<(), String> {
        let name = component.name;
        let texts = self.files.iter_mut().chain(
            self.variables
                .iter_mut()
                .map(|(name, value)| (&*name, value)),
        );
        for (of, text) in texts {
            for moved in &layout.data.image.moved {
                let from = moved.from.replace("{pack}", &pack(component));
                *text = text.replace(&from, &layout.data.paths.folder(moved.to, name));
            }
            if text.contains(&layout.data.image.rest) {
                return Err(format!(
                    "{of} of {name} names a path of the image (below {}), which no machine has",
                    layout.data.image.rest
                ));
            }
        }
        Ok(())
    }
}

impl Documents {
    fn workload(&self, component: &Component<'_, '_>) -> Option<&Value> {
        let mut documents = self.0.iter();
        documents.find(|it| {
            let labels = &it["metadata"]["labels"];
            let is_pods = it["spec"]["template"]["spec"].is_object();
            is_pods && labels["app.kubernetes.io/component"] == component.part.name()
        })
    }

    fn config_map(&self, name: &str) -> Option<&Value> {
        let mut documents = self.0.iter();
        let found =
            documents.find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"] == name);
        found.map(|it| &it["data"])
    }
}

/// The folder of a component's pack.
pub(crate) fn pack(component: &Component<'_, '_>) -> String {
    let version = &component.chart.version.version.value;
    format!("{}-{version}", component.part.component.distribution)
}

/// Where a data folder of the chart is on a host, for volumes of a component.
pub(crate) fn data_folders(
    data: &MachineData,
    component: &Component<'_, '_>,
) -> Vec<(String, String)> {
    let name = component.name;
    let storage = component.part.component.storage.iter();
    storage
        .filter_map(|volume| {
            let moved = data.image.moved.iter();
            let mut moved = moved.filter_map(|moved| {
                let rest = volume.mount_path.strip_prefix(&moved.from)?;
                Some(format!("{}{rest}", data.paths.folder(moved.to, name)))
            });
            Some((volume.holds.clone(), moved.next()?))
        })
        .collect()
}

/// Keys of a volume with their paths in it.
fn items<'v>(source: &'v Value, data: Option<&'v Value>) -> Vec<(&'v str, &'v str)> {
    if source["items"].is_array() {
        let items = list(&source["items"]);
        return items
            .map(|item| (text(&item["key"]), text(&item["path"])))
            .collect();
    }
    let keys = data.and_then(Value::as_object).into_iter().flatten();
    keys.map(|(key, _)| (key.as_str(), key.as_str())).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
