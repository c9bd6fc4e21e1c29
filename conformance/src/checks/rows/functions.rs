//! The functions of expressions: CEL's own with its extensions for texts and lists, and what requirements need besides.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use cel::{
    Context, Env, ExecutionError, Value,
    common::{
        ast::{CallExpr, Expr, IdedExpr},
        types::{
            CelBool, CelInt, CelList, CelMap, CelMapKey, CelString, DYN_TYPE, LIST_TYPE,
            STRING_TYPE,
        },
        value::{CowVal, Val},
    },
    extensions,
};
use regex::Regex;
use serde_json::Value as Json;

use super::value;
use crate::manifest::{LabelSelector, strings_at};

/// Names for "did you mean": macros and functions that expressions use. Whether there is a function is not told by this list.
pub(super) const NAMES: [&str; 37] = [
    "all",
    "charAt",
    "contains",
    "distinct",
    "double",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "flatten",
    "format",
    "has",
    "hasValue",
    "image",
    "indexOf",
    "int",
    "join",
    "lowerAscii",
    "map",
    "matches",
    "near",
    "optMap",
    "orValue",
    "replace",
    "selects",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "substring",
    "sum",
    "trim",
    "type",
    "upperAscii",
    "value",
];

/// What expressions are compiled and run with.
pub(super) static ENVIRONMENT: LazyLock<Result<Arc<Env>, String>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    let text = || STRING_TYPE;
    let added = env
        .add_extension(extensions::strings)
        .and_then(|()| env.add_extension(extensions::lists))
        .and_then(|()| {
            env.add_member_overload("matches", "matches_text", text(), vec![text()], matches)
        })
        .and_then(|()| env.add_overload("image", "image_text", vec![text()], image))
        .and_then(|()| env.add_overload("near", "near_text_list", vec![text(), LIST_TYPE], near))
        .and_then(|()| env.add_overload("sum", "sum_list", vec![DYN_TYPE], sum))
        .and_then(|()| {
            let arguments = vec![DYN_TYPE, DYN_TYPE];
            env.add_overload("selects", "selects_labels", arguments, selects)
        });
    added.map_err(|error| error.to_string())?;
    Ok(Arc::new(env))
});

/// Whether there is a function of this name, called alone or on a value.
pub(super) fn is_known(name: &str, env: &Arc<Env>) -> bool {
    let context = Context::with_env(Arc::clone(env));
    let is_missing = |target: Option<Box<IdedExpr>>| {
        let call = Expr::Call(CallExpr {
            func_name: name.to_owned(),
            target,
            args: Vec::new(),
        });
        let call = IdedExpr { id: 0, expr: call };
        matches!(
            Value::resolve_val(&call, &context),
            Err(ExecutionError::UndeclaredReference(_))
        )
    };
    let nothing = Expr::List(cel::common::ast::ListExpr::default());
    let nothing = IdedExpr {
        id: 1,
        expr: nothing,
    };
    !is_missing(None) || !is_missing(Some(Box::new(nothing)))
}

fn text_of<'b>(value: &'b CowVal<'_, '_>) -> Result<&'b str, ExecutionError> {
    let found = value.downcast_ref::<CelString>().map(CelString::inner);
    found.ok_or_else(|| ExecutionError::function_error("text", "not a text"))
}

/// A pattern, compiled once.
pub(super) fn pattern(source: &str) -> Result<Arc<Regex>, String> {
    static KNOWN: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(pattern) = known.get(source) {
        return Ok(Arc::clone(pattern));
    }
    drop(known);
    let pattern = Arc::new(Regex::new(source).map_err(|error| error.to_string())?);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.insert(source.to_owned(), Arc::clone(&pattern));
    Ok(pattern)
}

/// `text.matches(pattern)`: whether a part of the text is like the pattern.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature of an overload"
)]
fn matches<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [text, source] = &arguments[..] else {
        return Err(ExecutionError::invalid_argument_count(2, arguments.len()));
    };
    let pattern = pattern(text_of(source)?)
        .map_err(|error| ExecutionError::function_error("matches", error))?;
    Ok(CowVal::owned(CelBool::from(
        pattern.is_match(text_of(text)?),
    )))
}

/// `near(text, known)`: the one of the known texts that was probably meant by another; empty where none is.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature of an overload"
)]
fn near<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [written, known] = &arguments[..] else {
        return Err(ExecutionError::invalid_argument_count(2, arguments.len()));
    };
    let known = value::json(known.as_ref());
    let known = known.as_array().into_iter().flatten();
    let meant = am_suggest::near(text_of(written)?, known.filter_map(Json::as_str));
    let meant = meant.unwrap_or_default().to_owned();
    Ok(CowVal::owned(CelString::from(meant)))
}

