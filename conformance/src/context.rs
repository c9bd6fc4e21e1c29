//! What a check is given, and how it tells what it found.

mod origin;

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;

use crate::{
    chart::{ChartSource, Givens, Places},
    component::Component,
    facts::Facts,
    finding::{
        ConfigurationLocation, Evidence, Finding, GeneratorLocation, Span, TemplateLocation, Told,
        fold,
    },
    graph::{Configuration, Graph, Node},
    manifest::{Manifest, Object},
    outcome::Outcome,
    requirement::{Ground, Requirement},
    subject::SubjectDescription,
    upstream::{Admission, Upstream},
    variation::Variations,
};

/// Finds the line of the generator's sources that wrote a line of a chart.
pub trait SourceMap: Send + Sync {
    /// The source of `line` of `file` (relative to the chart) in the chart called `chart` for a product version.
    fn locate(
        &self,
        version: ProductVersion,
        chart: &str,
        file: &str,
        line: usize,
    ) -> Option<GeneratorLocation>;
}

/// Validates documents against the schemas of Kubernetes and of custom resources.
pub trait SchemaValidator: Send + Sync {
    /// Kubernetes versions whose schemas are there.
    fn kubernetes_versions(&self) -> Vec<String>;
    /// `apiVersion kind` of everything that has a schema in any of those versions.
    fn kinds(&self) -> std::collections::BTreeSet<String> {
        std::collections::BTreeSet::new()
    }
    /// What is wrong with a document in a Kubernetes version: JSON pointer and message. `None` when there
    /// is no schema for its kind.
    fn validate(
        &self,
        kubernetes_version: &str,
        document: &serde_json::Value,
    ) -> Option<Vec<(String, String)>>;
}

/// Everything about one subject.
pub struct Context<'a> {
    /// What is judged.
    pub subject: &'a SubjectDescription,
    /// Product version.
    pub version: ProductVersion,
    /// Whether the charts are ours, so that their layout may be relied on.
    pub is_generated: bool,
    /// Whether this subject stands for all of its chart and product version.
    pub is_representative: bool,
    /// Documents of all releases.
    pub manifest: &'a Manifest,
    /// Their graph.
    pub graph: &'a Graph<'a>,
    /// Tables about the product.
    pub facts: &'a Facts,
    /// Sources of the charts, by chart name.
    pub charts: &'a BTreeMap<String, ChartSource>,
    /// What the user gives to each release.
    pub(crate) given: &'a Givens,
    /// Where rendered texts come from.
    pub(crate) places: Places,
    /// Where the generator wrote what.
    pub source_map: Option<&'a dyn SourceMap>,
    /// Schemas, if they are at hand.
    pub schemas: Option<&'a dyn SchemaValidator>,
    /// Code of Go and Kubernetes that reads templates.
    pub upstream: &'a dyn Upstream,
    /// What Pod Security admission says about the pods.
    pub admission: Admission<'a>,
    /// Makes further renders of the releases, if it can.
    pub variations: Option<&'a dyn Variations>,
}

impl Context<'_> {
    /// On what the servers of the subject run.
    pub fn ground(&self) -> Ground {
        match self.manifest.machines {
            Some(_) => Ground::Machines,
            None => Ground::Clusters,
        }
    }

    /// Components and minimum nodes of the pattern.
    pub fn pattern(&self) -> &BTreeMap<Component, usize> {
        static NONE: BTreeMap<Component, usize> = BTreeMap::new();
        self.facts.patterns.get(&self.wired_as()).unwrap_or(&NONE)
    }

    /// The pattern that the subject is wired as: its own, or what an identity server leaves of it.
    pub fn wired_as(&self) -> Pattern {
        let pattern = self.subject.pattern;
        let server = self.graph.identity_server.as_ref();
        // Who makes a subject has refused what leaves no pattern.
        self.facts.left_of(pattern, server).unwrap_or(pattern)
    }
}

/// Collects what a check looks at and finds.
pub struct Judge<'j> {
    context: &'j Context<'j>,
    requirement: &'j Requirement,
    checked: usize,
    told: Vec<Told>,
    condition: Option<Result<(), String>>,
    unsupported: Option<String>,
}

/// A fault before it becomes a finding.
#[derive(Debug, Default)]
#[must_use]
pub struct Fault<'a> {
    message: String,
    help: String,
    object: Option<&'a Object>,
    fields: Vec<String>,
    template_line: Option<usize>,
    configuration: Option<ConfigurationLocation>,
    /// The text that holds the key.
    text: Option<&'a str>,
    /// Where it is, when no object tells.
    place: Option<TemplateLocation>,
    value: Option<String>,
    values: Vec<String>,
    peer: Option<String>,
}

