//! A fault of a configuration: what is wrong, how bad it is, where it stands.

use serde::Serialize;

use crate::document::ParseError;
use crate::key::KeyPath;
use crate::span::Span;

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The server exits, or the API Manager's components do not start.
    StartUpFails,
    /// The server starts and does something else than the file says.
    SilentlyWrong,
    /// The key has no effect at all.
    Ignored,
}

/// What is wrong. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// No TOML, or newer TOML than the product's parser reads.
    Syntax,
    /// The same key or table twice.
    Duplicate,
    /// A table header after one of its own sub-tables: the engine overflows its stack.
    TableAfterSubtable,
    /// An array with elements of different types.
    MixedArray,
    /// A float where a whole number is meant, or a whole number written as a float: copied as text, `.0` included.
    FloatForInteger,
    /// A value of another type than its readers expect.
    WrongType,
    /// Text where a template wants a list.
    TextForList,
    /// Text where a template compares with a TOML boolean.
    TextForBoolean,
    /// `$env{}` or `$sys{}` names a variable that is not set.
    UnsetVariable,
    /// `$`, `\` in the value of a variable: the engine takes it for a replacement text.
    UnsafeForEngine,
    /// `$ref{}` names a key that has no value, or leads back to its own key.
    UnresolvedReference,
    /// `$secret{}` names an alias that `[secrets]` does not have.
    UnresolvedSecret,
    /// A secret in square brackets that a key refers to: plain text that nobody encrypted.
    PlainSecret,
    /// A key that the product cannot start without.
    MissingKey,
    /// `{{` or `{%` in a value: the product's templates evaluate it.
    TemplateSyntax,
    /// `&`, `<` or `]]>` in a value that is copied unescaped into XML, or `"` where that is an attribute.
    UnsafeForXml,
    /// A character in a user name or password that breaks the AMQP URL it is copied into.
    UnsafeForJndi,
    /// A broker URL with a query string; the template appends its own.
    QueryInBrokerUrl,
    /// Receiver and authentication URLs do not pair up.
    UnpairedUrls,
    /// A group `type` that is neither `loadbalance` nor `failover`: it means failover.
    UnknownGroupType,
    /// A URL with another scheme than its reader wants, or no URL.
    WrongScheme,
    /// A value that triggers no inference although the key is there for it.
    UnlistedValue,
    /// `server.server_role` is missing or has a value that infers nothing: the all-in-one's switches stay on.
    RoleInfersNothing,
    /// Nothing reads the key.
    UnknownKey,
    /// The product names the key but nothing reads it.
    DeadKey,
    /// Only other versions read the key.
    KeyNotInVersion,
    /// Only other distributions read the key.
    KeyNotInDistribution,
}

/// One fault, with its place and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// How bad it is.
    pub severity: Severity,
    /// The key as the file writes it; `None` if there is none.
    pub key: Option<KeyPath>,
    /// Where it stands.
    pub span: Option<Span>,
    /// What happens, in one line. Never holds a value that may be secret.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(span) = self.span {
            write!(f, "{span}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl From<ParseError> for Fault {
    fn from(error: ParseError) -> Self {
        let (kind, help) = if error.duplicate {
            (FaultKind::Duplicate, "keep one of the two")
        } else {
            (FaultKind::Syntax, "write legal TOML")
        };
        Self {
            kind,
            severity: Severity::StartUpFails,
            key: None,
            span: Some(error.span),
            message: format!(
                "the server exits, it cannot parse the file: {}",
                error.message
            ),
            help: help.to_owned(),
        }
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            kind,
            severity,
            key: None,
            span: None,
            message: message.into(),
            help: String::new(),
        }
    }

    pub(super) fn at(mut self, key: &KeyPath, span: impl Into<Option<Span>>) -> Self {
        self.key = (*key != KeyPath::root()).then(|| key.clone());
        self.span = span.into();
        self
    }

    pub(super) fn fatal(mut self) -> Self {
        self.severity = Severity::StartUpFails;
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}
