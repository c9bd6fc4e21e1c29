//! The syntax tree of the part of the POSIX shell language that charts use.

/// Commands run one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct List(pub(crate) Vec<AndOr>);

/// `first && second || third …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AndOr {
    pub(crate) first: Step,
    pub(crate) rest: Vec<(Connector, Step)>,
}

/// What decides whether the next command of an and-or list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A command, its result possibly turned round by `!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) negated: bool,
    pub(crate) command: Command,
    pub(crate) redirections: Vec<Redirection>,
}

/// A simple or compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Simple {
        assignments: Vec<(String, Word)>,
        words: Vec<Word>,
    },
    If {
        branches: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    Loop {
        until: bool,
        condition: List,
        body: List,
    },
    For {
        variable: String,
        words: Vec<Word>,
        body: List,
    },
    Group(List),
    Subshell(List),
}

/// A change of where a command reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirection {
    /// The file descriptor that changes: 0, 1 or 2.
    pub(crate) descriptor: u8,
    pub(crate) target: Target,
}

/// Where a redirection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `>&2`, `2>&1`
    Descriptor(u8),
    /// `>/dev/null`, `</dev/tcp/host/port`
    Path(Word),
}

/// A word before expansion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Word(pub(crate) Vec<Fragment>);

/// A piece of a word. Quoted pieces are neither split nor matched against file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) quoted: bool,
    pub(crate) content: Content,
}

/// What a piece of a word stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    /// `$NAME`, `${NAME}`, `${NAME:-default}`
    Parameter {
        name: String,
        default: Option<Word>,
    },
    /// `$(commands)`
    Substitution(List),
    /// `$((expression))`
    Arithmetic(String),
}

impl Word {
    /// The text of a word without any expansion or quoting, which is how reserved words and names are recognised.
    pub(crate) fn bare(&self) -> Option<&str> {
        match self.0.as_slice() {
            [
                Fragment {
                    quoted: false,
                    content: Content::Text(text),
                },
            ] => Some(text),
            _ => None,
        }
    }

    /// Whether the output of a command becomes part of the word.
    pub(crate) fn has_substitution(&self) -> bool {
        self.0
            .iter()
            .any(|fragment| matches!(fragment.content, Content::Substitution(_)))
    }
}
