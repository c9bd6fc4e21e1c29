//! The files of a deployment.

use std::collections::{BTreeMap, BTreeSet};

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostic;
use am_generator::output::Files;
use am_generator::yaml_text;
use am_product::data::File;
use serde_json::{Value, json};

use crate::integrators::Cluster;
use crate::machines::{self, Beside, Render, Rendering, Trouble, said_by_the_chart};
use crate::needs::{self, Need};
use crate::notes;
use crate::overlay;
use crate::resolved::{Release, Resolved, Site};
use crate::site_values::SiteValues;
use crate::sites::Placed;
use crate::template::{MAKER, render};
use crate::vocabulary::{Topology, Vocabulary};
use crate::ways_in;

const README: File = File::new(
    "deployments/templates/README.md.hbs",
    include_str!("../templates/README.md.hbs"),
);
const PORTS: File = File::new(
    "deployments/templates/ports.md.hbs",
    include_str!("../templates/ports.md.hbs"),
);
const INSTALL: File = File::new(
    "deployments/templates/install.sh.hbs",
    include_str!("../templates/install.sh.hbs"),
);

/// What the files are made of.
pub(crate) struct Sources<'a, 'm> {
    /// The document, as files name it.
    pub(crate) document: &'a str,
    pub(crate) resolved: &'a Resolved,
    pub(crate) topology: &'a Topology,
    pub(crate) sites: &'a [Placed<'m>],
    pub(crate) values: &'a [SiteValues],
    /// Servers beside API Manager, for each site.
    pub(crate) clusters: &'a [Vec<(Cluster<'m>, SiteValues)>],
    /// For each site.
    pub(crate) beside: &'a [Beside<'m>],
    pub(crate) charts: &'a ChartTree,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) render: &'a Render<'a>,
}

