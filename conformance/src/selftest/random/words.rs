//! Damages one value at random.

use fastrand::Rng;
use serde_json::{Value, json};

use super::Change;

/// Changes that fit a value, the likelier ones more than once.
pub(super) fn fitting(value: &Value) -> Vec<Change> {
    let mut changes = vec![Change::Drop, Change::Type];
    match value {
        Value::String(text) => {
            changes.extend([Change::Text, Change::Text]);
            if !text.is_empty() {
                changes.push(Change::Empty);
            }
            if text.contains("://") {
                changes.extend([Change::Host, Change::Port, Change::Scheme]);
                changes.extend([Change::Host, Change::Port, Change::Scheme]);
            }
        }
        Value::Number(_) => changes.extend([Change::Number; 3]),
        Value::Bool(_) => changes.extend([Change::Flag; 3]),
        Value::Array(items) if !items.is_empty() => changes.push(Change::Empty),
        Value::Object(map) if !map.is_empty() => changes.push(Change::Empty),
        _ => {}
    }
    changes
}

/// The value after the change; `None` when the change does not fit it.
pub(super) fn damaged(rng: &mut Rng, value: &Value, change: Change) -> Option<Value> {
    Some(match (change, value) {
        (Change::Text, Value::String(text)) => Value::from(misspelled(rng, text)),
        (Change::Empty, Value::String(_)) => json!(""),
        (Change::Empty, Value::Array(_)) => json!([]),
        (Change::Empty, Value::Object(_)) => json!({}),
        (Change::Flag, Value::Bool(flag)) => json!(!flag),
        (Change::Number, Value::Number(number)) => json!(another(rng, number.as_i64()?)),
        (Change::Type, value) => of_another_type(rng, value),
        (Change::Host | Change::Port | Change::Scheme, Value::String(text)) => {
            Value::from(another_url(rng, text, change)?)
        }
        _ => return None,
    })
}

/// A text with one letter too many, too few, or swapped with its neighbour.
pub(super) fn misspelled(rng: &mut Rng, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.is_empty() {
        return "x".into();
    }
    let at = rng.usize(..letters.len());
    match rng.u8(..3) {
        0 => letters.insert(at, 'x'),
        1 if letters.len() > 1 => {
            letters.remove(at);
        }
        _ if at + 1 < letters.len() && letters[at] != letters[at + 1] => {
            letters.swap(at, at + 1);
        }
        _ => letters.push('x'),
    }
    letters.into_iter().collect()
}

pub(super) fn another(rng: &mut Rng, number: i64) -> i64 {
    match rng.u8(..4) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 => number.saturating_mul(10),
        _ => 0,
    }
}

fn of_another_type(rng: &mut Rng, value: &Value) -> Value {
    match value {
        Value::String(text) => match rng.u8(..3) {
            0 => json!(7),
            1 => json!(true),
            _ => json!([text]),
        },
        Value::Number(number) => match rng.u8(..2) {
            0 => Value::from(number.to_string()),
            _ => json!(true),
        },
        Value::Bool(flag) => match rng.u8(..2) {
            0 => Value::from(flag.to_string()),
            _ => json!(1),
        },
        Value::Array(_) | Value::Object(_) | Value::Null => json!("text"),
    }
}

/// The last URL of a text (`jdbc:mysql://…` has one too) with one part changed.
fn another_url(rng: &mut Rng, text: &str, change: Change) -> Option<String> {
    let (scheme, rest) = text.rsplit_once("://")?;
    let end = rest
        .find(|letter: char| "/?,;\"' ".contains(letter))
        .unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (host, port) = authority
        .rsplit_once(':')
        .map_or((authority, None), |(host, port)| (host, Some(port)));
    Some(match change {
        Change::Host => {
            let host = if rng.bool() {
                misspelled(rng, host)
            } else {
                "localhost".into()
            };
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{scheme}://{host}{port}{tail}")
        }
        Change::Port => {
            let others = [9443, 9763, 8243, 9611, 9711, 5672, 1, 70_000];
            let port = match port.and_then(|port| port.parse::<i64>().ok()) {
                Some(port) if rng.bool() => port + 1,
                _ => others[rng.usize(..others.len())],
            };
            format!("{scheme}://{host}:{port}{tail}")
        }
        _ => {
            let schemes = ["http", "https", "tcp", "ssl", "ws", "wss"];
            let other = schemes[rng.usize(..schemes.len())];
            let start = scheme
                .rfind(|letter: char| !letter.is_ascii_alphanumeric())
                .map_or(0, |at| at + 1);
            format!("{}{other}://{rest}", &scheme[..start])
        }
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use serde_json::json;

    use super::{Change, another_url, damaged, fitting};

    #[test]
    fn one_part_of_a_url_is_changed() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..50 {
            let url = "tcp://am-tm:9611/x";
            let port = another_url(&mut rng, url, Change::Port).unwrap_or_default();
            assert!(
                port.starts_with("tcp://am-tm:") && port.ends_with("/x"),
                "{port}"
            );
            let host = another_url(&mut rng, url, Change::Host).unwrap_or_default();
            assert!(
                host.starts_with("tcp://") && host.ends_with(":9611/x"),
                "{host}"
            );
            let jdbc = another_url(&mut rng, "jdbc:mysql://db:1/x", Change::Scheme);
            let jdbc = jdbc.unwrap_or_default();
            assert!(
                jdbc.starts_with("jdbc:") && jdbc.ends_with("://db:1/x"),
                "{jdbc}"
            );
        }
    }

    #[test]
    fn every_change_that_fits_a_value_can_be_made() {
        let mut rng = Rng::with_seed(2);
        for value in [
            json!("a"),
            json!("tcp://a:1"),
            json!(1),
            json!(true),
            json!([1]),
            json!({"a": 1}),
        ] {
            for change in fitting(&value) {
                assert!(
                    change == Change::Drop || damaged(&mut rng, &value, change).is_some(),
                    "{change:?} of {value}"
                );
            }
        }
    }
}
