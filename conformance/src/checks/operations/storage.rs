//! Files that belong to one node: its H2 database and its Solr index.

use std::collections::BTreeMap;

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::{Configuration, mounted_files},
    manifest::{Container, Mount, VolumeSource, Workload, array_at, is_below, str_at},
};
use am_suggest::near;

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
                .field("volumeClaimTemplates")
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
        let name = file.rsplit('/').next().unwrap_or(file);
        let fills = |container: &serde_json::Value| {
            let is_mounted = array_at(container, "/volumeMounts").iter().any(|own| {
                str_at(own, "/name") == Some(mount.volume)
                    && own.get("readOnly").and_then(serde_json::Value::as_bool) != Some(true)
            });
            let container = Container {
                value: container,
                init: true,
            };
            // One that is there for something else may keep a file of its own there.
            let command = container.arguments().join(" ");
            let is_about_it = command.is_empty()
                || [name, "repository/database"]
                    .iter()
                    .any(|part| command.contains(part));
            is_mounted && is_about_it
        };
        let (mounted, _) = mounted_files(context.manifest, &member.workload, &main, &node.pod_name);
        let puts = |text: &str| puts_files(text, &[name, "repository/database", mount.path]);
        let by_itself = puts(&main.arguments().join("\n"))
            || mounted
                .iter()
                .filter(|file| file.path.rsplit('.').next() == Some("sh"))
                .any(|file| file.text.is_some_and(puts));
        let by_another = array_at(spec, "/initContainers").iter().any(fills);
        judge.require(by_another || by_itself, || {
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
}

/// Whether a line of a script copies or unpacks something that has one of these names.
pub(super) fn puts_files(script: &str, names: &[&str]) -> bool {
    const COMMANDS: [&str; 5] = ["cp", "mv", "rsync", "tar", "install"];
    script.lines().any(|line| {
        let line = line.trim_start();
        let mut words = line.split(|c: char| c.is_whitespace() || ";&|(".contains(c));
        !line.starts_with('#')
            && words.any(|word| COMMANDS.contains(&word))
            && names.iter().any(|name| line.contains(name))
    })
}

/// Keys that name where a node keeps files of its own. Source: deployment-toml/data/keys.jsonl (`database.*.url`,
/// `indexing.location`).
const OWN_FILES: [&str; 4] = [
    "database.local.url",
    "database.apim_db.url",
    "database.shared_db.url",
    "indexing.location",
];

/// The path that a value names; nothing for a server, or for one below the server's home, which the volumes never are.
fn path_of(text: &str) -> Option<&str> {
    let path = text.strip_prefix("jdbc:h2:").unwrap_or(text);
    let path = path.split(';').next().unwrap_or_default();
    let path = path.strip_prefix("file:").unwrap_or(path);
    path.starts_with('/').then_some(path)
}

/// A volume for a node's own files is of use only when its configuration keeps files there, and what is kept elsewhere
/// is lost with the pod.
pub(super) fn is_used(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let member = context.graph.member(node.id);
        let (Some(effective), Some(main)) = (&configuration.effective, member.main) else {
            continue;
        };
        let own: Vec<(&str, String)> = OWN_FILES
            .iter()
            .filter_map(|key| Some((*key, effective.text(key)?)))
            .collect();
        let mounts = main.mounts();
        for mount in mounts.iter().filter(|mount| !is_for_one_node(mount)) {
            is_not_a_misspelled_one(mount, &member.workload, judge);
        }
        for mount in mounts.iter().filter(|mount| is_for_one_node(mount)) {
            let folder = mount.path.trim_end_matches('/');
            // The product's own database is below its home, wherever that is.
            let is_products = folder.ends_with("/repository/database");
            let is_used = is_products
                || own
                    .iter()
                    .any(|(_, text)| path_of(text).is_some_and(|path| is_below(folder, path)));
            judge.require(is_used, || {
                Fault::new(
                    format!(
                        "the {} has the volume `{}` at {folder}, and keeps nothing there",
                        context.graph.describe(node.id),
                        mount.volume
                    ),
                    "let database.local.url and indexing.location name files on the volumes; what is elsewhere is lost with the pod",
                )
                .at(
                    configuration,
                    if folder.contains("index") { "indexing.location" } else { "database.local.url" },
                    None,
                )
                .value(folder)
            });
        }
    }
}

pub(super) fn keeps_everything(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        let Some(main) = context.graph.member(node.id).main else {
            continue;
        };
        let mounts = main.mounts();
        keeps_its_databases(context, (node.id, component), configuration, &mounts, judge);
    }
}

/// A volume beside the path that it is for stays empty, and the node's files are lost with the pod.
fn is_not_a_misspelled_one(mount: &Mount<'_>, workload: &Workload<'_>, judge: &mut Judge<'_>) {
    let parts: Vec<&str> = mount.path.trim_end_matches('/').rsplitn(3, '/').collect();
    let [last, folder, ..] = parts[..] else {
        return;
    };
    let known = NODE_PATHS.iter().map(|path| path.trim_start_matches('/'));
    let end = format!("{folder}/{last}");
    let meant = near(&end, known).filter(|_| !mount.read_only);
    judge.require(meant.is_none(), || {
        Fault::new(
            format!(
                "{} mounts the volume `{}` at {}, where the product keeps nothing",
                workload.object.reference(),
                mount.volume,
                mount.path
            ),
            format!("did you mean `{}`?", meant.unwrap_or_default()),
        )
        .object(workload.object)
        .value(mount.volume)
    });
}

/// Where a node has a volume for its databases, all databases in its own files are there.
fn keeps_its_databases(
    context: &Context<'_>,
    (node, component): (crate::graph::NodeId, Component),
    configuration: &Configuration<'_>,
    mounts: &[Mount<'_>],
    judge: &mut Judge<'_>,
) {
    let folders: Vec<&str> = mounts
        .iter()
        .filter(|mount| is_for_one_node(mount))
        .map(|mount| mount.path.trim_end_matches('/'))
        .collect();
    let Some(effective) = configuration
        .effective
        .as_ref()
        .filter(|_| !folders.is_empty())
    else {
        return;
    };
    for key in OWN_FILES.iter().filter(|key| key.starts_with("database.")) {
        // Not everybody has a use for the databases of APIs.
        if !component.has(Capability::ApiDatabases) && *key != "database.local.url" {
            continue;
        }
        let Some(url) = effective.text(key) else {
            continue;
        };
        let Some(file) = url.strip_prefix("jdbc:h2:") else {
            continue;
        };
        if file.starts_with("tcp:") || file.starts_with("ssl:") || file.starts_with("mem:") {
            continue;
        }
        let is_kept = path_of(&url).is_some_and(|path| {
            folders.iter().any(|folder| {
                path.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
        });
        judge.require(is_kept, || {
            Fault::new(
                format!(
                    "the {} keeps a database at `{file}`, which is on none of its volumes",
                    context.graph.describe(node)
                ),
                "put it on the node's volume; what is elsewhere is lost with the pod",
            )
            .at(configuration, *key, None)
            .value(file)
        });
    }
}
