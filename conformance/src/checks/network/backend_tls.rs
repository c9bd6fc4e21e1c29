//! Whether routes and ports agree about TLS: what each controller and Gateway is told, and what the port behind it speaks.

use super::{
    load_balancers::is_of_gke,
    routes::{port_of, product_port_of, product_port_of_service, service_of},
};
use crate::{
    context::{Context, Fault, Judge},
    facts::{
        PortFact,
        controllers::{Controller, Controllers, class_of, controllers},
    },
    manifest::{Object, Route, Service, ServicePort, array_at, routes, str_at},
};

pub(super) fn agrees_with_ports(context: &Context<'_>, judge: &mut Judge<'_>) {
    protocols_of_services(context, judge);
    for route in routes(context.manifest) {
        for backend in &route.backends {
            let Some(service) = service_of(context, route.object, backend) else {
                continue;
            };
            let Some(port) = port_of(*service, backend) else {
                continue;
            };
            let sender = Sender {
                context,
                route: &route,
                service: *service,
                port,
            };
            let Some(sent) = sender.sends() else {
                continue;
            };
            judge.looked();
            let Some(fact) = product_port_of(context, route.object, backend) else {
                continue;
            };
            match sent {
                Sent::Tls if !fact.tls => judge.fault(sender.tls_to_clear_text(fact)),
                Sent::ClearText(controllers) if fact.tls => {
                    judge.fault(sender.clear_text_to_tls(fact, &controllers));
                }
                _ => {}
            }
        }
    }
}

/// What a Service says about a port, for gateways that choose the protocol by it.
fn protocols_of_services(context: &Context<'_>, judge: &mut Judge<'_>) {
    let words = &controllers().protocols;
    for service in &context.graph.services {
        for port in service.ports() {
            let Some(said) = port.app_protocol else {
                continue;
            };
            if let Some(meant) = words.meant_by(said) {
                judge.looked();
                judge.fault(misspelt(*service, said, meant));
            }
            let said = said.to_lowercase();
            let tls = match (words.tls.contains(&said), words.clear.contains(&said)) {
                (true, _) => true,
                (_, true) => false,
                _ => continue,
            };
            judge.looked();
            let Some(fact) = product_port_of_service(context, *service, port) else {
                continue;
            };
            judge.require(fact.tls == tls, || {
                Fault::new(
                    format!(
                        "port {} of Service `{}` is said to speak {}, and {} speaks {}",
                        port.number,
                        service.name(),
                        in_words(tls),
                        fact.name,
                        in_words(fact.tls)
                    ),
                    "write https where the port speaks TLS, http elsewhere, or leave appProtocol out",
                )
                .object(service.object)
                .field("appProtocol")
                .value(fact.name.clone())
            });
        }
    }
}

fn misspelt<'a>(service: Service<'a>, said: &str, meant: &str) -> Fault<'a> {
    Fault::new(
        format!(
            "a port of Service `{}` is said to speak `{said}`, which no gateway knows",
            service.name()
        ),
        format!("did you mean `{meant}`?"),
    )
    .object(service.object)
    .field("appProtocol")
    .value(said)
}

fn in_words(tls: bool) -> &'static str {
    if tls { "TLS" } else { "clear text" }
}

/// What is sent to a backend.
enum Sent<'t> {
    Tls,
    /// Clear text, by these controllers.
    ClearText(Vec<&'t Controller>),
    /// What is said elsewhere, such as of a port.
    AsSaid,
}

/// Who sends to a port of a Service.
struct Sender<'s, 'a> {
    context: &'s Context<'a>,
    route: &'s Route<'a>,
    service: Service<'a>,
    port: ServicePort<'a>,
}

