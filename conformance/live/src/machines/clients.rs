//! Who uses the site: asks its public names through the load balancer, once or all the time.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use am_conformance::Component;
use am_product::Capability;
use am_standin::identity::Identity;
use am_standin::role::Role;
use am_standin::watch::Watched;
use tokio::process::{Child, Command};

use super::integrators;
use super::names::meant;
use super::stage::Stage;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;

/// Requests to a name, so that every node behind it has its turn.
const REQUESTS: usize = 6;
/// A load balancer takes a node in when it was ready several times.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_secs(1);

/// The phase: every public name is answered by the components that it is for, by each of their nodes where no session ties clients to one.
pub(super) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    if stage.given.names.is_empty() {
        stage
            .record
            .not_applicable("AM-NET-001", "the document gives no public names");
    }
    for (key, name) in stage.given.names.clone() {
        let Some(capability) = meant(&key) else {
            continue;
        };
        let url = page(&name);
        let mut waiting = Waiting::begin();
        let wrong = loop {
            let wrong = ask(stage, &url, capability).await?;
            if wrong.is_none() || waiting.is_over(PATIENCE) {
                break wrong;
            }
            tokio::time::sleep(POLL).await;
        };
        let fault = wrong.map(|message| {
            Fault::new(
                message,
                "let the load balancer name every node at its own port",
            )
            .value(&name)
        });
        let at = stage.entrance();
        stage.check("AM-NET-001", &at, fault);
    }
    Ok(true)
}

/// Asks a name several times; what is wrong with the answers.
async fn ask(
    stage: &Stage,
    url: &str,
    capability: Capability,
) -> Result<Option<String>, LiveError> {
    let mut met = BTreeSet::new();
    let mut roles = BTreeSet::new();
    for _ in 0..REQUESTS {
        let asked = stage
            .lab
            .client()?
            .program(&stage.standin.to_string_lossy())
            .args(["curl", "-sS", "-f", "-m", "3", url])
            .output()
            .await?;
        match serde_json::from_slice::<Identity>(&asked.stdout) {
            Ok(identity) if identity.role.has(capability) => {
                met.insert(identity.pod);
                roles.insert(identity.role);
            }
            Ok(identity) => {
                return Ok(Some(format!("{url} is answered by the {}", identity.role)));
            }
            Err(_) => {
                let reason = String::from_utf8_lossy(&asked.stderr);
                return Ok(Some(format!("{url} is not answered: {}", reason.trim())));
            }
        }
    }
    // Several components can answer; a name is for one of them.
    if roles.len() > 1 {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        return Ok(Some(format!(
            "{url} is answered by {}",
            roles.join(" and ")
        )));
    }
    let parts = stage.site.parts();
    let nodes = parts.filter(|(_, part)| roles.contains(&Role::Component(part.component)));
    let forgotten: Vec<&str> = nodes
        .map(|(host, _)| host.name.as_str())
        .filter(|host| !met.contains(*host))
        .collect();
    // Sessions of the portals stay with a node, so one client may meet one of them only.
    let is_wrong = capability == Capability::ServesTraffic && !forgotten.is_empty();
    Ok(is_wrong.then(|| {
        let forgotten = forgotten.join(", ");
        format!("{REQUESTS} requests to {url} never reach {forgotten}")
    }))
}

/// Where a stand-in behind a public name tells who it is.
fn page(name: &str) -> String {
    format!("https://{name}/standin/hello")
}

/// A client that asks all the time.
#[derive(Debug)]
pub(super) struct Client {
    process: Child,
}

impl Client {
    /// Starts it for the names of components that have several nodes: these serve on whatever happens to one of them.
    pub(super) fn start(stage: &Stage) -> Result<Self, LiveError> {
        let is_pair = |capability: Capability| {
            Component::all()
                .filter(|component| component.has(capability))
                .any(|component| stage.site.nodes(component).len() > 1)
        };
        let urls: Vec<String> = stage
            .given
            .names
            .iter()
            .filter(|(key, _)| meant(key).is_some_and(is_pair))
            .map(|(_, name)| page(name))
            .chain(integrators::watched(stage))
            .collect();
        let words = stage.lab.client()?.entering();
        let (program, rest) = words
            .split_first()
            .map_or(("nsenter", &[][..]), |(first, rest)| (first.as_str(), rest));
        let process = Command::new(program)
            .args(rest)
            .arg(&stage.standin)
            .arg("watch")
            .args(urls)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(LiveError::file("start", &stage.standin))?;
        Ok(Self { process })
    }

    /// Ends it and tells what it was answered.
    pub(super) async fn end(mut self) -> Result<Vec<Watched>, LiveError> {
        drop(self.process.stdin.take());
        let output = self.process.wait_with_output().await;
        let output = output.map_err(LiveError::file("wait for", "the client"))?;
        serde_json::from_slice(&output.stdout).map_err(|error| {
            LiveError::unavailable(
                format!("the client told nothing: {error}"),
                "report this as a bug",
            )
        })
    }
}

/// Nothing was asked in vain.
pub(super) fn judge_serving(
    stage: &mut Stage,
    watched: &[Watched],
    while_what: &str,
    allowed: usize,
) {
    for client in watched {
        stage.say(&format!(
            "{while_what}: {} requests to {} answered, {} not",
            client.answered, client.url, client.failed
        ));
        let told = client
            .failures
            .first()
            .map_or(String::new(), |(_, reason)| format!(" ({reason})"));
        let fault = (client.failed > allowed || client.answered == 0).then(|| {
            Fault::new(
                format!(
                    "{while_what}, {} of {} requests to {} were not answered{told}",
                    client.failed,
                    client.failed + client.answered,
                    client.url
                ),
                "let the load balancer name every node and see when one is away",
            )
        });
        let at = stage.entrance();
        stage.check("AM-OPS-013", &at, fault);
    }
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn every_name_that_is_asked_is_answered_by_a_capability() {
        for key in ["management", "gateway", "keyManager"] {
            assert!(meant(key).is_some(), "{key}");
        }
        assert_eq!(meant("websocket"), None);
    }
}
