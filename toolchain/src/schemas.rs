//! Kubernetes objects checked without a cluster, as strictly as the API server's strict field validation.
//!
//! The schemas are those in `fixtures/schemas/`, made by `tools/schemas/update`. They know types, required and unknown
//! fields, and the values that a custom resource may have. They do not know what the API server checks in code (that a
//! selector matches the pod template, that a port is below 65536, CEL rules).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

pub use crate::schema_error::SchemaError;
use crate::schema_file::SchemaFile;

/// The schemas of each Kubernetes minor version, oldest first.
const KUBERNETES: [(&str, &str); 9] = [
    (
        "1.29",
        include_str!("../../fixtures/schemas/kubernetes-1.29.json"),
    ),
    (
        "1.30",
        include_str!("../../fixtures/schemas/kubernetes-1.30.json"),
    ),
    (
        "1.31",
        include_str!("../../fixtures/schemas/kubernetes-1.31.json"),
    ),
    (
        "1.32",
        include_str!("../../fixtures/schemas/kubernetes-1.32.json"),
    ),
    (
        "1.33",
        include_str!("../../fixtures/schemas/kubernetes-1.33.json"),
    ),
    (
        "1.34",
        include_str!("../../fixtures/schemas/kubernetes-1.34.json"),
    ),
    (
        "1.35",
        include_str!("../../fixtures/schemas/kubernetes-1.35.json"),
    ),
    (
        "1.36",
        include_str!("../../fixtures/schemas/kubernetes-1.36.json"),
    ),
    (
        "1.37",
        include_str!("../../fixtures/schemas/kubernetes-1.37.json"),
    ),
];

const CUSTOM_RESOURCES: &str = include_str!("../../fixtures/schemas/custom-resources.json");

/// The longest message; a message that quotes a whole object helps nobody.
const LONGEST_MESSAGE: usize = 300;

static LOADED: Mutex<BTreeMap<&str, Arc<SchemaSet>>> = Mutex::new(BTreeMap::new());

/// The schemas of one Kubernetes version and of the custom resources, which all versions share.
#[derive(Debug)]
pub struct SchemaSet {
    version: &'static str,
    kubernetes: SchemaFile,
    custom_resources: Arc<SchemaFile>,
}

/// A field that the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemaViolation {
    /// The field, as a JSON pointer into the object.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl SchemaSet {
    /// The Kubernetes minor versions that there are schemas for, oldest first.
    pub fn kubernetes_versions() -> Vec<&'static str> {
        KUBERNETES.iter().map(|(version, _)| *version).collect()
    }

    /// The schemas of a Kubernetes version, given as `1.31`, `1.31.4` or `v1.31.4`.
    ///
    /// # Errors
    /// [`SchemaError::UnknownVersion`] when there are none for the version.
    pub fn for_kubernetes(version: &str) -> Result<Arc<Self>, SchemaError> {
        let mut numbers = version.trim_start_matches('v').split('.');
        let minor = [numbers.next(), numbers.next()]
            .map(Option::unwrap_or_default)
            .join(".");
        let Some((version, text)) = KUBERNETES.iter().find(|(known, _)| *known == minor) else {
            return Err(SchemaError::UnknownVersion {
                version: version.to_owned(),
                known: Self::kubernetes_versions(),
            });
        };
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = loaded.get(version) {
            return Ok(Arc::clone(set));
        }
        let custom_resources = match loaded.values().next() {
            Some(other) => Arc::clone(&other.custom_resources),
            None => Arc::new(SchemaFile::parse(
                "custom-resources.json",
                CUSTOM_RESOURCES,
            )?),
        };
        let set = Arc::new(Self {
            version,
            kubernetes: SchemaFile::parse(&format!("kubernetes-{version}.json"), text)?,
            custom_resources,
        });
        loaded.insert(version, Arc::clone(&set));
        Ok(set)
    }

    /// The kinds that can be checked, as `apiVersion kind`.
    pub fn kinds(&self) -> Vec<&str> {
        let files = self.files().into_iter();
        files
            .flat_map(|file| file.kinds.keys().map(String::as_str))
            .collect()
    }

    /// Whether a kind (`apiVersion kind`) can be checked.
    pub fn knows(&self, kind: &str) -> bool {
        self.file_of(kind).is_some()
    }

    /// The schema of a kind (`apiVersion kind`) with every reference replaced by what it refers to: the standalone form that
    /// other validators read, one file a kind. `None` when there is no schema for the kind.
    pub fn standalone(&self, kind: &str) -> Option<Value> {
        let (file, name) = self.file_of(kind)?;
        let definition = file.definitions.get(name)?;
        Some(file.without_references(definition, &mut vec![name]))
    }

    /// What the API server would refuse in an object, sorted by path. An object whose kind has no schema is never taken
    /// for a sound one: that is a violation at `/kind`.
    ///
    /// # Errors
    /// [`SchemaError::Unusable`] when a schema does not compile.
    pub fn validate(&self, object: &Value) -> Result<Vec<SchemaViolation>, SchemaError> {
        let field = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = format!("{} {}", field("apiVersion"), field("kind"));
        let Some((file, name)) = self.file_of(&kind) else {
            let message = format!(
                "there is no schema for {kind:?} with Kubernetes {}",
                self.version
            );
            return Ok(vec![SchemaViolation {
                path: "/kind".to_owned(),
                message,
            }]);
        };
        let mut violations: Vec<_> = file
            .validator(&kind, name)?
            .iter_errors(object)
            .flat_map(|error| violations_of(&error))
            .collect();
        violations.sort();
        Ok(violations)
    }

    fn files(&self) -> [&SchemaFile; 2] {
        [&self.kubernetes, &self.custom_resources]
    }

    /// The file that describes a kind, and the name of the kind's definition in it.
    fn file_of(&self, kind: &str) -> Option<(&SchemaFile, &str)> {
        let mut files = self.files().into_iter();
        files.find_map(|file| Some((file, file.kinds.get(kind)?.as_str())))
    }
}

/// One violation for each unknown field, at the field; one at the place of any other error.
fn violations_of(error: &ValidationError<'_>) -> Vec<SchemaViolation> {
    let path = error.instance_path().to_string();
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        return unexpected
            .iter()
            .map(|field| SchemaViolation {
                path: format!("{path}/{}", pointer_segment(field)),
                message: "unknown field".to_owned(),
            })
            .collect();
    }
    let mut message = error.to_string();
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    vec![SchemaViolation { path, message }]
}

fn pointer_segment(field: &str) -> Cow<'_, str> {
    if field.contains(['~', '/']) {
        field.replace('~', "~0").replace('/', "~1").into()
    } else {
        field.into()
    }
}
