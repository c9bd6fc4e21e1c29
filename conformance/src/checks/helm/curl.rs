//! What a command line of curl asks for.

use std::sync::LazyLock;

use am_product::data::File;
use serde::Deserialize;

use am_suggest::near;

const FILE: File = File::new(
    "conformance/requirements/curl.yaml",
    include_str!("../../../requirements/curl.yaml"),
);

pub(super) static OPTIONS: LazyLock<Result<Options, String>> =
    LazyLock::new(|| crate::yaml::of_file(&FILE));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    flags: Vec<String>,
    numbers: Vec<String>,
    texts: Vec<String>,
}

/// A command line of curl, read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CommandLine<'a> {
    /// What it asks.
    pub(super) urls: Vec<&'a str>,
    /// Options with their values; flags have none.
    options: Vec<(&'a str, Option<&'a str>)>,
    /// What curl refuses or takes for something else, each with what to do about it.
    pub(super) problems: Vec<(String, String)>,
}

impl<'a> CommandLine<'a> {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// When the table of options cannot be read.
    pub(super) fn read(words: &[&'a str]) -> Result<Self, String> {
        let options = OPTIONS.as_ref().map_err(Clone::clone)?;
        let mut line = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                line.url(word);
                continue;
            }
            let has = |list: &[String]| list.iter().any(|known| known == word);
            if has(&options.flags) {
                line.options.push((word, None));
            } else if has(&options.numbers) || has(&options.texts) {
                let value = words.next();
                let is_right = match value {
                    None | Some("") => false,
                    Some(value) => has(&options.texts) || value.parse::<f64>().is_ok(),
                };
                if !is_right {
                    line.problems.push((
                        format!("gives {word} the value `{}`", value.unwrap_or_default()),
                        format!("write the value of {word} after it"),
                    ));
                }
                if let ("--url", Some(url)) = (word, value) {
                    line.url(url);
                }
                line.options.push((word, value));
            } else if word.starts_with("--") {
                let known = options
                    .flags
                    .iter()
                    .chain(&options.numbers)
                    .chain(&options.texts);
                let help = near(word, known.map(String::as_str)).map_or_else(
                    || "use an option of curl's".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                line.problems
                    .push((format!("has the unknown option `{word}`"), help));
            } else if let Some(letter) =
                unknown_letter(word, &options.flags, &options.texts, &options.numbers)
            {
                line.problems.push((
                    format!("has the unknown option `-{letter}` in `{word}`"),
                    "use options of curl's, long ones with two dashes".to_owned(),
                ));
            }
        }
        if line.urls.is_empty() {
            line.problems
                .push(("asks no URL".to_owned(), "write the URL to ask".to_owned()));
        }
        Ok(line)
    }

    fn url(&mut self, word: &'a str) {
        if word.starts_with("http://") || word.starts_with("https://") || word.contains('$') {
            self.urls.push(word);
        } else {
            self.problems.push((
                format!("takes `{word}` for a URL"),
                "write a URL with its scheme, or the option whose value this is".to_owned(),
            ));
        }
    }

    /// Whether any of these options is there.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.options.iter().any(|(option, _)| any.contains(option))
    }

    /// The number given to an option; the last one counts.
    pub(super) fn number(&self, option: &str) -> Option<f64> {
        self.options
            .iter()
            .rev()
            .find(|(name, _)| *name == option)
            .and_then(|(_, value)| value.as_ref()?.parse().ok())
    }
}

/// The first letter of several short options in one word that is none; what follows an option with a value is its value.
fn unknown_letter(
    word: &str,
    flags: &[String],
    texts: &[String],
    numbers: &[String],
) -> Option<char> {
    for letter in word.chars().skip(1) {
        let option = format!("-{letter}");
        if texts.contains(&option) || numbers.contains(&option) {
            return None;
        }
        if !flags.contains(&option) {
            return Some(letter);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::CommandLine;

    fn read<'a>(words: &[&'a str]) -> CommandLine<'a> {
        CommandLine::read(words).expect("the committed table is well-formed")
    }

    #[test]
    fn options_and_urls_are_told_apart() {
        let line = read(&["--fail", "--retry", "60", "-o", "/dev/null", "http://a:1/b"]);
        assert_eq!(line.urls, ["http://a:1/b"]);
        assert!(line.problems.is_empty(), "{:?}", line.problems);
        assert!(line.has(&["-f", "--fail"]));
        assert_eq!(line.number("--retry"), Some(60.0));
    }

    #[test]
    fn what_curl_would_refuse_or_misread_is_a_problem() {
        for (words, told) in [
            (&["--ilent", "http://a"][..], "--silent"),
            (&["-s-how-error", "http://a"], "`--`"),
            (&["--retry", "2x", "http://a"], "`2x`"),
            (&["", "http://a"], "``"),
            (&["2", "http://a"], "`2`"),
            (&["--fail"], "no URL"),
        ] {
            let line = read(words);
            let told_so = line
                .problems
                .iter()
                .any(|(message, help)| message.contains(told) || help.contains(told));
            assert!(told_so && line.problems.len() == 1, "{line:?}");
        }
    }
}
