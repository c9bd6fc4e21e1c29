//! The data is read strictly: each slip is told with file, line and column.

use am_choosing::{Rules, Texts};

type Pick = fn(&mut Texts) -> &mut String;

const QUESTIONS: Pick = |texts| &mut texts.questions;
const RULES: Pick = |texts| &mut texts.rules;
const SIZING: Pick = |texts| &mut texts.sizing;
const OUTCOMES: Pick = |texts| &mut texts.outcomes;
const CASES: Pick = |texts| &mut texts.cases;

/// A change of the data, and what is told.
const SLIPS: [(Pick, &str, &str, &str); 23] = [
    (
        QUESTIONS,
        "    factor: security\n    default: false",
        "    factor: securty\n    default: false",
        "there is no factor `securty`",
    ),
    (
        QUESTIONS,
        "    default: 200",
        "    default: 0",
        "`requestsPerSecond` is a whole number from 1 to 1000000",
    ),
    (
        QUESTIONS,
        "when: {fact: regions, atLeast: 2}",
        "when: {fact: region, atLeast: 2}",
        "did you mean `regions`?",
    ),
    (
        QUESTIONS,
        "when: {fact: regions, atLeast: 2}",
        "when: {fact: regions, atleast: 2}",
        "unknown field `atleast`",
    ),
    (
        QUESTIONS,
        "  - id: spikes",
        "  - id: payload",
        "`payload` is there twice",
    ),
    (QUESTIONS, "    least: 0\n", "", "`least` and `most`"),
    (
        RULES,
        "{fact: regions, atMost: 1}, value: single",
        "{fact: management, atMost: 1}, value: single",
        "`management` is a word, not a number",
    ),
    (
        RULES,
        "{fact: management, is: each-region}, {fact: database, oneOf: [postgre",
        "{fact: management, is: each-regoin}, {fact: database, oneOf: [postgre",
        "`management` is never each-regoin",
    ),
    (
        RULES,
        "{fact: regions, atMost: 1}, value: single",
        "{fact: regions, is: single}, value: single",
        "`regions` is a number, never single",
    ),
    (
        RULES,
        "- {formula: productVersion}",
        "- {formula: productVersoin}",
        "did you mean `productVersion`?",
    ),
    (
        RULES,
        "      - {value: 1}\n",
        "",
        "the last case of `fullRegions`, and no other, has no `when`",
    ),
    (
        RULES,
        "[multiply, requestsOfCpu, usableShare]",
        "[times, requestsOfCpu, usableShare]",
        "there is no operation `times`",
    ),
    (
        RULES,
        "[multiply, requestsOfCpu, usableShare]",
        "[multiply, requestsOfCpu, payload]",
        "`payload` is no number",
    ),
    (
        RULES,
        "[multiply, requestsOfCpu, usableShare]",
        "[multiply, requestsOfCpu]",
        "`multiply` takes 2 to 9 numbers, not 1",
    ),
    (
        RULES,
        "{regions} regions that go on",
        "{region} regions that go on",
        "there is no fact `region` here",
    ),
    (
        RULES,
        "    watch: A traffic manager is one of a pair.",
        "    because: too much\n    watch: A traffic manager is one of a pair.",
        "a remark says one thing",
    ),
    (
        RULES,
        "    instead: {overhead: least}",
        "    instead: {overhead: leats}",
        "`leats` is no answer to `overhead`",
    ),
    (
        RULES,
        "    instead: {overhead: least}\n",
        "",
        "an alternative has answers `instead`, and names each of them",
    ),
    (
        RULES,
        "to operate (`overhead: least`)",
        "to operate",
        "an alternative has answers `instead`, and names each of them",
    ),
    (
        SIZING,
        "    nodes: keyManagerNodes",
        "    nodes: keyManagerNods",
        "did you mean `keyManagerNodes`?",
    ),
    (
        OUTCOMES,
        "      geo-regional: {title",
        "      geo-regoinal: {title",
        "`topology` may be geo-regional, which has no title",
    ),
    (
        OUTCOMES,
        "{title: \"{tenants} tenants\", says: The same nodes serve them all.}",
        "{title: \"{tenant} tenants\", says: x}",
        "there is no fact `tenant` here",
    ),
    (
        CASES,
        "{requestsPerSecond: 300}",
        "{requestPerSecond: 300}",
        "did you mean `requestsPerSecond`?",
    ),
];

#[test]
fn each_slip_in_the_data_is_told_with_its_place() {
    for (pick, old, new, told) in SLIPS {
        let mut texts = Texts::held();
        let text = pick(&mut texts);
        assert!(text.contains(old), "{old:?} is gone from the data");
        *text = text.replacen(old, new, 1);
        let error = match Rules::of(&texts) {
            Ok(_) => panic!("{new:?} is accepted"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(told), "{new:?}: {error}");
        let place = error.split(": ").next().unwrap_or_default();
        let numbers = place
            .split(':')
            .skip(1)
            .filter(|it| it.parse::<u32>().is_ok());
        assert!(
            place.starts_with("choosing/data/") && numbers.count() == 2,
            "{place}"
        );
    }
}