/// All files by their paths below the output directory.
///
/// # Errors
/// When a template is broken; and with the number of the site that machines cannot run, and why.
pub(crate) fn files(sources: &Sources<'_, '_>) -> Result<Files, (usize, Trouble)> {
    let broken = |broken: Diagnostic| (0, Trouble::Broken(broken));
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let notice = MAKER.notice(sources.document);
    let mut data = json!(sources.resolved);
    data["notice"] = json!(notice);
    data["topologyDoc"] = json!(sources.topology.doc);
    let clusters = sources.clusters.iter();
    let clusters = clusters.map(|all| all.iter().map(|(cluster, _)| cluster).collect());
    let sites = sources.sites.iter().zip(clusters);
    data["notes"] = json!(notes::notes(sources.topology, sites));
    texts.insert("ports.md".into(), render(&PORTS, &data).map_err(broken)?);
    texts.insert(
        "deployment.resolved.yaml".into(),
        resolved(sources.resolved, &notice),
    );
    let sites = sources.sites.iter().zip(sources.values);
    for (number, ((site, values), said)) in sites.zip(&sources.resolved.sites).enumerate() {
        let folder = format!("sites/{}", said.name);
        let Some(release) = &said.release else {
            let files = machines::files(&machines::Sources {
                document: sources.document,
                site,
                said,
                values,
                release: &sources.resolved.name,
                clusters: &sources.clusters[number],
                vocabulary: sources.vocabulary,
                beside: &sources.beside[number],
                charts: sources.charts,
                render: sources.render,
            });
            let made = files.map_err(|trouble| (number, trouble))?;
            data["sites"][number]["packs"] = json!(made.packs);
            data["sites"][number]["firstHosts"] =
                json!(first_hosts(site, said, sources.vocabulary));
            data["sites"][number]["filesOfPacks"] = json!(made.given);
            data["sites"][number]["variables"] = json!(made.variables);
            let files = made.files.into_iter();
            texts.extend(files.map(|(path, text)| (format!("{folder}/{path}"), text)));
            continue;
        };
        let has_database = said.database.is_some();
        let mut releases = vec![(site.chart.name(), release, values, has_database)];
        let clusters = sources.clusters[number].iter().zip(&said.integrators);
        releases.extend(clusters.filter_map(|((cluster, values), said)| {
            let has_database = said.database.is_some();
            Some((
                cluster.chart.name(),
                said.release.as_ref()?,
                values,
                has_database,
            ))
        }));
        let mut documents: Vec<Value> = Vec::new();
        let mut without_driver: Vec<&str> = Vec::new();
        for (chart, release, values, has_database) in releases {
            let rendered = rendered(sources, chart, release, values);
            documents.extend(rendered.map_err(|trouble| (number, trouble))?);
            if has_database && lacks_driver(&values.effective) {
                without_driver.push(&release.name);
            }
            if let Some((path, text)) = overlay::text(chart, site, sources.charts) {
                let text = format!("# {notice}\n# As charts-out/{path}:\n{text}");
                texts.insert(format!("{folder}/{}", release.values[0]), text);
            }
            let name = release.values.last().map(String::as_str);
            let name = name.unwrap_or_default();
            texts.insert(format!("{folder}/{name}"), values_file(values, &notice));
        }
        let mut install = json!(said);
        install["notice"] = json!(notice);
        install["releases"] = json!(installed(sources.resolved, said, release));
        let secrets = all_secrets(said);
        let mut needs = needs::of(&documents);
        let of_site = &mut data["sites"][number];
        fill_in(&mut of_site["secrets"], &needs);
        answered(&mut of_site["hostnames"], &documents);
        for integrator in of_site["integrators"].as_array_mut().into_iter().flatten() {
            fill_in(&mut integrator["secrets"], &needs);
            answered(&mut integrator["hostnames"], &documents);
        }
        of_site["allSecrets"] = json!(
            secrets
                .iter()
                .map(|name| { json!({"name": name, "files": files_of(said, name, &needs)}) })
                .collect::<Vec<_>>()
        );
        of_site["withoutDriver"] = json!(without_driver);
        let clusters = sources.clusters[number].iter().zip(&said.integrators);
        let registering = clusters.filter(|(_, said)| said.registers);
        let registrars: BTreeSet<&str> = registering
            .map(|((cluster, _), _)| cluster.part.name())
            .collect();
        of_site["registrars"] = json!(registrars);
        needs.retain(|it| !secrets.contains(&it.name.as_str()));
        install["allSecrets"] = json!(secrets);
        install["needs"] = json!(needs);
        install["asks"] = json!(!secrets.is_empty() || !needs.is_empty());
        data["sites"][number]["needs"] = json!(needs);
        texts.insert(
            format!("{folder}/install.sh"),
            render(&INSTALL, &install).map_err(broken)?,
        );
    }
    let mut integrators = sources.clusters.iter().flatten();
    data["hasIntegrators"] = json!(integrators.next().is_some());
    let mut integrators = sources.clusters.iter().flatten();
    data["hasTenants"] = json!(integrators.any(|(cluster, _)| cluster.tenant.is_some()));
    let mut on_machines = sources.resolved.sites.iter();
    data["hasMachines"] = json!(on_machines.any(|site| site.release.is_none()));
    let mut releases = sources.resolved.sites.iter();
    data["hasReleases"] = json!(releases.any(|site| site.release.is_some()));
    data["hasNames"] = json!(sources.resolved.sites.iter().any(has_names));
    texts.insert("README.md".into(), render(&README, &data).map_err(broken)?);
    Ok(texts
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect())
}

/// Whether names must lead to a site.
fn has_names(site: &Site) -> bool {
    let mut integrators = site.integrators.iter();
    !site.hostnames.is_empty()
        || !site.exposes.is_empty()
        || integrators.any(|it| !it.hostnames.is_empty())
}

/// Whether servers of a release use a database server whose driver no values bring. Source: facts/databases.md.
fn lacks_driver(effective: &Value) -> bool {
    let database = &effective["database"];
    let jar = &database["driverJar"];
    let brings = ["/url", "/image/repository", "/claim/name"];
    let mut brings = brings.iter().filter_map(|at| jar.pointer(at)?.as_str());
    database["mode"] == "external" && database["type"] != "h2" && brings.all(str::is_empty)
}

/// Keys of Secrets of which the document says no more than a name: those that the releases look for.
fn fill_in(secrets: &mut Value, needs: &[Need]) {
    for secret in secrets.as_array_mut().into_iter().flatten() {
        let need = needs.iter().find(|need| secret["name"] == need.name);
        if let Some(need) = need.filter(|_| secret["keys"] == json!([])) {
            secret["keys"] = json!(need.keys);
        }
    }
}

