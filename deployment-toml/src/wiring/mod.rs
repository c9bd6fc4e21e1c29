//! Every network address that a configuration makes a node use.

mod address;
mod extract;
mod extractor;
mod groups;
mod identity;
mod reference;
mod scan;

pub use address::Address;
pub use groups::{UrlGroup, UrlGroupMode, url_groups};
pub use identity::{Credential, Keystore, NodeIdentity};
pub use reference::{Purpose, Reference};
pub use scan::{Form, TextReference, references_in_text};

use crate::effective::Effective;

/// Every address that the node uses, in a fixed order: the wiring keys, then databases, then whatever else the file writes.
pub fn references(effective: &Effective) -> Vec<Reference> {
    extract::references(effective)
}

#[cfg(test)]
mod tests;
