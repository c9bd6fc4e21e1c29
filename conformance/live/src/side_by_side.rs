//! Stages of a run side by side, as many as the machine carries.

use std::cmp::Reverse;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::error::LiveError;
use crate::memory::side_by_side;
use crate::options::Options;
use crate::scenario::{Part, Stage};
use crate::session::Session;

/// A stage that was played, with its place in the order.
type Played = (usize, Stage);

/// Plays stages, each with its phases, and gives them back in order. The first error ends all.
pub(crate) async fn play_all(
    options: &Options,
    session: &Session,
    stages: Vec<Part>,
) -> Result<Vec<Stage>, LiveError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = side_by_side(options.jobs, stages.len(), session.available, processors)?;
    if jobs < stages.len() {
        session
            .lab
            .progress
            .say("cluster", &format!("{jobs} at a time"));
    }
    let turns = Arc::new(Semaphore::new(jobs));
    let mut tasks = tokio::task::JoinSet::new();
    // What takes longest would play alone in the end if it began last.
    let mut stages: Vec<_> = stages.into_iter().enumerate().collect();
    stages.sort_by_key(|(_, (stage, phases))| {
        let nodes = stage.main.nodes.values().sum::<usize>();
        Reverse((phases.len(), nodes))
    });
    let mut played = Vec::new();
    for (index, (mut stage, phases)) in stages {
        // Here, and not in the task: tasks begin in any order.
        let mut turn = pin!(Arc::clone(&turns).acquire_owned());
        let turn = loop {
            tokio::select! {
                turn = &mut turn => break turn,
                Some(ended) = tasks.join_next() => played.push(outcome(ended)?),
            }
        };
        tasks.spawn(async move {
            // Nobody closes the semaphore.
            let _turn = turn;
            let played = stage.play(&phases).await;
            let cleaned = stage.clean_up().await;
            played.and(cleaned).map(|()| (index, stage))
        });
    }
    while let Some(ended) = tasks.join_next().await {
        played.push(outcome(ended)?);
    }
    played.sort_by_key(|(index, _)| *index);
    Ok(played.into_iter().map(|(_, stage)| stage).collect())
}

/// What a task made of its stage.
fn outcome(ended: Result<Result<Played, LiveError>, JoinError>) -> Result<Played, LiveError> {
    ended.map_err(|error| {
        LiveError::unavailable(
            format!("a pattern broke off: {error}"),
            "report this as a bug",
        )
    })?
}
