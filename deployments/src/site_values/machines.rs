//! Values of a site on machines.

use am_generator::chart::Part;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;
use serde_json::{Map, Value, json};

use super::Builder;
use crate::document::Deployment;
use crate::document::machines::Machines;
use crate::links::needed;
use crate::machines::CREDENTIALS;
use crate::names::sentence;
use crate::vocabulary::Vocabulary;

impl Builder<'_, '_> {
    /// Where credentials come from; and values that nobody on a machine reads are refused.
    pub(super) fn machines(&self, values: &mut Map<String, Value>, found: &mut Diagnostics) {
        values
            .entry("credentials")
            .or_insert_with(|| json!({"existingSecret": CREDENTIALS}));
        let parts = self.site.runs.iter().map(Part::key);
        let keys: Vec<String> = parts.collect();
        let own = self.site.site.values.iter();
        let vocabulary = self.vocabulary;
        unread_on_machines(self.document, &keys, own, values, vocabulary, false, found);
    }

    /// Numbers of nodes and ports of a component, and what else its nodes need.
    pub(super) fn on_machines(&self, machines: &Machines, part: &Part<'_>) -> Map<String, Value> {
        let mut own = Map::new();
        own.insert(
            "replicas".into(),
            json!(machines.nodes(part.name()).count()),
        );
        let offset = machines.offset(part.name());
        if offset > 0 {
            own.insert("portOffset".into(), json!(offset));
        }
        // Each node's host is what other sites reach; the chart only asks whether there is such a way.
        if !needed(self.links, self.at, part.name()).nodes.is_empty() {
            own.insert("nodeServices".into(), self.node_services(part));
        }
        let version = &self.site.chart.version.version.value;
        for setting in &self.vocabulary.machines.configuration {
            let plays = self.site.chart.role(&setting.role) == Some(part.name());
            if plays && setting.versions.contains(version) {
                let mut keys = setting.key.split('.').rev();
                let last = keys.next().unwrap_or_default();
                let tree = keys.fold(json!({last: setting.value}), |tree, key| json!({key: tree}));
                own.insert("config".into(), tree);
            }
        }
        own
    }
}

/// Refuses values that nobody on a machine reads. `components` are the keys of the chart's components; what is `decided` already is told elsewhere.
pub(crate) fn unread_on_machines<'v>(
    document: &Loaded<Deployment>,
    components: &[String],
    values: impl Iterator<Item = (&'v Text, &'v Value)>,
    decided: &Map<String, Value>,
    vocabulary: &Vocabulary,
    of_integrators: bool,
    found: &mut Diagnostics,
) {
    let data = &vocabulary.machines;
    let more = data.integrators.values.iter().filter(|_| of_integrators);
    let accepted: Vec<&str> = data.values.iter().chain(more).map(String::as_str).collect();
    let is_read = |path: &str| {
        let (top, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut forms = vec![path.to_owned()];
        if top == "defaults" || components.iter().any(|key| key == top) {
            forms.push(format!("*.{rest}"));
        }
        let covers = |row: &str, form: &String| {
            let below = form.strip_prefix(row);
            below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        accepted
            .iter()
            .any(|row| forms.iter().any(|form| covers(row, form)))
    };
    for (key, value) in values {
        let mut unread = Vec::new();
        let decided = decided.get(&key.value);
        find(value, decided, &key.value, &is_read, &mut unread);
        if !unread.is_empty() {
            let message = format!(
                "values.{} {} no effect on machines",
                sentence(&unread),
                if unread.len() == 1 { "has" } else { "have" }
            );
            let hint = format!("remove it; read are: {}", accepted.join(", "));
            found.push(document.diagnose(key, message).hint(hint));
        }
    }
}

/// Paths of values that nobody reads, as short as they can be.
fn find(
    value: &Value,
    decided: Option<&Value>,
    path: &str,
    is_read: &impl Fn(&str) -> bool,
    unread: &mut Vec<String>,
) {
    if is_read(path) {
        return;
    }
    match (value, decided) {
        (Value::Object(entries), _) if !entries.is_empty() => {
            for (key, value) in entries {
                let decided = decided.and_then(|it| it.get(key));
                find(value, decided, &format!("{path}.{key}"), is_read, unread);
            }
        }
        // Lists go on, so that nobody has refused theirs.
        (Value::Array(_), Some(Value::Array(_))) | (_, None) => unread.push(path.to_owned()),
        _ => {}
    }
}
