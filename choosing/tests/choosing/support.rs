//! The rules once for all tests, and answers in short.

use std::sync::OnceLock;

use am_choosing::{Answers, Rules};

pub(crate) fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::load().unwrap_or_else(|error| panic!("{error}")))
}

/// Answers as a file has them.
pub(crate) fn answers(text: &str) -> Answers {
    if text.is_empty() {
        return Answers::default();
    }
    Answers::read(rules(), "answers.yaml", text).unwrap_or_else(|error| panic!("{error}"))
}
