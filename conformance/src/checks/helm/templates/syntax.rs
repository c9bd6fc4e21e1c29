//! The tree of a template.

use std::collections::BTreeMap;

use super::lexer::{Piece, Token, pieces};

/// A part of a template's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Text.
    Text(String),
    /// An action that writes its result or sets a variable.
    Action(Pipeline),
    /// `if`; the condition does not change the dot.
    If(Pipeline, Vec<Node>, Vec<Node>),
    /// `with`
    With(Pipeline, Vec<Node>, Vec<Node>),
    /// `range`
    Range(Pipeline, Vec<Node>, Vec<Node>),
    /// `template "name" argument`
    Template(Pipeline),
}

/// Commands whose results are passed on from left to right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pipeline {
    /// Variables that it sets.
    pub(super) variables: Vec<String>,
    /// Whether it declares them, as opposed to assigning.
    pub(super) declares: bool,
    /// Commands.
    pub(super) commands: Vec<Vec<Operand>>,
    /// Line of the action.
    pub(super) line: usize,
}

/// A function or an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Group(Box<Pipeline>, Vec<String>),
    Text(String),
    Number(i64),
    Literal,
    Function(String),
}

/// A template file: its own body and the named templates that it defines.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    pub(super) body: Vec<Node>,
    pub(super) definitions: BTreeMap<String, Vec<Node>>,
}

/// How deep blocks and parentheses are followed; what is deeper is read as if it stood side by side. No template that
/// people write comes near.
const DEEPEST: usize = 200;

/// Reads a template. What is no valid template is read as far as it makes sense; Helm itself refuses it.
pub(super) fn parse(source: &str) -> File {
    let mut parser = Parser {
        pieces: pieces(source).into_iter().peekable(),
        definitions: BTreeMap::new(),
        depth: 0,
    };
    let mut body = Vec::new();
    loop {
        let (nodes, end) = parser.block();
        body.extend(nodes);
        if matches!(end, Close::File) {
            break;
        }
    }
    File {
        body,
        definitions: parser.definitions,
    }
}

/// What closes a block.
enum Close {
    File,
    End,
    Else(Vec<Token>, usize),
}

struct Parser {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    definitions: BTreeMap<String, Vec<Node>>,
    depth: usize,
}

impl Parser {
    /// Nodes up to the next `end` or `else` that belongs to this block.
    fn block(&mut self) -> (Vec<Node>, Close) {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (tokens, line) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action { tokens, line } => (tokens, line),
            };
            let keyword = match tokens.first() {
                Some(Token::Word(word)) => word.as_str(),
                _ => "",
            };
            match keyword {
                "end" => return (nodes, Close::End),
                "else" => return (nodes, Close::Else(tokens[1..].to_vec(), line)),
                "if" | "with" | "range" | "define" | "block" if self.depth >= DEEPEST => {
                    nodes.push(Node::Action(pipeline(&tokens[1..], line)));
                }
                "if" | "with" | "range" => {
                    let node = self.conditional(keyword, &tokens[1..], line);
                    nodes.push(node);
                }
                "define" | "block" => {
                    self.depth += 1;
                    let body = self.block().0;
                    self.depth -= 1;
                    if let Some(Token::Text(name)) = tokens.get(1) {
                        self.definitions.insert(name.clone(), body);
                        if keyword == "block" {
                            nodes.push(Node::Template(pipeline(&tokens[1..], line)));
                        }
                    }
                }
                "template" => nodes.push(Node::Template(pipeline(&tokens[1..], line))),
                "break" | "continue" => {}
                _ => nodes.push(Node::Action(pipeline(&tokens, line))),
            }
        }
        (nodes, Close::File)
    }

    fn conditional(&mut self, keyword: &str, condition: &[Token], line: usize) -> Node {
        let condition = pipeline(condition, line);
        self.depth += 1;
        let (then, end) = self.block();
        let otherwise = match end {
            Close::Else(tokens, line) => match tokens.first() {
                // `else if` and `else with` share the `end` of the first.
                Some(Token::Word(word))
                    if (word == "if" || word == "with") && self.depth < DEEPEST =>
                {
                    let word = word.clone();
                    vec![self.conditional(&word, &tokens[1..], line)]
                }
                _ => self.block().0,
            },
            Close::End | Close::File => Vec::new(),
        };
        self.depth -= 1;
        match keyword {
            "if" => Node::If(condition, then, otherwise),
            "with" => Node::With(condition, then, otherwise),
            _ => Node::Range(condition, then, otherwise),
        }
    }
}

