//! What a command needs: told from its words, before the program that reads them is compiled. A wrong guess costs time only.

use std::ffi::OsString;

use am_pinned_tools::Tool;

/// The program that runs a command, and the tools that it will ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) program: &'static str,
    pub(crate) tools: &'static [Tool],
}

/// Words by which a command renders nothing.
const RENDERS_NOTHING: [&str; 4] = ["-h", "--help", "explain", "requirements"];

/// What the arguments of `cargo xtask` need.
pub(crate) fn of(arguments: &[OsString]) -> Needs {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    let on_cluster = words
        .iter()
        .any(|word| word == "--cluster" || word.starts_with("--cluster="));
    let scenario = words
        .windows(2)
        .any(|two| two[0] == "--scenario" && two[1] == "machines");
    let on_machines = scenario || has("--scenario=machines");
    let is_on = |cluster: &str| has(cluster) || has(&format!("--cluster={cluster}"));
    // A copy of the workspace has tools of its own.
    let has_own_tools = words.iter().any(|word| word.starts_with("--workspace"));
    let tools: &[Tool] = if has_own_tools || RENDERS_NOTHING.iter().any(|word| has(word)) {
        &[]
    } else if has("bench") {
        &[Tool::Renderer, Tool::Helm3, Tool::Helm4, Tool::Kubeconform]
    } else if words.first().is_some_and(|word| word == "publish") && has("--sign") {
        &[Tool::Helm4, Tool::Oras, Tool::Cosign]
    } else if words.first().is_some_and(|word| word == "publish") {
        &[Tool::Helm4, Tool::Oras]
    } else if words.first().is_some_and(|word| word == "package") {
        &[Tool::Helm4]
    } else if !has("conformance") {
        &[]
    } else if on_machines {
        &[Tool::Renderer]
    } else if !on_cluster {
        &[Tool::Renderer, Tool::Helm3]
    } else if is_on("envtest") {
        &[
            Tool::KubeApiserver,
            Tool::Etcd,
            Tool::Renderer,
            Tool::GitopsDiff,
        ]
    } else if is_on("kind") && (has("published") || has("--scenario=published")) {
        &[
            Tool::Kind,
            Tool::Helm4,
            Tool::Helm3,
            Tool::Shell,
            Tool::Renderer,
            Tool::Oras,
            Tool::Registry,
        ]
    } else if is_on("kind") {
        &[Tool::Kind, Tool::Helm4, Tool::Shell]
    } else {
        &[Tool::Helm4, Tool::Shell]
    };
    let program = if on_cluster || on_machines {
        "xtask-live"
    } else {
        "xtask"
    };
    Needs { program, tools }
}

#[cfg(test)]
mod tests {
    use am_pinned_tools::Tool;

    use super::{Needs, of};

    fn needs(command: &str) -> Needs {
        let words: Vec<_> = command.split(' ').map(Into::into).collect();
        of(&words)
    }

    #[test]
    fn only_a_cluster_asks_for_what_a_cluster_needs() {
        assert_eq!(needs("gen-charts --check").program, "xtask");
        assert_eq!(needs("conformance --pattern 3").program, "xtask");
        assert_eq!(
            needs("conformance --cluster kind selftest").program,
            "xtask-live"
        );
        assert_eq!(
            needs("conformance --scenario machines").program,
            "xtask-live"
        );
        // These machines are judged in their files.
        assert_eq!(needs("conformance --platform machines").program, "xtask");
        assert_eq!(
            needs("conformance --cluster=context=a").program,
            "xtask-live"
        );
    }

    #[test]
    fn tools_are_built_for_commands_that_use_them() {
        assert_eq!(needs("conformance").tools, [Tool::Renderer, Tool::Helm3]);
        assert!(
            needs("conformance --cluster=kind")
                .tools
                .contains(&Tool::Kind)
        );
        assert!(
            needs("conformance --cluster envtest")
                .tools
                .contains(&Tool::Etcd)
        );
        assert_eq!(needs("package --pattern 3").tools, [Tool::Helm4]);
        let publish = "publish --registry oci://localhost:5000";
        assert_eq!(needs(publish).tools, [Tool::Helm4, Tool::Oras]);
        assert!(
            needs(&format!("{publish} --sign"))
                .tools
                .contains(&Tool::Cosign)
        );
        assert!(needs("bench").tools.contains(&Tool::Kubeconform));
        for nothing in [
            "gen-charts",
            "conformance --help",
            "conformance explain AM-WIRE-003",
            "--workspace copy conformance",
        ] {
            assert_eq!(needs(nothing).tools, [], "{nothing}");
        }
    }
}
