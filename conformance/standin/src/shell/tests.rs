use std::collections::BTreeMap;
use std::path::Path;

use super::interpreter::{Output, Shell};
use super::{Options, ShellError, UNSUPPORTED, parser};

/// Runs a script and gives its exit status and standard output.
fn run(script: &str) -> (u8, String) {
    run_with(script, &[], &["sh", "first", "second word"])
}

fn run_with(script: &str, variables: &[(&str, &str)], positional: &[&str]) -> (u8, String) {
    let list = parser::parse(script).expect("a script that is understood");
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let positional = positional
        .iter()
        .map(|&argument| argument.to_owned())
        .collect();
    let mut shell = Shell::new(
        variables,
        positional,
        Options::default(),
        Output::Captured(Vec::new()),
    );
    let status = shell.run(&list);
    let Output::Captured(bytes) = shell.output else {
        panic!("the output was not captured")
    };
    (status, String::from_utf8(bytes).expect("text"))
}

fn refusal(script: &str) -> ShellError {
    parser::parse(script).expect_err("a script that is refused")
}

#[test]
fn and_or_lists_run_from_left_to_right() {
    assert_eq!(
        run("true && echo a || echo b; false && echo c || echo d"),
        (0, "a\nd\n".to_owned())
    );
    assert_eq!(run("! false && echo e").1, "e\n");
    assert_eq!(run("false"), (1, String::new()));
}

#[test]
fn quotes_keep_words_together_and_variables_are_split() {
    let variables = [("LIST", "one two"), ("EMPTY", "")];
    let words = |script| run_with(script, &variables, &["sh"]).1;
    assert_eq!(
        words(r#"for x in $LIST "$LIST" '$LIST'; do echo "<$x>"; done"#),
        "<one>\n<two>\n<one two>\n<$LIST>\n"
    );
    assert_eq!(
        words(r#"for x in $EMPTY "$EMPTY"; do echo "<$x>"; done"#),
        "<>\n"
    );
    assert_eq!(
        words(r#"echo "${MISSING:-a $LIST}" ${LIST}s a\ b"#),
        "a one two one twos a b\n"
    );
}

#[test]
fn positional_parameters_keep_their_words() {
    assert_eq!(
        run(r#"for x in "$@"; do echo "<$x>"; done; echo $# $1"#).1,
        "<first>\n<second word>\n2 first\n"
    );
}

#[test]
fn conditions_and_loops_work() {
    let script = "i=0\nwhile [ $i -lt 3 ]; do i=$((i + 1)); if [ $i -eq 2 ]; then continue; fi; echo $i; done";
    assert_eq!(run(script).1, "1\n3\n");
    assert_eq!(run("until [ -n \"$x\" ]; do x=1; done; echo $x").1, "1\n");
    assert_eq!(
        run("if test -d /; then echo yes; elif true; then echo no; else echo never; fi").1,
        "yes\n"
    );
    assert_eq!(
        run("if [ ! -e / ]; then echo yes; else echo no; fi").1,
        "no\n"
    );
}

#[test]
fn arithmetic_has_the_usual_precedence() {
    assert_eq!(
        run("a=4; echo $((2 + 3 * a - 10 / 5)) $((missing + 1))").1,
        "12 1\n"
    );
}

#[test]
fn command_substitution_takes_the_output_without_the_last_line_end() {
    assert_eq!(
        run(r#"x=$(echo "a b"; echo ")"); echo "$x!""#).1,
        "a b\n)!\n"
    );
}

#[test]
fn exit_ends_the_script_with_its_status() {
    assert_eq!(run("echo a; exit 7; echo b"), (7, "a\n".to_owned()));
    assert_eq!(run("(exit 3); echo $?").1, "3\n");
}

#[test]
fn errexit_stops_at_the_first_failure_that_no_condition_looks_at() {
    assert_eq!(
        run("set -e; false || echo a; if false; then echo b; fi; ! true; false; echo c"),
        (1, "a\n".to_owned())
    );
}

#[test]
fn output_can_be_thrown_away() {
    assert_eq!(
        run("echo a > /dev/null; echo b 2>/dev/null; { echo c; } >/dev/null 2>&1; echo d").1,
        "b\nd\n"
    );
}

#[test]
fn a_tcp_redirection_tells_whether_somebody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let script = format!("(echo > /dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo open");
    assert_eq!(run(&script).1, "open\n");
    drop(listener);
    assert_eq!(run(&script), (1, String::new()));
}

#[test]
fn files_are_copied_as_cp_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().to_str().expect("a name");
    let script = format!(
        "mkdir -p {root}/a/b {root}/target && touch {root}/a/one.jar && cp -R {root}/a/* {root}/target && \
         cp -n {root}/a/one.jar {root}/target/one.jar && ls {root}/target && echo {root}/a/*.jar {root}/*.none"
    );
    let expected = format!("b\none.jar\n{root}/a/one.jar {root}/*.none\n");
    assert_eq!(run(&script), (0, expected));
    assert!(Path::new(root).join("target/b").is_dir());
}

#[test]
fn an_unsupported_command_stops_the_script() {
    assert_eq!(
        run("echo a; curl http://localhost || true; echo b"),
        (UNSUPPORTED, "a\n".to_owned())
    );
    assert_eq!(run("cp -Z a b; echo c"), (UNSUPPORTED, String::new()));
    assert_eq!(run("[ a -nt b ] || echo c"), (UNSUPPORTED, String::new()));
}

#[test]
fn a_missing_binary_is_not_found_and_the_script_goes_on() {
    assert_eq!(
        run("/no/such/binary.sh stop 2>/dev/null; echo $?").1,
        "127\n"
    );
}

#[test]
fn unsupported_syntax_is_refused_before_anything_runs() {
    for script in [
        "echo a | cat",
        "sleep 1 &",
        "case x in esac",
        "f() { true; }",
        "cat <<E\nE",
        "[[ a = b ]]",
        "echo `a`",
        "echo ${a%b}",
    ] {
        assert!(
            matches!(refusal(script), ShellError::Unsupported(_)),
            "{script}"
        );
    }
    for script in [
        "if true; then",
        "echo 'a",
        "for in a; do true; done",
        "&& true",
        "if ; then true; fi",
    ] {
        assert!(matches!(refusal(script), ShellError::Syntax(_)), "{script}");
    }
}
