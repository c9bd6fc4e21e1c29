//! Files that belong to one node: its H2 database and its Solr index.

use std::collections::BTreeMap;

use crate::{
    context::{Context, Fault, Judge, configured},
    manifest::{Mount, VolumeSource, array_at, str_at},
};

/// Parts of paths below which a node keeps files that no other node may write.
const NODE_PATHS: [&str; 4] = [
    "/solr/database",
    "/solr/indexed-data",
    "/repository/database",
    "/solr",
];

fn is_for_one_node(mount: &Mount<'_>) -> bool {
    let path = mount.path.trim_end_matches('/');
    !mount.read_only && NODE_PATHS.iter().any(|known| path.ends_with(known))
}

pub(super) fn is_per_node(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut writers: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let workload = &member.workload;
        let volumes = workload.pod.volumes();
        for mount in main.mounts().iter().filter(|mount| is_for_one_node(mount)) {
            judge.looked();
            let claim = volumes
                .iter()
                .find(|volume| volume.name == mount.volume)
                .and_then(|volume| {
                    volume.sources.iter().find_map(|source| match source {
                        VolumeSource::Claim(claim) => Some(*claim),
                        _ => None,
                    })
                });
            let fault = |why: String| {
                Fault::new(
                    format!("{} of the {} is on a volume {why}", mount.path, component.title()),
                    "give each node a volume of its own (volumeClaimTemplates of a StatefulSet, ReadWriteOnce); H2 and Solr corrupt shared files",
                )
                .object(workload.object)
                .value(mount.volume)
            };
            if let Some(claim) = claim {
                let key = (workload.object.namespace(), claim);
                let is_own_path = mount.sub_path_expr.is_some();
                if member.replicas >= 2 && !is_own_path {
                    judge.fault(fault(format!("that its {} nodes share", member.replicas)));
                }
                // A node may keep several directories on its one claim.
                let first = *writers.entry(key).or_insert(workload.object.name());
                if first != workload.object.name() && mount.sub_path.is_none() && !is_own_path {
                    judge.fault(fault(format!("that it shares with `{first}`")));
                }
            }
            let shared = array_at(&workload.object.value, "/spec/volumeClaimTemplates")
                .iter()
                .filter(|template| str_at(template, "/metadata/name") == Some(mount.volume))
                .flat_map(|template| array_at(template, "/spec/accessModes"))
                .any(|mode| mode.as_str() == Some("ReadWriteMany"));
            if shared {
                judge.fault(fault("that any pod may write (ReadWriteMany)".to_owned()));
            }
        }
    }
    judge.not_applicable("no component keeps files of its own on a volume");
}

/// A database on a volume starts empty: the files that the image ships must be put there before the server starts.
pub(super) fn is_set_up(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let member = context.graph.member(node.id);
        let (Some(effective), Some(main)) = (&configuration.effective, member.main) else {
            continue;
        };
        let Some(url) = effective.text("database.local.url") else {
            continue;
        };
        let file = url.strip_prefix("jdbc:h2:").unwrap_or_default();
        let file = file.split(';').next().unwrap_or_default();
        let mounts = main.mounts();
        let holds = |mount: &&Mount<'_>| {
            let folder = mount.path.trim_end_matches('/');
            file.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let Some(mount) = mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.path.len())
        else {
            continue;
        };
        let spec = member.workload.pod.spec;
        let fills = |container: &serde_json::Value| {
            array_at(container, "/volumeMounts").iter().any(|own| {
                str_at(own, "/name") == Some(mount.volume)
                    && own.get("readOnly").and_then(serde_json::Value::as_bool) != Some(true)
            })
        };
        judge.require(array_at(spec, "/initContainers").iter().any(fills), || {
            Fault::new(
                format!(
                    "the {} keeps its own database on the volume `{}`, where nothing puts the tables",
                    context.graph.describe(node.id),
                    mount.volume
                ),
                "let an init container copy the database of the image to the volume when there is none",
            )
            .at(configuration, "database.local.url", None)
            .value(file)
        });
    }
    judge.not_applicable("no node keeps its own database on a volume");
}
