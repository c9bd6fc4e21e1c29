//! Which version of a tool its `go.mod` pins.

use std::path::{Path, PathBuf};

use crate::error::ToolError;
use crate::go_mod::required_version;
use crate::tool::Tool;

impl Tool {
    /// The version that the tool's `go.mod` pins, such as `v4.3.1`.
    ///
    /// # Errors
    /// When the `go.mod` cannot be read or does not require the tool's module.
    pub fn pinned_version(self, workspace: &Path) -> Result<String, ToolError> {
        let (go_mod, text) = self.read_go_mod(workspace)?;
        required_version(&text, self.module())
            .map(str::to_owned)
            .ok_or_else(|| ToolError::NotPinned {
                tool: self,
                module: self.module(),
                go_mod,
            })
    }

    /// The path and the text of the `go.mod` that pins the tool.
    pub(crate) fn read_go_mod(self, workspace: &Path) -> Result<(PathBuf, String), ToolError> {
        let path = workspace.join(self.folder()).join("go.mod");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(source) => Err(ToolError::Io {
                action: "read",
                path,
                source,
            }),
        }
    }
}
