//! A run: subjects in, report out.

mod affected;
mod assemble;
mod cache;
mod consequences;
mod coverage;
mod data;
mod digest;
mod execute;
mod fingerprint;
mod given;
mod judge;
mod judges;
pub mod kill_rate;
mod matrix;
mod operator;
mod options;
mod own;
#[cfg(test)]
mod random_values;
mod render;
mod sources;
mod spec;
mod topology;
mod variation;
mod watch;

pub use crate::subject::Subject;
pub use affected::{Affected, Changes, Platforms};
pub use data::{check_data, suite_digest};
pub(crate) use digest::{ChartSet, Charts};
pub use execute::{Progress, Silent, run, run_with};
pub(crate) use execute::{helm_programs, jobs, render_pool};
pub(crate) use judge::{Judged, Suite};
pub(crate) use matrix::charts_subjects;
pub use matrix::{BARE, MACHINES, platforms_of, variant_renders, version_in};
pub(crate) use matrix::{Matrix, base_subject};
pub use operator::operator_values;
pub use options::{ChartDirectory, Input, Options, Skip, Variants};
pub use render::RenderService;
pub(crate) use render::{documents_of, render_all};
pub use spec::{PatternUnderTest, ReleaseUnderTest, spec_subjects};
pub use variation::HelmPrograms;
pub(crate) use variation::SubjectVariations;
pub use watch::{Ender, Watch, Woken};
