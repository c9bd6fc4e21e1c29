//! Ingress controllers and Gateways, in `requirements/controllers.yaml`: who serves a route, and how it is told to speak TLS.

mod annotation;
mod policy;

use std::sync::LazyLock;

use am_product::data::File;
use serde::Deserialize;

pub(crate) use annotation::Annotation;
use annotation::PortSigns;
use policy::TlsPolicy;

use crate::manifest::{Manifest, Object, Service, ServicePort};

const FILE: File = File::new(
    "conformance/requirements/controllers.yaml",
    include_str!("../../../requirements/controllers.yaml"),
);

static TABLE: LazyLock<Result<Controllers, String>> = LazyLock::new(|| crate::yaml::of_file(&FILE));

/// Every table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Controllers {
    #[serde(rename = "controllers")]
    all: Vec<Controller>,
    policies: Vec<TlsPolicy>,
    /// What an appProtocol says.
    pub(crate) protocols: Protocols,
}

/// Words of `appProtocol`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Protocols {
    pub(crate) tls: Vec<String>,
    pub(crate) clear: Vec<String>,
    /// The words by which GKE speaks TLS.
    pub(crate) gke: Vec<String>,
    other: Vec<String>,
}

impl Protocols {
    /// The word that was probably meant by one that nobody knows.
    pub(crate) fn meant_by(&self, said: &str) -> Option<&str> {
        let known = || {
            let all = [&self.tls, &self.clear, &self.gke, &self.other];
            all.into_iter().flatten().map(String::as_str)
        };
        let is_known = known().any(|word| word.eq_ignore_ascii_case(said));
        am_suggest::near(said, known()).filter(|_| !is_known)
    }
}

/// An Ingress controller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Controller {
    /// How messages name it.
    pub(crate) title: String,
    classes: Vec<String>,
    implements: Vec<String>,
    prefixes: Vec<String>,
    /// Annotations that make it speak TLS to a backend.
    #[serde(default)]
    pub(crate) tls: Vec<Annotation>,
    /// By which ports it speaks TLS without an annotation.
    #[serde(default)]
    pub(crate) ports: PortSigns,
    /// Whether it serves hosts by a certificate of its own.
    #[serde(default)]
    pub(crate) own_certificate: bool,
    /// Whether its load balancer is no pod of the cluster.
    #[serde(default)]
    pub(crate) outside: bool,
    /// The addresses from which it asks pods how they are.
    #[serde(default)]
    pub(crate) asks_from: Vec<String>,
    /// For how many seconds a connection may be silent.
    pub(crate) idle: Option<Idle>,
    /// Annotations that keep users at one node.
    #[serde(default)]
    pub(crate) sticky: Vec<Annotation>,
}

/// How long a connection may be silent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idle {
    pub(crate) annotation: String,
    pub(crate) otherwise: i64,
}

/// The committed tables.
pub(crate) fn controllers() -> &'static Controllers {
    static NONE: LazyLock<Controllers> = LazyLock::new(Controllers::default);
    TABLE.as_ref().unwrap_or(&NONE)
}

