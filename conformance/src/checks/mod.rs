//! How requirements are checked: one module per family, and the registry that binds ids to checks.

mod condition;
pub(crate) mod configuration;
mod containers;
pub(crate) mod distribution;
mod family;
mod given;
#[cfg(test)]
pub(crate) mod harness;
pub(crate) mod helm;
pub(crate) mod kubernetes;
pub(crate) mod network;
pub(crate) mod operations;
mod registry;
mod rows;
pub(crate) mod security;
pub(crate) mod topology;
pub(crate) mod upgrade;
pub(crate) mod wiring;

pub use family::Check;
pub(crate) use family::FamilyChecks;
pub use network::{
    connection::{Blocked, Connection, Direction, blocked_by},
    is_for_users,
};
pub use registry::Registry;
pub(crate) use registry::{Verdict, check_tables};
pub(crate) use rows::UNJUDGED;
