//! Reads `conformance/requirements` strictly.

use std::{collections::BTreeMap, path::PathBuf};

use am_product::data::File;
use serde::Deserialize;

use super::{AppliesWhen, Family, Ground, Layer, Requirement, own};
use crate::error::SuiteError;

/// The requirement files, held so that every command knows them wherever it runs.
const FILES: [(Family, File); 13] = [
    (
        Family::Distribution,
        File::new(
            "conformance/requirements/distribution.yaml",
            include_str!("../../requirements/distribution.yaml"),
        ),
    ),
    (
        Family::Topology,
        File::new(
            "conformance/requirements/topology.yaml",
            include_str!("../../requirements/topology.yaml"),
        ),
    ),
    (
        Family::Wiring,
        File::new(
            "conformance/requirements/wiring.yaml",
            include_str!("../../requirements/wiring.yaml"),
        ),
    ),
    (
        Family::Configuration,
        File::new(
            "conformance/requirements/configuration.yaml",
            include_str!("../../requirements/configuration.yaml"),
        ),
    ),
    (
        Family::Network,
        File::new(
            "conformance/requirements/network.yaml",
            include_str!("../../requirements/network.yaml"),
        ),
    ),
    (
        Family::Region,
        File::new(
            "conformance/requirements/region.yaml",
            include_str!("../../requirements/region.yaml"),
        ),
    ),
    (
        Family::Integration,
        File::new(
            "conformance/requirements/integration.yaml",
            include_str!("../../requirements/integration.yaml"),
        ),
    ),
    (
        Family::Machine,
        File::new(
            "conformance/requirements/machine.yaml",
            include_str!("../../requirements/machine.yaml"),
        ),
    ),
    (
        Family::Security,
        File::new(
            "conformance/requirements/security.yaml",
            include_str!("../../requirements/security.yaml"),
        ),
    ),
    (
        Family::Operations,
        File::new(
            "conformance/requirements/operations.yaml",
            include_str!("../../requirements/operations.yaml"),
        ),
    ),
    (
        Family::Upgrade,
        File::new(
            "conformance/requirements/upgrade.yaml",
            include_str!("../../requirements/upgrade.yaml"),
        ),
    ),
    (
        Family::Helm,
        File::new(
            "conformance/requirements/helm.yaml",
            include_str!("../../requirements/helm.yaml"),
        ),
    ),
    (
        Family::Kubernetes,
        File::new(
            "conformance/requirements/kubernetes.yaml",
            include_str!("../../requirements/kubernetes.yaml"),
        ),
    ),
];

/// Every requirement, in the order of families and then of their files.
#[derive(Debug, Clone)]
pub struct Catalogue {
    requirements: Vec<Requirement>,
    by_id: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FamilyFile {
    /// On what servers run that its requirements are about, unless one says otherwise.
    #[serde(default)]
    runs_on: Vec<Ground>,
    /// The layers of the product that its requirements are about, unless one says otherwise.
    #[serde(default)]
    layers: Vec<Layer>,
    requirements: Vec<Requirement>,
}

impl Catalogue {
    /// The requirements of this run.
    ///
    /// # Errors
    /// When a file breaks a rule: an unknown field, a duplicate or misnamed id, a requirement without a
    /// mutant.
    pub fn load() -> Result<Self, SuiteError> {
        Self::load_with(&[])
    }

    /// The requirements of the suite, and those of files that users bring.
    ///
    /// # Errors
    /// As [`Self::load`]; for files of users, with their line.
    pub(crate) fn load_with(files: &[PathBuf]) -> Result<Self, SuiteError> {
        let mut requirements = Vec::new();
        for (family, file) in FILES {
            requirements.extend(parse(family, &file.text()?)?);
        }
        for file in files {
            requirements.extend(own::read(file)?);
        }
        let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
        for (index, requirement) in requirements.iter().enumerate() {
            if let Some(first) = by_id.insert(requirement.id.clone(), index) {
                let first = requirements[first].own.as_ref();
                let first =
                    first.map_or_else(String::new, |own| format!(", first in {}", own.place()));
                let message = format!("{} is there twice{first}", requirement.id);
                return Err(wrong_in(requirement, message));
            }
        }
        for requirement in &requirements {
            for mutant in &requirement.mutants {
                if let Some(unknown) = mutant.also.keys().find(|id| !by_id.contains_key(*id)) {
                    let message = format!(
                        "{}: mutant {} names the unknown requirement {unknown}",
                        requirement.id, mutant.name
                    );
                    return Err(wrong_in(requirement, message));
                }
            }
        }
        Ok(Self {
            requirements,
            by_id,
        })
    }

    /// Every requirement.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.requirements.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirement called `id`.
    ///
    /// # Errors
    /// When there is none; the message proposes the one that was probably meant.
    pub fn get(&self, id: &str) -> Result<&Requirement, SuiteError> {
        if let Some(&index) = self.by_id.get(id) {
            return Ok(&self.requirements[index]);
        }
        let upper = id.to_uppercase();
        let hint = am_suggest::near(&upper, self.by_id.keys().map(String::as_str))
            .map(|known| format!(", did you mean {known}?"))
            .or_else(|| {
                let is_own = !upper.starts_with("AM-") && upper.contains('-');
                is_own.then(|| ": the file that has it is given with --requirements".to_owned())
            })
            .unwrap_or_default();
        Err(SuiteError::usage(format!(
            "unknown requirement `{id}`{hint}"
        )))
    }

