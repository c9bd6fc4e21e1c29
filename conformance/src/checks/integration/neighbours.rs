//! What releases beside these mean for servers of a tenant: gateways and the catalogue are reached, and nobody else's servers.

use am_product::Protocol;

use super::catalogue::addresses;
use crate::{
    checks::network::{Way, passes, passes_by, way_on_machines},
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::{Member, Target},
    manifest::{EnvSource, Manifest},
    requirement::Ground,
};

/// What a tenant's servers and everybody's have of their own, so that nobody else's calls may land there.
fn serves(member: &Member<'_>) -> bool {
    let has = |component: Component| {
        component.has(Capability::Integrates) || component.has(Capability::Streams)
    };
    member.component.is_some_and(has)
}

fn title(member: &Member<'_>) -> &'static str {
    member.component.map_or("server", Component::title)
}

/// Ports at which a member's users call it: their names, and numbers in the pod.
fn ports_for_users(context: &Context<'_>, member: &Member<'_>) -> Vec<(&'static str, u16)> {
    let ports = member.component.into_iter().flat_map(Component::ports);
    ports
        .filter(|port| matches!(port.speaks, Protocol::Integrations | Protocol::Streams))
        .map(|port| {
            let number = context.graph.number_on(member, port.number);
            (port.name.as_str(), number)
        })
        .collect()
}

/// No server of another tenant, and none that is everybody's, reaches a tenant's.
pub(super) fn tenants_are_kept_apart(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let beside = graph.beside.as_deref();
    let tenant_of = |member: &Member<'_>| graph.tenant(member).map(str::to_owned);
    let own = || graph.members.iter().filter(|member| serves(member));
    let others = || {
        let neighbours = graph.neighbours().filter(|member| serves(member));
        neighbours.filter(|other| own().any(|member| tenant_of(member) != tenant_of(other)))
    };
    let is_apart = own().any(|member| tenant_of(member).is_some());
    judge.applies(
        beside.is_some() && is_apart && others().next().is_some(),
        "there is no tenant with neighbours",
    );
    for member in own() {
        let Some(tenant) = graph.tenant(member) else {
            continue;
        };
        for other in others() {
            if graph.tenant(other) == Some(tenant) {
                continue;
            }
            for (name, number) in ports_for_users(context, member) {
                judge.looked();
                if passes(context, other, member, number) != Some(true) {
                    continue;
                }
                let whose = graph.tenant(other).unwrap_or("everybody");
                let release = &other.workload.object.release;
                let (other_title, own_title) = (title(other), title(member));
                let way = way_on_machines(context, other, member, number);
                let (by, help) = way.map_or((String::new(), NO_POLICY.to_owned()), told_way);
                judge.fault(
                    Fault::new(
                        format!("the {other_title} of {whose} (release {release}) reaches the {own_title} of {tenant} on port {number} ({name}){by}"),
                        help,
                    )
                    .object(member.workload.object)
                    .peer(release.clone()),
                );
            }
        }
    }
}

const NO_POLICY: &str =
    "let a NetworkPolicy name the gateways, and nobody else, as those who may call it";

/// By which way a connection gets from machine to machine, and what closes it.
fn told_way(way: Way<'_>) -> (String, String) {
    match way {
        Way::SameHost => (
            ", because both run on one host".to_owned(),
            "let servers of different tenants run on different hosts: no firewall is between those of one".to_owned(),
        ),
        Way::Direct => (
            String::new(),
            "let the firewall of its host let in the load balancer or the gateways, and nobody else".to_owned(),
        ),
        Way::Through(balancer, front) => (
            format!(" through `{}` of the load balancer {}", front.name, balancer.name),
            format!("let the firewall of {} let in the gateways to port {}, and nobody else", balancer.name, front.port),
        ),
    }
}

/// Gateways beside a cluster reach it.
pub(super) fn gateways_reach_it(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let serving = || {
        graph.neighbours().filter(|member| {
            let component = member.component;
            component.is_some_and(|component| component.has(Capability::ServesTraffic))
        })
    };
    // Where gateways are apart, nobody calls the others, though they could serve, too.
    let is_apart = |member: &&Member<'_>| {
        let component = member.component;
        component.is_some_and(|component| !component.has(Capability::Portals))
    };
    let are_apart = serving().any(|member| is_apart(&member));
    let gateways = || serving().filter(|member| !are_apart || is_apart(member));
    judge.applies(
        gateways().next().is_some(),
        "there are no gateways beside it",
    );
    for member in graph.members.iter().filter(|member| serves(member)) {
        let ports = ports_for_users(context, member);
        for gateway in gateways() {
            judge.looked();
            let is_open = |number: &u16| passes(context, gateway, member, *number) != Some(false);
            if ports.iter().any(|(_, number)| is_open(number)) {
                continue;
            }
            let numbers: Vec<String> = ports
                .iter()
                .map(|(name, number)| format!("{number} ({name})"))
                .collect();
            judge.fault(
                Fault::new(
                    format!(
                        "the {} of release {} does not reach the {} on any of its ports: {}",
                        title(gateway),
                        gateway.workload.object.release,
                        title(member),
                        numbers.join(", ")
                    ),
                    match context.ground() {
                        Ground::Clusters => "name the gateways' pods in the NetworkPolicy of the server, and its pods in that of the gateways where they may not call everybody",
                        Ground::Machines => "let the gateways in to one of these ports in the firewall of its host, or in that of a load balancer that leads there",
                    },
                )
                .object(member.workload.object)
                .peer(gateway.workload.object.release.clone()),
            );
        }
    }
}

