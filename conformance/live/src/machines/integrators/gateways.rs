//! Nodes of API Manager that the suite asks to do something: to call an API, to send events, to say what the catalogue has.

use std::time::Duration;

use am_product::Capability;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::Value;

use crate::error::LiveError;
use crate::integrators::call_of;
use crate::machines::stage::Stage;

/// What is asked may take its time: events are sent until they are taken.
const PATIENCE: Duration = Duration::from_secs(180);

/// A node that can be asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) host: String,
    port: u16,
}

/// The nodes of API Manager that can do something.
pub(super) fn that(stage: &Stage, capability: Capability) -> Vec<Asked> {
    let hosts = stage.site.hosts.iter();
    let parts = hosts.flat_map(|host| {
        let parts = host.parts.iter().zip(OBSERVATIONS_PORT..);
        parts.map(|(part, port)| (&host.name, part, port))
    });
    parts
        .filter(|(_, part, _)| part.component.has(capability))
        .map(|(host, _, port)| Asked {
            host: host.clone(),
            port,
        })
        .collect()
}

/// The nodes that serve API traffic; where some manage APIs as well, the others.
pub(super) fn all(stage: &Stage) -> Vec<Asked> {
    let portals = that(stage, Capability::Portals);
    let all = that(stage, Capability::ServesTraffic);
    let is_gateway = |it: &Asked| !portals.iter().any(|other| other.host == it.host);
    let gateways: Vec<Asked> = all.iter().filter(|it| is_gateway(it)).cloned().collect();
    if gateways.is_empty() { all } else { gateways }
}

impl Asked {
    /// Asks its stand-in; `None` where that does not answer, or refuses.
    pub(super) async fn ask(
        &self,
        stage: &Stage,
        path: &str,
        body: &Value,
    ) -> Result<Option<Value>, LiveError> {
        let machine = stage.lab.get(&self.host)?;
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let asked = machine
            .program(&stage.standin.to_string_lossy())
            .args(["curl", "-s", "-f", "-m", &PATIENCE.as_secs().to_string()])
            .args(["--data-binary", &body.to_string(), &url])
            .output()
            .await?;
        Ok(serde_json::from_slice(&asked.stdout).ok())
    }

    /// Lets it call an API of its own gateway.
    pub(super) async fn call(
        &self,
        stage: &Stage,
        api: &str,
        count: u32,
    ) -> Result<Value, LiveError> {
        let question = call_of(api, count);
        let answer = self.ask(stage, "/standin/request", &question).await?;
        Ok(answer.unwrap_or_default())
    }
}
