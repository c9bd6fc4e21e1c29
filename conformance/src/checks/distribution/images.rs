//! What runs beside the servers runs in their images.

use am_deployment_toml::product::ProductVersion;
use am_suggest::near;

use crate::{
    context::{Context, Fault, Judge},
    manifest::Container,
};

/// An image's name without tag and digest; the tag is another requirement's business.
fn without_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Tests, init containers and the bundled database run images that the servers run, so nothing else is pulled. An image
/// that is almost one of those is a typo of it.
pub(super) fn helpers_share_images(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mains: Vec<Container<'_>> = context
        .graph
        .members
        .iter()
        .filter(|member| member.component.is_some())
        .filter_map(|member| member.main)
        .collect();
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let is_main = mains
                .iter()
                .any(|main| std::ptr::eq(main.value, container.value));
            let image = container.image();
            let own = without_tag(image);
            if is_main || mains.iter().any(|main| without_tag(main.image()) == own) {
                let tag = image.strip_prefix(own).unwrap_or_default();
                // Versions that are there and not the servers' are AM-DIST-004's.
                let is_version = ProductVersion::all()
                    .any(|version| tag.strip_prefix(':') == Some(version.as_str()));
                let meant = near(image, mains.iter().map(Container::image))
                    .filter(|_| !is_main && !is_version)
                    .filter(|_| mains.iter().all(|main| main.image() != image));
                judge.require(meant.is_none(), || {
                    Fault::new(
                        format!(
                            "container `{}` of {} runs the image `{image}`, whose tag is almost that of a server's",
                            container.name(),
                            workload.object.reference()
                        ),
                        format!("did you mean `{}`?", meant.unwrap_or_default()),
                    )
                    .object(workload.object)
                    .value(image)
                });
                continue;
            }
            let meant = near(own, mains.iter().map(|main| without_tag(main.image())));
            judge.require(meant.is_none(), || {
                Fault::new(
                    format!(
                        "container `{}` of {} runs the image `{image}`, which is almost that of a server",
                        container.name(),
                        workload.object.reference()
                    ),
                    format!("did you mean `{}`?", meant.unwrap_or_default()),
                )
                .object(workload.object)
                .value(image)
            });
        }
    }
}
