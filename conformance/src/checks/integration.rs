//! What companions of API Manager say to it and about themselves.

use std::{collections::BTreeMap, sync::LazyLock};

use am_product::{ConfigurationFormat, Protocol};
use jsonschema::Validator;
use serde_json::Value;

use crate::{
    checks::FamilyChecks,
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    facts::PortFact,
    graph::{Link, Node, Target},
    manifest::{EnvSource, Object},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-INT-001", catalogue_is_the_event_hubs),
    ("AM-INT-003", services_are_told_their_own_address),
    ("AM-INT-011", sections_are_known),
    ("AM-INT-012", services_are_registered_for_their_tenant),
];

/// The key of the catalogue's address in a `deployment.toml`.
const CATALOGUE: &str = "service_catalog";

/// The address of the service catalogue leads to the servlets of the component that has it, and names no path: the server adds it.
fn catalogue_is_the_event_hubs(context: &Context<'_>, judge: &mut Judge<'_>) {
    let links = || context.graph.links.iter().filter(|link| is_catalogue(link));
    judge.applies(links().next().is_some(), "no service catalogue is named");
    for link in links() {
        let node = context.graph.node(link.from);
        let Some(configuration) = node.and_then(|node| node.configuration.as_ref()) else {
            continue;
        };
        judge.looked();
        let key = link.reference.key.to_string();
        let address = &link.reference.address;
        let from = context.graph.describe(link.from);
        let wrong = if let Some(wrong) = not_the_catalogue(context, &link.target) {
            format!("on the {from}, `{key}` leads to {wrong}, which has no service catalogue")
        } else if !address.path.trim_end_matches('/').is_empty() {
            format!(
                "on the {from}, `{key}` has the path `{}`, to which the server adds its own",
                address.path
            )
        } else {
            continue;
        };
        let port = PortFact::speaking(Protocol::Servlets, true);
        let hubs = Component::all().filter(|component| component.has(Capability::EventHub));
        let hubs: Vec<&str> = hubs.map(Component::title).collect();
        let help = format!(
            "write https, the Service of the {}, and its port {} ({}), and no path",
            hubs.join(" or the "),
            port.name,
            port.number
        );
        judge.fault(
            Fault::new(wrong, help)
                .at(configuration, key, link.reference.span)
                .value(link.reference.raw.clone()),
        );
    }
}

fn is_catalogue(link: &Link) -> bool {
    let key = link.reference.key.to_string();
    key.starts_with(CATALOGUE) && link.is_written() && link.reference.enabled
}

/// What a target is instead of the servlets of an event hub. Of what is outside nobody knows.
fn not_the_catalogue(context: &Context<'_>, target: &Target) -> Option<String> {
    let wanted = PortFact::speaking(Protocol::Servlets, true);
    let judged = |component: Option<Component>, is_port: bool| {
        let is_hub = component.is_some_and(|it| it.has(Capability::EventHub));
        let title = component.map_or("server of something else", Component::title);
        match (is_hub, is_port) {
            (false, _) => Some(format!("the {title}")),
            (true, false) => Some(format!("a port of the {title} that is not {}", wanted.name)),
            (true, true) => None,
        }
    };
    match target {
        Target::Elsewhere(there) => judged(Some(there.component), there.port == wanted.number),
        Target::Nodes { nodes, port, .. } => {
            let id = nodes.iter().next()?;
            let own = context.graph.node(*id)?.port_at(*port);
            judged(context.graph.component(*id), own == Some(wanted))
        }
        Target::Own { .. } => Some("itself".to_owned()),
        Target::Route { .. }
        | Target::External
        | Target::Dangling { .. }
        | Target::Unknown { .. } => None,
    }
}

/// Services that a server registers say where they are by these variables; without them each node names itself.
const HOST: &str = "MI_HOST";
const PORT: &str = "MI_PORT";

/// What stands for the address in a registered service leads to all nodes that run it, at the port that is spoken there.
fn services_are_told_their_own_address(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let registers = graph.links.iter().any(is_catalogue);
    judge.applies(registers, "no service catalogue is named");
    for (node, component, _) in configured(graph) {
        let is_told = graph
            .links
            .iter()
            .any(|link| link.from == node.id && is_catalogue(link));
        if !component.has(Capability::Integrates) || !is_told {
            continue;
        }
        judge.looked();
        let member = graph.member(node.id);
        let title = component.title();
        let variable = |name: &str| member.main.and_then(|main| main.env_literal(name));
        let (Some(host), Some(port)) = (variable(HOST), variable(PORT)) else {
            let message =
                format!("the {title} is not told by {HOST} and {PORT} where its services are");
            let help = format!(
                "set {HOST} to the name of its Service and {PORT} to the port of that Service"
            );
            judge.fault(Fault::new(message, help).object(member.workload.object));
            continue;
        };
        let namespace = member.workload.object.namespace();
        let target = graph.resolver().resolve(namespace, host, port.parse().ok());
        let is_own = match &target {
            Target::Nodes { nodes, port, .. } => {
                let all = graph.nodes_of(component).len();
                let speaks = node
                    .port_at(*port)
                    .is_some_and(|port| port.speaks == Protocol::Integrations);
                nodes.len() == all && nodes.contains(&node.id) && speaks
            }
            // A host of its users' own.
            Target::Route { .. } | Target::External => true,
            _ => false,
        };
        judge.require(is_own, || {
            Fault::new(
                format!("{HOST} and {PORT} of the {title} are `{host}` and `{port}`, where its services are not"),
                format!("set {HOST} to the name of its Service and {PORT} to the port of integrations of that Service"),
            )
            .object(member.workload.object)
            .value(format!("{host}:{port}"))
        });
    }
}

