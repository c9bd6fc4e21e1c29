//! Which product reads the file: a version and a distribution, of the table of the product.

pub use am_product::{
    ConfigurationFormat, Distribution, Feature, Product, ProductVersion, Unknown,
};
