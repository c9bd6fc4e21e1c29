//! Distributions (packs), and the product that reads a configuration: a distribution in a version.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::handle::handle;
use crate::table::rows::DistributionRow;
use crate::unknown::Unknown;
use crate::version::ProductVersion;
use crate::words::{ConfigurationFormat, Feature};

handle! {
    /// A distribution (pack) of the product; its name is that of the component that it is without a profile.
    Distribution, DistributionRow, distributions, "distribution"
}

impl Distribution {
    /// The name in reports, such as `control-plane`.
    pub fn name(self) -> &'static str {
        &self.row().name
    }

    /// The name of the pack and of its image, such as `wso2am-acp`.
    pub fn pack(self) -> &'static str {
        &self.row().pack
    }

    /// The distribution that an image is, or is built on: the longest name of a pack that the name of its repository holds as whole
    /// words. The vendor's guides have users build such images, with a driver for instance.
    pub fn of_image(repository: &str) -> Option<Self> {
        let is_end = |letter: Option<char>| letter.is_none_or(|it| ['-', '_', '.'].contains(&it));
        let holds = |pack: &str| {
            repository.match_indices(pack).any(|(at, _)| {
                is_end(repository[..at].chars().next_back())
                    && is_end(repository[at + pack.len()..].chars().next())
            })
        };
        Self::all()
            .filter(|one| holds(one.pack()))
            .max_by_key(|one| one.pack().len())
    }

    /// The name in the key catalogue's files, such as `acp`.
    pub fn short(self) -> &'static str {
        &self.row().short
    }

    /// Whether it is what it is without a `server_role`: what a role infers in the others is its own already.
    pub fn is_role_optional(self) -> bool {
        self.row().role_optional
    }

    /// Whether it is a pack of another product, which is installed beside this one, in a chart of its own, and has versions of its own.
    pub fn is_companion(self) -> bool {
        self.row().releases.is_some()
    }

    /// Its own version that goes with a version of the product: the same, unless it is a companion.
    pub fn release(self, line: ProductVersion) -> &'static str {
        let releases = self.row().releases.as_ref();
        let own = releases.and_then(|releases| releases.get(usize::from(line.0)));
        own.map_or(line.name(), String::as_str)
    }

    /// The version of the product that goes with its own version, such as `4.6.0` or `4.6`.
    pub fn line(self, release: &str) -> Option<ProductVersion> {
        let is_meant = |own: &str| {
            let short = own.rsplit_once('.').map(|(short, _)| short);
            own == release || short == Some(release)
        };
        ProductVersion::all().find(|line| is_meant(self.release(*line)))
    }

    /// The same as [`Self::line`], with the one that was meant.
    ///
    /// # Errors
    /// When it has no such version.
    pub fn version_named(self, release: &str) -> Result<ProductVersion, Unknown> {
        let known = || ProductVersion::all().map(|line| self.release(line));
        self.line(release)
            .ok_or_else(|| Unknown::new("product version", release, known()))
    }

    /// Its configuration, as seen from the server's home.
    pub fn configuration(self) -> &'static str {
        &self.row().configuration
    }

    /// Where the number of its server's process is, as seen from the server's home.
    pub fn pid_file(self) -> &'static str {
        &self.row().pid_file
    }

    /// Where it looks for what it runs, as seen from the server's home, if that is brought in files.
    pub fn artifacts(self) -> Option<&'static str> {
        self.row().artifacts.as_deref()
    }

    /// What is added to the numbers of its ports unless its configuration says otherwise.
    pub fn port_offset(self) -> u16 {
        self.row().port_offset
    }

    /// What its configuration is written in.
    pub fn configuration_format(self) -> ConfigurationFormat {
        self.row().format
    }

    /// The name of the catalogue with its keys, if it is not the product's own. A configuration in YAML has none.
    pub fn catalogue(self) -> Option<&'static str> {
        self.described().row().catalogue.as_deref()
    }

    /// Whether both are packs of one product, whose keys are in one catalogue.
    pub fn is_of_the_product_of(self, other: Self) -> bool {
        (self.catalogue(), self.configuration_format())
            == (other.catalogue(), other.configuration_format())
    }

    /// The distribution whose keys it reads: itself, or the one that it is like.
    #[must_use]
    pub fn described(self) -> Self {
        self.row().like.map_or(self, Self)
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pack())
    }
}

