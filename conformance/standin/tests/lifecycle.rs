//! Start and stop as the product's images do them, version by version, and the commands that hooks use.

#[allow(dead_code)]
mod support;

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use support::{BINARY, Network, Standin, Start, toml};

fn start(home: &str, network: &Network, host: u8, variables: &[(&str, &str)]) -> Standin {
    let toml = toml::common();
    Start {
        home,
        pod: "node-0",
        ip: network.ip(host),
        toml: &toml,
        variables,
    }
    .run()
}

fn terminate(node: &Standin) {
    let pid = Pid::from_raw(node.entrypoint_pid()).expect("a process id");
    kill_process(pid, Signal::TERM).expect("the entrypoint runs");
}

/// Runs a script as a hook of the pod does.
fn hook(node: &Standin, script: &str) -> Option<i32> {
    let commands = support::commands();
    let status = Command::new(commands.path().join("bash"))
        .args(["-c", script])
        .env("PATH", commands.path())
        .env("WSO2_SERVER_HOME", node.home())
        .status()
        .expect("the shell runs");
    status.code()
}

fn link_start_script(node: &Standin, script: &str) {
    let folder = node.home().join("bin");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::os::unix::fs::symlink(BINARY, folder.join(script)).expect("a link");
}

#[test]
fn from_4_7_on_sigterm_stops_the_server() {
    let network = Network::new(10);
    let mut node = start("wso2am-4.7.0", &network, 1, &[]);
    node.wait_for("the start", |seen| seen.open);
    terminate(&node);
    let (status, _) = node.end();
    assert_eq!(status, Some(0));
    assert!(!node.is_open(9443));
}

#[test]
fn before_4_7_only_the_stop_command_stops_the_server() {
    let network = Network::new(11);
    let mut node = start("wso2am-4.6.0", &network, 1, &[]);
    node.wait_for("the start", |seen| seen.open);
    terminate(&node);
    terminate(&node);
    // The signal has been looked at when the entrypoint answers to nothing else: give the server its own to be sure.
    assert_eq!(node.get(9763, "/services/Version", None), Some(200));
    assert!(node.is_running());

    link_start_script(&node, "api-manager.sh");
    assert_eq!(
        hook(
            &node,
            r#"sleep 0.01; exec "$WSO2_SERVER_HOME/bin/api-manager.sh" stop"#
        ),
        Some(0)
    );
    let (status, text) = node.end();
    assert_eq!(status, Some(0));
    assert!(text.contains("does not pass the signal on"), "{text}");
}

#[test]
fn ports_stay_closed_during_the_start_up_delay() {
    let network = Network::new(12);
    let node = start(
        "wso2am-4.7.0",
        &network,
        1,
        &[("STANDIN_STARTUP_DELAY", "3600s")],
    );
    let seen = node.wait_for("the observations", |_| true);
    assert!(!seen.open);
    assert!(!seen.ready);
    assert!(!node.is_open(9763));
}

#[test]
fn a_setting_that_cannot_be_read_stops_the_start() {
    let network = Network::new(13);
    let mut node = start(
        "wso2am-4.7.0",
        &network,
        1,
        &[("STANDIN_STARTUP_DELAY", "soon")],
    );
    let (status, text) = node.end();
    assert_eq!(status, Some(1));
    assert!(text.contains("STANDIN_STARTUP_DELAY"), "{text}");
}

