//! Command lines and environment files, split as systemd does.

use std::collections::BTreeMap;

/// Variables of a unit.
pub(super) type Variables = BTreeMap<String, String>;

/// The words of a line: blanks separate, quotes hold together. The flag tells whether a word was quoted.
pub(super) fn split(line: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut word: Option<(String, bool)> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default().1 = true;
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            (_, '\\') => {
                let next = characters.next().unwrap_or('\\');
                word.get_or_insert_default().0.push(next);
            }
            _ => word.get_or_insert_default().0.push(character),
        }
    }
    words.extend(word);
    words
}

/// The words of a command line with its variables: `${NAME}` stays in its word, a word that is `$NAME` becomes several or none.
pub(super) fn command(line: &str, variables: &Variables) -> Vec<String> {
    let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let mut words = Vec::new();
    for (word, quoted) in split(line) {
        match word.strip_prefix('$') {
            Some(name) if !quoted && !name.starts_with('{') => {
                words.extend(value(name).split_whitespace().map(str::to_owned));
            }
            _ => words.push(braces(&word, &value)),
        }
    }
    words
}

fn braces(word: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        text.push_str(before);
        text.push_str(&value(name));
        rest = after;
    }
    text + rest
}

/// The variables of an environment file.
pub(super) fn environment_file(text: &str) -> Variables {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with(['#', ';']))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let quoted = value.starts_with(['"', '\'']);
            let value = if quoted {
                split(value).into_iter().map(|(word, _)| word).collect()
            } else {
                value.to_owned()
            };
            (name.trim().to_owned(), value)
        })
        .collect()
}

/// The variables of an `Environment=` line.
pub(super) fn assignments(line: &str) -> Variables {
    split(line)
        .into_iter()
        .filter_map(|(word, _)| {
            let (name, value) = word.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{assignments, command, environment_file};

    #[test]
    fn a_word_that_is_a_variable_becomes_several_or_none() {
        let variables = assignments(r#""EXTRA=-S /run/x" NONE="#);
        let words = command(
            r"/usr/sbin/haproxy -f ${EXTRA} $EXTRA $NONE '$EXTRA'",
            &variables,
        );
        assert_eq!(
            words,
            [
                "/usr/sbin/haproxy",
                "-f",
                "-S /run/x",
                "-S",
                "/run/x",
                "$EXTRA"
            ]
        );
    }

    #[test]
    fn values_of_environment_files_may_be_quoted() {
        let read = environment_file("# a comment\nPLAIN=a b\nQUOTED=\"a \\\"b\\\" c\"\n\nEMPTY=\n");
        assert_eq!(read["PLAIN"], "a b");
        assert_eq!(read["QUOTED"], "a \"b\" c");
        assert_eq!(read["EMPTY"], "");
        assert_eq!(read.len(), 3);
    }
}
