//! The files of a site's hosts.

use std::collections::BTreeMap;
use std::path::Path;

use am_generator::diagnostic::Diagnostic;
use am_product::FurtherPort;
use am_product::data::File;
use serde_json::{Value, json};

use super::artifacts;
use super::balancer_view;
use super::data::Paths;
use super::drain;
use super::layout::{Component, Layout};
use super::node_files::{NodeFiles, data_folders, pack};
use super::notice::with_notice;
use super::own_databases;
use super::render::Rendered;
use super::said::Said;
use super::unit::unit;
use super::ways::{Opening, openings};
use crate::resolved::DatabaseStep;
use crate::template::render;

/// A template of this crate.
macro_rules! template {
    ($name:literal) => {
        File::new(
            concat!("deployments/templates/machines/", $name, ".hbs"),
            include_str!(concat!("../../templates/machines/", $name, ".hbs")),
        )
    };
}

const FIREWALL: File = template!("am.nft");
const BALANCERS: [File; 2] = [template!("haproxy.cfg"), template!("nginx.conf")];

/// A file that cannot be made: a template is broken, or a machine cannot have what the values ask for.
#[derive(Debug)]
pub(crate) enum Trouble {
    Broken(Diagnostic),
    Refused(String),
    /// The chart of a release in a cluster refuses its values.
    Release {
        release: String,
        why: String,
    },
}

impl From<Diagnostic> for Trouble {
    fn from(broken: Diagnostic) -> Self {
        Self::Broken(broken)
    }
}

/// The hosts' files, and what each node takes from elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// By their paths below the folder of the site.
    pub(crate) files: BTreeMap<String, String>,
    /// By component: the path below the server's home, and where the file is among the packs.
    pub(crate) given: BTreeMap<String, BTreeMap<String, String>>,
    /// Ansible's variables with credentials, by the name of the variable that a server reads.
    pub(crate) secrets: BTreeMap<String, String>,
}

