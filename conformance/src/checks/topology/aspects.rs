//! In what nodes of a component can differ.

use std::collections::BTreeMap;

use crate::{
    context::{Context, Fault},
    graph::{Member, Node, mounted_files},
    manifest::{EnvSource, Object, VolumeSource, str_at},
};

use super::identity::Identity;

/// Something in which nodes are compared, by its name for messages without what names the node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    Image,
    Account,
    Arguments,
    Sidecar(String),
    Variable(String),
    Variables(String),
    Mount(String),
    File(String),
    Key(String),
}

/// What a node has there.
#[derive(Debug, Clone)]
pub(super) struct Has {
    /// To be compared, without what names the node.
    pub(super) compared: String,
    /// How messages tell it: a whole clause after the node's name. Never a secret.
    pub(super) told: String,
    /// What a fault's place is found by: a field or a path of the configuration, and a value.
    pub(super) field: String,
    pub(super) value: String,
    /// A Secret that it is taken from.
    pub(super) secret: Option<String>,
}

pub(super) type Aspects = BTreeMap<Aspect, Has>;

/// What a workload gives its nodes.
pub(super) fn of_workload(
    context: &Context<'_>,
    member: &Member<'_>,
    node: &Node<'_>,
    identity: &Identity,
) -> Aspects {
    let mut found = Aspects::new();
    let Some(main) = member.main else {
        return found;
    };
    let has = |compared: &str, told: String, field: &str, value: &str| Has {
        compared: identity.without(compared),
        told,
        field: field.to_owned(),
        value: value.to_owned(),
        secret: None,
    };
    let workload = &member.workload;
    let image = main.image();
    found.insert(
        Aspect::Image,
        has(image, format!("runs the image `{image}`"), "image", image),
    );
    let account = str_at(workload.pod.spec, "/serviceAccountName").unwrap_or("default");
    let told = format!("has the account `{account}`");
    found.insert(
        Aspect::Account,
        has(account, told, "serviceAccountName", account),
    );
    let arguments = main.arguments().join(" ");
    if !arguments.is_empty() {
        let told = "is started with arguments of its own".to_owned();
        found.insert(Aspect::Arguments, has(&arguments, told, "args", ""));
    }
    for sidecar in workload.pod.containers() {
        if !std::ptr::eq(sidecar.value, main.value) {
            let (name, image) = (sidecar.name(), sidecar.image());
            let told = format!("has the container `{name}` with the image `{image}`");
            found.insert(
                Aspect::Sidecar(identity.without(name)),
                has(image, told, "containers", name),
            );
        }
    }
    for variable in main.env() {
        let name = variable.name;
        let (compared, told, secret) = match variable.source {
            // It may be a secret.
            EnvSource::Literal(text) => (
                text.to_owned(),
                format!("sets `{name}` to a value of its own"),
                None,
            ),
            EnvSource::Field(path) => (
                format!("field {path}"),
                format!("takes `{name}` from the field {path}"),
                None,
            ),
            EnvSource::Secret {
                name: object, key, ..
            } => (
                format!("Secret {object} {key}"),
                format!("takes `{name}` from Secret `{object}`"),
                Some(object.to_owned()),
            ),
            EnvSource::ConfigMap {
                name: object, key, ..
            } => {
                let namespace = workload.object.namespace();
                let map = context.manifest.find("ConfigMap", namespace, object);
                let text = map.and_then(|map| map.str(&format!("/data/{key}")));
                let compared =
                    text.map_or_else(|| format!("ConfigMap {object} {key}"), str::to_owned);
                (
                    compared,
                    format!("takes `{name}` from ConfigMap `{object}`"),
                    None,
                )
            }
            EnvSource::Other => continue,
        };
        let has = Has {
            secret,
            ..has(&compared, told, name, name)
        };
        found.insert(Aspect::Variable(identity.without(name)), has);
    }
    for (kind, name, prefix, _) in main.env_from() {
        let what = identity.without(&format!("{kind} {name}"));
        let told = format!("takes variables from {kind} `{name}`");
        found.insert(Aspect::Variables(what), has(prefix, told, "envFrom", name));
    }
    let volumes = workload.pod.volumes();
    for mount in main.mounts() {
        let volume = volumes.iter().find(|volume| volume.name == mount.volume);
        let sources = volume
            .map(|volume| volume.sources.as_slice())
            .unwrap_or_default();
        let described: Vec<String> = sources
            .iter()
            .map(|source| described(context, workload.object, source))
            .collect();
        let path = mount.path;
        let told = format!(
            "mounts {} at {path}",
            if described.is_empty() {
                "a volume".to_owned()
            } else {
                described.join(" and ")
            }
        );
        let field = if sources.is_empty() {
            "volumeMounts"
        } else {
            "mountPath"
        };
        found.insert(
            Aspect::Mount(identity.without(path)),
            has(&described.join(" "), told, field, path),
        );
    }
    let (files, _) = mounted_files(context.manifest, workload, &main, &node.pod_name);
    for file in files {
        let is_configuration = node
            .configuration
            .as_ref()
            .is_some_and(|own| std::ptr::eq(own.object, file.object) && own.data_key == file.key);
        if let Some(text) = file.text.filter(|_| !is_configuration) {
            let told = format!("has a text of its own in the file {}", file.path);
            found.insert(
                Aspect::File(identity.without(&file.path)),
                has(text, told, "mountPath", &file.path),
            );
        }
    }
    found
}

