//! A cluster that is there already.

use std::path::{Path, PathBuf};

use am_toolchain::{Tool, Toolchain};

use super::{Access, kind};
use crate::error::LiveError;

/// An existing cluster, by the name of a context in the user's kubeconfig.
#[derive(Debug, Clone)]
pub struct Context {
    access: Access,
}

impl Context {
    /// Finds the context in the first file of `KUBECONFIG` that exists, or in `~/.kube/config`.
    ///
    /// # Errors
    /// When there is no kubeconfig.
    pub fn find(name: &str) -> Result<Self, LiveError> {
        let files: Vec<PathBuf> = match std::env::var_os("KUBECONFIG") {
            Some(list) if !list.is_empty() => std::env::split_paths(&list).collect(),
            _ => std::env::home_dir()
                .map(|home| home.join(".kube").join("config"))
                .into_iter()
                .collect(),
        };
        let mentions = |file: &PathBuf| {
            kube::config::Kubeconfig::read_from(file)
                .is_ok_and(|read| read.contexts.iter().any(|context| context.name == name))
        };
        match files.iter().find(|file| mentions(file)) {
            Some(kubeconfig) => Ok(Self {
                access: Access {
                    kubeconfig: kubeconfig.clone(),
                    context: name.to_owned(),
                },
            }),
            None => Err(LiveError::unavailable(
                format!("no kubeconfig has a context named {name}"),
                "list the contexts with `kubectl config get-contexts`, or set KUBECONFIG",
            )),
        }
    }

    /// How to reach it.
    pub fn access(&self) -> Access {
        self.access.clone()
    }

    /// Whether it is a cluster of kind, into which images can be loaded.
    pub fn is_kind(&self) -> bool {
        self.kind_name().is_some()
    }

    fn kind_name(&self) -> Option<&str> {
        self.access.context.strip_prefix("kind-")
    }

    /// Loads the images, which only clusters of kind take.
    ///
    /// # Errors
    /// When the cluster is none of kind, or kind fails.
    pub async fn load(&self, workspace: &Path, archive: &Path) -> Result<(), LiveError> {
        let name = self.kind_name().ok_or_else(|| {
            LiveError::unavailable(
                format!("{} is no kind cluster", self.access.context),
                "use --images real",
            )
        })?;
        let kind = Toolchain::new(workspace)
            .ensure(Tool::Kind, &mut am_toolchain::StderrProgress::default())
            .map_err(|error| LiveError::unavailable(error.to_string(), "install kind"))?;
        kind::load(&kind, name, archive).await
    }
}
