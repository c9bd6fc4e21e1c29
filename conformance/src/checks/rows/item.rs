//! One thing that a row looks at.

use am_deployment_toml::span::Span;

use super::bound::Bound;
use crate::{context::Context, graph::Configuration, manifest::Object};

/// Something that is looked at.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    /// The document in which a fault is.
    pub(super) object: Option<&'a Object>,
    /// The configuration in which it is, and where.
    pub(super) configuration: Option<(&'a Configuration<'a>, Option<Span>)>,
    /// What expressions have besides the variables of every scope.
    pub(super) variables: Vec<(&'static str, Bound<'a>)>,
}

/// A subject, and the variables for which expressions of a row ask; others are not made.
#[derive(Clone, Copy)]
pub(super) struct Looked<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) wanted: &'a [String],
}

impl Looked<'_> {
    pub(super) fn wants(&self, variable: &str) -> bool {
        self.wanted.iter().any(|wanted| wanted == variable)
    }
}
