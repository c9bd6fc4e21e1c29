//! The variants of the matrix, from `conformance/requirements/matrix.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use am_product::Pattern;
use am_product::data::File;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::machines::TreeUnderTest;
use crate::{
    component::Component,
    error::SuiteError,
    facts::{Facts, IdentityServer},
    graph::{Beyond, Elsewhere},
    requirement::Layer,
    subject::set_path,
    suite::variation::merge,
};

/// The name of the plain combination.
pub(super) const DEFAULT: &str = "default";

const FILE: File = File::new(
    "conformance/requirements/matrix.yaml",
    include_str!("../../../requirements/matrix.yaml"),
);

/// The combinations in which our charts are judged.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Matrix {
    /// Release name, unless a variant has its own.
    release: String,
    /// Namespace, unless a variant has its own.
    namespace: String,
    /// Custom resources that charts may ask for with `.Capabilities`.
    pub(super) api_versions: Vec<String>,
    /// Templates that make no document, with the reason.
    pub(in crate::suite) without_documents: BTreeMap<String, String>,
    pub(super) variants: Vec<Variant>,
    /// Host trees that are judged beside the charts.
    #[serde(default)]
    pub(super) trees: Vec<TreeUnderTest>,
}

/// A way of installing that must not break anything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Variant {
    pub(super) name: String,
    #[serde(default)]
    pub(super) release: String,
    #[serde(default)]
    pub(super) namespace: String,
    /// The Kubernetes version that templates are told.
    #[serde(default)]
    pub(super) kubernetes: Kubernetes,
    /// Product versions that it is judged on.
    #[serde(default)]
    pub(super) versions: Versions,
    /// Layers of the product whose charts it is about; that of API management unless given.
    #[serde(default)]
    layers: Vec<Layer>,
    /// Components, of which a pattern must have one; none for every pattern.
    #[serde(default)]
    only_with: Vec<Component>,
    /// Patterns; none for every one.
    #[serde(default)]
    only_patterns: Vec<Pattern>,
    #[serde(default)]
    except_patterns: Vec<Pattern>,
    /// Values of the whole chart.
    #[serde(default)]
    values: Map<String, Value>,
    /// Values of each component.
    #[serde(default)]
    every_component: Map<String, Value>,
    /// Values of these components, where a chart has them.
    #[serde(default)]
    components: BTreeMap<Component, Map<String, Value>>,
    /// Whose the release is; everybody's unless given.
    #[serde(default)]
    pub(super) tenant: Option<String>,
    /// Releases of other charts that are there too.
    #[serde(default)]
    pub(super) beside: Vec<ReleaseBeside>,
    /// Where components are that the release does not run. It says so apart from the values, which are judged against it.
    #[serde(default)]
    elsewhere: BTreeMap<Component, Elsewhere>,
    /// Where other sites reach components of this one. It says so apart from the values, which are judged against it.
    #[serde(default)]
    exposed: BTreeMap<Component, Elsewhere>,
    /// Where components of other sites are, by site.
    #[serde(default)]
    beyond: BTreeMap<String, BTreeMap<Component, Elsewhere>>,
    /// Other sites of the deployment, of the same chart, by their names.
    #[serde(default)]
    pub(super) sites: BTreeMap<String, ReleaseOfSite>,
    /// The identity server that the release is to accept. It says so apart from the values, which are judged against it.
    #[serde(default)]
    pub(super) identity_server: Option<IdentityServer>,
}

/// A release of another chart, or of the same, that is there too.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReleaseBeside {
    /// Whose chart it is.
    pub(super) pattern: Pattern,
    pub(super) release: String,
    /// Whose it is; everybody's unless given.
    #[serde(default)]
    pub(super) tenant: Option<String>,
    #[serde(default)]
    pub(super) values: Map<String, Value>,
}

/// The release of another site.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReleaseOfSite {
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    components: BTreeMap<Component, Map<String, Value>>,
}

impl ReleaseOfSite {
    /// Its values for a chart with these components.
    pub(super) fn values<'c>(&self, components: impl Iterator<Item = &'c Component>) -> Value {
        let variant = Variant {
            values: self.values.clone(),
            components: self.components.clone(),
            ..Variant::default()
        };
        variant.values(components)
    }
}

/// The Kubernetes version that templates are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kubernetes {
    /// The one that Helm tells when nothing else is said.
    #[default]
    Default,
    /// The oldest supported.
    Oldest,
    /// The newest there is.
    Newest,
}

/// Product versions that a variant is judged on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Versions {
    #[default]
    Newest,
    Every,
}

