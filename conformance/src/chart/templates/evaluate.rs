//! Follows values through templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use am_toolchain::{Operand, Pipeline, RenderError, TemplateNode, TemplateTree};

use super::abstract_value::{Abstract, Segment};
use crate::upstream::Upstream;

/// A place in the values; many lines read the same, so they share it.
pub(crate) type ValuePath = Arc<[Segment]>;

/// A place in the values that a template reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    /// Where in the values.
    pub(crate) path: ValuePath,
    /// Whether everything below is used too.
    pub(crate) whole: bool,
    /// Whether the template reads exactly this, as opposed to perhaps.
    pub(crate) certain: bool,
    /// Template file.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: usize,
}

/// What templates use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Usage {
    /// Every read, sorted.
    pub(crate) reads: Vec<Read>,
    /// Why other reads may be hidden, if they may.
    pub(crate) hidden: Option<String>,
    /// What each line reads, by file and line; what the named templates read that it calls is part of it.
    pub(crate) lines: BTreeMap<(String, usize), BTreeSet<ValuePath>>,
}

impl Usage {
    /// Whether a value without entries of its own is read.
    pub(crate) fn uses(&self, path: &[String]) -> bool {
        self.reads.iter().any(|read| {
            let common = read.path.iter().zip(path).all(|(own, key)| own.may_be(key));
            // What is read below some entry of a map says nothing about an entry that has nothing below it.
            let is_below_any = read.path.len() > path.len()
                && path
                    .len()
                    .checked_sub(1)
                    .is_some_and(|last| read.path[last] == Segment::Any);
            common && !is_below_any && (read.path.len() >= path.len() || read.whole)
        })
    }
}

/// Named templates may call each other this deep; Helm's own limit is 1000.
const MOST_CALLS: usize = 60;

/// A chart that needs more calls than this is not read to the end.
const MOST_EVALUATIONS: usize = 50_000;

/// What the templates of a chart use. `files` are all its text files.
///
/// # Errors
/// When there is nobody to parse them.
pub(crate) fn usage(
    files: &BTreeMap<String, String>,
    upstream: &dyn Upstream,
) -> Result<Usage, RenderError> {
    let texts: Vec<(&str, &str)> = files
        .iter()
        .filter(|(path, text)| {
            is_template(path)
                || is_library(path)
                || is_template_elsewhere(path) && text.contains("{{")
        })
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let trees = upstream.parse_templates(&texts)?;
    let mut bodies = Vec::new();
    let mut definitions = BTreeMap::new();
    let mut hidden = None;
    for ((path, _), tree) in texts.into_iter().zip(trees) {
        let TemplateTree {
            body,
            definitions: own,
        } = match tree {
            Ok(tree) => tree,
            // Helm refuses it as well; a file elsewhere is no template then.
            Err(message) => {
                if is_template(path) || is_library(path) {
                    hidden.get_or_insert(message);
                }
                continue;
            }
        };
        definitions.extend(
            own.into_iter()
                .map(|(name, body)| (name, (path.to_owned(), body))),
        );
        if !is_library(path) {
            bodies.push((path, body));
        }
    }
    Ok(follow(&bodies, &definitions, hidden))
}

fn is_template(path: &str) -> bool {
    path.starts_with("templates/")
}

fn is_library(path: &str) -> bool {
    path.starts_with("charts/") && path.contains("/templates/")
}

