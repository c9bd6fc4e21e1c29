//! Reports: every format of one hand-made report, read back by the reader that the format is for.
//!
//! Golden files are under `golden/`; `UPDATE_GOLDEN=1 cargo test -p am-conformance --test report` writes
//! them anew. Review the difference before you commit it.

mod causes;
mod golden;
mod html;
mod human;
mod outputs;
mod sample;
mod sarif;
mod topology;
