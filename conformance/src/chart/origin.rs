//! Which line of a chart made a line of a rendered text.
//!
//! Lines are compared by what is written in them, and of several that fit, those are taken that stand together: a block of a
//! text comes from one block of a file.

use super::templates::Lines;

/// A text of which others are made.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) lines: Lines,
    /// Whether a user gives it, so that its file is not one of the chart.
    pub(crate) is_given: bool,
    /// The value that holds it, if one does.
    pub(crate) value: Option<String>,
    patterns: Vec<Pattern>,
}

/// A line of a template.
#[derive(Debug)]
struct Pattern {
    line: usize,
    /// What is written, cut where actions stand.
    pieces: Vec<String>,
    /// Whether lines of actions alone come between the one before and this one.
    follows_action: bool,
}

impl Source {
    pub(crate) fn new(lines: Lines, text: &str) -> Self {
        Self {
            lines,
            patterns: patterns(text),
            ..Self::default()
        }
    }

    /// Held by a value, which a user gives or not.
    pub(crate) fn held_by(mut self, value: String, is_given: bool) -> Self {
        self.value = Some(value);
        self.is_given = is_given;
        self
    }

    /// Its lines `from..to`, from 1, alone.
    pub(crate) fn only(mut self, from: usize, to: usize) -> Self {
        self.patterns
            .retain(|pattern| (from..to).contains(&pattern.line));
        self
    }

    /// Without its lines `from..to`.
    pub(crate) fn without(mut self, ranges: &[(usize, usize)]) -> Self {
        let is_cut = |line: usize| ranges.iter().any(|(from, to)| (*from..*to).contains(&line));
        self.patterns.retain(|pattern| !is_cut(pattern.line));
        self
    }
}

/// The lines of a template that write something of their own.
fn patterns(text: &str) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    let (mut inside, mut follows_action) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let mut pieces = vec![String::new()];
        let mut rest = line;
        let has_action = inside || line.contains("{{");
        loop {
            let (mark, was_inside) = if inside { ("}}", true) } else { ("{{", false) };
            let (part, next) = rest
                .split_once(mark)
                .map_or((rest, None), |(part, next)| (part, Some(next)));
            if !was_inside && let Some(piece) = pieces.last_mut() {
                piece.push_str(part);
            }
            let Some(next) = next else { break };
            if was_inside {
                pieces.push(String::new());
            }
            inside = !was_inside;
            rest = next;
        }
        if inside {
            pieces.push(String::new());
        }
        if let Some(first) = pieces.first_mut() {
            *first = first.trim_start().to_owned();
        }
        if let Some(last) = pieces.last_mut() {
            *last = last.trim_end().to_owned();
        }
        if pieces.iter().all(|piece| piece.trim().is_empty()) {
            follows_action |= has_action;
            continue;
        }
        patterns.push(Pattern {
            line: index + 1,
            pieces,
            follows_action: std::mem::take(&mut follows_action),
        });
    }
    patterns
}

/// What a line that is written word for word is worth; one with actions is worth less, by how much of it is written.
const WHOLE: i64 = 100;
const PARTLY: i64 = 20;
/// What it costs that a line comes from elsewhere than below the one before it.
const SKIPS: i64 = 15;
const MOST_SKIPPED: i64 = 20;
const REPEATS: i64 = 30;
const ENTERS: i64 = 25;
const JUMPS: i64 = 40;
/// What a line costs that nothing makes.
const UNKNOWN: i64 = 30;
/// Only the best ways to come to a line are followed.
const FOLLOWED: usize = 40;

impl Pattern {
    fn fits(&self, line: &str) -> Option<i64> {
        let (first, rest) = self.pieces.split_first()?;
        let Some((last, middle)) = rest.split_last() else {
            return (first == line).then_some(WHOLE);
        };
        let mut left = line.strip_prefix(first.as_str())?;
        let mut written = first.len() + last.len();
        // What stands in an `if` need not be there.
        for piece in middle {
            if let Some(at) = left.find(piece.as_str()) {
                left = &left[at + piece.len()..];
                written += piece.len();
            }
        }
        let all: usize = self.pieces.iter().map(String::len).sum();
        (left.ends_with(last.as_str()) && written * 2 >= all).then(|| {
            let share = (WHOLE - PARTLY - 10) * length(written) / length(line.len() + 1);
            PARTLY + share
        })
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / 1000)
}

/// A way to come to a line.
#[derive(Clone, Copy)]
struct Way {
    score: i64,
    /// Number of the source and of the pattern that made the last line that is known.
    at: Option<(usize, usize)>,
    /// Whether that is the line itself.
    is_here: bool,
    before: usize,
}

