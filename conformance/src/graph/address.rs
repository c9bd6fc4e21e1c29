//! Where a host and port lead, as seen from a pod.

use std::collections::BTreeSet;

use super::{Graph, Member, NodeId, There};
use crate::{
    facts::matches_glob,
    manifest::{Service, TargetPort, routes},
};

/// Resolves addresses as the cluster's DNS and Services would.
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'g, 'a> {
    pub(super) graph: &'g Graph<'a>,
}

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a port of pods of the pattern.
    Nodes {
        /// The pods among which a connection may land.
        nodes: BTreeSet<NodeId>,
        /// Port in the pod.
        port: u16,
        /// Service that it goes through.
        service: String,
    },
    /// To the node that asks.
    Own {
        /// Port.
        port: u16,
    },
    /// To a route of the pattern, from outside.
    Route {
        /// Kind and name of the route.
        route: String,
    },
    /// To a component that none of the releases runs, where it is declared to be.
    Elsewhere(There),
    /// To a host that lives outside, as declared.
    External,
    /// Nowhere.
    Dangling {
        /// Why.
        reason: String,
        /// A name that may have been meant.
        suggestion: Option<String>,
    },
    /// It cannot be told.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Whether a host means the node itself.
#[derive(Debug, Clone, Copy)]
pub struct OwnAddress;

impl OwnAddress {
    /// Whether `host` means the node itself.
    pub fn is(host: &str) -> bool {
        matches!(
            host,
            "localhost" | "127.0.0.1" | "::1" | "0.0.0.0" | "${carbon.local.ip}" | "${carbon.host}"
        ) || host.starts_with("127.")
    }
}

impl<'g, 'a> Resolver<'g, 'a> {
    /// Where `host` and `port` lead for a pod in `namespace`.
    pub fn resolve(self, namespace: &str, host: &str, port: Option<u16>) -> Target {
        let host = host.trim_end_matches('.').to_lowercase();
        let without_port = || Target::Unknown {
            reason: format!("the address of `{host}` has no port that can be read"),
        };
        if OwnAddress::is(&host) {
            return port.map_or_else(without_port, |port| Target::Own { port });
        }
        if host.contains('$') {
            return Target::Unknown {
                reason: format!("`{host}` is known only in the running pod"),
            };
        }
        let graph = self.graph;
        match port.map(|port| graph.declared_at(&host, port)) {
            Some(Some(Ok(there))) => return Target::Elsewhere(there),
            Some(Some(Err(reason))) => {
                return Target::Dangling {
                    reason,
                    suggestion: None,
                };
            }
            None if graph.is_declared(&host) => return without_port(),
            _ => {}
        }
        match port.map(|port| self.on_machines(&host, port)) {
            Some(Some(target)) => return target,
            None if self.on_machines(&host, 0).is_some() => return without_port(),
            _ => {}
        }
        if self.service_of(namespace, &host).is_none() {
            match port.map(|port| self.beside(namespace, &host, port)) {
                Some(Some(target)) => return target,
                None if self.beside(namespace, &host, 0).is_some() => return without_port(),
                _ => {}
            }
        }
        // Without a port it can still be told whether there is such a Service: port 0 is none of its ports.
        let is_readable = port.is_some() || self.service_of(namespace, &host).is_none();
        match self.in_cluster(namespace, &host, port.unwrap_or(0)) {
            Some(target) if is_readable => return target,
            Some(_) => return without_port(),
            None => {}
        }
        if let Some(route) = routes(self.graph.manifest)
            .iter()
            .find(|route| route.answers(&host))
        {
            return Target::Route {
                route: route.object.reference().to_string(),
            };
        }
        match graph.other_site_at(&host, port) {
            Some(Ok(())) => return Target::External,
            Some(Err(reason)) => {
                return Target::Dangling {
                    reason,
                    suggestion: None,
                };
            }
            None => {}
        }
        if self.is_external(&host) {
            return Target::External;
        }
        if host.parse::<std::net::IpAddr>().is_ok() {
            return Target::Unknown {
                reason: format!("`{host}` is an address; declare it external if it lives outside"),
            };
        }
        Target::Dangling {
            reason: format!(
                "no release provides the host `{host}`, and it is not declared external"
            ),
            suggestion: self.nearest_service(&host, port),
        }
    }

    pub(super) fn in_cluster(self, namespace: &str, host: &str, port: u16) -> Option<Target> {
        if let Some((service, pod)) = self.service_of(namespace, host) {
            return Some(match pod {
                Some(pod) => self.pod_of(service, pod, port),
                None => self.service_port(service, port),
            });
        }
        // Names of the cluster's own domain cannot live outside, unless declared: another team's Service.
        let is_own_domain = host.split('.').any(|label| label == "svc");
        (is_own_domain && !self.is_external(host)).then(|| Target::Dangling {
            reason: format!("no release has a Service for `{host}`"),
            suggestion: self.nearest_service(host, Some(port).filter(|port| *port > 0)),
        })
    }

