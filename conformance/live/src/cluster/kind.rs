//! A kind cluster of our own: made with a kubeconfig of its own, removed whatever happens.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use am_toolchain::{Tool, Toolchain};

use super::{Access, node_images};
use crate::error::LiveError;
use crate::process::{Program, on_path};
use crate::progress::Progress;

/// What cluster to make.
#[derive(Debug, Clone, Default)]
pub struct KindOptions {
    /// Name; one with this process's id unless given.
    pub name: Option<String>,
    /// Node image; unless given, that of the version, of the sandbox of this machine, or kind's own default.
    pub image: Option<String>,
    /// Version of Kubernetes: `1.34`, or `1.34.11`.
    pub kubernetes: Option<String>,
}

/// A kind cluster that can be made.
#[derive(Debug)]
pub struct KindPlan {
    program: PathBuf,
    name: String,
    image: Option<String>,
    keep: bool,
    workers: bool,
}

impl KindPlan {
    /// With one node, which so has one address for all its pods.
    #[must_use]
    pub(crate) fn of_one_node(mut self) -> Self {
        self.workers = false;
        self
    }
}

/// The lines of [`CONFIGURATION`] that make workers.
const WORKER: &str = "  - role: worker\n";
/// Two workers: with fewer, replicas have nowhere to spread to and a drained node's pods nowhere to go. The cluster is
/// thrown away, so etcd need not wait for the disk at each write; kind takes the form that its version of kubeadm has.
const CONFIGURATION: &str = include_str!("kind.yaml");
/// What names made by default start with.
const PREFIX: &str = "am-live-";
/// Where a machine without image registry says which node image it has.
const NODE_IMAGE_FILE: &str = "/var/tmp/kind-sandbox/node-image";

/// A kind cluster; removed when dropped, unless it is to be kept.
#[derive(Debug)]
pub struct Kind {
    program: PathBuf,
    name: String,
    keep: bool,
    folder: tempfile::TempDir,
}

impl Kind {
    /// Sees whether a cluster can be made.
    ///
    /// # Errors
    /// When Docker or kind is missing, or a cluster of this name exists.
    pub async fn plan(
        workspace: &Path,
        options: &KindOptions,
        keep: bool,
        progress: &Arc<dyn Progress>,
    ) -> Result<KindPlan, LiveError> {
        require_docker().await?;
        let kind = Toolchain::new(workspace)
            .ensure(Tool::Kind, &mut am_toolchain::StderrProgress::default())
            .map_err(|error| {
                LiveError::unavailable(error.to_string(), "install kind, or Go to build it")
            })?;
        let name = options.name.clone().unwrap_or_else(own_name);
        let existing = clusters(&kind).await?;
        if existing.contains(&name) {
            return Err(LiveError::unavailable(
                format!("a kind cluster named {name} exists already"),
                format!(
                    "use it with --cluster context=kind-{name}, remove it with `kind delete cluster --name {name}`, or give another --name"
                ),
            ));
        }
        for left in existing.iter().filter(|name| is_abandoned(name)) {
            progress.say(
                "cluster",
                &format!("{left} is left from a run that was killed; remove it with `kind delete cluster --name {left}`"),
            );
        }
        let image = match (&options.image, &options.kubernetes) {
            (Some(image), _) => Some(image.clone()),
            (None, Some(version)) => Some(node_images::for_version(workspace, version)?),
            (None, None) => sandbox_image(),
        };
        Ok(KindPlan {
            program: kind,
            name,
            image,
            keep,
            workers: true,
        })
    }

