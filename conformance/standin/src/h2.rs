//! `java`, as far as a development database needs it: H2's TCP server and its script runner.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use am_deployment_toml::product::ProductVersion;

use crate::applet::UNSUPPORTED;
use crate::configuration::Configuration;
use crate::identity::Identity;
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::role::Role;
use crate::server::{self, ServerError};
use crate::settings::Settings;

const SERVER_CLASS: &str = "org.h2.tools.Server";
const SCRIPT_CLASS: &str = "org.h2.tools.RunScript";
/// H2's port unless `-tcpPort` says otherwise.
const STANDARD_PORT: u16 = 9092;
/// How long a connection to a database may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Plays `java [-cp PATH] [-Dname=value] CLASS ARGUMENT…` for H2's tools.
pub(crate) fn main(arguments: &[String]) -> u8 {
    let mut rest = arguments.iter();
    let mut class_path = None;
    let class = loop {
        match rest.next().map(String::as_str) {
            Some("-cp" | "-classpath" | "--class-path") => class_path = rest.next(),
            Some("-version" | "--version") => {
                println!("openjdk (stand-in)");
                return 0;
            }
            Some(option) if option.starts_with("-D") || option.starts_with("-X") => {}
            Some(class) => break class,
            None => return unsupported("java without a class"),
        }
    };
    if class != SERVER_CLASS && class != SCRIPT_CLASS {
        return unsupported(&format!("java class {class}"));
    }
    if !class_path.is_some_and(|path| holds_h2(path)) {
        eprintln!("Error: Could not find or load main class {class}: no H2 jar in the class path");
        return 1;
    }
    let rest: Vec<&str> = rest.map(String::as_str).collect();
    if class == SERVER_CLASS {
        database(&rest)
    } else {
        script(&rest)
    }
}

fn unsupported(what: &str) -> u8 {
    eprintln!("stand-in java: unsupported {what}");
    UNSUPPORTED
}

/// Whether an entry of the class path is a jar named like H2's that exists, or a folder's `*` that holds one.
fn holds_h2(class_path: &str) -> bool {
    let is_h2 = |path: &Path| {
        path.is_file()
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("h2"))
    };
    class_path
        .split(':')
        .any(|entry| match entry.strip_suffix("/*") {
            Some(folder) => std::fs::read_dir(folder)
                .is_ok_and(|entries| entries.flatten().any(|jar| is_h2(&jar.path()))),
            None => is_h2(Path::new(entry)),
        })
}

/// The development database: accepts connections, records who asked and keeps what servers share in the files of its
/// base directory.
fn database(arguments: &[&str]) -> u8 {
    let mut port = STANDARD_PORT;
    let mut others = false;
    let mut folder = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match *argument {
            "-tcp" | "-ifNotExists" | "-ifExists" => {}
            "-tcpAllowOthers" => others = true,
            "-tcpPort" => match arguments.next().and_then(|text| text.parse().ok()) {
                Some(number) => port = number,
                None => return unsupported("-tcpPort without a port"),
            },
            "-baseDir" => folder = arguments.next(),
            other => return unsupported(&format!("option {other} of {SERVER_CLASS}")),
        }
    }
    if let Some(folder) = folder
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        eprintln!("H2: base directory {folder}: {error}");
        return 1;
    }
    match serve_database(port, others, folder.map_or(Path::new("."), Path::new)) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("H2: {error}");
            1
        }
    }
}

fn serve_database(number: u16, others: bool, folder: &Path) -> Result<(), ServerError> {
    let mut settings = Settings::of_this_process()?;
    // Without -tcpAllowOthers, H2 takes connections from the same host only.
    if !others && settings.bind.is_none() {
        settings.bind = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    }
    let identity = Identity::of_this_process(Role::Database, "h2");
    let port = Port {
        name: "database".to_owned(),
        number,
        tls: false,
        service: Service::Database,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let configuration = Configuration::of_database(port);
        let version = ProductVersion::newest();
        let node = Node::new(settings, identity, version, configuration, folder)?;
        server::serve(&Arc::clone(&node)).await
    })
}

/// Runs a script: it must be there, and so must the database.
fn script(arguments: &[&str]) -> u8 {
    let (mut url, mut script) = (None, None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = match *argument {
            "-url" => &mut url,
            "-script" => &mut script,
            "-user" | "-password" => &mut None,
            "-continueOnError" | "-checkResults" | "-showResults" => continue,
            other => return unsupported(&format!("option {other} of {SCRIPT_CLASS}")),
        };
        *value = arguments.next().copied();
    }
    let (Some(url), Some(script)) = (url, script) else {
        return unsupported("org.h2.tools.RunScript without -url and -script");
    };
    if !Path::new(script).is_file() {
        eprintln!("H2: script {script} does not exist");
        return 1;
    }
    match reach(url) {
        Ok(()) => 0,
        Err(reason) => {
            eprintln!("H2: {url}: {reason}");
            1
        }
    }
}

/// A database in a file is made; a server must answer.
fn reach(url: &str) -> Result<(), String> {
    let Some(rest) = url.strip_prefix("jdbc:h2:") else {
        return Err("no H2 URL".to_owned());
    };
    let Some(address) = rest
        .strip_prefix("tcp://")
        .or_else(|| rest.strip_prefix("ssl://"))
    else {
        let path = rest.split(';').next().unwrap_or_default();
        return create(path.strip_prefix("file:").unwrap_or(path))
            .map_err(|error| error.to_string());
    };
    let authority = address.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| format!("no port: {port}"))?),
        None => (authority, STANDARD_PORT),
    };
    crate::resolver::connect_blocking(host, port, CONNECT_TIMEOUT)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// H2 keeps the database of the URL `jdbc:h2:PATH` in `PATH.mv.db`.
fn create(path: &str) -> std::io::Result<()> {
    let file = PathBuf::from(format!("{path}.mv.db"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .map(drop)
}
