//! Data that is read from another workspace than the program was built from: that it can be used, and its digest.

use std::{fs, path::Path};

use am_deployment_toml::Catalogue as Keys;
use am_product::data;
use walkdir::WalkDir;

use super::{fingerprint::Fingerprint, judges::judges, matrix::Matrix};
use crate::{checks::check_tables, error::SuiteError, facts::Facts, requirement::Catalogue};

/// Whether everything that judges can be read: to be asked once, before a run over data that is not what the program holds.
///
/// # Errors
/// With the file, the line where it is known, and what is wrong.
pub fn check_data() -> Result<(), SuiteError> {
    am_product::check()?;
    Keys::check()?;
    let facts = Facts::load()?;
    rows_are_judged(&facts, &Catalogue::load()?)?;
    Matrix::load(&facts)?;
    check_tables().map_err(SuiteError::usage)
}

/// Every row of the wiring table names a requirement that is judged in each pattern of the row: otherwise nobody would look at it.
fn rows_are_judged(facts: &Facts, catalogue: &Catalogue) -> Result<(), SuiteError> {
    for edge in &facts.edges {
        let row = format!("the row of `{}` on {}", edge.key, edge.on);
        let applies_to = &catalogue.get(&edge.requirement)?.applies_to;
        for pattern in edge.peers.keys() {
            let components = facts.patterns.get(pattern).ok_or_else(|| {
                SuiteError::usage(format!(
                    "facts.yaml: {row} is about pattern {pattern}, which is not described; add it to patterns"
                ))
            })?;
            let concerned = &applies_to.components;
            let is_judged = (applies_to.patterns.is_empty()
                || applies_to.patterns.contains(pattern))
                && !applies_to.except_patterns.contains(pattern)
                && (concerned.is_empty() || concerned.iter().any(|it| components.contains_key(it)));
            if !is_judged {
                return Err(SuiteError::usage(format!(
                    "facts.yaml: {row} is judged by nobody in pattern {pattern}: {} does not apply there; extend its appliesTo",
                    edge.requirement
                )));
            }
        }
    }
    Ok(())
}

/// The digest of the suite: that of the program, and of the data where the program does not hold it.
pub fn suite_digest(program: &str) -> String {
    match data::root() {
        None => program.to_owned(),
        Some(root) => {
            let mut digest = Fingerprint::default();
            digest.add(program);
            digest.add(of_workspace(root));
            digest.finish()
        }
    }
}

/// The digest of all in a workspace that judges.
pub(super) fn of_workspace(root: &Path) -> String {
    let mut digest = Fingerprint::default();
    for judge in judges() {
        let files = WalkDir::new(root.join(judge)).sort_by_file_name();
        // What is not there cannot judge; sources are in the program.
        for file in files
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
        {
            let name = file.path().strip_prefix(root).unwrap_or(file.path());
            digest.add(name.to_string_lossy().as_bytes());
            digest.add(fs::read(file.path()).unwrap_or_default());
        }
    }
    digest.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use am_product::Pattern;

    use super::{of_workspace, rows_are_judged};
    use crate::{facts::Facts, requirement::Catalogue};

    #[test]
    fn a_row_that_no_requirement_judges_in_its_pattern_is_refused() {
        let mut facts = Facts::load().expect("the committed tables parse");
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        rows_are_judged(&facts, &catalogue).expect("every committed row is judged");
        let row = facts
            .edges
            .iter_mut()
            .find(|edge| edge.requirement == "AM-WIRE-011")
            .expect("a row");
        row.peers.insert(Pattern::Numbered(0), row.on);
        let error = rows_are_judged(&facts, &catalogue).expect_err("refused");
        assert!(
            error.to_string().contains("AM-WIRE-011 does not apply"),
            "{error}"
        );
    }

    #[test]
    fn a_change_of_data_that_judges_changes_the_digest_and_no_other_does() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, text: &str| {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
            fs::write(file, text).expect("writable");
        };
        write("product/data/product.yaml", "versions: []");
        let before = of_workspace(folder.path());
        write("docs/a.md", "text");
        assert_eq!(of_workspace(folder.path()), before);
        write("product/data/product.yaml", "versions: [1]");
        let after = of_workspace(folder.path());
        assert_ne!(after, before);
        write("conformance/requirements/facts.yaml", "edges: []");
        assert_ne!(of_workspace(folder.path()), after);
    }
}
