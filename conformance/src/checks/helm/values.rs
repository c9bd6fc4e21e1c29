//! Values and templates agree: nothing declared in vain, nothing read that is not declared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::files::{leaves, yaml};
use crate::{
    chart::{
        ChartSource,
        templates::{Read, Segment, Usage},
    },
    context::{Context, Fault, Judge},
};

/// A chart's values as far as its own templates are concerned.
struct OwnValues {
    values: Value,
    /// Keys that belong to subcharts or to Helm itself.
    foreign: BTreeSet<String>,
    /// Paths that `Chart.yaml` reads (`condition`).
    conditions: BTreeSet<String>,
}

impl OwnValues {
    fn is_declared(&self, path: &[&str]) -> bool {
        is_declared(&self.values, path)
    }

    /// `None` when the chart has no values that can be read.
    fn of(chart: &ChartSource) -> Option<Self> {
        let values = yaml(chart, "values.yaml")?;
        values.as_object()?;
        let chart_file = yaml(chart, "Chart.yaml").unwrap_or_default();
        let mut foreign = BTreeSet::from(["global".to_owned(), "tags".to_owned()]);
        let mut conditions = BTreeSet::new();
        let requirements = yaml(chart, "requirements.yaml").unwrap_or_default();
        for dependency in [&chart_file, &requirements]
            .into_iter()
            .filter_map(|file| file.get("dependencies")?.as_array())
            .flatten()
        {
            let text = |key| dependency.get(key).and_then(Value::as_str);
            foreign.extend(text("alias").or(text("name")).map(str::to_owned));
            let paths = text("condition").unwrap_or_default().split(',');
            conditions.extend(paths.map(|path| path.trim().to_owned()));
        }
        for path in chart.files.keys() {
            if let Some((subchart, _)) = path
                .strip_prefix("charts/")
                .and_then(|rest| rest.split_once('/'))
            {
                foreign.insert(subchart.to_owned());
            }
        }
        Some(Self {
            values,
            foreign,
            conditions,
        })
    }
}

/// The line of `values.yaml` on which a key path stands, found by the indentation of block maps.
pub(super) fn line_of(text: &str, path: &[String]) -> Option<usize> {
    let mut indents: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', '-']) {
            continue;
        }
        let Some((key, _)) = trimmed.split_once(':') else {
            continue;
        };
        let indent = line.len() - trimmed.len();
        indents.retain(|(outer, _)| *outer < indent);
        indents.push((indent, key.trim_matches(['"', '\'']).to_owned()));
        if indents.len() == path.len() && indents.iter().map(|(_, key)| key).eq(path.iter()) {
            return Some(index + 1);
        }
    }
    None
}

/// What the templates of a chart read; `None` where not all of it can be seen, and then the judge is told why.
pub(super) fn followed<'c>(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    chart: &'c ChartSource,
) -> Option<&'c Usage> {
    let usage = match chart.usage(context.upstream) {
        Ok(usage) => usage,
        Err(reason) => {
            judge.unsupported(reason);
            return None;
        }
    };
    let Some(reason) = &usage.hidden else {
        return Some(usage);
    };
    let otherwise = format!(
        "not every use of a value in {} can be seen: {reason}",
        chart.name
    );
    judge.applies(false, otherwise);
    None
}

pub(super) fn every_value_is_used(context: &Context<'_>, judge: &mut Judge<'_>) {
    // Which keys are a subchart's is in another file, so `appliesWhen` cannot tell.
    let has_own = |own: OwnValues| {
        let mut keys = own.values.as_object().into_iter().flat_map(Map::keys);
        keys.any(|key| !own.foreign.contains(key))
    };
    let mut charts = context.charts.values();
    judge.applies(
        charts.any(|chart| OwnValues::of(chart).is_some_and(has_own)),
        "no chart has values of its own",
    );
    for chart in context.charts.values() {
        let Some(own) = OwnValues::of(chart) else {
            continue;
        };
        let Some(usage) = followed(context, judge, chart) else {
            continue;
        };
        for path in leaves(&own.values) {
            if path
                .first()
                .is_some_and(|key| own.foreign.contains(key) && key != "global")
            {
                continue;
            }
            let dotted = path.join(".");
            judge.require(is_used(usage, &own, &path), || {
                Fault::new(
                    format!(
                        "no template of {} reads the value `{dotted}` (values.yaml:{})",
                        chart.name,
                        line_in(chart, &path)
                    ),
                    format!("remove `{dotted}` from values.yaml and values.schema.json, or use it"),
                )
                .line(&chart.place, "values.yaml", line_in(chart, &path))
                .value(dotted.clone())
            });
        }
    }
}