fn follow(
    bodies: &[(&str, Vec<TemplateNode>)],
    definitions: &BTreeMap<String, (String, Vec<TemplateNode>)>,
    hidden: Option<String>,
) -> Usage {
    let mut evaluator = Evaluator {
        definitions,
        paths: BTreeSet::new(),
        results: BTreeMap::new(),
        calls: Vec::new(),
        file: String::new(),
        depth: 0,
        evaluations: 0,
        usage: Usage {
            hidden,
            ..Usage::default()
        },
    };
    for (path, body) in bodies {
        (*path).clone_into(&mut evaluator.file);
        let dot = if is_template(path) {
            Abstract::Root
        } else {
            Abstract::OneOf(vec![Abstract::Root, Abstract::Unknown])
        };
        evaluator.run(body, &dot);
    }
    // A template whose name is put together at run time is not seen to be called.
    let uncalled: Vec<&String> = definitions
        .keys()
        .filter(|name| !evaluator.results.keys().any(|(called, _)| called == *name))
        .collect();
    for name in uncalled {
        let dot = Abstract::OneOf(vec![Abstract::Root, Abstract::Unknown]);
        evaluator.call(name, &dot, 0);
    }
    let mut usage = evaluator.usage;
    usage.reads.sort();
    usage.reads.dedup();
    usage
}

/// Whether a file outside of `templates/` may be one that templates render by `tpl`.
fn is_template_elsewhere(path: &str) -> bool {
    let in_folder = path.split_once('/').map(|(folder, _)| folder);
    let is_documentation = matches!(path.rsplit('.').next(), Some("md" | "gotmpl"));
    !is_documentation
        && in_folder.is_some_and(|folder| {
            !["templates", "charts", "overlays", "ci", "crds", "tests"].contains(&folder)
        })
}

pub(super) struct Evaluator<'a> {
    definitions: &'a BTreeMap<String, (String, Vec<TemplateNode>)>,
    /// Every place that was read so far.
    paths: BTreeSet<ValuePath>,
    /// Text of each call, where it is always the same, and what it reads; nothing while the call is under way.
    results: BTreeMap<(String, Abstract), Called>,
    /// What the calls under way have read so far.
    calls: Vec<BTreeSet<ValuePath>>,
    file: String,
    depth: usize,
    evaluations: usize,
    usage: Usage,
}

/// What came of a call.
#[derive(Clone, Default)]
struct Called {
    text: Option<String>,
    reads: BTreeSet<ValuePath>,
}

/// Variables and the dot.
struct Scope {
    dot: Abstract,
    variables: Vec<(String, Abstract)>,
}

