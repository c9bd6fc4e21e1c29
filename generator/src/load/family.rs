//! The families of charts: API Manager's, and those of products beside it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Layer;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::generate::{GenerateError, Selection, generate};
use crate::model::{FAMILIES, Model};
use crate::template::Templates;
use crate::tree::ChartTree;
use crate::yaml::{self, Text};

/// The folder of the generator below the repository's root.
const GENERATOR: &str = "generator";

/// Files that a family may be without.
const OPTIONAL: [&str; 8] = [
    "configuration",
    "events.yaml",
    "gateway-classes.yaml",
    "observability/alerts.yaml",
    "observability/logs.yaml",
    "observability/metrics.yaml",
    "observability/panels.yaml",
    "wiring.yaml",
];

/// `families/<name>/family.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Declaration {
    /// Equals the folder's name.
    name: Text,
    /// Files of a model that it has not.
    #[serde(default)]
    without: Vec<Text>,
    /// What it takes from elsewhere.
    shares: Vec<Share>,
}

/// What a family takes from one folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Share {
    /// A folder with `model/` and `templates/`, below the generator's.
    from: Text,
    /// Files and folders of its model.
    #[serde(default)]
    model: Vec<Text>,
    /// Files and folders of its `templates/rendered/`.
    #[serde(default)]
    templates: Vec<Text>,
}

/// The charts of one product.
#[derive(Debug)]
struct Family {
    model: Model,
    templates: Templates,
}

/// All families: API Manager's first, then those that `generator/families.yaml` lists.
#[derive(Debug)]
pub struct Families(Vec<Family>);

impl Families {
    /// Reads every family of a repository; without a list of families, API Manager's alone.
    pub fn load(root: &Path) -> Result<Self, Diagnostics> {
        let names: Vec<Text> = if root.join(listing()).exists() {
            declaration(root, &listing())?
        } else {
            Vec::new()
        };
        Self::load_listed(root, &names)
    }

    /// Reads API Manager's family and those of the given names, whether or not the repository lists them.
    pub fn load_named(root: &Path, names: &[&str]) -> Result<Self, Diagnostics> {
        let text = serde_json::json!(names).to_string();
        let names: Vec<Text> = yaml::parse(&listing(), &text).map_err(one)?;
        Self::load_listed(root, &names)
    }

    fn load_listed(root: &Path, names: &[Text]) -> Result<Self, Diagnostics> {
        let generator = root.join(GENERATOR);
        let model = Model::load(&generator.join("model"), &format!("{GENERATOR}/model"))?;
        let templates = Templates::load(
            &generator.join("templates"),
            &format!("{GENERATOR}/templates"),
        )?;
        let mut families = vec![Family { model, templates }];
        for name in names {
            if !generator.join(FAMILIES).join(&name.value).is_dir() {
                let message = format!("there is no family `{}`", name.value);
                let hint = format!("make the folder {GENERATOR}/{FAMILIES}{}", name.value);
                let folders = folders(&generator.join(FAMILIES));
                let meant = am_suggest::hint(&name.value, folders.iter().map(String::as_str));
                let place = yaml::place(&listing(), name.referenced);
                let diagnostic = Diagnostic::new(place, message).hint(hint);
                return Err(one(diagnostic.maybe_hint(meant)));
            }
            let mut family = Self::family(root, &name.value)?;
            let earlier: Vec<&Model> = families.iter().map(|family| &family.model).collect();
            agree(&earlier, &family.model)?;
            let key = &families[0].model.product.value.sign_key;
            family.model.product.value.sign_key.clone_from(key);
            families.push(family);
        }
        Ok(Self(families))
    }

    /// API Manager alone, with a model and templates that lie elsewhere.
    pub fn of(model: Model, templates: Templates) -> Self {
        Self(vec![Family { model, templates }])
    }

    /// API Manager's model.
    pub fn main(&self) -> &Model {
        &self.0[0].model
    }

