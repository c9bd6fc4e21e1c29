//! Follows values through templates.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use am_toolchain::{Operand, Pipeline, RenderError, TemplateNode};

use super::{
    abstract_value::Abstract,
    path::{Segment, ValuePath},
    refusal::only_fails,
    scope::Scope,
    trees::{Lines, TextId, Trees, ValueText},
    usage::{Called, Read, Seen, Usage},
};
use crate::upstream::Upstream;

/// Texts may call each other this deep; Helm's own limit is 1000.
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
    let trees = Trees::read(files, upstream)?;
    let mut evaluator = Evaluator::new(&trees);
    evaluator.usage.hidden.clone_from(&trees.unread);
    for (path, body) in &trees.templates {
        for chart in trees.charts.with(path) {
            evaluator.lines = body.lines.clone();
            evaluator.calls.push(Seen::default());
            evaluator.run(&body.nodes, &Abstract::Root(Arc::clone(chart)));
            let seen = evaluator.calls.pop().unwrap_or_default();
            let known = evaluator.usage.templates.entry(path.clone()).or_default();
            known.extend(&seen);
        }
    }
    evaluator.uncalled();
    let usage = evaluator.usage.close();
    Ok(Usage { trees, ..usage })
}

/// What texts use that a user gives as values, evaluated as the chart of `trees` would.
pub(crate) fn usage_of_texts(trees: &Trees, texts: &[ValueText]) -> Usage {
    let mut evaluator = Evaluator::new(trees);
    for text in texts {
        if let Some(chart) = trees.charts.at(&text.path) {
            evaluator.lines = text.body.lines.clone();
            evaluator.run(&text.body.nodes, &Abstract::Root(Arc::clone(chart)));
        }
    }
    evaluator.usage.close()
}

pub(super) struct Evaluator<'a> {
    pub(super) trees: &'a Trees,
    /// Every place that was read so far.
    paths: BTreeSet<ValuePath>,
    /// Text of each call, where it is always the same, and what it comes by; nothing while the call is under way.
    results: BTreeMap<(TextId, Abstract), Called>,
    /// What the calls under way have come by so far.
    calls: Vec<Seen>,
    lines: Lines,
    depth: usize,
    evaluations: usize,
    /// Whether a refusal is read: what it asks about kinds changes nothing that is written.
    pub(super) refuses: bool,
    usage: Usage,
}

impl<'a> Evaluator<'a> {
    fn new(trees: &'a Trees) -> Self {
        Self {
            trees,
            paths: BTreeSet::new(),
            results: BTreeMap::new(),
            calls: Vec::new(),
            lines: Lines::default(),
            depth: 0,
            evaluations: 0,
            refuses: false,
            usage: Usage::default(),
        }
    }

    fn run(&mut self, body: &[TemplateNode], dot: &Abstract) -> Option<String> {
        self.body(body, &mut Scope::new(dot))
    }

    /// Evaluates what was not seen to be called: its name may be put together at run time.
    fn uncalled(&mut self) {
        let trees = self.trees;
        let called: BTreeSet<TextId> = self.results.keys().map(|(id, _)| id.clone()).collect();
        let named = trees.definitions.keys().cloned().map(TextId::Named);
        let files = trees.files.keys().cloned().map(TextId::File);
        for id in named.chain(files).filter(|id| !called.contains(id)) {
            let Some(body) = trees.body(&id) else {
                continue;
            };
            let roots = trees.charts.with(&body.lines.file).cloned();
            let roots = roots.map(Abstract::Root).chain([Abstract::Unknown]);
            let dot = Abstract::one_of(roots).unwrap_or(Abstract::Unknown);
            self.enter(&id, &dot, 0);
        }
    }

    /// Calls a named template.
    pub(super) fn call(&mut self, name: &str, argument: &Abstract, line: usize) -> Called {
        let id = TextId::Named(name.into());
        if self.trees.body(&id).is_none() {
            self.consume(argument, true, 0);
            if argument.holds_root() {
                self.hide(format!("the template `{name}` is not in the chart"));
            }
            return Called::default();
        }
        self.enter(&id, argument, line)
    }

    /// Evaluates a text with a dot, or remembers what came of it.
    pub(super) fn enter(&mut self, id: &TextId, dot: &Abstract, line: usize) -> Called {
        let trees = self.trees;
        let Some(body) = trees.body(id) else {
            return Called::default();
        };
        let key = (id.clone(), dot.clone());
        if let Some(known) = self.results.get(&key).cloned() {
            self.note(line, &known.seen);
            return known;
        }
        self.evaluations += 1;
        if self.depth >= MOST_CALLS || self.evaluations > MOST_EVALUATIONS {
            self.consume(dot, true, 0);
            self.hide("its named templates call each other too often".to_owned());
            return Called::default();
        }
        self.results.insert(key.clone(), Called::default());
        self.calls.push(Seen::default());
        let caller = std::mem::replace(&mut self.lines, body.lines.clone());
        let refuses = std::mem::take(&mut self.refuses);
        self.depth += 1;
        let text = self.run(&body.nodes, dot);
        self.depth -= 1;
        self.refuses = refuses;
        self.lines = caller;
        let mut seen = self.calls.pop().unwrap_or_default();
        seen.texts.insert(id.clone());
        self.note(line, &seen);
        let outcome = Called { text, seen };
        self.results.insert(key, outcome.clone());
        outcome
    }

