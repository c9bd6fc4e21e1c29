//! Every other host that a configuration names: databases, directories, mail servers, public addresses.

use am_deployment_toml::{
    effective::{Effective, Provenance},
    wiring::Purpose,
};
use am_product::{Port, Protocol};

use super::{
    edge::is_row_of,
    no_address::{problem_of, texts},
    texts::is_alias,
};
use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
    facts::{Shape, without_indices},
    graph::{Configuration, HostLink, Link, Member, Node, Target, Url, host_links},
};

/// Judges the hosts that no row of the wiring table is about.
pub(super) fn every_host_is_provided(context: &Context<'_>, judge: &mut Judge<'_>) {
    let hosts = host_links(context.graph, context.facts);
    for (node, component, configuration) in configured(context.graph) {
        let on = On {
            context,
            node,
            configuration,
        };
        let links = context.graph.links.iter().filter(|link| {
            link.from == node.id
                && is_told(&link.reference.provenance)
                && link.reference.enabled
                && problem_of(&link.reference.raw).is_none_or(|problem| problem.contains("comma"))
                && !has_row(context, component, &link.reference.purpose)
                && !context
                    .facts
                    .is_identifier_key(&link.reference.key.to_string())
        });
        for link in links {
            on.judge_link(judge, link);
        }
        for link in hosts.iter().filter(|link| link.from == node.id) {
            on.judge_host(judge, link);
        }
        on.judge_texts(judge);
    }
}

/// Whether a row of the wiring table judges the address already.
fn has_row(context: &Context<'_>, component: Component, purpose: &Purpose) -> bool {
    let pattern = context.wired_as();
    let is_single = context.graph.nodes_of(component).len() < 2;
    context.facts.edges.iter().any(|fact| {
        fact.on == component
            && fact.peers.contains_key(&pattern)
            && !(fact.highly_available && is_single)
            && purpose.kind().key() == Some(fact.key.as_str())
    })
}

/// The port before the offset that a wiring key wants, whatever the pattern.
fn wanted_port(context: &Context<'_>, purpose: &Purpose) -> Option<u16> {
    match purpose {
        Purpose::ThrottleAuth { .. } | Purpose::EventHubPublishAuth { .. } => {
            Some(Port::speaking(Protocol::ThriftAuth, true).number)
        }
        _ => {
            let mut rows = context.facts.edges.iter();
            let row = rows.find(|fact| is_row_of(fact, purpose))?;
            Some(row.shape.parts().1)
        }
    }
}

/// Whether the file says the address itself. What a key falls back to is judged under the key that is written.
fn is_told(provenance: &Provenance) -> bool {
    provenance.is_written() || matches!(provenance, Provenance::Inferred { .. })
}

/// One node.
struct On<'o, 'a> {
    context: &'o Context<'o>,
    node: &'o Node<'a>,
    configuration: &'o Configuration<'a>,
}

impl On<'_, '_> {
    fn judge_link(&self, judge: &mut Judge<'_>, link: &Link) {
        let address = &link.reference.address;
        // A public address without TLS is often only a promise to redirect, kept by what stands before the cluster.
        let is_public = self
            .context
            .facts
            .is_public_key(&link.reference.key.to_string());
        let is_promise = is_public
            && matches!(
                (address.scheme.as_str(), address.port),
                ("http" | "ws", None | Some(80))
            );
        let url = Url {
            scheme: if is_promise { "" } else { &address.scheme },
            host: &address.host,
            port: address.port_or_default(),
            path: &address.path,
            is_public: wanted_port(self.context, &link.reference.purpose).is_none(),
        };
        judge.looked();
        let problem = self
            .problem(&link.target, url)
            .or_else(|| self.wrong_port(link))
            .or_else(|| self.wrong_scheme(link));
        if let Some((message, help)) = problem {
            judge.fault(
                self.fault(
                    &link.reference.key.to_string(),
                    link.reference.span,
                    &message,
                    help,
                )
                .value(address.host.clone()),
            );
        }
    }

    /// Another port of the right node: what answers there speaks another protocol.
    fn wrong_port(&self, link: &Link) -> Option<(String, String)> {
        let wanted = wanted_port(self.context, &link.reference.purpose)?;
        let (port, wanted) = match &link.target {
            Target::Nodes { nodes, port, .. } => {
                let node = self.context.graph.node(*nodes.first()?)?;
                (*port, node.moved(wanted))
            }
            Target::Own { port } => (*port, self.node.moved(wanted)),
            Target::Elsewhere(there) => (there.port, wanted),
            _ => return None,
        };
        (port != wanted).then(|| {
            (
                format!("port {port} is not the one that its reader speaks to"),
                format!("write port {wanted}"),
            )
        })
    }

