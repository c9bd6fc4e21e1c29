//! The self-test, with charts and renderers of its own.

use std::path::{Path, PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_toolchain::{RenderError, RenderRequest, Rendered};

use super::run::{MutantResult, Verdict, selftest_with, summary};
use crate::{
    suite::{ChartDirectory, HelmPrograms, Input, Options, RenderService},
    upstream::Upstream,
    upstream::testing::upstream,
};

struct Refusing;

impl RenderService for Refusing {
    fn render(&self, _request: &RenderRequest) -> Result<Rendered, RenderError> {
        Err(RenderError::Helm {
            message: "in Helm's own words".into(),
        })
    }

    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.render(request)
    }

    fn lint(&self, _chart: &Path, _files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
        Ok(Vec::new())
    }

    fn upstream(&self) -> &dyn Upstream {
        upstream()
    }
}

#[test]
fn a_mutant_whose_chart_does_not_render_is_void_with_helms_words() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let charts = ChartDirectory {
        version: ProductVersion::newest(),
        path: workspace.join("charts-out"),
    };
    let options = Options {
        only: vec!["AM-K8S-003".into()],
        ..Options::new(workspace, Input::Charts(vec![charts]))
    };
    let summary = selftest_with(&options, &Refusing, &HelmPrograms::default(), &mut |_| ())
        .expect("the options are right");
    assert_eq!(summary.killed, 0);
    assert_eq!(summary.unproved, ["AM-K8S-003"]);
    for survivor in &summary.survivors {
        let reason = &survivor.reason;
        assert!(
            reason.starts_with("void: ") && reason.contains("in Helm's own words"),
            "{reason}"
        );
    }
}

#[test]
fn a_requirement_without_a_killed_mutant_is_named() {
    let result = |requirement: &str, verdict| MutantResult {
        requirement: requirement.into(),
        mutant: "m".into(),
        verdict,
    };
    let summary = summary(
        [
            result("AM-A", Verdict::Killed),
            result("AM-A", Verdict::Unnoticed),
            result("AM-B", Verdict::Unnoticed),
        ]
        .into_iter(),
    );
    assert_eq!(summary.unproved, ["AM-B"]);
    assert_eq!(summary.survivors.len(), 2);
    assert!((summary.kill_rate - 33.3).abs() < 0.01);
}
