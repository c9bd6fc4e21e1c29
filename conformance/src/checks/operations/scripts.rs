//! What commands and scripts run, as far as their words tell.

use am_product::Image;

/// Something that a command runs, by its absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// A program, which needs the right to be run.
    Program(String),
    /// A script that a shell reads.
    Script(String),
}

/// What runs the program that is named after it.
const WRAPPERS: [&str; 9] = [
    "exec",
    "env",
    "nohup",
    "time",
    "timeout",
    "nice",
    "sudo",
    "tini",
    "dumb-init",
];

/// Words of the shell before a command.
const KEYWORDS: [&str; 9] = [
    "if", "then", "else", "elif", "do", "while", "until", "!", "{",
];

/// What a command runs: its program, or what the script runs that it gives to a shell.
pub(super) fn run_by(words: &[&str]) -> Vec<Run> {
    match words {
        [shell, options, script, ..] if is_shell(shell) && is_script_option(options) => {
            let lines = script
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'));
            let commands = lines.flat_map(|line| line.split([';', '&', '|', '(', ')', '`']));
            let words = commands.map(|command| command.split_whitespace().collect::<Vec<_>>());
            words.filter_map(|words| run_by_words(&words)).collect()
        }
        _ => run_by_words(words).into_iter().collect(),
    }
}

fn is_script_option(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn is_shell(word: &str) -> bool {
    matches!(
        word.rsplit('/').next(),
        Some("sh" | "bash" | "ash" | "dash")
    )
}

fn run_by_words(words: &[&str]) -> Option<Run> {
    let mut words = words.iter().copied().peekable();
    let is_before =
        |word: &&str| KEYWORDS.contains(word) || word.contains('=') && !word.starts_with('/');
    while words.next_if(is_before).is_some() {}
    let mut program = words.next()?;
    while WRAPPERS.contains(&program.rsplit('/').next().unwrap_or(program)) {
        let is_option = |word: &&str| {
            word.starts_with('-')
                || word.contains('=')
                || word.starts_with(|first: char| first.is_ascii_digit())
        };
        while words.next_if(is_option).is_some() {}
        program = words.next()?;
    }
    if is_shell(program) || matches!(program, "." | "source") {
        let file = words.find(|word| !word.starts_with('-'))?;
        return path_of(file).map(Run::Script);
    }
    path_of(program).map(Run::Program)
}

/// The absolute path that a word of a command means.
fn path_of(word: &str) -> Option<String> {
    let image = Image::of_the_product();
    let mut path = word.replace(['"', '\''], "");
    for variable in &image.home_variables {
        path = path
            .replace(&format!("${{{variable}}}"), &image.home)
            .replace(&format!("${variable}/"), &format!("{}/", image.home));
    }
    (path.starts_with('/') && !path.contains('$')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::{Run, run_by};

    #[test]
    fn programs_are_told_from_scripts_that_a_shell_reads() {
        let runs = |words: &[&str]| -> Vec<String> {
            let name = |run: Run| match run {
                Run::Program(path) => path,
                Run::Script(path) => format!("script {path}"),
            };
            run_by(words).into_iter().map(name).collect()
        };
        assert_eq!(runs(&["/a/b.sh", "x"]), ["/a/b.sh"]);
        assert_eq!(runs(&["bash", "-x", "/a/b.sh"]), ["script /a/b.sh"]);
        assert_eq!(runs(&["timeout", "5", "/a/b.sh"]), ["/a/b.sh"]);
        assert_eq!(runs(&["curl", "/a/b.sh"]), [""; 0]);
        assert_eq!(
            runs(&[
                "sh",
                "-ec",
                "# /no\nsleep 10; A=1 /a && if ! \"${WORKING_DIRECTORY}/b.sh\"; then exec sh /c; fi | . /d\n"
            ]),
            ["/a", "/home/wso2carbon/b.sh", "script /c", "script /d"]
        );
    }
}
