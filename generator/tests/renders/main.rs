//! What the generated charts do with values, rendered with real Helm.

mod credentials;
mod database_files;
mod databases;
mod defaults;
mod elsewhere;
mod environment;
mod first_node;
mod keystores;
mod logs;
mod memory;
mod metrics;
mod pattern_change;
mod policies;
mod probes;
mod publishers;
mod scaling;
mod schema_job;
mod script;
mod shape;
mod support;
mod waits;
