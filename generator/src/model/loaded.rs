//! Where a part of the model was read from.

use std::ops::Deref;

use crate::diagnostic::Diagnostic;
use crate::yaml;

/// A value together with the file that it was read from.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// Path as shown to the user, such as `generator/model/ports.yaml`.
    pub file: String,
    /// What the file holds.
    pub value: T,
}

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Loaded<T> {
    /// A diagnostic about something in this file.
    pub fn diagnose<V>(
        &self,
        at: &serde_saphyr::Spanned<V>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(yaml::place(&self.file, at.referenced), message)
    }
}
