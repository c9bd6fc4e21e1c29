//! Values and the chart that takes them.

use am_generator::diagnostic::Diagnostics;
use serde_json::Value;

use super::Builder;
use crate::overlay::{chart_values, file, lay, tree};

impl Builder<'_, '_> {
    /// Refuses what the chart's schema does.
    pub(super) fn judge(&self, values: &Value, found: &mut Diagnostics) {
        let schema = file(self.site, "values.schema.json", self.charts);
        let known = schema["properties"].as_object();
        let known = || known.into_iter().flatten().map(|(key, _)| key.as_str());
        for (key, _) in self.site.site.values.iter() {
            if !known().any(|it| it == key.value) {
                let message = format!("{} has no value `{}`", self.site.chart.name(), key.value);
                let hint = am_suggest::hint(&key.value, known());
                found.push(self.document.diagnose(key, message).maybe_hint(hint));
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
            let at = self
                .site
                .site
                .values
                .key(top)
                .unwrap_or(&self.site.site.name);
            let message = format!(
                "the values of site {} are not those of {}: {path}: {}",
                self.site.name(),
                self.site.chart.name(),
                error.masked()
            );
            found.push(self.document.diagnose(at, message));
        }
    }

    /// The chart's own values, the platform's and these, laid over each other.
    pub(super) fn effective(&self, values: &Value) -> Value {
        let mut effective = chart_values(self.site, self.charts);
        lay(&mut effective, &tree(self.site, self.charts));
        lay(&mut effective, values);
        effective
    }
}
