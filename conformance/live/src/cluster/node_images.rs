//! The node images that the pinned kind was released with.

use std::path::Path;

use serde::Deserialize;

use crate::error::LiveError;

/// Where they are listed, below the workspace.
const FILE: &str = "tools/kind/node-images.yaml";

/// `tools/kind/node-images.yaml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NodeImages {
    /// Version of kind.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, and for a test"))]
    kind: String,
    /// References with digests, the newest Kubernetes first.
    images: Vec<String>,
}

/// The image of a version: `1.34.11`, or `1.34` for whichever patch release there is. A version that kind does not list
/// becomes a tag, which may be on this machine.
pub(super) fn for_version(workspace: &Path, version: &str) -> Result<String, LiveError> {
    let wanted = version.trim_start_matches('v');
    let known = read(workspace)?.images;
    let is_wanted = |image: &&String| {
        tag(image).is_some_and(|tag| tag == wanted || tag.starts_with(&format!("{wanted}.")))
    };
    if let Some(image) = known.iter().find(is_wanted) {
        return Ok(image.clone());
    }
    if wanted.split('.').count() == 3 {
        return Ok(format!("kindest/node:v{wanted}"));
    }
    let tags: Vec<&str> = known.iter().filter_map(|image| tag(image)).collect();
    Err(LiveError::usage(format!(
        "kind has no node image of Kubernetes {version}; it has {}; write a whole version, or give --kind-image",
        tags.join(", ")
    )))
}

fn read(workspace: &Path) -> Result<NodeImages, LiveError> {
    let file = workspace.join(FILE);
    let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
    serde_saphyr::from_str(&text).map_err(|error| {
        LiveError::unavailable(
            format!("{} cannot be read: {error}", file.display()),
            "correct the file",
        )
    })
}

/// The version in a reference.
fn tag(image: &str) -> Option<&str> {
    let tag = image.split_once(":v")?.1;
    Some(tag.split('@').next().unwrap_or(tag))
}

#[cfg(test)]
mod tests {
    use super::{for_version, read, tag};
    use std::path::{Path, PathBuf};

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn the_images_are_those_of_the_pinned_kind_by_digest() {
        let images = read(&workspace()).expect("the list parses");
        let pinned =
            std::fs::read_to_string(workspace().join("tools/kind/go.mod")).expect("a go.mod");
        assert!(
            pinned.contains(&format!("sigs.k8s.io/kind {}", images.kind)),
            "the list is of kind {}",
            images.kind
        );
        for image in &images.images {
            let (reference, digest) = image.split_once("@sha256:").expect("a digest");
            assert!(tag(reference).is_some(), "{image}");
            assert_eq!(digest.len(), 64, "{image}");
        }
    }

    #[test]
    fn a_minor_version_means_the_patch_release_that_kind_has() {
        let minor = for_version(&workspace(), "1.34").expect("it is listed");
        assert!(minor.starts_with("kindest/node:v1.34."), "{minor}");
        assert!(minor.contains("@sha256:"), "{minor}");
        let patch = tag(&minor).expect("a tag");
        assert_eq!(for_version(&workspace(), patch).expect("listed"), minor);
    }

    #[test]
    fn a_version_that_kind_does_not_list_may_be_on_this_machine() {
        assert_eq!(
            for_version(&workspace(), "v1.30.2").expect("a tag"),
            "kindest/node:v1.30.2"
        );
        let error = for_version(&workspace(), "1.12").expect_err("which one?");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("1.34"), "{error}");
    }
}
