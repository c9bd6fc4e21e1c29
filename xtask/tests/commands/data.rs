//! `programs.yaml`: what nothing can judge here, and why.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Data {
    /// Pages whose blocks are run by another test, by the start of their names, and which test.
    run_elsewhere: BTreeMap<String, String>,
    /// Programs whose command lines are judged.
    pub(crate) judged: Vec<String>,
    /// Programs that nothing judges, with the reason.
    pub(crate) trusted: BTreeMap<String, String>,
    /// Examples with output that are not run, with the reason; one that ends in ` …` stands for all that begin so.
    not_run: BTreeMap<String, String>,
    /// Files that commands read, and nothing here makes.
    pub(crate) files: Vec<String>,
    /// Folders that earlier commands make.
    pub(crate) folders: Vec<String>,
}

impl Data {
    pub(crate) fn read() -> Self {
        serde_saphyr::from_str(include_str!("programs.yaml")).expect("programs.yaml is well-formed")
    }

    pub(crate) fn is_not_run(&self, command: &str) -> bool {
        self.not_run
            .keys()
            .any(|known| match known.strip_suffix('…') {
                Some(start) => command.starts_with(start),
                None => command == known,
            })
    }

    pub(crate) fn is_run_elsewhere(&self, page: &str) -> bool {
        self.run_elsewhere
            .keys()
            .any(|start| page.starts_with(start))
    }
}
