//! How load balancers speak with clients and nodes.

use std::collections::BTreeSet;

use super::{
    balancers::{At, behind},
    hosts::machines,
};
use crate::{
    component::Component,
    context::{Context, Judge},
    graph::Answers,
    manifest::{Balanced, Front},
};

/// Ports with TLS are spoken to with TLS, and others in clear text.
pub(super) fn is_what_nodes_understand(context: &Context<'_>, judge: &mut Judge<'_>) {
    for_every_backend(context, judge, |at, backend, judge| {
        let Some((_, (.., port))) = behind(context, backend) else {
            return;
        };
        // What is passed on as it comes is what clients speak.
        let is_opened = at.front.is_http || at.front.ends_tls;
        let problem = match (&backend.tls, port.tls) {
            (None, true) if is_opened => "in clear text, and TLS is spoken there",
            (Some(_), false) => "with TLS, and clear text is spoken there",
            _ => {
                judge.looked();
                return;
            }
        };
        let help = if port.tls {
            "write `proxy_pass https://…` (nginx) or `ssl` at the server (HAProxy)"
        } else {
            "write `proxy_pass http://…` (nginx) or leave `ssl` out (HAProxy), or lead to the port with TLS"
        };
        let line = at.front.pass_line;
        let message = format!(
            "speaks to {} of {}:{} {problem}",
            port.name, backend.host, backend.port
        );
        judge.fault(
            at.fault(Some(line), &message, help)
                .value(port.name.clone()),
        );
    });
}

/// Who verifies nobody gives passwords to whoever answers.
pub(super) fn verifies_nodes(context: &Context<'_>, judge: &mut Judge<'_>) {
    for_every_backend(context, judge, |at, backend, judge| {
        let Some(tls) = &backend.tls else { return };
        judge.looked();
        if !tls.verifies {
            let message = "takes whoever answers for a node: it verifies no certificate";
            let help = "write `proxy_ssl_verify on` and `proxy_ssl_trusted_certificate` (nginx) or `verify required ca-file …` (HAProxy)";
            judge.fault(at.fault(Some(tls.line), message, help));
            return;
        }
        let Some(name) = &tls.name else { return };
        // Whom nobody knows has no names: AM-VM-005 reports it.
        if behind(context, backend).is_none() {
            return;
        }
        let known = names_of_nodes(context, at.front);
        judge.require(known.contains(&name.text.to_lowercase()), || {
            let hint = am_suggest::hint(&name.text, known.iter().map(String::as_str));
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            let message = format!(
                "asks nodes for a certificate of `{}`, which is the name of none",
                name.text
            );
            let help = format!(
                "write a name that their certificates have, such as their `server.hostname` (`proxy_ssl_name` in nginx, `sni` and `verifyhost` in HAProxy){hint}"
            );
            at.fault(Some(name.line), &message, help)
                .value(name.text.clone())
        });
    });
}

/// Users come to the name that they asked for.
pub(super) fn keeps_the_host(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    let fronts = all.iter().filter(|at| at.front.is_http);
    let mut fronts = fronts.filter(|at| !at.front.names.is_empty()).peekable();
    judge.applies(
        fronts.peek().is_some(),
        "no load balancer reads requests for host names",
    );
    for at in fronts {
        judge.looked();
        let Some(told) = &at.front.told_host else {
            continue;
        };
        let mut names = at.front.names.iter();
        judge.require(names.any(|name| name.eq_ignore_ascii_case(&told.text)), || {
            let message = format!(
                "tells nodes that users asked for `{}`, and they asked for {}",
                told.text,
                at.front.names.join(", ")
            );
            let help = "write `proxy_set_header Host $http_host` (nginx), or set no header `Host` (HAProxy): redirects and links lead to that name otherwise";
            at.fault(Some(told.line), &message, help)
                .value(told.text.clone())
        });
    }
}

/// What leads on with TLS is reached with TLS.
pub(super) fn ends_tls(context: &Context<'_>, judge: &mut Judge<'_>) {
    let all = At::all(context);
    let mut fronts = all.iter().filter(|at| at.front.is_http).peekable();
    judge.applies(
        fronts.peek().is_some(),
        "no load balancer reads requests of HTTP",
    );
    for at in fronts {
        let ports = at.front.backends.iter();
        let encrypted = ports.filter_map(|backend| behind(context, backend));
        let encrypted = encrypted.map(|(_, (.., port))| port).find(|port| port.tls);
        judge.require(at.front.ends_tls || encrypted.is_none(), || {
            let message = format!(
                "listens on port {} in clear text, and leads to {}, which is there for TLS",
                at.front.port,
                encrypted.map_or("", |port| port.name.as_str())
            );
            let help = "write `ssl` and a certificate where it listens: passwords and tokens come this way";
            at.fault(Some(at.front.line), &message, help)
                .value(at.front.port.to_string())
        });
    }
}

fn for_every_backend<'a>(
    context: &Context<'a>,
    judge: &mut Judge<'_>,
    mut each: impl FnMut(&At<'a>, &'a Balanced, &mut Judge<'_>),
) {
    let all = At::all(context);
    judge.applies(!all.is_empty(), "there is no load balancer");
    for at in all {
        judge.looked();
        let mut told = BTreeSet::new();
        for backend in &at.front.backends {
            // What is said once for all servers is one mistake.
            let tls = backend.tls.as_ref().map(|tls| (tls.line, tls.said()));
            if told.insert((tls, backend.port)) {
                each(&at, backend, judge);
            }
        }
    }
}

/// The names by which the nodes of a front are known: to configurations, to users, and to the inventory.
fn names_of_nodes(context: &Context<'_>, front: &Front) -> BTreeSet<String> {
    let graph = context.graph;
    let mut names = BTreeSet::new();
    let mut components: BTreeSet<Component> = BTreeSet::new();
    for backend in &front.backends {
        names.insert(backend.host.to_lowercase());
        let Some((server, (_, component, _))) = behind(context, backend) else {
            continue;
        };
        components.insert(component);
        let (graph, id) = match server {
            Answers::Own(id) => (Some(graph), id),
            Answers::Beside(id) => (graph.beside.as_deref(), id),
        };
        let Some(graph) = graph else { continue };
        let member = graph.member(id);
        names.insert(member.host().to_lowercase());
        names.insert(member.address().to_lowercase());
        let hostname = graph.node(id).and_then(|node| {
            let found = node.effective()?.get("server.hostname")?;
            found.value.scalar_text()
        });
        names.extend(hostname.map(|name| name.to_lowercase()));
    }
    let mut fronts: Vec<&Front> = Vec::new();
    for host in machines(context).balancers() {
        names.extend([host.name.to_lowercase(), host.address.to_lowercase()]);
        fronts.extend(&host.fronts);
    }
    names.extend(
        machines(context)
            .shared_address
            .iter()
            .map(|it| it.to_lowercase()),
    );
    let is_theirs = |front: &&&Front| {
        let mut behind = front.backends.iter().filter_map(|one| behind(context, one));
        behind.any(|(_, (_, component, _))| components.contains(&component))
    };
    let public = fronts.iter().filter(is_theirs);
    names.extend(
        public
            .flat_map(|front| &front.names)
            .map(|name| name.to_lowercase()),
    );
    let links = graph.links.iter();
    names.extend(links.map(|link| link.reference.address.host.to_lowercase()));
    names
}
