//! Any answers.

use am_choosing::{Answers, Choices, Question, Scalar};
use proptest::prelude::*;

use crate::support::rules;

/// Any answer to a question; large numbers are as likely as small ones.
pub(crate) fn answer(question: &'static Question) -> BoxedStrategy<Scalar> {
    match question.choices() {
        Choices::YesOrNo => any::<bool>().prop_map(Scalar::Is).boxed(),
        Choices::Number(least, most) => (0.0..=1.0_f64)
            .prop_map(move |share| {
                let span = (most - least + 1.0).powf(share) - 1.0;
                Scalar::Number((least + span).round())
            })
            .boxed(),
        Choices::OneOf(choices) => {
            let words: Vec<String> = choices.iter().map(|(name, _)| (*name).to_owned()).collect();
            proptest::sample::select(words)
                .prop_map(Scalar::Text)
                .boxed()
        }
    }
}

/// Any answers: each question is answered or left.
pub(crate) fn answers() -> impl Strategy<Value = Answers> {
    let each: Vec<_> = rules()
        .questions()
        .map(|it| proptest::option::of(answer(it)))
        .collect();
    each.prop_map(|given| {
        let mut answers = Answers::default();
        for (question, answer) in rules().questions().zip(given) {
            if let Some(answer) = answer {
                answers.set(question, answer);
            }
        }
        answers
    })
}
