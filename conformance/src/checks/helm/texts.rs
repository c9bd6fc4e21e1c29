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
        if let FlawKind::NotRendered(message) = &flaw.kind {
            judge.fault(
                Fault::new(
                    format!("release {} does not render: {message}", flaw.object.release),
                    "mend the template, or the values that it refuses; until then nothing of this release is judged",
                )
                .template(&flaw.object, flaw.line),
            );
        }
    }
}

/// Each document is YAML.
pub(super) fn documents_are_yaml(context: &Context<'_>, judge: &mut Judge<'_>) {
    for _ in &context.manifest.objects {
        judge.looked();
    }
    for flaw in &context.manifest.flaws {
        if let FlawKind::NotYaml(message) = &flaw.kind {
            judge.fault(at_its_line(
                context,
                flaw,
                Fault::new(
                    format!("{} is no YAML: {message}", document(flaw)),
                    "look at indentation and quotes there; Helm refuses the whole release, and this document is not judged",
                ),
            ));
        }
    }
}

/// No mapping has a key twice.
pub(super) fn no_key_is_given_twice(context: &Context<'_>, judge: &mut Judge<'_>) {
    for _ in &context.manifest.objects {
        judge.looked();
    }
    for flaw in &context.manifest.flaws {
        if let FlawKind::KeyTwice(key) = &flaw.kind {
            judge.fault(at_its_line(
                context,
                flaw,
                Fault::new(
                    format!(
                        "{} has the key `{key}` twice; Helm takes the last",
                        document(flaw)
                    ),
                    "write it once; `kubectl apply` and Argo CD refuse the document",
                ),
            ));
        }
    }
}

/// The document, and the line of its text.
fn document(flaw: &Flaw) -> String {
    let line = flaw.line.unwrap_or(1);
    format!(
        "line {line} of a document that {} renders in release {}",
        flaw.object.template, flaw.object.release
    )
}

/// In the template, at the line that makes the line of the text.
fn at_its_line<'f>(context: &Context<'_>, flaw: &'f Flaw, fault: Fault<'f>) -> Fault<'f> {
    let line = flaw.line.and_then(|line| {
        let text = flaw.object.text.lines().nth(line.checked_sub(1)?)?;
        let chart = context.charts.get(&flaw.object.chart)?;
        chart.line_that_makes(&flaw.object.template, text)
    });
    fault.template(&flaw.object, line)
}
