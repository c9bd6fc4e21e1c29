//! The values that only an operator knows, and which the suite plays.

use std::path::{Path, PathBuf};

use am_product::Pattern;

use crate::{facts::Facts, requirement::Layer};

/// Values files that go with an overlay, later ones winning: what every pattern of API Manager needs, and what a component
/// needs besides (`aws-key-manager.yaml`).
pub fn operator_values(
    workspace: &Path,
    facts: &Facts,
    pattern: Pattern,
    platform: &str,
) -> Vec<PathBuf> {
    let components = facts.patterns.get(&pattern).into_iter().flatten();
    let of_components = components.map(|(component, _)| format!("{platform}-{component}.yaml"));
    let of_all = match Layer::of(pattern) {
        Layer::ApiManagement => Some(format!("{platform}.yaml")),
        Layer::Integration => None,
    };
    of_all
        .into_iter()
        .chain(of_components)
        .map(|name| workspace.join("fixtures/values").join(name))
        .filter(|file| file.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::{Pattern, operator_values};
    use crate::facts::Facts;

    #[test]
    fn only_patterns_with_a_key_manager_are_told_its_host() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let facts = Facts::load().expect("the committed facts are well-formed");
        let with: BTreeSet<Pattern> = (0..=5)
            .map(Pattern::Numbered)
            .filter(|pattern| operator_values(&workspace, &facts, *pattern, "aws").len() == 2)
            .collect();
        assert_eq!(with, BTreeSet::from([4, 5].map(Pattern::Numbered)));
        assert!(operator_values(&workspace, &facts, Pattern::Numbered(4), "dev").is_empty());
    }
}
