//! Packages of the charts: made the same each time, and published in an OCI registry without ever replacing one.
//!
//! [`package`] lets Helm pack what the generator makes, and writes an [`Index`] beside the archives. [`publish`] brings what an
//! index lists into a [`Registry`], with Helm, oras and cosign.

mod error;
mod index;
mod make;
mod program;
mod publish;
mod registry;
mod selection;
mod server;
mod signature;

pub use error::PackagingError;
pub use index::{INDEX_FILE, Index, Package};
pub use make::{Provenance, package};
pub use publish::{Outcome, PublishOptions, Published, State, publish};
pub use registry::Registry;
pub use selection::select;
pub use server::RegistryServer;
pub use signature::Signature;