fn pipeline(tokens: &[Token], line: usize) -> Pipeline {
    let mut result = Pipeline {
        line,
        ..Pipeline::default()
    };
    let mut rest = tokens;
    if let Some(at) = tokens
        .iter()
        .position(|token| matches!(token, Token::Declare | Token::Assign))
    {
        let is_list = tokens[..at]
            .iter()
            .all(|token| matches!(token, Token::Variable(..) | Token::Comma));
        if is_list {
            result.declares = tokens[at] == Token::Declare;
            result.variables = tokens[..at]
                .iter()
                .filter_map(|token| match token {
                    Token::Variable(name, _) => Some(name.clone()),
                    _ => None,
                })
                .collect();
            rest = &tokens[at + 1..];
        }
    }
    let mut at = 0;
    result.commands = commands(rest, &mut at, line, 0);
    result
}

/// Commands up to the closing parenthesis or the end; `at` ends on the parenthesis.
fn commands(tokens: &[Token], at: &mut usize, line: usize, depth: usize) -> Vec<Vec<Operand>> {
    let mut commands = vec![Vec::new()];
    while let Some(token) = tokens.get(*at) {
        let operand = match token {
            Token::Close(_) => break,
            Token::Pipe => {
                commands.push(Vec::new());
                *at += 1;
                continue;
            }
            Token::Open if depth >= DEEPEST => Operand::Literal,
            Token::Open => {
                *at += 1;
                let group = Pipeline {
                    commands: self::commands(tokens, at, line, depth + 1),
                    line,
                    ..Pipeline::default()
                };
                let fields = match tokens.get(*at) {
                    Some(Token::Close(fields)) => fields.clone(),
                    _ => Vec::new(),
                };
                Operand::Group(Box::new(group), fields)
            }
            Token::Field(fields) => Operand::Field(fields.clone()),
            Token::Variable(name, fields) => Operand::Variable(name.clone(), fields.clone()),
            Token::Text(text) => Operand::Text(text.clone()),
            Token::Number(number) => Operand::Number(*number),
            Token::Word(name) => Operand::Function(name.clone()),
            Token::Literal | Token::Declare | Token::Assign | Token::Comma => Operand::Literal,
        };
        if let Some(command) = commands.last_mut() {
            command.push(operand);
        }
        *at += 1;
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::{Node, parse};

    #[test]
    fn else_if_chains_close_with_one_end() {
        let file = parse("{{ if .a }}1{{ else if .b }}2{{ else }}3{{ end }}4");
        assert_eq!(file.body.len(), 2, "{:?}", file.body);
        let Node::If(_, then, otherwise) = &file.body[0] else {
            panic!("{:?}", file.body)
        };
        assert_eq!(then, &[Node::Text("1".into())]);
        let Node::If(_, second, last) = &otherwise[0] else {
            panic!("{otherwise:?}")
        };
        assert_eq!(
            (second.as_slice(), last.as_slice()),
            (
                [Node::Text("2".into())].as_slice(),
                [Node::Text("3".into())].as_slice()
            )
        );
    }

    #[test]
    fn definitions_are_no_part_of_the_body() {
        let file = parse(r#"{{ define "x" }}a{{ end }}b"#);
        assert_eq!(file.body, [Node::Text("b".into())]);
        assert_eq!(file.definitions["x"], [Node::Text("a".into())]);
    }

    #[test]
    fn an_end_too_much_does_not_hide_what_follows() {
        assert_eq!(parse("a{{ end }}b").body.len(), 2);
    }

    #[test]
    fn parentheses_nest() {
        let file = parse("{{ default (printf \"%s\" (.a)).b $x | quote }}");
        let Node::Action(pipeline) = &file.body[0] else {
            panic!("{:?}", file.body)
        };
        assert_eq!(pipeline.commands.len(), 2);
        assert_eq!(pipeline.commands[0].len(), 3);
    }
}
