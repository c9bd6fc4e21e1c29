//! The values of each site's release.

mod chart;
mod companions;
mod machines;
mod services;

use am_generator::ChartTree;
use am_generator::chart::Part;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;
use serde_json::{Map, Value, json};

pub(crate) use chart::{Given, effective, judge};
pub(crate) use machines::unread_on_machines;

use crate::document::{Address, Deployment, Environment};
use crate::integrators::Cluster;
use crate::links::{Link, addresses, needed};
use crate::overlay::{STORES, tree, uses_store};
use crate::ports::Ports;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// Values of a release.
#[derive(Debug)]
pub(crate) struct SiteValues {
    /// What its values file says, with what each key is for.
    pub(crate) entries: Vec<(String, Option<String>, Value)>,
    /// The chart's own values, the platform's and these, laid over each other.
    pub(crate) effective: Value,
}

impl SiteValues {
    /// Values that say for themselves what they are for.
    pub(crate) fn new(values: &Value, effective: Value) -> Self {
        let entries = values.as_object().into_iter().flatten();
        let entries = entries.map(|(key, value)| (key.clone(), None, value.clone()));
        Self {
            entries: entries.collect(),
            effective,
        }
    }

    /// What the values file says, as a tree.
    pub(crate) fn tree(&self) -> Value {
        let entries = self.entries.iter();
        let entries = entries.map(|(key, _, value)| (key.clone(), value.clone()));
        Value::Object(entries.collect())
    }
}

/// Values of every site; what contradicts the document, or the chart does not know, is refused.
pub(crate) fn of_all(
    sites: &[Placed<'_>],
    links: &[Link<'_>],
    ports: &Ports<'_>,
    clusters: &[Vec<Cluster<'_>>],
    found: &mut Diagnostics,
) -> Vec<SiteValues> {
    let one = |((at, site), clusters): ((usize, _), &Vec<Cluster<'_>>)| {
        let builder = Builder {
            document: ports.document,
            sites,
            links,
            vocabulary: ports.vocabulary,
            charts: ports.charts,
            ports,
            clusters,
            at,
            site,
        };
        builder.values(found)
    };
    sites.iter().enumerate().zip(clusters).map(one).collect()
}

struct Builder<'a, 'm> {
    document: &'a Loaded<Deployment>,
    sites: &'a [Placed<'m>],
    links: &'a [Link<'m>],
    vocabulary: &'a Vocabulary,
    charts: &'a ChartTree,
    ports: &'a Ports<'a>,
    /// Servers beside API Manager in the site.
    clusters: &'a [Cluster<'m>],
    /// Number of the site.
    at: usize,
    site: &'a Placed<'m>,
}

