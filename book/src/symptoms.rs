//! The page that leads from what people see to requirements and their fixes.

use std::collections::{BTreeMap, BTreeSet};

use am_conformance::Catalogue;
use am_generator::yaml;
use am_product::data::File;
use serde::{Deserialize, Serialize};

use crate::error::BookError;
use crate::markdown::slug;
use crate::requirements::{Shown, shown};
use crate::template::render;

const DATA: File = File::new(
    "book/data/symptoms.yaml",
    include_str!("../data/symptoms.yaml"),
);
const TEMPLATE: File = File::new(
    "book/templates/troubleshooting.md.hbs",
    include_str!("../templates/troubleshooting.md.hbs"),
);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Symptoms {
    left_out: BTreeMap<String, String>,
    symptoms: Vec<Symptom>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Symptom {
    title: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    requirements: Vec<String>,
    /// Every requirement of this family that is at no other symptom, too.
    #[serde(default)]
    family: Option<String>,
    /// What no requirement asks for, because it is a matter of the cluster or of what was typed.
    #[serde(default)]
    causes: Vec<Cause>,
}

/// What is seen, why, and what to do.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Cause {
    seen: String,
    why: String,
    fix: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    left_out: Vec<LeftOut>,
    symptoms: Vec<Section>,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    family: String,
    why: String,
}

#[derive(Debug, Serialize)]
struct Section {
    title: String,
    anchor: String,
    note: String,
    causes: Vec<Cause>,
    requirements: Vec<Shown>,
}

/// The page in Markdown.
pub(crate) fn page(catalogue: &Catalogue) -> Result<String, BookError> {
    let text = DATA.text()?;
    let data: Symptoms =
        yaml::parse(DATA.path, &text).map_err(|error| BookError::Wrong(error.to_string()))?;
    render(&TEMPLATE, &laid_out(&data, catalogue)?)
}

fn laid_out(data: &Symptoms, catalogue: &Catalogue) -> Result<Page, BookError> {
    let mut named = BTreeSet::new();
    for id in data.symptoms.iter().flat_map(|it| &it.requirements) {
        if !named.insert(id.as_str()) {
            return Err(BookError::Wrong(format!(
                "{}: {id} is at two symptoms; keep the one that people see first",
                DATA.path
            )));
        }
    }
    let with_symptom: BTreeSet<&str> = data
        .symptoms
        .iter()
        .filter_map(|it| it.family.as_deref())
        .collect();
    for requirement in catalogue.iter() {
        let family = requirement.family.name();
        let is_left_out = with_symptom.contains(family) || data.left_out.contains_key(family);
        if !is_left_out && !named.contains(requirement.id.as_str()) {
            return Err(BookError::Wrong(format!(
                "{}: {} ({}) is at no symptom; add it to the one that people see when it is broken",
                DATA.path, requirement.id, requirement.title
            )));
        }
    }
    let mut symptoms = Vec::new();
    for symptom in &data.symptoms {
        let mut ids: Vec<&str> = symptom.requirements.iter().map(String::as_str).collect();
        if let Some(family) = &symptom.family {
            let rest = catalogue.iter().filter(|it| it.family.name() == family);
            ids.extend(
                rest.map(|it| it.id.as_str())
                    .filter(|id| !named.contains(id)),
            );
        }
        symptoms.push(Section {
            title: symptom.title.clone(),
            anchor: slug(&symptom.title.replace('`', "")),
            note: symptom.note.clone(),
            causes: symptom.causes.clone(),
            requirements: shown(catalogue, ids)?,
        });
    }
    let left_out = data.left_out.iter().map(|(family, why)| LeftOut {
        family: family.clone(),
        why: why.clone(),
    });
    Ok(Page {
        left_out: left_out.collect(),
        symptoms,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use am_conformance::Catalogue;

    use super::{Symptom, Symptoms, laid_out, page};

    fn data(requirements: &[&str]) -> Symptoms {
        Symptoms {
            left_out: BTreeMap::new(),
            symptoms: vec![Symptom {
                title: "a".to_owned(),
                note: String::new(),
                requirements: requirements.iter().map(|id| (*id).to_owned()).collect(),
                family: None,
                causes: Vec::new(),
            }],
        }
    }

    #[test]
    fn every_requirement_is_at_one_symptom() {
        let catalogue = Catalogue::load().expect("requirements");
        let page = page(&catalogue).expect("the committed symptoms are complete");
        for id in ["AM-WIRE-008", "AM-OPS-023", "AM-INT-001"] {
            assert_eq!(page.matches(&format!("| [{id}](")).count(), 1, "{id}");
        }
    }

    /// What a newcomer meets first, and no requirement asks for.
    #[test]
    fn first_failures_have_their_causes() {
        let page = page(&Catalogue::load().expect("requirements")).expect("made");
        let (_, section) = page
            .split_once("\n## The first installation does not come up\n")
            .expect("the section");
        let (section, _) = section.split_once("\n## ").expect("others follow");
        for seen in [
            "ImagePullBackOff",
            "Pending",
            "OOMKilled",
            "CrashLoopBackOff",
            "Init",
        ] {
            assert!(section.contains(&format!("`{seen}`")), "{seen}");
        }
        assert!(!section.contains("| requirement |"), "{section}");
    }

    #[test]
    fn a_requirement_without_symptom_or_with_two_or_misspelt_is_refused() {
        let catalogue = Catalogue::load().expect("requirements");
        let told = |ids: &[&str]| {
            let error = laid_out(&data(ids), &catalogue).expect_err("refused");
            error.to_string()
        };
        assert!(told(&[]).contains("AM-DIST-001 (Image"), "{}", told(&[]));
        let twice = told(&["AM-OPS-001", "AM-OPS-001"]);
        assert!(twice.contains("AM-OPS-001 is at two symptoms"), "{twice}");
        let mut all: Vec<&str> = catalogue.iter().map(|it| it.id.as_str()).collect();
        all.push("AM-WRE-008");
        let misspelt = told(&all);
        assert!(misspelt.contains("did you mean AM-WIRE-008?"), "{misspelt}");
    }
}
