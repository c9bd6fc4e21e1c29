//! Makes the report of what was judged.

use std::collections::BTreeMap;

use am_product::Pattern;
use am_toolchain::Tool;

use super::{
    Input, Options,
    digest::Charts,
    judge::{Judged, Suite},
};
use crate::{
    outcome::Outcome,
    report::{
        API_VERSION, Coverage, Mode, Profile, Report, RequirementSummary, Statistics, ToolVersion,
    },
    requirement::Requirement,
};

impl Suite {
    pub(super) fn report(&self, options: &Options, charts: &Charts, judged: Vec<Judged>) -> Report {
        let mut sources = BTreeMap::new();
        let mut profiles: BTreeMap<(Option<String>, Pattern), Profile> = BTreeMap::new();
        for mut subject in judged {
            keep_sources(&mut sources, &mut subject);
            let pattern = subject.result.subject.pattern;
            let site = subject.result.subject.site.clone();
            let key = (site.clone(), pattern);
            let profile = profiles.entry(key).or_insert_with(|| Profile {
                name: profile_name(&options.input, site.as_deref(), pattern),
                pattern,
                site,
                result: crate::report::ProfileResult::Failure,
                summary: String::new(),
                statistics: Statistics::default(),
                seconds: None,
                notes: Vec::new(),
                subjects: Vec::new(),
                topology: subject.topology,
            });
            for result in &subject.result.results {
                profile.statistics.count(result.level, &result.outcome);
            }
            profile.statistics.renders += subject.renders;
            profile.statistics.render_failures += usize::from(subject.result.error.is_some());
            profile.seconds = Some(profile.seconds.unwrap_or_default() + subject.seconds);
            profile.subjects.push(subject.result);
        }
        let mut profiles: Vec<Profile> = profiles.into_values().collect();
        for profile in &mut profiles {
            profile.result = profile.statistics.verdict();
            profile.summary = profile.statistics.sentence();
        }
        Report {
            api_version: API_VERSION.into(),
            kind: "ConformanceReport".into(),
            mode: Mode::Static,
            suite_version: env!("CARGO_PKG_VERSION").into(),
            tools: tools(options),
            profiles,
            requirements: self
                .requirements()
                .map(|requirement| self.summary(requirement))
                .collect(),
            selftest: options
                .suite
                .as_ref()
                .and_then(|suite| super::kill_rate::load(&options.workspace, suite)),
            charts: charts.digests(),
            reproduce: options.command.clone(),
            coverage: Coverage::default(),
            sources,
        }
    }

    fn summary(&self, requirement: &Requirement) -> RequirementSummary {
        RequirementSummary {
            id: requirement.id.clone(),
            family: requirement.family,
            level: requirement.level,
            title: requirement.title.clone(),
            text: requirement.text.clone(),
            source: requirement.source.clone(),
            skipped: self.skipped.get(&requirement.id).cloned(),
        }
    }
}

/// Ours are called after the chart, others after the specification.
fn profile_name(input: &Input, site: Option<&str>, pattern: Pattern) -> String {
    match input {
        Input::Charts(_) => pattern.chart(),
        Input::Spec(file) => {
            let file = file.file_name().unwrap_or(file.as_os_str());
            let site = site.map_or_else(String::new, |site| format!("{site}, "));
            format!("{site}pattern {pattern} of {}", file.to_string_lossy())
        }
    }
}

/// Takes over the texts that a subject's findings point into. The same file may differ from subject to subject; then
/// the later one is called after its subject, in the findings too.
fn keep_sources(sources: &mut BTreeMap<String, String>, subject: &mut Judged) {
    for (name, text) in std::mem::take(&mut subject.sources) {
        if sources.get(&name).is_none_or(|known| *known == text) {
            sources.insert(name, text);
            continue;
        }
        let renamed = format!("{name} ({})", subject.result.subject.id);
        let findings = subject
            .result
            .results
            .iter_mut()
            .filter_map(|result| match &mut result.outcome {
                Outcome::Failed { findings, .. } => Some(findings),
                _ => None,
            })
            .flatten();
        for configuration in findings.filter_map(|finding| finding.configuration.as_mut()) {
            if configuration.source == name {
                configuration.source.clone_from(&renamed);
            }
        }
        sources.insert(renamed, text);
    }
}

fn tools(options: &Options) -> Vec<ToolVersion> {
    [Tool::Renderer, Tool::Helm3]
        .into_iter()
        .filter_map(|tool| {
            let version = tool.pinned_version(&options.workspace).ok()?;
            Some(ToolVersion {
                name: tool.name().to_owned(),
                version,
            })
        })
        .collect()
}
