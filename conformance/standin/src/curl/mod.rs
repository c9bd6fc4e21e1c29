//! `curl`, as far as Helm tests and probes need it: one GET, tried again until it works or the time is up. Redirects are
//! not followed, and every certificate is taken, as with `--insecure`.

mod options;
mod transfer;

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::applet::UNSUPPORTED;
use options::{Options, Sent};
use transfer::{Failure, Url, transfer};

/// Exit code of the real curl for an HTTP error with `--fail`.
const HTTP_ERROR: u8 = 22;
/// Exit code of the real curl when the answer cannot be written.
const NOT_WRITTEN: u8 = 23;

/// Plays `curl [OPTION]… URL`.
pub(crate) fn main(arguments: &[String]) -> u8 {
    let request = Options::parse(arguments)
        .and_then(|options| Url::parse(&options.url).map(|url| (options, url)));
    let (options, url) = match request {
        Ok(request) => request,
        Err(what) => {
            eprintln!("stand-in curl: unsupported {what}");
            return UNSUPPORTED;
        }
    };
    let start = Instant::now();
    let mut left = options.retries;
    loop {
        let outcome = answer(&options, &url);
        let in_time = options
            .retry_time
            .is_none_or(|longest| start.elapsed() < longest);
        if outcome.is_ok() || left == 0 || !in_time {
            return end(&options, outcome);
        }
        left -= 1;
        std::thread::sleep(options.retry_delay);
    }
}

/// One GET; gives the body, whatever the status.
pub(crate) fn get(url: &str) -> Result<String, String> {
    let url = Url::parse(url)?;
    transfer(&url, None, &Sent::default())
        .map(|(_, body)| body)
        .map_err(|failure| failure.message)
}

/// The status of one GET that may take so long.
pub(crate) fn status(url: &str, longest: Duration) -> Result<u16, String> {
    let url = Url::parse(url)?;
    transfer(&url, Some(longest), &Sent::default())
        .map(|(status, _)| status)
        .map_err(|failure| failure.message)
}

/// Status and body; an HTTP error is a failure if `--fail` says so.
fn answer(options: &Options, url: &Url) -> Result<(u16, String), (u16, Failure)> {
    let (status, body) =
        transfer(url, options.longest, &options.sent).map_err(|failure| (0, failure))?;
    if options.fail && status >= 400 {
        let message = format!("The requested URL returned error: {status}");
        return Err((status, Failure::new(HTTP_ERROR, message)));
    }
    Ok((status, body))
}

/// Writes what was asked for and gives the exit code.
fn end(options: &Options, outcome: Result<(u16, String), (u16, Failure)>) -> u8 {
    let outcome = outcome.and_then(|(status, body)| {
        write_body(options, &body)
            .map(|()| status)
            .map_err(|error| (status, Failure::new(NOT_WRITTEN, error.to_string())))
    });
    let (status, code) = match outcome {
        Ok(status) => (status, 0),
        Err((status, failure)) => {
            if options.tells_errors {
                eprintln!("curl: ({}) {}", failure.code, failure.message);
            }
            (status, failure.code)
        }
    };
    if let Some(format) = &options.write_out {
        print!(
            "{}",
            format.replace("%{http_code}", &format!("{status:03}"))
        );
    }
    code
}

fn write_body(options: &Options, body: &str) -> std::io::Result<()> {
    match &options.output {
        Some(path) => std::fs::write(path, body),
        None => std::io::stdout().write_all(body.as_bytes()),
    }
}
