//! Installs, upgrades and removes releases as users do: with the helm program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::error::LiveError;
use crate::process::{Program, tail};

/// The helm program, bound to a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Helm {
    /// The executable.
    pub(crate) program: PathBuf,
    /// The kubeconfig file of the cluster.
    pub(crate) kubeconfig: PathBuf,
    /// The context in it.
    pub(crate) context: String,
    /// Where charts are installed from instead of their folders; overlays are still taken from there.
    pub(crate) source: Option<Source>,
}

/// A version of a chart in a registry on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// `oci://HOST/PATH/CHART`.
    pub(crate) chart: String,
    /// Its version.
    pub(crate) version: String,
}

impl Source {
    /// What helm is given for it, instead of a folder.
    fn arguments(&self) -> [&str; 4] {
        [&self.chart, "--version", &self.version, "--plain-http"]
    }
}

/// One `helm install` or `helm upgrade`.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    /// Release name.
    pub(crate) release: String,
    /// Namespace.
    pub(crate) namespace: String,
    /// Chart directory.
    pub(crate) chart: PathBuf,
    /// Values files, a later one over an earlier one.
    pub(crate) values_files: Vec<PathBuf>,
    /// Values over the files.
    pub(crate) values: Value,
}

/// A helm command that ended, well or not.
#[derive(Debug)]
pub(crate) struct HelmResult {
    /// Whether helm was content.
    pub(crate) success: bool,
    /// The end of what it said.
    pub(crate) output: String,
}

const HINT: &str = "is the cluster still there? run it by hand for more, with --debug";
/// Helm's own limits are shorter; it takes longer only when nobody answers.
const LONGEST: Duration = Duration::from_secs(240);

impl Helm {
    /// The same helm, which installs this chart out of a registry.
    #[must_use]
    pub(crate) fn installing_from(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// `helm pull`, unpacked as a folder below `into`.
    pub(crate) async fn pull(&self, source: &Source, into: &Path) -> Result<(), LiveError> {
        let program = Program::new(&self.program, HINT)
            .limit(LONGEST)
            .arg("pull")
            .args(source.arguments())
            .args(["--untar", "--untardir"])
            .arg(into)
            .env("HELM_PLUGINS", "");
        program.run().await.map(|_| ())
    }

    /// `helm install` without waiting: the suite watches itself, and says more than a timeout.
    pub(crate) async fn install(&self, what: &Installation) -> Result<HelmResult, LiveError> {
        self.apply("install", what).await
    }

    /// `helm upgrade` without waiting.
    pub(crate) async fn upgrade(&self, what: &Installation) -> Result<HelmResult, LiveError> {
        self.apply("upgrade", what).await
    }

    /// `helm rollback` to the revision before.
    pub(crate) async fn rollback(
        &self,
        release: &str,
        namespace: &str,
    ) -> Result<HelmResult, LiveError> {
        self.result(self.command("rollback", namespace).arg(release))
            .await
    }

    /// `helm test`; what failed is tested again, to be told with its logs. Helm 3 asks for the logs of pods that it has
    /// removed after their success, so that with `--logs` it is never content with pods that go when they are done.
    pub(crate) async fn test(
        &self,
        release: &str,
        namespace: &str,
    ) -> Result<HelmResult, LiveError> {
        let test = |more: &[&str]| {
            let command = self.command("test", namespace).arg(release);
            self.result(command.args(["--timeout", "120s"]).args(more))
        };
        let done = test(&[]).await?;
        if done.success {
            return Ok(done);
        }
        let again = test(&["--logs"]).await?;
        Ok(if again.success { done } else { again })
    }

    /// `helm uninstall`, which waits until helm's own objects are gone.
    pub(crate) async fn uninstall(
        &self,
        release: &str,
        namespace: &str,
    ) -> Result<HelmResult, LiveError> {
        let command = self
            .command("uninstall", namespace)
            .arg(release)
            .args(["--timeout", "120s"]);
        self.result(command).await
    }

    async fn apply(&self, subcommand: &str, what: &Installation) -> Result<HelmResult, LiveError> {
        let mut command = self.command(subcommand, &what.namespace).arg(&what.release);
        command = match &self.source {
            Some(source) => command.args(source.arguments()),
            None => command.arg(&what.chart),
        };
        for file in &what.values_files {
            command = command.arg("--values").arg(file);
        }
        let inline = values_file(&what.values)?;
        if let Some(file) = &inline {
            command = command.arg("--values").arg(file.path());
        }
        self.result(command).await
    }

    fn command(&self, subcommand: &str, namespace: &str) -> Program {
        Program::new(&self.program, HINT)
            .limit(LONGEST)
            .args([subcommand, "--namespace", namespace, "--kube-context"])
            .arg(&self.context)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HELM_PLUGINS", "")
    }

    async fn result(&self, mut command: Program) -> Result<HelmResult, LiveError> {
        let output = command.output().await?;
        Ok(HelmResult {
            success: output.status.success(),
            output: tail(&output),
        })
    }
}

/// Values go through a file of its own: other processes can read arguments.
fn values_file(values: &Value) -> Result<Option<tempfile::NamedTempFile>, LiveError> {
    if values.is_null() {
        return Ok(None);
    }
    let folder = std::env::temp_dir();
    let file = tempfile::Builder::new()
        .prefix("am-live-values-")
        .suffix(".json")
        .tempfile_in(&folder)
        .map_err(LiveError::file("create a file in", &folder))?;
    std::fs::write(file.path(), values.to_string())
        .map_err(LiveError::file("write", file.path()))?;
    Ok(Some(file))
}

/// The overlay of a chart, such as `dev`.
pub(crate) fn overlay(chart: &Path, name: &str) -> PathBuf {
    chart.join("overlays").join(format!("{name}.yaml"))
}