impl Evaluator<'_> {
    fn run(&mut self, body: &[TemplateNode], dot: &Abstract) -> Option<String> {
        let mut scope = Scope {
            dot: dot.clone(),
            variables: vec![(String::new(), dot.clone())],
        };
        self.body(body, &mut scope)
    }

    /// Calls a named template; its text where it is always the same.
    pub(super) fn call(&mut self, name: &str, argument: &Abstract, line: usize) -> Option<String> {
        let Some((file, body)) = self.definitions.get(name) else {
            self.consume(argument, true, 0);
            if argument.holds_root() {
                self.hide(format!("the template `{name}` is not in the chart"));
            }
            return None;
        };
        let key = (name.to_owned(), argument.clone());
        if let Some(known) = self.results.get(&key).cloned() {
            self.note_reads(line, known.reads);
            return known.text;
        }
        self.evaluations += 1;
        if self.depth >= MOST_CALLS || self.evaluations > MOST_EVALUATIONS {
            self.consume(argument, true, 0);
            self.hide("its named templates call each other too often".to_owned());
            return None;
        }
        self.results.insert(key.clone(), Called::default());
        self.calls.push(BTreeSet::new());
        let caller = std::mem::replace(&mut self.file, file.clone());
        self.depth += 1;
        let text = self.run(body, argument);
        self.depth -= 1;
        self.file = caller;
        let reads = self.calls.pop().unwrap_or_default();
        let outcome = Called {
            text: text.clone(),
            reads: reads.clone(),
        };
        self.results.insert(key, outcome);
        self.note_reads(line, reads);
        text
    }

    /// Notes what a line of the current file reads, itself or through a call.
    fn note_reads(&mut self, line: usize, reads: BTreeSet<ValuePath>) {
        if let Some(call) = self.calls.last_mut() {
            call.extend(reads.iter().cloned());
        }
        if line > 0 && !reads.is_empty() {
            let place = (self.file.clone(), line);
            self.usage.lines.entry(place).or_default().extend(reads);
        }
    }

    pub(super) fn hide(&mut self, reason: String) {
        self.usage.hidden.get_or_insert(reason);
    }

    /// Notes that a value is used, with all below it when `whole`.
    pub(super) fn consume(&mut self, value: &Abstract, whole: bool, line: usize) {
        match value {
            Abstract::Values { path, certain } => {
                let path = self.shared(path);
                self.usage.reads.push(Read {
                    path: Arc::clone(&path),
                    whole,
                    certain: *certain && line > 0,
                    file: self.file.clone(),
                    line,
                });
                self.note_reads(line, BTreeSet::from([path]));
            }
            Abstract::List(parts) | Abstract::OneOf(parts) => {
                for part in parts {
                    self.consume(part, whole, line);
                }
            }
            Abstract::Map(entries) => {
                for entry in entries.values() {
                    self.consume(entry, whole, line);
                }
            }
            Abstract::Root | Abstract::Text(_) | Abstract::Number(_) | Abstract::Unknown => {}
        }
    }

    fn shared(&mut self, path: &[Segment]) -> ValuePath {
        if let Some(known) = self.paths.get(path) {
            return Arc::clone(known);
        }
        let path: ValuePath = path.into();
        self.paths.insert(Arc::clone(&path));
        path
    }

    fn body(&mut self, nodes: &[TemplateNode], scope: &mut Scope) -> Option<String> {
        let mut text = Some(String::new());
        let outer = scope.variables.len();
        for node in nodes {
            let written = self.node(node, scope);
            text = match (text, written) {
                (Some(text), Some(written)) => Some(text + &written),
                _ => None,
            };
        }
        scope.variables.truncate(outer);
        text
    }

    fn node(&mut self, node: &TemplateNode, scope: &mut Scope) -> Option<String> {
        match node {
            TemplateNode::Text(text) => Some(text.clone()),
            TemplateNode::Action(pipeline) => {
                let value = self.pipeline(pipeline, scope);
                if !pipeline.variables.is_empty() {
                    return Some(String::new());
                }
                self.consume(&value, true, pipeline.line);
                match value {
                    Abstract::Text(text) => Some(text),
                    Abstract::Number(number) => Some(number.to_string()),
                    _ => None,
                }
            }
            TemplateNode::If(condition, then, otherwise) => {
                let outer = scope.variables.len();
                let value = self.pipeline(condition, scope);
                self.consume(&value, false, condition.line);
                let then = self.body(then, scope);
                let otherwise = self.body(otherwise, scope);
                scope.variables.truncate(outer);
                // Whitespace alone, as after a `set`, is text that is always the same.
                (then == otherwise).then_some(then).flatten()
            }
            TemplateNode::With(condition, then, otherwise) => {
                let outer = scope.variables.len();
                let value = self.pipeline(condition, scope);
                self.consume(&value, false, condition.line);
                self.with_dot(value, then, scope);
                self.body(otherwise, scope);
                scope.variables.truncate(outer);
                None
            }
            TemplateNode::Range(over, body, otherwise) => {
                self.range(over, body, scope);
                self.body(otherwise, scope);
                None
            }
            TemplateNode::Template(name, argument) => {
                let line = argument.line;
                let argument = self.pipeline(argument, scope);
                self.call(name, &argument, line)
            }
        }
    }

    fn with_dot(&mut self, dot: Abstract, body: &[TemplateNode], scope: &mut Scope) {
        let outer = std::mem::replace(&mut scope.dot, dot);
        self.body(body, scope);
        scope.dot = outer;
    }

    fn range(&mut self, over: &Pipeline, body: &[TemplateNode], scope: &mut Scope) {
        let outer = scope.variables.len();
        let plain = Pipeline {
            variables: Vec::new(),
            ..over.clone()
        };
        let value = self.pipeline(&plain, scope);
        self.consume(&value, false, over.line);
        self.consume(&value.any(), false, over.line);
        let turns: Vec<(Abstract, Abstract)> = match value {
            Abstract::List(elements) => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| {
                    (
                        Abstract::Number(i64::try_from(index).unwrap_or(i64::MAX)),
                        element,
                    )
                })
                .collect(),
            Abstract::Map(entries) => entries
                .into_iter()
                .map(|(key, entry)| (Abstract::Text(key), entry))
                .collect(),
            other => vec![(Abstract::Unknown, other.any())],
        };
        for (key, element) in turns {
            scope.variables.truncate(outer);
            match over.variables.as_slice() {
                [name] => scope.variables.push((name.clone(), element.clone())),
                [first, second] => {
                    scope.variables.push((first.clone(), key));
                    scope.variables.push((second.clone(), element.clone()));
                }
                _ => {}
            }
            self.with_dot(element, body, scope);
        }
        scope.variables.truncate(outer);
    }

    fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Abstract {
        let mut passed = None;
        for command in &pipeline.commands {
            passed = Some(self.command(command, passed, pipeline.line, scope));
        }
        let value = passed.unwrap_or(Abstract::Unknown);
        for name in &pipeline.variables {
            self.set_variable(name, value.clone(), pipeline, scope);
        }
        value
    }

    fn set_variable(
        &mut self,
        name: &str,
        value: Abstract,
        pipeline: &Pipeline,
        scope: &mut Scope,
    ) {
        if pipeline.declares {
            scope.variables.push((name.to_owned(), value));
            return;
        }
        let Some(at) = scope.variables.iter().rposition(|(own, _)| own == name) else {
            return;
        };
        // The assignment may stand in a branch that is not taken.
        let both = [scope.variables[at].1.clone(), value];
        scope.variables[at].1 = self.either(both, pipeline.line);
    }

    /// One of several values; too many are taken as used.
    pub(super) fn either(
        &mut self,
        candidates: impl IntoIterator<Item = Abstract>,
        line: usize,
    ) -> Abstract {
        let candidates: Vec<Abstract> = candidates.into_iter().collect();
        if let Some(value) = Abstract::one_of(candidates.iter().cloned()) {
            return value;
        }
        for candidate in &candidates {
            self.consume(candidate, true, line);
            if candidate.holds_root() {
                self.hide("a variable has too many possible values".to_owned());
            }
        }
        Abstract::Unknown
    }

    fn command(
        &mut self,
        command: &[Operand],
        passed: Option<Abstract>,
        line: usize,
        scope: &mut Scope,
    ) -> Abstract {
        let Some((first, rest)) = command.split_first() else {
            return passed.unwrap_or(Abstract::Unknown);
        };
        let mut arguments: Vec<Abstract> = rest
            .iter()
            .map(|operand| self.operand(operand, line, scope))
            .collect();
        arguments.extend(passed);
        if let Operand::Function(name) = first {
            return self.function(name, &arguments, line);
        }
        let value = self.operand(first, line, scope);
        for argument in &arguments {
            self.consume(argument, true, line);
        }
        value
    }

    fn operand(&mut self, operand: &Operand, line: usize, scope: &mut Scope) -> Abstract {
        let (start, fields): (Abstract, &[String]) = match operand {
            Operand::Field(fields) => (scope.dot.clone(), fields),
            Operand::Variable(name, fields) => {
                let known = scope.variables.iter().rev().find(|(own, _)| own == name);
                (
                    known.map_or(Abstract::Unknown, |(_, value)| value.clone()),
                    fields,
                )
            }
            Operand::Group(pipeline, fields) => (self.pipeline(pipeline, scope), fields),
            Operand::String(text) => (Abstract::Text(text.clone()), &[]),
            Operand::Number(number) => (Abstract::Number(*number), &[]),
            Operand::Literal(()) => (Abstract::Unknown, &[]),
            Operand::Function(name) => (self.function(name, &[], line), &[]),
        };
        fields.iter().fold(start, |value, field| value.field(field))
    }
}
