//! Every value that a user gives is one that something reads.

use std::collections::BTreeSet;

use super::values::followed;
use crate::{
    chart::{
        ChartSource, Given, GivenFile,
        leaves::{Leaf, dotted},
        templates::{Segment, Usage},
    },
    context::{Context, Fault, Judge},
    variation::releases,
};

/// What reads the values of one release.
struct Readers<'c> {
    chart: &'c ChartSource,
    of_chart: &'c Usage,
    of_texts: Option<&'c Usage>,
}

impl Readers<'_> {
    fn read(&self, path: &[String]) -> bool {
        let charts = &self.of_chart.trees.charts;
        let is_helms = path.first().is_some_and(|key| key == "tags")
            || charts.conditions.iter().any(|condition| condition == path);
        let is_unseen = charts.unseen.iter().any(|unseen| path.starts_with(unseen))
            || !charts.unseen.is_empty() && path.first().is_some_and(|key| key == "global");
        is_helms
            || is_unseen
            || self.of_chart.uses(path)
            || self.of_texts.is_some_and(|usage| usage.uses(path))
    }

    /// The outermost part of an unread path below which nothing is read.
    fn unread<'p>(&self, path: &'p [String]) -> &'p [String] {
        let is_touched = |path: &[String]| {
            let usages = std::iter::once(self.of_chart).chain(self.of_texts);
            usages.into_iter().any(|usage| usage.touches(path))
        };
        let untouched = (1..path.len()).find(|length| !is_touched(&path[..*length]));
        &path[..untouched.unwrap_or(path.len())]
    }

    /// The value that was probably meant: the same name elsewhere, or one that is written alike.
    fn meant(&self, path: &[String]) -> Option<String> {
        let mut known: BTreeSet<Vec<String>> = BTreeSet::new();
        for read in &self.of_chart.reads {
            known.extend(written_like(&read.path, path));
        }
        for (_, leaf) in &self.of_chart.trees.defaults {
            known.extend((1..=leaf.path.len()).map(|length| leaf.path[..length].to_vec()));
        }
        let (above, name) = (&path[..path.len() - 1], dotted(path));
        let beside: Vec<String> = known
            .iter()
            .filter(|known| known.len() == path.len() && known.starts_with(above))
            .map(|known| dotted(known))
            .collect();
        let elsewhere = known
            .iter()
            .filter(|known| known.as_slice() != path && !known.is_empty())
            .filter(|known| known.ends_with(path) || path.ends_with(known))
            .min_by_key(|known| known.len().abs_diff(path.len()))
            .map(|known| dotted(known));
        let all: Vec<String> = known.iter().map(|known| dotted(known)).collect();
        let near = |known: &[String]| {
            am_suggest::near(&name, known.iter().map(String::as_str)).map(str::to_owned)
        };
        near(&beside).or(elsewhere).or_else(|| near(&all))
    }
}

/// A path that is read, with the number of an item of `like` where it reads any item.
fn written_like(read: &[Segment], like: &[String]) -> Option<Vec<String>> {
    let steps = read
        .iter()
        .enumerate()
        .map(|(index, segment)| match segment {
            Segment::Key(key) => Some(key.clone()),
            Segment::Any => like.get(index).cloned(),
        });
    steps.collect()
}

pub(super) fn every_given_value_is_read(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut givens = releases(context.manifest)
        .into_keys()
        .filter_map(|release| context.given.get(release));
    judge.applies(
        givens.any(|given| given.leaves().next().is_some()),
        "no release is given values of its own",
    );
    let mut all: Vec<(&Given, Readers<'_>)> = Vec::new();
    for (release, chart) in releases(context.manifest) {
        let (Some(given), Some(chart)) = (context.given.get(release), context.charts.get(chart))
        else {
            continue;
        };
        // Of one that cannot be followed it cannot be said either what a file is for that it shares with other releases.
        let Some(of_chart) = followed(context, judge, chart) else {
            continue;
        };
        let of_texts = given.usage(chart, context.upstream);
        let readers = Readers {
            chart,
            of_chart,
            of_texts,
        };
        all.push((given, readers));
    }
    for (index, (given, readers)) in all.iter().enumerate() {
        let mut told = BTreeSet::new();
        for (file, leaf) in given.leaves() {
            judge.looked();
            let is_read = readers.read(&leaf.path)
                || is_hidden(context, &all, file)
                || all.iter().enumerate().any(|(other, (given, readers))| {
                    other != index && shares(given, file, leaf) && readers.read(&leaf.path)
                });
            let unread = readers.unread(&leaf.path);
            if !is_read && told.insert((file.path(), unread)) {
                judge.fault(fault(readers, file, leaf, unread));
            }
        }
    }
}

/// Whether a release is given the very same value by the very same file, as when one file serves several charts.
fn shares(given: &Given, file: &GivenFile, leaf: &Leaf) -> bool {
    !file.name.is_empty()
        && given.leaves().any(|(other, own)| {
            other.path() == file.path() && own.line == leaf.line && own.path == leaf.path
        })
}

/// Whether a file is also given to a release whose chart cannot be followed.
fn is_hidden(context: &Context<'_>, all: &[(&Given, Readers<'_>)], file: &GivenFile) -> bool {
    let is_followed = |given: &Given| all.iter().any(|(other, _)| std::ptr::eq(*other, given));
    context
        .given
        .values()
        .filter(|given| !is_followed(given))
        .flat_map(|given| &given.files)
        .any(|other| {
            !file.name.is_empty() && !other.leaves.is_empty() && other.path() == file.path()
        })
}