impl Builder<'_, '_> {
    fn values(&self, found: &mut Diagnostics) -> SiteValues {
        let mut values = Map::new();
        let mut comments: Vec<(String, String)> = Vec::new();
        self.shared(&mut values);
        self.environments(&mut values, &mut comments);
        self.others(&mut values, &mut comments);
        self.identity_server(&mut values, &mut comments);
        for part in &self.site.rest {
            let place = self.elsewhere(part);
            let home = self.sites.iter().find(|site| site.runs(part.name()));
            if let Some(home) = home {
                comments.push((part.key(), format!("Runs in site {}.", home.name())));
            }
            values.insert(part.key(), place);
        }
        for part in &self.site.runs {
            let own = self.here(part);
            if !own.is_empty() {
                values.insert(part.key(), Value::Object(own));
            }
        }
        if self.site.site.vm.is_some() {
            self.machines(&mut values, found);
        }
        let exposed = self
            .site
            .runs
            .iter()
            .filter(|_| self.site.site.vm.is_none());
        let objects: Vec<Value> = exposed.filter_map(|part| self.service(part)).collect();
        if !objects.is_empty() {
            let text = "Where other sites reach this one by one name.";
            comments.push(("extraObjects".into(), text.into()));
            values.insert("extraObjects".into(), Value::Array(objects));
        }
        self.backends(&mut values);
        let mut values = Value::Object(values);
        let own = self.site.site.values.iter();
        let own = own.map(|(key, value)| (key, value.clone()));
        add_own(self.document, &mut values, own, found);
        let given = Given {
            document: self.document,
            chart: self.site.chart.name(),
            whose: &format!("site {}", self.site.name()),
            own: &self.site.site.values,
            place: &self.site.site.name,
        };
        judge(&given, &values, self.charts, found);
        let overlay = tree(self.site, self.charts);
        let effective = effective(self.site.chart.name(), &overlay, &values, self.charts);
        let entries = values
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| {
                let comment = comments
                    .iter()
                    .find(|(of, _)| of == key)
                    .map(|(_, text)| text.clone());
                (key.clone(), comment, value.clone())
            });
        SiteValues {
            entries: entries.collect(),
            effective,
        }
    }

    /// What every site has: references, host names, the database.
    fn shared(&self, values: &mut Map<String, Value>) {
        if let Some(credentials) = &self.document.credentials {
            let mut entry = json!({"existingSecret": credentials.existing_secret.value});
            // The charts take credentials from one place, and an overlay may name a store.
            for store in STORES
                .into_iter()
                .filter(|it| uses_store(self.site, it, self.charts))
            {
                entry[store] = json!({"enabled": false});
            }
            values.insert("credentials".into(), entry);
        }
        if let Some(keystores) = &self.document.keystores {
            values.insert(
                "keystores".into(),
                json!({"existingSecret": keystores.existing_secret.value}),
            );
        }
        let hostnames = self.site.site.hostnames.iter();
        let hostnames: Map<_, _> = hostnames
            .map(|(key, host)| (key.value.clone(), json!(host.value)))
            .collect();
        if !hostnames.is_empty() {
            values.insert("hostnames".into(), hostnames.into());
        }
        if let Some(database) = &self.site.site.database {
            let mut entry = json!({"mode": "external", "type": database.kind.value, "host": database.host.value});
            if let Some(port) = &database.port {
                entry["port"] = json!(port.value);
            }
            values.insert("database".into(), entry);
        }
    }

    /// The identity server, and the components whose place it takes.
    fn identity_server(
        &self,
        values: &mut Map<String, Value>,
        comments: &mut Vec<(String, String)>,
    ) {
        let Some(server) = self.site.identity_server else {
            return;
        };
        let mut entry = json!({"enabled": true, "host": server.host.value});
        if let Some(port) = &server.port {
            entry["port"] = json!(port.value);
        }
        if let Some(name) = &server.name {
            entry["name"] = json!(name.value);
        }
        if !server.cidrs.is_empty() {
            let ranges = server.cidrs.iter();
            let ranges = ranges.map(|range| json!({"ipBlock": {"cidr": range.value}}));
            entry["peers"] = ranges.collect();
        }
        let machines = self.site.site.vm.as_ref();
        let public = machines.and_then(|_| self.site.site.hostnames.get("management"));
        if let Some(host) = server.notifies.as_ref().or(public) {
            entry["notification"] = json!({"host": host.value});
        }
        values.insert("identityServer".into(), entry);
        for part in &self.site.replaced {
            comments.push((
                part.key(),
                "The identity server takes its place.".to_owned(),
            ));
            values.insert(part.key(), json!({"enabled": false}));
        }
    }

    /// Its own environment, and at the main site those of the others.
    fn environments(&self, values: &mut Map<String, Value>, comments: &mut Vec<(String, String)>) {
        let main = self.sites.iter().find(|site| site.is_main);
        let environment = self.site.site.environment.as_ref();
        if let Some(own) = environment {
            values.insert("gatewayEnvironment".into(), described(own));
        } else if let Some(main) = main.and_then(|site| site.site.environment.as_ref()) {
            values.insert(
                "gatewayEnvironment".into(),
                json!({"name": main.name.value}),
            );
        }
        let into_here = self
            .links
            .iter()
            .filter(|link| link.from == self.at && self.site.is_main);
        let mut environments = Vec::new();
        for link in into_here {
            let other = &self.sites[link.to];
            let (Some(environment), Some(address)) = (
                &other.site.environment,
                addresses(link, self.sites).first().copied(),
            ) else {
                continue;
            };
            let mut entry = described(environment);
            let mut service = json!({"host": address.host.value});
            if let Some(number) = link.ports.first().and_then(|port| address.ports.get(port)) {
                service["port"] = json!(number.value);
            }
            entry["service"] = service;
            let names = self.vocabulary.environment.hostnames.iter();
            let names = names
                .filter_map(|key| Some((key.clone(), json!(other.site.hostnames.get(key)?.value))));
            entry["hostnames"] = Value::Object(names.collect());
            environments.push(entry);
        }
        if !environments.is_empty() {
            let text = "The gateways of the other sites, which the portals offer beside those of this one.";
            comments.push(("gatewayEnvironments".into(), text.into()));
            values.insert("gatewayEnvironments".into(), Value::Array(environments));
        }
    }

    /// A component that another site runs: its addresses there.
    fn elsewhere(&self, part: &Part<'_>) -> Value {
        let mut addresses = Map::new();
        let home = self.sites.iter().position(|site| site.runs(part.name()));
        let is_used = |link: &&Link<'_>| link.from == self.at && link.server.name() == part.name();
        if let (Some(home), true) = (home, self.links.iter().any(|link| is_used(&link))) {
            let there = &self.sites[home];
            if let Some(exposure) = there.site.exposes.get(&part.key()) {
                if let Some(service) = &exposure.service {
                    addresses.insert("service".into(), written(service));
                }
                if !exposure.nodes.is_empty() {
                    addresses.insert("nodes".into(), self.nodes(there, part));
                }
            }
            addresses.insert("peers".into(), peers(there));
        }
        json!({"enabled": false, "addresses": addresses})
    }

    /// A component that this site runs: its number of nodes, and who comes from other sites.
    fn here(&self, part: &Part<'_>) -> Map<String, Value> {
        let mut own = Map::new();
        if let Some(number) = self.site.site.replicas.get(&part.key()) {
            own.insert("replicas".into(), json!(number.value));
        }
        if let Some(machines) = &self.site.site.vm {
            return self.on_machines(machines, part);
        }
        let wanted = needed(self.links, self.at, part.name());
        if !wanted.service.is_empty() {
            let label = &self.vocabulary.exposed.label;
            own.insert("podLabels".into(), json!({label: "true"}));
        }
        if !wanted.nodes.is_empty() {
            own.insert("nodeServices".into(), self.node_services(part));
        }
        let mut rules = Vec::new();
        for (from, site) in self.sites.iter().enumerate() {
            // Who is declared to run elsewhere is let in by the chart itself, as are the clients of single nodes.
            if self.site.rest.iter().any(|rest| site.runs(rest.name())) {
                continue;
            }
            let mut ports: Vec<u16> = self
                .links
                .iter()
                .filter(|link| {
                    (link.from, link.to) == (from, self.at) && link.server.name() == part.name()
                })
                .filter(|link| !link.to_every_node)
                .flat_map(|link| link.ports.iter())
                .map(|port| Ports::in_pods(self.site, part, port))
                .collect();
            ports.sort_unstable();
            ports.dedup();
            if !ports.is_empty() {
                let ports: Vec<Value> = ports
                    .iter()
                    .map(|port| json!({"port": port, "protocol": "TCP"}))
                    .collect();
                rules.push(json!({"from": peers(site), "ports": ports}));
            }
        }
        rules.extend(self.catalogue_rule(part));
        if !rules.is_empty() {
            own.insert("networkPolicy".into(), json!({"ingress": rules}));
        }
        own
    }
}

