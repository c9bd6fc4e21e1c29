//! The image of each component, and no profile of a common distribution.

use crate::{
    checks::FamilyChecks,
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{EnvSource, Object},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-DIST-001", image_of_component),
    ("AM-DIST-002", no_profile_argument),
    ("AM-DIST-003", profile_of_key_manager),
    ("AM-DIST-004", image_of_version),
    ("AM-DIST-005", entrypoint_is_kept),
];

fn image_of_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let Some(distribution) = context.facts.distributions.get(&component) else {
            continue;
        };
        judge.require(main.image_repository() == distribution.image, || {
            Fault::new(
                format!(
                    "the {} runs the image `{}`",
                    component.title(),
                    main.image()
                ),
                format!(
                    "use the {} distribution: an image whose repository is called `{}`",
                    component.title(),
                    distribution.image
                ),
            )
            .object(member.workload.object)
            .value(main.image())
        });
    }
}

/// Looks for `-Dprofile=` in everything that can reach a command line: containers and mounted texts.
fn no_profile_argument(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        judge.looked();
        for profile in profiles_in(object) {
            if profile != "key-manager" {
                judge.fault(
                    Fault::new(
                        format!("{} starts a server with -Dprofile={profile}", object.reference()),
                        "remove the argument: from 4.5.0 each component has its own distribution, and these profiles do not exist",
                    )
                    .object(object)
                    .value(format!("-Dprofile={profile}")),
                );
            }
        }
    }
}

fn profiles_in(object: &Object) -> Vec<String> {
    const ARGUMENT: &str = "-Dprofile=";
    let text = object.value.to_string();
    text.match_indices(ARGUMENT)
        .map(|(at, _)| {
            text[at + ARGUMENT.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect()
        })
        .collect()
}

fn profile_of_key_manager(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let profile = main.env_literal("PROFILE_NAME");
        let wanted = context
            .facts
            .distributions
            .get(&component)
            .and_then(|distribution| distribution.profile.as_deref());
        match wanted {
            Some(wanted) => judge.require(profile == Some(wanted), || {
                Fault::new(
                    format!("the {} is not started as one: PROFILE_NAME is {}", component.title(), profile.unwrap_or("not set")),
                    format!("set the environment variable PROFILE_NAME={wanted}; without it the image starts a control plane"),
                )
                .object(member.workload.object)
            }),
            None => judge.require(profile != Some("key-manager"), || {
                Fault::new(
                    format!("the {} is started as key manager", component.title()),
                    "remove PROFILE_NAME from its environment",
                )
                .object(member.workload.object)
            }),
        }
    }
}

fn image_of_version(context: &Context<'_>, judge: &mut Judge<'_>) {
    let version = &context.subject.product_version;
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let image = main.image();
        if image.contains('@') {
            // A digest says more than a tag, but not which version it is.
            continue;
        }
        let tag = image
            .rsplit('/')
            .next()
            .and_then(|last| last.split_once(':'))
            .map(|(_, tag)| tag);
        let is_version = tag
            .and_then(|tag| tag.strip_prefix(version.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']));
        judge.require(is_version, || {
            Fault::new(
                format!(
                    "the {} runs the image `{image}`, not version {version}",
                    component.title()
                ),
                format!("use the tag `{version}` or a digest"),
            )
            .object(member.workload.object)
            .value(image)
        });
    }
    judge.not_applicable("every image is given by digest");
}

fn entrypoint_is_kept(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(_), Some(main)) = (member.component, member.main) else {
            continue;
        };
        judge.require(main.value.get("command").is_none(), || {
            Fault::new(
                "the container replaces the image's entrypoint",
                "remove `command`; the entrypoint copies the configuration, keeps artifacts and, from 4.7, stops the server",
            )
            .object(member.workload.object)
        });
        let over = main
            .mounts()
            .into_iter()
            .find(|mount| mount.path.ends_with("/docker-entrypoint.sh"));
        judge.require(over.is_none(), || {
            Fault::new(
                "a file is mounted over the image's entrypoint",
                "remove the mount of docker-entrypoint.sh",
            )
            .object(member.workload.object)
        });
        if member.component != Some(Component::KeyManager) {
            continue;
        }
        let arguments = main.env().into_iter().any(|variable| {
            matches!(variable.source, EnvSource::Literal(text) if text.contains("profileSetup"))
        });
        judge.require(!arguments, || {
            Fault::new(
                "the key manager's profile is set up by hand",
                "leave it to the image: set PROFILE_NAME=key-manager",
            )
            .object(member.workload.object)
        });
    }
}
