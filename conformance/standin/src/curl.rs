//! `curl`, as far as Helm tests need it: one GET in clear text, tried again until it works or the time is up.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::shell::UNSUPPORTED;

/// How long a connection and an answer may take, each.
const PATIENCE: Duration = Duration::from_secs(10);

/// Exit codes of the real curl.
const UNRESOLVED: u8 = 6;
const NOT_CONNECTED: u8 = 7;
const HTTP_ERROR: u8 = 22;

/// What the options ask for.
#[derive(Default)]
struct Request {
    fail: bool,
    retries: u64,
    delay: Duration,
    longest: Option<Duration>,
    url: String,
}

/// Plays `curl [OPTION]… http://…`.
pub(crate) fn main(arguments: &[String]) -> u8 {
    let request = match parse(arguments) {
        Ok(request) => request,
        Err(what) => {
            eprintln!("stand-in curl: unsupported {what}");
            return UNSUPPORTED;
        }
    };
    let Some((host, port, path)) = split(&request.url) else {
        eprintln!("stand-in curl: unsupported URL {}", request.url);
        return UNSUPPORTED;
    };
    let start = Instant::now();
    let mut left = request.retries;
    loop {
        let status = once(host, port, path, request.fail);
        let in_time = request
            .longest
            .is_none_or(|longest| start.elapsed() < longest);
        if status == 0 || left == 0 || !in_time {
            return status;
        }
        left -= 1;
        std::thread::sleep(request.delay);
    }
}

fn parse(arguments: &[String]) -> Result<Request, String> {
    let mut request = Request {
        delay: Duration::from_secs(1),
        ..Request::default()
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            arguments
                .next()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| format!("value of {argument}"))
        };
        match argument.as_str() {
            "-s"
            | "--silent"
            | "-S"
            | "--show-error"
            | "--retry-all-errors"
            | "--retry-connrefused" => {}
            "-f" | "--fail" => request.fail = true,
            "--retry" => request.retries = number()?,
            "--retry-delay" => request.delay = Duration::from_secs(number()?),
            "--retry-max-time" => request.longest = Some(Duration::from_secs(number()?)),
            option if option.starts_with('-') => return Err(format!("option {option}")),
            url => url.clone_into(&mut request.url),
        }
    }
    Ok(request)
}

fn split(url: &str) -> Option<(&str, u16, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?, path)),
        None => Some((authority, 80, path)),
    }
}

fn once(host: &str, port: u16, path: &str, fail: bool) -> u8 {
    let addresses = match crate::resolver::resolve_blocking(host) {
        Ok(addresses) => addresses,
        Err(error) => {
            eprintln!("curl: (6) Could not resolve host: {host}: {error}");
            return UNRESOLVED;
        }
    };
    let mut last = None;
    for ip in addresses {
        match get(SocketAddr::new(ip, port), host, path) {
            Ok((status, _)) if fail && status >= 400 => {
                eprintln!("curl: (22) The requested URL returned error: {status}");
                return HTTP_ERROR;
            }
            Ok((_, body)) => {
                println!("{body}");
                return 0;
            }
            Err(error) => last = Some(error),
        }
    }
    let reason = last.map_or_else(|| "no address".to_owned(), |error| error.to_string());
    eprintln!("curl: (7) Failed to connect to {host} port {port}: {reason}");
    NOT_CONNECTED
}

/// One GET over a connection of its own; gives status and body.
pub(crate) fn get(address: SocketAddr, host: &str, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(invalid)?;
    let (_, body) = text.split_once("\r\n\r\n").ok_or_else(invalid)?;
    Ok((status, body.to_owned()))
}
