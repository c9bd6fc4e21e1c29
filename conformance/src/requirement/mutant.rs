//! Mutants: changes to a conformant chart that a check must notice.

use am_product::Pattern;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::component::Component;

/// A change to a conformant subject. Its requirement must report it, and no other may, except those in
/// `also`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mutant {
    /// Short name, unique within the requirement.
    pub name: String,
    /// Pattern whose chart is changed; without it the first one that the requirement applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// Platform overlay; without it the one of the self-test's base subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Variant of the matrix; without it the plain combination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Product version; without it the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the changed chart still renders, as it must unless that is what the requirement judges.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub renders: bool,
    /// What is changed, in this order.
    pub steps: Vec<Step>,
    /// Values with which the chart is rendered, before the steps; the unchanged chart must be green with
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, Value>,
    /// Other requirements that rightly report this change as well, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// One change. Exactly one of `on`, `toml`, `values`, `chart` and `tree` says what is changed, and exactly one
/// verb how.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Rendered documents to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Selector>,
    /// `deployment.toml` files to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toml: Option<TomlSelector>,
    /// Values to render with (dotted path to value).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// A file of the chart to change, such as `values.yaml`, relative to the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// A file of the host tree to change, relative to the tree; `*` stands for any characters but `/`, and every file that it fits is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,

    /// Verb: path that is set to `to` (JSON pointer in documents, dotted key in a toml).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// The new value of `set`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// Verb: path that is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
    /// Verb: the whole document is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
    /// Verb: the document is added once more under this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_as: Option<String>,
    /// Verb: text that is replaced, everywhere in the selected document or file, by `with`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
    /// The new text of `replace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Verb: text that is added at the end of a toml, or a file of a chart or tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append: Option<String>,
    /// Verb: a whole document that is added to the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<Value>,
}

/// Chooses rendered documents. Every field given must match; a selector that matches nothing makes the
/// mutant void, which is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selector {
    /// Kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Component label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// Ending of the name, such as `-headless`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_ends: Option<String>,
    /// Endings that the name must not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_not_ends: Vec<String>,
}

/// Chooses `deployment.toml` files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TomlSelector {
    /// Component that reads the file.
    pub component: Component,
    /// Node, from 0; without it every node's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<usize>,
}

impl Step {
    /// Whether the step says what it changes and how, once each.
    pub(super) fn validate(&self) -> Result<(), String> {
        let targets = usize::from(self.on.is_some())
            + usize::from(self.toml.is_some())
            + usize::from(!self.values.is_empty())
            + usize::from(self.chart.is_some())
            + usize::from(self.tree.is_some())
            + usize::from(self.add.is_some());
        if targets != 1 {
            return Err(
                "a step needs exactly one of `on`, `toml`, `values`, `chart`, `tree` and `add`"
                    .into(),
            );
        }
        let verbs = usize::from(self.set.is_some())
            + usize::from(self.remove.is_some())
            + usize::from(self.delete)
            + usize::from(self.copy_as.is_some())
            + usize::from(self.replace.is_some())
            + usize::from(self.append.is_some());
        let wanted = usize::from(self.values.is_empty() && self.add.is_none());
        if verbs != wanted {
            return Err(format!(
                "a step needs {} here",
                if wanted == 1 {
                    "exactly one verb"
                } else {
                    "no verb"
                }
            ));
        }
        if self.set.is_some() != self.to.is_some() {
            return Err("`set` and `to` belong together".into());
        }
        if self.replace.is_some() != self.with.is_some() {
            return Err("`replace` and `with` belong together".into());
        }
        Ok(())
    }
}
