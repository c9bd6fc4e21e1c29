//! A node of a cluster goes: of servers of integrations one that is told to and one that dies, under load, and of a pair the active one.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use am_product::Capability;
use serde_json::Value;

use super::clusters::{Cluster, clusters_that};
use super::events::{agreed, judge_quiet, send};
use super::gateways;
use crate::error::LiveError;
use crate::integrators::api_of;
use crate::integrators::catalogue::back_ends;
use crate::integrators::load::{ENDS, Going, judge as judge_lost, lost, now_ms};
use crate::integrators::pair::{
    AFTER, KNOW_EACH_OTHER, POLL, Sent, TO_THE_ACTIVE, active, after_death, not_one,
};
use crate::machines::stage::Stage;
use crate::patience::Waiting;
use crate::record::Fault;

/// Its unit brings a node back.
const BACK: &str = "AM-OPS-001";
/// Requirements that only this phase judges.
pub(in crate::machines) const REQUIREMENTS: [&str; 2] = [ENDS, BACK];

/// Calls of one burst; each takes a little more than the stand-in's own time for it.
const CALLS: u32 = 250;
const BURSTS: u32 = 2;
/// When a node goes, after the first call.
const GOES: Duration = Duration::from_millis(1500);
/// A load balancer takes a node in when it was ready several times; a unit waits before it starts its server again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Events while the active node dies, and milliseconds between two.
const EVENTS: (u32, u64) = (100, 100);

/// The phase. One cluster of each kind shows it, both at once.
pub(in crate::machines) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    let first = |kind| clusters_that(&stage.site, kind).into_iter().next();
    let (called, pair) = (first(Capability::Integrates), first(Capability::Streams));
    let on: &Stage = stage;
    let calls = async {
        match &called {
            Some(cluster) => called_while(on, cluster).await.map(Some),
            None => Ok(None),
        }
    };
    let events = async {
        match &pair {
            Some(cluster) => sent_while(on, cluster).await.map(Some),
            None => Ok(None),
        }
    };
    let (calls, events) = tokio::try_join!(calls, events)?;
    if calls.is_none() {
        stage
            .record
            .not_applicable(ENDS, "no cluster runs integrations");
    }
    for gone in calls.into_iter().flatten() {
        if let Some(cluster) = &called {
            let (requirement, fault) =
                judge_lost(cluster.whose(), &gone.node, gone.going, &gone.lost);
            stage.judge(requirement, fault);
        }
        judge_back(stage, &gone.node, gone.is_back);
    }
    if let (Some(cluster), Some(ended)) = (&pair, events) {
        judge_events(stage, cluster, ended).await?;
    }
    Ok(true)
}

fn judge_back(stage: &mut Stage, node: &str, is_back: bool) {
    let fault = (!is_back).then(|| {
        let message = format!("the server of {node} does not come back after it was ended");
        Fault::new(message, "let the unit say `Restart=on-failure`")
    });
    stage.check(BACK, node, fault);
}

/// A node that went while its cluster was called.
struct Gone {
    node: String,
    going: Going,
    lost: Vec<(u64, String)>,
    is_back: bool,
}

/// The first node goes twice, each time when both are called.
async fn called_while(stage: &Stage, cluster: &Cluster) -> Result<Vec<Gone>, LiveError> {
    let mut all = Vec::new();
    let gateways = gateways::all(stage);
    let (Some(gateway), Some(node)) = (gateways.first(), cluster.hosts.first()) else {
        return Ok(all);
    };
    let api = api_of(&cluster.tenant);
    for going in [Going::Told, Going::Dead] {
        let mut waiting = Waiting::begin();
        while back_ends(&gateway.call(stage, &api, 4).await?) != cluster.own()
            && !waiting.is_over(PATIENCE)
        {
            tokio::time::sleep(POLL).await;
        }
        let before = started(stage, cluster, node).await?;
        let calls = async {
            let mut answers: Vec<Value> = Vec::new();
            // A unit first lets its node refuse new connections: one burst would be over before its server stops.
            for _ in 0..BURSTS {
                let answer = gateway.call(stage, &api, CALLS).await?;
                answers.extend(answer["answers"].as_array().cloned().unwrap_or_default());
            }
            Ok::<_, LiveError>(answers)
        };
        let goes = async {
            tokio::time::sleep(GOES).await;
            let gone = now_ms();
            end(stage, cluster, node, going).await?;
            Ok::<_, LiveError>(gone)
        };
        let (answers, gone) = tokio::try_join!(calls, goes)?;
        let mut lost = lost(&answers, gone);
        stage.say(&format!(
            "{} of {} calls are lost when {node} {}",
            lost.len(),
            answers.len(),
            going.name()
        ));
        if answers.is_empty() {
            lost.push((u64::MAX, format!("no answer of {}", gateway.host)));
        }
        if going == Going::Told {
            let start = format!("systemctl start am-{}", cluster.name);
            stage.lab.get(node)?.script(&start).run().await?;
        }
        let is_back = is_back(stage, cluster, node, before).await?;
        all.push(Gone {
            node: node.clone(),
            going,
            lost,
            is_back,
        });
    }
    Ok(all)
}

