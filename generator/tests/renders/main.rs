//! What the generated charts do with values, rendered with real Helm.

mod controllers;
mod elsewhere;
mod environments;
mod exposure;
mod first_node;
mod memory;
mod pattern_change;
mod policies;
mod probes;
mod public_services;
mod publishers;
mod script;
mod support;
mod waits;
