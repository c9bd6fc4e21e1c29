//! What the generated charts do with values, rendered with real Helm.

mod credentials;
mod defaults;
mod elsewhere;
mod environment;
mod first_node;
mod keystores;
mod memory;
mod pattern_change;
mod policies;
mod probes;
mod publishers;
mod scaling;
mod script;
mod shape;
mod sizes;
mod support;
mod waits;