impl<'a> Fault<'a> {
    /// A fault with its sentence (lower case first) and what to do about it.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            ..Self::default()
        }
    }

    /// In this object.
    pub fn object(mut self, object: &'a Object) -> Self {
        self.object = Some(object);
        self
    }

    /// In this field of the object: its name, or its path, whose last name counts. The finding's place is the line that has it; of
    /// several fields, the first that stands on exactly one line.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.fields.push(field.into());
        self
    }

    /// In the template of this object, at a line of it that is known.
    pub fn template(mut self, object: &'a Object, line: Option<usize>) -> Self {
        self.object = Some(object);
        self.template_line = line;
        self
    }

    /// In this configuration file at a key.
    pub fn at(
        mut self,
        configuration: &Configuration<'a>,
        key: impl Into<String>,
        span: Option<am_deployment_toml::span::Span>,
    ) -> Self {
        self.object = Some(configuration.object);
        self.text = Some(configuration.text);
        self.configuration = Some(ConfigurationLocation {
            source: configuration.source(),
            file: "deployment.toml".into(),
            key: key.into(),
            span: span.map(|span| Span {
                start: span.start,
                end: span.end,
                line: span.line,
                column: span.column,
            }),
        });
        self
    }

    /// On this line of a file in a folder: of a chart, or of values that a user gives.
    pub(crate) fn line(mut self, folder: &str, file: &str, line: usize) -> Self {
        self.place = Some(TemplateLocation {
            chart: folder.to_owned(),
            file: file.to_owned(),
            line: Some(line),
        });
        self
    }

    /// Set by this value of the chart.
    pub(crate) fn set_by(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    /// With this value; never call it with a secret.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// This peer was meant.
    pub fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }
}

impl<'j> Judge<'j> {
    /// A judge for one requirement on one subject.
    pub fn new(context: &'j Context<'j>, requirement: &'j Requirement) -> Self {
        Self {
            context,
            requirement,
            checked: 0,
            told: Vec::new(),
            condition: None,
            unsupported: None,
        }
    }

    /// The requirement that is judged.
    pub fn requirement(&self) -> &'j Requirement {
        self.requirement
    }

    /// Counts one thing looked at.
    pub fn looked(&mut self) {
        self.checked += 1;
    }

    /// Counts one thing looked at and reports it unless it is `good`.
    pub fn require<'a>(&mut self, good: bool, fault: impl FnOnce() -> Fault<'a>) {
        self.checked += 1;
        if !good {
            self.fault(fault());
        }
    }

    /// Reports a fault. A fault that was reported word for word, at the same place, is not repeated.
    pub fn fault(&mut self, fault: Fault<'_>) {
        let origin = fault
            .object
            .map(|object| self.context.origin_of(object, &fault));
        let about = self.context.about(&fault);
        let (template, values, generator) = match origin {
            Some(origin) => (Some(origin.template), origin.values, origin.generator),
            None => (fault.place, fault.values, None),
        };
        let finding = Finding {
            requirement: self.requirement.id.clone(),
            level: self.requirement.level,
            message: fault.message,
            object: fault.object.map(Object::reference),
            configuration: fault.configuration,
            template,
            generator,
            value: fault.value,
            peer: fault.peer,
            values,
            help: fault.help,
            evidence: Evidence::Static,
            also: Vec::new(),
        };
        if !self.told.iter().any(|told| told.finding == finding) {
            self.told.push(Told { finding, about });
        }
    }

    /// States whether the requirement asks for something here, where `appliesWhen` has no words for it: `condition` is told by
    /// something else than what the check goes through. Where it holds, looking at nothing is not a way to pass.
    pub fn applies(&mut self, condition: bool, otherwise: impl Into<String>) {
        self.condition = Some(if condition {
            Ok(())
        } else {
            Err(otherwise.into())
        });
    }

    /// The requirement cannot be judged here.
    pub fn unsupported(&mut self, reason: impl Into<String>) {
        self.unsupported = Some(reason.into());
    }

    /// Whether nothing was looked at, and not for want of something that the check needs.
    pub(crate) fn is_silent(&self) -> bool {
        self.checked == 0 && self.told.is_empty() && self.unsupported.is_none()
    }

    /// What the check states: that the requirement asks for something, or why it does not.
    pub(crate) fn condition(&self) -> Option<Result<(), &str>> {
        match self.condition.as_ref()? {
            Ok(()) => Some(Ok(())),
            Err(otherwise) => Some(Err(otherwise)),
        }
    }

    /// What came of it; what one line of a chart makes on several nodes is one finding.
    pub fn outcome(self) -> Outcome {
        match self.unsupported {
            Some(reason) if self.told.is_empty() && self.checked == 0 => {
                Outcome::Unsupported { reason }
            }
            _ => Outcome::of(self.checked, fold(self.told)),
        }
    }
}

/// Nodes of the graph that have a component and a readable configuration.
pub(crate) fn configured<'g, 'a>(
    graph: &'g Graph<'a>,
) -> impl Iterator<Item = (&'g Node<'a>, Component, &'g Configuration<'a>)> {
    graph.nodes.iter().filter_map(|node| {
        Some((
            node,
            graph.component(node.id)?,
            node.configuration.as_ref()?,
        ))
    })
}
