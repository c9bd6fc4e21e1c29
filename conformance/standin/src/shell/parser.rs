//! Turns tokens into a syntax tree; refuses the whole script when it uses something that is not understood.

use super::ShellError;
use super::lexer::{self, Operator, Token};
use super::syntax::{
    AndOr, Command, Connector, Content, Fragment, List, Redirection, Step, Target, Word,
};

/// Parses a whole script, so that nothing of a script with an unsupported part is ever run.
pub(crate) fn parse(script: &str) -> Result<List, ShellError> {
    let mut parser = Parser {
        tokens: lexer::tokens(script)?,
        position: 0,
    };
    let list = parser.list()?;
    match parser.peek() {
        None => Ok(list),
        Some(token) => Err(ShellError::syntax(format!(
            "unexpected {}",
            describe(token)
        ))),
    }
}

/// Reserved words of constructs that are refused rather than taken for commands.
const REFUSED: [&str; 5] = ["case", "function", "select", "[[", "coproc"];
/// Reserved words that end a list.
const ENDS: [&str; 7] = ["then", "else", "elif", "fi", "do", "done", "}"];

struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn reserved(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => word.bare(),
            _ => None,
        }
    }

    fn accept_operator(&mut self, wanted: Operator) -> bool {
        let found = self.peek() == Some(&Token::Operator(wanted));
        if found {
            self.position += 1;
        }
        found
    }

    fn accept_reserved(&mut self, wanted: &str) -> bool {
        let found = self.reserved() == Some(wanted);
        if found {
            self.position += 1;
        }
        found
    }

    fn expect_reserved(&mut self, wanted: &str) -> Result<(), ShellError> {
        if self.accept_reserved(wanted) {
            return Ok(());
        }
        let found = self
            .peek()
            .map_or_else(|| "the end of the script".to_owned(), describe);
        Err(ShellError::syntax(format!(
            "expected `{wanted}`, found {found}"
        )))
    }

    fn skip_separators(&mut self) {
        while matches!(
            self.peek(),
            Some(Token::Newline | Token::Operator(Operator::Semicolon))
        ) {
            self.position += 1;
        }
    }

    fn skip_newlines(&mut self) {
        while self.peek() == Some(&Token::Newline) {
            self.position += 1;
        }
    }

    fn list(&mut self) -> Result<List, ShellError> {
        let mut list = List::default();
        loop {
            self.skip_separators();
            let ended = self
                .peek()
                .is_none_or(|token| *token == Token::Operator(Operator::Close))
                || self.reserved().is_some_and(|word| ENDS.contains(&word));
            if ended {
                return Ok(list);
            }
            list.0.push(self.and_or()?);
            let separated = matches!(
                self.peek(),
                None | Some(Token::Newline | Token::Operator(_))
            );
            if !separated {
                return Ok(list);
            }
        }
    }

    /// A list that must hold at least one command, as those of `if` and loops must.
    fn body(&mut self) -> Result<List, ShellError> {
        let list = self.list()?;
        if list.0.is_empty() {
            return Err(ShellError::syntax("an empty command list"));
        }
        Ok(list)
    }

    fn and_or(&mut self) -> Result<AndOr, ShellError> {
        let first = self.step()?;
        let mut rest = Vec::new();
        loop {
            let connector = if self.accept_operator(Operator::And) {
                Connector::And
            } else if self.accept_operator(Operator::Or) {
                Connector::Or
            } else {
                return Ok(AndOr { first, rest });
            };
            self.skip_newlines();
            rest.push((connector, self.step()?));
        }
    }

    fn step(&mut self) -> Result<Step, ShellError> {
        let mut negated = false;
        while self.accept_reserved("!") {
            negated = !negated;
        }
        let mut redirections = Vec::new();
        let command = self.command(&mut redirections)?;
        while self.redirection(&mut redirections)? {}
        Ok(Step {
            negated,
            command,
            redirections,
        })
    }

    fn command(&mut self, redirections: &mut Vec<Redirection>) -> Result<Command, ShellError> {
        if self.accept_operator(Operator::Open) {
            let list = self.body()?;
            if !self.accept_operator(Operator::Close) {
                return Err(ShellError::syntax("`(` is not closed"));
            }
            return Ok(Command::Subshell(list));
        }
        let reserved = self.reserved().unwrap_or_default().to_owned();
        match reserved.as_str() {
            "if" => self.conditional(),
            "while" | "until" => {
                self.position += 1;
                let condition = self.body()?;
                Ok(Command::Loop {
                    until: reserved == "until",
                    condition,
                    body: self.loop_body()?,
                })
            }
            "for" => self.for_loop(),
            "{" => {
                self.position += 1;
                let list = self.body()?;
                self.expect_reserved("}")?;
                Ok(Command::Group(list))
            }
            refused if REFUSED.contains(&refused) => {
                Err(ShellError::unsupported(format!("`{refused}`")))
            }
            _ => self.simple(redirections),
        }
    }

    fn conditional(&mut self) -> Result<Command, ShellError> {
        let mut branches = Vec::new();
        self.position += 1;
        loop {
            let condition = self.body()?;
            self.expect_reserved("then")?;
            branches.push((condition, self.body()?));
            if !self.accept_reserved("elif") {
                break;
            }
        }
        let otherwise = if self.accept_reserved("else") {
            Some(self.body()?)
        } else {
            None
        };
        self.expect_reserved("fi")?;
        Ok(Command::If {
            branches,
            otherwise,
        })
    }

    fn for_loop(&mut self) -> Result<Command, ShellError> {
        self.position += 1;
        let variable = self.reserved().map(str::to_owned);
        let Some(variable) = variable.filter(|name| is_name(name)) else {
            return Err(ShellError::syntax("`for` needs a variable name"));
        };
        self.position += 1;
        self.expect_reserved("in")?;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.position += 1;
        }
        self.skip_separators();
        Ok(Command::For {
            variable,
            words,
            body: self.loop_body()?,
        })
    }

    fn loop_body(&mut self) -> Result<List, ShellError> {
        self.expect_reserved("do")?;
        let body = self.body()?;
        self.expect_reserved("done")?;
        Ok(body)
    }

    fn simple(&mut self, redirections: &mut Vec<Redirection>) -> Result<Command, ShellError> {
        let (mut assignments, mut words) = (Vec::new(), Vec::new());
        loop {
            if self.redirection(redirections)? {
                continue;
            }
            let Some(Token::Word(word)) = self.peek() else {
                break;
            };
            let word = word.clone();
            self.position += 1;
            match assignment(&word) {
                Some(assigned) if words.is_empty() => assignments.push(assigned),
                _ => words.push(word),
            }
        }
        if words.len() == 1 && self.peek() == Some(&Token::Operator(Operator::Open)) {
            return Err(ShellError::unsupported("functions"));
        }
        if words.is_empty() && assignments.is_empty() && redirections.is_empty() {
            let found = self
                .peek()
                .map_or_else(|| "the end of the script".to_owned(), describe);
            return Err(ShellError::syntax(format!(
                "expected a command, found {found}"
            )));
        }
        Ok(Command::Simple { assignments, words })
    }

    fn redirection(&mut self, redirections: &mut Vec<Redirection>) -> Result<bool, ShellError> {
        let Some(Token::Redirect {
            descriptor,
            duplicate,
        }) = self.peek().cloned()
        else {
            return Ok(false);
        };
        self.position += 1;
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(ShellError::syntax("a redirection leads nowhere"));
        };
        self.position += 1;
        let target = if duplicate {
            match word.bare().and_then(|text| text.parse().ok()) {
                Some(other @ (1_u8 | 2)) => Target::Descriptor(other),
                _ => {
                    return Err(ShellError::unsupported(
                        "a file descriptor other than 1 and 2",
                    ));
                }
            }
        } else {
            Target::Path(word)
        };
        redirections.push(Redirection { descriptor, target });
        Ok(true)
    }
}

/// Splits `NAME=value`; the name and the sign must be unquoted.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.0.split_first()?;
    let Fragment {
        quoted: false,
        content: Content::Text(text),
    } = first
    else {
        return None;
    };
    let (name, value) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut fragments = vec![Fragment {
        quoted: false,
        content: Content::Text(value.to_owned()),
    }];
    fragments.extend_from_slice(rest);
    Some((name.to_owned(), Word(fragments)))
}

/// Whether `text` can be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn describe(token: &Token) -> String {
    match token {
        Token::Word(word) => word
            .bare()
            .map_or_else(|| "a word".to_owned(), |text| format!("`{text}`")),
        Token::Operator(Operator::And) => "`&&`".to_owned(),
        Token::Operator(Operator::Or) => "`||`".to_owned(),
        Token::Operator(Operator::Semicolon) => "`;`".to_owned(),
        Token::Operator(Operator::Open) => "`(`".to_owned(),
        Token::Operator(Operator::Close) => "`)`".to_owned(),
        Token::Newline => "a line end".to_owned(),
        Token::Redirect { .. } => "a redirection".to_owned(),
    }
}