/// A version and a distribution: together they decide what a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Product {
    /// The version.
    pub version: ProductVersion,
    /// The distribution.
    pub distribution: Distribution,
}

impl Product {
    /// The distribution in that version.
    pub fn new(version: ProductVersion, distribution: Distribution) -> Self {
        Self {
            version,
            distribution,
        }
    }

    /// The product whose keys and defaults it has: itself, or what its version and its distribution are like.
    #[must_use]
    pub fn described(self) -> Self {
        Self {
            version: self.version.described(),
            distribution: self.distribution.described(),
        }
    }
}

impl Product {
    /// The version that its pack and its image are called after.
    pub fn release(self) -> &'static str {
        self.distribution.release(self.version)
    }

    /// The same without its last number, such as `4.6`, as the key catalogue's files name it.
    pub fn release_short(self) -> &'static str {
        let release = self.release();
        release.rsplit_once('.').map_or(release, |(short, _)| short)
    }

    /// Whether it does something.
    pub fn has(self, feature: Feature) -> bool {
        if !self.distribution.is_companion() {
            return self.version.has(feature);
        }
        let features = &self.distribution.row().features;
        let own = features.get(self.release());
        own.is_some_and(|own| own.contains(&feature))
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.distribution, self.release())
    }
}

#[cfg(test)]
mod tests {
    use super::{Distribution, Product};
    use crate::{
        version::ProductVersion,
        words::{ConfigurationFormat, Feature},
    };

    fn pack(name: &str) -> Distribution {
        name.parse().expect("a distribution of the table")
    }

    #[test]
    fn a_companion_has_its_own_version_for_each_of_the_product() {
        let line: ProductVersion = "4.6.0".parse().expect("a version");
        for (name, release) in [
            ("wso2mi", "4.5.0"),
            ("wso2si", "4.3.1"),
            ("wso2am", "4.6.0"),
        ] {
            assert_eq!(pack(name).release(line), release);
            assert_eq!(pack(name).line(release), Some(line));
            let product = Product::new(line, pack(name));
            assert_eq!(product.to_string(), format!("{name} {release}"));
            assert!(product.home().ends_with(&format!("/{name}-{release}")));
        }
        assert_eq!(pack("wso2mi").line("4.5"), Some(line));
        assert_eq!(pack("wso2si").line("4.6.0"), None);
        assert!(pack("mi").is_companion() && !pack("acp").is_companion());
    }

    #[test]
    fn a_companion_does_what_its_own_version_does() {
        let reads_literally = |line: &str, name| {
            let line = line.parse().expect("a version");
            Product::new(line, pack(name)).has(Feature::LiteralVariables)
        };
        assert!(reads_literally("4.7.0", "gw") && !reads_literally("4.6.0", "gw"));
        assert!(reads_literally("4.6.0", "mi") && !reads_literally("4.5.0", "mi"));
    }

    #[test]
    fn a_configuration_says_where_it_is_and_what_it_is_written_in() {
        let said = |name| {
            let one = pack(name);
            (
                one.configuration(),
                one.configuration_format(),
                one.catalogue(),
            )
        };
        let (toml, yaml) = (ConfigurationFormat::Toml, ConfigurationFormat::Yaml);
        assert_eq!(said("gw"), ("repository/conf/deployment.toml", toml, None));
        let own = Some("micro-integrator");
        assert_eq!(said("mi"), ("conf/deployment.toml", toml, own));
        assert_eq!(said("si"), ("conf/server/deployment.yaml", yaml, None));
    }

    #[test]
    fn a_companion_has_files_of_its_own() {
        let files = |name| (pack(name).pid_file(), pack(name).artifacts());
        assert_eq!(files("gw"), ("wso2carbon.pid", None));
        let (pid_file, artifacts) = files("si");
        assert!(pid_file.ends_with("runtime.pid") && artifacts.is_some());
        assert_eq!(
            (pack("mi").port_offset(), pack("si").port_offset()),
            (10, 0)
        );
    }

    #[test]
    fn packs_of_one_product_are_told_from_others() {
        assert!(pack("gw").is_of_the_product_of(pack("tm")));
        for other in ["mi", "si"] {
            assert!(!pack("gw").is_of_the_product_of(pack(other)), "{other}");
        }
        assert!(!pack("si").is_of_the_product_of(pack("mi")));
    }
}
