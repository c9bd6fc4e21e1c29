//! Configurations that pods have and that cannot be seen, because they come from elsewhere or are made when the pod starts.

use am_product::{Image, Product, ProductVersion};

use super::{member::Member, mounts::mounted_files, node::is_configuration};
use crate::manifest::{Manifest, Mount, VolumeSource, is_below};

/// Why a pod's `deployment.toml` cannot be seen, as the end of a sentence; `None` where it has none.
pub(super) fn reason(
    manifest: &Manifest,
    version: ProductVersion,
    member: &Member<'_>,
    pod_name: &str,
) -> Option<String> {
    let product = Product::new(version, member.component?.distribution());
    let main = member.main?;
    let (files, _) = mounted_files(manifest, &member.workload, &main, pod_name);
    let encoded = files
        .iter()
        .find(|file| is_configuration(&file.path, product.distribution) && file.text.is_none());
    if let Some(file) = encoded {
        let object = file.object.reference();
        return Some(format!("what {object} has is no text"));
    }
    let configuration = product.distribution.configuration();
    let homes = [
        product.home(),
        Image::of_the_product().copied_over_the_home(),
    ];
    let may_hold = |mount: &Mount<'_>| {
        let path = mount.path.trim_end_matches('/');
        is_configuration(path, product.distribution)
            || homes
                .iter()
                .any(|home| is_below(path, &format!("{home}/{configuration}")))
    };
    let mounts = main.mounts();
    let mut found = mounts.iter().filter(|mount| may_hold(mount));
    let of_a_mount = found.find_map(|mount| of_mount(manifest, member, mount));
    of_a_mount.or_else(|| of_annotation(member))
}

/// Why what is on a mount cannot be seen.
fn of_mount(manifest: &Manifest, member: &Member<'_>, mount: &Mount<'_>) -> Option<String> {
    let workload = &member.workload;
    let name = mount.volume;
    let volumes = workload.pod.volumes();
    let Some(volume) = volumes.iter().find(|volume| volume.name == name) else {
        let is_claimed = workload.claim_templates().contains(&name);
        return is_claimed.then(|| format!("it is on the claimed volume `{name}`"));
    };
    let namespace = workload.object.namespace();
    volume.sources.iter().find_map(|source| match source {
        VolumeSource::Keys { kind, name, .. } => {
            let is_rendered = manifest.find(kind, namespace, name).is_some();
            (!is_rendered).then(|| format!("no release renders the {kind} `{name}` that holds it"))
        }
        VolumeSource::Claim(claim) => Some(format!("it is on the claim `{claim}`")),
        VolumeSource::Other(kind) => {
            Some(format!("it is on the volume `{name}` of the kind {kind}"))
        }
        VolumeSource::Empty => {
            let containers = workload.pod.all_containers();
            let mut others = containers.iter().filter(|other| {
                member
                    .main
                    .is_none_or(|main| !std::ptr::eq(main.value, other.value))
            });
            let writer = others.find(|other| {
                let mounts = other.mounts();
                mounts
                    .iter()
                    .any(|their| their.volume == name && !their.read_only)
            })?;
            Some(format!("container `{}` writes it", writer.name()))
        }
    })
}

/// Injectors of sidecars are told by annotations what to write where.
fn of_annotation(member: &Member<'_>) -> Option<String> {
    let volume = Image::of_the_product().copied_over_the_home();
    let configuration = member.component?.distribution().configuration();
    let file = configuration.rsplit('/').next().unwrap_or_default();
    let is_about_it = |text: &str| text.contains(&volume) || text.contains(file);
    let annotations = member.workload.pod.annotations();
    let (name, _) = annotations.into_iter().find(|(name, value)| {
        name.contains("inject") && (is_about_it(name) || is_about_it(value))
    })?;
    Some(format!("the annotation `{name}` lets somebody write it"))
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::Subject;

    fn told(pod: &str, mount: &str) -> Vec<String> {
        let documents = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: encoded}}, data: {{deployment.toml: /w==}}}}\n---\n\
             {{apiVersion: v1, kind: ConfigMap, metadata: {{name: other}}, data: {{a: b}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: gw}}, spec: {{template: {{{pod}, \
             containers: [{{name: c, image: 'wso2am-universal-gw:4.7.0', volumeMounts: [{{name: v, mountPath: {mount}}}]}}]}}}}}}}}"
        );
        Subject::default().with_context(&documents, |context| {
            context.graph.unseen().into_values().collect()
        })
    }

    const VOLUME: &str = "/home/wso2carbon/wso2-config-volume/repository/conf";

    #[test]
    fn what_comes_from_elsewhere_is_told_with_why() {
        for (volume, why) in [
            (
                "secret: {secretName: gone}",
                "no release renders the Secret `gone`",
            ),
            (
                "secret: {secretName: encoded}",
                "what Secret/encoded has is no text",
            ),
            (
                "persistentVolumeClaim: {claimName: conf}",
                "on the claim `conf`",
            ),
            ("csi: {driver: d}", "of the kind csi"),
        ] {
            let told = told(&format!("spec: {{volumes: [{{name: v, {volume}}}]"), VOLUME);
            assert!(
                told.len() == 1 && told[0].contains(why),
                "{volume}: {told:?}"
            );
        }
        let written = "spec: {volumes: [{name: v, emptyDir: {}}], initContainers: [{name: w, image: x, volumeMounts: [{name: v, mountPath: /o}]}]";
        assert!(told(written, VOLUME)[0].contains("container `w` writes it"));
        let injected = "metadata: {annotations: {a/agent-inject-file-conf: deployment.toml}}, spec: {volumes: [{name: v, emptyDir: {}}]";
        assert!(told(injected, "/x")[0].contains("the annotation `a/agent-inject-file-conf`"));
    }

    #[test]
    fn a_pod_without_a_configuration_has_none_that_could_be_seen() {
        for (volume, mount) in [
            ("emptyDir: {}", VOLUME),
            ("configMap: {name: other}", VOLUME),
            ("csi: {driver: d}", "/x"),
        ] {
            let pod = format!("spec: {{volumes: [{{name: v, {volume}}}]");
            assert_eq!(told(&pod, mount), [""; 0], "{volume}");
        }
    }
}
