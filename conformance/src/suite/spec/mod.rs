//! Specifications: any charts, judged as one pattern made of several releases, or as several such sites.

mod deployment;
mod pattern;

use std::path::Path;

use am_toolchain::RenderRequest;
use serde::Deserialize;

use super::{BARE, MACHINES, Options, digest::place_of};
use crate::{
    error::SuiteError,
    facts::Facts,
    graph::{Declared, Hints},
    machines::{self, Tree},
    report::API_VERSION,
    subject::{OtherSite, Subject, SubjectDescription},
};

use deployment::{DeploymentUnderTest, KIND as DEPLOYMENT};
use pattern::IntegratorUnderTest;
use pattern::KIND as PATTERN;
pub use pattern::{PatternUnderTest, ReleaseUnderTest};

/// Reads a specification and makes its subjects: one, or one for each site of a deployment.
///
/// # Errors
/// When the file cannot be read, breaks its format, or names a file that is not there.
pub fn spec_subjects(
    options: &Options,
    file: &Path,
    facts: &Facts,
) -> Result<Vec<Subject>, SuiteError> {
    let text = std::fs::read_to_string(file).map_err(|source| SuiteError::Read {
        file: file.to_owned(),
        source,
    })?;
    let wrong = |message: String| SuiteError::Spec {
        file: file.to_owned(),
        message,
    };
    let header: Header = crate::yaml::read(&text).map_err(wrong)?;
    if header.api_version.as_deref() != Some(API_VERSION) {
        return Err(wrong(format!("apiVersion must be `{API_VERSION}`")));
    }
    match header.kind.as_deref() {
        Some(PATTERN) => {
            let spec: PatternUnderTest = crate::yaml::read(&text).map_err(wrong)?;
            subjects(options, file, None, spec, facts)
        }
        Some(DEPLOYMENT) => {
            let deployment: DeploymentUnderTest = crate::yaml::read(&text).map_err(wrong)?;
            let sites = deployment.sites().map_err(wrong)?;
            let mut all = Vec::new();
            for (site, spec, crossings) in sites {
                let mut of_site = subjects(options, file, Some(&site), spec, facts)?;
                // The first is the site itself.
                if let Some(first) = of_site.first_mut() {
                    first.hints.crossings = crossings;
                }
                all.push((site, of_site));
            }
            Ok(told_of_each_other(all))
        }
        _ => Err(wrong(format!("kind must be `{PATTERN}` or `{DEPLOYMENT}`"))),
    }
}

/// The subjects of all sites, each site told what the others are.
fn told_of_each_other(mut all: Vec<(String, Vec<Subject>)>) -> Vec<Subject> {
    let sites: Vec<(OtherSite, Hints)> = all
        .iter()
        .filter_map(|(name, subjects)| {
            let site = subjects.first()?;
            let other = OtherSite {
                name: name.clone(),
                renders: site.renders.clone(),
                tree: site.tree.clone(),
            };
            Some((other, site.hints.clone()))
        })
        .collect();
    for (name, subjects) in &mut all {
        let Some(site) = subjects.first_mut() else {
            continue;
        };
        for (other, hints) in sites.iter().filter(|(other, _)| other.name != *name) {
            site.sites.push(other.clone());
            let hints = hints.clone();
            site.hints.sites.insert(other.name.clone(), hints);
        }
    }
    all.into_iter().flat_map(|(_, subjects)| subjects).collect()
}

/// What every specification says first.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    api_version: Option<String>,
    kind: Option<String>,
}

/// A host tree, which findings name by its place below the workspace, or as it was given.
fn tree_at(folder: &Path, workspace: &Path) -> Result<Tree, String> {
    if !folder.is_dir() {
        return Err(format!("there is no tree at {}", folder.display()));
    }
    Tree::read(folder, &place_of(folder, workspace)).map_err(|error| error.to_string())
}

