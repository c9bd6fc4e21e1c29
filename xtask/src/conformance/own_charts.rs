//! Our own charts as the suite takes them: charts-out, and the older product versions made from the model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use am_conformance::SuiteError;
use am_conformance::context;
use am_conformance::finding::GeneratorLocation;
use am_conformance::suite::{Changes, ChartDirectory};
use am_deployment_toml::product::ProductVersion;
use am_generator::output::{self, Extent};
use am_generator::{ChartTree, Families, Selection, SourceMap};
use am_product::Pattern;

/// The folder of the generated charts below the workspace; it holds the newest product version.
pub(super) const CHARTS: &str = "charts-out";

/// What charts are made of.
pub(super) const SOURCES: [&str; 4] = [
    "generator/model",
    "generator/templates",
    "generator/families",
    "generator/families.yaml",
];

/// The folder that has all of them.
const GENERATOR: &str = "generator";

/// Our charts of each product version, ready to be judged.
pub(super) struct OwnCharts {
    pub(super) directories: Vec<ChartDirectory>,
    pub(super) maps: BTreeMap<ProductVersion, SourceMap>,
    /// Files of charts-out that are not what the model generates.
    pub(super) stale: usize,
}

/// Generates the charts of the wanted versions below `folder`, all of them when none is named.
pub(super) fn own_charts(
    root: &Path,
    wanted: &[ProductVersion],
    folder: &Path,
) -> Result<OwnCharts, SuiteError> {
    let generator = Generator::load(root)?;
    generator.check_versions()?;
    let mut own = OwnCharts {
        directories: Vec::new(),
        maps: BTreeMap::new(),
        stale: 0,
    };
    let wanted = |version: &ProductVersion| wanted.is_empty() || wanted.contains(version);
    for version in ProductVersion::all().filter(wanted) {
        let tree = generator.generate(version)?;
        let charts = root.join(CHARTS);
        if version == ProductVersion::newest() {
            own.stale = output::check(&tree, &charts, Extent::Everything)
                .map_err(cannot)?
                .len();
        }
        let path = if version == ProductVersion::newest() && own.stale == 0 {
            charts
        } else {
            let path = folder.join(version.as_str());
            output::write(&tree, &path, Extent::Everything).map_err(cannot)?;
            path
        };
        own.maps.insert(version, tree.source_map().clone());
        own.directories.push(ChartDirectory { version, path });
    }
    Ok(own)
}

/// Patterns that today's generator makes differently from what it would have made of the model and templates where
/// the branch began; why that cannot be told, if it cannot.
pub(super) fn regenerated(
    root: &Path,
    changes: &Changes,
    folder: &Path,
) -> Result<BTreeSet<Pattern>, String> {
    let is_touched = |source: &str| changes.below(&root.join(source)).next().is_some();
    if !SOURCES.iter().any(|source| is_touched(source)) {
        return Ok(BTreeSet::new());
    }
    let base = folder.join("base");
    let told = |error: SuiteError| error.to_string();
    changes.unpack(GENERATOR, &base).map_err(told)?;
    let before = Generator::load(&base).map_err(told)?;
    let now = Generator::load(root).map_err(told)?;
    let mut patterns = BTreeSet::new();
    for version in ProductVersion::all() {
        let before = before.generate(version).map_err(told)?;
        let now = now.generate(version).map_err(told)?;
        let charts: BTreeSet<&str> = before.charts().into_iter().chain(now.charts()).collect();
        for chart in charts {
            if let Some(pattern) = Pattern::of_chart(chart)
                && !files(&before, chart).eq(files(&now, chart))
            {
                patterns.insert(pattern);
            }
        }
    }
    Ok(patterns)
}

fn files<'t>(tree: &'t ChartTree, chart: &'t str) -> impl Iterator<Item = (&'t str, &'t [u8])> {
    tree.files().filter(move |(path, _)| {
        path.strip_prefix(chart)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

struct Generator(Families);

impl Generator {
    fn load(root: &Path) -> Result<Self, SuiteError> {
        Families::load(root).map(Self).map_err(cannot)
    }

    /// Refuses a model with a product version that the suite does not know.
    fn check_versions(&self) -> Result<(), SuiteError> {
        let known: Vec<&str> = ProductVersion::all().map(ProductVersion::as_str).collect();
        let versions = &self.0.main().product.versions;
        if let Some(unjudged) = versions
            .iter()
            .find(|version| !known.contains(&version.value.as_str()))
        {
            return Err(SuiteError::usage(format!(
                "product version {} of generator/model would not be checked: the suite knows {}; add it to product/data/product.yaml, or remove it from generator/model/product.yaml",
                unjudged.value,
                known.join(", ")
            )));
        }
        Ok(())
    }

    fn generate(&self, version: ProductVersion) -> Result<ChartTree, SuiteError> {
        let selection = Selection {
            version: version.to_string(),
            ..self.0.all()
        };
        self.0.generate(&selection).map_err(cannot)
    }
}

fn cannot(error: impl std::fmt::Display) -> SuiteError {
    SuiteError::cannot_check(error.to_string())
}

/// The source map of charts that somebody may have changed: what the generator writes today counts for the files that are
/// still the same. Without the generator's sources, or when they are broken, no line is known.
pub(super) fn lines_of(root: &Path, charts: &Path, version: ProductVersion) -> Lines {
    let tree = Generator::load(root).and_then(|generator| generator.generate(version));
    let Ok(tree) = tree else {
        return Lines::default();
    };
    let unknown = tree
        .files()
        .filter(|(path, bytes)| std::fs::read(charts.join(path)).ok().as_deref() != Some(bytes))
        .map(|(path, _)| path.to_owned())
        .collect();
    Lines {
        maps: BTreeMap::from([(version, tree.source_map().clone())]),
        unknown,
    }
}

/// The generator's source maps as the suite asks them.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) maps: BTreeMap<ProductVersion, SourceMap>,
    /// Files, by path below the charts' folder, that are not what the generator writes.
    pub(super) unknown: BTreeSet<String>,
}

impl context::SourceMap for Lines {
    fn locate(
        &self,
        version: ProductVersion,
        chart: &str,
        file: &str,
        line: usize,
    ) -> Option<GeneratorLocation> {
        let path = format!("{chart}/{file}");
        if self.unknown.contains(&path) {
            return None;
        }
        let (file, line) = self.maps.get(&version)?.lookup(&path, line)?;
        Some(GeneratorLocation {
            file: file.to_owned(),
            line,
        })
    }
}
