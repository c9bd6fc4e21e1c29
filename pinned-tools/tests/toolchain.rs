//! Finding and building tools, with and without Go.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use am_pinned_tools::{Silent, StderrProgress, Tool, ToolError, Toolchain};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A workspace that pins Helm 4 and has built nothing.
fn empty_workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let tools = folder.path().join("tools/helm4");
    std::fs::create_dir_all(&tools).expect("folder");
    std::fs::write(
        tools.join("go.mod"),
        "module x\n\ngo 1.26.0\n\nrequire helm.sh/helm/v4 v4.3.1\n",
    )
    .expect("file");
    folder
}

#[test]
fn without_the_tool_and_without_go_the_error_says_what_to_install() {
    let workspace = empty_workspace();
    let toolchain = Toolchain::new(workspace.path()).with_search_path("");
    let error = toolchain
        .ensure(Tool::Helm4, &mut Silent)
        .expect_err("nothing there");
    assert!(matches!(error, ToolError::Missing { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "helm4 v4.3.1 is not built and go 1.26.0 or newer was not found on PATH: install Go or put helm v4.3.1 on PATH"
    );
}

#[cfg(unix)]
#[test]
fn only_the_exact_version_on_path_is_taken() {
    let workspace = empty_workspace();
    let bin = tempfile::tempdir().expect("temporary folder");
    let toolchain = Toolchain::new(workspace.path()).with_search_path(bin.path());

    am_testing::script(bin.path(), "helm", "echo v4.3.1");
    assert_eq!(
        toolchain.ensure(Tool::Helm4, &mut Silent).expect("on PATH"),
        bin.path().join("helm")
    );

    am_testing::script(bin.path(), "helm", "echo v4.3.0");
    let error = toolchain
        .ensure(Tool::Helm4, &mut Silent)
        .expect_err("another version");
    assert!(
        error.to_string().ends_with("on PATH (PATH has v4.3.0)"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_failed_build_tells_what_go_said_and_leaves_no_tool() {
    let workspace = empty_workspace();
    let bin = tempfile::tempdir().expect("temporary folder");
    am_testing::script(bin.path(), "go", "echo 'no module here' >&2; exit 1");
    let toolchain = Toolchain::new(workspace.path()).with_search_path(bin.path());
    for _ in 0..2 {
        let error = toolchain
            .ensure(Tool::Helm4, &mut Silent)
            .expect_err("go fails");
        assert!(matches!(error, ToolError::Build { .. }), "{error:?}");
        assert!(error.to_string().contains("no module here"), "{error}");
    }
}

/// A `go` that takes a moment to build an empty file and counts its runs.
#[cfg(unix)]
fn counting_go(folder: &Path) {
    let text = "PATH=/usr/bin:/bin; echo run >> \"$0.runs\"; sleep 0.2\n\
                while [ \"$1\" != -o ]; do shift; done; : > \"$2\"";
    am_testing::script(folder, "go", text);
}

#[cfg(unix)]
fn runs(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("go.runs")).map_or(0, |runs| runs.lines().count())
}

#[cfg(unix)]
#[test]
fn a_tool_is_built_once_however_many_ask() {
    let workspace = empty_workspace();
    let bin = tempfile::tempdir().expect("temporary folder");
    counting_go(bin.path());
    let toolchain = Toolchain::new(workspace.path()).with_search_path(bin.path());
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| toolchain.ensure(Tool::Helm4, &mut Silent)))
            .collect();
        for ask in asked {
            let path = ask.join().expect("no panic").expect("built");
            assert_eq!(
                path,
                workspace.path().join("target/tools/helm4-v4.3.1/helm4")
            );
        }
    });
    assert_eq!(runs(bin.path()), 1);
}

#[cfg(unix)]
#[test]
fn the_render_server_is_built_again_when_its_sources_change() {
    let workspace = empty_workspace();
    let bin = tempfile::tempdir().expect("temporary folder");
    counting_go(bin.path());
    let sources = workspace.path().join("tools/renderer");
    std::fs::create_dir(&sources).expect("folder");
    std::fs::copy(
        workspace.path().join("tools/helm4/go.mod"),
        sources.join("go.mod"),
    )
    .expect("copied");
    let toolchain = Toolchain::new(workspace.path()).with_search_path(bin.path());
    let mut built = Vec::new();
    for source in [
        "package main // one\n",
        "package main // one\n",
        "package main // two\n",
    ] {
        std::fs::write(sources.join("main.go"), source).expect("file");
        built.push(
            toolchain
                .ensure(Tool::Renderer, &mut Silent)
                .expect("built"),
        );
    }
    assert_eq!(built[0], built[1]);
    assert_ne!(built[1], built[2]);
    assert_eq!(runs(bin.path()), 2);
}

#[test]
fn a_tool_that_no_go_mod_requires_is_an_error() {
    let workspace = empty_workspace();
    std::fs::write(workspace.path().join("tools/helm4/go.mod"), "module x\n").expect("file");
    let error = Toolchain::new(workspace.path())
        .ensure(Tool::Helm4, &mut Silent)
        .expect_err("not pinned");
    assert!(matches!(error, ToolError::NotPinned { .. }), "{error:?}");
}

#[test]
fn every_tool_is_pinned() {
    for tool in Tool::ALL {
        let version = tool
            .pinned_version(&workspace())
            .unwrap_or_else(|error| panic!("{error}"));
        assert!(version.starts_with('v'), "{tool}: {version}");
    }
}

#[test]
fn the_render_server_is_made_of_the_pinned_helm() {
    let version = |tool: Tool| tool.pinned_version(&workspace()).expect("pinned");
    assert_eq!(version(Tool::Renderer), version(Tool::Helm4));
}

#[test]
fn both_helms_have_exactly_the_pinned_version() {
    for tool in [Tool::Helm4, Tool::Helm3] {
        let path = Toolchain::new(workspace())
            .ensure(tool, &mut StderrProgress::default())
            .unwrap_or_else(|error| panic!("{error}"));
        let output = Command::new(path)
            .args(["version", "--short"])
            .output()
            .expect("runs");
        let version = tool.pinned_version(&workspace()).expect("pinned");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.starts_with(&version),
            "{tool} says {said}, {version} is pinned"
        );
    }
}

/// The build of both is the longest part of a fresh clone's first run; what they share is compiled once.
#[test]
fn helm_3_is_built_of_the_same_modules_as_the_render_server() {
    let modules = |tool: &str| {
        let path = workspace().join("tools").join(tool).join("go.mod");
        let text = std::fs::read_to_string(path).expect("go.mod");
        let lines = text.lines().filter_map(|line| {
            let mut words = line.strip_prefix('\t')?.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        });
        lines.collect::<BTreeMap<_, _>>()
    };
    let renderer = modules("renderer");
    let mut shared = 0;
    for (module, version) in modules("helm3") {
        if let Some(other) = renderer.get(&module) {
            assert_eq!(
                &version, other,
                "{module} of tools/helm3 and tools/renderer"
            );
            shared += 1;
        }
    }
    assert!(shared > 50, "{shared} modules are shared");
}