    /// The endpoints that are only ever asked with TLS. Those of services and brokers are AM-CONF-006's.
    fn wrong_scheme(&self, link: &Link) -> Option<(String, String)> {
        let address = &link.reference.address;
        let mut rows = self.context.facts.edges.iter();
        let row = rows.find(|fact| is_row_of(fact, &link.reference.purpose))?;
        let (scheme, _, path) = row.shape.parts();
        let is_endpoint = matches!(row.shape, Shape::Jwks | Shape::Revoke | Shape::Notify);
        (is_endpoint && (address.scheme != scheme || address.path != path)).then(|| {
            (
                format!(
                    "`{}://…{}` is not what answers there",
                    address.scheme, address.path
                ),
                format!("begin it with {scheme}:// and end it with {path}"),
            )
        })
    }

    fn judge_host(&self, judge: &mut Judge<'_>, link: &HostLink) {
        judge.looked();
        let url = Url {
            scheme: "",
            host: &link.host,
            port: link.port,
            path: "",
            is_public: true,
        };
        if let Some((message, help)) = self.problem(&link.target, url) {
            judge.fault(
                self.fault(&link.key, link.span, &message, help)
                    .value(link.host.clone()),
            );
        }
    }

    /// URLs that lack what an address needs. Those that the wiring table is about are judged by its rows.
    fn judge_texts(&self, judge: &mut Judge<'_>) {
        let facts = self.context.facts;
        let values = self.configuration.effective.iter();
        for (key, found) in values.flat_map(Effective::values) {
            let name = key.to_string();
            let pattern = without_indices(&name);
            let mut rows = facts.edges.iter().map(|fact| without_indices(&fact.key));
            if !found.provenance.is_written()
                || facts.is_identifier_key(&name)
                || rows.any(|row| pattern.starts_with(&row))
            {
                continue;
            }
            for (key, span, text) in texts(key, found) {
                let problem = problem_of(&text)
                    .filter(|problem| text.contains("://") && !problem.contains("comma"));
                if let Some(problem) = problem {
                    let help = "write scheme, host and port of the server that is meant".to_owned();
                    let message = format!("it {problem}");
                    judge.fault(
                        self.fault(&key.to_string(), span, &message, help)
                            .value(text),
                    );
                }
            }
        }
    }

    /// What is wrong with an address, and what to do.
    fn problem(&self, target: &Target, url: Url<'_>) -> Option<(String, String)> {
        const DECLARE: &str = "correct it, or declare the host external if it lives outside";
        match target {
            // A number is no name: it lives outside, as pods and Services get theirs from the cluster. A placeholder
            // or a missing port is nothing that can be judged.
            Target::Nodes { .. }
            | Target::Elsewhere(_)
            | Target::External
            | Target::Unknown { .. } => None,
            Target::Route { .. } => {
                let resolver = self.context.graph.resolver();
                let reason = resolver.behind_route(url).err()?;
                let help = "write the address at which the route answers, or give the route that host, port and path";
                Some((reason, help.to_owned()))
            }
            Target::Own { port } => {
                let reason = nothing_listens(self.context, self.member(), self.node, *port)?;
                Some((
                    reason,
                    "write the host that has the server, or add the container that listens there"
                        .to_owned(),
                ))
            }
            Target::Dangling { reason, suggestion } => {
                if self.is_alias(url.host) {
                    return None;
                }
                let help = suggestion
                    .as_ref()
                    .map_or_else(|| DECLARE.to_owned(), |name| format!("did you mean `{name}`? otherwise declare the host external if it lives outside"));
                Some((reason.clone(), help))
            }
        }
    }

    fn member(&self) -> &Member<'_> {
        self.context.graph.member(self.node.id)
    }

    fn is_alias(&self, host: &str) -> bool {
        is_alias(&self.member().workload, host)
    }

    fn fault(
        &self,
        key: &str,
        span: Option<am_deployment_toml::span::Span>,
        message: &str,
        help: String,
    ) -> Fault<'_> {
        let who = self.context.graph.describe(self.node.id);
        Fault::new(
            format!("on the {who}, `{key}` leads nowhere: {message}"),
            help,
        )
        .at(self.configuration, key, span)
    }
}

