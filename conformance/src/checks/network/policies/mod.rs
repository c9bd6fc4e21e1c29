//! `NetworkPolicy`s against the edges that the pattern needs: nothing missing, nothing more.

mod common;
mod excess;
mod names;
mod needed;
mod outside;

pub(super) use excess::{allow_nothing_more, databases_are_governed};
pub(super) use names::allow_long_answers;
pub(super) use needed::allow_needed_edges;
