//! Recommendations in short.

use am_choosing::{Recommendation, Scalar, recommend};

use crate::support::{answers, rules};

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