/// The subjects of one pattern: itself, and each of its integrators with what is beside it.
fn subjects(
    options: &Options,
    file: &Path,
    site: Option<&str>,
    spec: PatternUnderTest,
    facts: &Facts,
) -> Result<Vec<Subject>, SuiteError> {
    let wrong = |message: String| SuiteError::Spec {
        file: file.to_owned(),
        message: site.map_or(message.clone(), |site| format!("site {site}: {message}")),
    };
    let mut names: Vec<&str> = spec.releases.iter().map(|it| it.name.as_str()).collect();
    for integrator in &spec.integrators {
        let mistake = integrator.mistake(spec.tree.is_some());
        mistake.map_or(Ok(()), |mistake| Err(wrong(mistake)))?;
        let name = integrator.name();
        if names.contains(&name) {
            let what = if spec.tree.is_some() {
                "clusters"
            } else {
                "releases"
            };
            return Err(wrong(format!("two {what} are called `{name}`")));
        }
        names.push(name);
    }
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let tenants = spec.tenants();
    let clients = spec.clients();
    let companions = spec.companions();
    let integrators = spec.integrators.clone();
    let mut all = vec![subject(options, file, site, spec, facts)?];
    let clusters = clusters_of(&all[0], &integrators).map_err(wrong)?;
    for mut cluster in clusters {
        tell_site(&mut cluster, site);
        cluster.hints.tenants.clone_from(&tenants);
        cluster.hints.clients.clone_from(&clients);
        all.push(cluster);
    }
    for (companion, beside) in companions {
        let namespace = companion.namespace.clone();
        let version = companion.kubernetes_version.clone();
        let mut subject = subject(options, file, site, companion, facts)?;
        tell_site(&mut subject, site);
        let renders = beside.iter().map(|release| {
            let mut render = render_of(release, folder, &namespace).map_err(wrong)?;
            render.kube_version.clone_from(&version);
            Ok(render)
        });
        subject.beside = renders.collect::<Result<_, SuiteError>>()?;
        subject.hints.tenants.clone_from(&tenants);
        all.push(subject);
    }
    Ok(all)
}

/// Says whose servers a subject is of which the specification has several.
fn tell_site(subject: &mut Subject, site: Option<&str>) {
    let description = &mut subject.description;
    let release = description.releases.join(" ");
    description.id = format!("{}/{release}", description.id);
    description.site = Some(match site {
        Some(site) => format!("{site}, {release}"),
        None => release,
    });
}

/// The clusters of a tree, each of which must be declared, because nobody would miss the verdict of one that is not.
fn clusters_of(
    api_manager: &Subject,
    declared: &[IntegratorUnderTest],
) -> Result<Vec<Subject>, String> {
    let Some(tree) = &api_manager.tree else {
        return Ok(Vec::new());
    };
    let clusters = machines::clusters(tree)?;
    let is_declared = |name: &String| declared.iter().any(|one| one.name() == name);
    if let Some((name, cluster)) = clusters.iter().find(|(name, _)| !is_declared(name)) {
        return Err(format!(
            "{} has units of {name}, which is not declared: list it in `integrators` with `pattern: {}` and `unit: am-{name}`",
            tree.place, cluster.pattern
        ));
    }
    let known = || clusters.keys().map(String::as_str);
    declared
        .iter()
        .map(|integrator| {
            let name = integrator.name();
            let cluster = clusters.get(name).ok_or_else(|| {
                let hint = am_suggest::hint(name, known());
                let hint = hint.map_or(String::new(), |hint| format!("; {hint}"));
                format!("integrators: {} has no unit of {name}{hint}", tree.place)
            })?;
            if cluster.pattern != integrator.pattern {
                return Err(format!(
                    "integrators: {name} is declared as {}, and its units are those of {}",
                    integrator.pattern, cluster.pattern
                ));
            }
            let mut subject = api_manager.of_cluster(name, cluster.pattern);
            let own = format!("p{}/", api_manager.description.pattern);
            let id = &mut subject.description.id;
            *id = id.replacen(&own, &format!("p{}/", cluster.pattern), 1);
            Ok(subject)
        })
        .collect()
}

/// How a release is rendered.
fn render_of(
    release: &ReleaseUnderTest,
    folder: &Path,
    namespace: &str,
) -> Result<RenderRequest, String> {
    let chart = folder.join(&release.chart);
    if !chart.exists() {
        return Err(format!(
            "release {}: no chart at {}",
            release.name,
            chart.display()
        ));
    }
    let namespace = release.namespace.as_deref().unwrap_or(namespace);
    let mut render = RenderRequest::new(chart, release.name.clone(), namespace.to_owned());
    for values in &release.values {
        let values = folder.join(values);
        if !values.is_file() {
            return Err(format!(
                "release {}: no values file at {}",
                release.name,
                values.display()
            ));
        }
        render.values_files.push(values);
    }
    for (path, value) in &release.set {
        crate::subject::set_path(&mut render.values, path, value.clone());
    }
    Ok(render)
}

