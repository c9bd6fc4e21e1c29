//! A first deployment document out of a recommendation: `templates/deployment.yaml.hbs` with everything that follows, and placeholders for the rest.

mod integrators;
mod known;

use am_generator::diagnostic::{Diagnostic, Place};
use am_generator::yaml;
use am_product::data::File;
use handlebars::{Handlebars, no_escape};
use serde_json::{Map, Value, json};

use crate::logic::{Scalar, whole};
use crate::recommend::{Component, Recommendation};
use crate::rules::Part;
use known::{DATA, Known, Overlay};

const TEMPLATE: File = File::new(
    "choosing/templates/deployment.yaml.hbs",
    include_str!("../templates/deployment.yaml.hbs"),
);

/// The text of a deployment that has what was recommended.
///
/// # Errors
/// When the data or the template is broken.
pub fn document(recommendation: &Recommendation) -> Result<String, Diagnostic> {
    let broken = |error: am_product::data::DataError| {
        Diagnostic::new(Place::file(&error.file), error.message)
    };
    let known: Known = yaml::parse(DATA.path, &DATA.text().map_err(broken)?)?;
    let template = TEMPLATE.text().map_err(broken)?;
    let it = Writer {
        recommendation,
        known: &known,
    };
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(no_escape);
    engine
        .render_template(&template, &it.data())
        .map_err(|error| Diagnostic::new(Place::file(TEMPLATE.path), error.to_string()))
}

struct Writer<'r> {
    recommendation: &'r Recommendation,
    known: &'r Known,
}

impl Writer<'_> {
    fn is(&self, fact: &str) -> bool {
        self.recommendation.fact(fact) == Some(&Scalar::Is(true))
    }

    fn word(&self, fact: &str) -> String {
        self.recommendation
            .fact(fact)
            .map(Scalar::to_string)
            .unwrap_or_default()
    }

    fn number(&self, fact: &str) -> usize {
        whole(
            self.recommendation
                .fact(fact)
                .and_then(Scalar::number)
                .unwrap_or(0.0),
        )
    }

    /// A trial brings its database and needs no names, unless its nodes are on machines behind a load balancer.
    fn has_servers(&self) -> bool {
        self.is("production") || (self.is("onMachines") && self.number("pattern") > 0)
    }

    fn data(&self) -> Value {
        let (known, names) = (self.known, &self.recommendation.sites);
        let (regions, full) = (names.len(), self.number("fullRegions"));
        let sites = names.iter().enumerate();
        let sites = sites.map(|(site, name)| self.site(site, name, site < full, regions));
        // A load balancer of machines verifies the nodes' certificates, in a trial, too.
        let has_keystores = self.has_servers();
        json!({
            "flags": self.recommendation.flags,
            "conflicts": self.recommendation.conflicts,
            "domain": known.domain,
            "pooled": self.number("pools") > 1,
            "pools": self.number("pools"),
            "name": known.name,
            "version": self.word("version"),
            "several": regions > 1,
            "topology": self.word("topology"),
            "production": self.is("production"),
            "machines": self.is("onMachines"),
            "credentials": known.credentials,
            "keystores": has_keystores.then_some(&known.keystores),
            "tenants": self.tenants(),
            "unnamed": self.number("tenants").saturating_sub(self.number("namedTenants")),
            "sites": sites.collect::<Vec<_>>(),
        })
    }

    fn site(&self, number: usize, name: &str, is_whole: bool, regions: usize) -> Value {
        let known = self.known;
        let domain = match regions {
            1 => known.domain.clone(),
            _ => format!("{name}.{}", known.domain),
        };
        let components = self.recommendation.components.iter();
        let components: Vec<&Component> = components
            .filter(|it| it.key.is_some() && (is_whole || it.parts.contains(&Part::Plane)))
            .collect();
        let (production, machines) = (self.is("production"), self.is("onMachines"));
        let has_servers = self.has_servers();
        let overlay = self.word(if is_whole {
            "overlay"
        } else {
            "overlayOfPlanes"
        });
        let several = regions > 1;
        let mut site = json!({
            "name": name,
            "pattern": self.number("pattern"),
            "main": several && number == 0 && self.word("topology") == "centralised",
            "context": several,
            "cluster": (!machines).then(|| json!({
                "namespace": known.namespace,
                "overlay": overlay,
            })),
            "cidr": several.then(|| format!("10.{}.0.0/16", 20 + number)),
            "hostnames": Value::Null,
            "database": Value::Null,
            "identityServer": Value::Null,
            "exposes": self.exposes(&components, &domain, number),
            "replicas": Value::Null,
            "integrators": Value::Null,
            "hosts": Value::Null,
            "balancers": Value::Null,
            "balancer": Value::Null,
            "values": Value::Null,
        });
        if has_servers {
            site["hostnames"] = self.hostnames(&components, &domain, is_whole);
        }
        if is_whole && has_servers {
            site["database"] =
                json!({"type": self.word("database"), "host": format!("db.{domain}")});
        }
        if is_whole && self.word("issuer").starts_with("identity-server") && production {
            let server = &known.identity_server;
            site["identityServer"] = json!({
                "host": format!("{}.{}", server.host, known.domain),
                "cidr": server.cidr,
                // Machines are notified by the name of the portals, which the load balancer serves.
                "notifies": (!machines).then(|| format!("{}.{domain}", server.notifies)),
                "replaces": self.is("keyManagerReplaced").then_some(&server.replaces),
            });
        }
        if machines {
            self.hosts(&mut site, &components, number, is_whole);
        } else {
            site["replicas"] = self.replicas(&components);
        }
        if is_whole {
            site["integrators"] = self.integrators();
        }
        site["values"] = self.values(&components, known.overlays.get(&overlay));
        site
    }
}

