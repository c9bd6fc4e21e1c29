//! `watch URL…`: a client that asks every address again and again until its standard input ends, and then tells what it was answered.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::observations::now_ms;

/// Between two requests to the same address.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Failures that are told of one address.
const TOLD: usize = 5;

/// What came of the requests to one address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The address.
    pub url: String,
    /// How many requests were answered, and not by a gateway that found nobody.
    pub answered: usize,
    /// How many were not.
    pub failed: usize,
    /// The first of those: the time in milliseconds since 1970, and why.
    pub failures: Vec<(u64, String)>,
}

pub(crate) fn main(urls: &[String]) -> u8 {
    let ended = AtomicBool::new(false);
    let watched: Vec<Watched> = std::thread::scope(|scope| {
        let clients: Vec<_> = urls
            .iter()
            .map(|url| scope.spawn(|| watch(url, &ended)))
            .collect();
        // Whatever is written there is no matter; its end is.
        let _read = std::io::stdin().read_to_end(&mut Vec::new());
        ended.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .filter_map(|client| client.join().ok())
            .collect()
    });
    match serde_json::to_string(&watched) {
        Ok(text) => {
            println!("{text}");
            0
        }
        Err(error) => {
            eprintln!("watch: {error}");
            1
        }
    }
}

fn watch(url: &str, ended: &AtomicBool) -> Watched {
    let mut watched = Watched {
        url: url.to_owned(),
        ..Watched::default()
    };
    while !ended.load(Ordering::Relaxed) {
        let failure = match crate::curl::status(url, PATIENCE) {
            Ok(status) if status < 500 => None,
            Ok(status) => Some(format!("status {status}")),
            Err(reason) => Some(reason),
        };
        match failure {
            None => watched.answered += 1,
            Some(reason) => {
                watched.failed += 1;
                if watched.failures.len() < TOLD {
                    watched.failures.push((now_ms(), reason));
                }
            }
        }
        std::thread::sleep(INTERVAL);
    }
    watched
}
