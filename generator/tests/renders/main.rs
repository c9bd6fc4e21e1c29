//! What the generated charts do with values, rendered with real Helm.
#![allow(
    clippy::needless_pass_by_value,
    reason = "values are written out where they are passed"
)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "names of loggers end in no extension"
)]

mod azure;
mod collisions;
mod controllers;
mod copies;
mod credentials;
mod database_files;
mod database_proxy;
mod databases;
mod defaults;
mod effects;
mod elsewhere;
mod environment;
mod environments;
mod exposure;
mod first_node;
mod gitops;
mod identity_server;
mod keystores;
mod logs;
mod memory;
mod metrics;
mod notes;
mod openshift;
mod pattern_change;
mod platforms;
mod policies;
mod probes;
mod public_services;
mod publishers;
mod refusals;
mod regions;
mod registration;
mod scaling;
mod schema_job;
mod script;
mod shape;
mod sizes;
mod support;
mod waits;
