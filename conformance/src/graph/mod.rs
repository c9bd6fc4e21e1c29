//! The resource graph of a pattern, across all its releases: which pods there are, what they mount and
//! are told, and where every address leads.

mod address;
mod beside;
mod crossings;
mod declared;
mod elsewhere;
mod host_links;
mod listening;
mod machines;
mod member;
mod mounts;
mod node;
mod numbers;
mod references;
mod route_end;
mod route_listeners;
mod start_order;
mod told;
mod unseen;
mod url;
mod waits;

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;

pub use address::{OwnAddress, Resolver, Target};
pub use crossings::{Beyond, Crossings};
pub use declared::Declared;
pub use elsewhere::{Elsewhere, Place, There};
pub use host_links::HostLink;
pub(crate) use host_links::{CATALOGUE_OF_STREAMS, host_links};
pub use listening::{Listener, Moved};
pub(crate) use machines::Answers;
pub use member::Member;
use member::looks_like_the_product;
pub use mounts::{Missing, MountedFile};
pub(crate) use mounts::{mode_of_unseen, mounted_files};
pub use node::{Configuration, Node, NodeId};
pub use references::{Link, links};
pub use route_end::RouteEnd;
pub use start_order::{StartOrder, Wait};
pub use url::Url;
pub use waits::Awaited;
pub(crate) use waits::awaited;

use crate::{
    component::Component,
    facts::{Facts, IdentityServer},
    manifest::{Autoscaler, Manifest, Object, Service, Workload},
};

/// Everything that checks look at.
#[derive(Debug)]
pub struct Graph<'a> {
    /// The documents.
    pub manifest: &'a Manifest,
    /// Server workloads with their component.
    pub members: Vec<Member<'a>>,
    /// One entry per pod, member by member.
    pub nodes: Vec<Node<'a>>,
    /// Services.
    pub services: Vec<Service<'a>>,
    /// Hosts that live outside, as patterns with `*`.
    pub external: Vec<String>,
    /// Whether documents are missing, which any host may be about.
    pub is_partial: bool,
    /// Components that are declared to run elsewhere, by name. One that a release runs all the same is a fault.
    pub declared: BTreeMap<Component, Elsewhere>,
    /// Ways to and from other sites.
    pub crossings: Crossings,
    /// An identity server that issues tokens.
    pub identity_server: Option<IdentityServer>,
    /// Tenants whose releases these are, by the names of the releases; of those beside, too.
    pub tenants: BTreeMap<String, String>,
    /// Who else calls servers on machines: addresses and ranges, by the names of the releases.
    pub clients: BTreeMap<String, Vec<String>>,
    /// Releases that are there too, and are judged by themselves.
    pub beside: Option<Box<Graph<'a>>>,
    /// The other sites of the deployment, which are judged by themselves.
    pub sites: BTreeMap<String, Graph<'a>>,
    /// Every address of every node's `deployment.toml`, with where it leads.
    pub links: Vec<Link>,
}

/// What the graph must be told because documents do not say it.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// What is declared of the workloads of a release, by release name.
    pub releases: BTreeMap<String, Declared>,
    /// What is declared of workloads of any release.
    pub all: Declared,
    /// Hosts that live outside, as patterns with `*`.
    pub external: Vec<String>,
    /// Where components are that none of the releases runs.
    pub elsewhere: BTreeMap<Component, Elsewhere>,
    /// Ways to and from other sites.
    pub crossings: Crossings,
    /// An identity server that issues tokens.
    pub identity_server: Option<IdentityServer>,
    /// Tenants whose releases these are, by the names of the releases; of those beside, too.
    pub tenants: BTreeMap<String, String>,
    /// Who else calls servers on machines: addresses and ranges, by the names of the releases.
    pub clients: BTreeMap<String, Vec<String>>,
    /// The same of other sites, by their names.
    pub sites: BTreeMap<String, Hints>,
}

impl<'a> Graph<'a> {
    /// Builds the graph of a pattern's documents.
    pub fn build(
        manifest: &'a Manifest,
        facts: &Facts,
        version: ProductVersion,
        hints: &Hints,
    ) -> Self {
        let services = manifest.services();
        let workloads: Vec<Workload<'a>> = manifest
            .workloads()
            .into_iter()
            .filter(Workload::is_server)
            .collect();
        let members: Vec<Member<'a>> = workloads
            .iter()
            .map(|workload| {
                let declared = declared(hints, &workloads, workload);
                Member::new(*workload, declared, scaler(manifest, workload))
            })
            .collect();
        let mut nodes: Vec<Node<'a>> = members
            .iter()
            .enumerate()
            .flat_map(|(index, member)| {
                node::nodes_of(manifest, facts, version, &services, member, index)
            })
            .collect();
        for node in nodes.iter_mut().filter(|node| node.configuration.is_none()) {
            let member = &members[node.id.member];
            node.unseen = unseen::reason(manifest, version, member, &node.pod_name);
        }
        let mut graph = Self {
            manifest,
            members,
            nodes,
            services,
            external: hints.external.clone(),
            is_partial: manifest.is_any_partial(),
            declared: hints.elsewhere.clone(),
            crossings: hints.crossings.clone(),
            identity_server: hints.identity_server.clone(),
            tenants: hints.tenants.clone(),
            clients: hints.clients.clone(),
            beside: manifest.beside.as_deref().map(|beside| {
                let hints = Hints {
                    external: hints.external.clone(),
                    ..Hints::default()
                };
                Box::new(Graph::build(beside, facts, version, &hints))
            }),
            sites: manifest
                .sites
                .iter()
                .map(|(name, site)| {
                    let hints = hints.sites.get(name).cloned().unwrap_or_default();
                    (name.clone(), Graph::build(site, facts, version, &hints))
                })
                .collect(),
            links: Vec::new(),
        };
        graph.links = links(&graph);
        graph
    }

