//! Kubernetes quantities and sizes of Java heaps, in bytes.

use serde_json::Value;

/// Bytes of a Kubernetes memory quantity such as `2Gi`, `1500M` or `1e9`.
pub(super) fn memory(value: &Value) -> Option<u64> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let units: [(&str, f64); 13] = [
        ("Ki", 1024.0),
        ("Mi", 1024.0 * 1024.0),
        ("Gi", 1024.0 * 1024.0 * 1024.0),
        ("Ti", 1024.0 * 1024.0 * 1024.0 * 1024.0),
        ("Pi", 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("m", 1e-3),
        ("u", 1e-6),
        ("", 1.0),
    ];
    let (unit, factor) = units.iter().find(|(unit, _)| text.ends_with(unit))?;
    bytes(text.strip_suffix(unit)?, *factor)
}

/// Bytes of a Java size such as `2048m` or `2g`.
pub(super) fn heap(text: &str) -> Option<u64> {
    let (number, factor) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 1024.0),
        (at, 'm' | 'M') => (&text[..at], 1024.0 * 1024.0),
        (at, 'g' | 'G') => (&text[..at], 1024.0 * 1024.0 * 1024.0),
        (at, 't' | 'T') => (&text[..at], 1024.0 * 1024.0 * 1024.0 * 1024.0),
        _ => (text, 1.0),
    };
    bytes(number, factor)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be finite, positive and far below 2^63"
)]
fn bytes(number: &str, factor: f64) -> Option<u64> {
    let number: f64 = number.trim().parse().ok()?;
    let bytes = number * factor;
    (bytes.is_finite() && (0.0..9e18).contains(&bytes)).then_some(bytes as u64)
}

/// A mebibyte.
pub(super) const MIB: u64 = 1024 * 1024;

/// So many percent of some bytes.
pub(super) fn part(of: u64, percent: f64) -> Option<u64> {
    bytes(&of.to_string(), percent / 100.0)
}

/// Bytes for people.
pub(super) fn shown(bytes: u64) -> String {
    format!("{} MiB", bytes / MIB)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{heap, memory};

    #[test]
    fn memory_is_read_in_every_notation() {
        assert_eq!(memory(&json!("2Gi")), Some(2 << 30));
        assert_eq!(memory(&json!("1500M")), Some(1_500_000_000));
        assert_eq!(memory(&json!(1024)), Some(1024));
        assert_eq!(memory(&json!("1e9")), Some(1_000_000_000));
        assert_eq!(memory(&json!("much")), None);
    }

    #[test]
    fn heaps_are_read_as_java_does() {
        assert_eq!(heap("2048m"), Some(2 << 30));
        assert_eq!(heap("2G"), Some(2 << 30));
        assert_eq!(heap("1024"), Some(1024));
        assert_eq!(heap("m"), None);
    }
}