/// Ends the server of a node, with its unit or without.
async fn end(stage: &Stage, cluster: &Cluster, node: &str, going: Going) -> Result<(), LiveError> {
    let unit = format!("am-{}", cluster.name);
    let script = match going {
        Going::Told => format!("systemctl stop {unit}"),
        Going::Dead => format!(
            "main=$(systemctl show {unit} | sed -n s/^MainPID=//p); pkill -KILL --parent \"$main\""
        ),
    };
    stage.lab.get(node)?.script(&script).run().await?;
    Ok(())
}

/// When the server of a node started that is ready.
async fn started(stage: &Stage, cluster: &Cluster, node: &str) -> Result<Option<u64>, LiveError> {
    let nodes = cluster.collect(stage).await?;
    let mut own = nodes
        .iter()
        .filter(|it| it.pod == node && it.observations.ready);
    Ok(own.next().map(|it| it.observations.started_ms))
}

/// Waits until another process of a node is ready.
async fn is_back(
    stage: &Stage,
    cluster: &Cluster,
    node: &str,
    before: Option<u64>,
) -> Result<bool, LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let now = started(stage, cluster, node).await?;
        if now.is_some() && now != before {
            return Ok(true);
        }
        if waiting.is_over(PATIENCE) {
            return Ok(false);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What became of a pair whose active node died.
struct Ended {
    dead: Result<String, Box<Fault>>,
    sent: Sent,
    is_back: bool,
    /// Both were active at once.
    both: Option<Fault>,
    /// Who is active when the dead node is back.
    then: Result<String, Box<Fault>>,
}

/// The active node dies while events are sent.
async fn sent_while(stage: &Stage, cluster: &Cluster) -> Result<Ended, LiveError> {
    let nodes = cluster.collect(stage).await?;
    let active_now = active(&nodes);
    let Some(dead) = active_now
        .first()
        .filter(|_| active_now.len() == 1)
        .cloned()
    else {
        return Ok(Ended {
            dead: Err(Box::new(not_one(&nodes, &active_now))),
            sent: Sent::default(),
            is_back: true,
            both: None,
            then: Ok(String::new()),
        });
    };
    let before = started(stage, cluster, &dead).await?;
    let over = AtomicBool::new(false);
    let watch = async {
        let mut both = None;
        while !over.load(Ordering::Relaxed) {
            let nodes = cluster.collect(stage).await?;
            let active: BTreeSet<String> = active(&nodes);
            if active.len() > 1 {
                both.get_or_insert(not_one(&nodes, &active));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok::<_, LiveError>(both)
    };
    let dies = async {
        tokio::time::sleep(AFTER).await;
        end(stage, cluster, &dead, Going::Dead).await
    };
    let sends = async {
        let sent = send(stage, cluster, "second", EVENTS).await;
        over.store(true, Ordering::Relaxed);
        sent
    };
    let (sent, (), both) = tokio::try_join!(sends, dies, watch)?;
    let is_back = is_back(stage, cluster, &dead, before).await?;
    Ok(Ended {
        then: agreed(stage, cluster).await?,
        dead: Ok(dead),
        sent: sent.unwrap_or_default(),
        is_back,
        both,
    })
}

/// The other node took over, and the one that came back is passive.
async fn judge_events(stage: &mut Stage, cluster: &Cluster, ended: Ended) -> Result<(), LiveError> {
    let dead = match ended.dead {
        Ok(dead) => dead,
        Err(fault) => {
            stage.judge(KNOW_EACH_OTHER, Some(*fault));
            return Ok(());
        }
    };
    stage.judge(KNOW_EACH_OTHER, ended.both);
    let (text, fault) = after_death(&dead, &ended.sent);
    stage.say(&text);
    stage.judge(TO_THE_ACTIVE, fault);
    judge_back(stage, &dead, ended.is_back);
    match ended.then {
        Err(fault) => stage.judge(KNOW_EACH_OTHER, Some(*fault)),
        Ok(active) => {
            let fault = (active == dead).then(|| {
                let message = format!("{dead} is active again as soon as it is back");
                Fault::new(message, "let the nodes beat in one database, in one group")
            });
            stage.check(KNOW_EACH_OTHER, &dead, fault);
            judge_quiet(stage, cluster, &active, "third").await?;
        }
    }
    Ok(())
}
