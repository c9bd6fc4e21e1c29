//! Reads a chart's templates to learn which values they use.
//!
//! [`lexer`] cuts a file into text and actions, [`syntax`] builds a tree of them, [`evaluate`] follows
//! values through variables, `with`, `range` and named templates. What cannot be followed counts as
//! used and is never reported as undeclared.

mod abstract_value;
#[cfg(test)]
mod any_input;
mod evaluate;
mod functions;
mod lexer;
mod syntax;

pub(super) use abstract_value::Segment;
pub(super) use evaluate::{Read, Usage, usage};