    /// The models of all families, API Manager's first.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.0.iter().map(|family| &family.model)
    }

    /// Every chart of every family, beside the newest version of API Manager.
    pub fn all(&self) -> Selection {
        let mut selection = Selection::all(self.main());
        let others = self.models().skip(1).flat_map(|model| &model.patterns);
        selection
            .patterns
            .extend(others.map(|pattern| pattern.name.value.clone()));
        selection
    }

    /// The family that has a chart.
    pub fn of_chart(&self, name: &str) -> Option<&Model> {
        self.models().find(|model| model.pattern(name).is_some())
    }

    /// Names of charts, in their order: each wanted one is a number of API Manager's patterns, or a name.
    ///
    /// # Errors
    /// The first that is neither.
    pub fn named<'w>(&self, wanted: &'w [String]) -> Result<Vec<String>, &'w str> {
        let numbered = &self.main().patterns;
        let name = |wanted: &str| {
            let mut numbered = numbered.iter();
            let found = numbered.find(|known| known.number.to_string() == wanted);
            found.map_or_else(|| wanted.to_owned(), |known| known.name.value.clone())
        };
        let mut names = self.all().patterns;
        if let Some(unknown) = wanted.iter().find(|wanted| !names.contains(&name(wanted))) {
            return Err(unknown);
        }
        names.retain(|known| wanted.iter().any(|wanted| name(wanted) == *known));
        Ok(names)
    }

    /// Makes the charts of a selection, whose version is API Manager's: each other family's is the one beside it.
    pub fn generate(&self, selection: &Selection) -> Result<ChartTree, GenerateError> {
        let known = self.models().flat_map(|model| &model.patterns);
        let known: Vec<&str> = known.map(|pattern| pattern.name.value.as_str()).collect();
        let mut wanted = selection.patterns.iter();
        if let Some(name) = wanted.find(|name| !known.contains(&name.as_str())) {
            return Err(GenerateError::Unknown {
                what: "pattern",
                name: name.clone(),
                hint: am_suggest::hint(name, known),
            });
        }
        let mut tree = ChartTree::default();
        for (index, family) in self.0.iter().enumerate() {
            let mine = |name: &&String| family.model.pattern(name).is_some();
            let patterns: Vec<String> = selection.patterns.iter().filter(mine).cloned().collect();
            let version = family.model.version_beside(&selection.version);
            let own = Selection {
                version: version.map_or_else(
                    || selection.version.clone(),
                    |version| version.version.value.clone(),
                ),
                patterns,
            };
            // API Manager's family refuses a version that there is not.
            if own.patterns.is_empty() && index > 0 {
                continue;
            }
            tree.extend(generate(&family.model, &family.templates, &own)?);
        }
        Ok(tree)
    }

    fn family(root: &Path, name: &str) -> Result<Family, Diagnostics> {
        let folder = format!("{GENERATOR}/{FAMILIES}{name}");
        let file = format!("{folder}/family.yaml");
        let declared: Declaration = declaration(root, &file)?;
        let mut diagnostics = Diagnostics::default();
        if declared.name.value != name {
            let message = format!(
                "the name `{}` differs from the folder's",
                declared.name.value
            );
            let place = yaml::place(&file, declared.name.referenced);
            diagnostics.push(Diagnostic::new(place, message).hint(format!("write `{name}`")));
        }
        for missing in &declared.without {
            if !OPTIONAL.contains(&missing.value.as_str()) {
                let message = format!("no family can be without `{}`", missing.value);
                let place = yaml::place(&file, missing.referenced);
                let hint = am_suggest::hint(&missing.value, OPTIONAL);
                diagnostics.push(Diagnostic::new(place, message).maybe_hint(hint));
            }
        }
        let own =
            |part: &str| Layer::whole(&root.join(&folder).join(part), &format!("{folder}/{part}"));
        let (mut model, mut templates) = (vec![own("model")], vec![own("templates")]);
        for share in &declared.shares {
            let from = join(GENERATOR, &share.from.value);
            let layer = |part: &str, only: Vec<Text>| Layer {
                directory: root.join(&from).join(part),
                label: format!("{from}/{part}"),
                only: Some(only),
            };
            model.push(layer("model", share.model.clone()));
            templates.push(layer("templates", rendered(&share.templates)));
        }
        for layer in model.iter().chain(&templates) {
            layer.check(&file, &mut diagnostics);
        }
        diagnostics.into_result((), &[(file.clone(), text(root, &file)?)].into())?;
        let without: Vec<&str> = crate::model::strings(&declared.without).collect();
        Ok(Family {
            model: Model::load_layers(&model, &without)?,
            templates: Templates::load_layers(&templates)?,
        })
    }
}

