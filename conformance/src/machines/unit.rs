//! Units of systemd.

use serde_json::{Map, Value, json};

/// A unit: its keys by section, each with every value that it is given, in order. Source: systemd.syntax(7).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unit {
    sections: Map<String, Value>,
}

impl Unit {
    /// Reads a unit. What is no line of one is passed over: systemd judges that itself.
    pub(super) fn read(text: &str) -> Self {
        let mut sections = Map::new();
        let mut section = String::new();
        for line in text.replace("\\\n", " ").lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            let name = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            if let Some(name) = name {
                name.clone_into(&mut section);
                sections.entry(name).or_insert_with(|| json!({}));
            } else if let (Some((key, value)), Some(Value::Object(keys))) =
                (line.split_once('='), sections.get_mut(&section))
            {
                let values = keys.entry(key.trim()).or_insert_with(|| json!([]));
                // An empty value takes back those before it.
                match (value.trim(), values) {
                    ("", values) => *values = json!([]),
                    (value, Value::Array(values)) => values.push(json!(value)),
                    _ => {}
                }
            }
        }
        Self { sections }
    }

    /// Every value of a key of `[Service]`.
    pub(super) fn service(&self, key: &str) -> impl Iterator<Item = &str> {
        let values = self.sections.get("Service").and_then(|keys| keys.get(key));
        let values = values.and_then(Value::as_array).into_iter().flatten();
        values.filter_map(Value::as_str)
    }

    /// The words of what it starts.
    pub(super) fn command(&self) -> Vec<&str> {
        let started = self.service("ExecStart").last().unwrap_or_default();
        started
            .trim_start_matches(['@', '-', ':', '+', '!'])
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']))
            .collect()
    }

    /// How long it may take to stop before it is killed, in seconds. Sources: systemd.service(5), systemd.time(7).
    pub(super) fn stop_seconds(&self) -> u64 {
        let written = self.service("TimeoutStopSec").last();
        written.map_or(USUAL_STOP, |text| {
            seconds(text).unwrap_or(if text == "infinity" { FOREVER } else { 0 })
        })
    }

    /// For documents.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.sections)
    }
}

/// `DefaultTimeoutStopSec` unless somebody changed it.
const USUAL_STOP: u64 = 90;

/// Longer than anybody waits.
const FOREVER: u64 = 366 * 24 * 3600;

/// A span of time such as `75`, `75s` or `1min 30s`; none where it is anything else.
fn seconds(text: &str) -> Option<u64> {
    let spaced = text.replace(|letter: char| letter.is_ascii_digit(), " ");
    let units = spaced.split_whitespace();
    let numbers = text
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|number| !number.is_empty());
    let units: Vec<&str> = units.collect();
    let numbers: Vec<&str> = numbers.collect();
    if numbers.is_empty() || units.len() > numbers.len() {
        return None;
    }
    let all = units.iter().copied().chain(std::iter::repeat("s"));
    numbers
        .iter()
        .zip(all)
        .try_fold(0_u64, |sum, (number, unit)| {
            let factor = match unit {
                "s" | "sec" | "second" | "seconds" => 1,
                "m" | "min" | "minute" | "minutes" => 60,
                "h" | "hr" | "hour" | "hours" => 3600,
                _ => return None,
            };
            sum.checked_add(number.parse::<u64>().ok()?.checked_mul(factor)?)
        })
}

#[cfg(test)]
mod tests {
    use super::{FOREVER, Unit, seconds};

    #[test]
    fn time_to_stop_is_read_as_systemd_reads_it() {
        for (text, expected) in [("75", 75), ("75s", 75), ("2min", 120), ("1min 30s", 90)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        assert_eq!(seconds("soon"), None);
        let unit = |text: &str| Unit::read(&format!("[Service]\n{text}\n")).stop_seconds();
        assert_eq!((unit("Type=simple"), unit("TimeoutStopSec=195")), (90, 195));
        assert_eq!(unit("TimeoutStopSec=infinity"), FOREVER);
    }

    #[test]
    fn keys_are_read_by_section_and_the_last_command_counts() {
        let unit = Unit::read(
            "# a comment\n[Unit]\nDescription=a\n[Service]\nExecStart=/old\nExecStart=\nExecStart=-/home/bin/a.sh \\\n  start\nEnvironmentFile=/a\nEnvironmentFile=-/b\n",
        );
        assert_eq!(unit.command(), ["/home/bin/a.sh", "start"]);
        let files: Vec<&str> = unit.service("EnvironmentFile").collect();
        assert_eq!(files, ["/a", "-/b"]);
        assert_eq!(unit.into_value()["Unit"]["Description"][0], "a");
    }

    #[test]
    fn what_stands_before_any_section_is_nobodys() {
        assert_eq!(Unit::read("ExecStart=/a\n").command(), Vec::<&str>::new());
    }
}
