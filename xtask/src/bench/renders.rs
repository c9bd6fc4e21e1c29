//! What the static suite renders, written down so that the same can be rendered one command at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use am_conformance::suite::{self, ChartDirectory, HelmPrograms, Input, RenderService, Silent};
use am_conformance::upstream::Upstream;
use am_deployment_toml::product::ProductVersion;
use am_toolchain::{
    HelmCommand, RenderError, RenderPool, RenderRequest, Rendered, Renderer as _, StderrProgress,
    Tool, Toolchain,
};

use super::{
    process,
    programs::{Error, Programs},
};

/// A render that the suite asks for.
pub(super) struct Render {
    request: RenderRequest,
    /// The request's inline values.
    values: Option<PathBuf>,
    /// Whether the chart renders; some checks try values that it must refuse.
    pub(super) renders: bool,
}

impl Render {
    /// The same by `helm template`.
    pub(super) fn command(&self, helm: &HelmCommand) -> Command {
        helm.template_command(&self.request, self.values.as_deref())
    }
}

/// The charts of all product versions: charts-out, and the older ones made into the folder.
pub(super) fn charts(programs: &Programs, folder: &Path) -> Result<Vec<ChartDirectory>, Error> {
    let mut directories = Vec::new();
    for version in ProductVersion::all() {
        let path = if version == ProductVersion::newest() {
            programs.workspace.join("charts-out")
        } else {
            let path = folder.join(version.as_str());
            let mut command = Command::new(&programs.xtask);
            command
                .args(["gen-charts", "--product-version", version.as_str(), "--out"])
                .arg(&path);
            process::run(command)?;
            path
        };
        directories.push(ChartDirectory { version, path });
    }
    Ok(directories)
}

/// Runs the whole static suite and returns what it rendered. Those renders that the suite itself leaves to `helm` of Helm 3 are
/// not among them.
pub(super) fn of_the_suite(
    programs: &Programs,
    charts: Vec<ChartDirectory>,
    folder: &Path,
) -> Result<Vec<Render>, Error> {
    let program = Toolchain::new(&programs.workspace)
        .ensure(Tool::Renderer, &mut StderrProgress::default())?;
    let recorder = Recorder {
        pool: RenderPool::new(program, 2).deterministic(true),
        seen: Mutex::default(),
    };
    let options = suite::Options::new(&programs.workspace, Input::Charts(charts));
    let helm = HelmPrograms::default();
    suite::run_with(&options, &recorder, &helm, &mut Silent)?;
    let seen = recorder
        .seen
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let write_values = |(number, (request, renders)): (usize, (RenderRequest, bool))| {
        let values = if request.values.is_null() {
            None
        } else {
            let path = folder.join(format!("values-{number}.json"));
            std::fs::write(&path, request.values.to_string()).map_err(Error::Temporary)?;
            Some(path)
        };
        Ok(Render {
            request,
            values,
            renders,
        })
    };
    seen.into_iter().enumerate().map(write_values).collect()
}

/// Renders, and keeps what was asked for and whether it rendered.
struct Recorder {
    pool: RenderPool,
    seen: Mutex<Vec<(RenderRequest, bool)>>,
}

impl RenderService for Recorder {
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        let rendered = self.pool.with(|server| server.render(request));
        self.record(request, rendered.is_ok());
        rendered
    }

    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        let rendered = self.pool.with(|server| server.render_with_chance(request));
        self.record(request, rendered.is_ok());
        rendered
    }

    fn lint(&self, chart: &Path, values_files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
        self.pool
            .with(|server| server.lint_strict(chart, values_files))
    }

    fn upstream(&self) -> &dyn Upstream {
        &self.pool
    }
}

impl Recorder {
    fn record(&self, request: &RenderRequest, renders: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((request.clone(), renders));
    }
}
