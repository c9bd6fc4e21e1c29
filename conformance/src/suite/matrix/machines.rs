//! The host trees in the matrix: sites of examples that run on machines.

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde::Deserialize;

use crate::suite::{Options, Variants};
use crate::{
    error::SuiteError,
    graph::Hints,
    machines::Tree,
    subject::{Subject, SubjectDescription},
};

/// The platform of subjects that are machines.
pub const MACHINES: &str = "machines";

/// A host tree that is judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TreeUnderTest {
    /// What reports call it.
    pub(super) name: String,
    pub(super) pattern: Pattern,
    product_version: ProductVersion,
    /// Its folder, below the workspace.
    tree: String,
    /// Hosts that live outside, as patterns with `*`.
    #[serde(default)]
    external: Vec<String>,
}

impl TreeUnderTest {
    /// Whether the options choose it.
    pub(super) fn is_chosen(&self, options: &Options) -> bool {
        let of = |chosen: bool, is_any: bool| chosen || is_any;
        of(
            options.patterns.contains(&self.pattern),
            options.patterns.is_empty(),
        ) && of(
            options
                .platforms
                .iter()
                .any(|platform| platform == MACHINES),
            options.platforms.is_empty(),
        ) && of(
            options.product_versions.contains(&self.product_version),
            options.product_versions.is_empty(),
        ) && options.kubernetes_versions.is_empty()
            && !matches!(options.variants, Variants::Only(_))
    }

    /// The subject.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn subject(&self, options: &Options) -> Result<Subject, SuiteError> {
        let tree = Tree::read(&options.workspace.join(&self.tree), &self.tree)?;
        let site = self.tree.rsplit('/').next().unwrap_or(&self.tree);
        Ok(Subject {
            description: SubjectDescription {
                id: format!(
                    "p{}/{}/{MACHINES}/{}",
                    self.pattern, self.product_version, self.name
                ),
                pattern: self.pattern,
                site: None,
                product_version: self.product_version.to_string(),
                platform: MACHINES.to_owned(),
                variant: self.name.clone(),
                releases: vec![site.to_owned()],
                namespace: site.to_owned(),
                kubernetes_version: String::new(),
            },
            version: self.product_version,
            renders: Vec::new(),
            beside: Vec::new(),
            sites: Vec::new(),
            tree: Some(tree),
            specification: None,
            hints: Hints {
                external: self
                    .external
                    .iter()
                    .chain(&options.external)
                    .cloned()
                    .collect(),
                ..Hints::default()
            },
            is_generated: true,
            is_representative: true,
        })
    }
}
