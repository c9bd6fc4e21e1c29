//! Questions at a terminal: each with its factor and its default; an empty line takes it.

use std::io::{self, BufRead, Write as _};

use am_choosing::{Answers, Choices, Question, Rules, Scalar, recommend};

/// Asks what is asked beside the answers so far. Nothing, where the input ends before the last of them: whoever leaves wants no recommendation.
pub(super) fn all(rules: &Rules, input: impl BufRead) -> io::Result<Option<Answers>> {
    let mut answers = Answers::default();
    let mut lines = input.lines();
    let mut factor = "";
    for question in rules.questions() {
        if !recommend(rules, &answers).asks(question) {
            continue;
        }
        if let Some(of) = rules.factor(question).filter(|it| it.title != factor) {
            factor = &of.title;
            println!("\n{factor}: {}", of.asks);
        }
        loop {
            print!("{}", prompt(question));
            io::stdout().flush()?;
            let Some(line) = lines.next() else {
                println!();
                return Ok(None);
            };
            let line = line?;
            if line.trim().is_empty() {
                break;
            }
            match question.parse(&line) {
                Ok(answer) => {
                    answers.set(question, answer);
                    break;
                }
                Err((message, hint)) => {
                    println!(
                        "  {message}{}",
                        hint.map_or_else(String::new, |it| format!("; {it}"))
                    );
                }
            }
        }
    }
    println!();
    Ok(Some(answers))
}

fn prompt(question: &Question) -> String {
    let mut lines = vec![format!("  {}\n", question.text)];
    lines.extend(question.help.iter().map(|help| format!("    {help}\n")));
    if let Choices::OneOf(choices) = question.choices() {
        let choices = choices.into_iter();
        lines.extend(choices.map(|(name, meaning)| format!("    {name:<24} {meaning}\n")));
    }
    let default = match question.default() {
        Scalar::Is(true) => "yes".to_owned(),
        Scalar::Is(false) => "no".to_owned(),
        other => other.to_string(),
    };
    lines.push(format!("  [{default}] "));
    lines.concat()
}

#[cfg(test)]
mod tests {
    use am_choosing::{Rules, Scalar};

    use super::all;

    #[test]
    fn who_leaves_before_the_last_question_has_answered_nothing() {
        let rules = Rules::held().expect("the rules");
        for left in ["", "yes\n", "no\n300"] {
            let answers = all(&rules, left.as_bytes()).expect("read");
            assert!(answers.is_none(), "{left:?}");
        }
        let defaults = "\n".repeat(rules.questions().count());
        let answers = all(&rules, format!("no\n{defaults}").as_bytes()).expect("read");
        let answers = answers.expect("every question is answered");
        assert_eq!(answers.get("production"), Some(&Scalar::Is(false)));
        assert_eq!(answers.given().len(), 1);
    }
}
