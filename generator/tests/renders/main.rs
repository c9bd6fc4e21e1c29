//! What the generated charts do with values, rendered with real Helm.

mod credentials;
mod database_files;
mod databases;
mod elsewhere;
mod first_node;
mod keystores;
mod memory;
mod pattern_change;
mod policies;
mod probes;
mod publishers;
mod schema_job;
mod script;
mod support;
mod waits;
