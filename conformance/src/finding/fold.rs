//! One line of a chart makes the same fault on every node: it is one finding that lists them.

use super::{ConfigurationLocation, Finding, ObjectRef, Occurrence, TemplateLocation};

/// A finding as its check tells it, and what makes it the same as another.
#[derive(Debug)]
pub(crate) struct Told {
    /// The finding.
    pub(crate) finding: Finding,
    /// What it is about, without the names of its object and node.
    pub(crate) about: String,
}

/// Joins findings about different objects that one line of a chart makes. The first stays, and lists the others.
pub(crate) fn fold(told: Vec<Told>) -> Vec<Finding> {
    let mut folded: Vec<(String, Finding)> = Vec::new();
    for Told { finding, about } in told {
        let same = folded
            .iter_mut()
            .find(|(other, first)| *other == about && joins(first, &finding));
        match (same, finding.object.clone()) {
            (Some((_, first)), Some(object)) => first.also.push(Occurrence {
                message: finding.message,
                object,
                configuration: finding.configuration,
            }),
            _ => folded.push((about, finding)),
        }
    }
    folded.into_iter().map(|(_, finding)| finding).collect()
}

/// Whether the same line makes both, in different objects or files of one: a second fault in one place is another.
fn joins(first: &Finding, other: &Finding) -> bool {
    let line = |finding: &Finding| finding.template.clone().filter(TemplateLocation::has_line);
    let place = place(other.object.as_ref(), other.configuration.as_ref());
    let is_taken =
        |also: &Occurrence| self::place(Some(&also.object), also.configuration.as_ref()) == place;
    line(first).is_some()
        && line(first) == line(other)
        && self::place(first.object.as_ref(), first.configuration.as_ref()) != place
        && !first.also.iter().any(is_taken)
}

fn place<'f>(
    object: Option<&'f ObjectRef>,
    configuration: Option<&'f ConfigurationLocation>,
) -> (Option<&'f ObjectRef>, Option<&'f str>) {
    (object, configuration.map(|at| at.source.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{Told, fold};
    use crate::{
        finding::{Evidence, Finding, ObjectRef, TemplateLocation},
        requirement::Level,
    };

    fn told(name: &str, line: Option<usize>, about: &str) -> Told {
        Told {
            about: about.into(),
            finding: Finding {
                requirement: "AM-WIRE-001".into(),
                level: Level::Must,
                message: format!("{name} is wrong about {about}"),
                object: Some(ObjectRef {
                    kind: "ConfigMap".into(),
                    name: name.into(),
                    namespace: "apim".into(),
                    release: "apim".into(),
                }),
                configuration: None,
                template: Some(TemplateLocation {
                    chart: "stack".into(),
                    file: "confs/a.toml".into(),
                    line,
                }),
                generator: None,
                value: None,
                peer: None,
                values: Vec::new(),
                help: String::new(),
                evidence: Evidence::Static,
                also: Vec::new(),
            },
        }
    }

    fn sizes(told: Vec<Told>) -> Vec<usize> {
        fold(told)
            .iter()
            .map(|finding| 1 + finding.also.len())
            .collect()
    }

    #[test]
    fn what_one_line_makes_on_several_nodes_is_told_once() {
        let at = |name| told(name, Some(3), "the port");
        assert_eq!(sizes(vec![at("a"), at("b"), at("c")]), [3]);
    }

    #[test]
    fn another_line_another_subject_and_a_line_that_is_not_known_are_findings_of_their_own() {
        let first = || told("a", Some(3), "the port");
        assert_eq!(sizes(vec![first(), told("b", Some(4), "the port")]), [1, 1]);
        assert_eq!(sizes(vec![first(), told("b", Some(3), "the host")]), [1, 1]);
        let unknown = |name| told(name, None, "the port");
        assert_eq!(sizes(vec![unknown("a"), unknown("b")]), [1, 1]);
    }

    #[test]
    fn two_faults_of_one_node_stay_two_on_every_node() {
        let at = |name| told(name, Some(3), "an item of the list");
        assert_eq!(sizes(vec![at("a"), at("a"), at("b"), at("b")]), [2, 2]);
    }
}
