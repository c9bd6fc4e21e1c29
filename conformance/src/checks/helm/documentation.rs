//! Every value says what it is for.

use super::files::{leaves, yaml};
use super::values::line_of;
use crate::context::{Context, Fault, Judge};

pub(super) fn every_value_is_documented(context: &Context<'_>, judge: &mut Judge<'_>) {
    every_value_has(context, judge, "#", "has no comment");
}

/// Tools that make tables of values read comments of this kind only.
pub(super) fn every_comment_is_marked(context: &Context<'_>, judge: &mut Judge<'_>) {
    every_value_has(
        context,
        judge,
        "# --",
        "has no comment that begins with `# --`",
    );
}

fn every_value_has(context: &Context<'_>, judge: &mut Judge<'_>, wanted: &str, problem: &str) {
    for chart in context.charts.values() {
        let (Some(text), Some(values)) =
            (chart.files.get("values.yaml"), yaml(chart, "values.yaml"))
        else {
            continue;
        };
        let lines: Vec<&str> = text.lines().collect();
        for path in leaves(&values) {
            // Where a line cannot be found (maps in one line), the map that holds the value is judged.
            let Some(line) = (1..=path.len())
                .rev()
                .find_map(|length| line_of(text, &path[..length]))
            else {
                continue;
            };
            let own = has_comment(&lines, line, wanted);
            let inherited = || {
                (1..path.len()).any(|length| {
                    line_of(text, &path[..length])
                        .is_some_and(|line| has_comment(&lines, line, wanted))
                })
            };
            let dotted = path.join(".");
            judge.require(own || inherited(), || {
                Fault::new(
                    format!(
                        "the value `{dotted}` of {} {problem} (values.yaml:{line})",
                        chart.name
                    ),
                    "write a line `# -- …` above it: meaning, unit and what an empty value does",
                )
                .line(&chart.place, "values.yaml", line)
                .value(dotted.clone())
            });
        }
    }
}

/// Whether a comment stands directly above a line or at its end.
fn has_comment(lines: &[&str], line: usize, wanted: &str) -> bool {
    let at_end = lines.get(line - 1).is_some_and(|text| text.contains(" #"));
    let above = lines[..line - 1].iter().rev().map(|text| text.trim_start());
    at_end
        || above
            .take_while(|text| text.starts_with('#'))
            .any(|text| text.starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use super::{every_comment_is_marked, every_value_is_documented};
    use crate::checks::harness::{Case, messages};

    #[test]
    fn a_value_without_comment_is_found() {
        let case = Case::chart(&[("values.yaml", "# -- A\na: 1\n\nb: 2\n")]);
        let found = messages(&case.judge(every_value_is_documented));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`b`") && found[0].contains("values.yaml:4"));
    }

    #[test]
    fn comments_above_at_the_end_and_of_the_map_count() {
        let case = Case::chart(&[("values.yaml", "# -- A\na:\n  b: 1\nc: 2 # number\n")]);
        assert!(case.judge(every_value_is_documented).is_green());
    }

    #[test]
    fn a_comment_without_the_mark_of_documentation_is_found() {
        let case = Case::chart(&[("values.yaml", "# A\na: 1\n# -- B\nb: 1\n")]);
        assert!(case.judge(every_value_is_documented).is_green());
        let found = messages(&case.judge(every_comment_is_marked));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`a`"), "{found:?}");
    }
}