    /// The Service that a name of the cluster's DNS means, and the pod, if the name is a pod's.
    pub(crate) fn service_of<'h>(
        self,
        namespace: &str,
        host: &'h str,
    ) -> Option<(Service<'a>, Option<&'h str>)> {
        let labels: Vec<&'h str> = host.split('.').collect();
        let candidates: Vec<(Option<&'h str>, &str, &str)> = match labels.as_slice() {
            [service] => vec![(None, *service, namespace)],
            [first, second] => vec![(None, *first, *second), (Some(*first), *second, namespace)],
            [service, ns, "svc", ..] => vec![(None, *service, *ns)],
            [pod, service, ns] | [pod, service, ns, "svc", ..] => vec![(Some(*pod), *service, *ns)],
            _ => Vec::new(),
        };
        candidates.into_iter().find_map(|(pod, name, ns)| {
            let service = self
                .graph
                .services
                .iter()
                .find(|service| service.name() == name && service.object.namespace() == ns)?;
            Some((*service, pod))
        })
    }

    /// Whether pods of the releases answer for a Service.
    pub(crate) fn has_pods(self, service: Service<'_>) -> bool {
        !self.selected(service).is_empty()
    }

    /// Whether a host is declared to be that of a component elsewhere, or to live outside.
    pub(crate) fn is_declared(self, host: &str) -> bool {
        self.graph.is_declared(host) || self.is_declared_external(host)
    }

    /// Whether a host is declared to live outside, or may be that of a document that is missing.
    pub(crate) fn is_external(self, host: &str) -> bool {
        self.graph.is_partial || self.is_declared_external(host)
    }

    fn is_declared_external(self, host: &str) -> bool {
        self.graph
            .external
            .iter()
            .any(|pattern| matches_glob(pattern, host))
    }

    /// The members of which a Service selects pods, each with its number.
    pub(crate) fn selected(self, service: Service<'_>) -> Vec<(usize, &'g Member<'a>)> {
        self.graph
            .members
            .iter()
            .enumerate()
            .filter(|(_, member)| {
                member.workload.object.namespace() == service.object.namespace()
                    && member.workload.is_selected_by(service)
            })
            .collect()
    }

    /// Where a port of a Service leads.
    pub(crate) fn service_port(self, service: Service<'_>, port: u16) -> Target {
        let selected = self.selected(service);
        let name = service.name();
        if service.external_name().is_some() || service.selector().is_empty() {
            return outside_of(service, port);
        }
        if selected.is_empty() {
            return Target::Dangling {
                reason: format!("Service `{name}` selects no pods"),
                suggestion: None,
            };
        }
        let wanted = if service.is_headless() {
            // A headless name leads to the pods, ports are not translated.
            TargetPort::Number(port)
        } else {
            let ports = service.ports();
            let Some(found) = ports.iter().find(|candidate| candidate.number == port) else {
                return without_port(service, port);
            };
            found.target
        };
        let mut nodes = BTreeSet::new();
        let mut pod_port = None;
        for (index, member) in &selected {
            match self.container_port(member, wanted) {
                Ok(number) => pod_port = Some(number),
                Err(reason) => {
                    return Target::Dangling {
                        reason,
                        suggestion: None,
                    };
                }
            }
            let ordinals = (0..member.replicas).filter(|ordinal| {
                let is_it =
                    |pod: &str| format!("{}-{ordinal}", member.workload.object.name()) == pod;
                service.only_pod().is_none_or(is_it)
            });
            nodes.extend(ordinals.map(|ordinal| NodeId {
                member: *index,
                ordinal,
            }));
        }
        match pod_port {
            Some(_) if nodes.is_empty() => Target::Dangling {
                reason: format!("Service `{name}` selects workloads without pods"),
                suggestion: None,
            },
            Some(port) => Target::Nodes {
                nodes,
                port,
                service: name.to_owned(),
            },
            None => Target::Dangling {
                reason: format!("Service `{name}` selects no pods"),
                suggestion: None,
            },
        }
    }

    fn pod_of(self, service: Service<'_>, pod: &str, port: u16) -> Target {
        let dangling =
            |reason: String, suggestion: Option<String>| Target::Dangling { reason, suggestion };
        if !service.is_headless() {
            return dangling(
                format!(
                    "Service `{}` is not headless, so it has no name for pod `{pod}`",
                    service.name()
                ),
                None,
            );
        }
        let owner = self.graph.members.iter().enumerate().find(|(_, member)| {
            let name = member.workload.object.name();
            let ordinal = pod
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('-'));
            member.workload.is_stateful_set()
                && member.workload.object.namespace() == service.object.namespace()
                && ordinal.is_some_and(|ordinal| {
                    !ordinal.is_empty() && ordinal.bytes().all(|b| b.is_ascii_digit())
                })
        });
        let Some((index, member)) = owner else {
            let names: Vec<String> = self
                .graph
                .members
                .iter()
                .filter(|member| member.workload.is_stateful_set())
                .map(|member| format!("{}-0", member.workload.object.name()))
                .collect();
            let suggestion = am_suggest::near(pod, names.iter().map(String::as_str));
            let suggestion = suggestion.map(str::to_owned);
            return dangling(
                format!("no StatefulSet has a pod called `{pod}`"),
                suggestion,
            );
        };
        let name = member.workload.object.name();
        if member.workload.service_name() != Some(service.name()) {
            return dangling(
                format!(
                    "StatefulSet `{name}` is not governed by Service `{}`",
                    service.name()
                ),
                None,
            );
        }
        if !service.selects(&member.workload.pod.labels()) {
            return dangling(
                format!(
                    "Service `{}` does not select the pods of `{name}`",
                    service.name()
                ),
                None,
            );
        }
        let ordinal = pod[name.len() + 1..].parse().unwrap_or(usize::MAX);
        if ordinal >= member.replicas {
            return dangling(
                format!(
                    "StatefulSet `{name}` has {} pods, so there is no `{pod}`",
                    member.replicas
                ),
                None,
            );
        }
        match self.container_port(member, TargetPort::Number(port)) {
            Ok(port) => Target::Nodes {
                nodes: BTreeSet::from([NodeId {
                    member: index,
                    ordinal,
                }]),
                port,
                service: service.name().to_owned(),
            },
            Err(reason) => dangling(reason, None),
        }
    }

    /// The number of a pod's port on which something listens: declared by a container, or, as declaring is
    /// only information to Kubernetes, one of the component's own ports.
    pub(crate) fn container_port(
        self,
        member: &Member<'_>,
        wanted: TargetPort<'_>,
    ) -> Result<u16, String> {
        let workload = member.workload.object.reference();
        let declared: Vec<_> = member
            .workload
            .pod
            .all_containers()
            .iter()
            .flat_map(crate::manifest::Container::ports)
            .collect();
        match wanted {
            TargetPort::Name(name) => declared
                .iter()
                .find(|port| port.name == Some(name))
                .map(|port| port.number)
                .ok_or_else(|| format!("no container of {workload} has a port called `{name}`")),
            TargetPort::Number(number) => {
                let listens = member.component.is_some_and(|component| {
                    let port = self.graph.port_on(member, number);
                    port.is_some_and(|port| component.ports().any(|own| own == port))
                });
                if listens || declared.iter().any(|port| port.number == number) {
                    Ok(number)
                } else {
                    Err(format!(
                        "no container of {workload} listens on port {number}"
                    ))
                }
            }
        }
    }

    /// The Service with the name most like `host`; with a port, only Services that lead somewhere with it.
    pub(crate) fn nearest_service(self, host: &str, port: Option<u16>) -> Option<String> {
        // The part that names the Service decides; a pod's name comes before it.
        let mut labels = host.split('.');
        let first = labels.next().unwrap_or(host);
        let names: Vec<String> = self
            .graph
            .services
            .iter()
            .filter(|service| {
                port.is_none_or(|port| {
                    !matches!(self.service_port(**service, port), Target::Dangling { .. })
                })
            })
            .map(|service| service.name().to_owned())
            .collect();
        let near = |name: &str| am_suggest::near(name, names.iter().map(String::as_str));
        near(first)
            .or_else(|| near(labels.next()?))
            .map(str::to_owned)
    }
}

/// Where a Service leads whose pods are in no release. The ports that it lists are all that is said of what stands there.
fn outside_of(service: Service<'_>, port: u16) -> Target {
    let ports = service.ports();
    if ports.is_empty() || service.is_headless() || ports.iter().any(|own| own.number == port) {
        Target::External
    } else {
        without_port(service, port)
    }
}

fn without_port(service: Service<'_>, port: u16) -> Target {
    let ports: Vec<String> = service
        .ports()
        .iter()
        .map(|port| port.number.to_string())
        .collect();
    Target::Dangling {
        reason: format!(
            "Service `{}` has no port {port}; it has {}",
            service.name(),
            ports.join(", ")
        ),
        suggestion: None,
    }
}
