//! `overlays/<platform>.yaml`: the values that a platform sets for a pattern.

use handlebars::Context;

use super::lines::{Lines, wrap};
use super::yaml_text;
use crate::chart::{Chart, Part};
use crate::diagnostic::Diagnostic;
use crate::model::Loaded;
use crate::model::component::Workload;
use crate::model::table::Table;
use crate::model::values::{Platform, Section, sections};
use crate::source_map::Origin;
use crate::template::{Rendering, Templates};
use crate::yaml;

/// A section and the platform in whose file it stands.
type Standing<'m> = (&'m Loaded<Platform>, &'m Section);

/// Words for several components in a section; everything else is a component's name.
pub(crate) const GROUPS: [&str; 4] = ["every", "statefulset", "deployment", "storage"];

/// Writes the overlay of one platform. `context` is what expressions in the sections see.
pub(crate) fn emit(
    chart: &Chart<'_>,
    platform: &Loaded<Platform>,
    templates: &Templates,
    context: &Context,
) -> Result<Lines, Diagnostic> {
    let section_lines = |(file, section): Standing<'_>| -> Result<Lines, Diagnostic> {
        let place = yaml::place(&file.file, section.text.referenced);
        let Rendering { text, origins } =
            templates.render_text(section.text.value.trim_end(), context, &place)?;
        Ok(Lines { text, origins })
    };
    let mut lines = Lines::default();
    let origin = Origin::new(&platform.file, crate::yaml::line(&platform.value.name));
    lines.push(
        &format!("# {} on {}.", chart.name(), platform.value.title),
        &origin,
    );
    for line in wrap(&platform.value.doc, 118) {
        lines.push(&format!("# {line}"), &origin);
    }
    let sections: Vec<Standing<'_>> = sections(platform, &chart.model.platforms)
        .filter(|(_, section)| applies(chart, section))
        .collect();
    for standing in &sections {
        if standing.1.component.is_none() {
            lines.push("", &origin);
            lines.append(0, &section_lines(*standing)?);
        }
    }
    for part in chart.parts() {
        let own: Vec<&Standing<'_>> = sections
            .iter()
            .filter(|(_, section)| is_for(section, &part))
            .collect();
        let sizes = part.component.value.production.as_ref();
        let sizes = sizes.filter(|_| !platform.value.development);
        if own.is_empty() && sizes.is_none() {
            continue;
        }
        lines.push(&format!("\n{}:", part.key()), &origin);
        for (key, value) in sizes.into_iter().flat_map(Table::iter) {
            let origin = Origin::new(&part.component.file, yaml::line(key));
            for line in yaml_text::entry(&key.value, value) {
                lines.push_indented(2, &line, &origin);
            }
        }
        for section in own {
            lines.append(2, &section_lines(*section)?);
        }
    }
    Ok(lines)
}

fn applies(chart: &Chart<'_>, section: &Section) -> bool {
    let in_pattern = section
        .patterns
        .as_ref()
        .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.0 == chart.name()));
    let has_endpoint = section.endpoint.as_ref().is_none_or(|wanted| {
        chart
            .endpoints()
            .iter()
            .any(|(name, ..)| *name == wanted.value)
    });
    in_pattern && has_endpoint
}

fn is_for(section: &Section, part: &Part<'_>) -> bool {
    let workload = part.component.value.workload;
    section
        .component
        .as_ref()
        .is_some_and(|component| match component.value.as_str() {
            "every" => true,
            "statefulset" => workload == Workload::StatefulSet,
            "deployment" => workload == Workload::Deployment,
            "storage" => !part.component.value.storage.is_empty(),
            name => name == part.name(),
        })
}
