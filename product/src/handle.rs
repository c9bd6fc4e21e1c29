//! Handles: numbers of rows of the table, which are read and written by name.

/// What every handle has: comparison as a number, text as a name.
macro_rules! handle {
    ($(#[$doc:meta])* $handle:ident, $row:ty, $rows:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $handle(pub(crate) u8);

        impl $handle {
            /// Every one, in the order of the table.
            pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone {
                // Reading the table refuses more than fit.
                (0..$crate::table::table().$rows.len()).map(|at| Self(u8::try_from(at).unwrap_or(u8::MAX)))
            }

            pub(crate) fn row(self) -> &'static $row {
                &$crate::table::table().$rows[usize::from(self.0)]
            }
        }

        impl std::fmt::Debug for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $handle {
            type Err = $crate::unknown::Unknown;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::from_name(name)
                    .ok_or_else(|| $crate::unknown::Unknown::new($what, name, Self::all().map(Self::name)))
            }
        }

        impl serde::Serialize for $handle {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $handle {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use handle;
