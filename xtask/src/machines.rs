//! The sites on virtual machines that the live suite plays: the examples, each in the last two product versions.

use std::path::{Path, PathBuf};

use am_conformance::SuiteError;
use am_product::Pattern;
use am_product::ProductVersion;
use serde_json::Value;

use crate::deploy;

/// Where the examples are below the workspace, by pattern.
const EXAMPLES: &str = "deployments/examples";

/// A site of an example and what its document says of it.
#[derive(Debug, Clone)]
pub struct MachineSite {
    /// The pattern.
    pub pattern: Pattern,
    /// Each product version with the site's folder, the oldest first.
    pub versions: Vec<(String, PathBuf)>,
    /// The public names by what they are for.
    pub names: Vec<(String, String)>,
    /// Where clients find the site.
    pub address: String,
    /// Where the load balancer finds its certificate.
    pub certificate: Option<String>,
    /// Where the load balancer finds whom it trusts.
    pub backend_ca: Option<String>,
}

/// Writes the trees of the examples of these patterns to `folder`; all patterns when there are none.
pub(crate) fn sites(
    workspace: &Path,
    patterns: &[Pattern],
    folder: &Path,
) -> Result<Vec<MachineSite>, SuiteError> {
    let mut sites = Vec::new();
    for pattern in (0..=u8::MAX).map(Pattern::Numbered) {
        let file = workspace
            .join(EXAMPLES)
            .join(format!("vm-pattern-{pattern}.yaml"));
        let asked_for = patterns.is_empty() || patterns.contains(&pattern);
        if asked_for && file.is_file() {
            sites.push(site(&file, pattern, folder)?);
        }
    }
    if sites.is_empty() {
        return Err(SuiteError::usage(format!(
            "no pattern asked for has an example {EXAMPLES}/vm-pattern-N.yaml"
        )));
    }
    Ok(sites)
}

fn site(file: &Path, pattern: Pattern, folder: &Path) -> Result<MachineSite, SuiteError> {
    let unusable = |reason: String| SuiteError::usage(format!("{}: {reason}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    let document: Value =
        serde_saphyr::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let site = &document["sites"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&site["name"]).ok_or_else(|| unusable("its site has no name".to_owned()))?;
    let balancer = &site["vm"]["loadBalancer"];
    let first = balancer["hosts"][0].as_str().map_or_else(
        || site["vm"]["hosts"].as_object()?.values().next(),
        |host| Some(&site["vm"]["hosts"][host]),
    );
    let address = text(&balancer["address"]).or_else(|| text(&first?["address"]));
    let versions: Vec<ProductVersion> = ProductVersion::all().rev().take(2).collect();
    let mut trees = Vec::new();
    for version in versions.into_iter().rev() {
        let out = folder.join(format!("machines-{pattern}-{version}"));
        deploy::in_version(file, version.as_str(), &out)?;
        trees.push((version.as_str().to_owned(), out.join("sites").join(&name)));
    }
    let names = site["hostnames"].as_object().into_iter().flatten();
    Ok(MachineSite {
        pattern,
        versions: trees,
        names: names
            .filter_map(|(key, name)| Some((key.clone(), text(name)?)))
            .collect(),
        address: address.ok_or_else(|| unusable("its site has no host".to_owned()))?,
        certificate: text(&balancer["certificate"]),
        backend_ca: text(&balancer["backendCa"]),
    })
}
