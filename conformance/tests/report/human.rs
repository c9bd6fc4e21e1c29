//! The text for people, beyond its golden file.

use am_conformance::report::{FindingText, Format, Style, groups, human};

use crate::sample;

#[test]
fn all_well_is_one_line_per_pattern_and_a_verdict() {
    let text = human::render(&sample::green(), Style::PLAIN);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.lines()
            .last()
            .is_some_and(|line| line.starts_with("conformant"))
    );
}

#[test]
fn a_finding_of_every_variant_is_told_once() {
    let report = sample::report();
    let text = human::render(&report, Style::PLAIN);
    assert_eq!(text.matches("error[AM-WIRE-003]").count(), 1);
    assert!(
        text.contains("in every subject with pattern 3 (4 of 7)"),
        "{text}"
    );
    let both = text.matches("error[AM-WIRE-007]").count();
    assert_eq!(both, 2, "two faults at one key are two findings");
    assert!(
        text.contains("in every subject with platform openshift")
            || text.contains("p3/openshift/4.6.0/default")
    );
}

#[test]
fn colour_is_there_only_when_asked_for() {
    let report = sample::report();
    let escape = '\u{1b}';
    assert!(!human::render(&report, Style::PLAIN).contains(escape));
    let colour = Style {
        color: true,
        ..Style::PLAIN
    };
    assert!(human::render(&report, colour).contains(escape));
}

#[test]
fn notes_keep_to_a_narrow_window() {
    let report = sample::report();
    let narrow = Style {
        color: false,
        width: 60,
    };
    let text = human::render(&report, narrow);
    let notes = text.lines().filter(|line| {
        line.trim_start().starts_with("= requirement") || line.starts_with("                   ")
    });
    assert!(notes.clone().count() > 3);
    for line in notes.filter(|line| line.contains(' ') && !line.contains('|')) {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn every_format_tells_a_finding_in_the_same_words() {
    let report = sample::report();
    for group in groups(&report, &report.profiles[1].subjects) {
        let text = FindingText::of(&report, &group);
        // A picture has no findings, and shows one pattern only.
        for format in Format::ALL.into_iter().filter(|it| *it != Format::Svg) {
            let rendered = format.render(&report).expect("the sample can be rendered");
            let plain = rendered
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#39;", "'")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
            // YAML and narrow notes break lines at spaces.
            let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                plain.contains(text.headline()),
                "{format}: {}",
                text.headline()
            );
            let help_start: String = text.help().split(' ').take(4).collect::<Vec<_>>().join(" ");
            assert!(plain.contains(&help_start), "{format}: {help_start}");
        }
    }
}
