//! The database stand-in, as the bundled database of a chart starts it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command};

use super::{BINARY, wait_until};

/// A database process; killed when dropped.
pub(crate) struct Database {
    child: Child,
}

impl Database {
    /// Starts the server at `ip` over the databases in `folder`.
    pub(crate) fn start(ip: Ipv4Addr, folder: &Path) -> Self {
        let jar = folder.join("h2-engine_2.jar");
        std::fs::write(&jar, "").expect("a file");
        let child = Command::new(BINARY)
            .args(["java", "-cp", &jar.to_string_lossy()])
            .args(["org.h2.tools.Server", "-tcp", "-tcpAllowOthers"])
            .args(["-baseDir", &folder.to_string_lossy(), "-ifExists"])
            .env("STANDIN_BIND", ip.to_string())
            .env("STANDIN_STARTUP_DELAY", "0")
            .spawn()
            .expect("the database starts");
        wait_until("the database", || {
            std::net::TcpStream::connect((ip, 9092))
                .map(drop)
                .map_err(|error| error.to_string())
        });
        Self { child }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// `toml` with its shared database at the server `ip`.
pub(crate) fn shared(toml: &str, ip: Ipv4Addr) -> String {
    let own = "jdbc:h2:./repository/database/WSO2SHARED_DB";
    assert!(toml.contains(own), "{toml}");
    toml.replace(
        own,
        &format!("jdbc:h2:tcp://{ip}:9092/./shared_db;LOCK_TIMEOUT=60000"),
    )
}
