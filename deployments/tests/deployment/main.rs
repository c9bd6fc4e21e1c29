//! What a document becomes, and what it may not say.

mod examples;
mod identity_server;
mod integrator_slips;
mod integrators;
mod machine_integrators;
mod machine_refusals;
mod machine_sites;
mod machine_slips;
mod machines;
mod notes;
mod prepared;
mod refusals;
mod regions;
mod support;
