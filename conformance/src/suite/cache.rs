//! Keeps judged subjects, so that a run judges only what changed since an earlier one.
//!
//! An entry's name is the digest of everything that its content follows from: this program, the pinned tools, the
//! options that change a judgement, and every file that rendering the subject reads. An entry is therefore never out of
//! date; it is right, or it has another name. What cannot be read is judged anew.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use am_deployment_toml::product::ProductVersion;
use am_toolchain::RenderRequest;

use super::{
    Charts, HelmPrograms, Options, Subject, data,
    fingerprint::{self, Fingerprint},
    judge::Judged,
    judges::judges,
};
use crate::{chart::ChartSource, context::SourceMap};

/// The first word of every entry, with the version of its format.
const FORMAT: &str = "am-conformance-cache-1";

/// Entries that are kept at least; the least recently used beyond them are dropped.
const KEPT: usize = 1000;

/// Unfinished files of runs that were ended are dropped when they are this old.
const UNFINISHED: Duration = Duration::from_secs(3600);

/// Judged subjects of earlier runs.
pub(super) struct Cache {
    folder: PathBuf,
    /// Key of each subject, in the order of the run; absent where it cannot be told what the subject follows from.
    keys: Vec<Option<String>>,
}

impl Cache {
    /// The cache of a run, when the options ask for one and it can be told what this run follows from.
    pub(super) fn open(
        options: &Options,
        programs: &HelmPrograms,
        directories: &BTreeMap<ProductVersion, PathBuf>,
        charts: &Charts,
        subjects: &[Subject],
    ) -> Option<Self> {
        let folder = options.cache.clone()?;
        let run = of_run(options, programs)?;
        let mut digests = Digests {
            charts,
            known: BTreeMap::new(),
        };
        let keys = subjects
            .iter()
            .map(|subject| of_subject(&run, subject, directories, &mut digests))
            .collect();
        Some(Self { folder, keys })
    }

    /// What an earlier run made of a subject; `None` when there is none, or it is not as this crate wrote it.
    pub(super) fn load(&self, index: usize, source_map: Option<&dyn SourceMap>) -> Option<Judged> {
        let key = self.keys.get(index)?.as_ref()?;
        let path = self.path(key);
        let mut judged = parse(&fs::read_to_string(&path).ok()?, key)?;
        // Moves the entry to the end of those that may be dropped. A cache that cannot be written can be read.
        let _ = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        // The generator's lines move without the chart; they are looked up again.
        let version: Option<ProductVersion> = judged.result.subject.product_version.parse().ok();
        for finding in judged.result.findings_mut() {
            finding.generator = finding.template.as_ref().and_then(|template| {
                // The place of a chart ends with its name.
                let chart = template.chart.rsplit('/').next()?;
                source_map?.locate(version?, chart, &template.file, template.line?)
            });
        }
        judged.is_cached = true;
        Some(judged)
    }

    /// Keeps what came of a subject, unless it came of this machine (a tool that is missing or went away) or must be said again:
    /// that it does not render, or is declared in vain. What cannot be kept is judged again next time.
    pub(super) fn store(&self, index: usize, judged: &Judged) {
        let Some(key) = self.keys.get(index).and_then(Option::as_ref) else {
            return;
        };
        if judged.by_machine || judged.result.error.is_some() || judged.mistake.is_some() {
            return;
        }
        let mut judged = judged.clone();
        for finding in judged.result.findings_mut() {
            finding.generator = None;
        }
        let Ok(body) = serde_json::to_string(&judged) else {
            return;
        };
        let text = format!("{FORMAT} {key} {}\n{body}", fingerprint::of(&body));
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::Builder::new()
                .prefix(".unfinished-")
                .tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.persist(self.path(key)).map_err(|error| error.error)?;
            Ok(())
        };
        let _ = write();
    }

    /// Drops the least recently used entries when there are too many. Other files in the folder stay.
    pub(super) fn prune(&self) {
        prune(&self.folder, KEPT.max(2 * self.keys.len()));
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

fn parse(text: &str, key: &str) -> Option<Judged> {
    let (head, body) = text.split_once('\n')?;
    (head == format!("{FORMAT} {key} {}", fingerprint::of(body)))
        .then(|| serde_json::from_str(body).ok())?
}

fn prune(folder: &Path, kept: usize) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    let mut entries = Vec::new();
    for file in files.flatten() {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let Ok(used) = file.metadata().and_then(|metadata| metadata.modified()) else {
            continue;
        };
        let is_entry = name
            .strip_suffix(".json")
            .is_some_and(|key| key.len() == 64 && key.chars().all(|c| c.is_ascii_hexdigit()));
        if is_entry {
            entries.push((used, file.path()));
        } else if name.starts_with(".unfinished-")
            && used.elapsed().is_ok_and(|age| age > UNFINISHED)
        {
            let _ = fs::remove_file(file.path());
        }
    }
    entries.sort();
    let surplus = entries.len().saturating_sub(kept);
    for (_, path) in &entries[..surplus] {
        let _ = fs::remove_file(path);
    }
}

