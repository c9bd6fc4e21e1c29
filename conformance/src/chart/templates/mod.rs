//! Reads a chart's templates to learn which values they use.
//!
//! Go's own parser makes trees of them; [`evaluate`] follows values through variables, `with`, `range` and named
//! templates. What cannot be followed counts as used and is never reported as undeclared.

mod abstract_value;
#[cfg(test)]
mod any_input;
mod evaluate;
mod functions;
#[cfg(test)]
mod tests;

pub(crate) use abstract_value::Segment;
pub(crate) use evaluate::{Read, Usage, usage};
