//! The schemas of one Kubernetes version as kubeconform reads them.

use std::path::{Path, PathBuf};
use std::process::Command;

use am_toolchain::schemas::SchemaSet;

use super::programs::Error;

/// kubeconform over schemas in a folder, so that it needs no network either.
pub(super) struct Kubeconform {
    program: PathBuf,
    /// Where it finds the schema of a kind.
    location: String,
}

impl Kubeconform {
    /// Writes the newest Kubernetes version's schemas into the folder: standalone ones, the form that kubeconform loads when it
    /// is told nothing else.
    pub(super) fn new(program: PathBuf, folder: &Path) -> Result<Self, Error> {
        let version = SchemaSet::kubernetes_versions().pop().unwrap_or_default();
        let schemas = SchemaSet::for_kubernetes(version)?;
        for kind in schemas.kinds() {
            let Some(schema) = schemas.standalone(kind) else {
                continue;
            };
            let path = folder.join(file_name(kind));
            std::fs::write(path, schema.to_string()).map_err(Error::Temporary)?;
        }
        let location = folder.join("{{.ResourceKind}}{{.KindSuffix}}.json");
        Ok(Self {
            program,
            location: location.display().to_string(),
        })
    }

    /// Judges what comes on standard input.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-strict", "-schema-location", &self.location]);
        command
    }
}

/// The name of a kind's file: kind, first word of the API group, version.
fn file_name(kind: &str) -> String {
    let (api_version, kind) = kind.split_once(' ').unwrap_or(("", kind));
    let kind = kind.to_lowercase();
    match api_version.split_once('/') {
        Some((group, version)) => {
            let group = group.split('.').next().unwrap_or(group);
            format!("{kind}-{group}-{version}.json")
        }
        None => format!("{kind}-{api_version}.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn schemas_are_named_as_kubeconform_looks_for_them() {
        assert_eq!(file_name("v1 Service"), "service-v1.json");
        assert_eq!(
            file_name("networking.k8s.io/v1 NetworkPolicy"),
            "networkpolicy-networking-v1.json"
        );
    }
}
