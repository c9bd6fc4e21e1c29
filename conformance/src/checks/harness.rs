//! Small subjects with charts and further renders, for the tests of the upgrade, Helm and Kubernetes checks.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use serde_json::Value;

use super::Check;
use crate::{
    chart::ChartSource,
    context::{Context, Judge, SchemaValidator},
    facts::Facts,
    graph::{Graph, Hints},
    manifest::{Manifest, Object},
    outcome::Outcome,
    report::SubjectDescription,
    requirement::{AppliesTo, Example, Family, Level, Requirement},
    variation::{Refusal, Variation, Variations},
};

type Renders = dyn Fn(&Variation) -> Result<String, Refusal> + Send + Sync;

/// A subject.
#[derive(Default)]
pub(crate) struct Case {
    documents: String,
    charts: BTreeMap<String, ChartSource>,
    schemas: Option<Box<dyn SchemaValidator>>,
    further: Option<Further>,
    is_generated: bool,
}

/// Further renders, made by a function of the test.
pub(crate) struct Further {
    renders: Box<Renders>,
    pub(crate) lint: Vec<String>,
    pub(crate) notes: Option<String>,
    pub(crate) product_versions: Vec<String>,
}

impl Case {
    /// A subject of these documents, rendered for the release `r` in the namespace `n`.
    pub(crate) fn documents(documents: &str) -> Self {
        Self {
            documents: documents.to_owned(),
            ..Self::default()
        }
    }

    /// A chart called `c` of these files, which renders one document.
    pub(crate) fn chart(files: &[(&str, &str)]) -> Self {
        Self::documents("{kind: ConfigMap, apiVersion: v1, metadata: {name: r-config}}")
            .with_chart(files)
    }

    pub(crate) fn with_chart(mut self, files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        self.charts.insert(
            "c".into(),
            ChartSource {
                name: "c".into(),
                files,
                ..ChartSource::default()
            },
        );
        self
    }

    pub(crate) fn generated(mut self) -> Self {
        self.is_generated = true;
        self
    }

    pub(crate) fn with_schemas(mut self, schemas: impl SchemaValidator + 'static) -> Self {
        self.schemas = Some(Box::new(schemas));
        self
    }

    /// With further renders.
    pub(crate) fn varied(
        mut self,
        renders: impl Fn(&Variation) -> Result<String, Refusal> + Send + Sync + 'static,
    ) -> Self {
        self.further = Some(Further {
            renders: Box::new(renders),
            lint: Vec::new(),
            notes: None,
            product_versions: vec!["4.5.0".into(), "4.6.0".into(), "4.7.0".into()],
        });
        self
    }

    /// With further renders, changed by `change`.
    pub(crate) fn with_further(mut self, change: impl FnOnce(&mut Further)) -> Self {
        self = if self.further.is_some() {
            self
        } else {
            self.varied(|_| Ok(String::new()))
        };
        if let Some(further) = &mut self.further {
            change(further);
        }
        self
    }

    /// What a check says.
    pub(crate) fn judge(&self, check: Check) -> Outcome {
        let requirement = Requirement {
            id: "AM-HELM-999".into(),
            level: Level::Must,
            title: String::new(),
            text: String::new(),
            source: String::new(),
            applies_to: AppliesTo::default(),
            applies_when: None,
            never_looked_at: None,
            example: Example {
                failure: String::new(),
                fix: String::new(),
            },
            mutants: Vec::new(),
            family: Family::Helm,
        };
        let manifest = read(&self.documents, "r", "n");
        let facts = Facts::load().expect("the committed tables parse");
        let version = ProductVersion::ALL[ProductVersion::ALL.len() - 1];
        let graph = Graph::build(&manifest, &facts, version, &Hints::default());
        let subject = SubjectDescription {
            id: "test".into(),
            pattern: 3,
            product_version: version.as_str().into(),
            platform: "none".into(),
            variant: "default".into(),
            releases: vec!["r".into()],
            namespace: "n".into(),
            kubernetes_version: String::new(),
        };
        let context = Context {
            subject: &subject,
            version,
            is_generated: self.is_generated,
            is_representative: true,
            manifest: &manifest,
            graph: &graph,
            facts: &facts,
            charts: &self.charts,
            source_map: None,
            schemas: self.schemas.as_deref(),
            variations: self
                .further
                .as_ref()
                .map(|further| further as &dyn Variations),
        };
        let mut judge = Judge::new(&context, &requirement);
        check(&context, &mut judge);
        judge.outcome()
    }
}

impl Variations for Further {
    fn render(&self, _release: &str, variation: &Variation) -> Result<Manifest, Refusal> {
        let release = variation.release.as_deref().unwrap_or("r");
        let namespace = variation.namespace.as_deref().unwrap_or("n");
        (self.renders)(variation).map(|documents| read(&documents, release, namespace))
    }

    fn lint(&self, _release: &str) -> Result<Vec<String>, Refusal> {
        Ok(self.lint.clone())
    }

    fn notes(&self, _release: &str) -> Result<Option<String>, Refusal> {
        Ok(self.notes.clone())
    }

    fn product_versions(&self, _release: &str) -> Vec<String> {
        self.product_versions.clone()
    }
}

fn read(documents: &str, release: &str, namespace: &str) -> Manifest {
    let objects = documents
        .split("\n---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| Object {
            release: release.into(),
            chart: "c".into(),
            template: "templates/t.yaml".into(),
            text: text.into(),
            release_namespace: namespace.into(),
            value: serde_saphyr::from_str::<Value>(text).expect("the test's document is YAML"),
        })
        .collect();
    Manifest { objects }
}

/// Messages of the findings of a failed outcome; fails the test for any other.
pub(crate) fn messages(outcome: &Outcome) -> Vec<String> {
    let Outcome::Failed { findings, .. } = outcome else {
        panic!("not failed: {outcome:?}")
    };
    findings
        .iter()
        .map(|finding| finding.message.clone())
        .collect()
}
