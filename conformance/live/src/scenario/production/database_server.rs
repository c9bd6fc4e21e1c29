//! A real database server in the release's namespace, from Debian's packages: `PostgreSQL`, over TLS only, or `MariaDB`.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};

use crate::api::{Api, text};
use crate::error::LiveError;
use crate::patience::Waiting;

/// The pod, its Service and its Secrets.
pub(super) const NAME: &str = "real-database";
/// The `ConfigMap` with the authority that signed its certificate.
pub(super) const AUTHORITY: &str = "real-database-authority";
/// The Secret with every credential of the release.
pub(super) const CREDENTIALS: &str = "apim-credentials";
const CONTAINER: &str = "server";
const START: &str = include_str!("start-database.sh");
/// Where the pod serves its drivers over HTTP.
const FILES_PORT: u16 = 8080;
const POLL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(180);

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PostgreSql,
    MariaDb,
}

impl Kind {
    /// The product's word for it.
    pub(crate) fn product_type(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgre",
            Self::MariaDb => "mariadb",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::PostgreSql => 5432,
            Self::MariaDb => 3306,
        }
    }

    /// Where the image has its JDBC driver.
    pub(super) fn driver(self) -> &'static str {
        match self {
            Self::PostgreSql => "/usr/share/java/postgresql.jar",
            Self::MariaDb => "/usr/share/java/mariadb-java-client.jar",
        }
    }

    /// The client that runs a statement as the server's owner and prints bare rows.
    fn client(self, database: &'static str) -> Vec<&'static str> {
        match self {
            Self::PostgreSql => vec![
                "/opt/postgresql/psql",
                "--host=/data",
                "--username=postgres",
                "--no-align",
                "--tuples-only",
                "--set=ON_ERROR_STOP=1",
                database,
            ],
            Self::MariaDb => vec![
                "/usr/bin/mariadb",
                "--socket=/data/socket",
                "--user=wso2carbon",
                "--batch",
                "--skip-column-names",
                database,
            ],
        }
    }
}

/// The server, once it runs.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseServer {
    kind: Kind,
    namespace: String,
}

impl DatabaseServer {
    /// Makes its objects and waits until it answers.
    pub(super) async fn start(
        api: &Api,
        kind: Kind,
        namespace: &str,
        image: &str,
    ) -> Result<Self, LiveError> {
        let certificates = Certificates::generate(&[NAME, &format!("{NAME}.{namespace}.svc")])?;
        for (plural, object) in objects(kind, image, &certificates) {
            let path = format!("/api/v1/namespaces/{namespace}/{plural}");
            if let Err(refusal) = api.create(&path, &object).await? {
                return Err(LiveError::unavailable(
                    format!("cannot make the database server: {}", refusal.message),
                    "report this as a bug",
                ));
            }
        }
        let server = Self {
            kind,
            namespace: namespace.to_owned(),
        };
        server.wait(api).await?;
        Ok(server)
    }