fn is_used(usage: &Usage, own: &OwnValues, path: &[String]) -> bool {
    // `global` is there for the charts above and below as well.
    let is_passed_down = path[0] == "global" && own.foreign.len() > 2;
    is_passed_down || usage.uses(path) || own.conditions.contains(&path.join("."))
}

/// The line of `values.yaml` that has a value, or the map around it.
fn line_in(chart: &ChartSource, path: &[String]) -> usize {
    let text = chart.files.get("values.yaml").map_or("", String::as_str);
    let mut prefixes = (1..=path.len()).rev().map(|length| &path[..length]);
    prefixes.find_map(|path| line_of(text, path)).unwrap_or(1)
}

pub(super) fn every_read_is_declared(context: &Context<'_>, judge: &mut Judge<'_>) {
    // `appliesWhen` does not read templates.
    let reads = |chart: &ChartSource| {
        let mut templates = chart.templates();
        templates.any(|(_, text)| text.contains(".Values.")) && OwnValues::of(chart).is_some()
    };
    judge.applies(
        context.charts.values().any(reads),
        "no template reads a value by its name",
    );
    for chart in context.charts.values() {
        let Some(own) = OwnValues::of(chart) else {
            continue;
        };
        let usage = match chart.usage(context.upstream) {
            Ok(usage) => usage,
            Err(reason) => return judge.unsupported(reason),
        };
        let declared = Declared::of(chart, &own, usage);
        // The same value read in many places is one fault, told at its first place.
        let mut places: BTreeMap<Vec<&str>, &Read> = BTreeMap::new();
        for read in usage.reads.iter().filter(|read| read.certain) {
            if let Some(path) = certain_path(read) {
                places.entry(path).or_insert(read);
            }
        }
        for (path, read) in places {
            let Some(is_declared) = declared.has(&path) else {
                continue;
            };
            let dotted = path.join(".");
            let line = line_naming(chart, read);
            judge.require(is_declared, || {
                let nearest = nearest(&own.values, &dotted);
                Fault::new(
                    format!(
                        "{}:{} reads the value `{dotted}`, which values.yaml does not declare",
                        read.file, line
                    ),
                    format!(
                        "declare it with its default in values.yaml and values.schema.json{nearest}"
                    ),
                )
                .line(&chart.place, &read.file, line)
                .set_by(dotted.clone())
                .value(dotted.clone())
            });
        }
    }
}

/// The line that names what is read: a variable is set above the line that uses it.
fn line_naming(chart: &ChartSource, read: &Read) -> usize {
    let Some(Segment::Key(key)) = read.path.last() else {
        return read.line;
    };
    let text = chart.files.get(&*read.file).map_or("", String::as_str);
    let lines: Vec<&str> = text.lines().take(read.line).collect();
    let name = format!(".{key}");
    let names = |line: &&str| {
        let after = line.split(&name).skip(1);
        after
            .into_iter()
            .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    lines
        .iter()
        .rposition(names)
        .map_or(read.line, |index| index + 1)
}

/// What a chart and its subcharts declare.
struct Declared<'c> {
    own: &'c OwnValues,
    usage: &'c Usage,
    schema: Option<Value>,
    /// The values of each subchart, with their place in those of the chart.
    subcharts: Vec<(&'c [String], Value)>,
}

impl<'c> Declared<'c> {
    fn of(chart: &ChartSource, own: &'c OwnValues, usage: &'c Usage) -> Self {
        let subcharts = usage.trees.charts.all.iter().skip(1).map(|subchart| {
            let values = yaml(chart, &format!("{}values.yaml", subchart.folder));
            (subchart.values.as_slice(), values.unwrap_or_default())
        });
        Self {
            own,
            usage,
            schema: yaml(chart, "values.schema.json"),
            subcharts: subcharts.collect(),
        }
    }

    /// Whether a value is declared; nothing where that is not to be seen.
    fn has(&self, path: &[&str]) -> Option<bool> {
        let first = *path.first()?;
        let is_of = |place: &[String]| {
            place
                .iter()
                .map(String::as_str)
                .eq(path.iter().copied().take(place.len()))
        };
        if first == "tags"
            || self
                .usage
                .trees
                .charts
                .unseen
                .iter()
                .any(|place| is_of(place))
        {
            return None;
        }
        if self.own.is_declared(path)
            || self
                .schema
                .as_ref()
                .is_some_and(|schema| super::schema::knows(schema, path))
        {
            return Some(true);
        }
        if first == "global" {
            let all = || {
                std::iter::once(&self.own.values)
                    .chain(self.subcharts.iter().map(|(_, values)| values))
            };
            // Where no chart has any, charts only look whether there are.
            return all().any(|values| values.get("global").is_some()).then(|| {
                all().any(|values| values.get("global").is_some() && is_declared(values, path))
            });
        }
        let of_subcharts = self.subcharts.iter().filter(|(place, _)| is_of(place));
        let in_one = of_subcharts
            .clone()
            .any(|(place, values)| is_declared(values, &path[place.len()..]));
        // Values of a subchart that is not there are its own affair.
        (of_subcharts.count() > 0 || !self.own.foreign.contains(first)).then_some(in_one)
    }
}

fn certain_path(read: &Read) -> Option<Vec<&str>> {
    read.path
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Any => None,
        })
        .collect()
}

