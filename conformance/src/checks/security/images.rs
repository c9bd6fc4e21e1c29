//! Images: which bytes run must not change by itself.

use crate::context::{Context, Fault, Judge};

pub(super) fn are_pinned(context: &Context<'_>, judge: &mut Judge<'_>) {
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let image = container.image();
            let problem = problem_of(image);
            judge.require(problem.is_none(), || {
                Fault::new(
                    format!(
                        "container `{}` of {} runs the image `{image}`, {}",
                        container.name(),
                        workload.object.reference(),
                        problem.unwrap_or_default()
                    ),
                    "name a version as tag, or a digest",
                )
                .object(workload.object)
                .value(image)
            });
        }
    }
}

/// Why an image does not say which bytes run, if it does not.
fn problem_of(image: &str) -> Option<&'static str> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    let (repository, tag) = match last.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (last, None),
    };
    if repository.is_empty() {
        return Some("which has no name");
    }
    if let Some(digest) = digest {
        let is_digest = digest.split_once(':').is_some_and(|(algorithm, hex)| {
            !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        });
        return (!is_digest).then_some("whose digest is none");
    }
    match tag {
        None | Some("") => Some("which has no tag"),
        Some("latest") => Some("whose tag moves"),
        Some(tag) if tag.contains(['<', '>', '{', '$']) => Some("whose tag is a placeholder"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::problem_of;

    #[test]
    fn an_image_is_pinned_by_a_tag_or_a_digest() {
        let digest = format!("wso2am@sha256:{}", "a".repeat(64));
        for image in [
            "wso2/wso2am:4.7.0",
            "registry:5000/x/wso2am:4.7.0.12",
            &digest,
        ] {
            assert_eq!(problem_of(image), None, "{image}");
        }
        for image in [
            "",
            "/",
            "wso2/wso2am",
            "wso2am:latest",
            "wso2am:",
            "r:5000/wso2am",
            "wso2am@<ACP_IMAGE_DIGEST>",
        ] {
            assert!(problem_of(image).is_some(), "{image}");
        }
    }
}
