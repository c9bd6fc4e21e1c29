//! Workloads and their pod templates.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Object,
    container::Container,
    json::{array_at, integer_at, str_at, strings_at},
    machines::{OVERLAY, UNIT},
    service::{POD_NAME, Service},
};

/// Something that makes pods.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// The document.
    pub object: &'a Object,
    /// Its pod template.
    pub pod: PodTemplate<'a>,
}

/// The pod template of a workload (or a Pod itself).
#[derive(Debug, Clone, Copy)]
pub struct PodTemplate<'a> {
    metadata: Option<&'a Value>,
    /// The whole template: metadata and specification.
    pub value: &'a Value,
    /// The pod's specification.
    pub spec: &'a Value,
}

/// A volume of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume<'a> {
    /// Name.
    pub name: &'a str,
    /// Where its files come from.
    pub sources: Vec<VolumeSource<'a>>,
}

/// Where a volume's files come from; a projected volume has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeSource<'a> {
    /// Keys of a `ConfigMap` or Secret.
    Keys {
        /// `ConfigMap` or `Secret`.
        kind: &'static str,
        /// Object name.
        name: &'a str,
        /// Key and path of each listed item; empty means every key under its own name.
        items: Vec<(&'a str, &'a str)>,
        /// Whether the pod starts without the object.
        optional: bool,
        /// Rights of each listed item, else of all files, as far as they are written.
        modes: Modes<'a>,
    },
    /// A claim by name.
    Claim(&'a str),
    /// An `emptyDir`.
    Empty,
    /// Anything else, by its field name, such as `csi`.
    Other(&'a str),
}

/// Rights of a volume's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes<'a> {
    default: Option<i64>,
    of_items: BTreeMap<&'a str, i64>,
}

impl Modes<'_> {
    /// What Kubernetes gives files unless something is written.
    const USUAL: i64 = 0o644;

    /// The rights of the file that an item, or a key, becomes.
    pub(crate) fn of(&self, key: &str) -> i64 {
        let own = self.of_items.get(key).copied();
        own.or(self.default).unwrap_or(Self::USUAL)
    }
}

impl<'a> Workload<'a> {
    /// The workload that a document is, if it is one.
    pub fn of(object: &'a Object) -> Option<Self> {
        let at = match object.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => "/spec/template",
            "CronJob" => "/spec/jobTemplate/spec/template",
            "Pod" | UNIT => "",
            _ => return None,
        };
        let template = object.value.pointer(at)?;
        Some(Self {
            object,
            pod: PodTemplate {
                value: template,
                metadata: template.get("metadata"),
                spec: template.get("spec")?,
            },
        })
    }

    /// Whether it keeps servers running, as opposed to jobs, test pods and other hooks.
    pub(crate) fn is_server(&self) -> bool {
        matches!(
            self.object.kind(),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | UNIT
        ) && !self.object.is_hook()
    }

    /// Whether it is a unit of systemd on a machine.
    pub(crate) fn is_unit(&self) -> bool {
        self.object.kind() == UNIT
    }

    /// Whether its pods have stable names.
    pub(crate) fn is_stateful_set(&self) -> bool {
        matches!(self.object.kind(), "StatefulSet" | UNIT)
    }

    /// Whether a Service selects its pods, or one of them: those of a `StatefulSet` are labelled with their names.
    pub(crate) fn is_selected_by(&self, service: Service<'_>) -> bool {
        let mut labels: BTreeMap<&str, &str> = self.pod.labels();
        if let Some(pod) = service.only_pod().filter(|pod| self.has_pod(pod)) {
            labels.insert(POD_NAME, pod);
        }
        service.selects(&labels)
    }

    fn has_pod(&self, pod: &str) -> bool {
        let ordinal = pod
            .strip_prefix(self.object.name())
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|ordinal| ordinal.parse::<i64>().ok());
        self.is_stateful_set()
            && ordinal.is_some_and(|ordinal| (0..self.replicas().unwrap_or(1)).contains(&ordinal))
    }

    /// `spec.replicas`, if written.
    pub fn replicas(&self) -> Option<i64> {
        integer_at(&self.object.value, "/spec/replicas")
    }

    /// Name of the governing Service of a `StatefulSet`.
    pub(crate) fn service_name(&self) -> Option<&'a str> {
        self.object.str("/spec/serviceName")
    }

    /// Names of the volume claim templates.
    pub(crate) fn claim_templates(&self) -> Vec<&'a str> {
        array_at(&self.object.value, "/spec/volumeClaimTemplates")
            .iter()
            .filter_map(|claim| str_at(claim, "/metadata/name"))
            .collect()
    }
}

