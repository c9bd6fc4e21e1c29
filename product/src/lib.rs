//! The product, described once: which components it has and what each can do, their distributions, ports and versions.
//!
//! The table is `product/data/product.yaml`. Everything in it is a small handle here ([`Component`], [`Distribution`],
//! [`ProductVersion`], [`Port`]) that is compared and copied like a number and ordered as in the table. Code asks a handle what it
//! can do ([`Capability`], [`Feature`]) and never for its name, so that a new component or version is data.
//!
//! A program holds the table in itself; with [`data::read_from`] it reads another workspace's instead, before it uses any.

pub mod capability;
mod component;
pub mod data;
mod distribution;
mod handle;
mod image;
mod pattern;
mod port;
mod purpose;
mod table;
mod unknown;
mod version;
mod words;

pub use capability::Capability;
pub use component::Component;
pub use distribution::{Distribution, Product};
pub use pattern::Pattern;
pub use table::{
    TABLE_FILE, check,
    rows::{FurtherPort, Image, Port},
};
pub use unknown::Unknown;
pub use version::ProductVersion;
pub use words::{ConfigurationFormat, Feature, Protocol, Purpose};
