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

    /// For documents.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.sections)
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

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
