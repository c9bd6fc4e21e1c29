//! The `ConformanceReport`: everything that a run learned, ready to be written in any format.

mod cause;
mod group;
mod html;
pub mod human;
mod junit;
mod markdown;
mod model;
mod news;
mod output;
mod sarif;
mod text;

pub use crate::subject::SubjectDescription;
pub use cause::{Cause, Tally, causes};
pub use group::{FindingGroup, groups};
pub use model::{
    API_VERSION, ChartDigest, Coverage, Crossing, Edge, EdgeVerdict, Exposure, Mode, Node, Profile,
    ProfileResult, Report, RequirementResult, RequirementSummary, SelftestSummary, Statistics,
    SubjectResult, Survivor, ToolVersion, Topology,
};
pub use news::{News, news};
pub use output::{Format, Output, OutputError, write};
pub use text::{FindingText, Style};