/// What all judgements of a run follow from; `None` when the running program cannot be read.
fn of_run(options: &Options, programs: &HelmPrograms) -> Option<String> {
    let mut key = Fingerprint::default();
    key.add(fingerprint::of_program()?);
    if let Some(root) = am_product::data::root() {
        key.add(data::of_workspace(root));
    }
    // What else judges is in the program.
    for tool in judges().filter(|judge| judge.starts_with("tools/")) {
        let folder = options.workspace.join(tool);
        key.add(
            ChartSource::read(&folder)
                .map(|tool| tool.digest)
                .unwrap_or_default(),
        );
    }
    key.add(programs.helm3.is_some().to_string());
    key.list(&options.only);
    for file in &options.requirements {
        key.add(file.as_os_str().as_encoded_bytes());
        key.add(fs::read(file).ok()?);
    }
    for skip in &options.skip {
        key.add(&skip.requirement);
        key.add(&skip.reason);
    }
    match &options.schemas {
        Some(schemas) => key.list(&schemas.kubernetes_versions()),
        None => key.add("no schemas"),
    }
    Some(key.finish())
}

/// What a subject's judgement follows from. Paths do not count, because charts of older versions are generated into a
/// folder that is another one in each run; what lies there does.
fn of_subject(
    run: &str,
    subject: &Subject,
    directories: &BTreeMap<ProductVersion, PathBuf>,
    digests: &mut Digests<'_>,
) -> Option<String> {
    let Subject {
        description,
        version,
        renders,
        beside,
        sites,
        tree,
        specification,
        hints,
        is_generated,
        is_representative,
    } = subject;
    let mut key = Fingerprint::default();
    key.add(run);
    key.add(serde_json::to_string(description).ok()?);
    key.add(version.as_str());
    if let Some(file) = specification {
        // Findings name its lines.
        key.add(file.as_os_str().as_encoded_bytes());
        key.add(digests.of(file)?);
    }
    key.add(format!("{hints:?}"));
    key.add(is_generated.to_string());
    key.add(is_representative.to_string());
    let trees = sites.iter().filter_map(|site| site.tree.as_ref());
    for (path, text) in tree.iter().chain(trees).flat_map(|tree| &tree.files) {
        key.add(path);
        key.add(text);
    }
    for site in sites {
        key.add(&site.name);
    }
    let of_sites = sites.iter().flat_map(|site| &site.renders);
    for render in renders.iter().chain(beside).chain(of_sites) {
        let RenderRequest {
            chart,
            release,
            namespace,
            values_files,
            values,
            set,
            kube_version,
            api_versions,
            is_upgrade,
            skip_tests,
            skip_schema_validation,
            include_notes,
            objects,
            lenient,
        } = render;
        key.add(release);
        key.add(namespace);
        let name = chart.file_name()?;
        key.add(name.as_encoded_bytes());
        key.add(digests.of(chart)?);
        // Findings and texts name it.
        key.add(digests.charts.place_of(chart).unwrap_or_default());
        for (other, directory) in directories {
            key.add(other.as_str());
            key.add(digests.of(&directory.join(name)).unwrap_or_default());
        }
        for file in values_files {
            // An overlay is exchanged together with its chart.
            let place = file.strip_prefix(chart).unwrap_or(Path::new(""));
            key.add(place.as_os_str().as_encoded_bytes());
            key.add(digests.of(file)?);
        }
        key.add(values.to_string());
        key.add(format!("{objects:?}"));
        key.add(format!("{set:?}"));
        key.add(format!("{kube_version:?}"));
        key.list(api_versions);
        key.add(format!(
            "{is_upgrade} {skip_tests} {skip_schema_validation} {include_notes} {lenient}"
        ));
    }
    Some(key.finish())
}

/// Digests of files and folders, each read once.
struct Digests<'c> {
    charts: &'c Charts,
    known: BTreeMap<PathBuf, Option<String>>,
}

impl Digests<'_> {
    fn of(&mut self, path: &Path) -> Option<String> {
        if let Some(digest) = self.charts.digest_of(path) {
            return Some(digest.to_owned());
        }
        self.known
            .entry(path.to_owned())
            .or_insert_with(|| {
                if path.is_dir() {
                    return ChartSource::read(path).ok().map(|chart| chart.digest);
                }
                fs::read(path).ok().map(fingerprint::of)
            })
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::SystemTime};

    use super::{FORMAT, fingerprint, parse, prune};

    #[test]
    fn an_entry_that_was_changed_is_not_read() {
        let body = r#"{"result": {"subject": {"id": "p0", "pattern": 0, "productVersion": "4.7.0", "platform": "none",
            "variant": "default", "releases": [], "namespace": "a"}, "results": []},
            "topology": {"nodes": [], "edges": []}, "sources": {}, "renders": 3}"#;
        let text = format!("{FORMAT} k {}\n{body}", fingerprint::of(body));
        assert_eq!(parse(&text, "k").map(|judged| judged.renders), Some(3));
        assert!(parse(&text, "other").is_none(), "another subject's");
        assert!(
            parse(&text.replace(": 3}", ": 4}"), "k").is_none(),
            "edited"
        );
        assert!(parse(&text[..text.len() - 9], "k").is_none(), "cut off");
        assert!(parse("", "k").is_none());
    }

    #[test]
    fn the_least_recently_used_entries_go_and_other_files_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: String, age: u64| {
            let path = folder.path().join(name);
            let file = fs::File::create(&path).expect("created");
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age))
                .expect("set");
            path
        };
        let entries: Vec<_> = (1..=4)
            .map(|age| at(format!("{age:064x}.json"), age * 10))
            .collect();
        let left_over = at(".unfinished-abc".into(), 7200);
        let in_work = at(".unfinished-def".into(), 1);
        let foreign = at("notes.json".into(), 90_000);
        prune(folder.path(), 2);
        let there: Vec<bool> = entries.iter().map(|path| path.exists()).collect();
        assert_eq!(there, [true, true, false, false]);
        assert!(!left_over.exists() && in_work.exists() && foreign.exists());
    }
}