#[test]
fn the_development_database_is_made_by_scripts_and_records_who_asks() {
    let network = Network::new(14);
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    for file in ["plugins/h2-engine_2.jar", "dbscripts/h2.sql"] {
        std::fs::create_dir_all(root.join(file).parent().expect("a parent")).expect("a folder");
        std::fs::write(root.join(file), "").expect("a file");
    }
    let commands = support::commands();
    let script = r#"
        [ -e "$ROOT/db/apim.mv.db" ] || {
          rm -rf "$ROOT/db/new" && java -cp "$ROOT"/plugins/h2-engine_*.jar org.h2.tools.RunScript \
            -url "jdbc:h2:$ROOT/db/new/apim" -user a -password b -script "$ROOT/dbscripts/$1" &&
          mv "$ROOT/db/new/apim.mv.db" "$ROOT/db/"
        } || exit 3"#;
    let run = |file: &str| {
        let status = Command::new(commands.path().join("bash"))
            .args(["-c", script, "bash", file])
            .env("ROOT", root)
            .env("PATH", commands.path())
            .status()
            .expect("the shell runs");
        status.code()
    };
    assert_eq!(run("missing.sql"), Some(3));
    assert_eq!(run("h2.sql"), Some(0));
    assert!(root.join("db/apim.mv.db").is_file());
    // The second start leaves the database as it is and does not look at the script.
    assert_eq!(run("missing.sql"), Some(0));

    let (database, client) = (network.ip(1), network.ip(2));
    let mut server = Command::new(commands.path().join("java"))
        .args([
            "-cp",
            &root.join("plugins/h2-engine_2.jar").to_string_lossy(),
        ])
        .args([
            "org.h2.tools.Server",
            "-tcp",
            "-tcpAllowOthers",
            "-tcpPort",
            "9092",
            "-ifExists",
        ])
        .env("STANDIN_BIND", database.to_string())
        .env("STANDIN_STARTUP_DELAY", "0")
        .spawn()
        .expect("the database starts");
    let toml = toml::common().replace(
        "jdbc:h2:./repository/database/WSO2AM_DB",
        &format!("jdbc:h2:tcp://{database}:9092/./apim"),
    );
    let node = Start {
        home: "wso2am-4.7.0",
        pod: "aio-0",
        ip: client,
        toml: &toml,
        variables: &[],
    }
    .run();
    node.wait_for("the database", |seen| {
        seen.edges.iter().any(|edge| {
            edge.edge.key == "database.apim_db.url"
                && edge
                    .peers
                    .iter()
                    .any(|peer| peer.identity.role == am_standin::role::Role::Database)
        })
    });
    support::wait_until("the database to know who asked", || {
        let answer = support::http(database.into(), 9990, "GET", "/observations", None, "");
        match answer {
            Ok((_, text)) if text.contains("aio-0") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    server.kill().expect("the database runs");
    server.wait().expect("a status");
}

#[test]
fn curl_tells_by_its_status_whether_the_server_answers() {
    let network = Network::new(15);
    let node = start("wso2am-4.7.0", &network, 1, &[]);
    node.wait_for("the start", |seen| seen.open);
    let curl = |path: &str, port: u16| {
        let url = format!("http://{}:{port}{path}", node.ip);
        let status = Command::new(BINARY)
            .args([
                "curl",
                "--silent",
                "--show-error",
                "--fail",
                "--retry",
                "1",
                "--retry-delay",
                "0",
                &url,
            ])
            .status()
            .expect("curl runs");
        status.code()
    };
    assert_eq!(curl("/services/Version", 9763), Some(0));
    assert_eq!(curl("/services/Nothing", 9763), Some(22));
    assert_eq!(curl("/services/Version", 9764), Some(7));
}

#[test]
fn an_undeployed_application_sends_to_a_login_page_that_answers() {
    let network = Network::new(16);
    let health = "/api/am/gateway/v2/server-startup-healthcheck";
    let undeployed = [("STANDIN_UNDEPLOYED", "/api/am/gateway")];
    let node = start("wso2am-4.7.0", &network, 1, &undeployed);
    node.wait_for("the start", |seen| seen.ready);
    let get = |path: &str| support::http(node.ip, 9763, "GET", path, None, "").expect("an answer");
    // A client that follows, as the kubelet does, sees the login page's status.
    assert_eq!(get(health), (302, "/carbon/admin/login.jsp".to_owned()));
    assert_eq!(get("/carbon/admin/login.jsp").0, 200);
    assert_eq!(get("/services/Version").0, 200);
    let deployed = start("wso2am-4.7.0", &network, 2, &[]);
    deployed.wait_for("readiness", |seen| seen.ready);
    assert_eq!(deployed.get(9763, health, None), Some(200));
    assert_eq!(deployed.get(9763, "/no/such/application", None), Some(302));
}

#[test]
fn a_graceful_stop_takes_the_role_s_time_and_ends_well() {
    let network = Network::new(17);
    let scale = [
        ("STANDIN_SHUTDOWN_SECONDS", ""),
        ("STANDIN_STOP_SCALE", "0.1"),
    ];
    let mut node = start("wso2am-4.7.0", &network, 1, &scale);
    node.wait_for("the start", |seen| seen.open);
    let start = std::time::Instant::now();
    terminate(&node);
    let (status, _) = node.end();
    assert_eq!(status, Some(0));
    // An all-in-one takes 14 seconds.
    assert!(start.elapsed() >= std::time::Duration::from_millis(1400));
}

#[test]
fn the_memory_that_a_container_was_given_is_told() {
    let network = Network::new(18);
    let node = start("wso2am-4.7.0", &network, 1, &[("JVM_MEM_OPTS", "-Xmx2g")]);
    let memory = node
        .wait_for("the process", |_| true)
        .memory
        .expect("a container");
    assert_eq!(memory.heap_bytes, Some(2 << 30));
    assert_eq!(memory.needed_bytes, Some((2 << 30) + (640 << 20)));
}

#[test]
fn curl_gives_the_status_that_a_readiness_probe_compares() {
    let network = Network::new(19);
    let node = start("wso2am-4.7.0", &network, 1, &[]);
    node.wait_for("the start", |seen| seen.open);
    let address = node.ip.to_string();
    let probe = |port: u16, path: &str| {
        let script = format!(
            r#"[ "$(curl --silent --insecure --max-time 4 --output /dev/null --write-out "%{{http_code}}" https://{address}:{port}{path})" = 200 ]"#
        );
        hook(&node, &script)
    };
    assert_eq!(probe(9443, "/services/Version"), Some(0));
    assert_eq!(probe(9443, "/services/Nothing"), Some(1));
    assert_eq!(probe(9444, "/services/Version"), Some(1));
    // Clear text is no TLS, and a server that says nothing is not waited for longer than asked.
    assert_eq!(probe(9763, "/services/Version"), Some(1));
    let silent = std::net::TcpListener::bind((network.ip(2), 0)).expect("a free port");
    let url = format!("https://{}", silent.local_addr().expect("an address"));
    let started = std::time::Instant::now();
    let output = Command::new(BINARY)
        .args(["curl", "-sk", "-m", "0.3", "-w", "%{http_code}", &url])
        .output()
        .expect("curl runs");
    assert_eq!(output.status.code(), Some(28));
    assert_eq!(output.stdout, b"000");
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}

/// Answers every connection with a redirect, as the product does for a web application that is not deployed.
fn redirecting(ip: std::net::Ipv4Addr) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind((ip, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _request = stream.read(&mut [0; 1024]).expect("a request");
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"
            )
            .expect("an answer");
        }
    });
    format!("http://{address}/")
}

#[test]
fn curl_does_not_follow_redirects() {
    let url = redirecting(Network::new(17).ip(1));
    let output = Command::new(BINARY)
        .args(["curl", "-s", "--write-out", "%{http_code}", &url])
        .output()
        .expect("curl runs");
    assert_eq!(output.stdout, b"302");
    assert_eq!(output.status.code(), Some(0));
}
