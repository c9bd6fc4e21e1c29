//! The values that only an operator knows, and which the suite plays.

use std::path::{Path, PathBuf};

use crate::facts::Facts;

/// Values files that go with an overlay, later ones winning: what every pattern needs, and what a component
/// needs besides (`aws-key-manager.yaml`).
pub fn operator_values(
    workspace: &Path,
    facts: &Facts,
    pattern: u8,
    platform: &str,
) -> Vec<PathBuf> {
    let components = facts.patterns.get(&pattern).into_iter().flatten();
    let of_components = components.map(|(component, _)| format!("{platform}-{component}.yaml"));
    std::iter::once(format!("{platform}.yaml"))
        .chain(of_components)
        .map(|name| workspace.join("fixtures/values").join(name))
        .filter(|file| file.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::operator_values;
    use crate::facts::Facts;

    #[test]
    fn only_patterns_with_a_key_manager_are_told_its_host() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let facts = Facts::load().expect("the committed facts are well-formed");
        let with: BTreeSet<u8> = (0..=5)
            .filter(|pattern| operator_values(&workspace, &facts, *pattern, "aws").len() == 2)
            .collect();
        assert_eq!(with, BTreeSet::from([4, 5]));
        assert!(operator_values(&workspace, &facts, 4, "dev").is_empty());
    }
}
