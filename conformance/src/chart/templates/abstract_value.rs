//! What is known about a value while templates are read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{charts::ChartContext, path::Segment};

/// What is known about a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Abstract {
    /// The context that Helm gives to a template of this chart or subchart.
    Root(Arc<ChartContext>),
    /// The chart's files (`.Files`).
    Files(Arc<ChartContext>),
    /// A function of the chart's files, such as `Get`.
    OfFiles(Arc<ChartContext>, String),
    /// A place in the chart's values. It is certain unless it is one of several possibilities.
    Values { path: Vec<Segment>, certain: bool },
    /// This text.
    Text(String),
    /// A text of which parts are known; `*` stands for the others.
    Like(String),
    /// Made from these texts.
    Made(BTreeSet<Origin>),
    /// This number.
    Number(i64),
    /// A list with these elements.
    List(Vec<Abstract>),
    /// A map with at least these entries.
    Map(BTreeMap<String, Abstract>),
    /// One of these.
    OneOf(Vec<Abstract>),
    /// Nothing is known.
    Unknown,
}

/// A text of the chart from which another one is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A file, by its path from the chart.
    File(String),
    /// The texts at a place in the values and below.
    Value(Vec<Segment>),
}

/// More possibilities than this are not told apart.
const MOST_ALTERNATIVES: usize = 12;

/// Values are not followed deeper than this.
const MOST_SEGMENTS: usize = 12;

impl Abstract {
    /// One of several; `None` when there are too many.
    pub(super) fn one_of(candidates: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut alternatives: Vec<Self> = Vec::new();
        for candidate in candidates {
            let flat = match candidate {
                Self::OneOf(inner) => inner,
                other => vec![other],
            };
            for alternative in flat {
                if !alternatives.contains(&alternative) {
                    alternatives.push(alternative);
                }
            }
        }
        match alternatives.len() {
            0 => Some(Self::Unknown),
            1 => alternatives.pop(),
            2..=MOST_ALTERNATIVES => Some(Self::OneOf(alternatives)),
            _ => None,
        }
    }

    /// The field `name`.
    pub(super) fn field(&self, name: &str) -> Self {
        match self {
            Self::Root(chart) if name == "Values" => Self::Values {
                path: chart.values.iter().cloned().map(Segment::Key).collect(),
                certain: true,
            },
            Self::Root(chart) if name == "Files" => Self::Files(Arc::clone(chart)),
            Self::Files(chart) => Self::OfFiles(Arc::clone(chart), name.to_owned()),
            // An entry of a file that is read as YAML, or `AsConfig` of several.
            Self::Made(_) => self.clone(),
            Self::Values { .. } => self.step(Segment::Key(name.to_owned()), true),
            Self::Map(entries) => entries.get(name).cloned().unwrap_or(Self::Unknown),
            Self::OneOf(alternatives) => alternatives
                .iter()
                .map(|alternative| alternative.field(name).uncertain())
                .reduce(|left, right| Self::one_of([left, right]).unwrap_or(Self::Unknown))
                .unwrap_or(Self::Unknown),
            _ => Self::Unknown,
        }
    }

    /// Some entry of a map or element of a list.
    pub(super) fn any(&self) -> Self {
        match self {
            Self::Values { .. } => self.step(Segment::Any, false),
            Self::List(elements) => Self::one_of(elements.iter().cloned()).unwrap_or(Self::Unknown),
            Self::Map(entries) => Self::one_of(entries.values().cloned()).unwrap_or(Self::Unknown),
            Self::Made(_) => self.clone(),
            Self::OneOf(alternatives) => {
                Self::one_of(alternatives.iter().map(Self::any)).unwrap_or(Self::Unknown)
            }
            _ => Self::Unknown,
        }
    }

    /// The entry or element that `key` names.
    pub(super) fn entry(&self, key: &Self) -> Self {
        match (self, key) {
            (_, Self::Text(name)) => self.field(name),
            (Self::List(elements), Self::Number(index)) => usize::try_from(*index)
                .ok()
                .and_then(|index| elements.get(index))
                .cloned()
                .unwrap_or(Self::Unknown),
            (_, Self::OneOf(keys)) => {
                Self::one_of(keys.iter().map(|key| self.entry(key).uncertain()))
                    .unwrap_or_else(|| self.any())
            }
            _ => self.any(),
        }
    }

    /// The same, as a mere possibility.
    pub(super) fn uncertain(self) -> Self {
        match self {
            Self::Values { path, .. } => Self::Values {
                path,
                certain: false,
            },
            other => other,
        }
    }

    fn step(&self, segment: Segment, is_certain: bool) -> Self {
        let Self::Values { path, certain } = self else {
            return Self::Unknown;
        };
        let mut path = path.clone();
        if path.len() < MOST_SEGMENTS {
            path.push(segment);
        }
        Self::Values {
            path,
            certain: *certain && is_certain,
        }
    }

    /// Whether the template's context can be reached from it.
    pub(super) fn holds_root(&self) -> bool {
        match self {
            Self::Root(_) => true,
            Self::List(parts) | Self::OneOf(parts) => parts.iter().any(Self::holds_root),
            Self::Map(entries) => entries.values().any(Self::holds_root),
            _ => false,
        }
    }
}
