//! What the site knows of the identity server: what the tree's command registered, and where that leads.

use std::time::Duration;

use am_product::Capability;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use super::server::{Server, USERNAME};
use crate::error::LiveError;
use crate::machines::lab::IDENTITY_SERVER as MACHINE;
use crate::machines::observe::{ask, collect};
use crate::machines::stage::Stage;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::registration::{
    COMPLETE, ITS_OWN, addresses, asks, differences, leads_elsewhere, registered,
};

const POLL: Duration = Duration::from_millis(300);
/// A server that is started again is ready within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Registers it, and judges what came of it.
pub(super) async fn judge(stage: &mut Stage, server: &Server) -> Result<(), LiveError> {
    let name = server.registration["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    forget(stage, &name).await?;
    if let Some(said) = server.register(stage).await? {
        let fault = Fault::new(
            format!("register.sh does not register {name}: {said}"),
            "let it send the registration to the Admin API, by the public name of the portals",
        );
        stage.check(COMPLETE, MACHINE, Some(fault));
        return Ok(());
    }
    let nodes = collect(stage).await?;
    let Some(registered) = registered(&nodes, &name) else {
        let fault = Fault::new(
            format!("no node with the portals knows {name}, though register.sh succeeded"),
            "let it send the registration to the Admin API",
        );
        stage.check(COMPLETE, MACHINE, Some(fault));
        return Ok(());
    };
    let differs = differences(&server.registration, &registered, USERNAME);
    let fault = (!differs.is_empty()).then(|| {
        Fault::new(
            format!(
                "what is registered differs from the registration in {}",
                differs.join(", ")
            ),
            "let register.sh send the registration with the account filled in",
        )
    });
    stage.check(COMPLETE, MACHINE, fault);
    let places = addresses(&registered);
    let mut all = true;
    for host in stage.site.hosts.clone() {
        for (part, port) in host.parts.iter().zip(OBSERVATIONS_PORT..) {
            let is_its = |node: &&crate::wiring::Observed| {
                node.pod == host.name && node.component == part.component
            };
            if !nodes.iter().find(is_its).is_some_and(asks) {
                continue;
            }
            for (place, url) in &places {
                let question = json!({ "url": url });
                let machine = stage.lab.get(&host.name)?;
                let path = "/standin/request";
                let answer: Option<Value> =
                    ask(stage, machine, port, path, Some(&question)).await?;
                let answer = answer.map_or(Value::Null, |answer| answer["answers"][0].clone());
                let leads_there = answer["by"] == MACHINE;
                all &= leads_there;
                let fault =
                    (!leads_there).then(|| leads_elsewhere(place, &host.name, url, &answer));
                stage.check(ITS_OWN, &host.name, fault);
            }
        }
    }
    if all {
        stage.say(&format!(
            "register.sh registered the identity server, which answers at {} addresses",
            places.len()
        ));
    }
    Ok(())
}

/// Forgets a registration of an earlier phase: stand-ins keep it while they run.
async fn forget(stage: &Stage, name: &str) -> Result<(), LiveError> {
    if registered(&collect(stage).await?, name).is_none() {
        return Ok(());
    }
    for (host, part) in stage.site.parts() {
        if part.component.has(Capability::Portals) {
            let restart = format!("systemctl restart {}", part.unit());
            stage.lab.get(&host.name)?.script(&restart).run().await?;
        }
    }
    let mut waiting = Waiting::begin();
    while !waiting.is_over(PATIENCE) {
        let nodes = collect(stage).await?;
        let all_ready = nodes.len() == stage.site.parts().count()
            && nodes.iter().all(|node| node.observations.ready);
        if all_ready && registered(&nodes, name).is_none() {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
