//! A registry with the charts of a run.

use std::path::Path;

use am_generator::Families;
use am_packaging::{
    Package, PackagingError, PublishOptions, Published, Registry, RegistryServer, State,
};
use am_product::Pattern;
use am_toolchain::{StderrProgress, Toolchain};

use crate::error::LiveError;
use crate::helm::Source;
use crate::options::Options;

/// What is in the registry.
pub(super) struct Shop {
    pub(super) registry: Registry,
    pub(super) packages: Vec<Package>,
}

impl Shop {
    pub(super) fn source(&self, package: &Package) -> Source {
        Source {
            chart: format!("{}/{}", self.registry, package.chart),
            version: package.version.clone(),
        }
    }

    pub(super) fn package(&self, pattern: Pattern) -> Result<&Package, LiveError> {
        let chart = pattern.chart();
        let mut packages = self.packages.iter();
        packages
            .find(|package| package.chart == chart)
            .ok_or_else(|| {
                LiveError::unavailable(format!("{chart} was not packed"), "report this as a bug")
            })
    }
}

/// What the charts are made of.
pub(crate) fn families(workspace: &Path) -> Result<Families, LiveError> {
    Families::load(workspace).map_err(|error| LiveError::usage(error.to_string()))
}

/// Starts a registry, and publishes the charts of the newest product version in it.
pub(super) fn open(
    options: &Options,
    families: &Families,
    patterns: &[Pattern],
    folder: &Path,
) -> Result<(RegistryServer, Shop), LiveError> {
    let toolchain = Toolchain::new(&options.workspace);
    let mut progress = StderrProgress::default();
    let server =
        RegistryServer::start(&toolchain, &mut progress).map_err(|error| packaging(&error))?;
    let registry = server.registry().map_err(|error| packaging(&error))?;
    let newest = options
        .charts
        .iter()
        .map(|charts| charts.version)
        .max()
        .map(|version| version.as_str().to_owned());
    let names: Vec<String> = patterns.iter().map(|pattern| pattern.chart()).collect();
    let selected = am_packaging::select(families, newest.as_slice(), &names)
        .map_err(|error| packaging(&error))?;
    let packages = folder.join("packages");
    let index = am_packaging::package(
        &toolchain,
        families,
        &selected,
        &packages,
        None,
        &mut progress,
    )
    .map_err(|error| packaging(&error))?;
    let publishing = PublishOptions {
        packages,
        registry: registry.clone(),
        signature: None,
        artifact_hub: None,
        execute: true,
    };
    let mut publish = || {
        am_packaging::publish(&toolchain, &publishing, &mut progress)
            .map_err(|error| packaging(&error))
    };
    in_state(&publish()?.packages, State::Absent)?;
    in_state(&publish()?.packages, State::Same)?;
    let shop = Shop {
        registry,
        packages: index.packages,
    };
    Ok((server, shop))
}

/// Everything was found in this state.
fn in_state(published: &[Published], state: State) -> Result<(), LiveError> {
    match published.iter().find(|package| package.state != state) {
        None => Ok(()),
        Some(other) => Err(LiveError::unavailable(
            format!(
                "{} is {:?} in a registry where it must be {state:?}",
                other.reference, other.state
            ),
            "report this as a bug",
        )),
    }
}

fn packaging(error: &PackagingError) -> LiveError {
    if error.exit_code() == 2 {
        LiveError::usage(error.to_string())
    } else {
        LiveError::unavailable(error.to_string(), "is Go there to build the registry?")
    }
}

#[cfg(test)]
mod tests {
    use am_packaging::{Package, Published, State};
    use am_product::Pattern;

    use super::{Shop, in_state};

    fn package(chart: &str) -> Package {
        Package {
            chart: chart.to_owned(),
            version: "4.7.100".to_owned(),
            product_version: "4.7.0".to_owned(),
            file: format!("{chart}-4.7.100.tgz"),
            sha256: String::new(),
            size: 0,
            provenance: None,
        }
    }

    #[test]
    fn a_chart_is_installed_from_its_own_repository() {
        let shop = Shop {
            registry: "oci://127.0.0.1:5000/charts".parse().expect("a registry"),
            packages: vec![package("am-pattern-0"), package("am-pattern-3")],
        };
        let found = shop.package(Pattern::Numbered(3)).expect("packed");
        let source = shop.source(found);
        assert_eq!(source.chart, "oci://127.0.0.1:5000/charts/am-pattern-3");
        assert_eq!(source.version, "4.7.100");
        assert!(
            shop.package(Pattern::Numbered(5)).is_err(),
            "it was not packed"
        );
    }

    #[test]
    fn a_second_publication_that_finds_nothing_is_an_error() {
        let published = |state| Published {
            package: package("am-pattern-0"),
            reference: "oci://127.0.0.1:5000/charts/am-pattern-0:4.7.100".to_owned(),
            state,
            found: None,
            manifest: None,
            signed: false,
        };
        let both = [published(State::Same), published(State::Absent)];
        assert!(in_state(&both[..1], State::Same).is_ok());
        let error = in_state(&both, State::Same).expect_err("one is not there");
        assert!(error.to_string().contains("Absent"), "{error}");
    }
}