    async fn wait(&self, api: &Api) -> Result<(), LiveError> {
        let path = format!("/api/v1/namespaces/{}/pods/{NAME}", self.namespace);
        let mut waiting = Waiting::begin();
        loop {
            let pod = api.get(&path).await?;
            let ready = pod.pointer("/status/containerStatuses/0/ready");
            if ready == Some(&Value::Bool(true)) {
                return Ok(());
            }
            if waiting.is_over(PATIENCE) || text(&pod, "/status/phase") == "Failed" {
                let log = api.text(&format!("{path}/log?tailLines=20")).await;
                return Err(LiveError::unavailable(
                    format!(
                        "the database server does not start:\n{}",
                        log.unwrap_or_default()
                    ),
                    "see tools/databases/build",
                ));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Where the server's pod hands out its driver, for those who fetch it from an address.
    pub(super) fn driver_url(&self) -> String {
        let file = self.kind.driver().rsplit('/').next().unwrap_or_default();
        format!("http://{NAME}:{FILES_PORT}/{file}")
    }

    /// Runs a statement as the server's owner; the rows, or `None` when the server refuses it.
    pub(super) async fn run(
        &self,
        api: &Api,
        database: &'static str,
        statement: &str,
    ) -> Result<Option<Vec<String>>, LiveError> {
        let command = self.kind.client(database);
        let printed = api
            .execute(&self.namespace, NAME, CONTAINER, &command, statement)
            .await?;
        Ok(printed.map(|rows| rows.lines().map(str::to_owned).collect()))
    }

    /// Gives a user another password.
    pub(super) async fn change_password(
        &self,
        api: &Api,
        user: &str,
        password: &str,
    ) -> Result<(), LiveError> {
        let statement = match self.kind {
            Kind::PostgreSql => format!("alter user {user} password '{password}';"),
            Kind::MariaDb => format!("alter user {user}@'%' identified by '{password}';"),
        };
        match self.run(api, APIM, &statement).await? {
            Some(_) => Ok(()),
            None => Err(LiveError::unavailable(
                format!("the database server does not change the password of {user}"),
                "report this as a bug",
            )),
        }
    }

    /// The names of the tables of a database.
    pub(super) async fn tables(
        &self,
        api: &Api,
        database: &'static str,
    ) -> Result<Vec<String>, LiveError> {
        let schema = match self.kind {
            Kind::PostgreSql => "'public'",
            Kind::MariaDb => "database()",
        };
        let statement = format!(
            "select lower(table_name) from information_schema.tables where table_schema = {schema} order by 1;"
        );
        Ok(self
            .run(api, database, &statement)
            .await?
            .unwrap_or_default())
    }
}

/// The databases that the server begins with, both empty.
pub(super) const APIM: &str = "apim_db";
pub(super) const SHARED: &str = "shared_db";

fn objects(kind: Kind, image: &str, certificates: &Certificates) -> [(&'static str, Value); 5] {
    let labels = json!({"app": NAME});
    // Random enough for a namespace of minutes, and never shown.
    let password = |who: &str| format!("{who}-{}", std::process::id());
    let environment = json!([
        {"name": "KIND", "value": kind.product_type()},
        {"name": "APIM_PASSWORD", "value": password("apim")},
        {"name": "SHARED_PASSWORD", "value": password("shared")},
    ]);
    let probe = match kind {
        Kind::PostgreSql => json!(["/opt/postgresql/pg_isready", "--host=127.0.0.1"]),
        Kind::MariaDb => json!([
            "/usr/bin/mariadb",
            "--socket=/data/socket",
            "--user=wso2carbon",
            "--execute=select 1"
        ]),
    };
    let tls = json!({"secretName": NAME, "defaultMode": 0o440});
    [
        (
            "secrets",
            json!({
                "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": NAME},
                "stringData": {"tls.crt": certificates.certificate, "tls.key": certificates.key},
            }),
        ),
        (
            "configmaps",
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": AUTHORITY},
                "data": {"ca.crt": certificates.authority},
            }),
        ),
        (
            "secrets",
            json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": CREDENTIALS},
                "stringData": {
                    "admin-username": "admin", "admin-password": password("admin"),
                    "apim-db-username": "apim", "apim-db-password": password("apim"),
                    "shared-db-username": "shared", "shared-db-password": password("shared"),
                    "encryption-key": "0123456789abcdef".repeat(4),
                },
            }),
        ),
        (
            "services",
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME},
                "spec": {"selector": labels, "ports": [{"name": "database", "port": kind.port()}, {"name": "files", "port": FILES_PORT}]},
            }),
        ),
        (
            "pods",
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": labels},
                "spec": {
                    "securityContext": {
                        "runAsNonRoot": true, "runAsUser": 10001, "fsGroup": 10001,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "automountServiceAccountToken": false,
                    "terminationGracePeriodSeconds": 2,
                    "containers": [{
                        "name": CONTAINER, "image": image, "imagePullPolicy": "IfNotPresent",
                        "command": ["/usr/bin/bash", "-c", START], "env": environment,
                        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                        "readinessProbe": {"exec": {"command": probe}, "periodSeconds": 2},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tls", "mountPath": "/tls"}],
                    }],
                    "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tls", "secret": tls}],
                },
            }),
        ),
    ]
}

/// An authority and a server's certificate that it signed, as PEM.
struct Certificates {
    authority: String,
    certificate: String,
    key: String,
}

impl Certificates {
    fn generate(names: &[&str]) -> Result<Self, LiveError> {
        let unusable = |error: rcgen::Error| {
            LiveError::unavailable(
                format!("cannot make certificates: {error}"),
                "report this as a bug",
            )
        };
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate().map_err(unusable)?;
        let signed = authority.self_signed(&authority_key).map_err(unusable)?;
        let issuer = Issuer::new(authority, authority_key);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let server = CertificateParams::new(names).map_err(unusable)?;
        let key = KeyPair::generate().map_err(unusable)?;
        let certificate = server.signed_by(&key, &issuer).map_err(unusable)?;
        Ok(Self {
            authority: signed.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}