/// The label of pods that are a tenant's, as our charts have it, and the key of the account.
const TENANT: &str = "am-charts/tenant";
const USERNAME: &str = "service_catalog[0].username";

/// Who registers services for a tenant signs in as somebody of that tenant. An account that only the cluster knows cannot be judged.
fn services_are_registered_for_their_tenant(context: &Context<'_>, judge: &mut Judge<'_>) {
    let known = || configured(context.graph).filter_map(|(node, ..)| account(context, node));
    let otherwise = "no tenant's server says with which account it registers its services";
    judge.applies(known().next().is_some(), otherwise);
    for Account { of, tenant, name } in known() {
        let domain = name.rsplit_once('@').map(|(_, domain)| domain);
        judge.require(domain == Some(tenant), || {
            let message = format!(
                "the services of tenant {tenant} are registered by `{name}`, who is of another tenant"
            );
            let help = format!("give its servers an account of the tenant, such as somebody@{tenant}");
            Fault::new(message, help).object(of).value(name)
        });
    }
}

/// With whose account a server registers, and where that is written.
struct Account<'a> {
    of: &'a Object,
    tenant: &'a str,
    name: &'a str,
}

fn account<'a>(context: &'a Context<'_>, node: &'a Node<'_>) -> Option<Account<'a>> {
    let member = context.graph.member(node.id);
    let tenant = member.workload.pod.labels().get(TENANT).copied()?;
    let configuration = node.configuration.as_ref()?;
    let written = configuration
        .effective
        .as_ref()?
        .get(USERNAME)?
        .raw
        .to_string();
    let mut variables = member.main?.env().into_iter();
    let variable = variables.find(|it| written.contains(&format!("$env{{{}}}", it.name)))?;
    let EnvSource::Secret { name, key, .. } = variable.source else {
        return None;
    };
    let namespace = member.workload.object.namespace();
    let of = context.manifest.find("Secret", namespace, name)?;
    let name = context.manifest.texts_of(of).get(key).copied()??;
    Some(Account { of, tenant, name })
}

/// What a `deployment.yaml` says is what its server reads: a section that nobody knows is passed over, and an unknown key in a known
/// one ends the server. Source: facts/integration.md.
fn sections_are_known(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    let mut files = BTreeMap::new();
    for node in &graph.nodes {
        if let Some((object, text)) = graph.yaml_configuration(node) {
            files.insert((object.reference().to_string(), text), (node, object));
        }
    }
    judge.applies(!files.is_empty(), "no configuration in YAML can be read");
    let validator = match &*VALIDATOR {
        Ok(validator) => validator,
        Err(reason) => return judge.unsupported(reason),
    };
    for ((_, text), (node, object)) in files {
        judge.looked();
        let title = graph.describe(node.id);
        let settings: Value = match serde_saphyr::from_str(text) {
            Ok(settings) => settings,
            Err(error) => {
                let message = format!("the deployment.yaml of the {title} is no YAML: {error}");
                judge.fault(
                    Fault::new(message, "write the file as the product's own one").object(object),
                );
                continue;
            }
        };
        for error in validator.iter_errors(&settings) {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "/".to_owned()
            } else {
                place
            };
            let message = format!(
                "the deployment.yaml of the {title} has at `{place}` what its server does not read: {error}"
            );
            let help = "write sections and keys as the product's own deployment.yaml has them";
            judge.fault(Fault::new(message, help).object(object).value(place));
        }
    }
}

/// Compiled once for all subjects.
static VALIDATOR: LazyLock<Result<Validator, String>> = LazyLock::new(validator);

fn validator() -> Result<Validator, String> {
    let schema = ConfigurationFormat::Yaml
        .schema()
        .ok_or("there is no schema")?;
    let text = schema.text().map_err(|error| error.to_string())?;
    let schema: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    jsonschema::validator_for(&schema).map_err(|error| error.to_string())
}
