//! Pods: which component each is, and the configuration that it reads.

use am_deployment_toml::{
    document::{Document, ParseError},
    effective::Effective,
    engine,
    environment::Environment,
    product::{Distribution, Product, ProductVersion},
};
use am_product::ConfigurationFormat;
use serde_json::Value;

use super::{
    listening::{Listener, listeners, with_system_properties},
    member::Member,
    mounts::{MountedFile, mounted_files},
};
use crate::{
    facts::Facts,
    manifest::{Container, EnvSource, Manifest, Object, Service, strings_at},
};

/// Identity of a pod in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Index of its workload in [`super::Graph::members`].
    pub member: usize,
    /// Number of the pod in the workload, from 0.
    pub ordinal: usize,
}

/// A pod.
#[derive(Debug)]
pub struct Node<'a> {
    /// Identity.
    pub id: NodeId,
    /// Pod name; of a Deployment only the part that is known.
    pub pod_name: String,
    /// Its `deployment.toml`, if one is mounted.
    pub configuration: Option<Configuration<'a>>,
    /// The ports that its server opens.
    pub listeners: Vec<Listener>,
    /// Why its `deployment.toml` cannot be seen, though it has one.
    pub unseen: Option<String>,
}

/// A `deployment.toml` as one node reads it.
#[derive(Debug)]
pub struct Configuration<'a> {
    /// The `ConfigMap` or Secret that holds it.
    pub object: &'a Object,
    /// Key in that object.
    pub data_key: String,
    /// The text.
    pub text: &'a str,
    /// The parsed text, or why it is no TOML.
    pub document: Result<Document, ParseError>,
    /// The values in force after the product's own fallbacks; absent when the text is no TOML.
    pub effective: Option<Effective>,
    /// What the product's engine makes of it.
    pub faults: Vec<engine::Fault>,
    /// Whether the pod takes variables from a Secret that no chart renders, so that any may be set.
    pub environment_is_open: bool,
}

impl Configuration<'_> {
    /// Port offset in force.
    pub fn offset(&self) -> u16 {
        self.effective.as_ref().map_or(0, Effective::port_offset)
    }

    /// Key of the text in a report's sources.
    pub fn source(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.object.release,
            self.object.kind(),
            self.object.name(),
            self.data_key
        )
    }
}

impl Node<'_> {
    /// Port offset in force on this node; 0 without configuration.
    pub fn offset(&self) -> u16 {
        self.configuration.as_ref().map_or(0, Configuration::offset)
    }

    /// The values in force, if there is a readable configuration.
    pub fn effective(&self) -> Option<&Effective> {
        self.configuration.as_ref()?.effective.as_ref()
    }
}

/// The pods of a workload. Pods of a Deployment read the same files, so they are read once.
pub(super) fn nodes_of<'a>(
    manifest: &'a Manifest,
    facts: &Facts,
    version: ProductVersion,
    services: &[Service<'a>],
    member: &Member<'a>,
    index: usize,
) -> Vec<Node<'a>> {
    (0..member.replicas)
        .map(|ordinal| {
            let name = member.workload.object.name();
            let pod_name = if member.workload.is_unit() {
                name.to_owned()
            } else {
                format!("{name}-{ordinal}")
            };
            let configuration = read_configuration(manifest, facts, version, member, &pod_name);
            let effective = configuration
                .as_ref()
                .and_then(|file| file.effective.as_ref());
            let settings = yaml_configuration(manifest, member, &pod_name);
            let settings: Option<Value> =
                settings.and_then(|(_, text)| serde_saphyr::from_str(text).ok());
            let listeners = member.component.map_or_else(Vec::new, |component| {
                let workload = &member.workload;
                listeners(services, workload, component, effective, settings.as_ref())
            });
            Node {
                id: NodeId {
                    member: index,
                    ordinal,
                },
                pod_name,
                configuration,
                listeners,
                unseen: None,
            }
        })
        .collect()
}

