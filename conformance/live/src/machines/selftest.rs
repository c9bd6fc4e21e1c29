//! Proof that the scenario can fail: on machines that work, a broken file is laid by the playbook, and must be caught and named.

use std::path::{Path, PathBuf};
use std::time::Instant;

use am_conformance::fixture::{Edit, LiveExpectations};
use am_conformance::{Catalogue, SuiteError};
use am_toolchain::copy_folder;
use serde::Deserialize;

use super::plan::{phases_for, planned};
use super::site::Site;
use super::stage::Stage;
use crate::error::LiveError;
use crate::progress::Timing;
use crate::record::Record;
use crate::selftest::{CaseResult, judge};

/// Where the broken trees are, below the workspace.
const FIXTURES: &str = "fixtures/broken-machines";

/// A tree with edits that break it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BrokenTree {
    /// What is broken, in one sentence.
    about: String,
    /// The site that is edited, by its name in reports.
    site: String,
    /// The host whose files are edited; the playbook is played on it alone. None where nothing is edited that machines have.
    #[serde(default)]
    host: Option<String>,
    /// Edits of the site's tree.
    edits: Vec<Edit>,
    /// What the run must say.
    live: LiveExpectations,
}

/// A broken tree and its name.
#[derive(Debug, Clone)]
pub(super) struct Case {
    name: String,
    tree: BrokenTree,
}

/// All broken trees, by name.
pub(super) fn cases(workspace: &Path) -> Result<Vec<Case>, LiveError> {
    let folder = workspace.join(FIXTURES);
    let entries = std::fs::read_dir(&folder).map_err(LiveError::file("read", &folder))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
        let tree = serde_saphyr::from_str(&text).map_err(|error| {
            LiveError::unavailable(format!("{}: {error}", file.display()), "correct the file")
        })?;
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Case { name, tree })
    };
    files.into_iter().map(read).collect()
}

impl Stage {
    /// Plays the broken trees of this site on machines that run the first version, and lays the sound files again after each.
    pub(super) async fn selftest(
        &mut self,
        catalogue: &Catalogue,
        cases: &[Case],
    ) -> Result<Vec<CaseResult>, LiveError> {
        let mut results = Vec::new();
        let name = self.given.name.clone();
        let Some((_, sound)) = self.given.versions.first().cloned() else {
            return Ok(results);
        };
        for case in cases.iter().filter(|case| case.tree.site == name) {
            let start = Instant::now();
            let folder = self.lab.folder().join(&case.name);
            copy_folder(&sound, &folder).map_err(LiveError::file("copy", &sound))?;
            for edit in &case.tree.edits {
                let unusable = |error: SuiteError| {
                    LiveError::unavailable(error.to_string(), "correct the broken tree")
                };
                edit.apply(&folder).map_err(unusable)?;
            }
            let ids = case
                .tree
                .live
                .expected
                .iter()
                .map(|expected| expected.requirement.as_str());
            let phases = phases_for(&self.facts, ids);
            self.say(&format!("broken on purpose: {}", case.tree.about));
            self.site = Site::read(&folder, &self.given)?;
            self.record = Record::new(
                catalogue.clone(),
                planned(&self.facts, &phases, self.wired_as),
            );
            self.lay(case.tree.host.as_deref()).await?;
            for phase in phases {
                self.run(phase).await?;
            }
            results.push(CaseResult {
                name: case.name.clone(),
                about: case.tree.about.clone(),
                verdict: judge(&case.tree.live, &self.record.results()),
            });
            self.site = Site::read(&sound, &self.given)?;
            self.lay(case.tree.host.as_deref()).await?;
            self.timings.push(Timing {
                about: case.name.clone(),
                phase: "broken".to_owned(),
                took: start.elapsed(),
            });
        }
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use am_toolchain::copy_folder;

    use super::cases;

    #[test]
    fn every_broken_tree_is_one_of_an_example() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cases = cases(&workspace).expect("the cases");
        assert!(cases.len() >= 12);
        for case in cases {
            let site = &case.tree.site;
            let names = [format!("vm-{site}"), format!("vm-pattern-{site}")];
            let mut examples = names.iter().map(|name| {
                workspace
                    .join("deployments/examples")
                    .join(name)
                    .join("sites")
            });
            let sites = examples.find(|it| it.is_dir()).expect(site);
            let mut trees = sites.read_dir().expect("its sites").flatten();
            let tree = trees.next().expect("a tree").path();
            let folder = tempfile::tempdir().expect("a folder");
            copy_folder(&tree, folder.path()).expect("a copy");
            for edit in &case.tree.edits {
                edit.apply(folder.path()).expect(&case.name);
            }
            assert!(!case.tree.live.expected.is_empty(), "{}", case.name);
        }
    }
}
