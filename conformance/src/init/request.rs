//! What is asked for: charts, values, and the releases that they make.

use std::path::PathBuf;

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;

/// The requirement whose findings name the hosts that no release provides.
pub(super) const HOSTS: &str = "AM-WIRE-017";

/// What a specification is wanted for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The charts: a folder or archive, and the name of its release, if it is told.
    pub charts: Vec<Given>,
    /// Values files: of one release, or of all.
    pub values: Vec<Given>,
    /// Namespace of all releases.
    pub namespace: Option<String>,
    /// The pattern that they are to be; told by their components unless given.
    pub pattern: Option<Pattern>,
    /// The product version; told by the images unless given.
    pub product_version: Option<ProductVersion>,
    /// Where the specification will stand: its paths are relative to this folder.
    pub folder: PathBuf,
}

/// A path, with the name of the release that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Name of the release.
    pub release: Option<String>,
    /// The path.
    pub path: PathBuf,
}

impl std::str::FromStr for Given {
    type Err = std::convert::Infallible;

    /// `RELEASE=PATH`, or a path alone.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once('=') {
            Some((release, path)) if !release.contains(['/', '.', '\\']) => Self {
                release: Some(release.to_owned()),
                path: path.into(),
            },
            _ => Self {
                release: None,
                path: text.into(),
            },
        })
    }
}

/// A release to be: a chart with its values.
#[derive(Debug, Clone)]
pub(super) struct Release {
    pub(super) name: String,
    pub(super) chart: PathBuf,
    pub(super) values: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Given;

    #[test]
    fn a_name_before_the_path_is_the_release() {
        let given = |text: &str| text.parse::<Given>().expect("never fails");
        assert_eq!(given("gw=charts/gateway").release.as_deref(), Some("gw"));
        assert_eq!(given("charts/a=b").release, None);
        assert_eq!(given("./a=b").path, Path::new("./a=b"));
    }
}
