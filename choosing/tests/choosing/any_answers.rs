//! Any answers: no panic, always a whole recommendation.

use am_choosing::{Answers, Choices, Question, Scalar, recommend};
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

proptest! {
    #[test]
    fn any_answers_give_a_whole_recommendation(answers in answers()) {
        let is = recommend(rules(), &answers);
        prop_assert_eq!(is.outcomes.len(), 7);
        prop_assert!(!is.because.is_empty() && !is.components.is_empty());
        for text in is.because.iter().chain(&is.watch).chain(&is.conflicts).chain(&is.alternatives) {
            prop_assert!(!text.contains('{'), "{}", text);
        }
        for component in &is.components {
            prop_assert!(component.nodes.fract() == 0.0 && component.nodes < 1e6 && component.cpu > 0.0 && component.memory > 0.0, "{:?}", component);
        }
        let total: f64 = is.components.iter().map(|it| it.sites * it.nodes).sum();
        prop_assert_eq!(total, is.total.nodes);
    }

    #[test]
    fn answers_as_a_file_are_read_back(answers in answers()) {
        let is = recommend(rules(), &answers);
        let file = serde_json::json!(is.answers).to_string();
        let read = Answers::read(rules(), "answers.json", &file).expect("read back");
        prop_assert_eq!(recommend(rules(), &read).outcomes, is.outcomes);
    }
}

/// What is wrong with answers, all of it with its place.
#[test]
fn slips_in_a_file_of_answers_are_told_with_their_place() {
    let text = "requestsPerSecnd: 10\nplatform: kubernets\nproduction: maybe\nregions: 2.5\ntenants: 0\ndatabase: 4\n";
    let error = Answers::read(rules(), "answers.yaml", text)
        .expect_err("refused")
        .to_string();
    for told in [
        "answers.yaml:1:1: there is no question `requestsPerSecnd`",
        "did you mean `requestsPerSecond`?",
        "answers.yaml:2:11: `kubernets` is no answer to `platform`",
        "did you mean `kubernetes`?",
        "answers.yaml:3:13: `production` is true or false",
        "answers.yaml:4:10: `regions` is a whole number from 1 to 20",
        "answers.yaml:5:10: `tenants` is a whole number from 1 to 1000",
        "answers.yaml:6:11: `database` is one of postgre, mysql",
    ] {
        assert!(error.contains(told), "{told}\n{error}");
    }
    let twice = Answers::read(rules(), "a.yaml", "regions: 1\nregions: 2\n").expect_err("refused");
    assert!(
        twice
            .to_string()
            .contains("a.yaml:2:1: the key `regions` is there twice"),
        "{twice}"
    );
}
