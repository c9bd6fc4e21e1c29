//! A tab of a headless Chromium, driven by its protocol for developers: keys as a person types them, a colour scheme, a width.
//!
//! Of our own, because crates for it are generated from the whole protocol, or need a driver besides and cannot choose the colour scheme.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

pub(crate) struct Tab {
    socket: WebSocket<TcpStream>,
    session: Value,
    sent: u64,
    /// What the page wrote to its console, or threw.
    pub(crate) console: Vec<String>,
    browser: Child,
    _profile: TempDir,
}

impl Drop for Tab {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

impl Tab {
    /// Starts a browser and opens an address.
    pub(crate) fn open(program: &Path, address: &str) -> Result<Self, Failed> {
        let profile = tempfile::tempdir()?;
        let mut browser = Command::new(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(browser.stderr.take().ok_or("no stderr")?).lines();
        let listening = lines.by_ref().map_while(Result::ok).find_map(|line| {
            Some(
                line.split_once("DevTools listening on ")?
                    .1
                    .trim()
                    .to_owned(),
            )
        });
        let Some(listening) = listening else {
            let _ = browser.kill();
            return Err("the browser opened no port for DevTools".into());
        };
        // A full pipe would stop the browser.
        std::thread::spawn(move || lines.for_each(drop));
        let host = listening.trim_start_matches("ws://").split('/').next();
        let stream = TcpStream::connect(host.unwrap_or_default())?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let (socket, _) =
            tungstenite::client(&listening, stream).map_err(|error| error.to_string())?;
        let mut this = Self {
            socket,
            session: Value::Null,
            sent: 0,
            console: Vec::new(),
            browser,
            _profile: profile,
        };
        let target = this.send("Target.createTarget", &json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        this.session = this.send("Target.attachToTarget", &attach)?["sessionId"].take();
        this.send("Runtime.enable", &json!({}))?;
        this.send("Page.enable", &json!({}))?;
        this.go(address)?;
        Ok(this)
    }

    /// Opens another address, and waits until it is loaded.
    pub(crate) fn go(&mut self, address: &str) -> Result<(), Failed> {
        self.send("Page.navigate", &json!({"url": address}))?;
        for _ in 0..600 {
            let ready =
                self.eval("document.readyState === 'complete' && location.href !== 'about:blank'")?;
            if ready == true {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("{address} is not loaded").into())
    }

    /// The answer to a command; events of the console are kept.
    pub(crate) fn send(&mut self, method: &str, parameters: &Value) -> Result<Value, Failed> {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": parameters});
        if !self.session.is_null() {
            command["sessionId"] = self.session.clone();
        }
        let failed = |error: tungstenite::Error| Failed::from(format!("{method}: {error}"));
        self.socket
            .send(Message::text(command.to_string()))
            .map_err(failed)?;
        loop {
            let message = self.socket.read().map_err(failed)?;
            let Ok(text) = message.to_text() else {
                continue;
            };
            let Ok(mut answer) = serde_json::from_str::<Value>(text) else {
                continue;
            };
            if answer["id"] == self.sent {
                return match answer.get("error") {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(answer["result"].take()),
                };
            }
            if answer["method"] == "Runtime.consoleAPICalled"
                || answer["method"] == "Runtime.exceptionThrown"
            {
                self.console.push(answer["params"].to_string());
            }
        }
    }

    /// The value of an expression on the page.
    pub(crate) fn eval(&mut self, expression: &str) -> Result<Value, Failed> {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.send("Runtime.evaluate", &parameters)?;
        match answer.get("exceptionDetails") {
            Some(error) => Err(format!("{error}").into()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Presses a key and lets it go. `text` is what it writes.
    pub(crate) fn press(&mut self, key: &str, code: u32, text: &str) -> Result<(), Failed> {
        let kind = if text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        };
        for kind in [kind, "keyUp"] {
            let mut event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.send("Input.dispatchKeyEvent", &event)?;
        }
        Ok(())
    }

    /// Shows the page as somebody with this width and these preferences has it.
    pub(crate) fn look(&mut self, width: u32, scheme: &str, media: &str) -> Result<(), Failed> {
        let size =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.send("Emulation.setDeviceMetricsOverride", &size)?;
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.send(
            "Emulation.setEmulatedMedia",
            &json!({"media": media, "features": features}),
        )?;
        Ok(())
    }
}
