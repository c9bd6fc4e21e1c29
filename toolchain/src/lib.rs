//! Renders charts with real Helm, and the pinned tools that it takes.
//!
//! [`Toolchain::ensure`] turns a [`Tool`] into the path of an executable of exactly the version that `tools/` pins.
//! [`Renderer`] turns a chart and its values into parsed documents: [`HelmCommand`] runs the `helm` program, once for
//! each render; [`RenderServer`] keeps one process that holds Helm's own packages and is several times faster.
//! [`schemas`] checks what was rendered without a cluster.

mod documents;
mod folder;
mod helm_command;
mod helm_message;
mod pod_security;
mod render;
mod render_pool;
mod render_server;
mod schema_error;
mod schema_file;
pub mod schemas;
mod template_tree;

pub use am_pinned_tools::{Progress, Silent, StderrProgress, Tool, ToolError, Toolchain};
pub use documents::parse_documents;
pub use folder::copy_folder;
pub use helm_command::HelmCommand;
pub use pod_security::PodViolation;
pub use render::{
    Flaw, FlawKind, RenderError, RenderRequest, Rendered, RenderedDocument, Renderer,
    ValuesViolation,
};
pub use render_pool::RenderPool;
pub use render_server::RenderServer;
pub use template_tree::{Operand, Pipeline, TemplateNode, TemplateTree};
