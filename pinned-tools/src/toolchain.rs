//! From a tool to an executable of the pinned version: on `PATH`, already built, or built now.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::ToolError;
use crate::progress::{Progress, wait_for};
use crate::tool::Tool;

/// Finds and builds the pinned tools of one workspace.
#[derive(Debug, Clone)]
pub struct Toolchain {
    workspace: PathBuf,
    /// Where to look for installed tools and for Go, as `PATH` is written.
    search_path: OsString,
}

impl Toolchain {
    /// The tools pinned in `tools/` under the given workspace folder, looked for on this process's `PATH`.
    pub fn new(workspace_root: impl Into<PathBuf>) -> Self {
        Self {
            workspace: workspace_root.into(),
            search_path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// The same tools, looked for on another `PATH`.
    #[must_use]
    pub fn with_search_path(mut self, search_path: impl Into<OsString>) -> Self {
        self.search_path = search_path.into();
        self
    }

    /// The executable of a tool, of exactly the pinned version: the one on `PATH` if its version is right, else the one
    /// under `target/tools/`, which is built with Go when it is not there yet.
    ///
    /// The first build of a tool takes from seconds (kind) to minutes (kube-apiserver) and lets Go fetch the modules
    /// that `go.sum` pins. Two processes never build one tool at the same time.
    ///
    /// # Errors
    /// [`ToolError::Missing`] when there is neither the tool nor Go; [`ToolError::Build`] with Go's own words.
    pub fn ensure(&self, tool: Tool, progress: &mut dyn Progress) -> Result<PathBuf, ToolError> {
        let version = tool.pinned_version(&self.workspace)?;
        let found_on_path = match self.on_path(tool) {
            Some((path, found)) if found == version => return Ok(path),
            Some((_, found)) => Some(found),
            None => None,
        };

        let executable = self.built_path(tool, &version)?;
        if executable.is_file() {
            return Ok(executable);
        }
        let Some(go) = self.find("go") else {
            let go = self.needed_go(tool)?;
            return Err(ToolError::Missing {
                tool,
                version,
                found_on_path,
                go,
            });
        };
        let folder = parent(&executable);
        fs::create_dir_all(folder).map_err(io("create", folder))?;
        let _only_one_builds = lock(folder, tool, progress)?;
        if !executable.is_file() {
            self.build(tool, &version, &go, &executable, progress)?;
        }
        Ok(executable)
    }

    /// `target/tools/<tool>-<version>/<tool>`; the sources of our own programs are part of their version.
    fn built_path(&self, tool: Tool, version: &str) -> Result<PathBuf, ToolError> {
        let version = match tool {
            Tool::Renderer
            | Tool::Shell
            | Tool::CertManager
            | Tool::GitopsDiff
            | Tool::Registry => {
                format!("{version}-{}", self.source_hash(tool)?)
            }
            _ => version.to_owned(),
        };
        Ok(self
            .workspace
            .join("target/tools")
            .join(format!("{tool}-{version}"))
            .join(tool.name()))
    }

    /// A short hash of the files that the module is built of.
    fn source_hash(&self, tool: Tool) -> Result<String, ToolError> {
        let mut files = Vec::new();
        let folder = self.workspace.join(tool.folder());
        sources(&folder, &mut files)?;
        files.sort();
        let mut hash = DefaultHasher::new();
        for file in files {
            file.strip_prefix(&folder).unwrap_or(&file).hash(&mut hash);
            fs::read(&file).map_err(io("read", &file))?.hash(&mut hash);
        }
        Ok(format!("{:016x}", hash.finish()))
    }

    fn build(
        &self,
        tool: Tool,
        version: &str,
        go: &Path,
        executable: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(), ToolError> {
        let folder = self.workspace.join(tool.folder());
        let unfinished = executable.with_extension("unfinished");
        let (_, go_mod) = tool.read_go_mod(&self.workspace)?;
        let mut link_flags = "-s -w".to_owned();
        for (variable, value) in tool.version_variables(version, &go_mod) {
            let _ = write!(link_flags, " -X {variable}={value}");
        }
        let log = parent(executable).join("build.log");
        let output = File::create(&log).map_err(io("create", &log))?;
        let mut child = Command::new(go)
            .args(["build", "-trimpath", "-tags", tool.tags()])
            .args(["-ldflags", &link_flags, "-o"])
            .arg(&unfinished)
            .arg(tool.package())
            .current_dir(&folder)
            .env("PATH", &self.search_path)
            .env("CGO_ENABLED", "0")
            // The pins are the folder's own: no go.work of the surroundings, no change of go.mod.
            .env("GOWORK", "off")
            // An old Go shall say so instead of fetching a newer one.
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "-mod=readonly -buildvcs=false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .map_err(io("run", go))?;

        let what = format!("building {tool} {version} with Go");
        let status = wait_for(&mut child, &what, progress).map_err(io("wait for", go))?;
        if !status.success() {
            let output = fs::read_to_string(&log)
                .unwrap_or_default()
                .trim_end()
                .to_owned();
            return Err(ToolError::Build {
                tool,
                version: version.to_owned(),
                folder,
                output,
            });
        }
        fs::rename(&unfinished, executable).map_err(io("create", executable))
    }

    /// The tool on the search path and the version that it says it is.
    fn on_path(&self, tool: Tool) -> Option<(PathBuf, String)> {
        let path = self.find(tool.program()?)?;
        let output = Command::new(&path)
            .args(tool.version_arguments())
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        version_in(&text).map(|version| (path, version))
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.search_path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(program))
            .find(|path| is_executable(path))
    }

    /// The `go` line of the tool's module.
    fn needed_go(&self, tool: Tool) -> Result<String, ToolError> {
        let (_, text) = tool.read_go_mod(&self.workspace)?;
        Ok(text
            .lines()
            .find_map(|line| line.strip_prefix("go "))
            .unwrap_or("1.26")
            .trim()
            .to_owned())
    }
}

/// The files below a folder that Go builds a program of.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ToolError> {
    for entry in fs::read_dir(folder).map_err(io("read", folder))? {
        let path = entry.map_err(io("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_source = name.ends_with(".go") && !name.ends_with("_test.go");
        if path.is_dir() {
            sources(&path, files)?;
        } else if is_source || name.starts_with("go.") {
            files.push(path);
        }
    }
    Ok(())
}

/// The first word of a version message that looks like a version, with a leading `v`: `kind v0.33.0 go1.26 …` and
/// `etcd Version: 3.6.4` both name one.
fn version_in(text: &str) -> Option<String> {
    text.split_whitespace().find_map(|word| {
        let word = word.split('+').next().unwrap_or(word);
        let numbers = word.strip_prefix('v').unwrap_or(word);
        let is_version = numbers.split('.').count() == 3
            && numbers.starts_with(|first: char| first.is_ascii_digit());
        is_version.then(|| format!("v{numbers}"))
    })
}

/// Waits until no other process builds in the folder. The lock ends with the returned file.
fn lock(folder: &Path, tool: Tool, progress: &mut dyn Progress) -> Result<File, ToolError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(io("create", &path))?;
    let what = format!("waiting for another process that builds {tool}");
    let start = Instant::now();
    let mut waited = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(fs::TryLockError::WouldBlock) => {
                waited = true;
                progress.report(&what, start.elapsed(), false);
                std::thread::sleep(Duration::from_secs(1));
            }
            Err(fs::TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
        }
    }
    if waited {
        progress.report(&what, start.elapsed(), true);
    }
    Ok(file)
}

fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> ToolError + 'a {
    move |source| ToolError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