impl Matrix {
    /// The matrix of this run.
    ///
    /// # Errors
    /// When the file breaks a rule: an unknown field, a name that is there twice, a pattern that does not exist.
    pub(crate) fn load(facts: &Facts) -> Result<Self, SuiteError> {
        let matrix = Self::read(&FILE.text()?, &facts.patterns.keys().copied().collect())?;
        for variant in &matrix.variants {
            for (component, elsewhere) in variant.elsewhere.iter().chain(&variant.exposed) {
                if let Some(mistake) = elsewhere.mistake(*component) {
                    return Err(SuiteError::Requirements {
                        file: FILE.path.into(),
                        message: format!("variant `{}`: {mistake}", variant.name),
                    });
                }
            }
            for pattern in facts.patterns.keys() {
                let left = facts.left_of(*pattern, variant.identity_server.as_ref());
                left.map_err(|message| SuiteError::Requirements {
                    file: FILE.path.into(),
                    message: format!("variant `{}`: {message}", variant.name),
                })?;
            }
        }
        Ok(matrix)
    }

    /// The variant with this name.
    ///
    /// # Errors
    /// When there is none; the message proposes the one meant.
    pub(super) fn variant(&self, name: &str) -> Result<&Variant, String> {
        let names = || self.variants.iter().map(|variant| variant.name.as_str());
        let found = self.variants.iter().find(|variant| variant.name == name);
        found.ok_or_else(|| {
            let hint = am_suggest::hint(name, names());
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            format!("{} has no variant `{name}`{hint}", FILE.path)
        })
    }

    fn read(text: &str, patterns: &BTreeSet<Pattern>) -> Result<Self, SuiteError> {
        let wrong = |message: String| SuiteError::Requirements {
            file: FILE.path.into(),
            message,
        };
        let mut matrix: Self = crate::yaml::read(text).map_err(wrong)?;
        let mut names = BTreeSet::from([DEFAULT]);
        for variant in &matrix.variants {
            if !names.insert(&variant.name) {
                return Err(wrong(format!(
                    "variant `{}`: the name is already in use; `{DEFAULT}` is the chart without one",
                    variant.name
                )));
            }
            let beside = variant.beside.iter().map(|release| &release.pattern);
            let listed = variant.except_patterns.iter().chain(&variant.only_patterns);
            let listed = listed.chain(beside);
            if let Some(unknown) = listed
                .into_iter()
                .find(|pattern| !patterns.contains(pattern))
            {
                return Err(wrong(format!(
                    "variant `{}` names pattern {unknown}, which facts.yaml does not have",
                    variant.name
                )));
            }
        }
        let (release, namespace) = (matrix.release.clone(), matrix.namespace.clone());
        for variant in &mut matrix.variants {
            if variant.release.is_empty() {
                variant.release.clone_from(&release);
            }
            if variant.namespace.is_empty() {
                variant.namespace.clone_from(&namespace);
            }
        }
        Ok(matrix)
    }

    /// The plain combination.
    pub(super) fn default_variant(&self) -> Variant {
        Variant {
            name: DEFAULT.into(),
            release: self.release.clone(),
            namespace: self.namespace.clone(),
            ..Variant::default()
        }
    }
}

impl Variant {
    /// Whether it concerns a pattern with these components.
    pub(super) fn concerns<'c>(
        &self,
        pattern: Pattern,
        mut components: impl Iterator<Item = &'c Component>,
    ) -> bool {
        let layer = Layer::of(pattern);
        let is_of_layer = match self.layers.as_slice() {
            [] => layer == Layer::ApiManagement,
            layers => layers.contains(&layer),
        };
        is_of_layer
            && !self.except_patterns.contains(&pattern)
            && (self.only_patterns.is_empty() || self.only_patterns.contains(&pattern))
            && (self.only_with.is_empty()
                || components.any(|component| self.only_with.contains(component)))
    }

    /// Where those of a pattern's components are that the release does not run. A companion's are all of API Manager's.
    pub(super) fn elsewhere<'c>(
        &self,
        pattern: Pattern,
        components: impl Iterator<Item = &'c Component>,
    ) -> BTreeMap<Component, Elsewhere> {
        match Layer::of(pattern) {
            Layer::ApiManagement => of(&self.elsewhere, components),
            Layer::Integration => self.elsewhere.clone(),
        }
    }

    /// Tenants by the names of releases, of those beside, too.
    pub(super) fn tenants(&self) -> BTreeMap<String, String> {
        let beside = self.beside.iter().map(|it| (&it.release, &it.tenant));
        let all = std::iter::once((&self.release, &self.tenant)).chain(beside);
        all.filter_map(|(release, tenant)| Some((release.clone(), tenant.clone()?)))
            .collect()
    }

    /// Where other sites reach a pattern's components.
    pub(super) fn exposed<'c>(
        &self,
        components: impl Iterator<Item = &'c Component>,
    ) -> BTreeMap<Component, Elsewhere> {
        of(&self.exposed, components)
    }

    /// Where components of other sites are.
    pub(super) fn beyond(&self) -> Vec<Beyond> {
        let sites = self.beyond.iter();
        let places = sites.flat_map(|(site, components)| {
            components.iter().flat_map(move |(component, elsewhere)| {
                elsewhere.places().map(move |(place, _)| Beyond {
                    site: site.clone(),
                    component: *component,
                    place: place.clone(),
                    is_declared: self.elsewhere.contains_key(component),
                })
            })
        });
        places.collect()
    }

    /// Its values for a chart with these components.
    pub(super) fn values<'c>(&self, components: impl Iterator<Item = &'c Component>) -> Value {
        let mut values = Value::Object(self.values.clone());
        for component in components {
            let of_component = self.components.get(component);
            for given in [Some(&self.every_component), of_component]
                .into_iter()
                .flatten()
                .filter(|given| !given.is_empty())
            {
                let mut over = Value::Null;
                set_path(
                    &mut over,
                    component.values_key(),
                    Value::Object(given.clone()),
                );
                merge(&mut values, &over);
            }
        }
        match &values {
            Value::Object(map) if map.is_empty() => Value::Null,
            _ => values,
        }
    }
}

