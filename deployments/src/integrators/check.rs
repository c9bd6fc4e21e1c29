//! What a document may not say of servers beside API Manager.

mod clusters;
mod places;
mod words;

pub(crate) use clusters::check;
pub(crate) use words::words;
