//! Which files a container finds where, from the `ConfigMap`s and Secrets mounted into it.

use crate::manifest::{Container, EnvSource, Manifest, Mount, Object, VolumeSource, Workload};

/// A file that comes from a `ConfigMap` or Secret.
#[derive(Debug, Clone)]
pub struct MountedFile<'a> {
    /// Absolute path in the container.
    pub path: String,
    /// The object that holds it.
    pub object: &'a Object,
    /// Key in that object.
    pub key: String,
    /// The text; absent for binary data.
    pub text: Option<&'a str>,
    /// Its rights.
    pub mode: i64,
}

/// Something that a pod mounts and no release renders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No such object among the documents.
    Object {
        /// `ConfigMap` or `Secret`.
        kind: &'static str,
        /// Name.
        name: String,
        /// Whether the pod starts without it.
        optional: bool,
    },
    /// The object has no such key.
    Key {
        /// `ConfigMap` or `Secret`.
        kind: &'static str,
        /// Name.
        name: String,
        /// Key.
        key: String,
    },
    /// The mount names a volume that the pod does not have.
    Volume {
        /// Volume name.
        volume: String,
    },
    /// The mount's `subPath` is not in the volume.
    SubPath {
        /// Volume name.
        volume: String,
        /// Path after `$(…)` was filled in.
        path: String,
    },
}

/// The files of a container, and what is missing for them. `pod_name` fills `$(…)` of variables that
/// take the pod's name.
pub(crate) fn mounted_files<'a>(
    manifest: &'a Manifest,
    workload: &Workload<'a>,
    container: &Container<'a>,
    pod_name: &str,
) -> (Vec<MountedFile<'a>>, Vec<Missing>) {
    let mut files = Vec::new();
    let mut missing = Vec::new();
    let volumes = workload.pod.volumes();
    let claims = workload.claim_templates();
    for mount in container.mounts() {
        let Some(volume) = volumes.iter().find(|volume| volume.name == mount.volume) else {
            if !claims.contains(&mount.volume) {
                missing.push(Missing::Volume {
                    volume: mount.volume.to_owned(),
                });
            }
            continue;
        };
        let mut contents = Vec::new();
        let mut is_whole = !volume.sources.is_empty();
        for source in &volume.sources {
            is_whole &= add_source(manifest, workload, source, &mut contents, &mut missing);
        }
        place(
            &mount,
            container,
            pod_name,
            &contents,
            is_whole,
            &mut files,
            &mut missing,
        );
    }
    (files, missing)
}

/// The rights of a file that is mounted at exactly this path from an object that no release makes.
pub(crate) fn mode_of_unseen(
    manifest: &Manifest,
    workload: &Workload<'_>,
    container: &Container<'_>,
    path: &str,
) -> Option<i64> {
    let mounts = container.mounts().into_iter();
    let mount = mounts.rev().find(|mount| mount.path == path)?;
    let volumes = workload.pod.volumes();
    let volume = volumes.iter().find(|volume| volume.name == mount.volume)?;
    let [
        VolumeSource::Keys {
            kind,
            name,
            items,
            modes,
            ..
        },
    ] = volume.sources.as_slice()
    else {
        return None;
    };
    let is_seen = manifest
        .find(kind, workload.object.namespace(), name)
        .is_some();
    let file = mount.sub_path.filter(|_| !is_seen)?;
    let item = items.iter().find(|(_, path)| *path == file);
    Some(modes.of(item.map_or(file, |(key, _)| key)))
}

/// Files of a volume; their paths are below it.
type Contents<'a> = Vec<MountedFile<'a>>;

/// Adds the files of one source; false when not all of them are known.
fn add_source<'a>(
    manifest: &'a Manifest,
    workload: &Workload<'a>,
    source: &VolumeSource<'a>,
    contents: &mut Contents<'a>,
    missing: &mut Vec<Missing>,
) -> bool {
    let VolumeSource::Keys {
        kind,
        name,
        items,
        optional,
        modes,
    } = source
    else {
        return false;
    };
    let Some(object) = manifest.find(kind, workload.object.namespace(), name) else {
        missing.push(Missing::Object {
            kind,
            name: (*name).to_owned(),
            optional: *optional,
        });
        return false;
    };
    let keys = manifest.texts_of(object);
    let file = |path: &str, key: &str, text| MountedFile {
        path: path.to_owned(),
        object,
        key: key.to_owned(),
        text,
        mode: modes.of(key),
    };
    if items.is_empty() {
        contents.extend(keys.iter().map(|(key, text)| file(key, key, *text)));
        return true;
    }
    for (key, path) in items {
        match keys.get(*key) {
            Some(text) => contents.push(file(path, key, *text)),
            None if *optional => {}
            None => missing.push(Missing::Key {
                kind,
                name: (*name).to_owned(),
                key: (*key).to_owned(),
            }),
        }
    }
    true
}

