//! A server's side of its shared database.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::records::{Answer, Question, Request};
use super::shared::Database;
use super::store::Asker;
use crate::dial::{Target, dial};
use crate::edge::Edge;
use crate::node::Node;
use crate::protocol::{Frame, Framed, Stream};

/// How long the server may take to greet, and to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a starting server tries to reach its database; one that is installed at the same time needs a while.
const START_PATIENCE: Duration = Duration::from_secs(150);
const START_INTERVAL: Duration = Duration::from_millis(250);

/// What a start on the shared database comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FirstStart {
    /// The server goes on.
    GoesOn,
    /// Another server fills the empty database at the same time.
    Clash(String),
}

/// Looks at the start whether the database is filled.
pub(crate) async fn start(node: &Node) -> FirstStart {
    let start = Instant::now();
    loop {
        match ask(node, Request::Start).await {
            Ok(Some(Answer::Clash { with })) => return FirstStart::Clash(with),
            Ok(Some(Answer::Initialise)) => {
                fill(node).await;
                return FirstStart::GoesOn;
            }
            Ok(_) => return FirstStart::GoesOn,
            Err(reason) if start.elapsed() > START_PATIENCE => {
                node.warn(format!("the shared database cannot be reached: {reason}"));
                return FirstStart::GoesOn;
            }
            Err(_) => sleep(START_INTERVAL).await,
        }
    }
}

/// Fills the empty database until another server runs into it, or as long as the settings say.
async fn fill(node: &Node) {
    let start = Instant::now();
    while start.elapsed() < node.settings.longest_fill {
        if let Ok(Some(Answer::Clash { .. })) = ask(node, Request::Filling).await {
            return;
        }
        sleep(START_INTERVAL).await;
    }
}

/// Asks; nothing is answered when no stand-in plays this database.
pub(crate) async fn ask(node: &Node, request: Request) -> Result<Option<Answer>, String> {
    match &node.database {
        Database::Unknown => Ok(None),
        Database::Embedded { databases, name } => {
            let asker = Asker {
                connection: 0,
                pod: node.identity.pod.clone(),
            };
            let question = Question {
                database: name.clone(),
                request,
            };
            let mut databases = databases.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(Some(databases.answer(&asker, question)))
        }
        Database::Remote {
            edge,
            name,
            connection,
        } => {
            let question = Question {
                database: name.clone(),
                request,
            };
            let mut connection = connection.lock().await;
            // A connection may have ended since it was used last; a new one tells for sure.
            if let Some(open) = connection.as_mut()
                && let Ok(answer) = exchange(open, question.clone()).await
            {
                return Ok(Some(answer));
            }
            *connection = None;
            let Some(mut open) = connect(node, edge).await? else {
                return Ok(None);
            };
            let answer = exchange(&mut open, question).await?;
            *connection = Some(open);
            Ok(Some(answer))
        }
    }
}

/// Connects; a real database takes the connection and does not greet.
async fn connect(node: &Node, edge: &Edge) -> Result<Option<Framed<Box<dyn Stream>>>, String> {
    let stream = dial(node, &Target::from(edge))
        .await
        .map_err(|error| error.to_string())?;
    let mut framed = Framed::new(stream);
    let Ok(Ok(Some(Frame::Hello { .. }))) = timeout(PATIENCE, framed.receive()).await else {
        return Ok(None);
    };
    let hello = Frame::Hello {
        identity: node.identity.clone(),
        port: "database".to_owned(),
    };
    framed
        .send(&hello)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Some(framed))
}

async fn exchange(
    connection: &mut Framed<Box<dyn Stream>>,
    question: Question,
) -> Result<Answer, String> {
    connection
        .send(&Frame::Ask { question })
        .await
        .map_err(|error| error.to_string())?;
    match timeout(PATIENCE, connection.receive()).await {
        Ok(Ok(Some(Frame::Answer { answer }))) => Ok(answer),
        Ok(Ok(_)) => Err("the database closed the connection".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the database does not answer".to_owned()),
    }
}
