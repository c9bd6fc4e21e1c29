//! Recommends a deployment: answers in, a recommendation out, by rules that are data (`data/`).
//!
//! Pure: nothing is read but the data. The page in `docs/choose` has the same data and an interpreter of its own, which a test holds to this one.

mod answers;
pub mod cases;
mod check;
mod document;
mod load;
mod logic;
mod page;
mod previous;
mod recommend;
mod rules;
mod sheet;
mod text;

pub use answers::Answers;
pub use cases::Cases;
pub use document::document;
pub use load::Texts;
pub use logic::{Facts, Scalar};
pub use page::page;
pub use previous::{PreviousError, previous};
pub use recommend::{Component, Outcome, Recommendation, recommend};
pub use rules::{Choices, Factor, Question, Rules};
