//! Why a tool cannot be had.

use std::fmt;
use std::path::PathBuf;

use crate::tool::Tool;

/// Why a tool cannot be had.
#[derive(Debug)]
pub enum ToolError {
    /// A file or folder could not be used.
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The `go.mod` says nothing about the tool.
    NotPinned {
        /// The tool.
        tool: Tool,
        /// The module that should be required.
        module: &'static str,
        /// The file that should require it.
        go_mod: PathBuf,
    },
    /// Neither the tool nor Go is there.
    Missing {
        /// The tool.
        tool: Tool,
        /// The version that is needed.
        version: String,
        /// A version of the tool on `PATH`, which is not the right one.
        found_on_path: Option<String>,
        /// The version of Go that could build it.
        go: String,
    },
    /// Go is there and the build failed.
    Build {
        /// The tool.
        tool: Tool,
        /// The version that was built.
        version: String,
        /// The Go module's folder.
        folder: PathBuf,
        /// What Go wrote.
        output: String,
    },
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                action,
                path,
                source,
            } => write!(f, "could not {action} {}: {source}", path.display()),
            Self::NotPinned {
                tool,
                module,
                go_mod,
            } => write!(
                f,
                "{} does not require {module}, so {tool} has no version: add the `require` line",
                go_mod.display()
            ),
            Self::Missing {
                tool,
                version,
                found_on_path,
                go,
            } => {
                write!(
                    f,
                    "{tool} {version} is not built and go {go} or newer was not found on PATH: install Go"
                )?;
                if let Some(program) = tool.program() {
                    write!(f, " or put {program} {version} on PATH")?;
                    if let Some(other) = found_on_path {
                        write!(f, " (PATH has {other})")?;
                    }
                }
                Ok(())
            }
            Self::Build {
                tool,
                version,
                folder,
                output,
            } => write!(
                f,
                "could not build {tool} {version} in {}: go said:\n{output}",
                folder.display()
            ),
        }
    }
}

impl std::error::Error for ToolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
