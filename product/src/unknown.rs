//! Names that the table does not have.

/// A name that the table does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}: {hint}")]
pub struct Unknown {
    /// What it should name, such as `product version`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// The one that was meant, or all that there are.
    pub hint: String,
}

impl Unknown {
    pub(crate) fn new<'k>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        Self {
            what,
            name: name.to_owned(),
            hint: am_suggest::hint(name, known).unwrap_or_else(|| "there are none".to_owned()),
        }
    }
}
