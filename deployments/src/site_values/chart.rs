//! Values and the chart that takes them.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::model::table::Table;
use am_generator::yaml::Text;
use serde_json::Value;

use crate::document::Deployment;
use crate::overlay::{chart_file, lay};

/// Whose values they are.
pub(crate) struct Given<'a> {
    pub(crate) document: &'a Loaded<Deployment>,
    pub(crate) chart: &'a str,
    /// As a sentence has it, such as `site eu`.
    pub(crate) whose: &'a str,
    /// Those that users wrote.
    pub(crate) own: &'a Table<Value>,
    /// Where to point at, if they did not write it.
    pub(crate) place: &'a Text,
}

/// Refuses what the chart's schema does.
pub(crate) fn judge(
    given: &Given<'_>,
    values: &Value,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let schema = chart_file(given.chart, "values.schema.json", charts);
    let known = schema["properties"].as_object();
    let known = || known.into_iter().flatten().map(|(key, _)| key.as_str());
    for (key, _) in given.own.iter() {
        if !known().any(|it| it == key.value) {
            let message = format!("{} has no value `{}`", given.chart, key.value);
            let hint = am_suggest::hint(&key.value, known());
            found.push(given.document.diagnose(key, message).maybe_hint(hint));
        }
    }
    let Ok(validator) = jsonschema::options().build(&schema) else {
        return;
    };
    for error in validator.iter_errors(values) {
        let path = error.instance_path().to_string();
        let path = path.trim_start_matches('/').replace('/', ".");
        // Unknown keys at the top have been told.
        if path.is_empty() {
            continue;
        }
        let top = path.split('.').next().unwrap_or_default();
        let at = given.own.key(top).unwrap_or(given.place);
        let message = format!(
            "the values of {} are not those of {}: {path}: {}",
            given.whose,
            given.chart,
            error.masked()
        );
        found.push(given.document.diagnose(at, message));
    }
}

/// The chart's own values, an overlay and these, laid over each other.
pub(crate) fn effective(chart: &str, overlay: &Value, values: &Value, charts: &ChartTree) -> Value {
    let mut effective = chart_file(chart, "values.yaml", charts);
    lay(&mut effective, overlay);
    lay(&mut effective, values);
    effective
}
