//! The combinations in which our charts are judged.

mod found;
mod machines;
mod variants;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::RenderRequest;

pub(super) use found::platforms_in;
pub use found::{BARE, platforms_of, version_in};
pub use machines::MACHINES;
pub(crate) use variants::Matrix;

use super::{ChartDirectory, Input, Options, Subject, operator_values};
use crate::{
    component::Component,
    context::SchemaValidator,
    error::SuiteError,
    facts::Facts,
    graph::{Crossings, Hints},
    subject::{OtherSite, SubjectDescription},
};
use variants::{Kubernetes, ReleaseBeside, ReleaseOfSite, Variant, Versions};

/// The subjects that the options choose from directories of our charts.
///
/// # Errors
/// When a chart, platform or version that was asked for is not there, nothing is left to judge, or something that is there would
/// be judged by nobody.
pub(crate) fn charts_subjects(
    options: &Options,
    directories: &[ChartDirectory],
    facts: &Facts,
) -> Result<Vec<Subject>, SuiteError> {
    let matrix = Matrix::load(facts)?;
    let charts = charts_of(options, directories, facts)?;
    check_platforms(options, &charts)?;
    let newest = directories.iter().map(|directory| directory.version).max();
    let mut subjects: Vec<Subject> = charts
        .iter()
        .flat_map(|found| {
            let of = Of {
                options,
                facts,
                matrix: &matrix,
                pattern: found.pattern,
                version: found.version,
                chart: &found.path,
            };
            of.subjects(&found.platforms, Some(found.version) == newest)
        })
        .collect();
    for tree in matrix.trees.iter().filter(|tree| tree.is_chosen(options)) {
        let all = tree.subjects(options)?.into_iter();
        subjects
            .extend(all.filter(|subject| is_pattern_chosen(options, subject.description.pattern)));
    }
    if subjects.is_empty() {
        return Err(SuiteError::usage("the options leave nothing to check"));
    }
    Ok(subjects)
}

fn is_pattern_chosen(options: &Options, pattern: Pattern) -> bool {
    options.patterns.is_empty() || options.patterns.contains(&pattern)
}

/// A chart that is there.
struct Found {
    pattern: Pattern,
    version: ProductVersion,
    path: PathBuf,
    platforms: Vec<String>,
}

/// The charts that the options choose, each with its platforms.
fn charts_of(
    options: &Options,
    directories: &[ChartDirectory],
    facts: &Facts,
) -> Result<Vec<Found>, SuiteError> {
    let is_unknown = |pattern: &&Pattern| !facts.patterns.contains_key(pattern);
    if let Some(unknown) = options.patterns.iter().find(is_unknown) {
        return Err(SuiteError::usage(format!(
            "unknown pattern {unknown}: known are {}",
            facts.pattern_names()
        )));
    }
    let is_missing = |version: &&ProductVersion| {
        !directories
            .iter()
            .any(|directory| directory.version == **version)
    };
    if let Some(missing) = options.product_versions.iter().find(is_missing) {
        return Err(SuiteError::usage(format!(
            "product version {missing} would not be checked: there is no directory with its charts"
        )));
    }
    let is_chosen = |directory: &&ChartDirectory| {
        options.product_versions.is_empty() || options.product_versions.contains(&directory.version)
    };
    let mut found = Vec::new();
    for directory in directories.iter().filter(is_chosen) {
        if !directory.path.is_dir() {
            return Err(SuiteError::cannot_check(format!(
                "no directory of charts at {}",
                directory.path.display()
            )));
        }
        let mut charts = found::charts_in(&directory.path, &options.patterns, facts)?;
        for pattern in facts.patterns.keys().copied() {
            if !is_pattern_chosen(options, pattern) {
                continue;
            }
            let path = charts.remove(&pattern).ok_or_else(|| {
                SuiteError::cannot_check(format!(
                    "no chart at {}; generate it with `cargo xtask gen-charts`, or choose patterns with --pattern",
                    directory.path.join(pattern.chart()).display()
                ))
            })?;
            found.push(Found {
                pattern,
                version: directory.version,
                platforms: platforms_of(&path)?,
                path,
            });
        }
    }
    Ok(found)
}

