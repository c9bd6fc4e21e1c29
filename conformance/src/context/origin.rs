//! Where faults come from: the line of a chart, of given values, or of a file on a machine.

use super::{Context, Fault};
use crate::{
    chart::{ChartSource, Place, RenderedText, line_in_document, line_of_toml_key},
    finding::{GeneratorLocation, TemplateLocation},
    manifest::Object,
    requirement::Ground,
};

impl Context<'_> {
    /// Where a fault of an object comes from: the line of the chart or of the given values, and the values that it reads.
    pub(super) fn origin_of(&self, object: &Object, fault: &Fault<'_>) -> Origin {
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
    pub(super) fn about(&self, fault: &Fault<'_>) -> String {
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
pub(super) struct Origin {
    pub(super) template: TemplateLocation,
    pub(super) values: Vec<String>,
    pub(super) generator: Option<GeneratorLocation>,
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
