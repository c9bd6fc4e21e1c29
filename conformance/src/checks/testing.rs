//! Small subjects for the tests of checks.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use serde_json::Value;

use super::{Check, Verdict, verdict};
use crate::{
    context::Context,
    facts::Facts,
    graph::{Graph, Hints},
    manifest::{Manifest, Object},
    outcome::Outcome,
    report::SubjectDescription,
    requirement::{Catalogue, Requirement},
};

/// Reads documents as one release `r` in the namespace `apim`.
pub(crate) fn manifest(documents: &str) -> Manifest {
    let objects = documents
        .split("\n---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| Object {
            release: "r".into(),
            chart: "am-pattern-3".into(),
            template: "templates/test.yaml".into(),
            text: text.into(),
            release_namespace: "apim".into(),
            value: serde_saphyr::from_str::<Value>(text).expect("the test's document is YAML"),
        })
        .collect();
    Manifest { objects }
}

/// What is judged, besides the documents.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) pattern: u8,
    pub(crate) platform: &'static str,
    pub(crate) version: ProductVersion,
    pub(crate) is_generated: bool,
}

impl Default for Subject {
    fn default() -> Self {
        Self {
            pattern: 3,
            platform: "none",
            version: ProductVersion::V4_7,
            is_generated: false,
        }
    }
}

impl Subject {
    /// Judges the requirement called `id` with its check.
    pub(crate) fn judge(&self, id: &str, check: Check, documents: &str) -> Outcome {
        let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
        let requirement: &Requirement = catalogue.get(id).expect("the requirement exists");
        self.with_context(documents, |context| {
            match verdict(requirement, check, context) {
                Verdict::Told(outcome) => outcome,
                Verdict::Silent => Outcome::of(0, Vec::new()),
            }
        })
    }

    /// What comes of the documents.
    pub(crate) fn with_context<T>(
        &self,
        documents: &str,
        judge: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let manifest = manifest(documents);
        let facts = Facts::load().expect("the committed tables parse");
        let hints = Hints {
            external: vec!["*.example.com".into()],
            ..Hints::default()
        };
        let graph = Graph::build(&manifest, &facts, self.version, &hints);
        let description = SubjectDescription {
            id: "test".into(),
            pattern: self.pattern,
            product_version: self.version.as_str().into(),
            platform: self.platform.into(),
            variant: "default".into(),
            releases: vec!["r".into()],
            namespace: "apim".into(),
            kubernetes_version: String::new(),
        };
        let context = Context {
            subject: &description,
            version: self.version,
            is_generated: self.is_generated,
            is_representative: true,
            manifest: &manifest,
            graph: &graph,
            facts: &facts,
            charts: &BTreeMap::new(),
            source_map: None,
            schemas: None,
            variations: None,
        };
        judge(&context)
    }
}

/// Messages of the findings; empty means passed. Anything that is neither passed nor failed panics.
pub(crate) fn messages(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Passed { .. } => Vec::new(),
        Outcome::Failed { findings, .. } => findings
            .iter()
            .map(|finding| finding.message.clone())
            .collect(),
        other => panic!("neither passed nor failed: {other:?}"),
    }
}
