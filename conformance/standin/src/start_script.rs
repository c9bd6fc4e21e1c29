//! The product's start scripts: `<script>.sh [start|stop|version]`.

use std::path::{Path, PathBuf};

use am_product::{Component, Distribution};
use rustix::process::{Pid, Signal, kill_process};

use crate::role::distribution_of_home;
use crate::server::{self, PROFILE, ServerError};

/// Where the server's process id stands.
pub(crate) fn pid_file(home: &Path) -> PathBuf {
    let name = home.file_name().unwrap_or_default().to_string_lossy();
    let distribution = distribution_of_home(&name).map(|(distribution, _)| distribution);
    // Any will do for a home that no server is started in.
    let distribution = distribution.or_else(|| Distribution::all().next());
    home.join(distribution.map_or("", Distribution::pid_file))
}

/// Plays a start script; its home is the folder above `bin`.
pub(crate) fn main(path: &str, arguments: &[String]) -> u8 {
    // On machines a link to the home is called otherwise than the pack.
    let Some(home) = home(path).map(|home| home.canonicalize().unwrap_or(home)) else {
        eprintln!("{path}: no server home; set WSO2_SERVER_HOME");
        return 1;
    };
    match arguments.first().map(String::as_str) {
        Some("stop" | "--stop" | "-stop") => stop(&home),
        Some("version" | "--version" | "-version") => version(&home),
        None => serve_as(&home, path),
        Some("start" | "--start" | "-start") => start(&home),
        Some(other) => {
            eprintln!("stand-in start script: unsupported command {other}");
            crate::applet::UNSUPPORTED
        }
    }
}

/// Plays the component whose script was called; where several share a pack, the script tells which is meant.
fn serve_as(home: &Path, path: &str) -> u8 {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    let component = Component::all().find(|component| Some(component.start_script()) == name);
    match component.and_then(Component::profile) {
        Some(profile) => status(server::run(home, Some(profile))),
        None => serve_at(home),
    }
}

/// Plays the server itself, as a child of the entrypoint.
pub(crate) fn serve() -> u8 {
    with_home(serve_at)
}

/// Prints the configuration that the server would work with, or says why it does not start.
pub(crate) fn print_configuration() -> u8 {
    with_home(|home| {
        status(server::read_configuration(home).and_then(|configuration| {
            println!(
                "{}",
                serde_json::to_string(&configuration).map_err(std::io::Error::from)?
            );
            Ok(())
        }))
    })
}

fn with_home(play: impl FnOnce(&Path) -> u8) -> u8 {
    let Some(home) = std::env::var_os("WSO2_SERVER_HOME") else {
        eprintln!("WSO2_SERVER_HOME does not name a folder");
        return 1;
    };
    play(Path::new(&home))
}

fn serve_at(home: &Path) -> u8 {
    let profile = std::env::var(PROFILE).ok();
    status(server::run(home, profile.as_deref()))
}

fn status(result: Result<(), ServerError>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

/// Starts the server in the background and returns at once.
fn start(home: &Path) -> u8 {
    let spawned = std::process::Command::new("/proc/self/exe")
        .arg(crate::applet::SERVER)
        .env("WSO2_SERVER_HOME", home)
        .spawn()
        .and_then(|child| std::fs::write(pid_file(home), child.id().to_string()));
    match spawned {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("cannot start the server: {error}");
            1
        }
    }
}

/// Sends SIGTERM to the process in the pid file and returns at once, as the product's script does.
pub(crate) fn stop(home: &Path) -> u8 {
    let file = pid_file(home);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot stop: {}: {error}", file.display());
            return 1;
        }
    };
    let Some(pid) = text.trim().parse().ok().and_then(Pid::from_raw) else {
        eprintln!("cannot stop: {} holds no process id", file.display());
        return 1;
    };
    match kill_process(pid, Signal::TERM) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("cannot stop process {}: {error}", pid.as_raw_nonzero());
            1
        }
    }
}

fn version(home: &Path) -> u8 {
    let name = home
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match distribution_of_home(&name) {
        Some((distribution, version)) => {
            println!("{distribution} {version} (stand-in)");
            0
        }
        None => 1,
    }
}

fn home(script: &str) -> Option<PathBuf> {
    let script = Path::new(script);
    let by_path = script
        .parent()
        .filter(|folder| folder.ends_with("bin"))
        .and_then(Path::parent);
    by_path
        .map(Path::to_path_buf)
        .filter(|home| home.is_dir())
        .or_else(|| std::env::var_os("WSO2_SERVER_HOME").map(PathBuf::from))
}