/// `sum(list)`: of whole numbers.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature of an overload"
)]
fn sum<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let list = arguments
        .first()
        .and_then(|list| list.downcast_ref::<CelList>());
    let total = list.and_then(|list| {
        let mut items = list.inner().iter();
        items.try_fold(0_i64, |total, item| {
            total.checked_add(*item.downcast_ref::<CelInt>()?.inner())
        })
    });
    let total =
        total.ok_or_else(|| ExecutionError::function_error("sum", "no list of whole numbers"))?;
    Ok(CowVal::owned(CelInt::from(total)))
}

/// `selects(selector, labels)`: whether a label selector, of matchLabels and matchExpressions, chooses what has these labels.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature of an overload"
)]
fn selects<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [selector, labels] = &arguments[..] else {
        return Err(ExecutionError::invalid_argument_count(2, arguments.len()));
    };
    let (selector, labels) = (value::json(selector.as_ref()), value::json(labels.as_ref()));
    let is_chosen = LabelSelector(&selector).matches(&strings_at(&labels, ""));
    Ok(CowVal::owned(CelBool::from(is_chosen)))
}

/// `image(text)`: registry, repository, name, tag and digest of an image, as far as they are written.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature of an overload"
)]
fn image<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [written] = &arguments[..] else {
        return Err(ExecutionError::invalid_argument_count(1, arguments.len()));
    };
    let parts = parts_of_image(text_of(written)?);
    let fields: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = parts
        .into_iter()
        .map(|(name, part)| {
            let part: Box<dyn Val + 'v> = Box::new(CelString::from(part));
            (CelMapKey::String(CelString::from(name)), part)
        })
        .collect();
    Ok(CowVal::owned(CelMap::from(fields)))
}

/// What an image without a registry is pulled from.
const DEFAULT_REGISTRY: &str = "docker.io";

fn parts_of_image(image: &str) -> Vec<(&'static str, String)> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let (path, tag) = match name.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let (registry, repository) = match path.split_once('/') {
        Some((first, rest)) if is_registry(first) => (first, rest),
        _ => (DEFAULT_REGISTRY, path),
    };
    let last = repository.rsplit('/').next().unwrap_or(repository);
    let written = [("tag", tag), ("digest", digest)];
    [
        ("registry", registry),
        ("repository", repository),
        ("name", last),
    ]
    .into_iter()
    .chain(
        written
            .into_iter()
            .filter_map(|(name, part)| Some((name, part?))),
    )
    .map(|(name, part)| (name, part.to_owned()))
    .collect()
}

#[cfg(test)]
mod tests {
    use cel::Context;

    use super::{ENVIRONMENT, NAMES, is_known, parts_of_image};
    use crate::checks::rows::expression::Expression;

    /// Expanded while an expression is compiled.
    const MACROS: [&str; 7] = [
        "all",
        "exists",
        "exists_one",
        "filter",
        "has",
        "map",
        "optMap",
    ];

    #[test]
    fn every_name_that_is_suggested_can_be_called() {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        for name in NAMES {
            assert!(MACROS.contains(&name) || is_known(name, env), "{name}");
        }
        assert!(!is_known("startWith", env));
    }

    #[test]
    fn an_image_has_its_parts() {
        let parts = |image: &str| {
            let parts = parts_of_image(image).into_iter();
            parts
                .map(|(name, part)| format!("{name}={part}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            parts("wso2/wso2am:4.7.0"),
            "registry=docker.io repository=wso2/wso2am name=wso2am tag=4.7.0"
        );
        assert_eq!(
            parts("r.example.com:5000/apim/wso2am@sha256:ab"),
            "registry=r.example.com:5000 repository=apim/wso2am name=wso2am digest=sha256:ab"
        );
        assert_eq!(
            parts("wso2am"),
            "registry=docker.io repository=wso2am name=wso2am"
        );
    }

    #[test]
    fn labels_are_selected_and_numbers_added() {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        let context = Context::with_env(env.clone());
        let holds = |source: &str| {
            let compiled = Expression::compile(source, &[])?;
            compiled.holds(&context)
        };
        for source in [
            "selects({'matchLabels': {'a': 'b'}}, {'a': 'b', 'c': 'd'})",
            "!selects({'matchLabels': {'a': 'b'}}, {'a': 'c'})",
            "selects({'matchExpressions': [{'key': 'a', 'operator': 'In', 'values': ['b']}]}, {'a': 'b'})",
            "selects({}, {})",
            "sum([1, 2, 3]) == 6 && sum([]) == 0",
        ] {
            assert_eq!(holds(source), Ok(true), "{source}");
        }
        assert!(holds("sum(['a']) == 0").is_err());
    }

    #[test]
    fn what_is_no_list_has_no_entries() {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        let context = Context::with_env(env.clone());
        let entries = |source: &str| {
            let compiled = Expression::compile(source, &[])?;
            Ok::<_, String>(compiled.entries(&context)?.len())
        };
        assert_eq!(entries("['a', 'b']"), Ok(2));
        assert_eq!(entries("{'a': 1}"), Ok(1));
        assert_eq!(
            entries("1"),
            Err("it is int and must be a list or a map".to_owned())
        );
    }
}
