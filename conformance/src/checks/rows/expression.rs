//! Expressions: compiled once, with every name in them known, and evaluated on one thing after another.

use cel::{
    Context, ExecutionError, Value,
    common::{
        ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators},
        types::CelBool,
        value::Val,
    },
};

use super::{
    functions::{ENVIRONMENT, NAMES, is_known, pattern},
    value,
};

/// An expression whose names are all known.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    tree: IdedExpr,
    variables: Vec<String>,
}

impl Expression {
    /// Compiles an expression in which these variables stand for something; the error says what is wrong in it and what was
    /// probably meant.
    pub(super) fn compile(source: &str, variables: &[&str]) -> Result<Self, String> {
        let env = ENVIRONMENT.as_ref().map_err(Clone::clone)?;
        let mut tree = env.parser().parse(source).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(
                || "it is no CEL".to_owned(),
                |error| format!("it is no CEL: column {}: {}", error.pos.1, error.msg),
            )
        })?;
        let mut names = Names {
            known: variables,
            own: Vec::new(),
            used: Vec::new(),
        };
        names.check(&mut tree)?;
        Ok(Self {
            tree,
            variables: names.used,
        })
    }

    /// The variables that it asks for.
    pub(super) fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Whether it holds.
    pub(super) fn holds(&self, context: &Context<'_, '_>) -> Result<bool, String> {
        let value = Value::resolve_val(&self.tree, context).map_err(|error| told(&error))?;
        let truth = value.downcast_ref::<CelBool>().map(|truth| *truth.inner());
        truth.ok_or_else(|| {
            format!(
                "it is {} and must be true or false",
                value.get_type().name()
            )
        })
    }

    /// Its value.
    pub(super) fn value<'v>(&self, context: &Context<'_, 'v>) -> Result<Box<dyn Val + 'v>, String> {
        let value = Value::resolve_val(&self.tree, context).map_err(|error| told(&error))?;
        Ok(value.into_owned())
    }

    /// The entries of the list that it is, or the keys of the map.
    pub(super) fn entries<'v>(
        &self,
        context: &Context<'_, 'v>,
    ) -> Result<Vec<Box<dyn Val + 'v>>, String> {
        let found = self.value(context)?;
        let mut entries = Vec::new();
        let list = found.as_iterable().ok_or_else(|| {
            let kind = found.get_type().name();
            format!("it is {kind} and must be a list or a map")
        })?;
        let mut iterator = list.iter();
        while let Some(entry) = iterator.next() {
            entries.push(entry.clone_as_boxed());
        }
        drop(iterator);
        Ok(entries)
    }

    /// Its value for people.
    pub(super) fn text(&self, context: &Context<'_, '_>) -> Result<String, String> {
        let value = Value::resolve_val(&self.tree, context).map_err(|error| told(&error))?;
        Ok(value::text(value.as_ref()))
    }
}

/// An error of the evaluation in our words.
fn told(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => {
            format!("there is no `{key}`; ask with has() or .? first")
        }
        ExecutionError::NoSuchOverload(overload) => format!(
            "`{}` cannot be used with {}",
            overload.function().trim_matches(['_', '@']),
            overload.argument_types().join(" and ")
        ),
        other => other.to_string(),
    }
}

/// Before the names of a row's own variables.
pub(super) const OWN: &str = "variables";

/// Types, with which `type(…)` is compared.
const TYPES: [&str; 6] = ["bool", "double", "int", "list", "map", "string"];

/// The namespace of CEL's functions that make optional values.
const NAMESPACE: &str = "optional";

/// Checks the names in a tree.
struct Names<'k> {
    known: &'k [&'k str],
    /// Variables of the comprehensions around the place.
    own: Vec<String>,
    used: Vec<String>,
}