/// The subject of one pattern; `site` is its name in a deployment.
fn subject(
    options: &Options,
    file: &Path,
    site: Option<&str>,
    spec: PatternUnderTest,
    facts: &Facts,
) -> Result<Subject, SuiteError> {
    let wrong = |message: String| SuiteError::Spec {
        file: file.to_owned(),
        message: site.map_or(message.clone(), |site| format!("site {site}: {message}")),
    };
    if !facts.patterns.contains_key(&spec.pattern) {
        return Err(wrong(format!(
            "pattern {} does not exist: known are {}",
            spec.pattern,
            facts.pattern_names()
        )));
    }
    match (spec.releases.as_slice(), &spec.tree) {
        ([], None) => {
            return Err(wrong(
                "there are neither releases nor a tree, so there is nothing to check".into(),
            ));
        }
        ([_, ..], Some(_)) => {
            return Err(wrong(
                "a site is either releases of charts or a tree of machines; remove one of them"
                    .into(),
            ));
        }
        _ => {}
    }
    let pattern = facts
        .left_of(spec.pattern, spec.identity_server.as_ref())
        .map_err(wrong)?;
    for (component, elsewhere) in &spec.elsewhere {
        if !facts.patterns[&pattern].contains_key(component) {
            return Err(wrong(format!(
                "elsewhere names the {}, which pattern {} does not have",
                component.title(),
                pattern
            )));
        }
        if let Some(mistake) = elsewhere.mistake(*component) {
            return Err(wrong(mistake));
        }
    }
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let tree = match &spec.tree {
        Some(path) => Some(tree_at(&folder.join(path), &options.workspace).map_err(wrong)?),
        None => None,
    };
    let mut renders = Vec::new();
    let mut hints = Hints::default();
    for release in &spec.releases {
        let mut render = render_of(release, folder, &spec.namespace).map_err(wrong)?;
        let name = release.chart.file_name();
        let twin = spec
            .releases
            .iter()
            .find(|other| other.chart.file_name() == name && other.chart != release.chart);
        if let Some(other) = twin {
            return Err(wrong(format!(
                "releases {} and {} have different charts in folders of one name, {} and {}; give each folder a name of its own",
                release.name,
                other.name,
                release.chart.display(),
                other.chart.display()
            )));
        }
        render.kube_version.clone_from(&spec.kubernetes_version);
        renders.push(render);
        let declared = Declared {
            component: release.component,
            workloads: release.workloads.clone(),
        };
        if declared != Declared::default() {
            hints.releases.insert(release.name.clone(), declared);
        }
    }
    hints.all.workloads.clone_from(&spec.workloads);
    hints.elsewhere.clone_from(&spec.elsewhere);
    hints.identity_server.clone_from(&spec.identity_server);
    hints.external = spec
        .external
        .iter()
        .cloned()
        .chain(options.external.iter().cloned())
        .collect();
    Ok(Subject {
        description: SubjectDescription {
            id: format!(
                "p{}/{}/{}{}",
                spec.pattern,
                spec.product_version,
                file.file_stem()
                    .map(|name| name.to_string_lossy())
                    .unwrap_or_default(),
                site.map_or(String::new(), |site| format!("/{site}"))
            ),
            pattern: spec.pattern,
            site: site.map(str::to_owned),
            product_version: spec.product_version.to_string(),
            platform: if spec.tree.is_some() { MACHINES } else { BARE }.into(),
            variant: "specification".into(),
            releases: match site.filter(|_| spec.tree.is_some()) {
                Some(site) => vec![site.to_owned()],
                None if spec.tree.is_some() => vec![MACHINES.to_owned()],
                None => spec
                    .releases
                    .iter()
                    .map(|release| release.name.clone())
                    .collect(),
            },
            namespace: spec.namespace,
            kubernetes_version: spec.kubernetes_version.unwrap_or_default(),
        },
        version: spec.product_version,
        renders,
        beside: Vec::new(),
        sites: Vec::new(),
        tree,
        specification: Some(file.to_owned()),
        hints,
        is_generated: false,
        is_representative: true,
    })
}
