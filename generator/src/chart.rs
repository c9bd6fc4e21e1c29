//! One chart: a pattern in a product version, with its references resolved.

use crate::model::component::Component;
use crate::model::credentials::Key;
use crate::model::events::RegionStream;
use crate::model::pattern::{Member, Pattern};
use crate::model::product::{Database, Endpoint, Version};
use crate::model::wiring::{Edge, FormKind, Reach, Setting};
use crate::model::{Loaded, Model, strings};

/// A pattern in a product version. The model is checked, so that lookups cannot fail.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'m> {
    /// The model.
    pub model: &'m Model,
    /// The product version.
    pub version: &'m Loaded<Version>,
    /// The pattern.
    pub pattern: &'m Loaded<Pattern>,
}

/// A component as it takes part in a pattern.
#[derive(Debug, Clone, Copy)]
pub struct Part<'m> {
    /// The component.
    pub component: &'m Loaded<Component>,
    /// How many nodes of it the pattern has.
    pub member: &'m Member,
}

/// An edge with the component at its other end.
#[derive(Debug, Clone, Copy)]
pub struct ResolvedEdge<'m> {
    /// The edge.
    pub edge: &'m Edge,
    /// How its address is written.
    pub form: FormKind<'m>,
    /// The component at its other end.
    pub peer: &'m str,
    /// Which nodes of the peer, which may be the component itself.
    pub reach: Reach,
    /// Who is at its other end where an identity server replaces that component.
    pub alternate: Option<Alternate<'m>>,
}

/// The component that plays a role in another one's place.
#[derive(Debug, Clone, Copy)]
pub struct Alternate<'m> {
    /// The component.
    pub peer: &'m str,
    /// Which of its nodes.
    pub reach: Reach,
}

impl<'m> Part<'m> {
    /// Its name.
    pub fn name(&self) -> &'m str {
        &self.component.value.name.value
    }

    /// Key of the component in the values.
    pub fn key(&self) -> String {
        camel_case(self.name())
    }
}