fn place<'a>(
    mount: &Mount<'_>,
    container: &Container<'_>,
    pod_name: &str,
    contents: &[MountedFile<'a>],
    is_whole: bool,
    files: &mut Vec<MountedFile<'a>>,
    missing: &mut Vec<Missing>,
) {
    let sub_path = match (mount.sub_path, mount.sub_path_expr) {
        (Some(path), _) => Some(path.to_owned()),
        (None, Some(expression)) => Some(expand(expression, container, pod_name)),
        (None, None) => None,
    };
    let base = mount.path.trim_end_matches('/');
    let mut found = false;
    for file in contents {
        let relative = &file.path;
        let path = match sub_path.as_deref().map(|path| path.trim_matches('/')) {
            None => format!("{base}/{relative}"),
            Some(wanted) if *relative == wanted => base.to_owned(),
            Some(wanted) => match relative
                .strip_prefix(wanted)
                .and_then(|rest| rest.strip_prefix('/'))
            {
                Some(rest) => format!("{base}/{rest}"),
                None => continue,
            },
        };
        found = true;
        files.push(MountedFile {
            path,
            ..file.clone()
        });
    }
    if let (Some(path), false, true) = (sub_path, found, is_whole) {
        missing.push(Missing::SubPath {
            volume: mount.volume.to_owned(),
            path,
        });
    }
}

/// Fills in `$(NAME)` as Kubernetes does; an unknown variable stays as it is.
fn expand(expression: &str, container: &Container<'_>, pod_name: &str) -> String {
    let mut text = expression.to_owned();
    for variable in container.env() {
        let value = match variable.source {
            EnvSource::Literal(value) => value,
            EnvSource::Field("metadata.name") => pod_name,
            _ => continue,
        };
        text = text.replace(&format!("$({})", variable.name), value);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Missing, mounted_files};
    use crate::manifest::{Manifest, Object};

    fn object(value: serde_json::Value) -> Object {
        Object {
            release: "r".into(),
            chart: "c".into(),
            template: "t".into(),
            text: String::new(),
            release_namespace: "n".into(),
            value,
        }
    }

    fn manifest(items: &serde_json::Value) -> Manifest {
        Manifest {
            objects: vec![
                object(
                    json!({"kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"node-0.toml": "a", "node-1.toml": "b"}}),
                ),
                object(
                    json!({"kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {"template": {"spec": {
                        "volumes": [{"name": "v", "configMap": {"name": "m", "items": items}}],
                        "containers": [{"name": "c",
                            "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                            "volumeMounts": [{"name": "v", "mountPath": "/x/deployment.toml", "subPathExpr": "$(POD_NAME)/deployment.toml"}]}]
                    }}}}),
                ),
            ],
            ..Manifest::default()
        }
    }

    fn read(items: &serde_json::Value, pod: &str) -> (Vec<(String, String)>, Vec<Missing>) {
        let manifest = manifest(items);
        let workload = manifest.workloads()[0];
        let (files, missing) =
            mounted_files(&manifest, &workload, &workload.pod.containers()[0], pod);
        (
            files
                .iter()
                .map(|file| (file.path.clone(), file.key.clone()))
                .collect(),
            missing,
        )
    }

    #[test]
    fn each_pod_finds_its_own_file() {
        let items = json!([{"key": "node-0.toml", "path": "s-0/deployment.toml"}, {"key": "node-1.toml", "path": "s-1/deployment.toml"}]);
        assert_eq!(
            read(&items, "s-1").0,
            [("/x/deployment.toml".to_owned(), "node-1.toml".to_owned())]
        );
    }

    #[test]
    fn a_pod_without_a_file_and_an_item_without_a_key_are_missing() {
        let items = json!([{"key": "node-9.toml", "path": "s-0/deployment.toml"}]);
        let (files, missing) = read(&items, "s-0");
        assert!(files.is_empty());
        assert_eq!(missing.len(), 2, "{missing:?}");
    }
}