/// Whether a path exists, or leads into a value whose entries are the user's own.
fn is_declared(values: &Value, path: &[&str]) -> bool {
    let mut value = values;
    for key in path {
        match value.as_object() {
            Some(map) if !map.is_empty() => match map.get(*key) {
                Some(entry) => value = entry,
                None => return false,
            },
            // A scalar has no fields: the template is wrong about it, but the name is declared.
            _ => return true,
        }
    }
    true
}

fn nearest(values: &Value, dotted: &str) -> String {
    let known: Vec<String> = leaves(values).iter().map(|path| path.join(".")).collect();
    am_suggest::near(dotted, known.iter().map(String::as_str))
        .map(|known| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{every_read_is_declared, every_value_is_used, line_of};
    use crate::checks::harness::{Case, messages};

    fn case(values: &str, template: &str) -> Case {
        Case::chart(&[("values.yaml", values), ("templates/t.yaml", template)])
    }

    #[test]
    fn a_value_that_nothing_reads_is_found_with_its_line() {
        let case = case("a:\n  b: 1\n  c: 2\n", "x: {{ .Values.a.b }}");
        let found = messages(&case.judge(every_value_is_used));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`a.c` (values.yaml:3)"), "{found:?}");
    }

    #[test]
    fn values_read_by_every_means_are_used() {
        let template = "{{ $v := .Values.a }}{{ with $v.b }}{{ . }}{{ end }}{{ toYaml .Values.c }}{{ index .Values \"d\" \"e\" }}\
            {{ range .Values.f }}{{ . }}{{ end }}{{ if .Values.g }}{{ end }}{{ get .Values \"h\" | quote }}";
        let values = "a: {b: 1}\nc: {x: {y: 1}}\nd: {e: 1}\nf: []\ng: {}\nh: 1\n";
        assert!(case(values, template).judge(every_value_is_used).is_green());
    }

    #[test]
    fn a_template_that_cannot_be_followed_makes_no_finding() {
        let outcome = case("a: 1\n", "{{ include \"elsewhere\" . }}").judge(every_value_is_used);
        assert!(
            matches!(outcome, crate::Outcome::NotApplicable { .. }),
            "{outcome:?}"
        );
    }

    #[test]
    fn values_of_a_subchart_are_its_own_affair() {
        let case = Case::chart(&[
            ("values.yaml", "db: {x: 1}\na: 1\n"),
            (
                "Chart.yaml",
                "dependencies:\n  - name: postgres\n    alias: db\n",
            ),
            ("templates/t.yaml", "{{ .Values.a }}"),
        ]);
        assert!(case.judge(every_value_is_used).is_green());
    }

    #[test]
    fn a_misspelt_value_is_found_with_the_right_one() {
        let outcome = case(
            "gateway: {replicas: 1}\n",
            "\n{{ .Values.gateway.replica }}",
        )
        .judge(every_read_is_declared);
        let findings = outcome.findings();
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].message.starts_with("templates/t.yaml:2 reads"),
            "{}",
            findings[0].message
        );
        assert!(
            findings[0].help.contains("`gateway.replicas`"),
            "{}",
            findings[0].help
        );
    }

    #[test]
    fn entries_of_free_maps_and_of_elements_are_declared() {
        let template = "{{ .Values.free.anything }}{{ range .Values.list }}{{ .x }}{{ end }}{{ .Values.global.x }}";
        assert!(
            case("free: {}\nlist: []\n", template)
                .judge(every_read_is_declared)
                .is_green()
        );
    }

    #[test]
    fn lines_are_found_in_nested_maps() {
        let text = "# a\na:\n  # b\n  b: 1\nc:\n  b: 2\n";
        let path = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
        assert_eq!(line_of(text, &path(&["c", "b"])), Some(6));
        assert_eq!(line_of(text, &path(&["c", "x"])), None);
    }
}
