//! Variables and the dot, as one place of a template sees them.

use super::abstract_value::Abstract;

/// Variables and the dot.
pub(super) struct Scope {
    pub(super) dot: Abstract,
    variables: Vec<Variable>,
    /// How many bodies surround this place that may not be run.
    pub(super) conditions: usize,
}

/// A variable.
pub(super) struct Variable {
    name: String,
    pub(super) value: Abstract,
    /// The [`Scope::conditions`] where it was declared; what is assigned there replaces it.
    pub(super) conditions: usize,
}

impl Scope {
    /// The scope of a text that is run with a dot, which `$` holds as well.
    pub(super) fn new(dot: &Abstract) -> Self {
        let mut scope = Self {
            dot: dot.clone(),
            variables: Vec::new(),
            conditions: 0,
        };
        scope.declare("", dot.clone());
        scope
    }

    pub(super) fn declare(&mut self, name: &str, value: Abstract) {
        let conditions = self.conditions;
        self.variables.push(Variable {
            name: name.to_owned(),
            value,
            conditions,
        });
    }

    /// The variable that this name means here.
    pub(super) fn variable(&mut self, name: &str) -> Option<&mut Variable> {
        let mut known = self.variables.iter_mut().rev();
        known.find(|variable| variable.name == name)
    }

    /// A mark to come back to with [`Scope::leave`].
    pub(super) fn enter(&self) -> usize {
        self.variables.len()
    }

    /// Forgets what was declared since.
    pub(super) fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }
}