/// Whether the tables can be used.
///
/// # Errors
/// With what is wrong.
pub(crate) fn check_tables() -> Result<(), String> {
    TABLE.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// The class that an Ingress names, in its field or in the annotation that came before it.
pub(crate) fn class_of(ingress: &Object) -> Option<&str> {
    let annotations = ingress.annotations();
    ingress
        .str("/spec/ingressClassName")
        .filter(|class| !class.is_empty())
        .or_else(|| annotations.get("kubernetes.io/ingress.class").copied())
}

impl Controllers {
    /// The controllers that may serve an Ingress, as far as its class and its annotations tell; several share the class `nginx`.
    pub(crate) fn of_ingress(&self, manifest: &Manifest, ingress: &Object) -> Vec<&Controller> {
        let Some(class) = class_of(ingress) else {
            return self.by_annotations(ingress);
        };
        let implemented = manifest
            .of_kind("IngressClass")
            .find(|object| object.name() == class)
            .and_then(|object| object.str("/spec/controller"));
        let known = self.those(|controller| {
            let is_it = |name: &String| Some(name.as_str()) == implemented;
            controller.implements.iter().any(is_it)
        });
        if !known.is_empty() {
            return known;
        }
        let named = self.of_class(class);
        if named.is_empty() {
            self.by_annotations(ingress)
        } else {
            named
        }
    }

    /// The controllers of a class, by its name or by a word in it.
    pub(crate) fn of_class(&self, class: &str) -> Vec<&Controller> {
        let exact = self.those(|controller| controller.classes.iter().any(|own| own == class));
        if !exact.is_empty() {
            return exact;
        }
        let words: Vec<&str> = class.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        self.those(|controller| {
            controller
                .classes
                .iter()
                .any(|own| words.contains(&own.as_str()))
        })
    }

    fn by_annotations(&self, ingress: &Object) -> Vec<&Controller> {
        let annotations = ingress.annotations();
        self.those(|controller| annotations.keys().any(|name| controller.owns(name)))
    }

    fn those(&self, is_meant: impl Fn(&Controller) -> bool) -> Vec<&Controller> {
        let all = self.all.iter();
        all.filter(|controller| is_meant(controller)).collect()
    }

    /// An annotation for TLS that another controller than these reads, on the Ingress or its Service.
    pub(crate) fn strange<'c>(
        &'c self,
        own: &[&Controller],
        objects: &[&Object],
    ) -> Option<(&'c Controller, &'c Annotation)> {
        self.all
            .iter()
            .filter(|controller| !own.iter().any(|own| std::ptr::eq(*own, *controller)))
            .flat_map(|controller| controller.tls.iter().map(move |row| (controller, row)))
            .find(|(_, row)| {
                objects
                    .iter()
                    .any(|object| object.annotations().contains_key(row.name.as_str()))
            })
    }

    /// Whether an annotation of a Service makes any controller speak TLS to its port.
    pub(crate) fn any_on_service(&self, service: Service<'_>, port: &ServicePort<'_>) -> bool {
        let mut rows = self.all.iter().flat_map(|controller| &controller.tls);
        rows.any(|row| row.says_so(service.object, service, port))
    }

    /// Whether an object beside a kind of routes makes them speak TLS to a Service's port.
    pub(crate) fn any_policy(
        &self,
        manifest: &Manifest,
        route_kind: &str,
        service: Service<'_>,
        port: &ServicePort<'_>,
    ) -> bool {
        self.policies
            .iter()
            .filter(|row| row.routes.iter().any(|kind| kind == route_kind))
            .any(|row| {
                let mut objects = manifest.of_kind(&row.kind);
                objects.any(|policy| row.is_about(policy, service, port))
            })
    }
}

impl Controller {
    fn owns(&self, annotation: &str) -> bool {
        self.prefixes
            .iter()
            .any(|prefix| annotation.starts_with(prefix.as_str()))
    }

    /// Whether it speaks TLS to a port of a Service behind an Ingress.
    pub(crate) fn speaks_tls(
        &self,
        ingress: &Object,
        service: Service<'_>,
        port: &ServicePort<'_>,
    ) -> bool {
        let objects = [ingress, service.object];
        self.ports.say_so(port)
            || self.tls.iter().any(|row| {
                objects
                    .iter()
                    .any(|object| row.says_so(object, service, port))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::{check_tables, controllers};

    fn titles(class: &str) -> Vec<&'static str> {
        let those = controllers().of_class(class);
        those
            .iter()
            .map(|controller| controller.title.as_str())
            .collect()
    }

    #[test]
    fn the_table_is_read_and_every_annotation_stands_somewhere() {
        check_tables().expect("the committed table is well-formed");
        for controller in &controllers().all {
            for row in &controller.tls {
                assert!(!row.on.is_empty(), "{}", row.name);
            }
        }
    }

    #[test]
    fn a_class_is_known_by_its_name_or_by_a_word_in_it() {
        assert_eq!(titles("nginx").len(), 2);
        assert_eq!(titles("nginx"), titles("nginx-internal"));
        assert_eq!(titles("nginx.org"), ["NGINX Ingress Controller of F5"]);
        assert_eq!(titles("public-traefik"), ["Traefik"]);
        assert!(titles("company").is_empty());
    }

    #[test]
    fn a_protocol_that_is_almost_known_is_a_slip() {
        let meant = |said| controllers().protocols.meant_by(said);
        assert_eq!(meant("htps"), Some("https"));
        for said in [
            "HTTPS",
            "http2",
            "kubernetes.io/h2c",
            "example.com/own",
            "grpc",
        ] {
            assert_eq!(meant(said), None, "{said}");
        }
    }
}