/// Refuses platforms that no chosen chart has.
fn check_platforms(options: &Options, charts: &[Found]) -> Result<(), SuiteError> {
    let known: BTreeSet<&str> = charts
        .iter()
        .flat_map(|chart| chart.platforms.iter().map(String::as_str))
        .chain([MACHINES])
        .collect();
    let Some(unknown) = options
        .platforms
        .iter()
        .find(|platform| !known.contains(platform.as_str()))
    else {
        return Ok(());
    };
    let nearest = am_suggest::near(unknown, known.iter().copied())
        .map(|meant| format!(", did you mean `{meant}`?"))
        .unwrap_or_default();
    let known: Vec<&str> = known.iter().copied().collect();
    Err(SuiteError::usage(format!(
        "unknown platform `{unknown}`{nearest}; known are {}",
        known.join(", ")
    )))
}

/// One chart of one version.
struct Of<'o> {
    options: &'o Options,
    facts: &'o Facts,
    matrix: &'o Matrix,
    pattern: Pattern,
    version: ProductVersion,
    chart: &'o Path,
}

impl Of<'_> {
    fn subjects(&self, platforms: &[String], is_newest: bool) -> Vec<Subject> {
        let wanted = &self.options.platforms;
        let mut subjects = Vec::new();
        for platform in platforms
            .iter()
            .filter(|platform| wanted.is_empty() || wanted.contains(platform))
        {
            let kubernetes: Vec<&str> = match self.options.kubernetes_versions.as_slice() {
                [] => vec![""],
                some => some.iter().map(String::as_str).collect(),
            };
            let default = self.matrix.default_variant();
            for version in kubernetes {
                subjects.push(self.subject(platform, &default, version));
            }
            if platform == BARE {
                let variants = self.matrix.variants.iter().filter(|variant| {
                    self.options.variants.has(&variant.name)
                        && (is_newest || variant.versions == Versions::Every)
                        && variant.concerns(self.pattern, self.components())
                });
                subjects.extend(
                    variants.map(|variant| self.subject(platform, variant, &self.told(variant))),
                );
            }
        }
        subjects
    }

    fn components(&self) -> impl Iterator<Item = &Component> {
        let components = self.facts.patterns.get(&self.pattern);
        components.into_iter().flat_map(BTreeMap::keys)
    }

    /// The Kubernetes version of a variant, empty for Helm's own.
    fn told(&self, variant: &Variant) -> String {
        let schemas = self.options.schemas.as_deref();
        let supported = schemas.map_or_else(Vec::new, SchemaValidator::kubernetes_versions);
        let version = match variant.kubernetes {
            Kubernetes::Default => None,
            Kubernetes::Oldest => supported.first(),
            Kubernetes::Newest => supported.last(),
        };
        version.cloned().unwrap_or_default()
    }

    fn subject(&self, platform: &str, variant: &Variant, kubernetes: &str) -> Subject {
        let mut render = RenderRequest::new(self.chart, &variant.release, &variant.namespace);
        if platform != BARE {
            render
                .values_files
                .push(self.chart.join("overlays").join(format!("{platform}.yaml")));
        }
        render.values_files.extend(operator_values(
            &self.options.workspace,
            self.facts,
            self.pattern,
            platform,
        ));
        render.api_versions.clone_from(&self.matrix.api_versions);
        if !kubernetes.is_empty() {
            render.kube_version = Some(kubernetes.to_owned());
        }
        render.values = variant.values(self.components());
        let mut id = format!(
            "p{}/{}/{platform}/{}",
            self.pattern, self.version, variant.name
        );
        if !kubernetes.is_empty() {
            id = format!("{id}/{kubernetes}");
        }
        Subject {
            description: SubjectDescription {
                id,
                pattern: self.pattern,
                site: None,
                product_version: self.version.to_string(),
                platform: platform.to_owned(),
                variant: variant.name.clone(),
                releases: vec![variant.release.clone()],
                namespace: variant.namespace.clone(),
                kubernetes_version: kubernetes.to_owned(),
            },
            version: self.version,
            renders: vec![render],
            beside: self.beside(variant),
            sites: self.sites(variant),
            tree: None,
            specification: None,
            hints: Hints {
                external: external_hosts(self.facts, platform, &self.options.external),
                elsewhere: variant.elsewhere(self.pattern, self.components()),
                crossings: Crossings {
                    exposed: variant.exposed(self.components()),
                    others: variant.beyond(),
                    ..Crossings::default()
                },
                identity_server: variant.identity_server.clone(),
                tenants: variant.tenants(),
                ..Hints::default()
            },
            is_generated: true,
            is_representative: true,
        }
    }
}

