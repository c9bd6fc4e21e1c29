//! Programs that tests make can be run at once, whatever other tests do.
#![cfg(unix)]

use std::process::Command;
use std::thread;

#[test]
fn scripts_run_while_other_threads_make_and_run_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    thread::scope(|threads| {
        for thread in 0..8 {
            let folder = folder.path();
            threads.spawn(move || {
                for round in 0..50 {
                    let name = format!("{thread}-{round}");
                    let program = am_testing::script(folder, &name, &format!("echo {name}"));
                    let output = Command::new(program).output().expect("runs");
                    assert_eq!(output.stdout, format!("{name}\n").as_bytes());
                }
            });
        }
    });
}
