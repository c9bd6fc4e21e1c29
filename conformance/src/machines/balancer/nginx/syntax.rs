//! The syntax of nginx's configuration.

/// How deep blocks are read; nginx itself nests them four deep at most.
const DEPTH: usize = 16;

/// A directive with its words, and what stands in its block.
#[derive(Debug)]
pub(super) struct Directive {
    words: Vec<String>,
    pub(super) block: Vec<Directive>,
    /// Number of its line, from 1.
    pub(super) line: usize,
}

impl Directive {
    /// All of a configuration.
    pub(super) fn read(text: &str) -> Self {
        let mut tokens = tokens(text).into_iter();
        Self {
            words: Vec::new(),
            block: block(&mut tokens, DEPTH),
            line: 0,
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.words.first().is_some_and(|word| word == name)
    }

    /// What follows its name.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(String::as_str)
    }

    /// Directives of this name, in its block and the blocks therein.
    pub(super) fn all<'d>(&'d self, name: &str) -> Vec<&'d Self> {
        let mut found: Vec<&Self> = self.block.iter().filter(|inner| inner.is(name)).collect();
        found.extend(self.block.iter().flat_map(|inner| inner.all(name)));
        found
    }
}

/// Words and signs with the numbers of their lines; comments are left out.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut word = String::new();
        let mut quote = None;
        for letter in line.chars().chain([' ']) {
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (None, '"' | '\'') => quote = Some(letter),
                (None, ';' | '{' | '}') => {
                    if !word.is_empty() {
                        tokens.push((std::mem::take(&mut word), index + 1));
                    }
                    tokens.push((letter.to_string(), index + 1));
                }
                (None, letter) if letter.is_whitespace() => {
                    if !word.is_empty() {
                        tokens.push((std::mem::take(&mut word), index + 1));
                    }
                }
                (_, letter) => word.push(letter),
            }
        }
    }
    tokens
}

/// What stands in a block. Blocks that are nested deeper than `depth` end where they begin.
fn block(tokens: &mut impl Iterator<Item = (String, usize)>, depth: usize) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut first = 0;
    while let Some((token, line)) = tokens.next() {
        match token.as_str() {
            "}" => break,
            ";" => found.push(Directive {
                words: std::mem::take(&mut words),
                block: Vec::new(),
                line: first,
            }),
            "{" => found.push(Directive {
                words: std::mem::take(&mut words),
                block: if depth == 0 {
                    Vec::new()
                } else {
                    block(tokens, depth - 1)
                },
                line: first,
            }),
            _ => {
                if words.is_empty() {
                    first = line;
                }
                words.push(token);
            }
        }
    }
    found
}

/// Every directive of a name with those in whose blocks it stands, the outermost first.
pub(super) fn chains<'d>(
    from: &'d Directive,
    name: &str,
    above: &mut Vec<&'d Directive>,
    found: &mut Vec<Vec<&'d Directive>>,
) {
    above.push(from);
    for inner in &from.block {
        if inner.is(name) {
            found.push(above.iter().copied().chain([inner]).collect());
        }
        chains(inner, name, above, found);
    }
    above.pop();
}