impl Of<'_> {
    /// The releases of a variant that are there too, of charts in the same folder.
    fn beside(&self, variant: &Variant) -> Vec<RenderRequest> {
        let folder = self.chart.parent().unwrap_or(self.chart);
        let one = |beside: &ReleaseBeside| {
            let chart = folder.join(beside.pattern.chart());
            let mut render = RenderRequest::new(chart, &beside.release, &variant.namespace);
            let (workspace, facts) = (&self.options.workspace, self.facts);
            render.values_files = operator_values(workspace, facts, beside.pattern, BARE);
            render.api_versions.clone_from(&self.matrix.api_versions);
            render.values = serde_json::Value::Object(beside.values.clone());
            render
        };
        variant.beside.iter().map(one).collect()
    }
}

impl Of<'_> {
    /// The other sites of a variant, each a release of the same chart.
    fn sites(&self, variant: &Variant) -> Vec<OtherSite> {
        let one = |(name, site): (&String, &ReleaseOfSite)| {
            let mut render = RenderRequest::new(self.chart, &variant.release, &variant.namespace);
            let (workspace, facts) = (&self.options.workspace, self.facts);
            render.values_files = operator_values(workspace, facts, self.pattern, BARE);
            render.api_versions.clone_from(&self.matrix.api_versions);
            render.values = site.values(self.components());
            OtherSite {
                name: name.clone(),
                renders: vec![render],
                tree: None,
            }
        };
        variant.sites.iter().map(one).collect()
    }
}

/// The subject of one chart with a platform and a variant; without one, the plain combination.
///
/// # Errors
/// When there is no such chart or variant.
pub(crate) fn base_subject(
    options: &Options,
    facts: &Facts,
    directory: &Path,
    pattern: Pattern,
    version: ProductVersion,
    platform: &str,
    variant: Option<&str>,
) -> Result<Subject, String> {
    let chart = directory.join(pattern.chart());
    if !chart.is_dir() {
        return Err(format!("there is no chart at {}", chart.display()));
    }
    let matrix = Matrix::load(facts).map_err(|error| error.to_string())?;
    if platform == MACHINES {
        for tree in matrix.trees.iter().filter(|tree| tree.has(pattern)) {
            let subjects = tree.subjects(options).map_err(|error| error.to_string())?;
            let mut subjects = subjects.into_iter();
            let found = subjects.find(|subject| {
                let own = &subject.description;
                own.pattern == pattern && variant.is_none_or(|name| own.variant == name)
            });
            if let Some(found) = found {
                return Ok(found);
            }
        }
        return Err(format!("the matrix has no such tree of pattern {pattern}"));
    }
    let of = Of {
        options,
        facts,
        matrix: &matrix,
        pattern,
        version,
        chart: &chart,
    };
    let variant = match variant {
        Some(name) => matrix.variant(name)?.clone(),
        None => matrix.default_variant(),
    };
    Ok(of.subject(platform, &variant, ""))
}

/// How the variants that concern a pattern install a chart of it, by their names.
///
/// # Errors
/// When the matrix breaks a rule.
pub fn variant_renders(
    workspace: &Path,
    facts: &Facts,
    pattern: Pattern,
    chart: &Path,
) -> Result<Vec<(String, RenderRequest)>, SuiteError> {
    let options = Options::new(workspace, Input::Charts(Vec::new()));
    let matrix = Matrix::load(facts)?;
    let of = Of {
        options: &options,
        facts,
        matrix: &matrix,
        pattern,
        version: ProductVersion::newest(),
        chart,
    };
    let variants = matrix
        .variants
        .iter()
        .filter(|variant| variant.concerns(pattern, of.components()));
    let renders = variants.flat_map(|variant| {
        let renders = of.subject(BARE, variant, "").renders;
        renders
            .into_iter()
            .map(|render| (variant.name.clone(), render))
    });
    Ok(renders.collect())
}

/// The hosts that are outside on a platform; `aws-external-secrets` is on the platform `aws`.
fn external_hosts(facts: &Facts, platform: &str, further: &[String]) -> Vec<String> {
    let base = platform.split('-').next().unwrap_or(platform);
    ["all", base]
        .iter()
        .filter_map(|name| facts.external_hosts.get(*name))
        .flatten()
        .chain(further)
        .cloned()
        .collect()
}
