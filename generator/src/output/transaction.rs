//! Exchange of directories so that an interruption leaves the old ones or the new ones.
//!
//! New directories are built below `.gen-charts/new`, called after the command. Once all are complete, `.gen-charts/plan.json` is put in
//! place; from then on the exchange can be finished by anybody. Old directories move to `.gen-charts/old` and are removed at the end.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::OutputError;
use super::present::refuse_what_is_no_directory;
use crate::maker::{Maker, SHEBANG};

const PLAN: &str = "plan.json";

/// An exchange that is being prepared. The folder is locked while it lives.
pub(super) struct Transaction {
    directory: PathBuf,
    folder: PathBuf,
    replace: Vec<String>,
    remove: Vec<String>,
    _lock: File,
}

impl Transaction {
    pub(super) fn open(directory: &Path, maker: Maker) -> Result<Self, OutputError> {
        let folder = directory.join(format!(".{}", maker.command));
        refuse_what_is_no_directory(&folder)?;
        fs::create_dir_all(&folder).map_err(OutputError::io("write to", directory))?;
        let lock_path = folder.join("lock");
        let lock = File::create(&lock_path).map_err(OutputError::io("write", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OutputError::Locked {
                    command: maker.command,
                    path: directory.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(OutputError::io("lock", &lock_path)(error));
            }
        }
        let directory = directory.to_owned();
        Ok(Self {
            directory,
            folder,
            replace: Vec::new(),
            remove: Vec::new(),
            _lock: lock,
        })
    }

    /// Finishes an exchange that an earlier run had begun, or throws its preparations away. Says whether there was one.
    pub(super) fn recover(&mut self) -> Result<bool, OutputError> {
        let plan_path = self.folder.join(PLAN);
        let begun = plan_path.exists();
        if begun {
            let text =
                fs::read_to_string(&plan_path).map_err(OutputError::io("read", &plan_path))?;
            let plan: Value = serde_json::from_str(&text).unwrap_or_default();
            let names = |key: &str| -> Vec<String> {
                let names = plan[key].as_array().into_iter().flatten();
                names
                    .filter_map(|name| name.as_str().map(ToOwned::to_owned))
                    .collect()
            };
            self.exchange(&names("replace"), &names("remove"))?;
        }
        let unfinished = begun || self.folder.join("new").exists();
        self.clear()?;
        Ok(unfinished)
    }

    /// Prepares a directory or a file that replaces the one of that name: its files by their paths below the output directory.
    pub(super) fn stage<'f>(
        &mut self,
        name: &str,
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<(), OutputError> {
        for (path, content) in files {
            write_file(&self.folder.join("new").join(path), content)?;
        }
        self.replace.push(name.to_owned());
        Ok(())
    }

    /// Plans the removal of a directory.
    pub(super) fn stage_removal(&mut self, name: &str) {
        self.remove.push(name.to_owned());
    }

    /// Exchanges everything that was prepared.
    pub(super) fn commit(self) -> Result<(), OutputError> {
        if !self.replace.is_empty() || !self.remove.is_empty() {
            let plan = json!({"replace": self.replace, "remove": self.remove}).to_string();
            let draft = self.folder.join("plan.draft");
            write_file(&draft, plan.as_bytes())?;
            rename(&draft, &self.folder.join(PLAN))?;
            self.exchange(&self.replace, &self.remove)?;
        }
        self.clear()?;
        fs::remove_dir_all(&self.folder).map_err(OutputError::io("remove", &self.folder))
    }

    /// Every step can be repeated: what has already moved is left alone.
    fn exchange(&self, replace: &[String], remove: &[String]) -> Result<(), OutputError> {
        let old = self.folder.join("old");
        fs::create_dir_all(&old).map_err(OutputError::io("create", &old))?;
        for name in replace {
            let new = self.folder.join("new").join(name);
            if new.exists() {
                retire(&self.directory.join(name), &old.join(name))?;
                rename(&new, &self.directory.join(name))?;
            }
        }
        for name in remove {
            retire(&self.directory.join(name), &old.join(name))?;
        }
        Ok(())
    }

    /// Removes preparations and leftovers, the plan first.
    fn clear(&self) -> Result<(), OutputError> {
        let plan = self.folder.join(PLAN);
        if plan.exists() {
            fs::remove_file(&plan).map_err(OutputError::io("remove", &plan))?;
        }
        for name in ["new", "old"] {
            let path = self.folder.join(name);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(OutputError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

impl Drop for Transaction {
    /// A run that changes nothing leaves nothing behind; a folder that still holds something is for the next run.
    fn drop(&mut self) {
        if !self.folder.join(PLAN).exists() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn retire(path: &Path, old: &Path) -> Result<(), OutputError> {
    if path.symlink_metadata().is_ok() {
        rename(path, old)
    } else {
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), OutputError> {
    fs::rename(from, to).map_err(OutputError::io("replace", to))
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(OutputError::io("create", parent))?;
    }
    fs::write(path, content).map_err(OutputError::io("write", path))?;
    if content.starts_with(SHEBANG) {
        make_executable(path).map_err(OutputError::io("make executable", path))?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
