//! A unit's file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::words::{Variables, assignments, environment_file};

/// Where unit files are, the first that has one wins.
const FOLDERS: [&str; 3] = [
    "/etc/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where loaded units are kept until `daemon-reload`.
pub(super) const LOADED: &str = "/run/am-machine/loaded";
/// Variables that the suite gives every process of a unit, besides what the unit says.
const OF_SUITE: &str = "/run/am-machine/environment";

/// A unit as it was loaded.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) name: String,
    values: BTreeMap<String, Vec<String>>,
}

/// The full name of a unit.
pub(super) fn full_name(name: &str) -> String {
    if name.contains('.') {
        name.to_owned()
    } else {
        format!("{name}.service")
    }
}

/// The file of a unit, which may not be there.
pub(super) fn file_of(name: &str) -> Option<PathBuf> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
}

impl Unit {
    /// The unit as it is loaded; loads it when it is not yet. `None` without a file.
    pub(super) fn load(name: &str) -> io::Result<Option<Self>> {
        let name = full_name(name);
        let loaded = Path::new(LOADED).join(&name);
        if !loaded.is_file() {
            let Some(file) = file_of(&name) else {
                return Ok(None);
            };
            std::fs::create_dir_all(LOADED)?;
            std::fs::copy(file, &loaded)?;
        }
        let text = std::fs::read_to_string(&loaded)?;
        Ok(Some(Self::parse(name, &text)))
    }

    fn parse(name: String, text: &str) -> Self {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let joined = text.replace("\\\n", " ");
        let lines = joined.lines().map(str::trim);
        for line in lines.filter(|line| !line.starts_with(['#', ';', '['])) {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let values = values.entry(key.trim().to_owned()).or_default();
            // An empty value forgets those before.
            match value.trim() {
                "" => values.clear(),
                value => values.push(value.to_owned()),
            }
        }
        Self { name, values }
    }

    /// All values of a key.
    pub(super) fn all(&self, key: &str) -> &[String] {
        self.values.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last value of a key, or what systemd takes without one.
    pub(super) fn one<'u>(&'u self, key: &str, standard: &'u str) -> &'u str {
        self.all(key).last().map_or(standard, String::as_str)
    }

    /// A time span in seconds, or with a unit.
    pub(super) fn time(&self, key: &str, standard: Duration) -> Duration {
        let text = self.one(key, "");
        let number = |text: &str| text.trim().parse().ok();
        let span = if let Some(text) = text.strip_suffix("ms") {
            number(text).map(Duration::from_millis)
        } else if let Some(text) = text.strip_suffix("min") {
            number(text).map(|minutes: u64| Duration::from_secs(minutes * 60))
        } else {
            number(text.trim_end_matches('s')).map(Duration::from_secs)
        };
        span.unwrap_or(standard)
    }

    /// The variables of its processes.
    pub(super) fn variables(&self) -> io::Result<Variables> {
        let mut variables = assignments(
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8",
        );
        for line in self.all("Environment") {
            variables.extend(assignments(line));
        }
        for file in self.all("EnvironmentFile") {
            let (file, may_miss) = match file.strip_prefix('-') {
                Some(file) => (file, true),
                None => (file.as_str(), false),
            };
            match std::fs::read_to_string(file) {
                Ok(text) => variables.extend(environment_file(&text)),
                Err(_) if may_miss => {}
                Err(error) => return Err(io::Error::other(format!("{file}: {error}"))),
            }
        }
        for file in [OF_SUITE.to_owned(), format!("{OF_SUITE}.{}", self.name)] {
            if let Ok(text) = std::fs::read_to_string(file) {
                variables.extend(environment_file(&text));
            }
        }
        Ok(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;
    use std::time::Duration;

    #[test]
    fn a_key_may_have_several_values_and_forget_them() {
        let text = "[Service]\nExecStart=/bin/a\nExecStart=\nExecStart=/bin/b \\\n  c\nTimeoutStopSec=75\nRestartSec=500ms\n";
        let unit = Unit::parse("x.service".to_owned(), text);
        assert_eq!(unit.all("ExecStart"), ["/bin/b    c"]);
        assert_eq!(unit.one("Type", "simple"), "simple");
        assert_eq!(
            unit.time("TimeoutStopSec", Duration::ZERO),
            Duration::from_secs(75)
        );
        assert_eq!(
            unit.time("RestartSec", Duration::ZERO),
            Duration::from_millis(500)
        );
    }
}