/// The ways in and the places of one site.
impl Writer<'_> {
    /// Names of what the site serves.
    fn hostnames(&self, components: &[&Component], domain: &str, is_whole: bool) -> Value {
        let known = &self.known.hostnames;
        let has_tokens = components.iter().any(|it| it.parts.contains(&Part::Tokens));
        let mut names = Map::new();
        for (table, is_served) in [
            (&known.whole, is_whole),
            (&known.every, true),
            (&known.tokens, has_tokens),
        ] {
            for (name, host) in table.iter().filter(|_| is_served) {
                names.insert(name.value.clone(), json!(format!("{host}.{domain}")));
            }
        }
        Value::Object(names)
    }

    /// Where other sites reach what they listen to.
    fn exposes(&self, components: &[&Component], domain: &str, site: usize) -> Value {
        let topology = self.word("topology");
        let is_main = topology == "centralised" && site == 0;
        if topology != "geo-regional" && !is_main {
            return Value::Null;
        }
        let machines = self.is("onMachines");
        let mut exposes = Vec::new();
        for (at, component) in components.iter().enumerate() {
            let is_hub = component.parts.contains(&Part::Hub);
            let is_called = is_hub || component.parts.contains(&Part::Tokens);
            let is_needed = is_hub || (is_main && is_called);
            if !is_needed {
                continue;
            }
            let node = |node: usize| {
                if machines {
                    address(site, at, node)
                } else {
                    format!("{}-{}.{domain}", component.name, node)
                }
            };
            let nodes: Vec<String> = (0..whole(component.release))
                .filter(|_| is_hub)
                .map(node)
                .collect();
            let service = is_main.then(|| {
                if machines {
                    json!({"host": format!("{}.{domain}", component.name), "port": component.balanced})
                } else {
                    json!({"host": format!("{}.{domain}", component.name), "port": 443})
                }
            });
            exposes.push(json!({"key": component.key, "service": service, "nodes": nodes}));
        }
        json!(exposes)
    }

    fn replicas(&self, components: &[&Component]) -> Value {
        let scaled = self.is("gatewaysGrow");
        let replicas = components
            .iter()
            .filter(|it| !(scaled && it.parts.contains(&Part::Scales)))
            .filter(|_| self.number("pattern") > 0)
            .map(|it| {
                format!(
                    "{}: {}",
                    it.key.as_deref().unwrap_or_default(),
                    whole(it.release)
                )
            });
        let replicas: Vec<String> = replicas.collect();
        if replicas.is_empty() {
            Value::Null
        } else {
            json!(format!("{{{}}}", replicas.join(", ")))
        }
    }

    fn hosts(&self, site: &mut Value, components: &[&Component], number: usize, is_whole: bool) {
        let mut hosts = Vec::new();
        let beside = self.recommendation.components.iter();
        let balancers = beside.filter(|it| it.parts.contains(&Part::Balances));
        let mut names = Vec::new();
        for node in 0..balancers.map(|it| whole(it.nodes)).sum::<usize>() {
            let name = format!("lb-{}", node + 1);
            hosts.push(json!({"name": name, "address": format!("10.{}.0.{}", 20 + number, 11 + node), "runs": Value::Null}));
            names.push(name);
        }
        if !names.is_empty() {
            site["balancers"] = json!(format!("[{}]", names.join(", ")));
            site["balancer"] = json!(balancer(number));
        }
        for (at, component) in components.iter().enumerate() {
            for node in 0..whole(component.release) {
                hosts.push(json!({
                    "name": format!("{}-{}", component.name, node + 1),
                    "address": address(number, at, node),
                    "runs": component.name,
                }));
            }
        }
        if is_whole {
            hosts.extend(self.integrator_hosts(number, components.len()));
        }
        site["hosts"] = json!(hosts);
    }

    /// Values: sizes, and what the platform and the answers ask for besides.
    fn values(&self, components: &[&Component], overlay: Option<&Overlay>) -> Value {
        if !self.is("production") {
            return Value::Null;
        }
        let machines = self.is("onMachines");
        let mut lines = Vec::new();
        if !machines {
            lines.extend(overlay.and_then(|it| it.values.clone()));
            let database = self.word("database");
            lines.extend(overlay.and_then(|it| it.databases.get(&database).cloned()));
            if self.is("regulated")
                || ["components", "everything"].contains(&self.word("isolation").as_str())
                || !self.tenants().is_empty()
            {
                lines.push("networkPolicy: {enabled: true}".to_owned());
            }
        }
        for component in components {
            lines.push(format!("{}:", component.key.as_deref().unwrap_or_default()));
            lines.extend(self.sizes(component).map(|line| format!("  {line}")));
            if machines {
                continue;
            }
            if self.is("gatewaysGrow") && component.parts.contains(&Part::Scales) {
                let least = whole(component.release);
                let most = self.number("mostGatewaysOfRelease");
                lines.push(format!(
                    "  autoscaling: {{enabled: true, minReplicas: {least}, maxReplicas: {most}}}"
                ));
            }
        }
        json!(lines)
    }
}

impl Writer<'_> {
    /// The heap of a component, and in a cluster what its containers ask for.
    fn sizes(&self, component: &Component) -> impl Iterator<Item = String> + use<> {
        let machines = self.is("onMachines");
        let heap = if machines {
            component.memory / 2.0
        } else {
            component.memory - 1.0
        };
        let heap = whole(heap * 1024.0);
        let memory = whole(component.memory * 1024.0);
        let jvm = format!("jvm: {{initialHeap: {heap}m, maximumHeap: {heap}m}}");
        let resources = format!(
            "resources: {{requests: {{cpu: \"{}\", memory: {memory}Mi}}, limits: {{memory: {memory}Mi}}}}",
            component.cpu
        );
        std::iter::once(jvm).chain((!machines).then_some(resources))
    }
}

/// The address of a machine: each site and each component has numbers of its own.
fn address(site: usize, component: usize, node: usize) -> String {
    format!(
        "10.{}.{}.{}",
        20 + site,
        1 + component * 8 + node / 200,
        11 + node % 200
    )
}

/// The address that load balancers of a site share.
fn balancer(site: usize) -> String {
    format!("10.{}.0.10", 20 + site)
}