fn fault<'f>(readers: &Readers<'_>, file: &GivenFile, leaf: &Leaf, unread: &[String]) -> Fault<'f> {
    let name = dotted(unread);
    let help = match readers.meant(unread) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            "remove it, or correct its name; `helm show values` tells what the chart has".into()
        }
    };
    let chart = &readers.chart.name;
    let message = format!("no template of {chart} reads the value `{name}`, which is given");
    let fault = Fault::new(message, help).set_by(name);
    if file.name.is_empty() {
        return fault;
    }
    // The first line of what is unread.
    let first = file.leaves.iter().find(|own| own.path.starts_with(unread));
    fault.line(&file.folder, &file.name, first.unwrap_or(leaf).line)
}

#[cfg(test)]
mod tests {
    use super::every_given_value_is_read;
    use crate::checks::harness::Case;

    fn found(template: &str, defaults: &str, given: &str) -> Vec<String> {
        let case = Case::chart(&[("templates/t.yaml", template), ("values.yaml", defaults)]);
        let outcome = case.given(given).judge(every_given_value_is_read);
        let told = outcome.findings().iter().map(|finding| {
            let line = finding.template.as_ref().and_then(|place| place.line);
            format!(
                "{} {} {}",
                finding.values[0],
                line.unwrap_or(0),
                finding.help
            )
        });
        told.collect()
    }

    #[test]
    fn a_slip_is_found_at_its_line_with_what_was_meant() {
        assert_eq!(
            found("{{ .Values.a.heap }}", "a: {heap: 1}\n", "a:\n  heapp: 2\n"),
            ["a.heapp 2 did you mean `a.heap`?"]
        );
        assert_eq!(
            found("{{ .Values.a.port }}", "", "port: 2\n"),
            ["port 1 did you mean `a.port`?"]
        );
    }

    #[test]
    fn a_map_that_nothing_reads_is_one_finding() {
        let found = found("{{ .Values.a }}", "", "b:\n  c: [1, 2]\n  d: 1\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("b 2 "), "{found:?}");
    }

    #[test]
    fn leaves_of_items_are_told_apart() {
        let template = "{{ range .Values.l }}{{ .ip }}{{ .names }}{{ end }}";
        assert_eq!(
            found(template, "", "l:\n  - ip: 1\n    name: x\n"),
            ["l[0].name 3 did you mean `l[0].names`?"]
        );
        assert_eq!(
            found("{{ (index .Values.l 0).ip }}", "", "l:\n  - ip: 1\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_is_printed_whole_or_evaluated_is_read() {
        let template = "{{ toYaml .Values.a }}{{ tpl .Values.t . }}{{ with .Values.m }}{{ . | toJson }}{{ end }}\
            {{ range $k, $v := .Values.r }}{{ $k }}={{ $v }}{{ end }}";
        let given = "a: {x: [{y: 1}]}\nt: \"{{ .Values.only }}\"\nonly: 1\nm: {n: 1}\nr: {s: 1}\n";
        assert_eq!(found(template, "", given), Vec::<String>::new());
    }

    #[test]
    fn a_chart_that_cannot_be_followed_makes_no_finding() {
        let template = "{{ include (printf \"x-%s\" .Values.kind) (dict \"root\" .) }}";
        assert_eq!(found(template, "", "a: 1\n"), Vec::<String>::new());
    }
}
