//! Starts stand-ins as processes, each on a loopback address of its own, so that all use the product's own ports.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use am_product::Distribution;
use am_standin::observations::Observations;
use am_toolchain::{StderrProgress, Tool, Toolchain};

pub(crate) mod database;
pub(crate) mod toml;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_am-standin");
/// Longest time that anything is waited for; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shell of the images, built from `tools/shell`.
pub(crate) fn shell() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Toolchain::new(workspace)
        .ensure(Tool::Shell, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A folder with the images' commands under their names; a `PATH` that holds nothing else.
pub(crate) fn commands() -> tempfile::TempDir {
    let (folder, shell) = (tempfile::tempdir().expect("a folder"), shell());
    let output = Command::new(&shell)
        .arg("--names")
        .output()
        .expect("the shell runs");
    let names = String::from_utf8(output.stdout).expect("names");
    for (name, program) in names
        .lines()
        .map(|name| (name, shell.as_path()))
        .chain(["curl", "java"].map(|name| (name, Path::new(BINARY))))
    {
        std::os::unix::fs::symlink(program, folder.path().join(name)).expect("a link");
    }
    folder
}

/// A network of loopback addresses that no other test of this machine uses.
pub(crate) struct Network {
    prefix: [u8; 3],
}

impl Network {
    /// `number` must differ between the tests of one binary that run side by side.
    pub(crate) fn new(number: u8) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        // The process number keeps test runs apart that happen at the same time.
        Self {
            prefix: [127, 16 + number * 8 + (high % 8), low],
        }
    }

    pub(crate) fn ip(&self, host: u8) -> Ipv4Addr {
        let [a, b, c] = self.prefix;
        Ipv4Addr::new(a, b, c, host)
    }
}

/// A stand-in process; killed when dropped.
pub(crate) struct Standin {
    child: Child,
    pub(crate) ip: IpAddr,
    folder: tempfile::TempDir,
    home: PathBuf,
}

/// How a stand-in is started.
pub(crate) struct Start<'a> {
    pub(crate) home: &'a str,
    pub(crate) pod: &'a str,
    pub(crate) ip: Ipv4Addr,
    pub(crate) toml: &'a str,
    pub(crate) variables: &'a [(&'a str, &'a str)],
}

/// Starts a stand-in with the usual environment.
pub(crate) fn start(home: &str, pod: &str, ip: Ipv4Addr, toml: &str) -> Standin {
    let variables = &[];
    Start {
        home,
        pod,
        ip,
        toml,
        variables,
    }
    .run()
}

