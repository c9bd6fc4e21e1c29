//! A server of apps on streams: which of two nodes is active, and what its sources take.
//!
//! Both nodes beat in the coordination database. The first is active; the other takes its place when it has not beaten for as long as
//! the configuration allows. The passive node has its sources closed and is told by the active one what that took (facts:
//! integration-and-vm.md, 2.3).

mod pair;
mod sender;

pub(crate) use pair::{start, take, told};
pub(crate) use sender::send;
