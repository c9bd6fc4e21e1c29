//! The shell of the images, built from `tools/shell`, on scripts as charts have them.

#[allow(dead_code)]
mod support;

use std::net::TcpListener;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A folder of an image's commands, and where scripts run.
struct Image {
    commands: tempfile::TempDir,
    folder: tempfile::TempDir,
}

impl Image {
    fn new() -> Self {
        Self {
            commands: support::commands(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.commands.path().join("bash"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.commands.path())
            .env("POD_NAME", "apim-control-plane-1");
        command
    }

    fn run(&self, script: &str) -> Output {
        let output = self.command(&["-c", script]).output();
        output.expect("the shell runs")
    }

    /// Status and standard output.
    fn seen(&self, script: &str) -> (Option<i32>, String) {
        let output = self.run(script);
        let text = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), text)
    }

    fn status(&self, script: &str) -> Option<i32> {
        self.run(script).status.code()
    }

    fn has(&self, path: &str) -> bool {
        self.folder.path().join(path).exists()
    }
}

fn free_port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn a_command_that_the_image_lacks_ends_the_script_and_is_named() {
    let image = Image::new();
    for script in [
        "nosuch --option; touch after",
        "nosuch || true; touch after",
        "x=$(nosuch) || true; touch after",
        "(nosuch) || touch after",
        "if nosuch; then true; fi; touch after",
        "exec nosuch; touch after",
    ] {
        let output = image.run(script);
        assert_eq!(output.status.code(), Some(127), "{script}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            told.contains("unsupported command `nosuch`"),
            "{script}: {told}"
        );
        assert!(!image.has("after"), "{script}");
    }
    let output = image.run("umask 22 || true; touch after");
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`umask`"));
    assert!(!image.has("after"));
}

#[test]
fn a_process_is_asked_after_and_told_to_end() {
    let image = Image::new();
    let own = std::process::id();
    assert_eq!(image.status(&format!("kill -0 {own}")), Some(0));
    let waits = "while kill -0 4194305 2>/dev/null; do sleep 1; done; touch after";
    assert_eq!(image.status(waits), Some(0));
    assert!(image.has("after"));
    let mut sleeper = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .expect("a process");
    assert_eq!(image.status(&format!("kill {}", sleeper.id())), Some(0));
    let ended = sleeper.wait().expect("a status");
    assert!(!ended.success());
    assert_eq!(image.status("kill -USR1 1"), Some(127));
}

#[test]
fn what_a_volume_links_to_is_copied() {
    let image = Image::new();
    let volume = "mkdir -p from/a/..1 to; echo x > from/a/..1/one.car";
    assert_eq!(image.status(volume), Some(0));
    let root = image.folder.path();
    std::os::unix::fs::symlink("..1/one.car", root.join("from/a/one.car")).expect("a link");
    let copies = "cp -RL from/a/. to/ || exit 1; rm -rf to/..[!.]*; grep x to/one.car";
    assert_eq!(image.status(copies), Some(0));
    let copy = std::fs::symlink_metadata(root.join("to/one.car")).expect("a copy");
    assert!(copy.is_file() && !image.has("to/..1"));
}

#[test]
fn a_text_is_encoded_in_one_line() {
    let image = Image::new();
    let output = image.run("x=$(printf %s 'a:b\"c' | base64 --wrap=0); export x; echo $x");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "YTpiImM=");
}

#[test]
fn what_the_interpreter_lacks_is_refused_before_anything_runs() {
    let image = Image::new();
    for script in [
        "touch before; cat 5<file || true",
        "touch before; cat <>file",
        "touch before; SECONDS=0",
        "touch before; exec 3>&1",
        "touch before; f() { exec true; }; f",
    ] {
        assert_eq!(image.status(script), Some(127), "{script}");
        assert!(!image.has("before"), "{script}");
    }
    assert_eq!(image.status("touch before; if then"), Some(2));
    assert!(!image.has("before"));
}

#[test]
fn a_connection_tells_whether_somebody_listens() {
    let image = Image::new();
    let (listener, port) = free_port();
    for host in ["127.0.0.1", "localhost"] {
        let waits = format!(
            "timeout 2 bash -c 'exec 3<>/dev/tcp/{host}/{port}' && echo '{host}:{port} accepts connections'"
        );
        let accepted = (Some(0), format!("{host}:{port} accepts connections\n"));
        assert_eq!(image.seen(&waits), accepted);
    }
    drop(listener);
    let output = image.run(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}"));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("refused"));
    let script = format!("(echo > /dev/tcp/127.0.0.1/{port}) 2>/dev/null || echo closed");
    assert_eq!(image.seen(&script), (Some(0), "closed\n".to_owned()));
}

