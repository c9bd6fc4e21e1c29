//! Small subjects for the tests of checks, with charts and further renders where a check needs them.

use std::{collections::BTreeMap, sync::LazyLock};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use serde_json::Value;

use super::{Check, Registry, Verdict, registry::verdict};
use crate::{
    chart::{ChartSource, Given, GivenFile, Givens, Places},
    context::{Context, SchemaValidator},
    facts::Facts,
    graph::{Graph, Hints},
    manifest::{Manifest, Object},
    outcome::Outcome,
    requirement::{AppliesTo, Catalogue, Example, Family, Level, Requirement},
    subject::SubjectDescription,
    upstream::{Admission, testing::upstream},
    variation::{Refusal, Variation, Variations},
};

/// Reads documents as one release `r` in the namespace `apim`.
pub(crate) fn manifest(documents: &str) -> Manifest {
    read(documents, "r", "apim")
}

type Renders = dyn Fn(&Variation) -> Result<String, Refusal> + Send + Sync;

/// What a subject is, besides its documents.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) pattern: Pattern,
    pub(crate) platform: &'static str,
    pub(crate) version: ProductVersion,
    pub(crate) is_generated: bool,
}

impl Default for Subject {
    fn default() -> Self {
        Self {
            pattern: Pattern::Numbered(3),
            platform: "none",
            version: ProductVersion::newest(),
            is_generated: false,
        }
    }
}

impl Subject {
    /// Judges the requirement called `id` with its check on documents of the release `r` in the namespace `apim`.
    pub(crate) fn judge(&self, id: &str, check: Check, documents: &str) -> Outcome {
        let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
        let requirement = catalogue.get(id).expect("the requirement exists");
        self.case(documents).judge_as(requirement, check, "apim")
    }

    /// Judges the requirement called `id`, wherever it applies, on documents of the release `r` in the namespace `apim`.
    pub(crate) fn judge_requirement(&self, id: &str, documents: &str) -> Outcome {
        self.case(documents).judge_requirement(id)
    }

    /// What comes of documents of the release `r` in the namespace `apim`.
    pub(crate) fn with_context<T>(
        &self,
        documents: &str,
        judge: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        self.case(documents).with_context("apim", judge)
    }

    fn case(&self, documents: &str) -> Case {
        Case {
            subject: self.clone(),
            ..Case::documents(documents)
        }
    }
}

/// A subject with documents, charts and further renders.
#[derive(Default)]
pub(crate) struct Case {
    subject: Subject,
    documents: String,
    charts: BTreeMap<String, ChartSource>,
    given: Givens,
    schemas: Option<Box<dyn SchemaValidator>>,
    further: Option<Further>,
    sites: BTreeMap<String, String>,
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

    /// With a values file of the user, in the folder `user`.
    pub(crate) fn given(mut self, text: &str) -> Self {
        let file = GivenFile::values("user".into(), "values.yaml".into(), text.to_owned());
        self.given.insert("r".into(), Given::new(vec![file]));
        self
    }

    pub(crate) fn generated(mut self) -> Self {
        self.subject.is_generated = true;
        self
    }

    /// With another site of the deployment, of these documents.
    pub(crate) fn with_site(mut self, name: &str, documents: &str) -> Self {
        self.sites.insert(name.to_owned(), documents.to_owned());
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

    /// What a check says, whichever requirement it belongs to.
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
            rows: Vec::new(),
            example: Example {
                failure: String::new(),
                fix: String::new(),
            },
            mutants: Vec::new(),
            family: Family::Helm,
            own: None,
        };
        self.judge_as(&requirement, check, "n")
    }

    /// What the requirement called `id` says, wherever it applies.
    pub(crate) fn judge_requirement(&self, id: &str) -> Outcome {
        static SUITE: LazyLock<(Catalogue, Registry)> = LazyLock::new(|| {
            let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
            let registry = Registry::load(&catalogue).expect("requirements and checks agree");
            (catalogue, registry)
        });
        let (catalogue, registry) = &*SUITE;
        let requirement = catalogue.get(id).expect("the requirement exists");
        self.with_context("apim", |context| {
            match registry.look(requirement, context) {
                Verdict::Told(outcome) => outcome,
                Verdict::Silent => Outcome::of(0, Vec::new()),
            }
        })
    }

    fn judge_as(&self, requirement: &Requirement, check: Check, namespace: &str) -> Outcome {
        self.with_context(namespace, |context| {
            match verdict(requirement, check, context) {
                Verdict::Told(outcome) => outcome,
                Verdict::Silent => Outcome::of(0, Vec::new()),
            }
        })
    }

    fn with_context<T>(&self, namespace: &str, judge: impl FnOnce(&Context<'_>) -> T) -> T {
        let mut manifest = read(&self.documents, "r", namespace);
        for (name, documents) in &self.sites {
            let site = read(documents, "r", namespace);
            manifest.sites.insert(name.clone(), site);
        }
        let facts = Facts::load().expect("the committed tables parse");
        let version = self.subject.version;
        let hints = Hints {
            external: vec!["*.example.com".into()],
            ..Hints::default()
        };
        let graph = Graph::build(&manifest, &facts, version, &hints);
        let description = SubjectDescription {
            id: "test".into(),
            pattern: self.subject.pattern,
            site: None,
            product_version: version.as_str().into(),
            platform: self.subject.platform.into(),
            variant: "default".into(),
            releases: vec!["r".into()],
            namespace: namespace.into(),
            kubernetes_version: String::new(),
        };
        let further = self.further.as_ref();
        let context = Context {
            subject: &description,
            version,
            is_generated: self.subject.is_generated,
            is_representative: true,
            manifest: &manifest,
            graph: &graph,
            facts: &facts,
            charts: &self.charts,
            given: &self.given,
            places: Places::default(),
            source_map: None,
            schemas: self.schemas.as_deref(),
            upstream: upstream(),
            admission: Admission::new(upstream()),
            variations: further.map(|further| further as &dyn Variations),
        };
        judge(&context)
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
    Manifest {
        objects,
        ..Manifest::default()
    }
}

/// Ids of a family.
pub(crate) fn ids_of(family: Family) -> Vec<String> {
    let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
    let own = catalogue
        .iter()
        .filter(|requirement| requirement.family == family);
    own.map(|requirement| requirement.id.clone()).collect()
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