impl Names<'_> {
    fn check(&mut self, node: &mut IdedExpr) -> Result<(), String> {
        match &mut node.expr {
            Expr::Ident(name) => self.variable(name)?,
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == OWN => {
                    self.variable(&format!("{OWN}.{}", select.field))?;
                }
                _ => self.check(&mut select.operand)?,
            },
            Expr::Call(call) => {
                // `optional` is the namespace of a function, and no variable.
                let is_qualified = matches!(&call.target, Some(target) if matches!(&target.expr, Expr::Ident(name) if name == NAMESPACE));
                if is_qualified {
                    function(&format!("{NAMESPACE}.{}", call.func_name))?;
                } else {
                    function(&call.func_name)?;
                }
                // Only the value on the left is asked whether two are equal, and a map that is written out does not know ours.
                let is_equality =
                    [operators::EQUALS, operators::NOT_EQUALS].contains(&call.func_name.as_str());
                if let [left, right] = &mut call.args[..]
                    && is_equality
                    && matches!(left.expr, Expr::Map(_))
                {
                    std::mem::swap(left, right);
                }
                if call.func_name == "matches"
                    && let Some(Expr::Literal(LiteralValue::String(source))) =
                        call.args.last().map(|argument| &argument.expr)
                {
                    pattern(source.inner())?;
                }
                if let Some(target) = &mut call.target
                    && !is_qualified
                {
                    self.check(target)?;
                }
                for argument in &mut call.args {
                    self.check(argument)?;
                }
            }
            Expr::List(list) => {
                for element in &mut list.elements {
                    self.check(element)?;
                }
            }
            Expr::Map(map) => self.entries(&mut map.entries)?,
            Expr::Struct(made) => self.entries(&mut made.entries)?,
            Expr::Comprehension(comprehension) => {
                self.check(&mut comprehension.iter_range)?;
                self.check(&mut comprehension.accu_init)?;
                let own = [
                    Some(comprehension.iter_var.clone()),
                    comprehension.iter_var2.clone(),
                    Some(comprehension.accu_var.clone()),
                ];
                let before = self.own.len();
                self.own.extend(own.into_iter().flatten());
                self.check(&mut comprehension.loop_cond)?;
                self.check(&mut comprehension.loop_step)?;
                self.check(&mut comprehension.result)?;
                self.own.truncate(before);
            }
            Expr::Literal(_) | Expr::Unspecified => {}
        }
        Ok(())
    }

    fn entries(&mut self, entries: &mut [cel::common::ast::IdedEntryExpr]) -> Result<(), String> {
        for entry in entries {
            match &mut entry.expr {
                EntryExpr::StructField(field) => self.check(&mut field.value)?,
                EntryExpr::MapEntry(entry) => {
                    self.check(&mut entry.key)?;
                    self.check(&mut entry.value)?;
                }
            }
        }
        Ok(())
    }

    fn variable(&mut self, name: &str) -> Result<(), String> {
        if name.starts_with('@') || TYPES.contains(&name) || self.own.iter().any(|own| own == name)
        {
            return Ok(());
        }
        if !self.known.contains(&name) {
            let known = self.known.iter().copied();
            let hint = am_suggest::near(name, known.clone()).map_or_else(
                || format!("; here there are {}", known.collect::<Vec<_>>().join(", ")),
                |meant| format!(", did you mean `{meant}`?"),
            );
            return Err(format!("there is no variable `{name}`{hint}"));
        }
        if !self.used.iter().any(|used| used == name) {
            self.used.push(name.to_owned());
        }
        Ok(())
    }
}

fn function(name: &str) -> Result<(), String> {
    let env = ENVIRONMENT.as_ref().map_err(Clone::clone)?;
    let is_operator = !name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if is_operator || is_known(name, env) {
        return Ok(());
    }
    let hint = am_suggest::near(name, NAMES)
        .map(|meant| format!(", did you mean `{meant}`?"))
        .unwrap_or_default();
    Err(format!("there is no function `{name}`{hint}"))
}

#[cfg(test)]
mod tests {
    use cel::Context;

    use super::{ENVIRONMENT, Expression};

    fn error(source: &str) -> String {
        Expression::compile(source, &["object", "container"]).expect_err("it must be refused")
    }

    #[test]
    fn a_name_that_is_unknown_is_refused_with_the_one_that_is_meant() {
        for (source, told) in [
            ("contaner.image == ''", "did you mean `container`?"),
            ("x == 1", "there are object, container"),
            (
                "container.image.startWith('a')",
                "did you mean `startsWith`?",
            ),
            (
                "object.spec.ports.exist(p, p.port > 1)",
                "did you mean `exists`?",
            ),
            ("object.spec.ports.all(p, q.port > 1)", "no variable `q`"),
            ("object.x ==", "column"),
            ("object.x.matches('[')", "regex parse error"),
        ] {
            assert!(error(source).contains(told), "{source}: {}", error(source));
        }
    }

    #[test]
    fn variables_of_comprehensions_are_known_inside_them() {
        let source = "object.a.all(x, x.b.exists(y, y == x.c)) && optional.of(1).hasValue()";
        let compiled = Expression::compile(source, &["object"]).expect("every name is known");
        assert_eq!(compiled.variables(), ["object"]);
    }

    #[test]
    fn an_expression_that_is_neither_true_nor_false_is_an_error() {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        let context = Context::with_env(env.clone());
        let holds = |source: &str| {
            let compiled = Expression::compile(source, &[]).expect("every name is known");
            compiled.holds(&context)
        };
        assert_eq!(holds("1 == 1"), Ok(true));
        assert_eq!(
            holds("'a'"),
            Err("it is string and must be true or false".to_owned())
        );
        assert_eq!(
            holds("{'a': 1}.b == 1"),
            Err("there is no `b`; ask with has() or .? first".to_owned())
        );
        assert_eq!(
            holds("1 > 'a'"),
            Err("`>` cannot be used with int and string".to_owned())
        );
    }

    #[test]
    fn selectors_and_near_names_are_understood_in_documents_and_in_what_is_written_out() {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        for source in [
            "selects({'matchLabels': {'a': '1'}}, {'a': '1', 'b': '2'})",
            "!selects({'matchLabels': {'a': '1'}}, {'b': '2'})",
            "!selects({'matchExpressions': [{'key': 'a', 'operator': 'Exists'}]}, {})",
            "selects({}, {'b': '2'})",
            "near('Regulra', ['AWS', 'Regular']) == 'Regular'",
            "near('Elsewhere', ['AWS', 'Regular']) == ''",
        ] {
            let compiled = Expression::compile(source, &[]).expect("every name is known");
            let context = Context::with_env(env.clone());
            assert_eq!(compiled.holds(&context), Ok(true), "{source}");
        }
    }
}
