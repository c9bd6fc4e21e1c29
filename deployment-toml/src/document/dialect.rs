//! The dialect of the product's parser: TOML 0.5, with exceptions of its own in both directions.

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::entry::{ParseError, Refusal};
use crate::span::LineIndex;

/// Tables and arrays inside each other. The product has no limit of its own and fails somewhere above; nothing real
/// comes near.
const MAX_DEPTH: usize = 600;

/// Refuses a text that nests so deeply that reading it would overflow the stack.
pub(super) fn depth(text: &str, lines: &LineIndex<'_>) -> Result<(), ParseError> {
    // The parts of the table's header, and of each key that is open: one for each bracket around it.
    let mut header = 0;
    let mut open = vec![0_usize];
    let mut has_value = false;
    for token in Source::new(text).lex() {
        let is_outside = open.len() == 1;
        match token.kind() {
            TokenKind::Dot => {
                if let Some(parts) = open.last_mut() {
                    *parts += 1;
                }
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                if is_outside && !has_value {
                    header = 0;
                }
                open.push(1);
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket if !is_outside => {
                let parts = open.pop().unwrap_or_default();
                if !has_value {
                    header = header.max(parts);
                }
            }
            TokenKind::Equals => has_value = true,
            TokenKind::Comma | TokenKind::Newline => {
                if let Some(parts) = open.last_mut() {
                    *parts = usize::from(!is_outside);
                }
                has_value &= !is_outside;
            }
            _ => {}
        }
        if header + open.iter().sum::<usize>() > MAX_DEPTH {
            return Err(ParseError {
                duplicate: false,
                message: format!("it nests more than {MAX_DEPTH} levels"),
                span: lines.span(&range(token)),
            });
        }
    }
    Ok(())
}

/// The product's parser does not look into comments: control characters in them, carriage returns among them, are fine.
/// Offsets stay as they are.
pub(super) fn without_controls_in_comments(text: &str) -> Cow<'_, str> {
    let is_control = |byte: u8| (byte < b' ' && byte != b'\t' && byte != b'\n') || byte == 0x7f;
    if !text.bytes().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut from = 0;
    while let Some(comment) = Source::new(&text[from..])
        .lex()
        .find(|token| token.kind() == TokenKind::Comment)
    {
        let start = from + comment.span().start();
        let end = text[start..]
            .find('\n')
            .map_or(text.len(), |length| start + length);
        let line_end = if text[start..end].ends_with('\r') && end < text.len() {
            end - 1
        } else {
            end
        };
        for byte in &mut bytes[start..line_end] {
            if is_control(*byte) {
                *byte = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// What newer TOML allows and the product's parser does not.
pub(super) fn refusals(text: &str, lines: &LineIndex<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut refuse = |range: Range<usize>, what, instead| {
        found.push(Refusal {
            span: lines.span(&range),
            what,
            instead,
        });
    };
    if text.starts_with('\u{feff}') {
        refuse(0..0, "a byte order mark", "save the file without it");
    }
    // The brackets that are open, and whether their line breaks were told already.
    let mut open: Vec<(TokenKind, bool)> = Vec::new();
    let mut last = TokenKind::Eof;
    for token in Source::new(text).lex() {
        let kind = token.kind();
        match kind {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open.push((kind, false)),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                if kind == TokenKind::RightCurlyBracket && last == TokenKind::Comma {
                    refuse(
                        range(token),
                        "a comma before the end of an inline table",
                        "remove the comma",
                    );
                }
                open.pop();
            }
            TokenKind::Newline | TokenKind::Comment => {
                if let Some((TokenKind::LeftCurlyBracket, is_told @ false)) = open.last_mut() {
                    *is_told = true;
                    refuse(
                        range(token),
                        "an inline table over several lines",
                        "write it on one line without comments, or as a table with a header",
                    );
                }
            }
            TokenKind::BasicString | TokenKind::MlBasicString | TokenKind::MlLiteralString => {
                let raw = text.get(range(token)).unwrap_or_default();
                if let Some((what, instead)) = string(raw, kind) {
                    refuse(range(token), what, instead);
                }
            }
            _ => {}
        }
        if !matches!(
            kind,
            TokenKind::Whitespace | TokenKind::Newline | TokenKind::Comment
        ) {
            last = kind;
        }
    }
    found
}

/// What is wrong with a string, as it stands in the text.
fn string(raw: &str, kind: TokenKind) -> Option<(&'static str, &'static str)> {
    if kind == TokenKind::BasicString && raw.contains('\t') {
        return Some(("a tab in a string", "write \\t"));
    }
    if kind != TokenKind::BasicString {
        let quotes = &raw[..raw.len().min(3)];
        let inner = raw.get(3..raw.len().saturating_sub(3)).unwrap_or_default();
        let quote = &quotes[..1];
        let escaped = kind == TokenKind::MlBasicString && inner.ends_with("\\\"");
        if inner.ends_with(quote) && !escaped {
            return Some((
                "a quote right before the closing quotes",
                "write the string in single quotes, or with \\\" in double ones",
            ));
        }
    }
    if kind != TokenKind::MlLiteralString {
        let mut rest = raw.chars();
        while let Some(c) = rest.next() {
            if c == '\\' && matches!(rest.next(), Some('e' | 'x')) {
                return Some((
                    "an escape of newer TOML, \\e or \\x",
                    "write \\u and four digits",
                ));
            }
        }
    }
    None
}

fn range(token: Token) -> Range<usize> {
    token.span().start()..token.span().end()
}
