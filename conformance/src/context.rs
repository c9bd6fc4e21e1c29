//! What a check is given, and how it tells what it found.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;

use crate::{
    chart::{ChartSource, Givens, Place, Places, RenderedText, line_in_document, line_of_toml_key},
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
    pub fn wired_as(&self) -> u8 {
        let pattern = self.subject.pattern;
        let server = self.graph.identity_server.as_ref();
        // Who makes a subject has refused what leaves no pattern.
        self.facts.left_of(pattern, server).unwrap_or(pattern)
    }

    /// Where a fault of an object comes from: the line of the chart or of the given values, and the values that it reads.
    fn origin_of(&self, object: &Object, fault: &Fault<'_>) -> Origin {
        if self.ground() == Ground::Machines {
            return Self::place_on_machine(object, fault);
        }
        let chart = self.charts.get(&object.chart);
        let known = fault
            .template_line
            .map(|line| (object.template.clone(), Some(line)));
        let of_key = || Self::place_of_key(chart?, object, fault);
        let of_text = || match (known.is_none(), fault.text) {
            (true, Some(text)) => self.place_in_text(chart?, object, fault, text),
            _ => None,
        };
        let (file, line) = match (known.clone().or_else(of_key), of_text(), chart) {
            (Some(place), ..) => place,
            (None, Some(place), _) => {
                return self.origin_at(&object.chart, place);
            }
            (None, None, Some(chart)) => {
                let words = words(fault);
                let place = chart.place_in_document(&object.template, object.kind(), &words);
                // The template may only call what writes the document.
                let made = || {
                    let line = line_in_document(&object.text, object.kind(), &words)?;
                    self.made_by(chart, object, &object.text, line)
                };
                match place.1.is_none().then(made).flatten() {
                    Some(place) => return self.origin_at(&object.chart, place),
                    None => place,
                }
            }
            (None, None, None) => (object.template.clone(), None),
        };
        let values = chart
            .zip(line)
            .map(|(chart, line)| chart.values_at(&file, line, self.upstream))
            .unwrap_or_default();
        let template = TemplateLocation {
            chart: chart.map_or_else(|| object.chart.clone(), |chart| chart.place.clone()),
            file,
            line,
        };
        let place = Place {
            template,
            is_of_chart: true,
            values,
        };
        self.origin_at(&object.chart, place)
    }

    /// The line of a file that lies on a machine.
    fn place_on_machine(object: &Object, fault: &Fault<'_>) -> Origin {
        let text = object.text.as_str();
        let has = |word: &&str| {
            let mut lines = text.lines();
            Some(lines.position(|line| line.contains(word))? + 1)
        };
        let line = fault.template_line.or_else(|| match &fault.configuration {
            Some(at) => at
                .span
                .map_or_else(|| line_of_toml_key(text, &at.key), |span| Some(span.line)),
            None => words(fault).iter().find_map(has),
        });
        Origin {
            template: TemplateLocation {
                chart: object.chart.clone(),
                file: object.template.clone(),
                line,
            },
            values: Vec::new(),
            generator: None,
        }
    }

    fn origin_at(&self, chart: &str, place: Place) -> Origin {
        let template = &place.template;
        let generator = template
            .line
            .filter(|_| place.is_of_chart)
            .and_then(|line| {
                let map = self.source_map?;
                map.locate(self.version, chart, &template.file, line)
            });
        Origin {
            template: place.template,
            values: place.values,
            generator,
        }
    }

    /// What a fault is about: the key of the configuration, else its sentence without the names of object and nodes.
    fn about(&self, fault: &Fault<'_>) -> String {
        if let Some(configuration) = &fault.configuration
            && !configuration.key.is_empty()
        {
            return configuration.key.clone();
        }
        let object = fault.object.map(|object| object.name().to_owned());
        let nodes = self.graph.nodes.iter();
        let mut names: Vec<String> = nodes.map(|node| self.graph.describe(node.id)).collect();
        names.extend(object);
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.iter().fold(fault.message.clone(), |text, name| {
            text.replace(name.as_str(), "…")
        })
    }

    /// The line of our charts' own way to write a configuration.
    fn place_of_key(
        chart: &ChartSource,
        object: &Object,
        fault: &Fault<'_>,
    ) -> Option<(String, Option<usize>)> {
        let key = &fault.configuration.as_ref()?.key;
        let (file, line) = chart.place_of_key(&object.template, key)?;
        Some((file, Some(line)))
    }

    /// The line that makes the line of the text that has the fault's key, or the nearest table around it.
    fn place_in_text(
        &self,
        chart: &ChartSource,
        object: &Object,
        fault: &Fault<'_>,
        text: &str,
    ) -> Option<Place> {
        let configuration = fault.configuration.as_ref()?;
        let line = match configuration.span {
            Some(span) => span.line,
            // The line that begins the text says more than nothing.
            None => line_of_toml_key(text, &configuration.key).unwrap_or(1),
        };
        self.made_by(chart, object, text, line)
    }

    /// What makes a line of a text of an object; of one that nothing is known to make, what makes the nearest above.
    fn made_by(
        &self,
        chart: &ChartSource,
        object: &Object,
        text: &str,
        line: usize,
    ) -> Option<Place> {
        let rendered = RenderedText {
            release: &object.release,
            template: &object.template,
            text,
        };
        let given = self.given.get(&object.release);
        let places = self.places.of(rendered, chart, given, self.upstream);
        places.iter().take(line).rev().flatten().next().cloned()
    }
}

/// Where a fault comes from.
struct Origin {
    template: TemplateLocation,
    values: Vec<String>,
    generator: Option<GeneratorLocation>,
}

/// What the line of a fault is about: the fields that its check names, then its value.
fn words<'f>(fault: &'f Fault<'_>) -> Vec<&'f str> {
    let names = fault.fields.iter().filter_map(|field| name_of(field));
    let value = fault.value.as_deref().filter(|value| value.len() > 2);
    names.chain(value).collect()
}

/// The last name of a path; items of a list have none.
fn name_of(path: &str) -> Option<&str> {
    let is_name = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    path.rsplit(['/', '.']).find(is_name)
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

#[cfg(test)]
mod tests {
    use super::{Fault, words};

    #[test]
    fn the_place_follows_from_the_fields_that_a_check_names_and_not_from_its_words() {
        let fault = Fault::new(
            "the pod sets `hostNetwork`",
            "remove hostNetwork and hostPID",
        )
        .field("/spec/template/spec/containers/0/securityContext/runAsUser")
        .field("resources.limits")
        .field("/spec/ports/0")
        .value("10001");
        assert_eq!(words(&fault), ["runAsUser", "limits", "ports", "10001"]);
        assert!(words(&Fault::new("sets `hostNetwork`", "remove hostPID")).is_empty());
    }
}
