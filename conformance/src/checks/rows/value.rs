//! Documents as CEL sees them. Nothing is converted: a map is read where it stands, and only what an expression asks for is made.

use std::sync::OnceLock;

use cel::{
    ExecutionError,
    common::{
        traits::{Container, Indexer, Iterable, Iterator, Sizer},
        types::{
            CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelOptional, CelString, MAP_TYPE,
            Type,
        },
        value::{CowVal, Val},
    },
};
use serde_json::{Map, Value};

/// A value of a document.
pub(super) fn of<'v>(value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(items) => Box::new(list(items.iter())),
        Value::Object(map) => Box::new(Fields::of(map)),
    }
}

/// Several values of documents.
pub(super) fn list<'v>(items: impl std::iter::Iterator<Item = &'v Value>) -> CelList<'v> {
    CelList::from(items.map(of).collect::<Vec<_>>())
}

/// A map of a document. A field that is null is left out, as the API server leaves it out.
#[derive(Debug)]
struct Fields<'v> {
    map: &'v Map<String, Value>,
    /// Names of the fields, once they are asked for one after the other.
    names: OnceLock<Vec<CelString<'v>>>,
}

impl<'v> Fields<'v> {
    fn of(map: &'v Map<String, Value>) -> Self {
        Self {
            map,
            names: OnceLock::new(),
        }
    }

    fn find(&self, name: &dyn Val) -> Option<&'v Value> {
        let name = name.downcast_ref::<CelString>()?.inner();
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn names(&self) -> &[CelString<'v>] {
        self.names.get_or_init(|| {
            let written = self.map.iter().filter(|(_, value)| !value.is_null());
            written
                .map(|(name, _)| CelString::from(name.as_str()))
                .collect()
        })
    }
}

impl Val for Fields<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    /// Another map, of a document or written in the expression, with the same fields.
    fn equals(&self, other: &dyn Val) -> bool {
        let is_map = other.downcast_ref::<CelMap>().is_some() || *other.get_type() == MAP_TYPE;
        let (Some(size), Some(fields)) = (other.as_sizer(), other.as_indexer()) else {
            return false;
        };
        is_map
            && *size.size().inner() == *self.size().inner()
            && self.names().iter().all(|name| {
                let own = self.find(name).map(of);
                own.zip(fields.get(name).ok())
                    .is_some_and(|(own, other)| own.equals(other.as_ref()))
            })
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(Self::of(self.map))
    }
}

impl Container for Fields<'_> {
    fn contains(&self, name: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(name).is_some())
    }
}

impl Indexer for Fields<'_> {
    fn get<'b, 'w>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let found = self.find(name).map(of);
        found
            .map(CowVal::Owned)
            .ok_or_else(|| ExecutionError::no_such_key(&text(name)))
    }

    fn steal<'w>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let found = self.find(name).map(of);
        found.ok_or_else(|| ExecutionError::no_such_key(&text(name)))
    }
}

impl Sizer for Fields<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.names().len()).unwrap_or(i64::MAX))
    }
}

impl Iterable for Fields<'_> {
    fn iter<'b, 'w>(&'b self) -> Box<dyn Iterator<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        Box::new(Names(self.names().iter()))
    }
}

/// The names of a map, one after the other.
struct Names<'b, 'v>(std::slice::Iter<'b, CelString<'v>>);

impl<'b, 'v: 'w, 'w> Iterator<'b, 'w> for Names<'b, 'v> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'w)> {
        self.0.next().map(|name| name as &(dyn Val + 'w))
    }
}

/// A value as a document would hold it.
pub(super) fn json(value: &dyn Val) -> Value {
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list
            .inner()
            .iter()
            .map(|item| json(item.as_ref()))
            .collect();
    }
    if let (Some(names), Some(fields)) = (value.as_iterable(), value.as_indexer()) {
        let mut names = names.iter();
        let mut map = Map::new();
        while let Some(name) = names.next() {
            let field = fields.get(name).map(|field| json(field.as_ref()));
            map.insert(text(name), field.unwrap_or_default());
        }
        return Value::Object(map);
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return Value::from(*number.inner());
    }
    if let Some(truth) = value.downcast_ref::<CelBool>() {
        return Value::from(*truth.inner());
    }
    Value::from(text(value))
}

/// A value as people read it: lists with commas, nothing for what is not there.
pub(super) fn text(value: &dyn Val) -> String {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return text.inner().to_owned();
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return number.inner().to_string();
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        return number.inner().to_string();
    }
    if let Some(truth) = value.downcast_ref::<CelBool>() {
        return truth.inner().to_string();
    }
    if let Some(list) = value.downcast_ref::<CelList>() {
        let items = list.inner().iter().map(|item| text(item.as_ref()));
        return items.collect::<Vec<_>>().join(", ");
    }
    if let Some(optional) = value.downcast_ref::<CelOptional>() {
        return optional.inner().map(text).unwrap_or_default();
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return String::new();
    }
    fields_text(value).unwrap_or_else(|| value.get_type().name().to_owned())
}

fn fields_text(value: &dyn Val) -> Option<String> {
    let (names, fields) = (value.as_iterable()?, value.as_indexer()?);
    let mut names = names.iter();
    let mut shown = Vec::new();
    while let Some(name) = names.next() {
        let field = fields.get(name).ok()?;
        shown.push(format!("{}: {}", text(name), text(field.as_ref())));
    }
    Some(shown.join(", "))
}
