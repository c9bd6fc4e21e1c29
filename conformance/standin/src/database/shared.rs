//! The shared database that a server works with.

use std::path::Path;
use std::sync::Mutex;

use am_product::Capability;

use super::records::Place;
use super::store::Databases;
use crate::edge::Edge;
use crate::protocol::{Framed, Stream};
use crate::role::Role;

/// The shared database that a server works with.
pub(crate) enum Database {
    /// None that a stand-in could ask.
    Unknown,
    /// A file of this node alone.
    Embedded {
        databases: Mutex<Databases>,
        name: String,
    },
    /// A server.
    Remote {
        edge: Edge,
        name: String,
        /// Kept open, as by the product's pool of connections: who stops the database sees who still works with it.
        connection: tokio::sync::Mutex<Option<Framed<Box<dyn Stream>>>>,
    },
}

impl Database {
    /// The database at `place`; a file is only opened by a role that keeps something in it.
    pub(crate) fn at(place: Option<&Place>, home: &Path, role: Role) -> Self {
        match place {
            Some(Place::Server { edge, name }) => Self::Remote {
                edge: edge.clone(),
                name: name.clone(),
                connection: tokio::sync::Mutex::new(None),
            },
            Some(Place::File { path })
                if role.has(Capability::IssuesTokens) || role.has(Capability::Streams) =>
            {
                let path = home.join(path);
                Self::Embedded {
                    databases: Mutex::new(Databases::new(path.parent().unwrap_or(home))),
                    name: path
                        .file_name()
                        .map(|name| name.to_string_lossy().into_owned())
                        .unwrap_or_default(),
                }
            }
            _ => Self::Unknown,
        }
    }
}
