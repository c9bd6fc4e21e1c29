//! `observability/*.yaml`: alerts and panels ask for metrics that somebody has.

use super::names::require_known;
use crate::diagnostic::Diagnostics;
use crate::model::{Loaded, Model};
use crate::yaml::Text;

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    let observability = &model.observability;
    for alert in &observability.alerts.value {
        expression(model, &observability.alerts, &alert.expr, diagnostics);
    }
    for panel in &observability.panels.value {
        expression(model, &observability.panels, &panel.expr, diagnostics);
    }
}

/// Every metric of an expression is known, and selects whose it is.
fn expression<T>(
    model: &Model,
    file: &Loaded<T>,
    expression: &Text,
    diagnostics: &mut Diagnostics,
) {
    let selected = metrics(&expression.value);
    if selected.is_empty() {
        let message = "the expression selects no metric";
        let hint = "a metric is followed by its selector, as in `up{$pods}`";
        diagnostics.push(file.diagnose(expression, message).hint(hint));
    }
    for metric in selected {
        let name = Text {
            value: metric,
            ..expression.clone()
        };
        let known = model.observability.metrics.known();
        require_known(diagnostics, file, &name, "metric", known);
    }
}

/// The names in front of selectors.
fn metrics(expression: &str) -> Vec<String> {
    let pieces: Vec<&str> = expression.split('{').collect();
    let names = pieces.iter().take(pieces.len() - 1).map(|before| {
        let name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        let reversed: String = before.chars().rev().take_while(name).collect();
        reversed.chars().rev().collect::<String>()
    });
    names.filter(|name| !name.is_empty()).collect()
}
