//! Text and actions of a Go template, and the tokens of an action.

/// A part of a template file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text between actions, trimmed where `{{-` and `-}}` say so.
    Text(String),
    /// An action with the line on which it starts.
    Action { tokens: Vec<Token>, line: usize },
}

/// A token of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `.a.b`, or `.` as an empty list.
    Field(Vec<String>),
    /// `$x.a.b`; the name is empty for `$`.
    Variable(String, Vec<String>),
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A character, boolean, `nil` or other number.
    Literal,
    /// A function or keyword.
    Word(String),
    /// `(`
    Open,
    /// `)` and the fields that follow it.
    Close(Vec<String>),
    /// `|`
    Pipe,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// `,`
    Comma,
}

/// Cuts a template into pieces. An action without an end is left out, since Helm refuses it anyway.
pub(super) fn pieces(source: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut line = 1;
    let mut trims = false;
    while let Some(start) = rest.find("{{") {
        let inside = &rest[start + 2..];
        let Some(length) = action_length(inside) else {
            break;
        };
        let content = &inside[..length];
        let (content, trims_before) = match content.strip_prefix('-') {
            Some(cut) if cut.starts_with(char::is_whitespace) => (cut, true),
            _ => (content, false),
        };
        let (content, trims_after) = match content.strip_suffix('-') {
            Some(cut) if cut.ends_with(char::is_whitespace) => (cut, true),
            _ => (content, false),
        };
        push_text(&mut pieces, &rest[..start], trims, trims_before);
        line += rest[..start].matches('\n').count();
        if !content.trim_start().starts_with("/*") {
            pieces.push(Piece::Action {
                tokens: tokens(content),
                line,
            });
        }
        let end = start + 2 + length + 2;
        line += rest[start..end].matches('\n').count();
        rest = &rest[end..];
        trims = trims_after;
    }
    push_text(&mut pieces, rest, trims, false);
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, trims_start: bool, trims_end: bool) {
    let text = if trims_start { text.trim_start() } else { text };
    let text = if trims_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Bytes up to the closing braces, which strings and comments may contain.
fn action_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let start = text.trim_start_matches('-').trim_start();
    if start.starts_with("/*") {
        let end = text.find("*/")?;
        return text[end..].find("}}").map(|at| end + at);
    }
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            quote @ (b'"' | b'`' | b'\'') => at = end_of_string(bytes, at, quote)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Index of the closing quote of the string that opens at `at`.
fn end_of_string(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    at += 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn tokens(content: &str) -> Vec<Token> {
    let bytes = content.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'(' => tokens.push(Token::Open),
            b')' => {
                let (fields, end) = fields(content, at + 1);
                tokens.push(Token::Close(fields));
                at = end;
                continue;
            }
            b'|' => tokens.push(Token::Pipe),
            b',' => tokens.push(Token::Comma),
            b'=' => tokens.push(Token::Assign),
            b':' if bytes.get(at + 1) == Some(&b'=') => {
                tokens.push(Token::Declare);
                at += 1;
            }
            b'.' => {
                let (fields, end) = fields(content, at);
                tokens.push(Token::Field(fields));
                at = end.max(at + 1);
                continue;
            }
            b'$' => {
                let name = word(content, at + 1);
                let (fields, end) = fields(content, at + 1 + name.len());
                tokens.push(Token::Variable(name.to_owned(), fields));
                at = end;
                continue;
            }
            quote @ (b'"' | b'`' | b'\'') => {
                let Some(end) = end_of_string(bytes, at, quote) else {
                    break;
                };
                let text = &content[at + 1..end];
                tokens.push(match quote {
                    b'"' => Token::Text(unescape(text)),
                    b'`' => Token::Text(text.to_owned()),
                    _ => Token::Literal,
                });
                at = end;
            }
            byte if byte.is_ascii_digit() || byte == b'-' || byte == b'+' => {
                let length = content[at + 1..]
                    .bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'_')
                    .count();
                tokens.push(
                    content[at..=at + length]
                        .parse()
                        .map_or(Token::Literal, Token::Number),
                );
                at += length;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii() => {
                let name = word(content, at);
                if name.is_empty() {
                    at += 1;
                    continue;
                }
                tokens.push(match name {
                    "true" | "false" | "nil" => Token::Literal,
                    name => Token::Word(name.to_owned()),
                });
                at += name.len();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    tokens
}

/// The fields `.a.b` that start at a byte, and where they end.
fn fields(content: &str, mut at: usize) -> (Vec<String>, usize) {
    let mut fields = Vec::new();
    while content.as_bytes().get(at) == Some(&b'.') {
        let name = word(content, at + 1);
        if name.is_empty() {
            break;
        }
        fields.push(name.to_owned());
        at += 1 + name.len();
    }
    (fields, at)
}

fn word(content: &str, at: usize) -> &str {
    let rest = content.get(at..).unwrap_or_default();
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    &rest[..end]
}

fn unescape(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some(other) => result.push(other),
            None => {}
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{Piece, Token, pieces};

    fn field(names: &[&str]) -> Token {
        Token::Field(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn strings_with_braces_and_comments_do_not_end_an_action() {
        let found = pieces("a {{- /* }} */ -}} b {{ \"}}\" }}c");
        assert_eq!(
            found,
            [
                Piece::Text("a".into()),
                Piece::Text("b ".into()),
                Piece::Action {
                    tokens: vec![Token::Text("}}".into())],
                    line: 1
                },
                Piece::Text("c".into())
            ]
        );
    }

    #[test]
    fn fields_belong_to_what_they_touch() {
        let found = pieces("\n{{ $x.a (.b).c .d $ }}");
        let Some(Piece::Action { tokens, line }) = found.into_iter().nth(1) else {
            panic!("no action")
        };
        assert_eq!(line, 2);
        assert_eq!(
            tokens,
            [
                Token::Variable("x".into(), vec!["a".into()]),
                Token::Open,
                field(&["b"]),
                Token::Close(vec!["c".into()]),
                field(&["d"]),
                Token::Variable(String::new(), vec![])
            ]
        );
    }

    #[test]
    fn broken_templates_are_read_as_far_as_possible() {
        for source in ["{{", "{{ \"", "{{ .a", "}}", "{{ $ . | ) }}", "{{/* "] {
            let _ = pieces(source);
        }
        assert_eq!(pieces("x {{ .a"), [Piece::Text("x {{ .a".into())]);
    }
}
