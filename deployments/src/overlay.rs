//! What the overlay of a site's platform says, and what its own values say on top.

use am_generator::ChartTree;
use am_generator::output::Files;
use serde_json::{Map, Value};

use crate::sites::Placed;

/// Keys below `credentials` with a store that credentials may come from.
pub(crate) const STORES: [&str; 2] = ["csi", "externalSecret"];

/// The overlay of a chart for the site's platform: its path among the charts, and its text.
pub(crate) fn text(chart: &str, site: &Placed<'_>, charts: &ChartTree) -> Option<(String, String)> {
    let platform = &site.site.kubernetes.as_ref()?.platform.as_ref()?.value;
    let path = format!("{chart}/overlays/{platform}.yaml");
    let text = String::from_utf8_lossy(charts.get(&path)?).into_owned();
    Some((path, text))
}

/// The same as a tree.
pub(crate) fn tree_of(chart: &str, site: &Placed<'_>, charts: &ChartTree) -> Value {
    let read = |(_, text): (String, String)| serde_saphyr::from_str(&text).ok();
    // The generator has read it back already.
    let read = text(chart, site, charts).and_then(read);
    // A site without a platform has nothing to lay over the chart's values, which is not the same as laying `null`.
    read.unwrap_or_else(|| Value::Object(Map::new()))
}

/// The overlay of the site's own chart.
pub(crate) fn tree(site: &Placed<'_>, charts: &ChartTree) -> Value {
    tree_of(site.chart.name(), site, charts)
}

/// The default values of the site's chart.
pub(crate) fn chart_values(site: &Placed<'_>, charts: &ChartTree) -> Value {
    chart_file(site.chart.name(), "values.yaml", charts)
}

/// All files of a chart by their paths in it.
pub(crate) fn chart_files(chart: &str, charts: &ChartTree) -> Files {
    let files = charts.files().filter_map(|(path, content)| {
        let path = path.strip_prefix(chart)?.strip_prefix('/')?;
        Some((path.to_owned(), content.to_owned()))
    });
    files.collect()
}

/// A file of a chart as a tree.
pub(crate) fn chart_file(chart: &str, name: &str, charts: &ChartTree) -> Value {
    let text = charts.get(&format!("{chart}/{name}"));
    let text = text.map(String::from_utf8_lossy).unwrap_or_default();
    // The generator has read it back already.
    serde_saphyr::from_str(&text).unwrap_or_default()
}

/// Values of the site as they were written.
pub(crate) fn own(site: &Placed<'_>) -> Value {
    let values = site.site.values.iter();
    let values = values.map(|(key, value)| (key.value.clone(), value.clone()));
    Value::Object(values.collect::<Map<_, _>>())
}

/// Whether credentials come from a store of this kind, by the platform's overlay and the site's values.
pub(crate) fn uses_store(site: &Placed<'_>, store: &str, charts: &ChartTree) -> bool {
    is_on(site, &format!("/credentials/{store}/enabled"), charts)
}

/// Whether the platform's overlay or the site's values switch something on.
pub(crate) fn is_on(site: &Placed<'_>, path: &str, charts: &ChartTree) -> bool {
    let own = own(site).pointer(path).and_then(Value::as_bool);
    let overlay = || tree(site, charts).pointer(path).and_then(Value::as_bool);
    own.or_else(overlay).unwrap_or_default()
}

/// Lays values over others as Helm does it: mappings are merged, anything else is replaced.
pub(crate) fn lay(over: &mut Value, values: &Value) {
    match (over, values) {
        (Value::Object(over), Value::Object(values)) => {
            for (key, value) in values {
                lay(over.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (over, values) => *over = values.clone(),
    }
}