/// For each line of a rendered text, which source made it, and which line of the source, from 1.
pub(crate) fn align(rendered: &str, sources: &[Source]) -> Vec<Option<(usize, usize)>> {
    let lines: Vec<&str> = rendered.lines().map(str::trim).collect();
    let mut layers: Vec<Vec<Way>> = Vec::new();
    let mut last = vec![Way {
        score: 0,
        at: None,
        is_here: false,
        before: 0,
    }];
    for line in &lines {
        let mut ways: Vec<Way> = Vec::new();
        if !line.is_empty() {
            for (source, of) in sources.iter().enumerate() {
                for (number, pattern) in of.patterns.iter().enumerate() {
                    let Some(worth) = pattern.fits(line) else {
                        continue;
                    };
                    let best = last
                        .iter()
                        .enumerate()
                        .map(|(before, way)| {
                            (way.score - cost(way.at, (source, number), sources), before)
                        })
                        .max_by_key(|(score, before)| (*score, std::cmp::Reverse(*before)));
                    ways.extend(best.map(|(score, before)| Way {
                        score: score + worth,
                        at: Some((source, number)),
                        is_here: true,
                        before,
                    }));
                }
            }
        }
        let price = if line.is_empty() { 0 } else { UNKNOWN };
        ways.extend(last.iter().enumerate().map(|(before, way)| Way {
            score: way.score - price,
            is_here: false,
            before,
            ..*way
        }));
        ways.sort_by_key(|way| std::cmp::Reverse(way.score));
        ways.truncate(FOLLOWED);
        layers.push(std::mem::replace(&mut last, ways));
    }
    layers.push(last);
    let mut made = vec![None; lines.len()];
    let mut index = 0;
    for (number, layer) in layers.iter().enumerate().skip(1).rev() {
        let Some(way) = layer.get(index) else { break };
        if way.is_here
            && let Some((source, pattern)) = way.at
        {
            made[number - 1] = Some((source, sources[source].patterns[pattern].line));
        }
        index = way.before;
    }
    made
}

fn cost(from: Option<(usize, usize)>, to: (usize, usize), sources: &[Source]) -> i64 {
    let pattern = &sources[to.0].patterns[to.1];
    match from {
        None => 0,
        Some((source, number)) if source == to.0 => match to.1.checked_sub(number + 1) {
            Some(0) => 0,
            Some(skipped) => SKIPS + length(skipped).min(MOST_SKIPPED),
            None => REPEATS,
        },
        Some(_) if to.1 == 0 || pattern.follows_action => ENTERS,
        Some(_) => JUMPS,
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, align};
    use crate::chart::templates::Lines;

    fn source(file: &str, text: &str) -> Source {
        Source::new(Lines::of_file(file), text)
    }

    fn made(rendered: &str, sources: &[Source]) -> Vec<String> {
        align(rendered, sources)
            .into_iter()
            .map(|made| {
                made.map_or_else(String::new, |(source, line)| {
                    format!("{}:{line}", sources[source].lines.file)
                })
            })
            .collect()
    }

    #[test]
    fn a_block_comes_from_the_file_whose_neighbours_fit() {
        let sources = [
            source(
                "a",
                "[x]\nurl = \"{{ .a }}\"\npassword = \"p\"\n[y]\npassword = \"p\"\n",
            ),
            source("b", "[z]\nurl = \"{{ .b }}\"\npassword = \"p\"\n"),
            source("c", "top = 1\n{{ tpl (.Files.Get \"a\") . }}\nend = 1\n"),
        ];
        assert_eq!(
            made(
                "top = 1\n[x]\nurl = \"1\"\npassword = \"p\"\n[y]\npassword = \"p\"\nend = 1\n[z]\nurl = \"2\"\npassword = \"p\"\n",
                &sources
            ),
            [
                "c:1", "a:1", "a:2", "a:3", "a:4", "a:5", "c:3", "b:1", "b:2", "b:3"
            ]
        );
    }

    #[test]
    fn what_a_condition_leaves_out_need_not_be_there() {
        let sources = [source(
            "a",
            "hosts = [{{ range .l }}{{ if .i }}, {{ end }}\"tcp://{{ . }}\"{{ end }}]\n",
        )];
        assert_eq!(made("hosts = [\"tcp://x\"]", &sources), ["a:1"]);
        assert_eq!(made("others = [\"tcp://x\"]", &sources), [""]);
    }

    #[test]
    fn a_line_that_nothing_makes_hides_none_of_the_others() {
        let sources = [source(
            "a",
            "one\ntwo {{ x }}{{/* a\ncomment\n*/}}\nthree\n",
        )];
        assert_eq!(
            made("  one\n\n  two 2\n  other\n  three", &sources),
            ["a:1", "", "a:2", "", "a:5"]
        );
    }
}
