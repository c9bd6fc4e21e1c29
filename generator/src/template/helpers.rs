//! The generator's Handlebars helpers. All are strict: a missing variable is an error, also in `if`.

use std::fmt::Write as _;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

use crate::chart::camel_case;
use crate::emit::yaml_text;

/// Registers every helper.
pub(super) fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("if", Box::new(StrictIf { positive: true }));
    registry.register_helper("unless", Box::new(StrictIf { positive: false }));
    for (name, function) in FUNCTIONS {
        registry.register_helper(
            name,
            Box::new(Function {
                name,
                function: *function,
            }),
        );
    }
}

type HelperFunction = fn(&[&Value]) -> Result<Value, String>;

const FUNCTIONS: &[(&str, HelperFunction)] = &[
    ("eq", |args| two(args).map(|(a, b)| Value::Bool(a == b))),
    ("ne", |args| two(args).map(|(a, b)| Value::Bool(a != b))),
    ("and", |args| {
        Ok(Value::Bool(args.iter().all(|value| truthy(value))))
    }),
    ("or", |args| {
        Ok(Value::Bool(args.iter().any(|value| truthy(value))))
    }),
    ("not", |args| {
        one(args).map(|value| Value::Bool(!truthy(value)))
    }),
    ("camel", |args| {
        Ok(Value::String(camel_case(text(one(args)?)?)))
    }),
    ("title_case", |args| {
        Ok(Value::String(title(text(one(args)?)?)))
    }),
    ("join", |args| {
        two(args).and_then(|(list, separator)| join(list, text(separator)?))
    }),
    ("indent", |args| {
        two(args).and_then(|(width, value)| indent(width, text(value)?))
    }),
    ("json", |args| {
        one(args).map(|value| Value::String(value.to_string()))
    }),
    ("yaml_string", |args| {
        Ok(Value::String(yaml_text::string(text(one(args)?)?)))
    }),
    ("has", |args| {
        two(args).and_then(|(list, item)| has(list, item))
    }),
    ("lookup", |args| {
        two(args).and_then(|(table, key)| lookup(table, key))
    }),
    ("len", |args| one(args).and_then(length)),
];

struct Function {
    name: &'static str,
    function: HelperFunction,
}

impl HelperDef for Function {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let mut args = Vec::with_capacity(helper.params().len());
        for param in helper.params() {
            if param.is_value_missing() {
                return Err(
                    RenderErrorReason::MissingVariable(param.relative_path().cloned()).into(),
                );
            }
            args.push(param.value());
        }
        let value = (self.function)(&args).map_err(|reason| {
            RenderErrorReason::Other(format!("helper `{}`: {reason}", self.name))
        })?;
        Ok(ScopedJson::Derived(value))
    }
}

/// `if` and `unless` for which a missing variable is an error, as it is everywhere else.
struct StrictIf {
    positive: bool,
}

impl HelperDef for StrictIf {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render_context: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = if self.positive { "if" } else { "unless" };
        let param = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
        if param.is_value_missing() {
            return Err(RenderErrorReason::MissingVariable(param.relative_path().cloned()).into());
        }
        let holds = truthy(param.value()) == self.positive;
        let template = if holds {
            helper.template()
        } else {
            helper.inverse()
        };
        template.map_or(Ok(()), |template| {
            template.render(registry, context, render_context, out)
        })
    }
}

/// False, null, zero and everything empty are false, as in Helm.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

fn one<'v>(args: &[&'v Value]) -> Result<&'v Value, String> {
    match args {
        [value] => Ok(value),
        _ => Err(format!("takes one argument, not {}", args.len())),
    }
}

fn two<'v>(args: &[&'v Value]) -> Result<(&'v Value, &'v Value), String> {
    match args {
        [a, b] => Ok((a, b)),
        _ => Err(format!("takes two arguments, not {}", args.len())),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("takes text, not {value}"))
}

fn title(text: &str) -> String {
    let words = text.split(['-', ' ']).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

fn join(list: &Value, separator: &str) -> Result<Value, String> {
    let items = list
        .as_array()
        .ok_or_else(|| format!("takes a list, not {list}"))?;
    let texts = items.iter().map(|item| {
        item.as_str()
            .map_or_else(|| item.to_string(), ToOwned::to_owned)
    });
    Ok(Value::String(texts.collect::<Vec<_>>().join(separator)))
}

/// Indents every line but the first, so that a value of several lines can start where its tag stands.
fn indent(width: &Value, text: &str) -> Result<Value, String> {
    let width = width.as_u64().and_then(|width| usize::try_from(width).ok());
    let padding = " ".repeat(width.ok_or("takes a number of columns first")?);
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        match index {
            0 => out.push_str(line),
            _ if line.is_empty() => out.push('\n'),
            _ => write!(out, "\n{padding}{line}").map_err(|error| error.to_string())?,
        }
    }
    Ok(Value::String(out))
}

fn has(list: &Value, item: &Value) -> Result<Value, String> {
    let items = list
        .as_array()
        .ok_or_else(|| format!("takes a list, not {list}"))?;
    Ok(Value::Bool(items.contains(item)))
}

fn lookup(table: &Value, key: &Value) -> Result<Value, String> {
    let found = match (table, key) {
        (Value::Object(entries), Value::String(key)) => entries.get(key),
        (Value::Array(items), Value::Number(index)) => index
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| items.get(index)),
        _ => {
            return Err(format!(
                "takes a table and a name, or a list and a number, not {table} and {key}"
            ));
        }
    };
    found.cloned().ok_or_else(|| format!("there is no {key}"))
}

fn length(value: &Value) -> Result<Value, String> {
    match value {
        Value::Array(items) => Ok(items.len().into()),
        Value::Object(entries) => Ok(entries.len().into()),
        Value::String(text) => Ok(text.chars().count().into()),
        other => Err(format!("takes a list, a table or text, not {other}")),
    }
}
