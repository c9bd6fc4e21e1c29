//! Waits for files to be saved.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::Duration,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};

use crate::error::SuiteError;

/// An editor writes a file in several steps, a checkout writes many; after this long without a step, all are taken.
const QUIET: Duration = Duration::from_millis(150);

/// Watches folders and files.
pub struct Watch {
    events: Receiver<Event>,
    sender: Sender<Event>,
    // Watches for as long as it lives.
    _watcher: RecommendedWatcher,
}

/// Why a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Woken {
    /// These files were saved, removed or renamed.
    Saved(BTreeSet<PathBuf>),
    /// [`Ender::end`] was called.
    Ended,
}

enum Event {
    Saved(Vec<PathBuf>),
    End,
}

/// Ends a wait from another thread.
#[derive(Clone)]
pub struct Ender(Sender<Event>);

impl Ender {
    /// Ends the wait that is under way, or the next one.
    pub fn end(&self) {
        // Nobody waits any more when this fails.
        let _ = self.0.send(Event::End);
    }
}

impl Watch {
    /// Watches folders with all that is in them, and files.
    ///
    /// # Errors
    /// When a path cannot be watched.
    pub fn new(paths: &[PathBuf]) -> Result<Self, SuiteError> {
        let cannot = |path: &Path, error: &notify::Error| {
            SuiteError::cannot_check(format!("cannot watch {}: {error}", path.display()))
        };
        let (sender, events) = mpsc::channel();
        // An editor replaces a file by another one, so its folder is watched.
        let mut files = BTreeSet::new();
        let mut folders = Vec::new();
        for path in paths {
            let path = path.canonicalize().map_err(|source| SuiteError::Read {
                file: path.clone(),
                source,
            })?;
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path);
            }
        }
        let parents: BTreeSet<PathBuf> = files
            .iter()
            .filter_map(|file| file.parent().map(Path::to_owned))
            .collect();
        let wanted = folders.clone();
        let saved = sender.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if !changes(event.kind) {
                    return;
                }
                let paths: Vec<PathBuf> = event
                    .paths
                    .into_iter()
                    .filter(|path| {
                        files.contains(path)
                            || !is_scratch(path)
                                && wanted.iter().any(|folder| path.starts_with(folder))
                    })
                    .collect();
                if !paths.is_empty() {
                    let _ = saved.send(Event::Saved(paths));
                }
            })
            .map_err(|error| cannot(Path::new("files"), &error))?;
        for folder in &folders {
            watcher
                .watch(folder, RecursiveMode::Recursive)
                .map_err(|error| cannot(folder, &error))?;
        }
        for parent in &parents {
            if !folders.iter().any(|folder| parent.starts_with(folder)) {
                watcher
                    .watch(parent, RecursiveMode::NonRecursive)
                    .map_err(|error| cannot(parent, &error))?;
            }
        }
        Ok(Self {
            events,
            sender,
            _watcher: watcher,
        })
    }

    /// What ends a wait.
    pub fn ender(&self) -> Ender {
        Ender(self.sender.clone())
    }

    /// Waits until something was saved since the last wait, and saving has come to rest.
    pub fn wait(&self) -> Woken {
        let mut saved = BTreeSet::new();
        let mut event = self
            .events
            .recv()
            .map_err(|_| RecvTimeoutError::Disconnected);
        loop {
            match event {
                Ok(Event::Saved(paths)) => saved.extend(paths),
                Err(RecvTimeoutError::Timeout) => return Woken::Saved(saved),
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return Woken::Ended,
            }
            event = self.events.recv_timeout(QUIET);
        }
    }
}

/// Reading files makes events, too; only what may have changed their content counts.
fn changes(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

/// Files that editors and generators put beside the real ones for a moment.
fn is_scratch(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".swx")
        || name.starts_with(".#")
        || name == "4913"
        || path
            .components()
            .any(|part| part.as_os_str() == ".gen-charts")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{Watch, Woken, is_scratch};

    #[test]
    fn a_saved_file_wakes_and_a_file_that_is_read_does_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inside = folder.path().canonicalize().expect("there");
        let spec = inside.join("spec.yaml");
        let chart = inside.join("chart");
        fs::create_dir(&chart).expect("made");
        fs::write(&spec, "a").expect("written");
        fs::write(chart.join("values.yaml"), "a").expect("written");
        let watch = Watch::new(&[spec.clone(), chart.clone()]).expect("watched");

        fs::read(&spec).expect("read");
        fs::write(inside.join("beside"), "nobody watches this").expect("written");
        fs::write(chart.join("values.yaml~"), "an editor's copy").expect("written");
        fs::write(chart.join("values.yaml"), "b").expect("written");
        let saved = Woken::Saved([chart.join("values.yaml")].into());
        assert_eq!(watch.wait(), saved);

        fs::write(inside.join(".new"), "b").expect("written");
        fs::rename(inside.join(".new"), &spec).expect("renamed");
        assert_eq!(watch.wait(), Woken::Saved([spec].into()));

        watch.ender().end();
        assert_eq!(watch.wait(), Woken::Ended);
    }

    #[test]
    fn what_editors_leave_is_scratch() {
        assert!(is_scratch(Path::new("a/.values.yaml.swp")));
        assert!(is_scratch(Path::new("out/.gen-charts/new/values.yaml")));
        assert!(!is_scratch(Path::new("a/values.yaml")));
    }
}