impl<'m> Chart<'m> {
    /// Its name.
    pub fn name(&self) -> &'m str {
        &self.pattern.value.name.value
    }

    /// The components in the order of the pattern.
    pub fn parts(&self) -> Vec<Part<'m>> {
        let components = &self.model.components;
        self.pattern
            .value
            .components
            .iter()
            .filter_map(|member| {
                Some(Part {
                    component: components.get(&member.component.value)?,
                    member,
                })
            })
            .collect()
    }

    /// The component that plays a role.
    pub fn role(&self, role: &str) -> Option<&'m str> {
        self.pattern
            .value
            .roles
            .get(role)
            .map(|component| component.value.as_str())
    }

    /// The components that an identity server may replace, each with the one that plays its role then.
    pub fn replaceable(&self) -> Vec<(&'m str, &'m str)> {
        let alternates = self.pattern.value.alternates.iter();
        alternates
            .filter_map(|(role, player)| Some((self.role(&role.value)?, player.value.as_str())))
            .collect()
    }

    /// Whether an identity server may replace a component.
    pub(crate) fn is_replaceable(&self, component: &str) -> bool {
        let mut parts = self.replaceable().into_iter();
        parts.any(|(name, _)| name == component)
    }

    /// The endpoints that the pattern has: name, endpoint, component that serves it.
    pub fn endpoints(&self) -> Vec<(&'m str, &'m Endpoint, &'m str)> {
        let endpoints = &self.model.endpoints.value;
        endpoints
            .iter()
            .filter_map(|(name, endpoint)| {
                let component = self.role(&endpoint.role.value)?;
                let separate = endpoint.only_when_separate.as_ref();
                let exists =
                    separate.is_none_or(|other| self.role(&other.value) != Some(component));
                exists.then_some((name.value.as_str(), endpoint, component))
            })
            .collect()
    }

    /// The edges in a component's configuration, in the order of the file.
    pub fn edges_on(&self, component: &'m str) -> Vec<ResolvedEdge<'m>> {
        let wiring = &self.model.wiring.value;
        wiring
            .edges
            .iter()
            .filter(|edge| strings(&edge.on).any(|name| name == component))
            .filter_map(|edge| {
                let peer = if edge.to.value == "self" {
                    component
                } else {
                    self.role(&edge.to.value)?
                };
                let reach = |peer: &str| {
                    let own_reach = edge.own_reach.filter(|_| peer == component);
                    own_reach.unwrap_or(edge.reach)
                };
                let alternate = self.pattern.value.alternates.get(&edge.to.value);
                Some(ResolvedEdge {
                    edge,
                    form: wiring.forms.get(&edge.form.value)?.kind()?,
                    peer,
                    reach: reach(peer),
                    alternate: alternate.map(|player| Alternate {
                        peer: &player.value,
                        reach: reach(&player.value),
                    }),
                })
            })
            .collect()
    }

    /// The settings of a component's configuration with their files, in the order of files.
    pub(crate) fn settings_on(&self, component: &str) -> Vec<(&'m str, &'m Setting)> {
        let applies = |setting: &Setting| {
            let listed = |names: &Option<Vec<crate::yaml::Text>>, name: &str| {
                names
                    .as_ref()
                    .is_none_or(|names| strings(names).any(|listed| listed == name))
            };
            let plays = setting
                .roles
                .as_ref()
                .is_none_or(|roles| strings(roles).any(|role| self.role(role) == Some(component)));
            listed(&setting.on, component)
                && listed(&setting.versions, &self.version.value.version.value)
                && setting
                    .database
                    .is_none_or(|database| self.version.value.uses(component, database))
                && plays
                && (!setting.hub || self.hub().is_some())
        };
        self.model
            .configuration
            .iter()
            .flat_map(|file| {
                file.value
                    .iter()
                    .map(|setting| (file.file.as_str(), setting))
            })
            .filter(|(_, setting)| applies(setting))
            .collect()
    }

    /// It may have more nodes that mirror events than are known to hear all of them.
    pub(crate) fn mirrors_events(&self, part: &Part<'_>) -> bool {
        let shown = self.version.value.event_hub_nodes_shown;
        let events = self.model.events.as_ref();
        events.is_some_and(|events| self.role(&events.role.value) == Some(part.name()))
            && part.member.maximum.is_none_or(|maximum| maximum > shown)
    }

    /// The component whose nodes mirror events, in patterns where it may have several.
    pub(crate) fn hub(&self) -> Option<Part<'m>> {
        let mut parts = self.parts().into_iter();
        parts.find(|part| self.mirrors_events(part))
    }

    /// The event streams that cross to other regions.
    pub(crate) fn region_streams(&self) -> Vec<&'m RegionStream> {
        let version = &self.version.value.version.value;
        let events = self.model.events.iter();
        let streams = events.flat_map(|events| &events.regions);
        streams
            .filter(|stream| {
                let versions = stream.versions.as_ref();
                versions.is_none_or(|versions| strings(versions).any(|known| known == version))
            })
            .collect()
    }

    /// How the product itself writes the number of a port of its own, offset included.
    pub(crate) fn port_variable(&self, port: &str) -> Option<String> {
        let variable = self.model.ports.value.get(port)?.variable.as_ref()?;
        Some(format!("${{{variable}}}"))
    }

    /// Whether a component uses a database in this version.
    pub fn uses(&self, component: &str, database: Database) -> bool {
        self.version.value.uses(component, database)
    }

    /// The credentials of the product version, or those that a component reads, in the order of the file.
    pub fn credential_keys(&self, component: Option<&str>) -> Vec<(&'m str, &'m Key)> {
        let reads = |key: &Key| {
            let database = key.database.zip(component);
            (!key.encryption || self.version.value.encryption_key)
                && database.is_none_or(|(database, component)| self.uses(component, database))
        };
        let keys = self.model.credentials.keys.iter();
        keys.filter(|(_, key)| reads(key))
            .map(|(name, key)| (name.value.as_str(), key))
            .collect()
    }

    /// The edges on which a component listens to another one: who must accept before its server starts.
    pub(crate) fn waits_of(&self, component: &'m str) -> Vec<ResolvedEdge<'m>> {
        let mut edges = self.edges_on(component);
        edges.retain(|resolved| resolved.edge.listens && resolved.peer != component);
        edges
    }

    /// The components that start first on the shared database: they use it and wait for nobody.
    pub(crate) fn first_servers(&self) -> Vec<Part<'m>> {
        let mut parts = self.parts();
        parts.retain(|part| {
            self.uses(part.name(), Database::Shared) && self.waits_of(part.name()).is_empty()
        });
        parts
    }

    /// Its nodes but the first wait for another of them, because they would race on an empty shared database.
    pub(crate) fn waits_for_first_node(&self, part: &Part<'_>) -> bool {
        part.member.maximum != Some(1)
            && self
                .first_servers()
                .iter()
                .any(|first| first.name() == part.name())
    }

    /// Some of its pods may have something to wait for before their server starts.
    pub(crate) fn may_wait(&self, part: &Part<'m>) -> bool {
        !self.waits_of(part.name()).is_empty() || self.waits_for_first_node(part)
    }

    /// Whether a release may run a part of the pattern, while the rest runs elsewhere.
    pub(crate) fn is_divisible(&self) -> bool {
        self.pattern.value.components.len() > 1
    }

    /// The ways of a component's edges, whoever plays the roles at their ends.
    fn ways_of(&self, from: &'m str) -> Vec<(FormKind<'m>, &'m str, Reach)> {
        let edges = self.edges_on(from).into_iter();
        edges
            .flat_map(|edge| {
                let alternate = edge.alternate;
                let alternate = alternate.map(|it| (edge.form, it.peer, it.reach));
                std::iter::once((edge.form, edge.peer, edge.reach)).chain(alternate)
            })
            .collect()
    }

    /// The ports of one component under which another reaches it: behind its one name, and node by node.
    pub(crate) fn reached(&self, from: &'m str, to: &str) -> (Vec<&'m str>, Vec<&'m str>) {
        let mut service = Vec::new();
        let mut nodes = Vec::new();
        for (form, peer, reach) in self.ways_of(from) {
            if peer != to {
                continue;
            }
            let ports = if reach == Reach::Service {
                &mut service
            } else {
                &mut nodes
            };
            ports.extend(form.ports().iter().map(|port| port.value.as_str()));
        }
        for ports in [&mut service, &mut nodes] {
            ports.sort_unstable();
            ports.dedup();
        }
        (service, nodes)
    }

    /// The ports under which others reach a component node by node.
    pub(crate) fn node_ports(&self, part: &Part<'m>) -> Vec<&'m str> {
        self.ports_of_others(part, |(_, nodes)| nodes)
    }

    /// The ports under which others and users reach a component by one name.
    pub(crate) fn service_ports(&self, part: &Part<'m>) -> Vec<&'m str> {
        let mut ports = self.ports_of_others(part, |(service, _)| service);
        for (_, endpoint, component) in self.endpoints() {
            if component == part.name() {
                let served = std::iter::once(&endpoint.port).chain(&endpoint.plain_port);
                ports.extend(served.map(|port| port.value.as_str()));
            }
        }
        in_order(part, &ports)
    }

    fn ports_of_others(
        &self,
        part: &Part<'m>,
        pick: impl Fn((Vec<&'m str>, Vec<&'m str>)) -> Vec<&'m str>,
    ) -> Vec<&'m str> {
        let others = self.parts();
        let others = others.iter().filter(|other| other.name() != part.name());
        let ports: Vec<&str> = others
            .flat_map(|other| pick(self.reached(other.name(), part.name())))
            .collect();
        in_order(part, &ports)
    }

    /// Which component connects to which port of which other, from the edges: `(from, to, port)`.
    ///
    /// An address of the node itself needs no connection between pods.
    pub(crate) fn connections(&self) -> Vec<(&'m str, &'m str, &'m str)> {
        let mut connections = Vec::new();
        for part in self.parts() {
            for (form, peer, reach) in self.ways_of(part.name()) {
                if !reach.leaves_the_pod() {
                    continue;
                }
                for port in form.ports() {
                    connections.push((part.name(), peer, port.value.as_str()));
                }
            }
            if self.waits_for_first_node(&part) {
                let port = part.component.value.probes.startup.port.value.as_str();
                connections.push((part.name(), part.name(), port));
            }
        }
        connections.sort_unstable();
        connections.dedup();
        connections
    }
}

/// Those of a component's ports that are listed, in its own order.
fn in_order<'m>(part: &Part<'m>, listed: &[&str]) -> Vec<&'m str> {
    strings(&part.component.value.ports)
        .filter(|port| listed.contains(port))
        .collect()
}

/// `control-plane` → `controlPlane`.
pub fn camel_case(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn kebab_case_becomes_camel_case() {
        assert_eq!(camel_case("all-in-one"), "allInOne");
        assert_eq!(camel_case("gateway"), "gateway");
        assert_eq!(camel_case(""), "");
    }
}
