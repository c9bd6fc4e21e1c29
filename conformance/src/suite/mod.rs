//! A run: subjects in, report out.

mod digest;
mod execute;
mod matrix;
mod options;
mod spec;
mod subject;
mod variation;

pub(crate) use digest::{ChartSet, Charts};
pub(crate) use execute::{Judged, Suite, helm_programs, jobs, render_all, render_pool};
pub use execute::{Progress, RenderService, Silent, run, run_with};
pub(crate) use matrix::base_subject;
pub use matrix::{PLATFORMS, charts_subjects};
pub use options::{ChartDirectory, Input, Options, Skip};
pub use spec::{PatternUnderTest, ReleaseUnderTest, spec_subject};
pub use subject::Subject;
pub use variation::HelmPrograms;
pub(crate) use variation::SubjectVariations;
