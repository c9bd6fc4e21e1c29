//! Text that remembers where each of its lines came from.

use crate::source_map::Origin;

/// Lines of a file to be, with their origins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    pub(crate) text: String,
    pub(crate) origins: Vec<Option<Origin>>,
}

impl Lines {
    /// Adds a line, or several when the text has several, all with one origin.
    pub(crate) fn push(&mut self, text: &str, origin: &Origin) {
        for line in text.split('\n') {
            self.text.push_str(line);
            self.text.push('\n');
            self.origins.push(Some(origin.clone()));
        }
    }

    /// Adds a line, indented by some columns.
    pub(crate) fn push_indented(&mut self, columns: usize, text: &str, origin: &Origin) {
        let padding = " ".repeat(columns);
        for line in text.split('\n') {
            if line.is_empty() {
                self.push("", origin);
            } else {
                self.push(&format!("{padding}{line}"), origin);
            }
        }
    }

    /// Adds all lines of another text, indented by some columns.
    pub(crate) fn append(&mut self, columns: usize, other: &Self) {
        let padding = " ".repeat(columns);
        for line in other.text.lines() {
            if !line.is_empty() {
                self.text.push_str(&padding);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
        self.origins.extend_from_slice(&other.origins);
    }
}

/// Breaks prose into lines of at most `width` characters; a longer word stands alone.
pub(crate) fn wrap(prose: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in prose.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn prose_is_broken_between_words() {
        assert_eq!(
            wrap("one two  three\nfour", 9),
            ["one two", "three", "four"]
        );
        assert_eq!(wrap("extraordinary a", 5), ["extraordinary", "a"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