/// A volume's source. What a release renders is compared by its files.
fn described(context: &Context<'_>, object: &Object, source: &VolumeSource<'_>) -> String {
    match source {
        VolumeSource::Keys {
            kind: "ConfigMap",
            name,
            ..
        } if context
            .manifest
            .find("ConfigMap", object.namespace(), name)
            .is_some() =>
        {
            "a ConfigMap of the release".to_owned()
        }
        VolumeSource::Keys { kind, name, .. } => format!("{kind} `{name}`"),
        // A volume of its own.
        VolumeSource::Claim(_) => "a claim".to_owned(),
        VolumeSource::Empty => "an emptyDir".to_owned(),
        VolumeSource::Other(kind) => format!("a volume of the kind {kind}"),
    }
}

impl Aspect {
    /// What is told of a node that has nothing there.
    pub(super) fn missing(&self) -> String {
        match self {
            Self::Image => "runs no image".to_owned(),
            Self::Account => "has no account".to_owned(),
            Self::Arguments => "is started without arguments".to_owned(),
            Self::Sidecar(name) => format!("has no container `{name}`"),
            Self::Variable(name) => format!("does not set `{name}`"),
            Self::Variables(what) => format!("takes no variables from {what}"),
            Self::Mount(path) => format!("mounts nothing at {path}"),
            Self::File(path) => format!("has no file {path}"),
            Self::Key(key) => format!("does not write `{key}`"),
        }
    }

    /// What is told of a node that has another thing there than the others.
    pub(super) fn differs(&self) -> String {
        match self {
            Self::Image => "runs another image".to_owned(),
            Self::Account => "has another account".to_owned(),
            Self::Arguments => "is started with other arguments".to_owned(),
            Self::Sidecar(name) => format!("has another container `{name}`"),
            Self::Variable(name) => format!("sets `{name}` to another value"),
            Self::Variables(what) => format!("calls the variables from {what} otherwise"),
            Self::Mount(path) => format!("mounts something else at {path}"),
            Self::File(path) => format!("has another text in the file {path}"),
            Self::Key(key) => format!("writes another `{key}`"),
        }
    }

    /// The field at which it is missing.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Account => "serviceAccountName",
            Self::Arguments => "args",
            Self::Sidecar(_) => "containers",
            Self::Variable(_) => "env",
            Self::Variables(_) => "envFrom",
            Self::Mount(_) | Self::File(_) => "volumeMounts",
            Self::Key(_) => "",
        }
    }

    /// The key of the configuration that it is.
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            _ => None,
        }
    }
}

impl<'a> Fault<'a> {
    /// At what a node has in which it differs.
    pub(super) fn where_it_is(self, object: &'a Object, has: &Has) -> Self {
        self.object(object)
            .field(has.field.clone())
            .value(has.value.clone())
    }
}
