//! One GET over a connection of its own, in clear text or over TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

/// How long a transfer may take unless `--max-time` says so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Exit codes of the real curl.
const UNRESOLVED: u8 = 6;
const NOT_CONNECTED: u8 = 7;
const TIMED_OUT: u8 = 28;
const NO_TLS: u8 = 35;
const NO_ANSWER: u8 = 52;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Out of time, or else `code`.
    fn of(error: &io::Error, code: u8) -> Self {
        let late = matches!(
            error.kind(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
        );
        Self::new(if late { TIMED_OUT } else { code }, error.to_string())
    }
}

/// Where to ask.
#[derive(Debug)]
pub(super) struct Url {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    /// Reads an address, or says that it is not played.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("URL `{text}`");
        let (scheme, rest) = text.split_once("://").ok_or_else(unknown)?;
        let (tls, standard_port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return Err(unknown()),
        };
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| unknown())?),
            None => (authority, standard_port),
        };
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }
}

/// One GET; gives status and body.
pub(super) fn transfer(url: &Url, longest: Option<Duration>) -> Result<(u16, String), Failure> {
    let Url {
        host, port, path, ..
    } = url;
    let patience = longest.unwrap_or(PATIENCE);
    let deadline = Instant::now() + patience;
    let stream = crate::resolver::connect_blocking(host, *port, patience).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return Failure::new(
                UNRESOLVED,
                format!("Could not resolve host: {host}: {error}"),
            );
        }
        let failure = Failure::of(&error, NOT_CONNECTED);
        Failure::new(
            failure.code,
            format!("Failed to connect to {host} port {port}: {error}"),
        )
    })?;
    let stream = Timed { stream, deadline };
    if !url.tls {
        return ask(stream, host, path).map_err(|error| Failure::of(&error, NO_ANSWER));
    }
    let stream = encrypt(stream, host).map_err(|error| Failure::of(&error, NO_TLS))?;
    ask(stream, host, path).map_err(|error| {
        let is_tls = error.kind() == io::ErrorKind::InvalidData;
        Failure::of(&error, if is_tls { NO_TLS } else { NO_ANSWER })
    })
}

/// One GET in clear text to an address that is known; gives status and body.
pub(crate) fn get(address: SocketAddr, host: &str, path: &str) -> io::Result<(u16, String)> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    let deadline = Instant::now() + PATIENCE;
    ask(Timed { stream, deadline }, host, path)
}

fn encrypt(stream: Timed, host: &str) -> io::Result<StreamOwned<ClientConnection, Timed>> {
    let configuration = crate::tls::any_certificate(Arc::new(ring::default_provider()))?;
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(configuration, name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

fn ask(mut stream: impl Read + Write, host: &str, path: &str) -> io::Result<(u16, String)> {
    // In one piece: a server that answers to the first would reset the connection at the rest.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        // Not every server says goodbye over TLS.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !bytes.is_empty() => {}
        other => {
            other?;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let invalid = || io::Error::other("no HTTP answer");
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(invalid)?;
    let (_, body) = text.split_once("\r\n\r\n").ok_or_else(invalid)?;
    Ok((status, body.to_owned()))
}

/// A connection that fails when its time is up.
#[derive(Debug)]
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(Some(left))
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
