//! `controllers.yaml`: what Ingress controllers are told, beside what every Ingress says.

use serde::Deserialize;

use super::table::Table;

/// The key of the annotations for every endpoint.
pub const EVERY: &str = "every";

/// Annotations by their names. A value may hold Helm expressions; an empty one is left out.
pub type Annotations = Table<String>;

/// An Ingress controller.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Controller {
    /// Name as people write it.
    pub title: String,
    /// The class that it usually has.
    pub class: String,
    /// It knows its class by the old annotation only.
    #[serde(default)]
    pub class_annotation: bool,
    /// It serves a host without a Secret by a certificate of its own.
    pub own_certificate: bool,
    /// Annotations of an Ingress that name its certificate instead of a Secret.
    #[serde(default)]
    pub certificate_annotations: Vec<String>,
    /// It needs the authority behind the components' certificates.
    #[serde(default)]
    pub needs_authority: bool,
    /// Kinds of the objects that it reads beside Ingresses and Services; a template makes each.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Annotations of Ingresses: of `every` one, and by endpoint.
    #[serde(default)]
    pub ingress: Table<Annotations>,
    /// Annotations of the Services behind them, in the same way.
    #[serde(default)]
    pub service: Table<Annotations>,
    /// Where these facts come from.
    pub sources: Vec<String>,
}
