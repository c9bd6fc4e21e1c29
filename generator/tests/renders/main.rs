//! What the generated charts do with values, rendered with real Helm.

mod elsewhere;
mod first_node;
mod logs;
mod memory;
mod metrics;
mod pattern_change;
mod policies;
mod probes;
mod publishers;
mod script;
mod support;
mod waits;
