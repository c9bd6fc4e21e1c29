//! What the variables of an expression stand for.

use am_deployment_toml::{effective::Effective, value::Value as TomlValue};
use cel::{
    ExecutionError,
    common::{
        traits::{Container, Indexer},
        types::{CelBool, CelDouble, CelInt, CelList, CelString, MAP_TYPE, Type},
        value::{CowVal, Val},
    },
};
use serde_json::Value;

use super::value::{of, text};

/// What a variable stands for.
#[derive(Debug)]
pub(super) enum Bound<'a> {
    /// Part of a document.
    Part(&'a Value),
    /// A value that was made for it.
    Made(Value),
    /// Several things under names of their own.
    Record(Vec<(&'static str, Bound<'a>)>),
    /// A list.
    List(Vec<Bound<'a>>),
    /// The values in force of a `deployment.toml`, by their keys.
    Toml(&'a Effective),
    /// Those that the file itself writes.
    Written(&'a Effective),
}

impl Bound<'_> {
    /// The value as CEL sees it.
    pub(super) fn val(&self) -> Box<dyn Val + '_> {
        match self {
            Self::Part(value) => of(value),
            Self::Made(value) => of(value),
            Self::Record(fields) => Box::new(Record(fields)),
            Self::List(items) => Box::new(CelList::from(
                items.iter().map(Bound::val).collect::<Vec<_>>(),
            )),
            Self::Toml(effective) => Box::new(Keys(effective, false)),
            Self::Written(effective) => Box::new(Keys(effective, true)),
        }
    }
}

/// The variable of this name.
pub(super) fn find<'b, 'a>(
    fields: &'b [(&'static str, Bound<'a>)],
    name: &str,
) -> Option<&'b Bound<'a>> {
    let field = fields.iter().find(|(own, _)| *own == name)?;
    Some(&field.1)
}

#[derive(Debug, Clone, Copy)]
struct Record<'v>(&'v [(&'static str, Bound<'v>)]);

/// Values of a `deployment.toml`, and whether only those count that the file itself writes.
#[derive(Debug, Clone, Copy)]
struct Keys<'v>(&'v Effective, bool);

/// Something that has values by name, as a map has them.
trait Named<'v>: std::fmt::Debug + Send + Sync + Copy {
    fn named(self, name: &str) -> Option<Box<dyn Val + 'v>>;
}

impl<'v> Named<'v> for Record<'v> {
    fn named(self, name: &str) -> Option<Box<dyn Val + 'v>> {
        find(self.0, name).map(Bound::val)
    }
}

impl<'v> Named<'v> for Keys<'v> {
    fn named(self, name: &str) -> Option<Box<dyn Val + 'v>> {
        let Self(effective, only_written) = self;
        let found = effective.get(name)?;
        (!only_written || found.provenance.is_written()).then(|| of_toml(&found.value))
    }
}

fn of_toml(value: &TomlValue) -> Box<dyn Val + '_> {
    match value {
        TomlValue::String(text) | TomlValue::Datetime(text) => {
            Box::new(CelString::from(text.as_str()))
        }
        TomlValue::Integer(number) => Box::new(CelInt::from(*number)),
        TomlValue::Float(number) => Box::new(CelDouble::from(*number)),
        TomlValue::Boolean(truth) => Box::new(CelBool::from(*truth)),
        TomlValue::Array(items) => {
            Box::new(CelList::from(items.iter().map(of_toml).collect::<Vec<_>>()))
        }
        // Tables in lists have keys of their own.
        TomlValue::Table(_) => Box::new(CelString::from(value.to_string())),
    }
}

macro_rules! map_of {
    ($named:ident) => {
        impl Val for $named<'_> {
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

            fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
            where
                Self: 'w,
            {
                Box::new(*self)
            }
        }

        impl Container for $named<'_> {
            fn contains(&self, name: &dyn Val) -> Result<bool, ExecutionError> {
                Ok(self.named(&text(name)).is_some())
            }
        }

        impl Indexer for $named<'_> {
            fn get<'b, 'w>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
            where
                Self: 'w,
            {
                let name = text(name);
                let found = self.named(&name).map(CowVal::Owned);
                found.ok_or_else(|| ExecutionError::no_such_key(&name))
            }

            fn steal<'w>(
                self: Box<Self>,
                name: &dyn Val,
            ) -> Result<Box<dyn Val + 'w>, ExecutionError>
            where
                Self: 'w,
            {
                let name = text(name);
                let found = self.named(&name);
                found.ok_or_else(|| ExecutionError::no_such_key(&name))
            }
        }
    };
}

map_of!(Record);
map_of!(Keys);
