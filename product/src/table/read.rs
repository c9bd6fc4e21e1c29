//! From text to rows: every name leads somewhere, or the error says which line names nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::{Error, Spanned};

use super::rows::{
    ComponentRow, DistributionRow, FurtherPort, Image, Port, PurposeRow, Table, VersionRow,
};
use crate::capability::Capability;
use crate::data::{DataError, File};
use crate::unknown::Unknown;
use crate::words::{ConfigurationFormat, Feature, Protocol};

/// The table.
pub const TABLE_FILE: File = File::new(
    "product/data/product.yaml",
    include_str!("../../data/product.yaml"),
);

/// Where the configuration of a distribution is that says nothing of it.
const CONFIGURATION: &str = "repository/conf/deployment.toml";

/// Where the number of its process is, likewise.
const PID_FILE: &str = "wso2carbon.pid";

/// More would not fit into a handle.
const MOST: usize = 255;

type Name = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Raw {
    versions: Vec<RawVersion>,
    distributions: Vec<RawDistribution>,
    components: Vec<RawComponent>,
    ports: Vec<Port>,
    further_ports: Vec<FurtherPort>,
    purposes: Vec<PurposeRow>,
    image: Image,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawVersion {
    version: Name,
    /// Those of the version that it is like, if there are none.
    features: Option<Vec<Feature>>,
    like: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawDistribution {
    name: Name,
    pack: String,
    short: String,
    #[serde(default)]
    role_optional: bool,
    like: Option<Name>,
    /// Its own version by ours; the same, if there are none.
    versions: Option<BTreeMap<String, String>>,
    #[serde(default)]
    features: BTreeMap<String, Vec<Feature>>,
    configuration: Option<String>,
    catalogue: Option<String>,
    /// Number of the user to whom its image's files belong, by its own version; that of every image, if there are none.
    #[serde(default)]
    users: BTreeMap<String, i64>,
    heap_variable: Option<String>,
    pid_file: Option<String>,
    artifacts: Option<String>,
    #[serde(default)]
    port_offset: u16,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawComponent {
    name: Name,
    title: String,
    distribution: Name,
    profile: Option<String>,
    start_script: String,
    values_key: String,
    ports: Vec<Name>,
    capabilities: Vec<Capability>,
    #[serde(default)]
    web_contexts: Vec<String>,
    #[serde(default)]
    logs_in_at: Vec<String>,
    shutdown_seconds: i64,
    stop_seconds: f64,
    picture: u8,
}

/// Reads the table.
pub(super) fn table(text: &str) -> Result<Table, DataError> {
    let raw: Raw = serde_saphyr::from_str(text).map_err(|error| broken(&error))?;
    for (what, rows) in [
        ("versions", raw.versions.len()),
        ("distributions", raw.distributions.len()),
        ("components", raw.components.len()),
        ("ports", raw.ports.len()),
    ] {
        if rows == 0 || rows > MOST {
            return Err(TABLE_FILE.error(format!("{what}: {rows} rows; write 1 to {MOST}")));
        }
    }
    for protocol in Protocol::ALL {
        if !raw.ports.iter().any(|port| port.speaks == protocol) {
            return Err(TABLE_FILE.error(format!("no port speaks {protocol:?}: describe one")));
        }
    }
    let names = |list: Vec<&Name>| list.into_iter().cloned().collect::<Vec<_>>();
    let versions = names(raw.versions.iter().map(|row| &row.version).collect());
    let distributions = names(raw.distributions.iter().map(|row| &row.name).collect());
    once("version", &versions)?;
    once("distribution", &distributions)?;
    once(
        "component",
        &names(raw.components.iter().map(|row| &row.name).collect()),
    )?;
    let packs: Vec<String> = raw
        .distributions
        .iter()
        .map(|row| row.pack.clone())
        .collect();
    let packs: Vec<&str> = packs.iter().map(String::as_str).collect();
    let ports: Vec<&str> = raw.ports.iter().map(|row| row.name.as_str()).collect();

    for beside in raw
        .further_ports
        .iter()
        .filter_map(|row| row.beside.as_ref())
    {
        if !ports.contains(&beside.as_str()) {
            let hint = am_suggest::hint(beside, ports.iter().copied());
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            return Err(
                TABLE_FILE.error(format!("further-ports: there is no port `{beside}`{hint}"))
            );
        }
    }

    let mut rows: Vec<VersionRow> = Vec::new();
    for version in raw.versions {
        rows.push(version_row(version, &rows)?);
    }
    let mut of_distributions: Vec<DistributionRow> = Vec::new();
    for distribution in raw.distributions {
        let like = match &distribution.like {
            Some(name) => Some(original("distribution", name, &packs, |at| {
                of_distributions.get(at).map(|row| row.like.is_none())
            })?),
            None => None,
        };
        of_distributions.push(distribution_row(distribution, like, &rows)?);
    }
    let mut components = Vec::new();
    for component in raw.components {
        let mut listens = Vec::new();
        for port in &component.ports {
            listens.push(usize::from(find("port", port, &ports)?));
        }
        components.push(ComponentRow {
            distribution: find("distribution", &component.distribution, &packs)?,
            name: component.name.value,
            title: component.title,
            profile: component.profile,
            start_script: component.start_script,
            values_key: component.values_key,
            ports: listens,
            capabilities: component.capabilities,
            web_contexts: component.web_contexts,
            logs_in_at: component.logs_in_at,
            shutdown_seconds: component.shutdown_seconds,
            stop_seconds: component.stop_seconds,
            picture: component.picture,
        });
    }
    Ok(Table {
        versions: rows,
        distributions: of_distributions,
        components,
        ports: raw.ports,
        further_ports: raw.further_ports,
        purposes: raw.purposes,
        image: raw.image,
    })
}

fn version_row(raw: RawVersion, before: &[VersionRow]) -> Result<VersionRow, DataError> {
    let known: Vec<&str> = before.iter().map(|row| row.version.as_str()).collect();
    let like = match &raw.like {
        Some(name) => Some(original("version", name, &known, |at| {
            before.get(at).map(|row| row.like.is_none())
        })?),
        None => None,
    };
    let features = match (
        raw.features,
        like.and_then(|at| before.get(usize::from(at))),
    ) {
        (Some(features), _) => features,
        (None, Some(like)) => like.features.clone(),
        (None, None) => {
            return Err(at(
                &raw.version,
                format!(
                    "version {} says neither its features nor which version it is like",
                    raw.version.value
                ),
            ));
        }
    };
    Ok(VersionRow {
        version: raw.version.value,
        features,
        like,
    })
}

fn distribution_row(
    raw: RawDistribution,
    like: Option<u8>,
    versions: &[VersionRow],
) -> Result<DistributionRow, DataError> {
    let releases = match &raw.versions {
        Some(own) => Some(releases(&raw.name, own, versions)?),
        None => None,
    };
    let own = || releases.iter().flatten().map(String::as_str);
    for release in raw.features.keys() {
        if !own().any(|known| known == release) {
            let unknown = Unknown::new("version of its own", release, own());
            return Err(at(&raw.name, unknown.to_string()));
        }
    }
    let configuration = raw
        .configuration
        .unwrap_or_else(|| CONFIGURATION.to_owned());
    let Some(format) = ConfigurationFormat::of_file(&configuration) else {
        let message = format!("{configuration} is no configuration: name a .toml or a .yaml");
        return Err(at(&raw.name, message));
    };
    if format == ConfigurationFormat::Yaml && raw.catalogue.is_some() {
        let message = format!("{configuration} has no catalogue, only a .toml has: remove it");
        return Err(at(&raw.name, message));
    }
    Ok(DistributionRow {
        name: raw.name.value,
        pack: raw.pack,
        short: raw.short,
        role_optional: raw.role_optional,
        like,
        releases,
        features: raw.features,
        configuration,
        format,
        catalogue: raw.catalogue,
        users: raw.users,
        heap_variable: raw.heap_variable,
        pid_file: raw.pid_file.unwrap_or_else(|| PID_FILE.to_owned()),
        artifacts: raw.artifacts,
        port_offset: raw.port_offset,
    })
}

/// A distribution's own version for each version; what it does not say is that of the version that the other one is like.
fn releases(
    name: &Name,
    own: &BTreeMap<String, String>,
    versions: &[VersionRow],
) -> Result<Vec<String>, DataError> {
    let known: Vec<&str> = versions.iter().map(|row| row.version.as_str()).collect();
    for line in own.keys() {
        if !known.contains(&line.as_str()) {
            let unknown = Unknown::new("version", line, known.iter().copied());
            return Err(at(name, unknown.to_string()));
        }
    }
    let release = |row: &VersionRow| {
        let like = row.like.and_then(|like| versions.get(usize::from(like)));
        let like = || own.get(&like?.version);
        own.get(&row.version).or_else(like).cloned().ok_or_else(|| {
            let none = format!("{} says no version for {}: add it", name.value, row.version);
            at(name, none)
        })
    };
    versions.iter().map(release).collect()
}

/// The row that another one is like: one before it, which is like none itself.
fn original(
    what: &'static str,
    name: &Name,
    known: &[&str],
    is_original: impl Fn(usize) -> Option<bool>,
) -> Result<u8, DataError> {
    let row = find(what, name, known)?;
    match is_original(usize::from(row)) {
        Some(true) => Ok(row),
        Some(false) => Err(at(
            name,
            format!("{} is itself like another one: name that one", name.value),
        )),
        None => Err(at(
            name,
            format!("{} must come before what is like it", name.value),
        )),
    }
}

fn find(what: &'static str, name: &Name, known: &[&str]) -> Result<u8, DataError> {
    known
        .iter()
        .position(|known| *known == name.value)
        .and_then(|at| u8::try_from(at).ok())
        .ok_or_else(|| {
            at(
                name,
                Unknown::new(what, &name.value, known.iter().copied()).to_string(),
            )
        })
}

fn once(what: &str, names: &[Name]) -> Result<(), DataError> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].iter().any(|other| other.value == name.value) {
            return Err(at(
                name,
                format!("the {what} {} is there twice: remove one", name.value),
            ));
        }
    }
    Ok(())
}

