//! `overlays/<platform>.yaml`: the values that a platform sets for a pattern.

use super::lines::{Lines, wrap};
use crate::chart::{Chart, Part};
use crate::model::Loaded;
use crate::model::component::Workload;
use crate::model::values::{Platform, Section};
use crate::source_map::Origin;

/// Words for several components in a section; everything else is a component's name.
pub(crate) const GROUPS: [&str; 3] = ["every", "statefulset", "deployment"];

pub(crate) fn emit(chart: &Chart<'_>, platform: &Loaded<Platform>) -> Lines {
    let mut lines = Lines::default();
    let origin = Origin::new(&platform.file, platform.value.name.referenced.line() as usize);
    lines.push(&format!("# {} on {}.", chart.name(), platform.value.title), &origin);
    for line in wrap(&platform.value.doc, 118) {
        lines.push(&format!("# {line}"), &origin);
    }
    let sections: Vec<&Section> =
        platform.value.sections.iter().filter(|section| applies(chart, section)).collect();
    for section in sections.iter().filter(|section| section.component.is_none()) {
        lines.push("", &origin);
        push_text(&mut lines, 0, section, platform);
    }
    for part in chart.parts() {
        let own: Vec<&&Section> = sections.iter().filter(|section| is_for(section, &part)).collect();
        if own.is_empty() {
            continue;
        }
        lines.push(&format!("\n{}:", part.key()), &origin);
        for section in own {
            push_text(&mut lines, 2, section, platform);
        }
    }
    lines
}

fn push_text(lines: &mut Lines, columns: usize, section: &Section, platform: &Loaded<Platform>) {
    let first = section.text.referenced.line() as usize;
    for (index, line) in section.text.value.trim_end().split('\n').enumerate() {
        lines.push_indented(columns, line, &Origin::new(&platform.file, first + index));
    }
}

fn applies(chart: &Chart<'_>, section: &Section) -> bool {
    let in_pattern = section
        .patterns
        .as_ref()
        .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.0 == chart.name()));
    let has_endpoint = section
        .endpoint
        .as_ref()
        .is_none_or(|wanted| chart.endpoints().iter().any(|(name, ..)| *name == wanted.value));
    in_pattern && has_endpoint
}

fn is_for(section: &Section, part: &Part<'_>) -> bool {
    let workload = part.component.value.workload;
    section.component.as_ref().is_some_and(|component| match component.value.as_str() {
        "every" => true,
        "statefulset" => workload == Workload::StatefulSet,
        "deployment" => workload == Workload::Deployment,
        name => name == part.name(),
    })
}
