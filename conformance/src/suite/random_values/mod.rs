//! Our charts have no finding for random values that their schemas allow and their templates accept.
//!
//! `AM_RANDOM_VALUES=500 cargo test -p am-conformance random_values` makes so many cases of each pattern;
//! `AM_RANDOM_VALUES_SEED` chooses others.

mod generate;

use std::path::{Path, PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::{RenderError, RenderPool, RenderRequest};
use serde_json::Value;

use self::generate::{Generator, Kept};
use super::{
    Charts, Input, Options, RenderService, Subject, Suite, base_subject, render::objects_of,
    render_pool,
};
use crate::manifest::Manifest;

/// Cases of each pattern unless the environment says otherwise.
const CASES: u64 = 6;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the chart makes of values: documents, or its own reason to refuse them.
fn render(renderer: &dyn RenderService, request: &RenderRequest) -> Result<Manifest, String> {
    match renderer.render(request) {
        Ok(made) => Ok(Manifest {
            objects: objects_of(request, made),
            ..Manifest::default()
        }),
        // `fail` of validation.yaml says in the chart's own words what does not go together.
        Err(RenderError::Template { message, .. }) if message.contains("/validation.yaml:") => {
            Err(message)
        }
        Err(error) => panic!("{error}\nvalues: {:#}", request.values),
    }
}

fn findings(
    suite: &Suite,
    subject: &Subject,
    manifest: &Manifest,
    charts: &Charts,
    pool: &RenderPool,
) -> Vec<String> {
    let judged = suite.judge_manifest(subject, manifest, None, &charts.of(subject), pool);
    judged
        .result
        .findings()
        .map(|finding| format!("{}: {}", finding.requirement, finding.message))
        .collect()
}

#[test]
fn charts_have_no_finding_for_random_values() {
    let root = workspace();
    let options = Options::new(&root, Input::Charts(Vec::new()));
    let suite = Suite::load(&options).expect("the committed requirements are well-formed");
    let pool = render_pool(&options).unwrap_or_else(|error| panic!("{error}"));
    let kept: Kept = serde_saphyr::from_str(&read(&root.join("fixtures/values/kept-values.yaml")))
        .unwrap_or_else(|error| panic!("kept-values.yaml: {error}"));
    assert!(kept.kept.iter().all(|keep| keep.reason.len() > 10));
    let (cases, seed) = (
        number("AM_RANDOM_VALUES", CASES),
        number("AM_RANDOM_VALUES_SEED", 1),
    );
    let (mut refused, mut accepted, mut wrong) = (Vec::new(), 0, Vec::new());
    for number in 0..=5 {
        let pattern = Pattern::Numbered(number);
        let directory = root.join("charts-out");
        let base = base_subject(
            &options,
            &suite.facts,
            &directory,
            pattern,
            ProductVersion::newest(),
            "none",
            None,
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let charts = Charts::read(base.charts(), &root).unwrap_or_else(|error| panic!("{error}"));
        let schema: Value = serde_json::from_str(&read(
            &directory.join(pattern.chart()).join("values.schema.json"),
        ))
        .expect("the schema is JSON");
        for case in 0..cases {
            let mut subject = base.clone();
            // One subject stands for the chart's files; values change documents.
            subject.is_representative = false;
            let seed = seed
                .wrapping_mul(1_000_003)
                .wrapping_add(u64::from(number) * 10_007 + case);
            let values = Generator::new(&schema, &kept, seed).values();
            subject.renders[0].values = values.clone();
            match render(&pool, &subject.renders[0]) {
                Err(reason) => refused.push(reason),
                Ok(manifest) => {
                    accepted += 1;
                    let found = findings(&suite, &subject, &manifest, &charts, &pool);
                    if !found.is_empty() {
                        let found = found.join("\n  ");
                        wrong.push(format!(
                            "{}\n  {found}\nvalues: {values:#}",
                            pattern.chart()
                        ));
                    }
                }
            }
        }
    }
    println!("{accepted} accepted, {} refused", refused.len());
    assert!(
        wrong.is_empty(),
        "{} of {accepted}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
    let mut reasons = refused.clone();
    reasons.sort();
    reasons.dedup();
    assert!(
        accepted > refused.len(),
        "only {accepted} cases were accepted; refused were:\n{}",
        reasons.join("\n")
    );
}
