//! What the generated charts do with values, rendered with real Helm.

mod database_files;
mod databases;
mod database_proxy;
mod azure;
mod controllers;
mod elsewhere;
mod environments;
mod exposure;
mod first_node;
mod memory;
mod openshift;
mod pattern_change;
mod platforms;
mod policies;
mod probes;
mod public_services;
mod publishers;
mod schema_job;
mod script;
mod support;
mod waits;