/// Makes them of what the charts rendered to: for each component what its release did.
pub(crate) fn hosts(
    layout: &Layout<'_, '_>,
    said: &Said<'_>,
    rendered: &[&Rendered<'_>],
    databases: &[DatabaseStep],
    notice: &str,
) -> Result<Hosts, Trouble> {
    let mut hosts = Hosts::default();
    for (component, rendered) in layout.components.iter().zip(rendered) {
        let documents = &rendered.documents;
        for index in 0..component.nodes.len() {
            let mut node =
                NodeFiles::of(layout, component, index, documents).map_err(Trouble::Refused)?;
            node.files
                .extend(artifacts::apps(component, rendered.effective));
            hosts.add_node(layout, said, component, index, &node, notice)?;
            let host = component.nodes[index].host;
            if let Some((path, text)) =
                own_databases::file(layout, component, databases, &node, notice)?
            {
                let overlay = Paths::of(&layout.data.paths.overlay, component.name);
                let path = format!("hosts/{host}/{overlay}/{path}");
                hosts.files.insert(path, text);
            }
            let path = Paths::of(&layout.data.paths.unit, component.name);
            let unit = unit(layout, said, component, rendered.effective, notice)?;
            hosts.files.insert(format!("hosts/{host}/{path}"), unit);
            if let Some((path, text)) = drain::file(layout, component, notice)? {
                hosts.files.insert(format!("hosts/{host}/{path}"), text);
            }
        }
    }
    let effective = rendered.first().map_or(&Value::Null, |it| it.effective);
    for (host, openings) in openings(layout, effective) {
        let data = json!({
            "notice": notice,
            "host": host,
            "ssh": layout.data.ssh,
            "openings": openings,
            "closed": closed(layout, &host, &openings),
        });
        let path = format!("hosts/{host}/{}", layout.data.paths.firewall);
        hosts.files.insert(path, render(&FIREWALL, &data)?);
    }
    if let Some(balancer) = &layout.balancer {
        let mut data = balancer_view::view(layout, balancer);
        data["notice"] = json!(notice);
        let name = format!("/{}.hbs", balancer.program.template);
        let template = BALANCERS.iter().find(|it| it.path.ends_with(&name));
        let template = template.ok_or_else(|| {
            Trouble::Refused(format!(
                "there is no template {}",
                balancer.program.template
            ))
        })?;
        let text = render(template, &data)?;
        for host in &balancer.hosts {
            let path = format!("hosts/{}/{}", host.host, balancer.program.path);
            hosts.files.insert(path, text.clone());
        }
    }
    Ok(hosts)
}

impl Hosts {
    fn add_node(
        &mut self,
        layout: &Layout<'_, '_>,
        said: &Said<'_>,
        component: &Component<'_, '_>,
        index: usize,
        node: &NodeFiles,
        notice: &str,
    ) -> Result<(), Trouble> {
        let (name, at) = (component.name, component.nodes[index]);
        let paths = &layout.data.paths;
        let folder = format!("hosts/{}", at.host);
        let variables = &layout.data.variables;
        let own = [
            (variables.java.as_str(), said.java_home),
            (variables.name.as_str(), at.host),
            (variables.address.as_str(), at.address),
        ];
        let mut lines = vec![format!("# {notice}")];
        lines.extend(own.map(|(name, value)| format!("{name}={}", quoted(value))));
        let is_own = |name: &str| own.iter().any(|(own, _)| *own == name);
        let more = node.variables.iter().filter(|(name, _)| !is_own(name));
        lines.extend(more.map(|(name, value)| format!("{name}={}", quoted(value))));
        let path = Paths::of(&paths.environment, name);
        self.files
            .insert(format!("{folder}/{path}"), lines.join("\n") + "\n");

        let mut lines = vec![format!("# {notice}")];
        for (variable, source) in &node.secrets {
            let ansible = said.secret(source);
            lines.push(format!(r#"{variable}="{{{{ {ansible} }}}}""#));
            for (ending, filter) in layout.data.derived.iter() {
                let derived = format!("{variable}{}", ending.value);
                if node.files.values().any(|text| text.contains(&derived)) {
                    lines.push(format!(r#"{derived}="{{{{ {ansible} | {filter} }}}}""#));
                }
            }
            self.secrets.insert(variable.clone(), ansible);
        }
        let path = Paths::of(&paths.secrets, name);
        self.files
            .insert(format!("{folder}/{path}.j2"), lines.join("\n") + "\n");

        let overlay = Paths::of(&paths.overlay, name);
        for (path, text) in &node.files {
            let text = with_notice(path, text, notice).ok_or_else(|| {
                Trouble::Refused(format!("{path} of {name} has no comments, and cannot say that it was made; lay files of this kind over the pack by other means"))
            })?;
            self.files
                .insert(format!("{folder}/{overlay}/{path}"), text);
        }
        let given = self.given.entry(name.to_owned()).or_default();
        given.extend(node.given.clone());
        if said.needs_driver(component) {
            let driver = &layout.data.driver;
            let folders = component.chart.model.product.home_folders.as_ref();
            let folder = folders.map_or(&driver.folder, |it| &it.drivers);
            given.insert(format!("{folder}/{}", driver.file), driver.from.clone());
        }
        given.extend(artifacts::folder(component));
        Ok(())
    }
}

/// Ports of the product on a host, which are closed where nobody needs them.
fn closed(layout: &Layout<'_, '_>, host: &str, openings: &[Opening]) -> Vec<u16> {
    let ports = &layout.site.chart.model.ports;
    let here =
        |component: &&Component<'_, '_>| component.nodes.iter().any(|node| node.host == host);
    let components = layout.components.iter().filter(here);
    let mut closed: Vec<u16> = components
        .flat_map(|component| {
            let ports = component.chart.model.ports.names();
            ports.map(|port| component.number(port))
        })
        .chain(ports.iter().map(|(_, port)| port.number.value))
        .collect();
    // Nobody is to reach these at all. They move with their server, as the rest does.
    for component in layout.components.iter().filter(here) {
        let model = component.chart.model;
        // Their keys are those of a `deployment.toml`: a server that is configured otherwise has none.
        let is_told = Path::new(&model.product.configuration).extension() == Some("toml".as_ref());
        let further = FurtherPort::all().iter().filter(|port| {
            let beside = port.beside.as_deref();
            is_told && beside.is_none_or(|name| model.ports.get(name).is_some())
        });
        closed.extend(further.map(|port| port.number.saturating_add(component.offset)));
    }
    closed.extend(
        openings
            .iter()
            .filter(|it| !it.from.is_empty())
            .map(|it| it.port),
    );
    closed.sort_unstable();
    closed.dedup();
    closed
}

/// A value as systemd and a shell read it.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@,+".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    let mut quoted = String::from('"');
    for c in value.chars() {
        if "\"\\$`".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}

/// How the role unpacks and asks a component.
pub(crate) fn inventory_entry(
    layout: &Layout<'_, '_>,
    component: &Component<'_, '_>,
    given: &BTreeMap<String, String>,
) -> Value {
    let name = component.name;
    let startup = &component.part.component.probes.startup;
    let asked = balancer_view::readiness(component);
    let seconds = startup.period_seconds * startup.failure_threshold;
    let mut readiness = json!({"scheme": asked["scheme"], "port": asked["port"]});
    if !asked["path"].is_null() {
        readiness["path"] = asked["path"].clone();
    }
    readiness["timeout_seconds"] = json!(seconds);
    let folders = data_folders(layout.data, component).into_iter();
    let folders: Vec<String> = folders.map(|(_, folder)| folder).collect();
    let given = given.iter();
    let given = given.map(|(path, from)| json!({"path": path, "from": from}));
    let mut entry = json!({
        "name": name,
        "pack": pack(component),
        "start_script": component.part.component.start_script,
        "port_offset": component.offset,
        "readiness": readiness,
        "data": std::iter::once(Paths::absolute(&layout.data.paths.data, name)).chain(folders).collect::<Vec<_>>(),
        "files": given.collect::<Vec<_>>(),
    });
    if let Some(tenant) = component.cluster.and_then(|it| it.tenant) {
        entry["tenant"] = json!(tenant.domain());
    }
    if let Some(profile) = &component.part.component.profile {
        entry["profile"] = json!(profile);
    }
    entry
}
