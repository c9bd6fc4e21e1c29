//! An identity server that has a key manager's place: what API Manager asks, it answers, and of a revoked token it tells whom its
//! configuration names (facts: identity-server.md).

use std::path::Path;
use std::sync::Arc;

use am_deployment_toml::product::ProductVersion;

use crate::applet::{IDENTITY_SERVER, UNSUPPORTED};
use crate::configuration::Configuration;
use crate::identity::Identity;
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::revocation::Listener;
use crate::role::Role;
use crate::server::{self, ServerError};
use crate::settings::Settings;

/// The port of its servlets.
const PORT: u16 = 9443;

/// Plays `identity-server FILE [PORT]`, with a part of its `deployment.toml`, at the port by which others know it.
pub(crate) fn main(arguments: &[String]) -> u8 {
    let (file, port) = match arguments {
        [file] => (file, Ok(PORT)),
        [file, port] => (file, port.parse()),
        _ => {
            eprintln!("{IDENTITY_SERVER}: name its deployment.toml");
            return UNSUPPORTED;
        }
    };
    let Ok(port) = port else {
        eprintln!("{IDENTITY_SERVER}: the port is no number below 65536");
        return UNSUPPORTED;
    };
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let variable = |name: &str| std::env::var(name).ok();
    let listener = match read.and_then(|text| Listener::read(&text, &variable)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("{IDENTITY_SERVER}: {file}: {error}");
            return 1;
        }
    };
    match serve(listener, port) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{IDENTITY_SERVER}: {error}");
            1
        }
    }
}

fn serve(listener: Option<Listener>, number: u16) -> Result<(), ServerError> {
    let settings = Settings::of_this_process()?;
    let identity = Identity::of_this_process(Role::IdentityServer, "7");
    let port = Port {
        name: "servlet-https".to_owned(),
        number,
        tls: true,
        service: Service::Servlet,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let configuration = Configuration::of_identity_server(port, listener);
        let version = ProductVersion::newest();
        let node = Node::new(
            settings,
            identity,
            version,
            configuration,
            Path::new("/tmp"),
        )?;
        server::serve(&Arc::clone(&node)).await
    })
}