/// The files of a Secret that has nothing else.
fn files_of<'n>(site: &Site, name: &str, needs: &'n [Need]) -> &'n [String] {
    let integrators = site.integrators.iter().flat_map(|it| &it.secrets);
    let mut secrets = site.secrets.iter().chain(integrators);
    let is_of_files = secrets.any(|secret| secret.name == name && secret.keys.is_empty());
    let need = needs.iter().find(|need| is_of_files && need.name == name);
    need.map_or(&[], |need| &need.keys)
}

/// Which host names something of the releases answers.
fn answered(hostnames: &mut Value, documents: &[Value]) {
    for hostname in hostnames.as_array_mut().into_iter().flatten() {
        let host = hostname["host"].as_str().unwrap_or_default();
        hostname["answered"] = json!(ways_in::answers(documents, host));
    }
}

/// What a release of a cluster renders to, without the cluster: nobody is asked which Secrets there are.
fn rendered(
    sources: &Sources<'_, '_>,
    chart: &str,
    release: &Release,
    values: &SiteValues,
) -> Result<Vec<Value>, Trouble> {
    let mut effective = values.effective.clone();
    overlay::lay(&mut effective, &sources.vocabulary.without_cluster);
    let rendering = Rendering {
        chart: overlay::chart_files(chart, sources.charts),
        release: release.name.clone(),
        values: effective,
    };
    (sources.render)(&rendering).map_err(|why| Trouble::Release {
        release: release.name.clone(),
        why: said_by_the_chart(&why).to_owned(),
    })
}

/// The hosts of a site on machines without which no accounts can be made for those who register services; none where nobody does.
fn first_hosts(site: &Placed<'_>, said: &Site, vocabulary: &Vocabulary) -> Option<String> {
    let portals = site.player(&vocabulary.catalogue.role)?;
    said.integrators.iter().find(|it| it.registers)?;
    let has_balancer = said.hosts.iter().any(|host| host.load_balancer.is_some());
    let first = has_balancer.then(|| vocabulary.machines.balancer_group.clone());
    let groups = first.into_iter().chain([machines::group(portals.name())]);
    Some(groups.collect::<Vec<_>>().join(":"))
}

/// The releases of a site in the order in which they are installed, with the versions of their charts.
fn installed(resolved: &Resolved, site: &Site, release: &Release) -> Vec<Value> {
    let one = |release: &Release, version: &str, chart_version: &str, beside: &str| {
        let mut data = json!(release);
        data["version"] = json!(version);
        data["chartVersion"] = json!(chart_version);
        data["beside"] = json!(beside);
        data
    };
    let version = &resolved.product_version;
    let first = one(release, version, &resolved.chart_version, version);
    let integrators = site.integrators.iter();
    let integrators = integrators.filter_map(|it| {
        let release = it.release.as_ref()?;
        Some(one(release, &it.version, &it.chart_version, &it.beside))
    });
    std::iter::once(first).chain(integrators).collect()
}

/// Names of the Secrets that the releases of a site need.
fn all_secrets(site: &Site) -> Vec<&str> {
    let integrators = site.integrators.iter().flat_map(|it| &it.secrets);
    let mut names: Vec<&str> = Vec::new();
    for secret in site.secrets.iter().chain(integrators) {
        if !names.contains(&secret.name.as_str()) {
            names.push(&secret.name);
        }
    }
    names
}

fn resolved(resolved: &Resolved, notice: &str) -> String {
    let mut lines = vec![
        format!("# {notice}"),
        "# What follows from the document, for machines.".to_owned(),
    ];
    let tree = json!(resolved);
    for (key, value) in tree.as_object().into_iter().flatten() {
        lines.extend(yaml_text::entry(key, value));
    }
    lines.join("\n") + "\n"
}

fn values_file(values: &SiteValues, notice: &str) -> String {
    let mut lines = vec![format!("# {notice}")];
    for (key, comment, value) in &values.entries {
        lines.push(String::new());
        lines.extend(comment.iter().map(|text| format!("# {text}")));
        lines.extend(yaml_text::entry(key, value));
    }
    lines.join("\n") + "\n"
}