/// Why nothing answers on a port of the pod itself, if that can be told: another container may listen without
/// declaring it.
fn nothing_listens(
    context: &Context<'_>,
    member: &Member<'_>,
    node: &Node<'_>,
    port: u16,
) -> Option<String> {
    let containers = member.workload.pod.all_containers();
    let before = port.checked_sub(node.offset());
    let is_inner = before.is_some_and(|port| context.facts.inner_ports.contains(&port));
    if containers.len() != 1 || is_inner {
        return None;
    }
    context
        .graph
        .resolver()
        .container_port(member, crate::manifest::TargetPort::Number(port))
        .err()
        .map(|_| format!("it is the pod itself, in which nothing listens on port {port}"))
}

#[cfg(test)]
mod tests {
    use super::every_host_is_provided;
    use crate::checks::harness::{Subject, messages};

    fn found(toml: &str, pod: &str) -> Vec<String> {
        let toml = toml.replace('\n', "\n    ");
        let documents = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  deployment.toml: |\n    {toml}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: gw}}, spec: {{template: {{metadata: {{labels: {{app: gw}}}}, spec: {{{pod} \
             volumes: [{{name: c, configMap: {{name: conf}}}}], containers: [{{name: gateway, image: wso2/wso2am-universal-gw, \
             volumeMounts: [{{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf}}]}}]}}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: redis}}, spec: {{ports: [{{port: 6379}}]}}}}"
        );
        messages(&Subject::default().judge("AM-WIRE-017", every_host_is_provided, &documents))
    }

    #[test]
    fn hosts_that_nobody_provides_are_found_in_urls_and_bare() {
        let found = found(
            "[database.shared_db]\ntype = \"mysql\"\nurl = \"jdbc:mysql://db.corp.internal:3306/shared_db\"\n\
             [output_adapter.email]\nhostname = \"smtp.corp.internal\"\n\
             [user_store]\nconnection_url = \"ldap://directory.corp.internal\"",
            "",
        );
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].contains("`database.shared_db.url`")
                && found[0].contains("`db.corp.internal`"),
            "{found:?}"
        );
        assert!(
            found.iter().any(|text| text.contains("directory.corp"))
                && found.iter().any(|text| text.contains("smtp.corp.internal")),
            "{found:?}"
        );
    }

    #[test]
    fn services_external_hosts_aliases_and_names_are_no_faults() {
        let found = found(
            "[apim.redis_config]\nhost = \"redis\"\nport = 6379\n\
             [database.shared_db]\nurl = \"jdbc:mysql://db.example.com/shared_db\"\n\
             [output_adapter.email]\nhostname = \"mail\"\n[user_store]\nconnection_url = \"ldap://10.1.2.3:389\"\n\
             [apim.jwt]\nclaim_dialect = \"http://claims.corp.internal/x\"",
            "hostAliases: [{ip: 10.0.0.1, hostnames: [mail]}],",
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn hosts_beside_a_port_are_found_whatever_their_table_unless_it_is_switched_off() {
        let toml = "[database.shared_db]\nurl = \"jdbc:mysql://db.example.com/shared_db\"\n\
            [diagnostic_tool.ftp_uploader]\nhost = \"files.corp.internal\"\nport = 21";
        assert_eq!(found(toml, "").len(), 1);
        assert!(found(&format!("{toml}\nenable = false"), "").is_empty());
    }

    #[test]
    fn a_url_without_host_or_port_is_no_address() {
        let toml = "[user_store]\nconnection_url = \"ldap://:389\"\n[database.shared_db]\nurl = \"jdbc:mysql://:3306/shared_db\"";
        let found = found(toml, "");
        assert!(
            found.len() == 2 && found.iter().all(|text| text.contains("has no host")),
            "{found:?}"
        );
    }

    #[test]
    fn a_database_in_the_pod_itself_needs_somebody_who_listens() {
        let toml = "[database.shared_db]\ntype = \"mysql\"\nurl = \"jdbc:mysql://localhost:3306/shared_db\"";
        assert_eq!(found(toml, "").len(), 1);
        assert!(found(toml, "initContainers: [{name: proxy, image: x}],").is_empty());
    }
}
