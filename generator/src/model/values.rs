//! `values/*.yaml` and `platforms/*.yaml`: what users may set, and what a platform sets.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use super::component::Workload;
use super::loaded::Loaded;
use super::pattern::PatternRef;
use super::product::Feature;
use super::table::Table;
use crate::yaml::Text;

/// The documented values of a folder, in the order of its files.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Path as shown to the user, such as `generator/model/values/chart`.
    pub folder: String,
    /// Its files in the order of their names.
    pub files: Vec<Loaded<Table<Node>>>,
}

impl Values {
    /// The value of a key, whichever file it stands in.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.files.iter().find_map(|file| file.get(key))
    }

    /// The file in which a key stands.
    pub(crate) fn file_of(&self, key: &str) -> Option<&str> {
        let file = self.files.iter().find(|file| file.get(key).is_some())?;
        Some(&file.file)
    }

    /// All keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| file.names())
    }
}

/// A documented value, or a table of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Node {
    /// What it does.
    pub doc: String,
    /// JSON Schema type or types. A table needs none.
    #[serde(default, rename = "type")]
    pub types: Option<Types>,
    /// Default value.
    #[serde(default, deserialize_with = "present")]
    pub default: Option<Value>,
    /// Default that the component or the pattern knows.
    #[serde(default)]
    pub default_from: Option<DefaultFrom>,
    /// The entries of a table.
    #[serde(default)]
    pub properties: Option<Table<Node>>,
    /// It is a table with such an entry for each of these, called by their keys.
    #[serde(default)]
    pub each: Option<Each>,
    /// JSON Schema of the entries of a list.
    #[serde(default)]
    pub items: Option<Value>,
    /// More keywords of JSON Schema.
    #[serde(default)]
    pub schema: Option<Value>,
    /// Allowed values.
    #[serde(default, rename = "enum")]
    pub choices: Option<Vec<Value>>,
    /// Allowed values that the model knows, besides those of `enum`.
    #[serde(default)]
    pub enum_from: Option<EnumFrom>,
    /// Regular expression.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Smallest number.
    #[serde(default)]
    pub minimum: Option<i64>,
    /// Smallest number that the pattern knows.
    #[serde(default)]
    pub minimum_from: Option<LimitFrom>,
    /// Largest number.
    #[serde(default)]
    pub maximum: Option<i64>,
    /// Largest number that the pattern knows.
    #[serde(default)]
    pub maximum_from: Option<LimitFrom>,
    /// Fewest characters.
    #[serde(default)]
    pub min_length: Option<u32>,
    /// Name of a definition in `values/definitions.yaml`.
    #[serde(default)]
    pub definition: Option<Text>,
    /// Where it exists at all.
    #[serde(default)]
    pub when: Option<When>,
    /// Whether components leave it to `defaults` unless they say otherwise.
    #[serde(default)]
    pub shared: bool,
    /// The table of what components share.
    #[serde(default)]
    pub collects_shared: bool,
    /// An old name, refused with the path of the new one.
    #[serde(default)]
    pub renamed_to: Option<Text>,
}

impl Node {
    /// Whether it is a table with keys, as opposed to a mapping without documented keys.
    pub fn is_free_form(&self) -> bool {
        let types = self.types.as_ref();
        types.is_some_and(|types| types.0.contains(&Type::Object))
    }
}

/// Keeps an explicit `null` apart from a missing default.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A default that the component or the pattern knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultFrom {
    /// The pattern's replicas of the component.
    Replicas,
    /// The pattern's minimum of the component.
    MinimumReplicas,
    /// The component's image repository.
    Repository,
    /// The component's shutdown time.
    ShutdownSeconds,
    /// The update strategy that fits the component's workload.
    UpdateStrategy,
}

/// What a table has an entry for, each documented as the model documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// The chart's endpoints.
    Endpoint,
    /// The roles that have endpoints.
    PublicService,
    /// The endpoints of the role whose entry holds this one.
    EndpointOfService,
}

/// Allowed values that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnumFrom {
    /// The names of `controllers.yaml`.
    Controllers,
    /// The names of `databases.yaml`.
    Databases,
}

/// A limit that the pattern knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitFrom {
    /// The pattern's minimum of the component.
    MinimumReplicas,
    /// The pattern's maximum of the component, if it has one.
    MaximumReplicas,
    /// The component's shutdown time.
    ShutdownSeconds,
}

/// What the component knows, for `properties-from` inside a piece of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PropertiesFrom {
    /// Its ports that others and users reach by one name.
    ServicePorts,
    /// Its ports that others reach node by node.
    NodePorts,
    /// How Kubernetes updates a workload of its kind.
    UpdateStrategies,
}

