//! Turns the declarative model of WSO2 API Manager into Helm charts.
//!
//! [`Model::load`] and [`Templates::load`] read the data, and [`generate()`] is a pure function from them to a [`ChartTree`].

pub mod chart;
pub mod diagnostic;
pub mod maker;
pub mod model;
pub mod output;
pub mod source_map;
pub mod template;
pub mod tree;
pub mod yaml;

pub mod changelog;

mod context;
mod emit;
mod generate;
mod load;
mod postcheck;
mod toml_path;

pub use emit::yaml_text;
pub use generate::{GenerateError, Selection, generate};
pub use load::Families;
pub use model::Model;
pub use source_map::SourceMap;
pub use template::Templates;
pub use tree::ChartTree;