impl<'a> Sender<'_, 'a> {
    /// What is sent; `None` when nothing tells.
    fn sends(&self) -> Option<Sent<'static>> {
        let object = self.route.object;
        match object.kind() {
            "Route" => Some(match object.str("/spec/tls/termination") {
                Some("passthrough" | "reencrypt") => Sent::Tls,
                None if object.value.pointer("/spec/tls").is_some() => Sent::Tls,
                // Without TLS the router forwards clear text.
                Some(_) | None => Sent::ClearText(Vec::new()),
            }),
            "TLSRoute" => Some(Sent::Tls),
            "Ingress" => self.by_controllers(),
            "HTTPRoute" | "GRPCRoute" => self.by_gateways(),
            _ => None,
        }
    }

    fn by_controllers(&self) -> Option<Sent<'static>> {
        let table = controllers();
        let ingress = self.route.object;
        let those = table.of_ingress(self.context.manifest, ingress);
        if those.is_empty() {
            // A controller that is not known has settings of its own.
            return None;
        }
        let speaks =
            |controller: &&Controller| controller.speaks_tls(ingress, self.service, &self.port);
        let is_tls = those.iter().any(speaks) || self.has_policy(table);
        Some(if is_tls {
            Sent::Tls
        } else {
            Sent::ClearText(those)
        })
    }

    /// Gateways of any class send clear text unless a policy is about the port, or it is said of the port.
    fn by_gateways(&self) -> Option<Sent<'static>> {
        let table = controllers();
        let route = self.route.object;
        let parents = array_at(&route.value, "/spec/parentRefs");
        let is_of_gateway = parents
            .iter()
            .any(|parent| str_at(parent, "/kind") != Some("Service"));
        // What GKE's own Gateway is told is AM-NET-051's.
        if !is_of_gateway || is_of_gke(self.context, route) {
            return None;
        }
        if self.has_policy(table) {
            return Some(Sent::Tls);
        }
        let said = self.port.app_protocol.map(str::to_lowercase);
        let takes = parents
            .iter()
            .flat_map(|parent| table.of_class(&name_of_gateway(self.context, route, parent)))
            .any(|controller| controller.ports.say_so(&self.port));
        let is_told = said.is_some_and(|said| table.protocols.tls.contains(&said))
            || takes
            || table.any_on_service(self.service, &self.port);
        Some(if is_told {
            Sent::AsSaid
        } else {
            Sent::ClearText(Vec::new())
        })
    }

    fn has_policy(&self, table: &Controllers) -> bool {
        let kind = self.route.object.kind();
        table.any_policy(self.context.manifest, kind, self.service, &self.port)
    }

    fn tls_to_clear_text(&self, fact: &PortFact) -> Fault<'a> {
        Fault::new(
            format!(
                "{} sends TLS to {} of Service `{}`, which speaks clear text",
                self.route.object.reference(),
                fact.name,
                self.service.name()
            ),
            "choose the port or the termination so that both ends agree",
        )
        .object(self.route.object)
        .value(fact.name.clone())
    }

    fn clear_text_to_tls(&self, fact: &PortFact, those: &[&'static Controller]) -> Fault<'a> {
        let route = self.route.object;
        let message = format!(
            "{} sends clear text to {} of Service `{}`, which speaks TLS",
            route.reference(),
            fact.name,
            self.service.name()
        );
        if let Some((object, field, said, words)) = self.almost(those) {
            let title = those
                .first()
                .map_or("it", |controller| controller.title.as_str());
            return Fault::new(
                format!("{message}: `{said}` is no word of {title}, which reads {words} exactly as written"),
                format!("write {words}"),
            )
            .object(object)
            .field(field)
            .value(said);
        }
        let help = match (route.kind(), those.first()) {
            ("Ingress", Some(controller)) => self.how_to_tell(controller),
            ("HTTPRoute" | "GRPCRoute", _) => {
                "add a BackendTLSPolicy for that port of the Service, or lead to a port without TLS"
                    .to_owned()
            }
            _ => "choose the port or the termination so that both ends agree".to_owned(),
        };
        Fault::new(format!("{message}{}", self.why(those)), help)
            .object(route)
            .value(fact.name.clone())
    }

    /// A word for TLS in the wrong case, where the case counts: the object, its field, what is said, and the words.
    fn almost(&self, those: &[&Controller]) -> Option<(&'a Object, String, String, String)> {
        those.iter().find_map(|controller| {
            let words = |words: &[String]| words.join(" or ");
            let near = |words: &[String], said: &str| {
                words.iter().any(|word| word.eq_ignore_ascii_case(said))
            };
            if let Some(said) = self.port.app_protocol
                && near(&controller.ports.app_protocols, said)
            {
                let wanted = words(&controller.ports.app_protocols);
                return Some((
                    self.service.object,
                    "appProtocol".to_owned(),
                    said.to_owned(),
                    wanted,
                ));
            }
            controller.tls.iter().find_map(|row| {
                let annotations = self.service.object.annotations();
                let text = *annotations.get(row.name.as_str())?;
                let mut said = text.split(|c: char| !c.is_ascii_alphanumeric());
                let said = said.find(|said| near(&row.words, said))?;
                Some((
                    self.service.object,
                    row.name.clone(),
                    said.to_owned(),
                    words(&row.words),
                ))
            })
        })
    }

    /// Why a controller speaks clear text although something seems to tell it otherwise.
    fn why(&self, those: &[&Controller]) -> String {
        let Some(first) = those.first() else {
            return String::new();
        };
        let ingress = self.route.object;
        let misplaced = those.iter().find_map(|controller| {
            let row = controller.tls.iter().find(|row| {
                [ingress, self.service.object].iter().any(|object| {
                    !row.on.iter().any(|kind| kind == object.kind())
                        && object.annotations().contains_key(row.name.as_str())
                })
            })?;
            Some(format!(
                ": {} reads `{}` of the {}",
                controller.title,
                row.name,
                row.on.join(" or the ")
            ))
        });
        if let Some(misplaced) = misplaced {
            return misplaced;
        }
        match controllers().strange(those, &[ingress, self.service.object]) {
            Some((other, row)) => format!(
                ": `{}` is an annotation of {}, and the class `{}` is that of {}",
                row.name,
                other.title,
                class_of(ingress).unwrap_or_default(),
                first.title
            ),
            None => format!(": {} does so unless it is told otherwise", first.title),
        }
    }

    fn how_to_tell(&self, controller: &Controller) -> String {
        match controller.tls.first() {
            Some(row) => format!(
                "write `{}` on the {}, or lead to a port without TLS",
                row.example(self.service, &self.port),
                row.on.join(" or the ")
            ),
            None => "add a DestinationRule with TLS for the Service, or lead to a port without TLS"
                .to_owned(),
        }
    }
}

/// By what a Gateway is known: its class, or its own name and namespace where no release has it.
fn name_of_gateway(context: &Context<'_>, route: &Object, parent: &serde_json::Value) -> String {
    let namespace = str_at(parent, "/namespace").unwrap_or(route.namespace());
    let name = str_at(parent, "/name").unwrap_or_default();
    context
        .manifest
        .find("Gateway", namespace, name)
        .and_then(|gateway| gateway.str("/spec/gatewayClassName"))
        .map_or_else(|| format!("{namespace} {name}"), str::to_owned)
}
