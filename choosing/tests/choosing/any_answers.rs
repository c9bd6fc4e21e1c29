//! Any answers: no panic, always a whole recommendation.

use am_choosing::{Answers, recommend};
use proptest::prelude::*;

use crate::strategies::answers;
use crate::support::rules;

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
