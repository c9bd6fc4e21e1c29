//! The mapping as data: `migration/data/mapping`, a row for each value of the vendor's charts.

use std::collections::BTreeMap;

use am_product::data::{DataError, File};
use serde::Deserialize;
use serde_json::Value;

use crate::path::{Path, Pattern};

/// Files of the mapping, in the order in which the page shows them.
const FILES: [File; 5] = [
    File::new(
        "migration/data/mapping/exposure.yaml",
        include_str!("../data/mapping/exposure.yaml"),
    ),
    File::new(
        "migration/data/mapping/credentials.yaml",
        include_str!("../data/mapping/credentials.yaml"),
    ),
    File::new(
        "migration/data/mapping/wiring.yaml",
        include_str!("../data/mapping/wiring.yaml"),
    ),
    File::new(
        "migration/data/mapping/deployment.yaml",
        include_str!("../data/mapping/deployment.yaml"),
    ),
    File::new(
        "migration/data/mapping/configuration.yaml",
        include_str!("../data/mapping/configuration.yaml"),
    ),
];

/// What becomes of a value that is not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fixed {
    /// The chart works it out by itself.
    Wired,
    /// The chart does without it.
    Unneeded,
    /// A person has to carry it over.
    Manual,
    /// An object has to be made anew.
    New,
}

/// How a value is carried over: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// As it is, in the type that the chart wants.
    #[default]
    Copy,
    /// True sets what `also` names; false says nothing.
    Switch,
    /// False says nothing; true is for a person.
    Off,
    /// A mapping of names and values becomes a list of variables.
    Environment,
    /// A number of Pods in each of two Deployments.
    Instances,
    /// High availability is two nodes, else one.
    Nodes,
    /// How many stay becomes how many may be away.
    Away,
    /// Words of a line become a list.
    Words,
    /// A name becomes an entry of a list of names.
    Names,
    /// A repository that may hold a tag.
    Repository,
    /// An Ingress class, from which the controller follows where it is its usual one.
    Class,
    /// Kind of the databases.
    DatabaseType,
    /// Class of a JDBC driver.
    Driver,
    /// A JDBC URL.
    JdbcUrl,
    /// Name of a Secret whose keys other rows name.
    SecretName,
    /// Key of the Secret that the row's `with` names.
    SecretKey,
    /// A text that belongs into a Secret.
    IntoSecret,
    /// Part of an endpoint.
    Endpoint,
    /// Part of the keystores.
    Keystore,
    /// Part of a gateway environment.
    GatewayEnvironment,
    /// Labels of gateways.
    Labels,
    /// Part of tracing.
    Tracing,
    /// Text of a deployment.toml.
    Toml,
}

/// One row: where a value was, and what becomes of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// Where it was.
    pub from: Pattern,
    /// The components whose charts have it; all unless given.
    #[serde(default)]
    pub charts: Vec<String>,
    /// The vendor's versions that have it; all unless given.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Where it goes.
    #[serde(default)]
    pub to: Option<String>,
    /// The key of deployment.toml that it goes to, below the component's `config`.
    #[serde(default)]
    pub config: Option<String>,
    /// Where it goes when another component says something else.
    #[serde(default)]
    pub else_config: Option<String>,
    /// How it is carried over.
    #[serde(default)]
    pub how: How,
    /// What becomes of it when it is not carried over.
    #[serde(default)]
    pub class: Option<Fixed>,
    /// It counted only when this one was on.
    #[serde(default)]
    pub when: Option<String>,
    /// It counted only when one of these was on.
    #[serde(default)]
    pub when_any: Option<Pattern>,
    /// It counted only when these had these texts.
    #[serde(default)]
    pub when_text: BTreeMap<String, String>,
    /// It did not count when this one was given.
    #[serde(default)]
    pub unless: Option<String>,
    /// It did not count when these had these texts.
    #[serde(default)]
    pub unless_text: BTreeMap<String, String>,
    /// What is set besides.
    #[serde(default)]
    pub also: BTreeMap<String, Value>,
    /// The vendor's own value (or several), which nobody chose.
    #[serde(default)]
    pub default: Option<Value>,
    /// The alias of the secure vault under which it stands while the vault is used.
    #[serde(default)]
    pub vault: Option<String>,
    /// Whether no report may show it.
    #[serde(default)]
    pub secret: bool,
    /// Whether a mapping or list is one value.
    #[serde(default)]
    pub whole: bool,
    /// Which part of several values it is.
    #[serde(default)]
    pub part: Option<String>,
    /// The path that names the Secret.
    #[serde(default)]
    pub with: Option<String>,
    /// Its key in the Secret that is to be made.
    #[serde(default)]
    pub key: Option<String>,
    /// Where the name of the Secret that is to be made goes.
    #[serde(default)]
    pub name_to: Option<String>,
    /// The kind of object that it names, which stays in the cluster.
    #[serde(default)]
    pub keeps: Option<String>,
    /// Whose address it is.
    #[serde(default)]
    pub address: Option<String>,
    /// Whether the address is one for each node.
    #[serde(default)]
    pub per_node: bool,
    /// Numbers that were wrong there.
    #[serde(default)]
    pub suspect: Option<Suspect>,
    /// What a person should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// A number that did harm.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspect {
    /// Above this one.
    pub above: f64,
    /// What it did.
    pub say: String,
}