/// Conditions under which a value exists; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// The component's workload is of this kind.
    #[serde(default)]
    pub workload: Option<Workload>,
    /// The component is one of these.
    #[serde(default)]
    pub component: Option<Vec<Text>>,
    /// The pattern is one of these.
    #[serde(default)]
    pub pattern: Option<Vec<PatternRef>>,
    /// The product version is one of these.
    #[serde(default)]
    pub versions: Option<Vec<Text>>,
    /// The component has storage, or has none.
    #[serde(default)]
    pub storage: Option<bool>,
    /// The pattern has this endpoint (in `component.yaml`: served by the component).
    #[serde(default)]
    pub endpoint: Option<Text>,
    /// The component has something to wait for before its server starts, or has nothing.
    #[serde(default)]
    pub waits: Option<bool>,
    /// The component has another to wait for that it listens to, or has none.
    #[serde(default)]
    pub listens: Option<bool>,
    /// The pattern has several components, so that a release may run a part of them, or has one.
    #[serde(default)]
    pub divisible: Option<bool>,
    /// Other components connect to each node of the component, or to none by its own address.
    #[serde(default)]
    pub listed: Option<bool>,
    /// The component is the event hub of a pattern where it may have several nodes, or is not (in the chart's own values: the pattern has
    /// such a component).
    #[serde(default)]
    pub hub: Option<bool>,
    /// The product has this.
    #[serde(default)]
    pub has: Option<Feature>,
}

/// A JSON Schema type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A mapping.
    Object,
    /// A list.
    Array,
    /// Nothing.
    #[serde(rename = "null")]
    Null,
}

impl Type {
    /// The word of JSON Schema.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Null => "null",
        }
    }
}

/// One type or a list of types.
#[derive(Debug, Clone)]
pub struct Types(pub Vec<Type>);

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypesVisitor;
        impl<'de> Visitor<'de> for TypesVisitor {
            type Value = Types;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON Schema type or a list of them")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Types, E> {
                Type::deserialize(StrDeserializer::new(word)).map(|kind| Types(vec![kind]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Types, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(access)).map(Types)
            }
        }
        deserializer.deserialize_any(TypesVisitor)
    }
}

/// `platforms/<platform>.yaml`: an overlay for each chart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Platform {
    /// Name; equals the file's name.
    pub name: Text,
    /// Title.
    pub title: String,
    /// What the overlay assumes.
    pub doc: String,
    /// The platform that it is a variant of: its sections hold here too, but for those of a topic that this one has itself.
    #[serde(default)]
    pub base: Option<Text>,
    /// Whether it keeps the chart's own sizes, which are for trying it out.
    #[serde(default)]
    pub development: bool,
    /// Its parts.
    pub sections: Vec<Section>,
}

impl Platform {
    fn has(&self, topic: Option<&Text>) -> bool {
        topic.is_some_and(|topic| {
            let mut own = self.sections.iter().filter_map(|own| own.topic.as_ref());
            own.any(|own| own.value == topic.value)
        })
    }
}

/// The sections of an overlay with the files that they stand in: those of its base that it does not replace, and its own.
pub fn sections<'m>(
    platform: &'m Loaded<Platform>,
    platforms: &'m [Loaded<Platform>],
) -> impl Iterator<Item = (&'m Loaded<Platform>, &'m Section)> {
    let base = platforms.iter().find(|other| {
        let base = platform.value.base.as_ref();
        base.is_some_and(|base| base.value == other.value.name.value)
    });
    let inherited = base.into_iter().flat_map(|base| {
        let sections = base.value.sections.iter();
        sections
            .filter(|section| !platform.value.has(section.topic.as_ref()))
            .map(move |section| (base, section))
    });
    let own = platform.value.sections.iter();
    inherited.chain(own.map(move |section| (platform, section)))
}

/// A part of an overlay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Section {
    /// What it is about, so that a variant of the platform may replace it.
    #[serde(default)]
    pub topic: Option<Text>,
    /// Only in these patterns.
    #[serde(default)]
    pub patterns: Option<Vec<PatternRef>>,
    /// Only in patterns that have this endpoint.
    #[serde(default)]
    pub endpoint: Option<Text>,
    /// Under the key of these components, instead of at the top level: a name, `every`, `statefulset`,
    /// `deployment`, or `storage` for those that have storage.
    #[serde(default)]
    pub component: Option<Text>,
    /// Values as YAML with comments.
    pub text: Text,
}
