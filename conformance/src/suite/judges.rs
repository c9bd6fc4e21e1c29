//! What can change a verdict, from `conformance/judges.txt`. The build script of xtask reads the same file with this module.

const LIST: &str = include_str!("../../judges.txt");

/// The paths of the list, from the workspace; folders end with `/`.
pub(crate) fn judges() -> impl Iterator<Item = &'static str> {
    LIST.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use walkdir::WalkDir;

    use super::judges;

    fn is_covered(file: &str) -> bool {
        judges().any(|judge| file == judge || judge.ends_with('/') && file.starts_with(judge))
    }

    #[test]
    fn everything_in_the_list_is_there() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for judge in judges() {
            let path = workspace.join(judge);
            assert_eq!(path.is_dir(), judge.ends_with('/'), "{judge}");
            assert!(path.exists(), "{judge}");
        }
    }

    /// A file that the sources of the suite hold in themselves.
    #[test]
    fn whatever_the_suite_is_built_of_is_in_the_list() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()
            .expect("the workspace");
        let mut held = 0;
        for source in [
            "conformance/src",
            "deployment-toml/src",
            "pinned-tools/src",
            "product/src",
            "toolchain/src",
        ] {
            assert!(is_covered(&format!("{source}/lib.rs")), "{source}");
            for entry in WalkDir::new(workspace.join(source)) {
                let entry = entry.expect("readable");
                if entry.path().extension().is_none_or(|ending| ending != "rs") {
                    continue;
                }
                let text = fs::read_to_string(entry.path()).expect("text");
                for name in text.split("include_str!(\"").skip(1) {
                    let name = name.split('"').next().expect("a name");
                    let folder = entry.path().parent().expect("a folder");
                    // Written in a test as a text that is no file.
                    let Ok(file) = folder.join(name).canonicalize() else {
                        continue;
                    };
                    let file = file.strip_prefix(&workspace).expect("in the workspace");
                    held += 1;
                    assert!(is_covered(&file.to_string_lossy()), "{}", file.display());
                }
            }
        }
        assert!(held > 20, "{held} files");
    }

    #[test]
    fn the_tools_that_render_are_in_the_list() {
        for file in [
            "tools/renderer/go.sum",
            "tools/renderer/render.go",
            "tools/helm3/go.mod",
        ] {
            assert!(is_covered(file), "{file}");
        }
    }
}