fn at(name: &Name, message: String) -> DataError {
    DataError {
        file: format!("{}:{}", TABLE_FILE.path, name.referenced.line()),
        message,
    }
}

/// A broken format; an unknown word names the one that was meant.
fn broken(error: &Error) -> DataError {
    let plain = error.without_snippet();
    let hint = match plain {
        Error::SerdeUnknownField {
            field: written,
            expected,
            ..
        }
        | Error::SerdeUnknownVariant {
            variant: written,
            expected,
            ..
        } => am_suggest::hint(written, expected.iter().copied()),
        _ => None,
    };
    let line = plain.location().map(|place| format!(":{}", place.line()));
    DataError {
        file: format!("{}{}", TABLE_FILE.path, line.unwrap_or_default()),
        message: match hint {
            Some(hint) => format!("{plain}; {hint}"),
            None => plain.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{DistributionRow, TABLE_FILE, table};

    fn with(from: &str, to: &str) -> String {
        let held = TABLE_FILE.text().expect("held");
        assert!(held.contains(from), "{from}");
        table(&held.replacen(from, to, 1))
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn the_table_of_the_program_can_be_read() {
        table(&TABLE_FILE.text().expect("held")).expect("well-formed");
    }

    #[test]
    fn a_name_that_leads_nowhere_has_its_line_and_the_one_meant() {
        let error = with(
            "ports: [servlet-https, servlet-http]",
            "ports: [servlet-htps, servlet-http]",
        );
        assert!(error.starts_with("product/data/product.yaml:"), "{error}");
        assert!(error.contains("did you mean `servlet-https`?"), "{error}");
        let error = with("distribution: wso2am-tm", "distribution: wso2am-tn");
        assert!(error.contains("did you mean `wso2am-tm`?"), "{error}");
    }

    #[test]
    fn a_word_that_code_does_not_know_is_refused_with_the_one_meant() {
        let error = with("[serves-traffic, portals", "[serve-traffic, portals");
        assert!(error.contains("did you mean `serves-traffic`?"), "{error}");
        let error = with("start-script: gateway.sh", "startscript: gateway.sh");
        assert!(error.contains("did you mean `start-script`?"), "{error}");
    }

    #[test]
    fn a_version_is_like_one_before_it_that_is_described() {
        let error = with(
            "  - version: 4.6.0\n",
            "  - version: 4.6.0\n    like: 4.7.0\n",
        );
        assert!(error.contains("4.7.0"), "{error}");
        let error = with(
            "  - version: 4.5.0\n    features: []\n",
            "  - version: 4.5.0\n",
        );
        assert!(error.contains("neither its features"), "{error}");
        let error = with("  - version: 4.6.0\n", "  - version: 4.5.0\n");
        assert!(error.contains("there twice"), "{error}");
    }

    #[test]
    fn a_companion_says_a_version_for_each_and_a_configuration_that_can_be_read() {
        let error = with("4.6.0: 4.5.0, 4.7.0: 4.6.0}", "4.6.0: 4.5.0}");
        assert!(error.contains("no version for 4.7.0"), "{error}");
        let error = with("4.7.0: 4.6.0}", "4.7.0: 4.6.0, 4.7.1: 4.6.0}");
        assert!(error.contains("did you mean `4.7.0`?"), "{error}");
        let error = with("features: {4.5.0:", "features: {4.5.1:");
        assert!(error.contains("did you mean `4.5.0`?"), "{error}");
        let error = with("conf/server/deployment.yaml", "conf/server/deployment.xml");
        assert!(error.contains("name a .toml or a .yaml"), "{error}");
        let error = with("conf/deployment.toml", "conf/deployment.yaml");
        assert!(error.contains("has no catalogue"), "{error}");
    }

    #[test]
    fn a_version_has_the_features_of_the_one_that_it_is_like() {
        let held = TABLE_FILE.text().expect("held");
        let more = held.replacen(
            "\n# Packs.",
            "  - {version: 4.8.0, like: 4.7.0}\n\n# Packs.",
            1,
        );
        let table = table(&more).expect("well-formed");
        let [.., before, newest] = table.versions.as_slice() else {
            panic!("versions");
        };
        assert_eq!(newest.version, "4.8.0");
        assert_eq!(newest.features, before.features);
        assert_eq!(newest.like, Some(2));
        let companion = |row: &&DistributionRow| row.releases.is_some();
        let companion = table.distributions.iter().find(companion);
        let releases = companion
            .and_then(|row| row.releases.clone())
            .unwrap_or_default();
        assert_eq!(releases, ["4.4.0", "4.5.0", "4.6.0", "4.6.0"]);
    }
}
