//! Reads a deployment.toml as the product's own configuration engine does.

pub mod catalogue;
pub mod document;
pub mod key;
pub mod product;
pub mod span;
pub mod value;
