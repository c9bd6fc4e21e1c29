//! Label selectors.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{array_at, str_at, strings_at};

/// A label selector with `matchLabels` and `matchExpressions`.
#[derive(Debug, Clone, Copy)]
pub struct LabelSelector<'a>(pub &'a Value);

impl LabelSelector<'_> {
    /// Whether it selects something that carries `labels`. An empty selector selects everything; an
    /// unknown operator selects nothing.
    pub fn matches(self, labels: &BTreeMap<&str, &str>) -> bool {
        let equal = strings_at(self.0, "/matchLabels");
        equal
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
            && array_at(self.0, "/matchExpressions")
                .iter()
                .all(|expression| holds(expression, labels))
    }

    /// Whether it has no condition.
    pub fn is_empty(self) -> bool {
        strings_at(self.0, "/matchLabels").is_empty()
            && array_at(self.0, "/matchExpressions").is_empty()
    }
}

fn holds(expression: &Value, labels: &BTreeMap<&str, &str>) -> bool {
    let value = str_at(expression, "/key").and_then(|key| labels.get(key).copied());
    let listed = || {
        let values = array_at(expression, "/values");
        value.is_some_and(|value| {
            values
                .iter()
                .any(|candidate| candidate.as_str() == Some(value))
        })
    };
    match str_at(expression, "/operator") {
        Some("In") => listed(),
        Some("NotIn") => !listed(),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::LabelSelector;

    #[test]
    fn labels_and_expressions_must_all_hold() {
        let labels = BTreeMap::from([("a", "1"), ("b", "2")]);
        let holds = |value: serde_json::Value| LabelSelector(&value).matches(&labels);
        assert!(holds(json!({"matchLabels": {"a": "1"}})));
        assert!(!holds(json!({"matchLabels": {"a": "2"}})));
        assert!(holds(
            json!({"matchExpressions": [{"key": "b", "operator": "In", "values": ["2"]}]})
        ));
        assert!(!holds(
            json!({"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]})
        ));
        assert!(!holds(
            json!({"matchExpressions": [{"key": "b", "operator": "Oops"}]})
        ));
    }
}
