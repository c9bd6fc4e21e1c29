//! Paths as a specification writes them.

use std::path::{Component, Path, PathBuf};

/// `path` as seen from `folder`; both may be relative to the working directory.
pub(super) fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder) = (plain(path), plain(folder));
    let shared = path
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared);
    let down = down.map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() {
        return ".".to_owned();
    }
    parts.join("/")
}

/// Absolute, without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relative;

    #[test]
    fn a_path_is_told_from_the_folder_of_the_specification() {
        let told = |path, folder| relative(Path::new(path), Path::new(folder));
        assert_eq!(told("/a/charts/gw", "/a"), "charts/gw");
        assert_eq!(told("/a/charts/gw", "/a/specs/prod"), "../../charts/gw");
        assert_eq!(told("/a/../b/gw", "/b"), "gw");
        assert_eq!(told("charts/gw", "."), "charts/gw");
        assert_eq!(told("charts/gw", ""), "charts/gw");
        assert_eq!(told(".", "."), ".");
    }
}
