//! Reads a chart's templates to learn which values they use.
//!
//! Go's own parser makes trees of them; [`evaluate`] follows values through variables, `with`, `range` and named
//! templates. What cannot be followed counts as used and is never reported as undeclared.

mod abstract_value;
#[cfg(test)]
mod any_input;
mod charts;
mod evaluate;
mod files;
mod functions;
mod path;
mod refusal;
mod scope;
#[cfg(test)]
mod tests;
mod trees;
mod usage;

pub(crate) use evaluate::{usage, usage_of_texts};
pub(crate) use path::{Segment, covers};
pub(crate) use trees::{Body, Lines, TextId, ValueText};
pub(crate) use usage::{Read, Usage};
