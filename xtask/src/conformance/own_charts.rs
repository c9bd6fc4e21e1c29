//! Our own charts as the suite takes them: charts-out, and the older product versions made from the model.

use std::collections::BTreeMap;
use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::context;
use am_conformance::finding::GeneratorLocation;
use am_conformance::suite::ChartDirectory;
use am_deployment_toml::product::ProductVersion;
use am_generator::output::{self, Extent};
use am_generator::{Model, Selection, SourceMap, Templates, generate};

/// The folder of the generated charts below the workspace; it holds the newest product version.
const CHARTS: &str = "charts-out";

/// The product version of charts-out.
pub(super) fn newest() -> ProductVersion {
    ProductVersion::ALL[ProductVersion::ALL.len() - 1]
}

/// charts-out for the newest version; the others are generated.
pub(super) fn own_charts(
    root: &Path,
    wanted: &[ProductVersion],
    folder: &Path,
    maps: &mut BTreeMap<ProductVersion, SourceMap>,
) -> Result<Vec<ChartDirectory>, SuiteError> {
    let cannot = |error: &dyn std::fmt::Display| SuiteError::cannot_check(error.to_string());
    let model = Model::load(&root.join("generator/model"), "generator/model")
        .map_err(|error| cannot(&error))?;
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
        .map_err(|error| cannot(&error))?;
    let mut directories = Vec::new();
    for version in ProductVersion::ALL {
        if !wanted.is_empty() && !wanted.contains(&version) {
            continue;
        }
        let selection = Selection {
            version: version.to_string(),
            ..Selection::all(&model)
        };
        let tree = generate(&model, &templates, &selection).map_err(|error| cannot(&error))?;
        let path = if version == newest() {
            let path = root.join(CHARTS);
            let differences =
                output::check(&tree, &path, Extent::Everything).map_err(|error| cannot(&error))?;
            if !differences.is_empty() {
                return Err(SuiteError::cannot_check(format!(
                    "{CHARTS} is not what the model generates ({} files differ); run `cargo xtask gen-charts`",
                    differences.len()
                )));
            }
            path
        } else {
            let path = folder.join(version.as_str());
            output::write(&tree, &path, Extent::Everything).map_err(|error| cannot(&error))?;
            path
        };
        maps.insert(version, tree.source_map().clone());
        directories.push(ChartDirectory { version, path });
    }
    Ok(directories)
}

/// The generator's source map as the suite asks it.
pub(super) struct Lines(pub(super) SourceMap);

impl context::SourceMap for Lines {
    fn locate(&self, chart: &str, file: &str, line: usize) -> Option<GeneratorLocation> {
        let (file, line) = self.0.lookup(&format!("{chart}/{file}"), line)?;
        Some(GeneratorLocation {
            file: file.to_owned(),
            line,
        })
    }
}
