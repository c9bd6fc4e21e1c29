//! Trees of templates, made by Go's own parser in the render server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A template file as Go reads it: its own body and the named templates that it defines.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct TemplateTree {
    /// What stands outside of named templates.
    pub body: Vec<TemplateNode>,
    /// Bodies of the named templates.
    pub definitions: BTreeMap<String, Vec<TemplateNode>>,
}

/// A part of a template's body.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TemplateNode {
    /// Text, without the white space that `{{-` and `-}}` trim.
    Text(String),
    /// An action that writes its result or sets a variable.
    Action(Pipeline),
    /// `if`: condition, body, and body of `else`; the condition does not change the dot.
    If(Pipeline, Vec<TemplateNode>, Vec<TemplateNode>),
    /// `with`
    With(Pipeline, Vec<TemplateNode>, Vec<TemplateNode>),
    /// `range`
    Range(Pipeline, Vec<TemplateNode>, Vec<TemplateNode>),
    /// `template "name" argument`; without an argument the pipeline has no commands.
    Template(String, Pipeline),
}

/// Commands whose results are passed on from left to right.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Pipeline {
    /// Variables that it sets.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Whether it declares them, as opposed to assigning.
    #[serde(default)]
    pub declares: bool,
    /// Commands: a function or a value, and its arguments.
    pub commands: Vec<Vec<Operand>>,
    /// Line of the action, from 1.
    pub line: usize,
}

/// A function or an argument.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operand {
    /// `.a.b`; nothing for the dot itself.
    Field(Vec<String>),
    /// `$x.a.b`; the name is empty for `$`.
    Variable(String, Vec<String>),
    /// A pipeline in parentheses and the fields that follow it.
    Group(Box<Pipeline>, Vec<String>),
    /// A string.
    String(String),
    /// A whole number.
    Number(i64),
    /// A boolean, `nil` or another number.
    Literal(()),
    /// A function by name.
    Function(String),
}

#[derive(Serialize)]
pub(crate) struct ParseQuestion<'a> {
    pub(crate) templates: Vec<TemplateText<'a>>,
}

#[derive(Serialize)]
pub(crate) struct TemplateText<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

#[derive(Deserialize)]
pub(crate) struct TemplateAnswer {
    body: Option<Vec<TemplateNode>>,
    definitions: Option<BTreeMap<String, Vec<TemplateNode>>>,
    error: Option<String>,
}

impl From<TemplateAnswer> for Result<TemplateTree, String> {
    fn from(answer: TemplateAnswer) -> Self {
        match answer.error {
            Some(error) => Err(error),
            None => Ok(TemplateTree {
                body: answer.body.unwrap_or_default(),
                definitions: answer.definitions.unwrap_or_default(),
            }),
        }
    }
}
