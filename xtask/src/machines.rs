//! The sites on virtual machines that the live suite plays: the examples, each in the last two product versions.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use am_conformance::SuiteError;
use am_product::Pattern;
use am_product::ProductVersion;
use serde_json::Value;

use crate::deploy;

/// Where the examples are below the workspace.
const EXAMPLES: &str = "deployments/examples";
/// What the names of those on machines begin with.
const PREFIX: &str = "vm-";
/// What is left out of their names in reports: there the pattern is the name of its own example.
const OF_PATTERN: &str = "pattern-";

/// A site of an example and what its document says of it.
#[derive(Debug, Clone)]
pub struct MachineSite {
    /// What reports call it: the pattern, or the name of the document.
    pub name: String,
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
    /// An identity server that has a key manager's place.
    pub identity_server: Option<IdentityServerBeside>,
}

/// An identity server beside the machines of a site.
#[derive(Debug, Clone)]
pub struct IdentityServerBeside {
    /// The host by which API Manager calls it.
    pub host: String,
    /// Its port there.
    pub port: u16,
    /// An address of the networks where it is.
    pub address: String,
}

/// Writes the tree of a document to `folder`.
pub(crate) fn of_document(file: &Path, folder: &Path) -> Result<Vec<MachineSite>, SuiteError> {
    Ok(vec![site(file, &read(file)?, folder)?])
}

/// Writes the trees of the examples of these patterns to `folder`; all patterns when there are none.
pub(crate) fn sites(
    workspace: &Path,
    patterns: &[Pattern],
    folder: &Path,
) -> Result<Vec<MachineSite>, SuiteError> {
    let examples = workspace.join(EXAMPLES);
    let unreadable =
        |error: std::io::Error| SuiteError::usage(format!("{}: {error}", examples.display()));
    let mut files: Vec<PathBuf> = std::fs::read_dir(&examples)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|it| it == "yaml"))
        .filter(|file| name_of(file).is_some())
        .collect();
    files.sort();
    let mut sites = Vec::new();
    for file in files {
        let document = read(&file)?;
        let is_alone = document["sites"].as_array().is_some_and(|it| it.len() == 1);
        let asked_for = |pattern: Pattern| patterns.is_empty() || patterns.contains(&pattern);
        if is_alone && pattern(&document).is_some_and(asked_for) {
            sites.push(site(&file, &document, folder)?);
        }
    }
    if sites.is_empty() {
        return Err(SuiteError::usage(format!(
            "no pattern asked for has an example {EXAMPLES}/{PREFIX}*.yaml with one site"
        )));
    }
    sites.sort_by_key(|site| site.pattern);
    Ok(sites)
}

/// What reports call an example; `None` for one that is not on machines.
fn name_of(file: &Path) -> Option<String> {
    let name = file.file_stem()?.to_str()?.strip_prefix(PREFIX)?;
    Some(name.strip_prefix(OF_PATTERN).unwrap_or(name).to_owned())
}

fn pattern(document: &Value) -> Option<Pattern> {
    let number = document["sites"][0]["pattern"].as_u64()?;
    u8::try_from(number).ok().map(Pattern::Numbered)
}

fn read(file: &Path) -> Result<Value, SuiteError> {
    let unusable = |reason: String| SuiteError::usage(format!("{}: {reason}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    serde_saphyr::from_str(&text).map_err(|error| unusable(error.to_string()))
}

/// The identity server of a site. It is played at an address of its first network.
fn identity_server(site: &Value) -> Option<IdentityServerBeside> {
    /// An address for documentation (RFC 5737), where no network is named.
    const ELSEWHERE: &str = "192.0.2.30";
    const NUMBER: u32 = 10;
    let server = &site["identityServer"];
    let network = server["cidrs"][0].as_str();
    let network = network.and_then(|cidr| cidr.split('/').next()?.parse::<Ipv4Addr>().ok());
    let address = network.map(|it| Ipv4Addr::from(u32::from(it).saturating_add(NUMBER)));
    Some(IdentityServerBeside {
        host: server["host"].as_str()?.to_owned(),
        port: server["port"].as_u64()?.try_into().ok()?,
        address: address.map_or(ELSEWHERE.to_owned(), |address| address.to_string()),
    })
}

fn site(file: &Path, document: &Value, folder: &Path) -> Result<MachineSite, SuiteError> {
    let unusable = |reason: String| SuiteError::usage(format!("{}: {reason}", file.display()));
    let sites = document["sites"].as_array().map_or(0, Vec::len);
    let site = &document["sites"][0];
    let pattern = pattern(document).filter(|_| sites == 1 && site["vm"].is_object());
    let pattern = pattern.ok_or_else(|| {
        unusable(
            "one site on virtual machines is played, so it needs a site with `vm`, and no other"
                .to_owned(),
        )
    })?;
    let identity_server = identity_server(site);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&site["name"]).ok_or_else(|| unusable("its site has no name".to_owned()))?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let label = name_of(file).unwrap_or_else(|| stem.into_owned());
    let balancer = &site["vm"]["loadBalancer"];
    let first = balancer["hosts"][0].as_str().map_or_else(
        || site["vm"]["hosts"].as_object()?.values().next(),
        |host| Some(&site["vm"]["hosts"][host]),
    );
    let address = text(&balancer["address"]).or_else(|| text(&first?["address"]));
    // What an upgrade does to nodes, the examples without an identity server show.
    let versions = if identity_server.is_some() { 1 } else { 2 };
    let versions: Vec<ProductVersion> = ProductVersion::all().rev().take(versions).collect();
    let mut trees = Vec::new();
    for version in versions.into_iter().rev() {
        let out = folder.join(format!("machines-{label}-{version}"));
        deploy::in_version(file, version.as_str(), &out)?;
        trees.push((version.as_str().to_owned(), out.join("sites").join(&name)));
    }
    let names = site["hostnames"].as_object().into_iter().flatten();
    Ok(MachineSite {
        name: label,
        identity_server,
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::{identity_server, name_of, of_document};

    #[test]
    fn examples_are_called_after_their_pattern_or_what_they_show() {
        let name = |file: &str| name_of(Path::new(file));
        assert_eq!(name("a/vm-pattern-3.yaml").as_deref(), Some("3"));
        assert_eq!(
            name("a/vm-identity-server.yaml").as_deref(),
            Some("identity-server")
        );
        assert_eq!(name("a/centralised.yaml"), None);
    }

    #[test]
    fn an_identity_server_is_played_in_the_network_that_the_document_names() {
        let address = |cidrs: serde_json::Value| {
            let server = json!({"host": "login.example.com", "port": 443, "cidrs": cidrs});
            identity_server(&json!({ "identityServer": server })).map(|server| server.address)
        };
        assert_eq!(
            address(json!(["10.60.0.0/24"])).as_deref(),
            Some("10.60.0.10")
        );
        assert_eq!(address(json!([])).as_deref(), Some("192.0.2.30"));
        assert!(identity_server(&json!({})).is_none());
    }

    #[test]
    fn a_document_of_several_sites_or_of_clusters_is_refused() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deployments/examples");
        for name in ["vm-region.yaml", "single.yaml"] {
            let refused = of_document(&examples.join(name), Path::new("unused"));
            let message = refused.expect_err(name).to_string();
            assert!(
                message.contains("one site on virtual machines"),
                "{message}"
            );
        }
    }
}
