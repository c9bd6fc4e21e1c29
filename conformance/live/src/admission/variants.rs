//! The custom resources of the matrix's variants, most of which no overlay has: autoscalers, monitors, alerts, other ways in.

use std::collections::BTreeSet;
use std::path::PathBuf;

use am_conformance::suite::variant_renders;
use am_product::Pattern;
use am_toolchain::Renderer as _;
use serde_json::Value;

use super::{Suite, definitions};
use crate::api::{Resources, text};
use crate::error::LiveError;
use crate::options::Options;
use crate::record::{Fault, Place, Record};

impl Suite {
    /// Applies the custom resources of a pattern's variants, as the newest charts render them. Everything else of a variant is
    /// of kinds that the overlays show.
    pub(super) async fn judge_variants(
        &mut self,
        options: &Options,
        pattern: Pattern,
        charts: &[(String, PathBuf)],
        record: &mut Record,
    ) -> Result<(), LiveError> {
        let Some((version, chart)) = charts.last() else {
            return Ok(());
        };
        let groups = definitions::groups(&options.workspace)?;
        let variants = variant_renders(&options.workspace, &self.facts, pattern, chart);
        let variants = variants.map_err(|error| {
            LiveError::unavailable(
                error.to_string(),
                "mend conformance/requirements/matrix.yaml",
            )
        })?;
        for (name, mut request) in variants {
            let namespace = format!("p{pattern}-variant-{name}");
            request.namespace.clone_from(&namespace);
            let release = request.release.clone();
            let place = Place {
                namespace: &namespace,
                release: &release,
            };
            let rendered = match self.server.render(&request) {
                Ok(rendered) => rendered,
                Err(error) => {
                    let message =
                        format!("{version} in the variant {name} does not render: {error}");
                    let fault = Fault::new(message, "correct the chart, or the variant's values");
                    record.failed("AM-K8S-001", place, fault);
                    continue;
                }
            };
            let objects: Vec<&Value> = rendered
                .documents
                .iter()
                .map(|document| &document.value)
                .filter(|object| is_of(object, &groups))
                .collect();
            if objects.is_empty() {
                continue;
            }
            self.make_namespace(&namespace).await?;
            let versions = objects.iter().map(|object| text(object, "/apiVersion"));
            self.resources = Resources::discover(&self.api, versions).await?;
            let mut applied = Vec::new();
            for object in objects {
                applied.extend(self.apply(object, place, 0, version, record).await?);
            }
            self.compare(&applied, place, version, record)?;
        }
        Ok(())
    }
}

/// Whether an object is of one of these API groups.
fn is_of(object: &Value, groups: &BTreeSet<String>) -> bool {
    let group = text(object, "/apiVersion").split_once('/');
    group.is_some_and(|(group, _)| groups.contains(group))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use am_product::Pattern;

    use super::{definitions, is_of};
    use am_conformance::facts::Facts;
    use am_conformance::suite::variant_renders;
    use am_toolchain::{RenderServer, Renderer as _, StderrProgress, Tool, Toolchain};

    use crate::api::text;

    #[test]
    fn variants_have_the_custom_resources_that_no_overlay_has() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let facts = Facts::load().expect("the committed facts");
        let groups = definitions::groups(&workspace).expect("the definitions");
        let program = Toolchain::new(&workspace)
            .ensure(Tool::Renderer, &mut StderrProgress::default())
            .expect("a render server");
        let mut server = RenderServer::new(program).deterministic(true);
        let chart = workspace.join("charts-out/am-pattern-4");
        let renders =
            variant_renders(&workspace, &facts, Pattern::Numbered(4), &chart).expect("the matrix");
        let mut kinds = BTreeSet::new();
        for (name, request) in renders {
            let rendered = server
                .render(&request)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let values = rendered.documents.iter().map(|document| &document.value);
            let custom = values.filter(|object| is_of(object, &groups));
            kinds.extend(custom.map(|object| text(object, "/kind").to_owned()));
        }
        for kind in ["ScaledObject", "PrometheusRule", "ServiceMonitor"] {
            assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
        }
        assert!(!kinds.contains("Deployment"), "{kinds:?}");
    }
}
