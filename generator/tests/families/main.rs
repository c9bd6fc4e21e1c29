//! The families of charts beside API Manager's: that they load, and what their charts do, rendered with real Helm.
#![allow(
    clippy::needless_pass_by_value,
    reason = "values are written out where they are passed"
)]

mod charts;
mod declarations;
mod micro_integrator;
mod refusals;
mod streaming_integrator;
mod support;
