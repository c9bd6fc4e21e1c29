//! Containers: ports, environment, mounts.

use serde_json::Value;

use super::{
    json::{array_at, integer_at, str_at},
    service::TargetPort,
};

/// A container of a pod template.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The container's part of the document.
    pub value: &'a Value,
    /// Whether it is an init container.
    pub init: bool,
}

/// A declared container port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContainerPort<'a> {
    /// Name, if it has one.
    pub name: Option<&'a str>,
    /// Number.
    pub number: u16,
    /// `TCP` unless written otherwise.
    pub protocol: &'a str,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvVar<'a> {
    /// Name.
    pub name: &'a str,
    /// Where its value comes from.
    pub source: EnvSource<'a>,
}

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvSource<'a> {
    /// Written in the pod.
    Literal(&'a str),
    /// A field of the pod, such as `metadata.name`.
    Field(&'a str),
    /// A key of a Secret.
    Secret {
        /// Secret name.
        name: &'a str,
        /// Key.
        key: &'a str,
        /// Whether the pod starts without it.
        optional: bool,
    },
    /// A key of a `ConfigMap`.
    ConfigMap {
        /// `ConfigMap` name.
        name: &'a str,
        /// Key.
        key: &'a str,
        /// Whether the pod starts without it.
        optional: bool,
    },
    /// Something else, such as a resource field.
    Other,
}

/// A volume mounted into a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Volume name.
    pub volume: &'a str,
    /// Path in the container.
    pub path: &'a str,
    /// `subPath`.
    pub sub_path: Option<&'a str>,
    /// `subPathExpr`.
    pub sub_path_expr: Option<&'a str>,
    /// Whether it is read-only.
    pub read_only: bool,
}

impl<'a> Container<'a> {
    /// Name; empty when missing.
    pub fn name(&self) -> &'a str {
        str_at(self.value, "/name").unwrap_or_default()
    }

    /// Image; empty when missing.
    pub fn image(&self) -> &'a str {
        str_at(self.value, "/image").unwrap_or_default()
    }

    /// The image's repository name: without registry path, tag and digest.
    pub(crate) fn image_repository(&self) -> &'a str {
        let image = self.image();
        let image = image.split('@').next().unwrap_or(image);
        let last = image.rsplit('/').next().unwrap_or(image);
        last.split(':').next().unwrap_or(last)
    }

    /// Declared ports.
    pub fn ports(&self) -> Vec<ContainerPort<'a>> {
        array_at(self.value, "/ports")
            .iter()
            .filter_map(|port| {
                Some(ContainerPort {
                    name: str_at(port, "/name"),
                    number: u16::try_from(integer_at(port, "/containerPort")?).ok()?,
                    protocol: str_at(port, "/protocol").unwrap_or("TCP"),
                })
            })
            .collect()
    }

    /// Environment variables of `env`, in order.
    pub fn env(&self) -> Vec<EnvVar<'a>> {
        array_at(self.value, "/env")
            .iter()
            .filter_map(|entry| {
                Some(EnvVar {
                    name: str_at(entry, "/name")?,
                    source: env_source(entry),
                })
            })
            .collect()
    }

    /// The literal value of an environment variable; Kubernetes lets the last one win.
    pub(crate) fn env_literal(&self, name: &str) -> Option<&'a str> {
        self.env()
            .into_iter()
            .rev()
            .find(|variable| variable.name == name)
            .and_then(|variable| match variable.source {
                EnvSource::Literal(text) => Some(text),
                _ => None,
            })
    }

    /// `envFrom`: kind (`Secret` or `ConfigMap`), name, prefix and whether it is optional.
    pub(crate) fn env_from(&self) -> Vec<(&'static str, &'a str, &'a str, bool)> {
        array_at(self.value, "/envFrom")
            .iter()
            .filter_map(|entry| {
                let prefix = str_at(entry, "/prefix").unwrap_or_default();
                [("Secret", "/secretRef"), ("ConfigMap", "/configMapRef")]
                    .into_iter()
                    .find_map(|(kind, at)| {
                        let reference = entry.pointer(at)?;
                        let optional = reference
                            .pointer("/optional")
                            .and_then(Value::as_bool)
                            .unwrap_or(false);
                        Some((kind, str_at(reference, "/name")?, prefix, optional))
                    })
            })
            .collect()
    }

    /// Mounts.
    pub(crate) fn mounts(&self) -> Vec<Mount<'a>> {
        array_at(self.value, "/volumeMounts")
            .iter()
            .filter_map(|mount| {
                Some(Mount {
                    volume: str_at(mount, "/name")?,
                    path: str_at(mount, "/mountPath")?,
                    sub_path: str_at(mount, "/subPath"),
                    sub_path_expr: str_at(mount, "/subPathExpr"),
                    read_only: mount
                        .pointer("/readOnly")
                        .and_then(Value::as_bool)
                        .unwrap_or(false),
                })
            })
            .collect()
    }

    /// The ports that its probes ask.
    pub(crate) fn probed_ports(&self) -> Vec<TargetPort<'a>> {
        let probes = ["startupProbe", "readinessProbe", "livenessProbe"];
        let asked = ["httpGet", "tcpSocket", "grpc"];
        probes
            .into_iter()
            .filter_map(|probe| self.value.get(probe))
            .flat_map(|probe| {
                asked
                    .into_iter()
                    .filter_map(|how| probe.get(how)?.get("port"))
            })
            .filter_map(|port| match port {
                Value::String(name) => Some(TargetPort::Name(name)),
                number => Some(TargetPort::Number(u16::try_from(number.as_u64()?).ok()?)),
            })
            .collect()
    }

    /// `command` and `args` together.
    pub fn arguments(&self) -> Vec<&'a str> {
        ["/command", "/args"]
            .into_iter()
            .flat_map(|at| array_at(self.value, at).iter().filter_map(Value::as_str))
            .collect()
    }
}

fn env_source(entry: &Value) -> EnvSource<'_> {
    let Some(from) = entry.pointer("/valueFrom") else {
        return EnvSource::Literal(str_at(entry, "/value").unwrap_or_default());
    };
    if let Some(field) = str_at(from, "/fieldRef/fieldPath") {
        return EnvSource::Field(field);
    }
    let key_of = |at: &str| {
        let reference = from.pointer(at)?;
        let optional = reference
            .pointer("/optional")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        Some((
            str_at(reference, "/name")?,
            str_at(reference, "/key")?,
            optional,
        ))
    };
    if let Some((name, key, optional)) = key_of("/secretKeyRef") {
        return EnvSource::Secret {
            name,
            key,
            optional,
        };
    }
    if let Some((name, key, optional)) = key_of("/configMapKeyRef") {
        return EnvSource::ConfigMap {
            name,
            key,
            optional,
        };
    }
    EnvSource::Other
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Container;

    #[test]
    fn the_repository_name_is_found_in_every_form_of_image() {
        for image in [
            "wso2/wso2am-acp:4.7.0",
            "registry:5000/x/wso2am-acp",
            "r/wso2am-acp:1@sha256:ab",
            "wso2am-acp",
        ] {
            let value = json!({ "image": image });
            assert_eq!(
                Container {
                    value: &value,
                    init: false
                }
                .image_repository(),
                "wso2am-acp",
                "{image}"
            );
        }
    }

    #[test]
    fn the_last_literal_of_a_variable_wins() {
        let value = json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]});
        assert_eq!(
            Container {
                value: &value,
                init: false
            }
            .env_literal("A"),
            Some("2")
        );
    }
}
