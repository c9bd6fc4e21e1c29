//! The variables that `$env{NAME}` and `$sys{NAME}` may name.

use std::collections::BTreeMap;

/// What is known of a container's environment.
///
/// A variable that comes from a Secret is there, but its value may not be known: it is [opaque](Environment::with_opaque).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    variables: BTreeMap<String, Option<String>>,
    system_properties: BTreeMap<String, Option<String>>,
}

impl Environment {
    /// No variable at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The environment of this process, as the stand-in needs it.
    pub fn of_process() -> Self {
        let mut environment = Self::new();
        for (name, value) in std::env::vars_os() {
            environment = environment.with(name.to_string_lossy(), value.to_string_lossy());
        }
        environment
    }

    /// Adds a variable with its value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), Some(value.into()));
        self
    }

    /// Adds a variable whose value is not known.
    #[must_use]
    pub fn with_opaque(mut self, name: impl Into<String>) -> Self {
        self.variables.insert(name.into(), None);
        self
    }

    /// Adds a Java system property (`$sys{name}`, `-Dname=value`).
    #[must_use]
    pub fn with_system_property(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.system_properties
            .insert(name.into(), Some(value.into()));
        self
    }

    /// The variable: `None` when unset, `Some(None)` when its value is not known.
    pub fn variable(&self, name: &str) -> Option<Option<&str>> {
        self.variables.get(name).map(Option::as_deref)
    }

    /// The system property, as [`Environment::variable`].
    pub fn system_property(&self, name: &str) -> Option<Option<&str>> {
        self.system_properties.get(name).map(Option::as_deref)
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}
