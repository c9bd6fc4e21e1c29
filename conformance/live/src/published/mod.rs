//! Charts as people get them: packed, published in a registry, pulled and installed from there by Helm 3 and by Helm 4, and judged; and
//! installed with values that were carried over from the vendor's charts.

mod migrated;
mod shop;

use std::path::{Path, PathBuf};

use am_conformance::report::{Profile, Report};
use am_conformance::suite::{self, ChartDirectory, Input};
use am_product::Pattern;
use am_toolchain::{StderrProgress, Tool, Toolchain};
use tokio::task::block_in_place;

use crate::charts::{charts_of, digests, patterns};
use crate::error::LiveError;
use crate::helm::Helm;
use crate::options::Options;
use crate::report::{Circumstances, LiveReport, assemble, profiles, told};
use crate::scenario::{Phase, Stage};
use crate::session::Session;
use crate::side_by_side::play_all;

pub(crate) use shop::families;
use shop::open;

/// The pattern with the fewest pods shows it, unless others are asked for.
const PATTERNS: [Pattern; 1] = [Pattern::Numbered(0)];

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
    let families = families(&options.workspace)?;
    let cases = migrated::cases(&options.workspace)?;
    let mut packed = patterns.clone();
    packed.extend(cases.iter().map(|case| Pattern::Numbered(case.pattern)));
    packed.sort_unstable();
    packed.dedup();
    // Ends with this function, when nothing is installed from it any more.
    let (_server, shop) = block_in_place(|| open(options, &families, &packed, folder.path()))?;
    lab.progress.say(
        "registry",
        &format!("{} packages are in {}", shop.packages.len(), shop.registry),
    );

    let migrated = cases
        .iter()
        .map(|case| {
            let packed = &shop
                .package(Pattern::Numbered(case.pattern))?
                .product_version;
            Ok((case, case.values(&options.workspace, &families, packed)?))
        })
        .collect::<Result<Vec<_>, LiveError>>()?;
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
        let stage = |pattern: Pattern, name: &str, about: &str| {
            let mut lab = lab.clone();
            lab.helm = helm
                .clone()
                .installing_from(shop.source(shop.package(pattern)?));
            let charts = charts_of(std::slice::from_ref(&directory), pattern)?;
            let by = tool.name();
            let stage = Stage::new(lab, pattern, &format!("{name}-{by}"), charts);
            Ok::<_, LiveError>(stage.called(&format!("am-pattern-{pattern} {about} by {by}")))
        };
        for pattern in &patterns {
            let stage = stage(*pattern, &format!("p{pattern}"), "out of a registry")?;
            stages.push((stage, PHASES.to_vec()));
        }
        // What values become has nothing to do with the Helm that reads them; people who migrate take the newest.
        for (case, values) in migrated.iter().filter(|_| tool == Tool::Helm4) {
            let about = format!("with values of fixtures/vendor-values/{}", case.folder);
            let stage = stage(Pattern::Numbered(case.pattern), &case.folder, &about)?
                .with_values(values)
                .with_secrets(&case.secrets);
            stages.push((stage, PHASES.to_vec()));
        }
        pulled.push(directory);
    }
    same_files(&pulled)?;
    let stages = play_all(options, session, stages).await?;
    lab.progress
        .say("registry", "the documents of what was pulled are judged");
    let documents = block_in_place(|| judge_documents(options, &packed, &pulled))?;

    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: session.kubernetes.clone(),
        cluster: session.cluster.clone(),
        charts: digests(&pulled, &packed)?,
    };
    let all: Vec<Profile> = profiles(&stages, &circumstances)
        .into_iter()
        .chain(documents.profiles)
        .collect();
    let report = assemble(&lab.catalogue, all, &circumstances);
    Ok(told(report, &stages, session))
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
    patterns: &[Pattern],
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

#[cfg(test)]
mod tests {
    use am_conformance::suite::ChartDirectory;
    use am_deployment_toml::product::ProductVersion;

    use super::same_files;

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
