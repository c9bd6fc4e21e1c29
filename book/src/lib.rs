//! The documentation as a book: pages that are made of data, links that lead somewhere, and the source that mdBook builds.
//!
//! Pure but for reading: who calls it writes what comes of it.

pub mod built;
mod error;
mod examples;
pub mod links;
pub mod made;
pub mod markdown;
pub mod pages;
mod pattern;
mod place;
mod requirements;
pub mod staging;
mod symptoms;
mod template;

pub use error::BookError;