    /// What was declared of a release in vain, in one sentence: its user believes that it is judged. What a document that is missing
    /// would have been is not known.
    pub(crate) fn declared_in_vain(&self, hints: &Hints) -> Option<String> {
        let of_all: Vec<&Member<'_>> = self.members.iter().collect();
        let is_whole = !self.manifest.is_any_partial();
        let in_vain = is_whole.then(|| hints.all.in_vain("the releases", &of_all));
        in_vain.flatten().or_else(|| {
            let releases = hints.releases.iter();
            let mut whole = releases.filter(|(release, _)| !self.manifest.is_partial(release));
            whole.find_map(|(release, declared)| {
                let is_its = |member: &&&Member<'_>| member.workload.object.release == *release;
                let members: Vec<&Member<'_>> = of_all
                    .iter()
                    .copied()
                    .filter(|member| is_its(&member))
                    .collect();
                declared.in_vain(&format!("release {release}"), &members)
            })
        })
    }

    /// The configuration of a node whose server reads YAML, with the object that holds it.
    pub(crate) fn yaml_configuration(&self, node: &Node<'_>) -> Option<(&'a Object, &'a str)> {
        node::yaml_configuration(self.manifest, self.member(node.id), &node.pod_name)
    }

    /// The member to which a node belongs.
    pub fn member(&self, node: NodeId) -> &Member<'a> {
        &self.members[node.member]
    }

    /// A node by its id.
    pub fn node(&self, id: NodeId) -> Option<&Node<'a>> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The nodes of a component, in order.
    pub fn nodes_of(&self, component: Component) -> Vec<&Node<'a>> {
        self.nodes
            .iter()
            .filter(|node| self.member(node.id).component == Some(component))
            .collect()
    }

    /// The workloads of a component.
    pub(crate) fn members_of(&self, component: Component) -> impl Iterator<Item = &Member<'a>> {
        self.members
            .iter()
            .filter(move |member| member.component == Some(component))
    }

    /// The component of a node.
    pub fn component(&self, node: NodeId) -> Option<Component> {
        self.members
            .get(node.member)
            .and_then(|member| member.component)
    }

    /// How messages name a node: by its component, and by its pod or workload where there are several.
    pub fn describe(&self, node: NodeId) -> String {
        let member = self.member(node);
        let name = member.workload.object.name();
        let Some(component) = member.component else {
            return name.to_owned();
        };
        let title = component.title();
        if member.workload.is_stateful_set() && member.replicas > 1 {
            format!("{title} ({name}-{})", node.ordinal)
        } else if self.members_of(component).nth(1).is_some() {
            format!("{title} ({name})")
        } else {
            title.to_owned()
        }
    }

    /// Components whose configuration cannot be seen from here, each with why, in one sentence.
    pub fn unseen(&self) -> BTreeMap<Component, String> {
        let mut found = BTreeMap::new();
        for node in &self.nodes {
            if let (Some(component), Some(reason)) = (self.component(node.id), &node.unseen) {
                let title = component.title();
                found.entry(component).or_insert_with(|| {
                    format!(
                        "the configuration of the {title} cannot be seen from here, because {reason}: \
                         what it says is not judged, and addresses that lead to the {title} are"
                    )
                });
            }
        }
        found
    }

    /// Something that resolves addresses as the pods of this graph would.
    pub fn resolver<'g>(&'g self) -> Resolver<'g, 'a> {
        Resolver { graph: self }
    }
}

/// The component that a workload is declared to be. What is said of a whole release is meant for its servers of the product, and
/// for its only workload whatever that looks like.
fn declared(
    hints: &Hints,
    workloads: &[Workload<'_>],
    workload: &Workload<'_>,
) -> Option<Component> {
    let release = &workload.object.release;
    let name = workload.object.name();
    let declared = hints.releases.get(release);
    let of_name = declared.and_then(|declared| declared.of_workload(name));
    of_name.or_else(|| hints.all.of_workload(name)).or_else(|| {
        let mut others = workloads
            .iter()
            .filter(|other| other.object.release == *release);
        let is_only = others.nth(1).is_none();
        declared?
            .component
            .filter(|_| is_only || looks_like_the_product(workload))
    })
}

/// What decides how many pods a workload has.
fn scaler<'a>(manifest: &'a Manifest, workload: &Workload<'_>) -> Option<Autoscaler<'a>> {
    let mut scalers = manifest.objects.iter().filter_map(Autoscaler::of);
    scalers.find(|scaler| {
        scaler.target() == Some((workload.object.kind(), workload.object.name()))
            && scaler.0.namespace() == workload.object.namespace()
    })
}
