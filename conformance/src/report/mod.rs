//! The `ConformanceReport`: everything that a run learned, ready to be written in any format.

mod model;

pub use model::{
    API_VERSION, ChartDigest, Edge, EdgeVerdict, Exposure, Mode, Node, Profile, ProfileResult,
    Report, RequirementResult, RequirementSummary, SelftestSummary, Statistics, SubjectDescription,
    SubjectResult, Survivor, ToolVersion, Topology,
};