    /// The requirements that `pattern` names: an id (`AM-WIRE-003`), a family (`wiring`), or the start of
    /// an id (`AM-WIRE`).
    ///
    /// # Errors
    /// When it names none.
    pub fn select(&self, pattern: &str) -> Result<Vec<&Requirement>, SuiteError> {
        let found: Vec<&Requirement> = self
            .iter()
            .filter(|requirement| {
                requirement.id == pattern
                    || requirement.family.name() == pattern
                    || (!pattern.is_empty()
                        && requirement
                            .id
                            .starts_with(&format!("{}-", pattern.trim_end_matches('-'))))
            })
            .collect();
        if found.is_empty() {
            return self.get(pattern).map(|requirement| vec![requirement]);
        }
        Ok(found)
    }
}

fn parse(family: Family, text: &str) -> Result<Vec<Requirement>, SuiteError> {
    let file: FamilyFile = crate::yaml::read(text).map_err(|error| wrong(family, error))?;
    let mut requirements = file.requirements;
    for requirement in &mut requirements {
        requirement.family = family;
        if requirement.applies_to.runs_on.is_empty() {
            requirement.applies_to.runs_on.clone_from(&file.runs_on);
        }
        if requirement.applies_to.layers.is_empty() {
            requirement.applies_to.layers.clone_from(&file.layers);
        }
        let id = &requirement.id;
        let number = id.strip_prefix(family.prefix()).unwrap_or_default();
        if number.len() != 3 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong(
                family,
                format!("`{id}` must be {} and three digits", family.prefix()),
            ));
        }
        let word = requirement.level.to_string();
        if !requirement.text.contains(&word) {
            return Err(wrong(
                family,
                format!("the text of {id} must say {word}, as its level does"),
            ));
        }
        if requirement.mutants.is_empty() {
            return Err(wrong(
                family,
                format!("{id} has no mutant, so nothing proves that its check can fail"),
            ));
        }
        if let Some(Err(message)) = requirement.applies_when.as_ref().map(AppliesWhen::validate) {
            return Err(wrong(family, format!("{id}: {message}")));
        }
        let mut names: Vec<&str> = requirement
            .mutants
            .iter()
            .map(|mutant| mutant.name.as_str())
            .collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(wrong(
                family,
                format!("{id} has two mutants called `{twice}`"),
            ));
        }
        for mutant in &requirement.mutants {
            if mutant.steps.is_empty() {
                return Err(wrong(
                    family,
                    format!("mutant `{}` of {id} changes nothing", mutant.name),
                ));
            }
            for step in &mutant.steps {
                step.validate().map_err(|message| {
                    wrong(
                        family,
                        format!("mutant `{}` of {id}: {message}", mutant.name),
                    )
                })?;
            }
        }
    }
    Ok(requirements)
}

fn wrong_in(requirement: &Requirement, message: String) -> SuiteError {
    match &requirement.own {
        Some(own) => SuiteError::Requirements {
            file: own.place(),
            message,
        },
        None => wrong(requirement.family, message),
    }
}

fn wrong(family: Family, message: String) -> SuiteError {
    SuiteError::Requirements {
        file: format!("{}.yaml", family.name()),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, parse};

    const GOOD: &str = r"
requirements:
  - id: AM-DIST-001
    level: MUST
    title: t
    text: A chart MUST be good.
    source: s
    example: {failure: f, fix: x}
    mutants:
      - name: m
        steps: [{on: {kind: Service}, delete: true}]
";

    fn message(text: &str) -> String {
        parse(Family::Distribution, text)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_requirement_is_read_with_its_family() {
        let read = parse(Family::Distribution, GOOD).unwrap_or_default();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].family, Family::Distribution);
    }

    #[test]
    fn an_unknown_field_is_an_error_with_its_line() {
        let message = message(&GOOD.replace("source: s", "sauce: s"));
        assert!(
            message.contains("sauce") && message.contains("distribution.yaml"),
            "{message}"
        );
    }

    #[test]
    fn a_requirement_without_a_mutant_is_an_error() {
        let cut = GOOD
            .split("    mutants:")
            .next()
            .unwrap_or_default()
            .to_owned()
            + "    mutants: []\n";
        assert!(message(&cut).contains("has no mutant"));
    }

    #[test]
    fn an_id_of_another_family_is_an_error() {
        assert!(message(&GOOD.replace("AM-DIST", "AM-WIRE")).contains("AM-DIST- and three digits"));
    }

    /// RFC 2119 forbids by MUST NOT; "nothing MUST" forbids nothing.
    #[test]
    fn what_is_forbidden_is_forbidden_by_must_not() {
        let words = regex::Regex::new(r"(?i)(^|[,;:] )(on \w+ )?(nothing|nobody|none|no one|no \w+( \w+)?|neither)\b[^,;]* (MUST|SHOULD)\b")
            .expect("a pattern");
        assert!(words.is_match("Nothing MUST start a server."));
        assert!(words.is_match("On OpenShift no pod MUST fix the user."));
        let catalogue = super::Catalogue::load().expect("the requirements are well-formed");
        for requirement in catalogue.iter() {
            assert!(
                !words.is_match(&requirement.text),
                "{}: {}",
                requirement.id,
                requirement.text
            );
        }
    }

    #[test]
    fn a_text_without_its_level_is_an_error() {
        assert!(message(&GOOD.replace("MUST be", "should be")).contains("must say MUST"));
    }

    #[test]
    fn a_step_with_two_verbs_is_an_error() {
        assert!(
            message(&GOOD.replace("delete: true", "delete: true, remove: /spec"))
                .contains("one verb")
        );
    }
}
