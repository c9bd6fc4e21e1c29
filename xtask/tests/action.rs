//! The composite action in `action.yml`: its steps, run as GitHub would run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Value>,
    runs: Runs,
}

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    default: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Value {
    value: String,
}

#[derive(Debug, Deserialize)]
struct Runs {
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    id: Option<String>,
    run: Option<String>,
    shell: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("a workspace")
}

fn action() -> Action {
    let text = fs::read_to_string(root().join("action.yml")).expect("an action");
    serde_saphyr::from_str(&text).expect("the action is YAML")
}

/// A rule of a house that our fixtures break, as a warning.
const HOUSE: &str = "
apiVersion: conformance.am-charts/v1
kind: Requirements
requirements:
  - id: HOUSE-009
    level: SHOULD
    title: Services of the house
    text: The name of a Service SHOULD begin with house.
    rows:
      - each: Service
        holds: object.metadata.name.startsWith('house')
        at: name
        fault: \"{reference} is not of the house\"
        help: call it house-…
    example:
      good: [{apiVersion: v1, kind: Service, metadata: {name: house-a}, spec: {ports: [{port: 1}]}}]
      bad: [{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}]}}]
";

/// A checkout of somebody's charts, and what the runner keeps for the steps.
struct Runner {
    checkout: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
}

/// What came of the action.
struct Done {
    outputs: BTreeMap<String, String>,
    summary: String,
    last: Output,
}

impl Runner {
    fn new(inputs: &[(&str, &str)]) -> Self {
        let checkout = tempfile::tempdir().expect("a folder");
        let from = root().join("fixtures/foreign-charts");
        am_conformance::fixture::copy_directory(&from, &checkout.path().join("deploy"))
            .expect("copied");
        let given = inputs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            checkout,
            inputs: given.collect(),
        }
    }

    /// The text of an expression of a step's environment.
    fn value(&self, action: &Action, text: &str) -> String {
        let expression = text
            .strip_prefix("${{ ")
            .and_then(|text| text.strip_suffix(" }}"));
        match expression {
            None => text.to_owned(),
            Some("github.action_path") => root().to_string_lossy().into_owned(),
            Some(other) => {
                let name = other.strip_prefix("inputs.").expect("an input");
                let input = &action.inputs[name];
                let given = self.inputs.get(name).cloned();
                given
                    .or_else(|| input.default.clone())
                    .expect("given, or with a default")
            }
        }
    }

    /// Runs the steps that are commands until one fails.
    fn run(&self) -> Done {
        let action = action();
        let unknown = self
            .inputs
            .keys()
            .find(|name| !action.inputs.contains_key(*name));
        assert_eq!(unknown, None, "the action has no such input");
        let kept = tempfile::tempdir().expect("a folder");
        let mut outputs = BTreeMap::new();
        let mut last = None;
        for (index, step) in action.runs.steps.iter().enumerate() {
            let Some(script) = &step.run else { continue };
            assert_eq!(
                step.shell.as_deref(),
                Some("bash"),
                "composite actions name the shell"
            );
            let file = kept.path().join(format!("{index}.sh"));
            fs::write(&file, script).expect("written");
            let output = kept.path().join("output");
            fs::write(&output, "").expect("written");
            let env = step
                .env
                .iter()
                .map(|(name, text)| (name, self.value(&action, text)));
            let done = Command::new("bash")
                .args(["--noprofile", "--norc", "-eo", "pipefail"])
                .arg(&file)
                .current_dir(self.checkout.path())
                .envs(env)
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_STEP_SUMMARY", kept.path().join("summary.md"))
                .output()
                .expect("bash runs");
            if let Some(id) = &step.id {
                let text = fs::read_to_string(&output).expect("there");
                let pairs = text.lines().filter_map(|line| line.split_once('='));
                outputs.extend(pairs.map(|(name, value)| {
                    (
                        format!("${{{{ steps.{id}.outputs.{name} }}}}"),
                        value.to_owned(),
                    )
                }));
            }
            let is_over = !done.status.success();
            last = Some(done);
            if is_over {
                break;
            }
        }
        let named = action.outputs.iter();
        Done {
            outputs: named
                .filter_map(|(name, of)| Some((name.clone(), outputs.get(&of.value)?.clone())))
                .collect(),
            summary: fs::read_to_string(kept.path().join("summary.md")).unwrap_or_default(),
            last: last.expect("a step"),
        }
    }

    fn reads(&self, file: &str) -> String {
        fs::read_to_string(self.checkout.path().join(file)).unwrap_or_default()
    }
}

impl Done {
    fn text(&self) -> String {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        text(&self.last.stdout) + &text(&self.last.stderr)
    }

    fn code(&self) -> Option<i32> {
        self.last.status.code()
    }
}

#[test]
fn sound_charts_pass_and_the_reports_are_written() {
    let runner = Runner::new(&[
        ("spec", "deploy/pattern-3.yaml"),
        ("reports", "sarif=found.sarif\nhtml=found.html\n"),
    ]);
    let done = runner.run();
    assert_eq!(done.code(), Some(0), "{}", done.text());
    assert_eq!(done.outputs["exit-code"], "0");
    assert!(done.summary.contains("pattern-3"), "{}", done.summary);
    assert!(runner.reads("found.sarif").contains("\"version\""));
    assert!(runner.reads("found.html").contains("<html"));
}

#[test]
fn broken_charts_fail_at_their_own_lines_unless_no_finding_shall() {
    let broken = ("spec", "deploy/pattern-3-broken.yaml");
    let runner = Runner::new(&[broken, ("reports", "sarif=found.sarif")]);
    let done = runner.run();
    assert_eq!(done.code(), Some(1), "{}", done.text());
    assert_eq!(done.outputs["exit-code"], "1");
    assert!(
        runner
            .reads("found.sarif")
            .contains("\"deploy/gateway/templates/_conf.tpl\"")
    );
    let done = Runner::new(&[broken, ("fail-level", "none")]).run();
    assert_eq!(done.code(), Some(0), "{}", done.text());
}

#[test]
fn a_warning_fails_where_it_shall() {
    let inputs = [
        ("spec", "deploy/pattern-3.yaml"),
        ("requirements", "house.yaml"),
    ];
    let run = |level: Option<&'static str>| {
        let level = level.map(|level| ("fail-level", level));
        let inputs: Vec<(&str, &str)> = inputs.into_iter().chain(level).collect();
        let runner = Runner::new(&inputs);
        fs::write(runner.checkout.path().join("house.yaml"), HOUSE).expect("written");
        runner.run()
    };
    let done = run(None);
    assert_eq!(done.code(), Some(0), "{}", done.text());
    assert!(done.text().contains("HOUSE-009"), "{}", done.text());
    let done = run(Some("should"));
    assert_eq!(done.code(), Some(1), "{}", done.text());
}

#[test]
fn a_misspelt_input_is_told_by_the_command() {
    let done = Runner::new(&[("spec", "deploy/pattern-4.yaml")]).run();
    assert_eq!(done.outputs["exit-code"], "3", "{}", done.text());
    let done = Runner::new(&[("spec", "deploy/pattern-3.yaml"), ("fail-level", "maybe")]).run();
    assert_eq!(done.outputs["exit-code"], "2", "{}", done.text());
}