/// Rows with the same head: old key → new key below `under` and `config`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Group {
    under: String,
    #[serde(default)]
    config: Option<String>,
    #[serde(default)]
    charts: Vec<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    when: Option<String>,
    #[serde(default)]
    class: Option<Fixed>,
    #[serde(default)]
    default: Option<Value>,
    #[serde(default)]
    note: Option<String>,
    keys: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    #[serde(rename = "topic")]
    title: String,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    groups: Vec<Group>,
}

/// The whole mapping.
#[derive(Debug)]
pub struct Mapping {
    topics: Vec<(String, Vec<Row>)>,
}

impl Mapping {
    /// Reads the mapping.
    ///
    /// # Errors
    /// When a file breaks the format.
    pub fn load() -> Result<Self, DataError> {
        let mut topics = Vec::new();
        for file in FILES {
            let text = file.text()?;
            let topic: Topic =
                serde_saphyr::from_str(&text).map_err(|error| file.error(error.to_string()))?;
            let mut rows = topic.rows;
            for group in topic.groups {
                rows.extend(group.rows());
            }
            topics.push((topic.title, rows));
        }
        Ok(Self { topics })
    }

    /// Topics with their rows, in order.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &[Row])> {
        self.topics
            .iter()
            .map(|(topic, rows)| (topic.as_str(), rows.as_slice()))
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.topics.iter().flat_map(|(_, rows)| rows)
    }

    /// The most exact row for a value of a component's chart, with what its `*` stand for.
    pub fn row<'m, 'p>(
        &'m self,
        path: &'p Path,
        component: &str,
    ) -> Option<(&'m Row, Vec<&'p str>)> {
        self.rows()
            .filter(|row| row.charts.is_empty() || row.charts.iter().any(|it| it == component))
            .filter_map(|row| Some((row, row.from.captures(path)?)))
            // The first of equals counts: `max_by_key` takes the last.
            .fold(
                None,
                |best: Option<(&Row, Vec<&str>)>, candidate| match best {
                    Some(best) if best.0.from.exactness() >= candidate.0.from.exactness() => {
                        Some(best)
                    }
                    _ => Some(candidate),
                },
            )
    }

    /// Every row that could hold for a value, in the order in which they are tried: several rows for one value differ in `when`.
    pub fn alternatives<'m>(
        &'m self,
        row: &'m Row,
        component: &'m str,
    ) -> impl Iterator<Item = &'m Row> {
        self.rows().filter(move |other| {
            other.from == row.from
                && (other.charts.is_empty() || other.charts.iter().any(|it| it == component))
        })
    }
}

impl Group {
    fn rows(self) -> Vec<Row> {
        let Self {
            under,
            config,
            charts,
            versions,
            when,
            class,
            default,
            note,
            keys,
        } = self;
        let row = |(old, new): (String, String)| Row {
            from: Pattern::new(&format!("{under}.{old}")),
            charts: charts.clone(),
            versions: versions.clone(),
            to: None,
            config: config.as_ref().map(|table| format!("{table}.{new}")),
            else_config: None,
            how: How::Copy,
            class,
            when: when.clone(),
            when_any: None,
            when_text: BTreeMap::new(),
            unless: None,
            unless_text: BTreeMap::new(),
            also: BTreeMap::new(),
            default: default.clone(),
            vault: None,
            secret: false,
            whole: false,
            part: None,
            with: None,
            key: None,
            name_to: None,
            keeps: None,
            address: None,
            per_node: false,
            suspect: None,
            note: note.clone(),
        };
        keys.into_iter().map(row).collect()
    }
}
