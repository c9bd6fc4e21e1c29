//! Any answers: no panic, always a whole recommendation.

use am_choosing::{Answers, Scalar, recommend};
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

    /// What is offered is what the recommender itself says of the answers that it names.
    #[test]
    fn an_alternative_is_recommended_for_the_answer_that_it_names(answers in answers()) {
        let is = recommend(rules(), &answers);
        for text in &is.alternatives {
            let (id, word) = named(text);
            let question = rules().question(id).expect("a question");
            let mut others = answers.clone();
            others.set(question, question.parse(word).expect("an answer"));
            let there = recommend(rules(), &others);
            let pattern = format!("attern {}", there.fact("pattern").expect("a pattern"));
            prop_assert!(text.contains(&pattern), "{}: {}", text, pattern);
            prop_assert!(there.outcomes != is.outcomes, "{} changes nothing", text);
            prop_assert!(there.conflicts.len() <= is.conflicts.len(), "{}: {:?}", text, there.conflicts);
        }
    }

    #[test]
    fn few_nodes_are_few(answers in answers()) {
        let is = recommend(rules(), &answers);
        let few = is.because.iter().any(|it| it == "Few nodes need no cluster.");
        prop_assert!(!few || is.total.nodes <= 20.0, "{} nodes are few", is.total.nodes);
    }

    /// Whatever of the product has nodes of its own, somebody asked for it.
    #[test]
    fn each_pattern_has_its_reason(answers in answers()) {
        let is = recommend(rules(), &answers);
        let told = |fact: &str| is.fact(fact) == Some(&Scalar::Is(true));
        let wanted = usize::from(told("tokensApart")) + usize::from(told("throttlingApart"));
        prop_assert!(is.because.len() >= wanted, "{:?}", is.because);
    }

    #[test]
    fn answers_as_a_file_are_read_back(answers in answers()) {
        let is = recommend(rules(), &answers);
        let file = serde_json::json!(is.answers).to_string();
        let read = Answers::read(rules(), "answers.json", &file).expect("read back");
        prop_assert_eq!(recommend(rules(), &read).outcomes, is.outcomes);
    }
}

/// The question and the answer that a text names: `id: word`.
fn named(text: &str) -> (&str, &str) {
    let quoted = text.split('`').skip(1).step_by(2);
    let mut answers = quoted.filter_map(|it| it.split_once(": "));
    answers.next().expect("it names an answer")
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

/// Files that are refused, and everything that is told of them.
const REFUSED: [(&str, &str); 17] = [
    (
        "requestsPerSecond:\n",
        "a.yaml:1:18: `requestsPerSecond` has no answer\n    1 | requestsPerSecond:\n      |                  ^\n    hint: write a whole number from 1 to 1000000, or remove the line",
    ),
    (
        "regulated: ~\n",
        "a.yaml:1:12: `regulated` has no answer\n    1 | regulated: ~\n      |            ^\n    hint: write true or false, or remove the line",
    ),
    (
        "regions: 1\n---\nregions: 2\n",
        "a.yaml:2:1: a file of answers is one document, and here another one begins\n    2 | ---\n      | ^\n    hint: remove this line, or put the answers into one file each",
    ),
    (
        "- regions: 1\n",
        "a.yaml:1:1: a file of answers is a mapping of questions to answers\n    1 | - regions: 1\n      | ^\n    hint: write a line for each: `requestsPerSecond: 5000`",
    ),
    (
        "regions\n",
        "a.yaml:1:1: a file of answers is a mapping of questions to answers\n    1 | regions\n      | ^\n    hint: write a line for each: `requestsPerSecond: 5000`",
    ),
    (
        "requests-per-second: 5000\n",
        "a.yaml:1:1: there is no question `requests-per-second`\n    1 | requests-per-second: 5000\n      | ^\n    hint: did you mean `requestsPerSecond`?",
    ),
    (
        "tenants: 1_0\n",
        "a.yaml:1:10: `tenants` is a whole number from 1 to 1000, in digits alone\n    1 | tenants: 1_0\n      |          ^\n    hint: write `10` instead of `1_0`",
    ),
    (
        "tenants: 0x10 # sixteen\n",
        "a.yaml:1:10: `tenants` is a whole number from 1 to 1000, in digits alone\n    1 | tenants: 0x10 # sixteen\n      |          ^\n    hint: write `16` instead of `0x10`",
    ),
    (
        "tenants: 5,000\n",
        "a.yaml:1:10: `tenants` is a whole number from 1 to 1000\n    1 | tenants: 5,000\n      |          ^\n    hint: write it in digits alone, without quotes",
    ),
    (
        "regions: [1]\n",
        "a.yaml:1:10: `regions` has a list, and takes one answer\n    1 | regions: [1]\n      |          ^\n    hint: write a whole number from 1 to 20",
    ),
    (
        "",
        "a.yaml: the file has no answers\n    hint: write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    ),
    (
        "# regions: 2\n",
        "a.yaml: the file has no answers\n    hint: write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    ),
    (
        "---\n",
        "a.yaml: the file has no answers\n    hint: write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    ),
    (
        "# mine\n---\n# regions: 2\n",
        "a.yaml: the file has no answers\n    hint: write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    ),
    (
        "{}\n",
        "a.yaml: the file has no answers\n    hint: write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    ),
    (
        "productVersion: 4.8.0\n",
        "a.yaml:1:17: `4.8.0` is no answer to `productVersion`\n    1 | productVersion: 4.8.0\n      |                 ^\n    hint: known are: 4.5.0, 4.6.0, 4.7.0",
    ),
    (
        "regulated: {a: b}\n",
        "a.yaml:1:12: `regulated` has a mapping, and takes one answer\n    1 | regulated: {a: b}\n      |            ^\n    hint: write true or false",
    ),
];

#[test]
fn a_file_that_is_none_of_answers_is_refused_in_plain_words() {
    for (text, told) in REFUSED {
        let error = Answers::read(rules(), "a.yaml", text).expect_err(text);
        assert_eq!(error.to_string(), told, "{text}");
    }
    for text in [
        "---\nregions: 2\n",
        "# mine\n---\nregions: 2\n",
        "{regions: 2, tenants: 10}\n",
        "regions: 2.0\n",
        "{\"regions\": 2}\n",
    ] {
        let answers = Answers::read(rules(), "a.yaml", text).expect(text);
        assert_eq!(answers.get("regions"), Some(&Scalar::Number(2.0)), "{text}");
    }
}
