//! The components of the product, and what each can do; both come from the table of the product.

pub use am_product::{Capability, Component};
