//! Public addresses of gateways lead to what they promise: APIs, or APIs of `WebSockets`.

use am_product::Protocol;

use crate::{
    checks::network::services::product_port_of_node,
    context::{Context, Fault, Judge, configured},
    graph::{Link, NodeId, RouteEnd, Target, Url},
};

/// Where the addresses of gateways are written.
const ENVIRONMENTS: &str = "apim.gateway.environment";

pub(super) fn lead_to_apis(context: &Context<'_>, judge: &mut Judge<'_>) {
    // Where an address leads is told by routes and Services, for which `appliesWhen` has no words.
    judge.applies(
        false,
        "no public address of a gateway leads to a port of a release",
    );
    for (node, _, configuration) in configured(context.graph) {
        let links = context.graph.links.iter();
        for link in links.filter(|link| link.from == node.id && is_public(context, link)) {
            let Some((end, port)) = end(context, link) else {
                continue;
            };
            let Some(fact) = product_port_of_node(context, end, port) else {
                continue;
            };
            let address = &link.reference.address;
            let is_promised = match address.scheme.as_str() {
                "ws" | "wss" => fact.speaks == Protocol::Websockets,
                _ => matches!(fact.speaks, Protocol::Apis | Protocol::Webhooks),
            };
            judge.require(is_promised, || {
                let key = link.reference.key.to_string();
                let component = context.graph.component(end);
                Fault::new(
                    format!(
                        "on the {}, `{key}` leads to {} (port {port}) of the {}, which serves no API there",
                        context.graph.describe(node.id),
                        fact.name,
                        component.map_or("", crate::component::Component::title)
                    ),
                    "let the route of this host lead to the port of its protocol: gateway-https, wss or websub-https",
                )
                .at(configuration, key, link.reference.span)
                .value(address.host.clone())
            });
        }
    }
}

fn is_public(context: &Context<'_>, link: &Link) -> bool {
    let key = link.reference.key.to_string();
    key.starts_with(ENVIRONMENTS) && link.is_written() && context.facts.is_public_key(&key)
}

/// One of the nodes to which an address leads, with the port there. What is behind a route that nobody can read is not told.
fn end(context: &Context<'_>, link: &Link) -> Option<(NodeId, u16)> {
    match &link.target {
        Target::Nodes { nodes, port, .. } => Some((*nodes.first()?, *port)),
        Target::Route { .. } => {
            let address = &link.reference.address;
            let url = Url {
                scheme: &address.scheme,
                host: &address.host,
                port: address.port_or_default(),
                path: &address.path,
                is_public: true,
            };
            match context.graph.resolver().behind_route(url) {
                Ok(RouteEnd::Nodes { nodes, port }) => Some((*nodes.first()?, port)),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::lead_to_apis;
    use crate::{
        Outcome,
        checks::harness::{Subject, messages},
    };

    /// A control plane that promises an address, and a gateway with its Service.
    fn judged(address: &str) -> Outcome {
        let toml = format!(
            "[[apim.gateway.environment]]\n    name = \"Default\"\n    https_endpoint = \"{address}\"\n    "
        );
        let server = |name: &str, image: &str, pod: &str| {
            format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, \
                 spec: {{{pod} containers: [{{name: a, image: wso2/{image}, ports: [{{containerPort: 8243}}, {{containerPort: 9443}}], \
                 volumeMounts: [{{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf}}]}}]}}}}}}}}"
            )
        };
        let volumes = "volumes: [{name: c, configMap: {name: conf}}],";
        let documents = [
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  deployment.toml: |\n    {toml}"
            ),
            server("cp", "wso2am-acp", volumes),
            server("gw", "wso2am-universal-gw", ""),
            "{apiVersion: v1, kind: Service, metadata: {name: gw}, spec: {selector: {app: gw}, ports: [{name: a, port: 8243}, {name: b, port: 9443}]}}".to_owned(),
        ];
        Subject::default().judge("AM-WIRE-026", lead_to_apis, &documents.join("\n---\n"))
    }

    #[test]
    fn an_address_that_leads_to_servlets_is_found() {
        assert_eq!(messages(&judged("https://gw:8243")), Vec::<String>::new());
        let found = messages(&judged("https://gw:9443"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].ends_with(
                "leads to servlet-https (port 9443) of the gateway, which serves no API there"
            ),
            "{found:?}"
        );
    }

    #[test]
    fn an_address_outside_is_nobody_s_here() {
        let outcome = judged("https://gw.example.com");
        assert!(
            matches!(outcome, Outcome::NotApplicable { .. }),
            "{outcome:?}"
        );
    }
}