    /// Makes the cluster and waits until it is ready.
    ///
    /// # Errors
    /// When kind fails.
    pub async fn create(plan: KindPlan) -> Result<Self, LiveError> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir()
            .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
        // From here on the destructor removes what kind has made, also when kind is interrupted half-way.
        let mut cluster = Self {
            program: plan.program,
            name: plan.name,
            keep: false,
            folder,
        };
        let config = cluster.folder.path().join("cluster.yaml");
        let nodes = if plan.workers {
            CONFIGURATION.to_owned()
        } else {
            CONFIGURATION.replace(WORKER, "")
        };
        std::fs::write(&config, nodes).map_err(LiveError::file("write", &config))?;
        let mut command = Program::new(
            &cluster.program,
            "see `docker ps` and `docker info`; --kind-image takes an image that is on this machine",
        )
        .args(["create", "cluster", "--name", &cluster.name, "--wait", "180s"])
        .arg("--config")
        .arg(config)
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig());
        if let Some(image) = plan.image {
            command = command.arg("--image").arg(image);
        }
        command.run().await?;
        cluster.keep = plan.keep;
        Ok(cluster)
    }

    /// The containers that are its nodes.
    ///
    /// # Errors
    /// When kind fails.
    pub async fn nodes(&self) -> Result<Vec<String>, LiveError> {
        let command = Program::new(&self.program, "see `docker ps`")
            .args(["get", "nodes", "--name", &self.name]);
        let listed = command.run().await?;
        Ok(listed.split_whitespace().map(str::to_owned).collect())
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to reach it.
    pub fn access(&self) -> Access {
        Access {
            kubeconfig: self.kubeconfig(),
            context: format!("kind-{}", self.name),
        }
    }

    /// Loads an image archive into every node.
    ///
    /// # Errors
    /// When kind fails.
    pub async fn load(&self, archive: &Path) -> Result<(), LiveError> {
        load(&self.program, &self.name, archive).await
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }
}

impl Drop for Kind {
    fn drop(&mut self) {
        if self.keep {
            // The folder holds the only way in.
            self.folder.disable_cleanup(true);
            eprintln!(
                "kept kind cluster {}: KUBECONFIG={}; remove it with `kind delete cluster --name {}`",
                self.name,
                self.kubeconfig().display(),
                self.name
            );
            return;
        }
        let deleted = Command::new(&self.program)
            .args(["delete", "cluster", "--name", &self.name, "--kubeconfig"])
            .arg(self.kubeconfig())
            .stdin(Stdio::null())
            .output();
        if !deleted.is_ok_and(|output| output.status.success()) {
            eprintln!(
                "could not remove the kind cluster; do so with `kind delete cluster --name {}`",
                self.name
            );
        }
    }
}

/// Loads an image archive into the nodes of a kind cluster.
pub(super) async fn load(kind: &Path, name: &str, archive: &Path) -> Result<(), LiveError> {
    let command = Program::new(kind, "is there room on the disk?")
        .args(["load", "image-archive", "--name", name])
        .arg(archive);
    command.run().await.map(drop)
}

async fn clusters(kind: &Path) -> Result<Vec<String>, LiveError> {
    let command = Program::new(kind, "see `docker info`").args(["get", "clusters", "--quiet"]);
    let listed = command.run().await?;
    Ok(listed.lines().map(|line| line.trim().to_owned()).collect())
}

/// The name of this process's cluster; those of several go on after it, with a dash.
pub(crate) fn own_name() -> String {
    format!("{PREFIX}{}", std::process::id())
}

/// Whether a name was made from the id of a process that is no more.
fn is_abandoned(name: &str) -> bool {
    let id = name
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split('-').next());
    let id: Option<i32> = id.and_then(|id| id.parse().ok());
    id.and_then(rustix::process::Pid::from_raw)
        .is_some_and(|id| rustix::process::test_kill_process(id).is_err())
}

async fn require_docker() -> Result<(), LiveError> {
    const HINT: &str = "install and start Docker, or use --cluster context=NAME or --cluster envtest, which need none";
    let docker = on_path("docker")
        .ok_or_else(|| LiveError::unavailable("there is no docker on PATH", HINT))?;
    let command = Program::new(&docker, HINT).args(["info", "--format", "{{.MemTotal}}"]);
    let memory: u64 = command.run().await?.trim().parse().unwrap_or(0);
    if memory > 0 && memory < LEAST_MEMORY {
        return Err(LiveError::unavailable(
            format!(
                "Docker has {} MiB of memory, too little for a cluster",
                memory >> 20
            ),
            "give Docker 4 GiB, or use --cluster envtest",
        ));
    }
    Ok(())
}

/// A node with Kubernetes takes about 1 GiB, the stand-ins of a pattern about 200 MiB.
const LEAST_MEMORY: u64 = 2 << 30;

fn sandbox_image() -> Option<String> {
    let image = std::fs::read_to_string(NODE_IMAGE_FILE).ok()?;
    Some(image.trim().to_owned()).filter(|image| !image.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_abandoned;

    #[test]
    fn only_names_of_dead_processes_are_abandoned() {
        assert!(!is_abandoned(&format!("am-live-{}", std::process::id())));
        assert!(!is_abandoned("am-live-mine"));
        assert!(!is_abandoned("production"));
        // Larger than any process id of Linux.
        assert!(is_abandoned("am-live-2000000000"));
        assert!(is_abandoned("am-live-2000000000-eu"));
    }
}