/// Names of the folders that declare a family.
fn folders(families: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(families).into_iter().flatten().flatten();
    let declared = entries.filter(|entry| entry.path().join("family.yaml").is_file());
    declared
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// The file that lists the families.
fn listing() -> String {
    format!("{GENERATOR}/families.yaml")
}

/// Paths below `rendered/`.
fn rendered(paths: &[Text]) -> Vec<Text> {
    let below = |path: &Text| Text {
        value: format!("rendered/{}", path.value),
        ..path.clone()
    };
    paths.iter().map(below).collect()
}

fn join(folder: &str, below: &str) -> String {
    if below == "." {
        folder.to_owned()
    } else {
        format!("{folder}/{below}")
    }
}

/// Each version of API Manager has exactly one of the family beside it, no chart has the name of another's, and one key signs all packages.
fn agree(earlier: &[&Model], family: &Model) -> Result<(), Diagnostics> {
    let main = earlier[0];
    let mut diagnostics = Diagnostics::default();
    if family.product.sign_key.is_some() {
        let message = "has a `sign-key`, but one key signs the packages of all families";
        let hint = format!("write it to {}", main.product.file);
        diagnostics.push(Diagnostic::new(Place::file(&family.product.file), message).hint(hint));
    }
    for version in &family.versions {
        let Some(beside) = &version.beside else {
            let message = "says no version of API Manager beside which it is used";
            let hint = "write `beside: <version>`";
            diagnostics.push(version.diagnose(&version.version, message).hint(hint));
            continue;
        };
        if main.version(&beside.value).is_none() {
            let message = format!("there is no version {} of API Manager", beside.value);
            let known = main
                .versions
                .iter()
                .map(|known| known.version.value.as_str());
            let hint = am_suggest::hint(&beside.value, known);
            diagnostics.push(version.diagnose(beside, message).maybe_hint(hint));
        }
        let mut others = family.versions.iter().filter(|other| {
            let other = &other.value;
            other.version.value != version.version.value
                && other
                    .beside
                    .as_ref()
                    .is_some_and(|other| other.value == beside.value)
        });
        if others.next().is_some() {
            let message = format!(
                "several versions are beside {} of API Manager",
                beside.value
            );
            let hint = "keep it in one of them";
            diagnostics.push(version.diagnose(beside, message).hint(hint));
        }
    }
    for known in &main.versions {
        if family.version_beside(&known.version.value).is_none() {
            let message = format!(
                "no version is beside {} of API Manager",
                known.version.value
            );
            let hint = format!("add a file to {}/versions", family.label);
            diagnostics
                .push(Diagnostic::new(Place::file(&family.product.file), message).hint(hint));
        }
    }
    for pattern in &family.patterns {
        let name = &pattern.name.value;
        if let Some(other) = earlier.iter().find(|other| other.pattern(name).is_some()) {
            let message = format!("{} has a chart `{name}` already", other.product.name);
            diagnostics.push(pattern.diagnose(&pattern.name, message));
        }
    }
    diagnostics.into_result((), &BTreeMap::new())
}

fn text(root: &Path, file: &str) -> Result<String, Diagnostics> {
    std::fs::read_to_string(root.join(file)).map_err(|error| {
        one(Diagnostic::new(
            Place::file(file),
            format!("cannot be read: {error}"),
        ))
    })
}

fn declaration<T: serde::de::DeserializeOwned>(root: &Path, file: &str) -> Result<T, Diagnostics> {
    yaml::parse(file, &text(root, file)?).map_err(one)
}

fn one(diagnostic: Diagnostic) -> Diagnostics {
    let mut all = Diagnostics::default();
    all.push(diagnostic);
    all
}