impl<'a> PodTemplate<'a> {
    /// Labels of the pods.
    pub fn labels(&self) -> BTreeMap<&'a str, &'a str> {
        self.metadata
            .map(|metadata| strings_at(metadata, "/labels"))
            .unwrap_or_default()
    }

    /// Annotations of the pods.
    pub fn annotations(&self) -> BTreeMap<&'a str, &'a str> {
        self.metadata
            .map(|metadata| strings_at(metadata, "/annotations"))
            .unwrap_or_default()
    }

    /// Containers, init containers first.
    pub(crate) fn all_containers(&self) -> Vec<Container<'a>> {
        let of = |at: &str, init| {
            array_at(self.spec, at)
                .iter()
                .map(move |value| Container { value, init })
        };
        of("/initContainers", true)
            .chain(of("/containers", false))
            .collect()
    }

    /// Containers that run as long as the pod.
    pub fn containers(&self) -> Vec<Container<'a>> {
        array_at(self.spec, "/containers")
            .iter()
            .map(|value| Container { value, init: false })
            .collect()
    }

    /// Volumes.
    pub fn volumes(&self) -> Vec<Volume<'a>> {
        array_at(self.spec, "/volumes")
            .iter()
            .filter_map(|volume| {
                let name = str_at(volume, "/name")?;
                let sources = match volume.pointer("/projected") {
                    Some(projected) => array_at(projected, "/sources")
                        .iter()
                        .filter_map(|source| source_of(source, projected))
                        .collect(),
                    None => source_of(volume, &Value::Null).into_iter().collect(),
                };
                Some(Volume { name, sources })
            })
            .collect()
    }
}

/// A source of a volume, or of what is projected into one, which then says what files may be.
fn source_of<'a>(volume: &'a Value, projected: &Value) -> Option<VolumeSource<'a>> {
    let keys = |kind: &'static str, source, name_at: &str| {
        let listed = array_at(source, "/items");
        let items = listed
            .iter()
            .filter_map(|item| Some((str_at(item, "/key")?, str_at(item, "/path")?)))
            .collect();
        let default = integer_at(source, "/defaultMode");
        let modes = Modes {
            default: default.or_else(|| integer_at(projected, "/defaultMode")),
            of_items: listed
                .iter()
                .filter_map(|item| Some((str_at(item, "/key")?, integer_at(item, "/mode")?)))
                .collect(),
        };
        let optional = source
            .pointer("/optional")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        Some(VolumeSource::Keys {
            kind,
            name: str_at(source, name_at)?,
            items,
            optional,
            modes,
        })
    };
    if let Some(source) = volume.get("configMap") {
        return keys("ConfigMap", source, "/name");
    }
    if let Some(source) = volume.get("secret") {
        // A volume names its Secret `secretName`, a projection `name`.
        return keys("Secret", source, "/secretName").or_else(|| keys("Secret", source, "/name"));
    }
    if let Some(source) = volume.get("overlay") {
        return keys(OVERLAY, source, "/name");
    }
    if let Some(claim) = str_at(volume, "/persistentVolumeClaim/claimName") {
        return Some(VolumeSource::Claim(claim));
    }
    if volume.get("emptyDir").is_some() {
        return Some(VolumeSource::Empty);
    }
    volume
        .as_object()?
        .keys()
        .find(|key| *key != "name")
        .map(|key| VolumeSource::Other(key))
}
