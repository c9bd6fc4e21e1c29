//! The sources of a chart, what a user gives to its releases, and where rendered texts come from.

mod archive;
mod given;
pub(crate) mod leaves;
mod locate;
mod origin;
mod place;
mod source;
pub(crate) mod templates;

pub use self::{given::Given, source::ChartSource};
pub(crate) use self::{
    given::{GivenFile, Givens},
    locate::{line_in_document, line_of_toml_key},
    place::{Place, Places, RenderedText},
};
