//! The identity server: a stand-in on a machine of its own, as the site's tree configures it.

use std::path::PathBuf;
use std::time::Duration;

use am_conformance::Component;
use am_product::Capability;
use am_standin::role::Role;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use crate::error::LiveError;
use crate::machines::lab::IDENTITY_SERVER as MACHINE;
use crate::machines::namespace::Namespace;
use crate::machines::observe::ask;
use crate::machines::site::IdentityServerBeside;
use crate::machines::stage::Stage;
use crate::patience::Waiting;
use crate::process::tail;

/// The folder of the tree that is about it.
const FOLDER: &str = "identity-server";
/// Its account, by which it is registered; both must come through two kinds of quotes.
pub(super) const USERNAME: &str = r#"the "registrar""#;
const PASSWORD: &str = r#"of \ the "registrar" & nobody's else"#;
/// Texts that the command fills in, and what the registration has in their place.
const FILLED: [&str; 2] = ["IDENTITY_SERVER_USERNAME", "IDENTITY_SERVER_PASSWORD"];
const POLL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(20);

/// The identity server, while it runs.
#[derive(Debug)]
pub(super) struct Server {
    /// What the tree's command registers.
    pub(super) registration: Value,
    script: PathBuf,
}

/// Whether a component takes notifications.
pub(super) fn is_hub(component: Component) -> bool {
    component.has(Capability::EventHub)
}

impl Server {
    /// Starts it with the tree's part of its configuration; one that ran before ends.
    pub(super) async fn start(
        stage: &Stage,
        beside: &IdentityServerBeside,
    ) -> Result<Self, LiveError> {
        let folder = stage.site.folder.join(FOLDER);
        let script = folder.join("register.sh");
        let text = std::fs::read_to_string(&script).map_err(LiveError::file("read", &script))?;
        let registration = registration(&text).ok_or_else(|| {
            LiveError::unavailable(
                format!("{}: it holds no registration as JSON", script.display()),
                "generate the tree again",
            )
        })?;
        let [user, password] = account(stage).await?;
        let start = format!(
            "old=$(cat /run/am-is.pid 2>/dev/null) || old=\n\
             if [ -n \"$old\" ]; then kill \"$old\"; while kill -0 \"$old\" 2>/dev/null; do sleep 0.1; done; fi\n\
             STANDIN_STARTUP_DELAY=0 APIM_USERNAME=\"$1\" APIM_PASSWORD=\"$2\" setsid {} {} '{}' {} >/run/am-is.log 2>&1 </dev/null &\n\
             echo $! >/run/am-is.pid",
            stage.standin.display(),
            Role::IdentityServer,
            folder.join("identity-server.toml").display(),
            beside.port
        );
        let machine = stage.lab.get(MACHINE)?;
        let started = machine.script(&start).args(["start", &user, &password]);
        started.run().await?;
        let mut waiting = Waiting::begin();
        while ask::<Value>(stage, machine, OBSERVATIONS_PORT, "/observations", None)
            .await?
            .is_none()
        {
            if waiting.is_over(PATIENCE) {
                let said = machine.script("cat /run/am-is.log").output().await?;
                return Err(LiveError::unavailable(
                    format!("the identity server does not start: {}", tail(&said)),
                    "let the tree's identity-server.toml be what it reads",
                ));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(Self {
            registration,
            script,
        })
    }

    /// Runs the tree's command from a machine that is none of the site's, as an operator does; what it said where it failed.
    pub(super) async fn register(&self, stage: &Stage) -> Result<Option<String>, LiveError> {
        let [user, administrator] = account(stage).await?;
        let certificate = stage
            .lab
            .folder()
            .join(crate::machines::provisions::CERTIFICATE);
        let mut command = stage
            .lab
            .client()?
            .program("env")
            .arg(format!("APIM_USERNAME={user}"))
            .arg(format!("APIM_PASSWORD={administrator}"))
            .arg(format!("{}={USERNAME}", FILLED[0]))
            .arg(format!("{}={PASSWORD}", FILLED[1]))
            .arg("bash")
            .arg(&self.script)
            .arg("--cacert")
            .arg(certificate)
            .args(["--max-time", "20"]);
        let ended = command.output().await?;
        Ok((!ended.status.success()).then(|| tail(&ended)))
    }

    /// Revokes a token there; what came of its notification.
    pub(super) async fn revoke(&self, stage: &Stage, token: &str) -> Result<Value, LiveError> {
        let body = json!({ "token": token });
        let machine = stage.lab.get(MACHINE)?;
        let path = "/standin/revoke";
        let answer: Option<Value> =
            ask(stage, machine, OBSERVATIONS_PORT, path, Some(&body)).await?;
        Ok(answer
            .map(|answer| answer["notified"].clone())
            .unwrap_or_default())
    }
}

/// The administrator of the site, as a node with the portals is told.
async fn account(stage: &Stage) -> Result<[String; 2], LiveError> {
    let portals = |component: Component| component.has(Capability::Portals);
    let mut parts = stage.site.parts();
    let Some((host, part)) = parts.find(|(_, part)| portals(part.component)) else {
        return Ok([String::new(), String::new()]);
    };
    let script = format!(
        ". /etc/am/{}.secrets.env && printf '%s\\n' \"$AM_ADMIN_USERNAME\" \"$AM_ADMIN_PASSWORD\"",
        part.component.name()
    );
    let told = stage.lab.get(&host.name)?.script(&script).run().await?;
    let mut lines = told.lines().map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    Ok([next(), next()])
}

/// Whether a machine connects to an address and is answered.
pub(super) async fn reaches(
    stage: &Stage,
    machine: &Namespace,
    url: &str,
) -> Result<bool, LiveError> {
    let asked = machine
        .program(&stage.standin.to_string_lossy())
        .args([
            "curl",
            "-s",
            "-m",
            "1",
            "-w",
            "%{http_code}",
            "-o",
            "/dev/null",
            url,
        ])
        .output()
        .await?;
    let status = String::from_utf8_lossy(&asked.stdout);
    Ok(status.trim().parse().is_ok_and(|status: u16| status > 0))
}

/// The document that the command sends, with names of variables for what it fills in.
fn registration(script: &str) -> Option<Value> {
    let (_, rest) = script.split_once("<<JSON\n")?;
    let (text, _) = rest.split_once("\nJSON\n")?;
    let text = FILLED.iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("$(quoted \"${name}\")"), &format!("${name}"))
    });
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::registration;

    #[test]
    fn the_registration_of_a_command_has_names_where_it_fills_texts_in() {
        let script = "it=$(cat <<JSON\n{\"name\": \"a\", \"Password\": \"$(quoted \"$IDENTITY_SERVER_PASSWORD\")\"}\nJSON\n)\n";
        let found = registration(script).expect("a document");
        assert_eq!(found["Password"], "$IDENTITY_SERVER_PASSWORD");
        assert_eq!(registration("curl …"), None);
    }
}
