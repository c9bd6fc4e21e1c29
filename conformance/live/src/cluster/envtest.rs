//! A bare API server with its etcd: admission and validation are real, nothing else runs. No Docker.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use am_toolchain::{StderrProgress, Tool, Toolchain};

use super::certificates::Credentials;
use super::supervise::Supervised;
use super::{Access, free_port};
use crate::error::LiveError;

/// How long the API server may take to become ready; it takes 4 s on two cores.
const START_TIMEOUT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);
/// Ports are found, then taken; another program may be quicker.
const ATTEMPTS: usize = 3;
const CONTEXT: &str = "envtest";

/// kube-apiserver and etcd on free ports in a temporary folder; stopped and removed when dropped.
// Fields are dropped in this order: the API server first, the folder last.
#[derive(Debug)]
pub struct Envtest {
    _apiserver: Supervised,
    _etcd: Supervised,
    folder: tempfile::TempDir,
    port: u16,
}

impl Envtest {
    /// Starts both: found in `KUBEBUILDER_ASSETS`, on `PATH` in the pinned version, or built from `tools/`.
    ///
    /// # Errors
    /// When a program is missing or does not become ready.
    pub async fn start(workspace: &Path) -> Result<Self, LiveError> {
        let etcd = binary(workspace, Tool::Etcd)?;
        let apiserver = binary(workspace, Tool::KubeApiserver)?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match Self::start_once(&etcd, &apiserver).await {
                Ok(started) => return Ok(started),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(LiveError::Interrupted))
    }

    async fn start_once(etcd: &Path, apiserver: &Path) -> Result<Self, LiveError> {
        let folder = tempfile::Builder::new()
            .prefix("am-live-envtest-")
            .tempdir()
            .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
        let (client, peer, port) = (free_port()?, free_port()?, free_port()?);
        write_files(folder.path(), port)?;
        let mut etcd = Supervised::start(
            etcd,
            &etcd_arguments(folder.path(), client, peer),
            folder.path().join("etcd.log"),
        )?;
        let mut apiserver = Supervised::start(
            apiserver,
            &apiserver_arguments(folder.path(), client, port),
            folder.path().join("kube-apiserver.log"),
        )?;
        wait(folder.path(), &mut etcd, &mut apiserver).await?;
        Ok(Self {
            _apiserver: apiserver,
            _etcd: etcd,
            folder,
            port,
        })
    }

    /// How to reach it, as its administrator.
    pub fn access(&self) -> Access {
        access(self.folder.path())
    }

    /// The port on which the API server listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn access(folder: &Path) -> Access {
    Access {
        kubeconfig: folder.join("kubeconfig"),
        context: CONTEXT.to_owned(),
    }
}

fn binary(workspace: &Path, tool: Tool) -> Result<PathBuf, LiveError> {
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty()) {
        let path = Path::new(&assets).join(tool.name());
        if path.is_file() {
            return Ok(path);
        }
    }
    let toolchain = Toolchain::new(workspace);
    toolchain
        .ensure(tool, &mut StderrProgress::default())
        .map_err(|error| {
            LiveError::unavailable(
                error.to_string(),
                "set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver, or install Go",
            )
        })
}

fn write_files(folder: &Path, port: u16) -> Result<(), LiveError> {
    let credentials = Credentials::generate().map_err(|error| {
        LiveError::unavailable(
            format!("cannot make certificates: {error}"),
            "report this as a bug",
        )
    })?;
    let token = &credentials.token;
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {CONTEXT}\n\
         clusters:\n- name: {CONTEXT}\n  cluster:\n    server: https://127.0.0.1:{port}\n    certificate-authority: {authority}\n\
         users:\n- name: {CONTEXT}\n  user:\n    token: {token}\n\
         contexts:\n- name: {CONTEXT}\n  context: {{cluster: {CONTEXT}, user: {CONTEXT}}}\n",
        authority = folder.join("authority.pem").display()
    );
    for (name, content) in [
        (
            "tokens.csv",
            format!("{token},am-live,am-live,system:masters\n"),
        ),
        ("authority.pem", credentials.authority),
        ("server.pem", credentials.certificate),
        ("server-key.pem", credentials.key),
        ("account-key.pem", credentials.account_key),
        ("account-public-key.pem", credentials.account_public_key),
        ("kubeconfig", kubeconfig),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(LiveError::file("write", &path))?;
    }
    Ok(())
}

fn etcd_arguments(folder: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    vec![
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // Nothing of it outlives the run.
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ]
}

fn apiserver_arguments(folder: &Path, etcd: u16, port: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--cert-dir={}", file("certificates")),
        format!("--tls-cert-file={}", file("server.pem")),
        format!("--tls-private-key-file={}", file("server-key.pem")),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        format!(
            "--service-account-key-file={}",
            file("account-public-key.pem")
        ),
        format!(
            "--service-account-signing-key-file={}",
            file("account-key.pem")
        ),
        "--service-account-issuer=https://am-live.invalid".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
        // One client asks a lot; its requests shall not wait for each other.
        "--enable-priority-and-fairness=false".to_owned(),
    ]
}

async fn wait(
    folder: &Path,
    etcd: &mut Supervised,
    apiserver: &mut Supervised,
) -> Result<(), LiveError> {
    let client = access(folder).client().await?;
    let start = Instant::now();
    loop {
        etcd.check()?;
        apiserver.check()?;
        let question = http::Request::get("/readyz").body(Vec::new());
        if let Ok(question) = question
            && client.request_text(question).await.is_ok()
        {
            return Ok(());
        }
        if start.elapsed() > START_TIMEOUT {
            return Err(LiveError::unavailable(
                format!(
                    "kube-apiserver was not ready after {} s:\n{}",
                    START_TIMEOUT.as_secs(),
                    apiserver.end_of_log()
                ),
                "is the machine very busy?",
            ));
        }
        tokio::time::sleep(POLL).await;
    }
}
