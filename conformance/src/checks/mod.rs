//! How requirements are checked: one module per family, and the registry that binds ids to checks.

mod chance;
mod condition;
pub(crate) mod configuration;
mod containers;
pub(crate) mod distribution;
mod family;
mod given;
#[cfg(test)]
pub(crate) mod harness;
pub(crate) mod helm;
pub(crate) mod integration;
pub(crate) mod kubernetes;
pub(crate) mod machine;
pub(crate) mod network;
pub(crate) mod operations;
pub(crate) mod region;
mod registry;
mod reloaders;
mod rows;
mod secret_stores;
pub(crate) mod security;
pub(crate) mod topology;
pub(crate) mod upgrade;
pub(crate) mod wiring;

pub(crate) use family::{Check, FamilyChecks};
pub(crate) use helm::PLACEHOLDERS;
pub use network::{
    connection::{Blocked, Connection, Direction, blocked_by},
    is_for_users,
};
pub(crate) use registry::{Registry, Verdict, check_tables};
pub(crate) use rows::UNJUDGED;
