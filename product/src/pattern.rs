//! Patterns: what one chart deploys.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::distribution::{Distribution, Product};
use crate::unknown::Unknown;
use crate::version::ProductVersion;

/// What one chart deploys: a numbered pattern of API Manager, or the servers of one other distribution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// A pattern of API Manager, such as 3.
    Numbered(u8),
    /// Servers of a distribution that is installed beside API Manager, in a chart of their own.
    Companion(Distribution),
}

/// How the names of charts begin.
const NUMBERED: &str = "am-pattern-";
const COMPANION: &str = "am-integration-";

impl Pattern {
    /// The name of the chart, such as `am-pattern-3`.
    pub fn chart(self) -> String {
        match self {
            Self::Numbered(number) => format!("{NUMBERED}{number}"),
            Self::Companion(distribution) => format!("{COMPANION}{}", distribution.short()),
        }
    }

    /// The pattern that a chart's name says.
    pub fn of_chart(name: &str) -> Option<Self> {
        if let Some(number) = name.strip_prefix(NUMBERED) {
            return numbered(number);
        }
        companion(name.strip_prefix(COMPANION)?)
    }

    /// What its images are of in a version of API Manager, whose distributions have version and user in common: so one stands for all.
    pub fn product(self, version: ProductVersion) -> Product {
        Product::new(version, self.distribution().unwrap_or(Distribution(0)))
    }

    /// The distribution that is installed beside API Manager, if it is one.
    pub fn distribution(self) -> Option<Distribution> {
        match self {
            Self::Numbered(_) => None,
            Self::Companion(distribution) => Some(distribution),
        }
    }
}

fn numbered(text: &str) -> Option<Pattern> {
    let number: u8 = text.parse().ok()?;
    // Neither `+3` nor `03`.
    (number.to_string() == text).then_some(Pattern::Numbered(number))
}

fn companion(text: &str) -> Option<Pattern> {
    Distribution::all()
        .find(|one| one.is_companion() && one.short() == text)
        .map(Pattern::Companion)
}

/// The smallest pattern.
impl Default for Pattern {
    fn default() -> Self {
        Self::Numbered(0)
    }
}

impl FromStr for Pattern {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        numbered(text).or_else(|| companion(text)).ok_or_else(|| {
            let known = Distribution::all().filter(|one| one.is_companion());
            Unknown::new(
                "pattern",
                text,
                known.map(Distribution::short).chain(["a number"]),
            )
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbered(number) => f.pad(&number.to_string()),
            Self::Companion(distribution) => f.pad(distribution.short()),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Numbered(number) => serializer.serialize_u8(*number),
            Self::Companion(distribution) => serializer.serialize_str(distribution.short()),
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl Visitor<'_> for Word {
            type Value = Pattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a pattern, or the short name of a distribution beside API Manager")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Pattern, E> {
                let number = u8::try_from(number)
                    .map_err(|_| E::custom(format!("{number} is no pattern")))?;
                Ok(Pattern::Numbered(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Pattern, E> {
                let number = u64::try_from(number)
                    .map_err(|_| E::custom(format!("{number} is no pattern")))?;
                self.visit_u64(number)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Pattern, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Word)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_chart_s_name_says_its_pattern() {
        let of = |name: &str| Pattern::of_chart(name).map(Pattern::chart);
        for name in ["am-pattern-0", "am-pattern-12", "am-integration-mi"] {
            assert_eq!(of(name).as_deref(), Some(name));
        }
        for name in [
            "am-pattern-03",
            "am-pattern-+3",
            "am-pattern-300",
            "am-pattern-",
            "am-integration-",
            "am-integration-acp",
            "gateway",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        let read =
            |text: &str| serde_saphyr::from_str::<Pattern>(text).map_err(|error| error.to_string());
        assert_eq!(read("3"), Ok(Pattern::Numbered(3)));
        assert_eq!(read("'3'"), Ok(Pattern::Numbered(3)));
        let written = serde_saphyr::to_string(&Pattern::Numbered(3)).expect("a number");
        assert_eq!(written.trim(), "3");
        assert!(read("300").is_err_and(|told| told.contains("300 is no pattern")));
        assert!(read("-1").is_err());
        assert_eq!(
            read("si").map(Pattern::chart).as_deref(),
            Ok("am-integration-si")
        );
        assert!(read("acp").is_err_and(|told| told.contains("acp")));
    }
}
