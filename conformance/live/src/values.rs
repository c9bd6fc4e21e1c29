//! Values that the suite adds to a chart's own: small stand-ins and quick probes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use am_conformance::Component;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Map, Value, json};

use crate::options::Images;

/// How long a stand-in takes to start.
const QUICK: Duration = Duration::from_secs(1);
/// How long one takes that others listen to: longer, as the product's, so that whoever does not wait is deaf.
const HUB: Duration = Duration::from_secs(3);

/// How long the only event hub node must accept before a listener believes it: longer than a stand-in takes to stop on a
/// busy machine (2 s to drain, and the time that a hook and a signal take).
const SETTLE_SECONDS: u64 = 12;

/// What lets many patterns run side by side on two cores, and phases end in seconds. Nothing in here wires anything. The
/// vendor's images get the chart's own values.
pub(crate) fn harness(
    images: Images,
    components: impl Iterator<Item = Component>,
    hubs: &BTreeSet<Component>,
    listeners: &BTreeSet<Component>,
    variables: &BTreeMap<String, String>,
) -> Value {
    if images == Images::Real {
        return Value::Object(Map::new());
    }
    let mut values = Map::new();
    for component in components {
        let start = if hubs.contains(&component) {
            HUB
        } else {
            QUICK
        };
        let mut section = json!({
            "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}},
            "startupProbe": {"periodSeconds": 1, "failureThreshold": 180},
            // A probe runs a shell and curl; the first comes as soon as the start-up probe is content.
            "readinessProbe": {"periodSeconds": 5},
            "shutdown": {"drainSeconds": 2},
            "extraEnv": environment(start, variables),
            // Policies shall not keep the suite from asking stand-ins, whichever node the API server asks from.
            "networkPolicy": {"ingress": [{"ports": [{"port": OBSERVATIONS_PORT, "protocol": "TCP"}]}]},
        });
        if listeners.contains(&component) {
            section["startup"] = json!({"settleSeconds": SETTLE_SECONDS});
        }
        values.insert(component.values_key().to_owned(), section);
    }
    let database = json!({"bundled": {"resources": {"requests": {"cpu": "5m", "memory": "32Mi"}}}});
    values.insert("database".to_owned(), database);
    Value::Object(values)
}

/// The environment of a stand-in that takes so long to start, with further variables.
pub(crate) fn environment(start: Duration, more: &BTreeMap<String, String>) -> Value {
    let mut variables = vec![
        json!({"name": "STANDIN_STARTUP_DELAY", "value": format!("{}s", start.as_secs())}),
        json!({"name": "STANDIN_PROBE_INTERVAL", "value": "3s"}),
        json!({"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}),
    ];
    let more = more.iter();
    variables.extend(more.map(|(name, value)| json!({"name": name, "value": value})));
    Value::from(variables)
}

/// Merges `over` into `values`: maps key by key, everything else whole; `null` changes nothing.
pub(crate) fn merge(values: &mut Value, over: &Value) {
    match (values, over) {
        (Value::Object(values), Value::Object(over)) => {
            for (key, value) in over {
                merge(values.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (values, over) => *values = over.clone(),
    }
}

/// The rules of network policies that a release is given and those that the suite needs: helm would take the latter alone.
pub(crate) fn both_rules(given: &Value, own: &Value) -> Value {
    let mut both = json!({});
    for (key, component) in own.as_object().into_iter().flatten() {
        const PATH: &str = "/networkPolicy/ingress";
        let lists = [given[key].pointer(PATH), component.pointer(PATH)];
        if let [Some(Value::Array(given)), Some(Value::Array(own))] = lists {
            let rules = [given.as_slice(), own.as_slice()].concat();
            both[key] = json!({"networkPolicy": {"ingress": rules}});
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::{both_rules, merge};
    use serde_json::json;

    #[test]
    fn rules_of_the_release_stay_beside_those_of_the_suite() {
        let given = json!({"a": {"networkPolicy": {"ingress": [1]}}, "b": {}});
        let own = json!({"a": {"networkPolicy": {"ingress": [2]}}, "b": {"networkPolicy": {"ingress": [3]}}});
        assert_eq!(
            both_rules(&given, &own),
            json!({"a": {"networkPolicy": {"ingress": [1, 2]}}})
        );
    }

    #[test]
    fn maps_merge_and_lists_are_replaced() {
        let mut values = json!({"a": {"b": 1, "c": [1, 2]}});
        merge(&mut values, &json!({"a": {"c": [3]}, "d": true}));
        assert_eq!(values, json!({"a": {"b": 1, "c": [3]}, "d": true}));
        merge(&mut values, &serde_json::Value::Null);
        assert_eq!(values, json!({"a": {"b": 1, "c": [3]}, "d": true}));
    }
}
