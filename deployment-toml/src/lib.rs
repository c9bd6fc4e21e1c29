//! Reads a deployment.toml as the product's own configuration engine does.

pub mod catalogue;
pub mod document;
pub mod effective;
pub mod environment;
pub mod expression;
pub mod key;
pub mod placeholder;
pub mod product;
pub mod span;
pub mod value;
pub mod wiring;