    /// Notes what a line of the current text comes by, itself or through a call.
    pub(super) fn note(&mut self, line: usize, seen: &Seen) {
        if let Some(call) = self.calls.last_mut() {
            call.extend(seen);
        }
        if line > 0 && !seen.reads.is_empty() {
            let place = (Arc::clone(&self.lines.file), self.lines.at(line));
            let reads = seen.reads.iter().map(|(path, _)| Arc::clone(path));
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
                    file: Arc::clone(&self.lines.file),
                    line: self.lines.at(line),
                });
                let seen = Seen {
                    reads: BTreeSet::from([(path, whole)]),
                    ..Seen::default()
                };
                self.note(line, &seen);
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
            _ => {}
        }
    }

    fn shared(&mut self, path: &[Segment]) -> ValuePath {
        let path = self.trees.charts.in_the_outermost(path);
        if let Some(known) = self.paths.get(path) {
            return Arc::clone(known);
        }
        let path: ValuePath = path.into();
        self.paths.insert(Arc::clone(&path));
        path
    }

    fn body(&mut self, nodes: &[TemplateNode], scope: &mut Scope) -> Option<String> {
        let mut text = Some(String::new());
        let outer = scope.enter();
        for node in nodes {
            let written = self.node(node, scope);
            text = match (text, written) {
                (Some(text), Some(written)) => Some(text + &written),
                _ => None,
            };
        }
        scope.leave(outer);
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
                let outer = scope.enter();
                let refuses = self.refuses;
                self.refuses = otherwise.is_empty() && only_fails(then);
                let value = self.pipeline(condition, scope);
                self.consume(&value, false, condition.line);
                scope.conditions += 1;
                let then = self.body(then, scope);
                self.refuses = refuses;
                let otherwise = self.body(otherwise, scope);
                scope.conditions -= 1;
                scope.leave(outer);
                // Whitespace alone, as after a `set`, is text that is always the same.
                (then == otherwise).then_some(then).flatten()
            }
            TemplateNode::With(condition, then, otherwise) => {
                let outer = scope.enter();
                let value = self.pipeline(condition, scope);
                self.consume(&value, false, condition.line);
                scope.conditions += 1;
                self.with_dot(value, then, scope);
                self.body(otherwise, scope);
                scope.conditions -= 1;
                scope.leave(outer);
                None
            }
            TemplateNode::Range(over, body, otherwise) => {
                self.range(over, body, scope);
                scope.conditions += 1;
                self.body(otherwise, scope);
                scope.conditions -= 1;
                None
            }
            TemplateNode::Template(name, argument) => {
                let line = argument.line;
                let argument = self.pipeline(argument, scope);
                self.call(name, &argument, line).text
            }
        }
    }

    fn with_dot(&mut self, dot: Abstract, body: &[TemplateNode], scope: &mut Scope) {
        let outer = std::mem::replace(&mut scope.dot, dot);
        self.body(body, scope);
        scope.dot = outer;
    }

    fn range(&mut self, over: &Pipeline, body: &[TemplateNode], scope: &mut Scope) {
        let outer = scope.enter();
        let plain = Pipeline {
            variables: Vec::new(),
            ..over.clone()
        };
        let value = self.pipeline(&plain, scope);
        self.consume(&value, false, over.line);
        self.consume(&value.any(), false, over.line);
        // The body is run for each element of a list that is known; of anything else there may be none.
        let maybe = usize::from(!matches!(value, Abstract::List(_)));
        scope.conditions += maybe;
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
            other => vec![(self.names_in(&other), other.any())],
        };
        for (key, element) in turns {
            scope.leave(outer);
            match over.variables.as_slice() {
                [name] => scope.declare(name, element.clone()),
                [first, second] => {
                    scope.declare(first, key);
                    scope.declare(second, element.clone());
                }
                _ => {}
            }
            self.with_dot(element, body, scope);
        }
        scope.conditions -= maybe;
        scope.leave(outer);
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
            scope.declare(name, value);
            return;
        }
        let conditions = scope.conditions;
        let Some(variable) = scope.variable(name) else {
            return;
        };
        variable.value = if variable.conditions == conditions {
            value
        } else {
            // The assignment may stand in a branch that is not taken.
            self.either([variable.value.clone(), value], pipeline.line)
        };
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
        if let Abstract::OfFiles(chart, function) = &value {
            return self.of_files(chart, function, &arguments, line);
        }
        for argument in &arguments {
            self.consume(argument, true, line);
        }
        value
    }

    fn operand(&mut self, operand: &Operand, line: usize, scope: &mut Scope) -> Abstract {
        let (start, fields): (Abstract, &[String]) = match operand {
            Operand::Field(fields) => (scope.dot.clone(), fields),
            Operand::Variable(name, fields) => {
                let known = scope.variable(name);
                (
                    known.map_or(Abstract::Unknown, |own| own.value.clone()),
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
