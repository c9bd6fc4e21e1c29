//! A flag for each question: they are data, so the flags are made when the program starts.

use std::sync::OnceLock;

use am_choosing::{Answers, Choices, Question, Rules};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

/// What was said by flags: ids of questions, and words that each takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(Vec<(String, String)>);

impl Flags {
    pub(super) fn are_given(&self) -> bool {
        !self.0.is_empty()
    }

    /// As answers to the questions of the workspace that is read.
    pub(super) fn answers(&self, rules: &Rules) -> Result<Answers, String> {
        let mut answers = Answers::default();
        for (id, word) in &self.0 {
            let question = rules
                .question(id)
                .ok_or_else(|| format!("the workspace has no question `{id}`"))?;
            let answer = question.parse(word).map_err(|(message, hint)| {
                let hint = hint.map_or_else(String::new, |it| format!("; {it}"));
                format!("--{} {word}: {message}{hint}", question.flag())
            })?;
            answers.set(question, answer);
        }
        Ok(answers)
    }
}

/// The questions of this program, each with its flag. What is wrong with them is told when they are read.
fn questions() -> &'static [(Question, String)] {
    static QUESTIONS: OnceLock<Vec<(Question, String)>> = OnceLock::new();
    QUESTIONS.get_or_init(|| {
        let rules = Rules::held();
        let questions = rules.iter().flat_map(Rules::questions);
        questions.map(|it| (it.clone(), it.flag())).collect()
    })
}

fn flag((question, name): &'static (Question, String)) -> Arg {
    let help = match &question.help {
        Some(help) if question.text.ends_with('?') => format!("{} {help}", question.text),
        Some(help) => format!("{}. {help}", question.text),
        None => question.text.clone(),
    };
    let arg = Arg::new(question.id())
        .long(name.as_str())
        .help(format!("{help} [default: {}]", question.default()))
        .help_heading("Answers");
    match question.choices() {
        Choices::YesOrNo => arg
            .value_name("BOOL")
            .value_parser(["true", "false"])
            .num_args(0..=1)
            .default_missing_value("true"),
        Choices::Number(..) => arg
            .value_name("NUMBER")
            .allow_negative_numbers(true)
            .value_parser(value_parser!(String)),
        Choices::OneOf(choices) => {
            let names = choices.into_iter().map(|(name, _)| name);
            arg.value_name("WORD")
                .value_parser(PossibleValuesParser::new(names))
        }
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(questions().iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for (question, _) in questions() {
            if let Ok(Some(word)) = matches.try_get_one::<String>(question.id()) {
                self.0.push((question.id().to_owned(), word.clone()));
            }
        }
        Ok(())
    }
}
