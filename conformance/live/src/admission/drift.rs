//! Whether a GitOps tool would call an object out of sync for ever: Argo CD's own comparison of what a chart renders with
//! what the API server made of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use am_toolchain::{StderrProgress, Tool, Toolchain};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::LiveError;

/// What a chart renders, and what the API server made of it.
pub(super) struct Applied {
    pub(super) desired: Value,
    pub(super) live: Value,
}

/// The comparison of `tools/gitops-diff`.
pub(super) struct Comparison {
    program: PathBuf,
}

/// A line of its answer; the objects as they are compared, where they differ.
#[derive(Deserialize)]
struct Verdict {
    modified: bool,
    #[serde(default)]
    live: Value,
    #[serde(default)]
    predicted: Value,
}

impl Comparison {
    pub(super) fn new(workspace: &Path) -> Result<Self, LiveError> {
        let program = Toolchain::new(workspace)
            .ensure(Tool::GitopsDiff, &mut StderrProgress::default())
            .map_err(|error| LiveError::unavailable(error.to_string(), "install Go"))?;
        Ok(Self { program })
    }

    /// For each object, the fields in which it differs; none where a GitOps tool sees no difference.
    pub(super) fn differences(&self, objects: &[Applied]) -> Result<Vec<Vec<String>>, LiveError> {
        let broken = |error: String| {
            LiveError::unavailable(format!("gitops-diff: {error}"), "report this as a bug")
        };
        let lines: Vec<String> = objects
            .iter()
            .map(|object| json!({"desired": object.desired, "live": object.live}).to_string())
            .collect();
        let input = lines.join("\n") + "\n";
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| broken(error.to_string()))?;
        let mut stdin = child.stdin.take();
        let writer = std::thread::spawn(move || {
            // A program that ended early says why itself.
            let _ = stdin
                .as_mut()
                .map(|stdin| stdin.write_all(input.as_bytes()));
        });
        let output = child
            .wait_with_output()
            .map_err(|error| broken(error.to_string()))?;
        let _ = writer.join();
        if !output.status.success() {
            return Err(broken(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let verdicts: Vec<Verdict> = serde_json::Deserializer::from_slice(&output.stdout)
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| broken(error.to_string()))?;
        if verdicts.len() != objects.len() {
            return Err(broken(format!(
                "{} answers for {} objects",
                verdicts.len(),
                objects.len()
            )));
        }
        let fields = verdicts.iter().map(|verdict| {
            let mut fields = Vec::new();
            if verdict.modified {
                collect(&verdict.predicted, &verdict.live, "", &mut fields);
            }
            fields
        });
        Ok(fields.collect())
    }
}

/// The paths at which two documents differ.
fn collect(one: &Value, other: &Value, path: &str, paths: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one
                .keys()
                .chain(other.keys().filter(|key| !one.contains_key(*key)));
            for key in keys {
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                let (one, other) = (
                    value(one).unwrap_or_default(),
                    value(other).unwrap_or_default(),
                );
                collect(&one, &other, &format!("{path}.{key}"), paths);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                collect(one, other, &format!("{path}[{index}]"), paths);
            }
        }
        _ if one == other => {}
        _ => paths.push(path.trim_start_matches('.').to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::{Applied, Comparison, collect};

    #[test]
    fn what_the_api_server_changed_is_a_difference_and_what_it_filled_in_is_none() {
        let route = |rules: serde_json::Value| {
            json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                "metadata": {"name": "a"}, "spec": {"rules": rules},
            })
        };
        let applied = |live| Applied {
            desired: route(json!([{"backendRefs": [{"name": "b"}]}])),
            live: route(live),
        };
        let filled_in = applied(json!([{"backendRefs": [{"name": "b", "weight": 1}]}]));
        let changed = applied(json!([{"backendRefs": [{"name": "c"}]}]));
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let comparison = Comparison::new(&workspace).expect("the program");
        let found = comparison.differences(&[filled_in, changed]);
        let wanted = [vec![], vec!["spec.rules[0].backendRefs[0].name".to_owned()]];
        assert_eq!(found.expect("answers"), wanted);
    }

    #[test]
    fn fields_that_differ_are_named_by_their_paths() {
        let mut paths = Vec::new();
        let one = json!({"a": [{"b": 1}, {"b": 2}], "c": {"d": 1}, "e": 1});
        let other = json!({"a": [{"b": 1}, {"b": 3}], "c": {"d": 1, "f": 2}, "e": 1});
        collect(&one, &other, "", &mut paths);
        assert_eq!(paths, ["a[1].b", "c.f"]);
    }
}
