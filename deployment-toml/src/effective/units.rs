//! Durations: the engine turns `15m` into the number of the unit that the key's reader expects.

use super::value::{DurationFault, Values};
use crate::catalogue::Catalogue;
use crate::expression::expressions;
use crate::product::Product;
use crate::value::Value;

/// The units that the engine knows, in milliseconds.
const UNITS: [(&str, i128); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// What the engine makes of a text.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// It has no unit and is copied as it is.
    AsWritten,
    /// A number of the key's unit; not exact if a sign, a fraction or a remainder was lost.
    Number { number: i64, is_exact: bool },
    /// The server exits, for this reason.
    Refused(String),
}

/// Converts every duration, and tells of those that the file sets and the engine refuses or changes.
pub(super) fn convert(values: &mut Values, product: Product) -> Vec<DurationFault> {
    let mut faults = Vec::new();
    for record in Catalogue::of(product.distribution).durations() {
        if !record.versions.contains(&product.version) {
            continue;
        }
        let (Some(unit), Some(found)) = (&record.unit, values.get_mut(&record.path)) else {
            continue;
        };
        let (exits, what) = match &found.value {
            Value::Integer(_) | Value::Float(_) => continue,
            // Its value is not known here.
            Value::String(text) if !expressions(text).is_empty() => continue,
            Value::String(text) => {
                let reading = read(text, unit);
                let written = text.clone();
                match reading {
                    Reading::AsWritten if written.trim().parse::<i64>().is_ok() => continue,
                    Reading::AsWritten => (
                        false,
                        "the text is copied as it is and is no number".to_owned(),
                    ),
                    Reading::Refused(why) => (true, format!("the server exits, {why}")),
                    Reading::Number { number, is_exact } => {
                        found.value = Value::Integer(number);
                        if is_exact {
                            continue;
                        }
                        (false, format!("the engine makes {number}{unit} of it"))
                    }
                }
            }
            other => (
                true,
                format!(
                    "the server exits, the value is no duration ({})",
                    other.type_name()
                ),
            ),
        };
        if found.provenance.is_written() {
            faults.push(DurationFault {
                key: found
                    .written_as
                    .clone()
                    .unwrap_or_else(|| record.path.clone()),
                span: found.provenance.span(),
                exits,
                what,
            });
        }
    }
    faults
}

/// The engine looks for the first number in the text, and for the word after it.
fn read(text: &str, wanted: &str) -> Reading {
    let Some(start) = text.find(|c: char| c.is_ascii_digit()) else {
        return Reading::Refused("there is no number".to_owned());
    };
    let rest = &text[start..];
    let whole = digits(rest);
    let fraction = rest[whole..]
        .strip_prefix('.')
        .map_or(0, |after| match digits(after) {
            0 => 0,
            count => count + 1,
        });
    let after =
        rest[whole + fraction..].trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let end = after
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(after.len());
    let unit = &after[..end];
    if unit.is_empty() {
        return Reading::AsWritten;
    }
    let (Some(from), Some(to)) = (length(unit), length(wanted)) else {
        return Reading::Refused(format!("{unit:?} is no unit"));
    };
    let given = rest[..whole].parse::<i64>().unwrap_or(i64::MAX);
    let length = i128::from(given) * from;
    let number = length / to;
    if number == 0 && given != 0 {
        return Reading::Refused(format!("it is less than one {wanted}"));
    }
    let is_alone = text[..start].trim().is_empty() && after[end..].trim().is_empty();
    let has_fraction = rest[whole..whole + fraction]
        .chars()
        .any(|c| ('1'..='9').contains(&c));
    Reading::Number {
        number: i64::try_from(number).unwrap_or(i64::MAX),
        is_exact: is_alone && !has_fraction && length % to == 0,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn length(unit: &str) -> Option<i128> {
    UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, length)| *length)
}
