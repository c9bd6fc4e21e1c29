//! The server: opens the role's ports after the start-up delay, and closes them when it is told to stop.

mod admin;
mod catalog;
mod control;
mod error;
mod frames;
mod http;
mod integrations;
mod issuer;
mod listener;
mod message;
mod start_up;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use am_deployment_toml::environment::Environment;
use am_deployment_toml::product::Product;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::applet::CONFIGURATION;
use crate::configuration::Configuration;
use crate::identity::Identity;
use crate::node::Node;
use crate::role::{Role, distribution_of_home};
use crate::settings::Settings;
use crate::stop_time;

pub(crate) use error::ServerError;
use listener::listen;

/// The variable that tells the profile, as in the product's images.
pub(crate) const PROFILE: &str = "PROFILE_NAME";

/// Plays the server of the distribution at `home`, started with a profile or without one, until SIGTERM or SIGINT.
pub(crate) fn run(home: &Path, profile: Option<&str>) -> Result<(), ServerError> {
    let (product, role) = part_at(home, profile)?;
    let configuration = read_in_child(home, profile)?;
    let settings = Settings::of_this_process()?;
    let identity = Identity::of_this_process(role, product.release());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let node = Node::new(settings, identity, product.version, configuration, home)?;
        serve(&node).await
    })
}

/// What the distribution at `home` plays, by its name and the profile.
fn part_at(home: &Path, profile: Option<&str>) -> Result<(Product, Role), ServerError> {
    let name = home
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let (distribution, version) =
        distribution_of_home(&name).ok_or_else(|| ServerError::Home(name.clone()))?;
    let role = Role::of(distribution, profile).ok_or(ServerError::Home(name))?;
    Ok((Product::new(version, distribution), role))
}

/// Reads the configuration at `home`.
pub(crate) fn read_configuration(home: &Path) -> Result<Configuration, ServerError> {
    let (product, role) = part_at(home, std::env::var(PROFILE).ok().as_deref())?;
    let path = home.join(product.distribution.configuration());
    let text = std::fs::read_to_string(&path).map_err(|source| ServerError::Configuration {
        path: path.display().to_string(),
        source,
    })?;
    Ok(Configuration::read(
        &text,
        home,
        product,
        role,
        &Environment::of_process(),
    )?)
}

/// Reads the configuration in a child process, which takes the memory for the product's catalogue of keys with it.
fn read_in_child(home: &Path, profile: Option<&str>) -> Result<Configuration, ServerError> {
    let mut child = Command::new("/proc/self/exe");
    if let Some(profile) = profile {
        child.env(PROFILE, profile);
    }
    let output = child
        .arg(CONFIGURATION)
        .env("WSO2_SERVER_HOME", home)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(ServerError::Stopped);
    }
    serde_json::from_slice(&output.stdout).map_err(|error| ServerError::Io(error.into()))
}

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(node: &Arc<Node>) -> Result<(), ServerError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    listen(node.settings.bind, node.settings.observations_port, {
        let node = Arc::clone(node);
        move |stream, _| control::serve(Arc::clone(&node), stream)
    })
    .map_err(|source| ServerError::port("observations", node.settings.observations_port, source))?;
    println!(
        "{} {} starts as {}",
        node.identity.pod, node.identity.version, node.identity.role
    );
    let listeners = tokio::select! {
        listeners = start_up::run(node) => listeners?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    println!("Shutdown hook triggered: stopping gracefully (stand-in)");
    for listener in listeners {
        listener.abort();
    }
    node.state().open = false;
    sleep(stop_time::of(node.identity.role, &node.settings)).await;
    Ok(())
}
