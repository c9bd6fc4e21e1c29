//! An effective value, where it comes from, and what may be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::expression::Expression;
use crate::key::KeyPath;
use crate::span::Span;
use crate::value::Value;

/// The values of a configuration on their way to the effective ones.
pub(super) type Values = BTreeMap<KeyPath, EffectiveValue>;

/// Where an effective value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Provenance {
    /// Written in the file, at this place.
    Written(Span),
    /// Written in the file as `$env{NAME}` and taken from the environment.
    Env {
        /// The variable (the first one, if the value has several).
        name: String,
        /// Where the expression stands.
        span: Span,
    },
    /// The key is missing; the product's templates use this other key, which the file sets.
    FallbackFrom {
        /// The other key.
        key: String,
        /// Where that key's value stands, if it is written in the file.
        span: Option<Span>,
    },
    /// Inferred from another key, such as `server.server_role` or `database.<name>.type`.
    Inferred {
        /// That key.
        from: String,
    },
    /// The product's default.
    ProductDefault,
    /// The key is missing and the product uses the node's own address: silent, and wrong wherever a peer is meant.
    FallbackToSelf,
}

impl Provenance {
    /// Where the value (or the value it falls back to) stands in the file.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Written(span) | Self::Env { span, .. } => Some(*span),
            Self::FallbackFrom { span, .. } => *span,
            Self::Inferred { .. } | Self::ProductDefault | Self::FallbackToSelf => None,
        }
    }

    /// Whether the file itself sets the key.
    pub fn is_written(&self) -> bool {
        matches!(self, Self::Written(_) | Self::Env { .. })
    }
}

/// A value with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveValue {
    /// The value after resolution; what could not be resolved stays as written.
    pub value: Value,
    /// The value before `$env{}` and the like were resolved.
    pub raw: Value,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The key in the file, if it is not the effective key (an alias).
    pub written_as: Option<KeyPath>,
    /// The keys that went into the value through `$ref{}`.
    pub references: BTreeSet<KeyPath>,
    /// Where the elements stand, if the value is an array written in the file.
    pub elements: Vec<Span>,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Nothing has the name that it names: the server exits.
    Missing,
    /// The keys refer to each other: the server exits.
    Cycle,
    /// The variable's value is taken for a replacement text that is none: the server exits.
    Unfit,
    /// The variable's value is taken for a replacement text and arrives changed.
    Altered,
    /// The engine does not look for it there, so that it stays a text.
    StaysText,
}

/// An expression that does not become its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The key whose value needs it.
    pub key: KeyPath,
    /// The expression.
    pub expression: Expression,
    /// Where the value stands, if it is written in the file.
    pub span: Option<Span>,
    /// Why.
    pub problem: Problem,
}

/// A duration that the engine refuses, or makes something else of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DurationFault {
    pub(crate) key: KeyPath,
    pub(crate) span: Option<Span>,
    /// Whether the server exits.
    pub(crate) exits: bool,
    /// What happens.
    pub(crate) what: String,
}

impl EffectiveValue {
    pub(super) fn made(value: Value, provenance: Provenance) -> Self {
        Self {
            raw: value.clone(),
            value,
            provenance,
            written_as: None,
            references: BTreeSet::new(),
            elements: Vec::new(),
        }
    }
}
