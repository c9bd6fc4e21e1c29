//! A release may move from any pattern to any other: what both have is changed in place, and the API server refuses changes of some fields.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::release;

/// Fields that cannot be changed, by kind. Source: Kubernetes, pkg/apis/{apps,core}/validation.
const IMMUTABLE: [(&str, &[&str]); 3] = [
    ("Deployment", &["/spec/selector"]),
    (
        "StatefulSet",
        &[
            "/spec/selector",
            "/spec/serviceName",
            "/spec/podManagementPolicy",
            "/spec/volumeClaimTemplates",
        ],
    ),
    (
        "PersistentVolumeClaim",
        &[
            "/spec/accessModes",
            "/spec/storageClassName",
            "/spec/volumeName",
        ],
    ),
];

/// The immutable fields of every object of a pattern, by kind, name and field.
fn fixed(pattern: u32) -> BTreeMap<String, Value> {
    let values = json!({
        "database": {"mode": "external", "type": "postgre", "host": "db.example.com"},
        "credentials": {"existingSecret": "apim-credentials"},
        "artifacts": {"enabled": true},
    });
    let release = release(pattern, values);
    let mut fields = BTreeMap::new();
    for (kind, paths) in IMMUTABLE {
        for document in release.all(kind) {
            let name = document["metadata"]["name"].as_str().expect("a name");
            for path in paths {
                let value = document.pointer(path).cloned().unwrap_or_default();
                fields.insert(format!("{kind} {name}{path}"), value);
            }
        }
    }
    fields
}

#[test]
fn what_two_patterns_share_does_not_differ_in_what_cannot_be_changed() {
    let patterns: Vec<_> = (0..6).map(fixed).collect();
    let mut shared = 0;
    for (from, old) in patterns.iter().enumerate() {
        for (to, new) in patterns.iter().enumerate().skip(from + 1) {
            for (field, value) in old {
                if let Some(other) = new.get(field) {
                    shared += 1;
                    assert_eq!(value, other, "{field} of patterns {from} and {to}");
                }
            }
        }
    }
    assert!(shared > 30, "only {shared} fields were compared");
}
