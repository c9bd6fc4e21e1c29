//! Why the server ends.

use std::io;

use crate::configuration::StartupError;
use crate::settings::SettingError;

/// Why the server ends otherwise than by being stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    #[error("the server does not start")]
    Stopped,
    #[error("{0}")]
    Startup(#[from] StartupError),
    #[error("{0}")]
    Setting(#[from] SettingError),
    #[error("{0} is no home of a known distribution and version")]
    Home(String),
    #[error("cannot read {path}: {source}")]
    Configuration { path: String, source: io::Error },
    #[error("port {name} {number}: {source}")]
    Port {
        name: String,
        number: u16,
        source: io::Error,
    },
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl ServerError {
    pub(super) fn port(name: &str, number: u16, source: io::Error) -> Self {
        Self::Port {
            name: name.to_owned(),
            number,
            source,
        }
    }
}