/// What is said of these components.
fn of<'c>(
    said: &BTreeMap<Component, Elsewhere>,
    components: impl Iterator<Item = &'c Component>,
) -> BTreeMap<Component, Elsewhere> {
    components
        .filter_map(|component| Some((*component, said.get(component)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use am_product::Pattern;
    use serde_json::{Value, json};

    use super::Matrix;
    use crate::{component::Component, facts::Facts};

    const HEAD: &str = "release: am\nnamespace: apim\napiVersions: []\nwithoutDocuments: {}\n";

    fn component(name: &str) -> Component {
        Component::from_name(name).expect("a component")
    }

    fn read(variants: &str) -> Result<Matrix, String> {
        let patterns = BTreeSet::from([0, 1].map(Pattern::Numbered));
        Matrix::read(&format!("{HEAD}variants: {variants}"), &patterns)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_committed_matrix_is_well_formed() {
        let facts = Facts::load().expect("the committed tables parse");
        let matrix = Matrix::load(&facts).expect("the committed matrix parses");
        assert!(matrix.variants.len() > 10);
    }

    #[test]
    fn a_misspelt_field_of_a_variant_names_the_one_meant() {
        let error = read("[{name: a, relaese: x}]").expect_err("refused");
        assert!(
            error.contains("matrix.yaml") && error.contains("did you mean `release`?"),
            "{error}"
        );
    }

    #[test]
    fn two_variants_of_one_name_and_unknown_patterns_are_refused() {
        for (variants, part) in [
            ("[{name: a}, {name: a}]", "variant `a`"),
            ("[{name: default}]", "variant `default`"),
            ("[{name: a, exceptPatterns: [7]}]", "pattern 7"),
        ] {
            let error = read(variants).expect_err("refused");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn values_go_to_the_components_that_a_chart_has() {
        let matrix = read(
            "[{name: a, values: {x: 1}, everyComponent: {portOffset: 10}, components: {gateway: {replicas: 3}}}]",
        )
        .expect("well-formed");
        let values = |components: &[Component]| matrix.variants[0].values(components.iter());
        assert_eq!(
            values(&[component("gateway"), component("all-in-one")]),
            json!({"x": 1, "gateway": {"portOffset": 10, "replicas": 3}, "allInOne": {"portOffset": 10}})
        );
        assert_eq!(values(&[]), json!({"x": 1}));
        assert_eq!(matrix.default_variant().values([].iter()), Value::Null);
    }

    #[test]
    fn a_variant_concerns_patterns_with_its_components_but_for_the_exceptions() {
        let matrix = read("[{name: a, onlyWith: [gateway], exceptPatterns: [0]}]").expect("parses");
        let variant = &matrix.variants[0];
        let gateway = [component("gateway")];
        assert!(variant.concerns(Pattern::Numbered(1), gateway.iter()));
        assert!(!variant.concerns(Pattern::Numbered(0), gateway.iter()));
        assert!(!variant.concerns(Pattern::Numbered(1), [component("all-in-one")].iter()));
    }

    #[test]
    fn a_variant_is_for_the_layers_that_it_names_and_else_for_api_management() {
        let companion: Pattern = "mi".parse().expect("a companion");
        let matrix = read(
            "[{name: a}, {name: b, layers: [integration]}, {name: c, layers: [api-management, integration]}]",
        );
        let matrix = matrix.expect("parses");
        let concerned = |pattern: Pattern| -> Vec<&str> {
            let variants = matrix.variants.iter();
            variants
                .filter(|variant| variant.concerns(pattern, [].iter()))
                .map(|variant| variant.name.as_str())
                .collect()
        };
        assert_eq!(concerned(Pattern::Numbered(1)), ["a", "c"]);
        assert_eq!(concerned(companion), ["b", "c"]);
    }
}