/// The configuration of a pod whose server reads YAML, with the object that holds it.
pub(super) fn yaml_configuration<'a>(
    manifest: &'a Manifest,
    member: &Member<'a>,
    pod_name: &str,
) -> Option<(&'a Object, &'a str)> {
    let distribution = member.component?.distribution();
    if distribution.configuration_format() != ConfigurationFormat::Yaml {
        return None;
    }
    let (files, _) = mounted_files(manifest, &member.workload, &member.main?, pod_name);
    let file = files
        .into_iter()
        .find(|file| is_configuration(&file.path, distribution))?;
    Some((file.object, file.text?))
}

fn read_configuration<'a>(
    manifest: &'a Manifest,
    facts: &Facts,
    version: ProductVersion,
    member: &Member<'a>,
    pod_name: &str,
) -> Option<Configuration<'a>> {
    let distribution = member.component?.distribution();
    if distribution.configuration_format() != ConfigurationFormat::Toml {
        return None;
    }
    let main = member.main?;
    let (files, _) = mounted_files(manifest, &member.workload, &main, pod_name);
    // What is copied over the server home wins over what is mounted into it.
    let file: &MountedFile<'a> = files
        .iter()
        .filter(|file| is_configuration(&file.path, distribution))
        .max_by_key(|file| file.path.contains("/wso2-config-volume/"))?;
    let (environment, environment_is_open) =
        environment_of(manifest, facts, member, &main, pod_name);
    let text = file.text?;
    let product = Product {
        version,
        distribution,
    };
    let document = Document::parse(text);
    let (effective, faults) = match &document {
        Ok(document) => {
            let effective = Effective::resolve(document, product, &environment);
            let faults = engine::faults_in(document, &effective);
            (Some(effective), faults)
        }
        Err(error) => (None, vec![engine::Fault::from(error.clone())]),
    };
    Some(Configuration {
        object: file.object,
        data_key: file.key.clone(),
        text,
        document,
        effective,
        faults,
        environment_is_open,
    })
}

/// Whether a path below the server's home, or the volume that is copied over it, is that of the configuration.
pub(super) fn is_configuration(path: &str, distribution: Distribution) -> bool {
    let file = path.strip_suffix(distribution.configuration());
    file.is_some_and(|folder| folder.ends_with('/'))
}

/// The variables that a container has, and whether others may be set that nothing tells.
fn environment_of(
    manifest: &Manifest,
    facts: &Facts,
    member: &Member<'_>,
    container: &Container<'_>,
    pod_name: &str,
) -> (Environment, bool) {
    let namespace = member.workload.object.namespace();
    let mut open = false;
    let mut environment = facts
        .image_environment
        .iter()
        .fold(Environment::new(), |environment, name| {
            environment.with_opaque(name.clone())
        });
    for (kind, name, prefix, _) in container.env_from() {
        let Some(object) = manifest.find(kind, namespace, name) else {
            open = true;
            continue;
        };
        let keys = strings_at(&object.value, "/data")
            .into_keys()
            .chain(strings_at(&object.value, "/stringData").into_keys());
        for key in keys {
            environment = environment.with_opaque(format!("{prefix}{key}"));
        }
    }
    for variable in container.env() {
        environment = match variable.source {
            EnvSource::Literal(text) => environment.with(variable.name, text),
            EnvSource::Field("metadata.name") => environment.with(variable.name, pod_name),
            EnvSource::Field("metadata.namespace") => environment.with(variable.name, namespace),
            EnvSource::ConfigMap { name, key, .. } => {
                match manifest
                    .find("ConfigMap", namespace, name)
                    .and_then(|map| map.str(&format!("/data/{key}")))
                {
                    Some(text) => environment.with(variable.name, text),
                    None => environment.with_opaque(variable.name),
                }
            }
            EnvSource::Field(_) | EnvSource::Secret { .. } | EnvSource::Other => {
                environment.with_opaque(variable.name)
            }
        };
    }
    let environment = with_system_properties(environment, container, &facts.java_options);
    (environment, open)
}