fn described(environment: &Environment) -> Value {
    let mut entry = json!({"name": environment.name.value});
    if let Some(kind) = &environment.kind {
        entry["type"] = json!(kind.value);
    }
    if let Some(description) = &environment.description {
        entry["description"] = json!(description);
    }
    entry
}

/// An address as the charts' values have it.
fn written(address: &Address) -> Value {
    let mut entry = json!({"host": address.host.value});
    if !address.ports.is_empty() {
        let ports = address.ports.iter();
        let ports = ports.map(|(name, number)| (name.value.clone(), json!(number.value)));
        entry["ports"] = Value::Object(ports.collect());
    }
    entry
}

/// A site as peers of a `NetworkPolicy`.
fn peers(site: &Placed<'_>) -> Value {
    blocks(site.site.cidrs.iter().map(|range| range.value.as_str()))
}

/// Ranges of addresses as peers of a `NetworkPolicy`.
fn blocks<'r>(ranges: impl IntoIterator<Item = &'r str>) -> Value {
    let ranges = ranges.into_iter();
    ranges
        .map(|range| json!({"ipBlock": {"cidr": range}}))
        .collect()
}

/// Adds the user's values; what the document decides itself is refused.
pub(crate) fn add_own<'v>(
    document: &Loaded<Deployment>,
    values: &mut Value,
    own: impl Iterator<Item = (&'v Text, Value)>,
    found: &mut Diagnostics,
) {
    for (key, value) in own {
        let clash = if let Some(mine) = values.get_mut(&key.value) {
            add(mine, &value, &key.value)
        } else {
            values[&key.value] = value;
            Ok(())
        };
        if let Err(path) = clash {
            let message = format!("values.{path} follows from the rest of this document");
            found.push(document.diagnose(key, message).hint("remove it"));
        }
    }
}

/// Adds the user's values: mappings are merged, lists go on; the path of what is there already is the error.
fn add(mine: &mut Value, theirs: &Value, path: &str) -> Result<(), String> {
    match (mine, theirs) {
        (Value::Object(mine), Value::Object(theirs)) => {
            for (key, value) in theirs {
                let path = format!("{path}.{key}");
                match mine.get_mut(key) {
                    Some(own) => add(own, value, &path)?,
                    None => {
                        mine.insert(key.clone(), value.clone());
                    }
                }
            }
            Ok(())
        }
        (Value::Array(mine), Value::Array(theirs)) => {
            mine.extend(theirs.iter().cloned());
            Ok(())
        }
        _ => Err(path.to_owned()),
    }
}
