//! Charts as people get them: packed, published in a registry, pulled and installed from there by Helm 3 and by Helm 4, and judged.

use std::path::{Path, PathBuf};

use am_conformance::report::{Profile, Report};
use am_conformance::suite::{self, ChartDirectory, Input};
use am_generator::{Model, Templates};
use am_packaging::{
    Package, PackagingError, PublishOptions, Published, Registry, RegistryServer, State,
};
use am_toolchain::{StderrProgress, Tool, Toolchain};
use tokio::task::block_in_place;

use crate::charts::{charts_of, digests, patterns};
use crate::error::LiveError;
use crate::helm::{Helm, Source};
use crate::options::Options;
use crate::report::{Circumstances, LiveReport, assemble, profiles};
use crate::scenario::{Phase, Stage};
use crate::session::Session;
use crate::side_by_side::{play_all, told};

/// The pattern with the fewest pods shows it, unless others are asked for.
const PATTERNS: [u8; 1] = [0];

/// What a chart out of a registry goes through; everything else is the same as for one out of a folder.
const PHASES: [Phase; 4] = [Phase::Install, Phase::Wiring, Phase::Endpoints, Phase::Test];

/// The Helms that people have.
const HELMS: [Tool; 2] = [Tool::Helm3, Tool::Helm4];

/// Plays it on the cluster of a session.
pub(crate) async fn play(options: &Options, session: &Session) -> Result<LiveReport, LiveError> {
    let lab = &session.lab;
    let patterns = if options.patterns.is_empty() {
        PATTERNS.to_vec()
    } else {
        patterns(options, &lab.facts)?
    };
    let folder = tempfile::Builder::new()
        .prefix("am-live-published-")
        .tempdir()
        .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
    // Ends with this function, when nothing is installed from it any more.
    let (_server, shop) = block_in_place(|| open(options, &patterns, folder.path()))?;
    lab.progress.say(
        "registry",
        &format!("{} packages are in {}", shop.packages.len(), shop.registry),
    );

    let mut stages = Vec::new();
    let mut pulled = Vec::new();
    for tool in HELMS {
        let helm = Helm {
            program: tools(options, tool)?,
            ..lab.helm.clone()
        };
        let into = folder.path().join(tool.name());
        for package in &shop.packages {
            helm.pull(&shop.source(package), &into).await?;
        }
        let directory = ChartDirectory {
            version: suite::version_in(&into).map_err(|error| {
                LiveError::unavailable(error.to_string(), "report this as a bug")
            })?,
            path: into,
        };
        for pattern in &patterns {
            let charts = charts_of(std::slice::from_ref(&directory), *pattern)?;
            let mut lab = lab.clone();
            lab.helm = helm
                .clone()
                .installing_from(shop.source(shop.package(*pattern)?));
            let name = format!("p{pattern}-{}", tool.name());
            let stage = Stage::new(lab, *pattern, &name, charts).called(&format!(
                "am-pattern-{pattern} out of a registry by {}",
                tool.name()
            ));
            stages.push((stage, PHASES.to_vec()));
        }
        pulled.push(directory);
    }
    same_files(&pulled)?;
    let stages = play_all(options, session, stages).await?;
    lab.progress
        .say("registry", "the documents of what was pulled are judged");
    let documents = block_in_place(|| judge_documents(options, &patterns, &pulled))?;

    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: session.kubernetes.clone(),
        cluster: session.cluster.clone(),
        charts: digests(&pulled, &patterns)?,
    };
    let all: Vec<Profile> = profiles(&stages, &circumstances)
        .into_iter()
        .chain(documents.profiles)
        .collect();
    let report = assemble(&lab.catalogue, all, &circumstances);
    Ok(told(report, &stages, session))
}

/// What is in the registry.
struct Shop {
    registry: Registry,
    packages: Vec<Package>,
}

impl Shop {
    fn source(&self, package: &Package) -> Source {
        Source {
            chart: format!("{}/{}", self.registry, package.chart),
            version: package.version.clone(),
        }
    }

    fn package(&self, pattern: u8) -> Result<&Package, LiveError> {
        let chart = format!("am-pattern-{pattern}");
        let mut packages = self.packages.iter();
        packages
            .find(|package| package.chart == chart)
            .ok_or_else(|| {
                LiveError::unavailable(format!("{chart} was not packed"), "report this as a bug")
            })
    }
}

