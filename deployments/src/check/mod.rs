//! What a deployment may not say, each with its place and what to do.

mod event_hub;
mod exposures;
mod hosts;
mod identity_server;
mod machines;
mod places;
mod replication;
mod words;

pub(crate) use exposures::check as exposures;
pub(crate) use machines::ports as machine_ports;
pub(crate) use places::check as sites;
pub(crate) use replication::values;
pub(crate) use words::{charts, check as words, unknown};
