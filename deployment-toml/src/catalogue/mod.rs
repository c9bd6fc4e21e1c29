//! The keys that the product knows: what each means for a version and a distribution.
//!
//! The data lies in `data/`, that of companions in a folder of its own each (see its README for where it comes from), and is parsed
//! once, on first use.

mod family;
mod inference;
mod lookup;
mod record;
mod suggestion;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub use record::{KeyType, Record, Use};

use am_product::data::{DataError, File};

use crate::key::KeyPath;
use crate::product::{ConfigurationFormat, Distribution, Product, ProductVersion};
use crate::value::Value;
use family::{Family, SOURCES, Source};

/// The files that the catalogues are read from.
pub fn files() -> impl Iterator<Item = File> {
    SOURCES.iter().flat_map(Source::files)
}

/// In the order of the sources.
static CATALOGUES: LazyLock<Result<Vec<Catalogue>, DataError>> =
    LazyLock::new(|| SOURCES.iter().map(Catalogue::read).collect());

/// That of distributions whose configuration the engine does not read.
static NONE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

/// What the catalogue says about a key for one product.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<'a> {
    /// Something reads it.
    Known(&'a Record),
    /// The product's own files name it, but nothing reads it: setting it has no effect.
    Dead(&'a Record),
    /// It is read in these versions only.
    NotInVersion {
        /// The versions that read it.
        versions: Vec<ProductVersion>,
    },
    /// It is read in these distributions of the version only.
    NotInDistribution {
        /// The distributions that read it.
        distributions: Vec<Distribution>,
    },
    /// Nothing reads it and nothing names it.
    Unknown {
        /// Known keys that look alike, best first.
        did_you_mean: Vec<String>,
    },
}

/// A key catalogue. Get it with [`Catalogue::of`].
#[derive(Debug, Default)]
pub struct Catalogue {
    records: BTreeMap<String, Record>,
    tree: lookup::Node,
    dead: BTreeMap<String, Record>,
    dead_tree: lookup::Node,
    rules: inference::Rules,
    system_properties: SystemProperties,
    inferred_otherwise: Vec<(KeyPath, Vec<KeyPath>)>,
}

/// The key from whose value most is inferred.
const SERVER_ROLE: &str = "server.server_role";

#[derive(Debug, Default, serde::Deserialize)]
struct SystemProperties {
    jvm: BTreeSet<String>,
    start_script: BTreeSet<String>,
}

impl Catalogue {
    /// The catalogue of a distribution; parsed at the first call. It is empty where [`Distribution::configuration_format`] says that
    /// the configuration is no `deployment.toml`.
    pub fn of(distribution: Distribution) -> &'static Self {
        if distribution.configuration_format() != ConfigurationFormat::Toml {
            return &NONE;
        }
        let found = CATALOGUES.as_ref().map_err(Clone::clone);
        let found = found.and_then(|all| Ok(&all[place(distribution)?]));
        match found {
            Ok(catalogue) => catalogue,
            // Programs that read data of others call `check` first; what a program holds is held right by a test.
            Err(error) => panic!("{error}"),
        }
    }

    /// Whether the catalogues of this run can be used. To be asked first where they are not what the program holds.
    ///
    /// # Errors
    /// When a file cannot be read, a line of one breaks the format, or a distribution has a catalogue that is not there.
    pub fn check() -> Result<(), DataError> {
        CATALOGUES.as_ref().map_err(Clone::clone)?;
        Distribution::all().try_for_each(|distribution| place(distribution).map(drop))
    }

    fn read(source: &Source) -> Result<Self, DataError> {
        let family = Family::of(source.name);
        if family.distributions.is_empty() {
            return Ok(Self::default());
        }
        let records = record::read_lines(&source.keys, &family)?;
        let dead = record::read_lines(&source.dead_keys, &family)?;
        let rules: inference::Read = read_json(&source.inference)?;
        let rules = rules.rules(&family);
        let inferred_otherwise = records
            .values()
            .map(|record| (record.path.clone(), other_triggers(record)))
            .filter(|(_, triggers)| !triggers.is_empty())
            .collect();
        Ok(Self {
            inferred_otherwise,
            tree: lookup::Node::build(records.keys()),
            dead_tree: lookup::Node::build(dead.keys()),
            records,
            dead,
            rules: rules.map_err(|error| source.inference.error(error.to_string()))?,
            system_properties: read_json(&source.system_properties)?,
        })
    }

    /// Every key that something reads, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// What the key is for `product`.
    ///
    /// Paths may be concrete (`a[3].b`) or patterns (`a[].b`). The children of free-form tables
    /// (`database.apim_db.pool_options.anything`) and of `database.<name>` are found too.
    /// Note that for a key which only a shared template reads, "known" does not mean "has an effect there".
    pub fn lookup(&self, path: &KeyPath, product: Product) -> Lookup<'_> {
        let product = product.described();
        if let Some(record) = self.record(path) {
            if !record.versions.contains(&product.version) {
                return Lookup::NotInVersion {
                    versions: record.versions.clone(),
                };
            }
            let distributions = record.distributions(product.version);
            if !distributions.contains(&product.distribution) {
                return Lookup::NotInDistribution {
                    distributions: distributions.to_vec(),
                };
            }
            return Lookup::Known(record);
        }
        if let Some(record) = self.dead_tree.find(path).and_then(|key| self.dead.get(key)) {
            return Lookup::Dead(record);
        }
        Lookup::Unknown {
            did_you_mean: suggestion::similar(path, self.readable(product)),
        }
    }

    /// The record of a key, whatever the product.
    pub fn record(&self, path: &KeyPath) -> Option<&Record> {
        self.tree.find(path).and_then(|key| self.records.get(key))
    }

    /// Whether `path` is a table that holds known keys.
    pub fn is_table(&self, path: &KeyPath) -> bool {
        self.tree.is_inner(path)
    }

    fn readable(&self, product: Product) -> impl Iterator<Item = &str> {
        self.records
            .values()
            .filter(move |record| record.is_read_by(product))
            .map(|record| record.key.as_str())
    }

    /// The default of every key that has one for `product`.
    pub(crate) fn defaults(&self, product: Product) -> impl Iterator<Item = (&Record, Value)> {
        self.records
            .values()
            .filter(move |record| record.is_read_by(product))
            .filter_map(move |record| Some((record, record.default_for(product)?)))
    }

    /// Keys that a trigger other than the server's role may set, with their triggers.
    pub(crate) fn inferred_otherwise(&self) -> &[(KeyPath, Vec<KeyPath>)] {
        &self.inferred_otherwise
    }

    /// The keys whose values are durations.
    pub(crate) fn durations(&self) -> impl Iterator<Item = &Record> {
        self.records.values().filter(|record| record.unit.is_some())
    }

    /// Whether the JVM or the start script gives every server this system property.
    pub(crate) fn is_system_property(&self, name: &str) -> bool {
        let known = &self.system_properties;
        known.jvm.contains(name) || known.start_script.contains(name)
    }

    /// The values of `server.server_role` that infer anything in a distribution.
    pub(crate) fn server_roles(&self, distribution: Distribution) -> BTreeSet<&str> {
        self.rules.values(SERVER_ROLE, distribution.described())
    }

    /// What `value` at `key` sets in `product`: the role of the server, the type of a database or of a user store.
    pub fn inferred(&self, key: &KeyPath, value: &str, product: Product) -> Vec<(KeyPath, Value)> {
        self.rules.inferred(key, value, product.described())
    }
}

/// The place of a distribution's catalogue among the sources.
fn place(distribution: Distribution) -> Result<usize, DataError> {
    let wanted = distribution.catalogue();
    let place = SOURCES.iter().position(|source| source.name == wanted);
    place.ok_or_else(|| {
        let name = wanted.unwrap_or_default();
        let known = SOURCES.iter().filter_map(|source| source.name);
        let hint = am_suggest::hint(name, known).unwrap_or_default();
        am_product::TABLE_FILE.error(format!(
            "{} has the catalogue {name:?}, which is no folder of deployment-toml/data; {hint}",
            distribution.name()
        ))
    })
}

fn read_json<T: serde::de::DeserializeOwned>(file: &File) -> Result<T, DataError> {
    // The error tells line and column.
    serde_json::from_str(&file.text()?).map_err(|error| file.error(error.to_string()))
}

fn other_triggers(record: &Record) -> Vec<KeyPath> {
    record
        .inferred_from
        .iter()
        .filter(|trigger| *trigger != SERVER_ROLE)
        .map(|trigger| KeyPath::from(trigger.as_str()))
        .collect()
}

#[cfg(test)]
mod tests;
