//! `NetworkPolicy`s against the edges that the pattern needs: nothing missing, nothing more.

mod common;
mod excess;
mod needed;

pub(super) use excess::{allow_nothing_more, databases_are_governed};
pub(super) use needed::{allow_long_answers, allow_needed_edges};
