//! Files that the generator writes itself, because each line of them is data of the model.

mod address;
pub(crate) mod configuration;
mod entries;
mod entry_lines;
pub(crate) mod helm_scalar;
pub(crate) mod lines;
pub(crate) mod overlay;
pub(crate) mod schema;
pub(crate) mod shape;
pub(crate) mod topology;
pub(crate) mod value_tree;
pub(crate) mod values;
pub(crate) mod values_table;
pub mod yaml_text;
