//! What stand-ins say to each other: one JSON object a line over the JMS, thrift and database sockets.
//!
//! The product speaks AMQP, a binary protocol and H2's there. A stand-in keeps the order of what is said (who am I, who are
//! you, subscribe or publish, acknowledge) so that wrong peers are noticed, and keeps it readable.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, ReadHalf, WriteHalf,
};

use crate::database::{Answer, Question};
use crate::event::{Event, Topic};
use crate::identity::Identity;

/// Longest line that is read, in bytes; a real server's binary answer must not fill the memory.
const LONGEST_LINE: u64 = 1 << 20;

/// One line on such a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "kebab-case")]
pub enum Frame {
    /// The first line of both sides.
    Hello {
        /// Who speaks.
        identity: Identity,
        /// Name of the port that was reached, or what the client is there for.
        port: String,
    },
    /// Thrift over TLS: asks for a session.
    Authenticate,
    /// The session given by the authentication port; the receiver on the same node wants to see it.
    Session {
        /// Unguessable, valid as long as its node runs.
        session: String,
    },
    /// JMS: asks for the events of topics.
    Subscribe {
        /// Names of topics.
        topics: Vec<Topic>,
    },
    /// JMS: an event for the topic's subscribers. Thrift: an event for the receiver.
    Event {
        /// The event.
        event: Event,
    },
    /// The event with this id was taken over.
    Accepted {
        /// The event's id.
        id: String,
    },
    /// The other side goes on only after a change, such as a session from the right node.
    Refused {
        /// Why.
        reason: String,
    },
    /// Database: asks.
    Ask {
        /// For what.
        question: Question,
    },
    /// Database: answers.
    Answer {
        /// What.
        answer: Answer,
    },
    /// Shows a silent peer that the connection still stands.
    Alive,
}

/// A connection, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A socket over which frames go.
pub(crate) struct Framed<S> {
    reader: BufReader<ReadHalf<S>>,
    writer: WriteHalf<S>,
}

/// The sending half of a [`Framed`].
pub(crate) struct FrameWriter<S>(WriteHalf<S>);
/// The receiving half of a [`Framed`].
pub(crate) struct FrameReader<S>(BufReader<ReadHalf<S>>);

impl<S: AsyncRead + AsyncWrite> Framed<S> {
    pub(crate) fn new(stream: S) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader: BufReader::with_capacity(1024, reader),
            writer,
        }
    }

    pub(crate) async fn send(&mut self, frame: &Frame) -> io::Result<()> {
        send(&mut self.writer, frame).await
    }

    /// The next frame, `None` when the peer closed the connection.
    pub(crate) async fn receive(&mut self) -> io::Result<Option<Frame>> {
        receive(&mut self.reader).await
    }

    pub(crate) fn split(self) -> (FrameReader<S>, FrameWriter<S>) {
        (FrameReader(self.reader), FrameWriter(self.writer))
    }
}

impl<S: AsyncRead + AsyncWrite> FrameReader<S> {
    pub(crate) async fn receive(&mut self) -> io::Result<Option<Frame>> {
        receive(&mut self.0).await
    }
}

impl<S: AsyncRead + AsyncWrite> FrameWriter<S> {
    pub(crate) async fn send(&mut self, frame: &Frame) -> io::Result<()> {
        send(&mut self.0, frame).await
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> io::Result<()> {
    let mut line = serde_json::to_vec(frame)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.flush().await
}

async fn receive(reader: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> io::Result<Option<Frame>> {
    use tokio::io::AsyncReadExt as _;
    let mut line = Vec::new();
    reader
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .await?;
    if line.is_empty() {
        return Ok(None);
    }
    let frame = serde_json::from_slice(&line);
    frame
        .map(Some)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the peer is no stand-in"))
}
