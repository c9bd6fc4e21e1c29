//! Catalogues, and whose keys each holds: the product's own, and one for every companion whose configuration the engine reads.

use am_product::data::File;

use crate::product::{ConfigurationFormat, Distribution, ProductVersion, Unknown};

/// The files of a catalogue.
#[derive(Debug)]
pub(super) struct Source {
    /// The name by which the table of the product calls it; the product's own has none.
    pub(super) name: Option<&'static str>,
    pub(super) keys: File,
    pub(super) dead_keys: File,
    pub(super) inference: File,
    pub(super) system_properties: File,
}

/// Every catalogue that there is: `data` itself, and each folder in it.
pub(super) const SOURCES: &[Source] = include!(concat!(env!("OUT_DIR"), "/catalogues.rs"));

impl Source {
    pub(super) fn files(&self) -> [File; 4] {
        [
            self.keys,
            self.dead_keys,
            self.inference,
            self.system_properties,
        ]
    }
}

/// The distributions whose keys a catalogue holds. They have their versions in common.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) distributions: Vec<Distribution>,
}

impl Family {
    /// Those that the table of the product says to have the catalogue of that name.
    pub(super) fn of(catalogue: Option<&str>) -> Self {
        let reads = |one: &Distribution| {
            one.configuration_format() == ConfigurationFormat::Toml && one.catalogue() == catalogue
        };
        Self {
            distributions: Distribution::all().filter(reads).collect(),
        }
    }

    /// The version of the product that goes with one of their own.
    pub(super) fn line(&self, release: &str) -> Result<ProductVersion, Unknown> {
        let own = self.distributions.first();
        own.map_or_else(
            || release.parse(),
            |distribution| distribution.version_named(release),
        )
    }

    pub(super) fn lines(&self, releases: &[String]) -> Result<Vec<ProductVersion>, Unknown> {
        releases.iter().map(|release| self.line(release)).collect()
    }
}