/// Servers that register services reach the catalogue of a release beside them.
pub(super) fn catalogue_is_reached(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let Some(beside) = graph.beside.as_deref() else {
        return judge.applies(false, "there is nothing beside it");
    };
    let addresses = addresses(context);
    judge.applies(!addresses.is_empty(), "no service catalogue is named");
    for (from, host, asked) in addresses {
        let member = graph.member(from);
        let namespace = member.workload.object.namespace();
        let target = beside.resolver().resolve(namespace, &host, asked);
        judge.looked();
        let Target::Nodes { nodes, port, .. } = target else {
            continue;
        };
        for node in nodes {
            let server = beside.member(node);
            let asked = (host.as_str(), asked.unwrap_or(port));
            if passes_by(context, member, asked, server, port) != Some(false) {
                continue;
            }
            let (why, help) = match context.ground() {
                Ground::Clusters => (
                    "a NetworkPolicy",
                    "name its pods in the NetworkPolicy of that server, and the server in its own policy where it may not call everybody",
                ),
                Ground::Machines => (
                    "a firewall",
                    "let its hosts in to that port in the firewall of the host that it asks: the load balancer's, or the server's",
                ),
            };
            judge.fault(
                Fault::new(
                    format!(
                        "the {} does not reach the service catalogue of the {} on port {port}: {why} does not let it through",
                        title(member),
                        title(server)
                    ),
                    help,
                )
                .object(member.workload.object)
                .value(host.clone())
                .peer(server.workload.object.release.clone()),
            );
            break;
        }
    }
}

/// The account with which a tenant's server registers is one of the tenant: services are registered for the tenant of the account.
pub(super) fn account_is_the_tenants(context: &Context<'_>, judge: &mut Judge<'_>) {
    const USER: &str = "service_catalog[0].username";
    let graph = context.graph;
    let accounts = || {
        configured(graph).filter_map(|(node, _, configuration)| {
            let member = graph.member(node.id);
            let tenant = graph.tenant(member)?;
            let user = configuration.effective.as_ref()?.get(USER)?;
            let user = told(context.manifest, member, user.value.as_str()?)?;
            Some((node, tenant, configuration, user))
        })
    };
    judge.applies(
        accounts().next().is_some(),
        "no account of a tenant can be seen",
    );
    for (node, tenant, configuration, user) in accounts() {
        let is_its = user
            .strip_suffix(tenant)
            .is_some_and(|rest| rest.ends_with('@'));
        judge.require(is_its, || {
            Fault::new(
                format!(
                    "the {} of {tenant} registers its services with an account of another tenant",
                    graph.describe(node.id)
                ),
                format!("use a user of the tenant: somebody@{tenant}"),
            )
            .at(configuration, USER, None)
        });
    }
}

/// A text of a configuration, or of the Secret of these releases that a variable in it takes; `None` where that is known in the pod
/// alone.
fn told<'a>(manifest: &'a Manifest, member: &Member<'a>, text: &'a str) -> Option<&'a str> {
    let Some(variable) = text
        .strip_prefix("$env{")
        .and_then(|it| it.strip_suffix('}'))
    else {
        return Some(text);
    };
    let variables = member.main?.env();
    let variable = variables.into_iter().rev().find(|it| it.name == variable)?;
    let (name, key) = match variable.source {
        EnvSource::Literal(text) => return Some(text),
        EnvSource::Secret { name, key, .. } => (name, key),
        _ => return None,
    };
    let namespace = member.workload.object.namespace();
    let mut secrets = manifest.of_kind("Secret");
    let secret = secrets.find(|it| it.name() == name && it.namespace() == namespace)?;
    manifest.texts_of(secret).get(key).copied().flatten()
}
