//! Volumes over folders that the image fills: what the image brings there is hidden.

use crate::{
    checks::containers::{self, Placed},
    context::{Context, Fault, Judge},
    graph::MountedFile,
    manifest::{Mount, VolumeSource, is_below},
};
use am_product::{Image, Product};

use super::storage::puts_files;

pub(super) fn keep_what_the_image_brings(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (one, product) in &containers::servers(context) {
        let full = Image::of_the_product().full_folders(*product);
        let files = one.files(context);
        for mount in one.container.mounts() {
            let hidden = full
                .iter()
                .find(|folder| is_below(mount.path, folder))
                .filter(|_| !fills_itself(one, *product, &mount, &files))
                .filter(|_| is_empty_at_first(context, one, &mount, &files));
            judge.require(hidden.is_none(), || {
                let hidden = hidden.map_or("", String::as_str);
                Fault::new(
                    format!(
                        "{} mounts the volume `{}` at {}, which hides what the image brings in {hidden}",
                        one.title(),
                        mount.volume,
                        mount.path
                    ),
                    "mount single files with `subPath`, below wso2-config-volume for what belongs into the server's home, or let an init container copy what the image has",
                )
                .object(one.workload.object)
                .field("mountPath")
                .value(mount.path)
            });
        }
    }
}

/// Whether a script or the command of a server puts files where a volume is mounted.
fn fills_itself(
    one: &Placed<'_>,
    product: Product,
    mount: &Mount<'_>,
    files: &[MountedFile<'_>],
) -> bool {
    // Above it, what would fill it is hidden as well.
    let path = mount.path.trim_end_matches('/');
    let Some(below_home) = path.strip_prefix(&format!("{}/", product.home())) else {
        return false;
    };
    let names = [path, below_home];
    let scripts = files
        .iter()
        .filter(|file| file.path.rsplit('.').next() == Some("sh"));
    let mut texts = scripts.filter_map(|file| file.text);
    puts_files(&one.container.arguments().join("\n"), &names)
        || texts.any(|text| puts_files(text, &names))
}

/// Whether a mount is known to be a folder in which nothing of the image is: no single file, and nobody else fills it.
fn is_empty_at_first(
    context: &Context<'_>,
    one: &Placed<'_>,
    mount: &Mount<'_>,
    files: &[MountedFile<'_>],
) -> bool {
    let pod = &one.workload.pod;
    let is_filled = pod.all_containers().iter().any(|other| {
        !std::ptr::eq(other.value, one.container.value)
            && other
                .mounts()
                .iter()
                .any(|their| their.volume == mount.volume && !their.read_only)
    });
    let path = mount.path.trim_end_matches('/');
    if is_filled || files.iter().any(|file| file.path == path) {
        return false;
    }
    let volumes = pod.volumes();
    let Some(volume) = volumes.iter().find(|volume| volume.name == mount.volume) else {
        return one.workload.claim_templates().contains(&mount.volume);
    };
    let namespace = one.workload.object.namespace();
    let is_file = mount.sub_path.or(mount.sub_path_expr).is_some();
    volume.sources.iter().all(|source| match source {
        VolumeSource::Empty => true,
        VolumeSource::Keys { .. } => !is_file,
        // One that is there before may hold all of it.
        VolumeSource::Claim(name) => {
            let found = context
                .manifest
                .find("PersistentVolumeClaim", namespace, name);
            found.is_some_and(|claim| claim.str("/spec/volumeName").is_none())
        }
        VolumeSource::Other(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    fn told(volume: &str, path: &str, more: &str) -> usize {
        let documents = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}, data: {{a: b}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{volumes: [{{name: v, {volume}}}], {more} \
             containers: [{{name: c, image: 'wso2am-universal-gw:4.7.0', volumeMounts: [{{name: v, {path}}}]}}]}}}}}}}}"
        );
        messages(&Subject::default().judge_requirement("AM-OPS-043", &documents)).len()
    }

    #[test]
    fn a_volume_over_a_full_folder_hides_it() {
        let home = "mountPath: /home/wso2carbon/wso2am-universal-gw-4.7.0";
        for path in [
            home.to_owned(),
            format!("{home}/repository"),
            "mountPath: /home".to_owned(),
        ] {
            assert_eq!(told("emptyDir: {}", &path, ""), 1, "{path}");
        }
        assert_eq!(
            told(
                "configMap: {name: m}",
                &format!("{home}/repository/conf"),
                ""
            ),
            1
        );
    }

    #[test]
    fn single_files_empty_folders_and_filled_volumes_hide_nothing() {
        let home = "mountPath: /home/wso2carbon/wso2am-universal-gw-4.7.0";
        assert_eq!(told("emptyDir: {}", &format!("{home}/tmp"), ""), 0);
        assert_eq!(
            told(
                "configMap: {name: m}",
                &format!("{home}/bin/a, subPath: a"),
                ""
            ),
            0
        );
        assert_eq!(
            told(
                "persistentVolumeClaim: {claimName: full}",
                &format!("{home}/bin"),
                ""
            ),
            0
        );
        let filled =
            "initContainers: [{name: i, image: x, volumeMounts: [{name: v, mountPath: /to}]}],";
        assert_eq!(told("emptyDir: {}", &format!("{home}/bin"), filled), 0);
        let database = format!("{home}/repository/database");
        assert_eq!(told("emptyDir: {}", &database, ""), 1);
        let itself = format!(
            "{database}}}], command: [sh, -c, 'cp -R /tables/* $WSO2_SERVER_HOME/repository/database/; exec x'], env: [{{name: A"
        );
        assert_eq!(told("emptyDir: {}", &itself, ""), 0);
    }
}
