//! Splits a script into words and operators.

use super::ShellError;
use super::parser;
use super::syntax::{Content, Fragment, Word};

/// A word, an operator or the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(Word),
    Operator(Operator),
    Newline,
    /// `>`, `>>` or `<`, after the file descriptor that it is about.
    Redirect {
        descriptor: u8,
        duplicate: bool,
    },
}

/// The control operators that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    And,
    Or,
    Semicolon,
    Open,
    Close,
}

/// Splits `script` into tokens.
pub(crate) fn tokens(script: &str) -> Result<Vec<Token>, ShellError> {
    let mut lexer = Lexer {
        rest: script.chars().collect(),
        position: 0,
    };
    let mut found = Vec::new();
    while let Some(token) = lexer.next_token()? {
        found.push(token);
    }
    Ok(found)
}

struct Lexer {
    rest: Vec<char>,
    position: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.position + ahead).copied()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += 1;
        Some(character)
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += 1;
        }
        found
    }

    fn next_token(&mut self) -> Result<Option<Token>, ShellError> {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.position += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.position += 2,
                Some('#') => {
                    while self.peek().is_some_and(|character| character != '\n') {
                        self.position += 1;
                    }
                }
                _ => break,
            }
        }
        let Some(character) = self.peek() else {
            return Ok(None);
        };
        if let (digit @ '0'..='2', Some('<' | '>')) = (character, self.peek_at(1)) {
            self.position += 1;
            return self.redirect(Some(digit)).map(Some);
        }
        let token = match character {
            '\n' => {
                self.position += 1;
                Token::Newline
            }
            ';' => {
                self.position += 1;
                if self.peek() == Some(';') {
                    return Err(ShellError::unsupported("`case`"));
                }
                Token::Operator(Operator::Semicolon)
            }
            '&' => {
                self.position += 1;
                if !self.accept('&') {
                    return Err(ShellError::unsupported("background jobs (`&`)"));
                }
                Token::Operator(Operator::And)
            }
            '|' => {
                self.position += 1;
                if !self.accept('|') {
                    return Err(ShellError::unsupported("pipes (`|`)"));
                }
                Token::Operator(Operator::Or)
            }
            '(' => {
                self.position += 1;
                Token::Operator(Operator::Open)
            }
            ')' => {
                self.position += 1;
                Token::Operator(Operator::Close)
            }
            '<' | '>' => return self.redirect(None).map(Some),
            _ => Token::Word(self.word(&[])?),
        };
        Ok(Some(token))
    }

    fn redirect(&mut self, digit: Option<char>) -> Result<Token, ShellError> {
        let input = self.accept('<');
        if input && self.peek() == Some('<') {
            return Err(ShellError::unsupported("here-documents (`<<`)"));
        }
        if !input {
            self.accept('>');
            self.accept('>');
        }
        let standard = if input { '0' } else { '1' };
        let descriptor = digit.unwrap_or(standard) as u8 - b'0';
        Ok(Token::Redirect {
            descriptor,
            duplicate: self.accept('&'),
        })
    }

    /// Reads a word up to white space, an operator, or one of `ends`.
    fn word(&mut self, ends: &[char]) -> Result<Word, ShellError> {
        let mut word = Word::default();
        while let Some(character) = self.peek() {
            let ends_here = if ends.is_empty() {
                matches!(
                    character,
                    ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>'
                )
            } else {
                ends.contains(&character)
            };
            if ends_here {
                break;
            }
            self.position += 1;
            match character {
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => match self.advance() {
                    Some('\n') => {}
                    Some(escaped) => push_text(&mut word, true, escaped),
                    None => push_text(&mut word, true, '\\'),
                },
                '$' => self.dollar(&mut word, false)?,
                '`' => return Err(ShellError::unsupported("backquotes; write $(…)")),
                other => push_text(&mut word, false, other),
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), ShellError> {
        let mut text = String::new();
        loop {
            match self.advance() {
                Some('\'') => break,
                Some(character) => text.push(character),
                None => return Err(ShellError::syntax("a single quote is not closed")),
            }
        }
        word.0.push(Fragment {
            quoted: true,
            content: Content::Text(text),
        });
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), ShellError> {
        // An empty pair of quotes is still a word.
        word.0.push(Fragment {
            quoted: true,
            content: Content::Text(String::new()),
        });
        loop {
            match self.advance() {
                Some('"') => return Ok(()),
                Some('$') => self.dollar(word, true)?,
                Some('`') => return Err(ShellError::unsupported("backquotes; write $(…)")),
                Some('\\') => match self.advance() {
                    Some('\n') => {}
                    Some(special @ ('$' | '"' | '\\' | '`')) => push_text(word, true, special),
                    Some(other) => {
                        push_text(word, true, '\\');
                        push_text(word, true, other);
                    }
                    None => return Err(ShellError::syntax("a double quote is not closed")),
                },
                Some(character) => push_text(word, true, character),
                None => return Err(ShellError::syntax("a double quote is not closed")),
            }
        }
    }

    /// Reads what follows a `$`.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), ShellError> {
        let content = match self.peek() {
            Some('(') if self.peek_at(1) == Some('(') => {
                self.position += 2;
                let inside = self.balanced()?;
                if !self.accept(')') {
                    return Err(ShellError::syntax("`$((` is not closed by `))`"));
                }
                Content::Arithmetic(inside)
            }
            Some('(') => {
                self.position += 1;
                Content::Substitution(parser::parse(&self.balanced()?)?)
            }
            Some('{') => {
                self.position += 1;
                self.braced_parameter()?
            }
            Some(special @ ('?' | '@' | '#' | '*' | '$' | '0'..='9')) => {
                self.position += 1;
                Content::Parameter {
                    name: special.to_string(),
                    default: None,
                }
            }
            Some(first) if first.is_ascii_alphabetic() || first == '_' => Content::Parameter {
                name: self.name(),
                default: None,
            },
            _ => Content::Text("$".to_owned()),
        };
        word.0.push(Fragment { quoted, content });
        Ok(())
    }

    fn braced_parameter(&mut self) -> Result<Content, ShellError> {
        let name = match self.peek() {
            Some(special @ ('?' | '@' | '#' | '0'..='9')) => {
                self.position += 1;
                special.to_string()
            }
            _ => self.name(),
        };
        if self.accept('}') && !name.is_empty() {
            return Ok(Content::Parameter {
                name,
                default: None,
            });
        }
        self.accept(':');
        if name.is_empty() || !self.accept('-') {
            return Err(ShellError::unsupported(
                "a parameter expansion other than ${NAME} and ${NAME:-default}",
            ));
        }
        let default = Some(self.word(&['}'])?);
        if !self.accept('}') {
            return Err(ShellError::syntax("`${` is not closed"));
        }
        Ok(Content::Parameter { name, default })
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(character) = self
            .peek()
            .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
        {
            name.push(character);
            self.position += 1;
        }
        name
    }

    /// Reads up to the parenthesis that closes the one just read, quotes respected.
    fn balanced(&mut self) -> Result<String, ShellError> {
        let (mut depth, mut quote, mut text) = (1_u32, None, String::new());
        while let Some(character) = self.advance() {
            match (quote, character) {
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(text);
                    }
                }
                (None, '\'' | '"') => quote = Some(character),
                (Some(open), close) if open == close => quote = None,
                _ => {}
            }
            text.push(character);
        }
        Err(ShellError::syntax("`$(` is not closed"))
    }
}

fn push_text(word: &mut Word, quoted: bool, character: char) {
    if let Some(Fragment {
        quoted: last,
        content: Content::Text(text),
    }) = word.0.last_mut()
        && *last == quoted
    {
        text.push(character);
        return;
    }
    word.0.push(Fragment {
        quoted,
        content: Content::Text(character.to_string()),
    });
}
