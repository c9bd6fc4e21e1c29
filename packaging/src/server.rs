//! A registry on this machine, for tests and for clusters of tests.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use am_pinned_tools::{Progress, Tool, Toolchain};

use crate::error::{PackagingError, io};
use crate::registry::Registry;

/// How long the server may take to answer.
const LONGEST: Duration = Duration::from_secs(30);

/// The reference registry, listening on loopback; what it holds ends with it.
#[derive(Debug)]
pub struct RegistryServer {
    server: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl RegistryServer {
    /// Starts the pinned registry with an empty folder.
    ///
    /// # Errors
    /// When it cannot be had, or does not answer.
    pub fn start(
        toolchain: &Toolchain,
        progress: &mut dyn Progress,
    ) -> Result<Self, PackagingError> {
        let program = toolchain.ensure(Tool::Registry, progress)?;
        let folder = tempfile::Builder::new()
            .prefix("am-registry-")
            .tempdir()
            .map_err(io("create a folder in", std::env::temp_dir()))?;
        let address = free_address()?;
        let configuration = folder.path().join("configuration.yml");
        std::fs::write(&configuration, configured(folder.path(), address))
            .map_err(io("write", &configuration))?;
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log).map_err(io("create", &log))?;
        let server = Command::new(&program)
            .arg("serve")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .map_err(io("run", &program))?;
        let mut started = Self {
            server,
            address,
            _folder: folder,
        };
        started.wait(&log)?;
        Ok(started)
    }

    /// The registry with charts below `charts`.
    pub fn registry(&self) -> Result<Registry, PackagingError> {
        let text = format!("oci://{}/charts", self.address);
        text.parse().map_err(PackagingError::Usage)
    }

    fn wait(&mut self, log: &Path) -> Result<(), PackagingError> {
        let start = Instant::now();
        while start.elapsed() < LONGEST {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            let ended = self.server.try_wait();
            if !matches!(ended, Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(PackagingError::Unsound(format!(
            "the registry does not listen on {}; it said:\n{}",
            self.address,
            std::fs::read_to_string(log).unwrap_or_default().trim()
        )))
    }
}

impl Drop for RegistryServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A port that nobody listens on now.
fn free_address() -> Result<SocketAddr, PackagingError> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    TcpListener::bind(any)
        .and_then(|listener| listener.local_addr())
        .map_err(io("listen on", any.to_string()))
}

fn configured(folder: &Path, address: SocketAddr) -> String {
    let root = serde_json::Value::from(folder.join("storage").to_string_lossy());
    format!(
        "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
         storage: {{filesystem: {{rootdirectory: {root}}}}}\nhttp: {{addr: \"{address}\"}}\n"
    )
}
