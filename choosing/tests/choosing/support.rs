//! The rules once for all tests, and answers in short.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use am_choosing::{Answers, Recommendation, Rules, Scalar, recommend};

pub(crate) fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::load().unwrap_or_else(|error| panic!("{error}")))
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Answers as a file has them.
pub(crate) fn answers(text: &str) -> Answers {
    if text.is_empty() {
        return Answers::default();
    }
    Answers::read(rules(), "answers.yaml", text).unwrap_or_else(|error| panic!("{error}"))
}

/// What is recommended for answers in one line: `a: 1, b: 2`.
pub(crate) fn of(text: &str) -> Recommendation {
    recommend(rules(), &answers(&text.replace(", ", "\n")))
}

/// The word of a fact.
pub(crate) fn word(recommendation: &Recommendation, fact: &str) -> String {
    let fact = recommendation.fact(fact);
    fact.map(Scalar::to_string).unwrap_or_default()
}

/// The nodes of a component in each of its regions.
pub(crate) fn nodes(recommendation: &Recommendation, component: &str) -> f64 {
    let mut components = recommendation.components.iter();
    components
        .find(|it| it.name == component)
        .map_or(0.0, |it| it.nodes)
}