/// Starts a stand-in of an identity server with this `deployment.toml` and password at API Manager.
pub(crate) fn identity_server(ip: Ipv4Addr, toml: &str, password: &str) -> Standin {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deployment.toml");
    std::fs::write(&file, toml).expect("a configuration");
    let child = Command::new(BINARY)
        .arg("identity-server")
        .arg(&file)
        .env_clear()
        .envs([
            ("STANDIN_STARTUP_DELAY", "0"),
            ("APIM_USERNAME", "admin"),
            ("APIM_PASSWORD", password),
        ])
        .env("STANDIN_BIND", ip.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the stand-in starts");
    let home = folder.path().to_owned();
    Standin {
        child,
        ip: ip.into(),
        folder,
        home,
    }
}

impl Start<'_> {
    pub(crate) fn run(&self) -> Standin {
        self.run_with(&[])
    }

    /// Starts it with more files, given by their path below the server home.
    pub(crate) fn run_with(&self, files: &[(&str, &str)]) -> Standin {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().join(self.home);
        let distribution = distribution(self.home);
        for file in [distribution.configuration(), distribution.pid_file()] {
            let parent = home.join(file).parent().expect("a parent").to_owned();
            std::fs::create_dir_all(parent).expect("a home");
        }
        let configuration = (distribution.configuration(), self.toml);
        for (path, text) in files.iter().chain([&configuration]) {
            let file = folder.path().join("wso2-config-volume").join(path);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            std::fs::write(file, text).expect("a file");
        }
        let child = Command::new(BINARY)
            .arg("docker-entrypoint.sh")
            .env_clear()
            .envs([
                ("POD_NAME", self.pod),
                ("NODE_NAME", "node-1"),
                ("POD_NAMESPACE", "test"),
                ("RELEASE_NAME", "rel"),
                ("AM_ADMIN_PASSWORD", "topsecret1"),
                ("STANDIN_STARTUP_DELAY", "50ms"),
                ("STANDIN_SHUTDOWN_SECONDS", "0.1"),
                ("STANDIN_PROBE_INTERVAL", "300ms"),
                ("STANDIN_THROTTLE_LIMIT", "5"),
            ])
            .env("STANDIN_BIND", self.ip.to_string())
            .env("WORKING_DIRECTORY", folder.path())
            .env("WSO2_SERVER_HOME", &home)
            .envs(self.variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the stand-in starts");
        Standin {
            child,
            ip: self.ip.into(),
            folder,
            home,
        }
    }
}

impl Standin {
    pub(crate) fn observations(&self) -> Option<Observations> {
        let (status, body) = http(self.ip, 9990, "GET", "/observations", None, "").ok()?;
        (status == 200)
            .then(|| serde_json::from_str(&body).expect("observations in the documented format"))
    }

    /// Waits until the observations satisfy `condition`, and gives them.
    pub(crate) fn wait_for(
        &self,
        what: &str,
        condition: impl Fn(&Observations) -> bool,
    ) -> Observations {
        wait_until(what, || match self.observations() {
            Some(seen) if condition(&seen) => Ok(()),
            other => Err(format!("{other:#?}")),
        });
        self.observations().expect("observations")
    }

    /// Sends a command of the story.
    pub(crate) fn command(&self, path: &str, json: &str) -> (u16, String) {
        http(self.ip, 9990, "POST", path, None, json).expect("an answer")
    }

    pub(crate) fn get(&self, port: u16, path: &str, token: Option<&str>) -> Option<u16> {
        http(self.ip, port, "GET", path, token, "")
            .ok()
            .map(|(status, _)| status)
    }

    pub(crate) fn is_open(&self, port: u16) -> bool {
        TcpStream::connect_timeout(&SocketAddr::new(self.ip, port), Duration::from_secs(1)).is_ok()
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Where its server's process is told.
    fn pid_file(&self) -> PathBuf {
        let name = self.home.file_name().and_then(|name| name.to_str());
        match name.filter(|name| name.starts_with("wso2")) {
            Some(name) => self.home.join(distribution(name).pid_file()),
            None => self.home.join("none"),
        }
    }

    /// Kills it as a dying machine would.
    pub(crate) fn kill(mut self) {
        self.kill_server();
        let _ended = self.child.kill();
    }

    fn kill_server(&mut self) {
        // The server is the entrypoint's child.
        if let Ok(text) = std::fs::read_to_string(self.pid_file())
            && let Some(pid) = text
                .trim()
                .parse()
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            && is_standin(pid)
        {
            let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    /// The process that the container would run as its first.
    pub(crate) fn entrypoint_pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_none()
    }

    /// Waits for the end and gives exit status and standard error.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        wait_until("the end of the stand-in", || {
            if self.is_running() {
                Err(String::new())
            } else {
                Ok(())
            }
        });
        let status = self.child.wait().expect("a status");
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut text).expect("text");
        }
        (status.code(), text)
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.kill_server();
        let _ended = self.child.kill();
        let _status = self.child.wait();
        let _kept = self.folder.path();
    }
}

/// The pack that a server's home is called after.
fn distribution(home: &str) -> Distribution {
    let pack = home.rsplit_once('-').expect("pack and version").0;
    pack.parse().expect("a pack")
}

/// The number may belong to another process by now.
fn is_standin(pid: rustix::process::Pid) -> bool {
    let link = std::fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero()));
    link.is_ok_and(|path| path == Path::new(BINARY))
}

/// Waits until `condition` holds; fails with the state that it tells when it never does.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> Result<(), String>) {
    let start = Instant::now();
    while let Err(state) = condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "waited in vain for {what}\n{state}"
        );
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// One HTTP request in clear text.
pub(crate) fn http(
    ip: IpAddr,
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::new(ip, port), Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let authorization = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{authorization}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(invalid)?;
    let (_, body) = text.split_once("\r\n\r\n").ok_or_else(invalid)?;
    Ok((status, body.to_owned()))
}