/// Starts a registry, and publishes the charts of the newest product version in it.
fn open(
    options: &Options,
    patterns: &[u8],
    folder: &Path,
) -> Result<(RegistryServer, Shop), LiveError> {
    let toolchain = Toolchain::new(&options.workspace);
    let mut progress = StderrProgress::default();
    let server =
        RegistryServer::start(&toolchain, &mut progress).map_err(|error| packaging(&error))?;
    let registry = server.registry().map_err(|error| packaging(&error))?;
    let generator = options.workspace.join("generator");
    let input = |error: &dyn std::fmt::Display| LiveError::usage(error.to_string());
    let model =
        Model::load(&generator.join("model"), "generator/model").map_err(|error| input(&error))?;
    let templates = Templates::load(&generator.join("templates"), "generator/templates")
        .map_err(|error| input(&error))?;
    let newest = options
        .charts
        .iter()
        .map(|charts| charts.version)
        .max()
        .map(|version| version.as_str().to_owned());
    let numbers: Vec<String> = patterns.iter().map(u8::to_string).collect();
    let selected = am_packaging::select(&model, newest.as_slice(), &numbers)
        .map_err(|error| packaging(&error))?;
    let packages = folder.join("packages");
    let index = am_packaging::package(
        &toolchain,
        &model,
        &templates,
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

/// Helm 3 and Helm 4 unpacked the same files.
fn same_files(pulled: &[ChartDirectory]) -> Result<(), LiveError> {
    let files = |directory: &ChartDirectory| {
        let mut files = Vec::new();
        read(&directory.path, &directory.path, &mut files).map(|()| {
            files.sort();
            files
        })
    };
    if let [one, other] = pulled
        && files(one)? != files(other)?
    {
        return Err(LiveError::unavailable(
            format!("{} and {} differ", one.path.display(), other.path.display()),
            "compare what Helm 3 and Helm 4 unpacked; archives with files of one name twice do that",
        ));
    }
    Ok(())
}

/// The files below a folder, by path relative to the root.
fn read(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<(), LiveError> {
    let entries = std::fs::read_dir(folder).map_err(LiveError::file("read", folder))?;
    for entry in entries {
        let path = entry.map_err(LiveError::file("read", folder))?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else {
            let content = std::fs::read(&path).map_err(LiveError::file("read", &path))?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
            files.push((name, content));
        }
    }
    Ok(())
}

/// The suite without a cluster, on what was pulled.
fn judge_documents(
    options: &Options,
    patterns: &[u8],
    pulled: &[ChartDirectory],
) -> Result<Report, LiveError> {
    let newest = pulled.iter().take(1).cloned().collect();
    let mut asked = suite::Options::new(&options.workspace, Input::Charts(newest));
    asked.patterns = patterns.to_vec();
    suite::run(&asked, &mut suite::Silent)
        .map_err(|error| LiveError::unavailable(error.to_string(), "run `cargo xtask conformance`"))
}

fn tools(options: &Options, tool: Tool) -> Result<PathBuf, LiveError> {
    Toolchain::new(&options.workspace)
        .ensure(tool, &mut StderrProgress::default())
        .map_err(|error| {
            LiveError::unavailable(error.to_string(), "install Helm, or Go to build it")
        })
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
    use am_conformance::suite::ChartDirectory;
    use am_deployment_toml::product::ProductVersion;
    use am_packaging::{Package, Published, State};

    use super::{Shop, in_state, same_files};

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
        let found = shop.package(3).expect("packed");
        let source = shop.source(found);
        assert_eq!(source.chart, "oci://127.0.0.1:5000/charts/am-pattern-3");
        assert_eq!(source.version, "4.7.100");
        assert!(shop.package(5).is_err(), "it was not packed");
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

    #[test]
    fn what_two_helms_unpacked_otherwise_is_noticed() {
        let directory = |readme: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            let chart = folder.path().join("am-pattern-0/templates");
            std::fs::create_dir_all(&chart).expect("a folder");
            std::fs::write(chart.join("README.md"), readme).expect("written");
            folder
        };
        let version = ProductVersion::all().last().expect("a version");
        let charts = |folder: &tempfile::TempDir| ChartDirectory {
            version,
            path: folder.path().to_owned(),
        };
        let (one, same, other) = (directory("a"), directory("a"), directory("b"));
        assert!(same_files(&[charts(&one), charts(&same)]).is_ok());
        assert!(same_files(&[charts(&one), charts(&other)]).is_err());
    }
}
