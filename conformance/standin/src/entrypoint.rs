//! The product image's entrypoint: copies what is mounted over the server home, starts the server, passes signals on.

use std::io;
use std::path::{Path, PathBuf};

use am_product::{Feature, Product};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::applet::SERVER;
use crate::role::distribution_of_home;
use crate::start_script;

/// Folders below the working directory whose content is copied over the home.
const VOLUMES: [&str; 2] = ["wso2-config-volume", "wso2-artifact-volume"];

/// Plays `docker-entrypoint.sh`.
pub(crate) fn main(_arguments: &[String]) -> u8 {
    let (Some(working_directory), Some(home)) =
        (folder("WORKING_DIRECTORY"), folder("WSO2_SERVER_HOME"))
    else {
        return 1;
    };
    for volume in VOLUMES {
        let volume = working_directory.join(volume);
        if volume.is_dir()
            && let Err(error) = copy_content(&volume, &home)
        {
            eprintln!(
                "cp: cannot copy {} to {}: {error}",
                volume.display(),
                home.display()
            );
            return 1;
        }
    }
    match supervise(&home) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("docker-entrypoint.sh: cannot run the server: {error}");
            1
        }
    }
}

fn folder(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_dir());
    if path.is_none() {
        eprintln!("{variable} does not name a folder");
    }
    path
}

/// `cp -RL volume/* home`; what starts with a dot is not matched, as the links that Kubernetes puts there.
fn copy_content(volume: &Path, home: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(volume)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            copy_over(&entry.path(), &home.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies a file or folder; links are followed, folders merged.
fn copy_over(source: &Path, target: &Path) -> io::Result<()> {
    if !source.is_dir() {
        return std::fs::copy(source, target).map(drop);
    }
    if !target.is_dir() {
        std::fs::create_dir(target)?;
    }
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        copy_over(&entry.path(), &target.join(entry.file_name()))?;
    }
    Ok(())
}

/// Runs the server as a child and waits for its end.
fn supervise(home: &Path) -> io::Result<u8> {
    let name = home
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let traps_signals = distribution_of_home(&name).is_some_and(|(distribution, version)| {
        Product::new(version, distribution).has(Feature::EntrypointForwardsSigterm)
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut child = Command::new("/proc/self/exe").arg(SERVER).spawn()?;
        std::fs::write(
            start_script::pid_file(home),
            child.id().unwrap_or_default().to_string(),
        )?;
        loop {
            tokio::select! {
                status = child.wait() => return Ok(status_of_script(status?.code())),
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // In older versions the entrypoint is a plain shell that waits for its child: the signal reaches nobody.
            if traps_signals {
                return stop(home, &mut child).await;
            }
            eprintln!(
                "docker-entrypoint.sh: this version does not pass the signal on; use the stop command"
            );
        }
    })
}

async fn stop(home: &Path, child: &mut Child) -> io::Result<u8> {
    start_script::stop(home);
    child.wait().await?;
    Ok(0)
}

/// A start-up error ends the product with 1; a stopped server leaves the script's loop with 0.
fn status_of_script(code: Option<i32>) -> u8 {
    u8::from(code.is_some_and(|code| code != 0))
}
