//! What is rendered can be read: each release renders, and each text is YAML that says everything once.

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Flaw, FlawKind},
    variation::releases,
};

/// Each release renders.
pub(super) fn releases_render(context: &Context<'_>, judge: &mut Judge<'_>) {
    for _ in releases(context.manifest) {
        judge.looked();
    }
    for flaw in &context.manifest.flaws {
        if matches!(flaw.kind, FlawKind::NotRendered(_)) {
            const HELP: &str = "mend the template, or the values that it refuses; until then nothing of this release is judged";
            judge.fault(Fault::new(flaw.sentence(), HELP).template(&flaw.object, flaw.line));
        }
    }
}

/// Each document is YAML.
pub(super) fn documents_are_yaml(context: &Context<'_>, judge: &mut Judge<'_>) {
    const HELP: &str = "look at indentation and quotes there; Helm refuses the whole release, and this document is not judged";
    judge_texts(context, judge, HELP, |kind| {
        matches!(kind, FlawKind::NotYaml(_))
    });
}

/// No mapping has a key twice.
pub(super) fn no_key_is_given_twice(context: &Context<'_>, judge: &mut Judge<'_>) {
    const HELP: &str = "write it once; `kubectl apply` and Argo CD refuse the document";
    judge_texts(context, judge, HELP, |kind| {
        matches!(kind, FlawKind::KeyTwice(_))
    });
}

fn judge_texts(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    help: &str,
    is_meant: impl Fn(&FlawKind) -> bool,
) {
    for _ in &context.manifest.objects {
        judge.looked();
    }
    for flaw in &context.manifest.flaws {
        if is_meant(&flaw.kind) {
            judge.fault(at_its_line(
                context,
                flaw,
                Fault::new(flaw.sentence(), help),
            ));
        }
    }
}

/// In the template, at the line that makes the line of the text: where a text ends too early, its last one.
fn at_its_line<'f>(context: &Context<'_>, flaw: &'f Flaw, fault: Fault<'f>) -> Fault<'f> {
    let line = flaw.line.and_then(|line| {
        let lines: Vec<&str> = flaw.object.text.lines().take(line).collect();
        let text = lines.iter().rfind(|line| !line.trim().is_empty())?;
        let chart = context.charts.get(&flaw.object.chart)?;
        chart.line_that_makes(&flaw.object.template, text)
    });
    fault.template(&flaw.object, line)
}