#[test]
fn timeout_stops_what_takes_too_long_with_all_that_it_started() {
    let image = Image::new();
    let start = Instant::now();
    assert_eq!(
        image.status("timeout 0.3 bash -c 'sleep 20; true'"),
        Some(124)
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(image.status("timeout 20 bash -c 'exit 3'"), Some(3));
    assert_eq!(image.status("timeout 20 nosuch"), Some(127));
}

#[test]
fn a_wait_with_a_bound_ends_by_the_clock() {
    let image = Image::new();
    let (listener, port) = free_port();
    drop(listener);
    let script = format!(
        r#"
        start=$SECONDS
        accepts() {{ timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }}
        while [ $((SECONDS - start)) -lt 2 ]; do
          for entry in 127.0.0.1:{port}; do
            if accepts "${{entry%:*}}" "${{entry##*:}}"; then echo "$entry accepts"; exit 0; fi
          done
          sleep 0.2
        done
        echo "not reached from ordinal ${{POD_NAME##*-}}"
        exit 1"#
    );
    let start = Instant::now();
    let expected = (Some(1), "not reached from ordinal 1\n".to_owned());
    assert_eq!(image.seen(&script), expected);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn grep_looks_for_established_connections() {
    let image = Image::new();
    let table = "  sl  local_address rem_address   st\n   0: 0100007F:2384 0100007F:A1B2 01 0\n   1: 00000000:1F90 00000000:0000 0A 0\n";
    std::fs::write(image.folder.path().join("tcp"), table).expect("a file");
    for (pattern, status) in [
        ("':2384 [0-9A-F]*:[0-9A-F]* 01 ' tcp", 0),
        ("':1F90 [0-9A-F]*:[0-9A-F]* 01 ' tcp", 1),
        (r"'^ *[0-9]\+: .*\(1F90\|2384\)' tcp", 0),
        ("-E ':(1F90|2384) .* 0A' tcp missing 2>/dev/null", 0),
        ("'a+' tcp", 1),
        ("x missing 2>/dev/null", 2),
    ] {
        let script = format!("grep -q {pattern}");
        assert_eq!(image.status(&script), Some(status), "{script}");
    }
    assert_eq!(
        image.status("grep -q 0A /proc/net/tcp /proc/net/tcp6; true"),
        Some(0)
    );
    assert_eq!(image.seen("grep -c 0 tcp").1, "2\n");
}

#[test]
fn files_are_made_moved_and_removed_and_failures_are_told() {
    let image = Image::new();
    let script = "mkdir -p a/b target && touch a/one.jar a/two.jar && cp -R a/* target && mv target/b c && \
                  rm -rf a nothing && ls target && echo target/*.jar none/*";
    let expected = "one.jar\ntwo.jar\ntarget/one.jar target/two.jar none/*\n";
    assert_eq!(image.seen(script), (Some(0), expected.to_owned()));
    assert!(image.has("c") && !image.has("a"));
    for script in [
        "cp missing c",
        "cp missing target/one.jar c",
        "mv missing c",
        "mkdir c",
        "mkdir -p target/one.jar/x",
        "rm missing",
        "rm c",
        "rm -rf target/one.jar/x",
        "cat missing",
        "touch missing/file",
    ] {
        assert_eq!(image.status(script), Some(1), "{script}");
    }
}

#[test]
fn exec_gives_the_process_to_the_program() {
    let image = Image::new();
    let child = image
        .command(&["-c", "exec bash -c 'echo $$' > pid; touch after"])
        .spawn();
    let mut child = child.expect("the shell runs");
    assert!(child.wait().expect("a status").success());
    let pid = std::fs::read_to_string(image.folder.path().join("pid")).expect("a number");
    assert_eq!(pid.trim(), child.id().to_string());
    assert!(!image.has("after"));
    // Beside the shell's own process, exec ends only the subshell.
    assert_eq!(image.seen("(exec true); echo after").1, "after\n");
}

#[test]
fn a_descriptor_can_be_opened_and_closed() {
    let image = Image::new();
    assert_eq!(image.status("exec 3<>made && exec 3>&-"), Some(0));
    assert!(image.has("made"));
    assert_eq!(image.status("exec 3<missing"), Some(1));
}

#[test]
fn options_and_arguments_are_a_real_shell_s() {
    let image = Image::new();
    let run = |arguments: &[&str]| {
        let output = image.command(arguments).output().expect("the shell runs");
        let text = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), text)
    };
    let named = run(&["-c", r#"echo "$0" "$#" "$2""#, "name", "a", "b c"]);
    assert_eq!(named, (Some(0), "name 2 b c\n".to_owned()));
    let strict = run(&["-euo", "pipefail", "-c", "echo a; false; echo b"]);
    assert_eq!(strict, (Some(1), "a\n".to_owned()));
    assert_eq!(run(&["-uc", "echo $nothing"]).0, Some(1));
    std::fs::write(image.folder.path().join("file.sh"), "echo \"$1\"; exit 7").expect("a file");
    assert_eq!(run(&["file.sh", "x"]), (Some(7), "x\n".to_owned()));
    assert_eq!(run(&["missing.sh"]).0, Some(127));
    assert_eq!(run(&[]).0, Some(127));
    assert_eq!(image.status("/no/such/binary.sh stop; exit 5"), Some(5));
    assert_eq!(run(&[support::BINARY]).0, Some(2));
}
