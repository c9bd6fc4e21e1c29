//! What a kind of database chooses, and what does not fit it.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

const ACCOUNTS: &str = "accounts";

/// Values for an external database, with more below `database`.
fn external(kind: &str, more: Value) -> Value {
    let mut database = json!({"mode": "external", "type": kind, "host": "db.example.net"});
    merge(&mut database, more);
    json!({"database": database, "credentials": {"existingSecret": ACCOUNTS}})
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

fn toml(release: &Release) -> &str {
    let map = release.find("ConfigMap", "apim-control-plane-config");
    map.expect("the configuration")["data"]["node-0.toml"]
        .as_str()
        .expect("a text")
}

/// The value of a key of a database, as it is written.
fn written<'t>(toml: &'t str, database: &str, key: &str) -> &'t str {
    let section = toml
        .split(&format!("[database.{database}]\n"))
        .nth(1)
        .expect("the database");
    let line = section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.trim().strip_prefix(&format!("{key} = ")));
    line.unwrap_or_else(|| panic!("{database} has no {key}: {section}"))
        .trim_matches('"')
}

#[test]
fn the_type_chooses_driver_port_url_tls_and_validation() {
    let rows = [
        (
            "mysql",
            "com.mysql.cj.jdbc.Driver",
            "jdbc:mysql://db.example.net:3306/apim_db?sslMode=VERIFY_IDENTITY",
            "SELECT 1",
        ),
        (
            "mariadb",
            "org.mariadb.jdbc.Driver",
            "jdbc:mariadb://db.example.net:3306/apim_db?sslMode=verify-full",
            "SELECT 1",
        ),
        (
            "postgre",
            "org.postgresql.Driver",
            "jdbc:postgresql://db.example.net:5432/apim_db?sslmode=verify-full&amp;sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
            "SELECT 1; COMMIT",
        ),
        (
            "mssql",
            "com.microsoft.sqlserver.jdbc.SQLServerDriver",
            "jdbc:sqlserver://db.example.net:1433;databaseName=apim_db;SendStringParametersAsUnicode=false;encrypt=true;trustServerCertificate=false",
            "SELECT 1",
        ),
        (
            "oracle",
            "oracle.jdbc.OracleDriver",
            "jdbc:oracle:thin:@tcps://db.example.net:2484/apim_db?ssl_server_dn_match=on",
            "SELECT 1 FROM DUAL",
        ),
        (
            "db2",
            "com.ibm.db2.jcc.DB2Driver",
            "jdbc:db2://db.example.net:50000/apim_db:sslConnection=true;sslClientHostnameValidation=Basic;",
            "SELECT 1 FROM sysibm.sysdummy1",
        ),
    ];
    for (kind, driver, url, query) in rows {
        let release = release(3, external(kind, json!({"tls": {"mode": "verify-full"}})));
        let toml = toml(&release);
        assert_eq!(written(toml, "apim_db", "type"), kind);
        assert_eq!(written(toml, "apim_db", "driver"), driver);
        assert_eq!(written(toml, "apim_db", "url"), url);
        assert_eq!(written(toml, "shared_db", "validationQuery"), query);
    }
}

#[test]
fn without_tls_nothing_is_added_to_the_url() {
    let rows = [
        ("mysql", "jdbc:mysql://db.example.net:3306/apim_db"),
        ("oracle", "jdbc:oracle:thin:@//db.example.net:1521/apim_db"),
    ];
    for (kind, url) in rows {
        let release = release(3, external(kind, json!({})));
        assert_eq!(written(toml(&release), "apim_db", "url"), url);
    }
}

#[test]
fn own_parameters_follow_those_of_tls() {
    let rows = [
        (
            "mysql",
            "?connectTimeout=5000&socketTimeout=1",
            "3306/apim_db?sslMode=REQUIRED&amp;connectTimeout=5000&amp;socketTimeout=1",
        ),
        (
            "mssql",
            ";loginTimeout=5",
            ";encrypt=true;trustServerCertificate=true;loginTimeout=5",
        ),
    ];
    for (kind, parameters, end) in rows {
        let more = json!({"tls": {"mode": "require"}, "parameters": parameters});
        let release = release(3, external(kind, more));
        let url = written(toml(&release), "apim_db", "url").to_owned();
        assert!(url.ends_with(end), "{url}");
    }
}

#[test]
fn the_two_databases_may_have_their_own_servers_ports_and_users() {
    let more = json!({
        "port": 5433,
        "apim": {"host": "one.example.net", "name": "am"},
        "shared": {"port": 5434, "name": "users"},
    });
    let mut values = external("postgre", more);
    values["credentials"] = json!({
        "apimDb": {"username": "am", "password": "one"},
        "sharedDb": {"username": "us", "password": "two"},
    });
    let release = release(3, values);
    let toml = toml(&release);
    assert_eq!(
        written(toml, "apim_db", "url"),
        "jdbc:postgresql://one.example.net:5433/am"
    );
    assert_eq!(
        written(toml, "shared_db", "url"),
        "jdbc:postgresql://db.example.net:5434/users"
    );
    let secret = release.find("Secret", "apim-database-credentials");
    let data = &secret.expect("the accounts")["data"];
    assert_ne!(data["apim-db-username"], data["shared-db-username"]);
    assert_ne!(data["apim-db-password"], data["shared-db-password"]);
}

#[test]
fn options_of_the_pool_are_given_once_for_both() {
    let release = release(
        3,
        external(
            "postgre",
            json!({"pool": {"maxActive": 80, "testOnBorrow": false}}),
        ),
    );
    let toml = toml(&release);
    for database in ["apim_db", "shared_db"] {
        let pool = format!("{database}.pool_options");
        assert_eq!(written(toml, &pool, "maxActive"), "80");
        assert_eq!(written(toml, &pool, "testOnBorrow"), "false");
    }
}

#[test]
fn what_does_not_fit_the_type_is_refused_by_its_value() {
    let rows = [
        (
            "postgre",
            json!({"driver": "com.mysql.cj.jdbc.Driver"}),
            "database.driver com.mysql.cj.jdbc.Driver is a driver of MySQL, but database.type is postgre: leave database.driver empty for org.postgresql.Driver",
        ),
        (
            "mysql",
            json!({"driver": "org.postgresql.ds.PGSimpleDataSource"}),
            "is a driver of PostgreSQL",
        ),
        (
            "postgre",
            json!({"parameters": "?sslMode=VERIFY_IDENTITY"}),
            "database.parameters holds sslMode, a parameter of",
        ),
        (
            "mysql",
            json!({"parameters": "?sslmode=verify-full"}),
            "database.parameters holds sslmode, a parameter of PostgreSQL",
        ),
        (
            "mysql",
            json!({"parameters": "useUnicode=true"}),
            "database.parameters useUnicode=true does not begin with `?`: in a URL of MySQL they are written ?name=value&name=value",
        ),
        (
            "mssql",
            json!({"parameters": "?loginTimeout=5"}),
            "does not begin with `;`",
        ),
        ("mssql", json!({"parameters": ";a=1&b=2"}), "holds a `&`"),
        ("mysql", json!({"parameters": "?a=1;b=2"}), "holds a `;`"),
        ("mysql", json!({"parameters": "?a=1?b=2"}), "holds a `?`"),
        (
            "db2",
            json!({"parameters": ":a=1"}),
            "does not end with `;`",
        ),
        (
            "mysql",
            json!({"parameters": "?password=x"}),
            "holds password, which anybody could read",
        ),
        (
            "mysql",
            json!({"tls": {"mode": "require"}, "parameters": "?sslMode=REQUIRED"}),
            "holds sslMode, which database.tls sets already",
        ),
        (
            "mysql",
            json!({"host": "db.example.net:3306"}),
            "database.host db.example.net:3306 holds a port: write it into database.port",
        ),
        (
            "mysql",
            json!({"shared": {"host": "https://db.example.net"}}),
            "database.shared.host https://db.example.net holds a scheme",
        ),
        (
            "mysql",
            json!({"host": "one,two"}),
            "database.host \"one,two\" is no host name",
        ),
        ("mysql", json!({"host": ""}), "database.host is empty"),
        (
            "mysql",
            json!({"apim": {"url": "jdbc:postgresql://x/y"}}),
            "database.apim.url jdbc:postgresql://x/y is a URL of PostgreSQL, but database.type is mysql: set database.type to postgre",
        ),
        (
            "mysql",
            json!({"apim": {"url": "jdbc:aws-wrapper:mysql://x/y"}}),
            "does not begin with jdbc:mysql:",
        ),
        (
            "mysql",
            json!({"apim": {"url": "jdbc:mysql://x/y", "host": "z"}}),
            "database.apim.url is a whole URL",
        ),
        (
            "mysql",
            json!({"tls": {"mode": "verify-full"}, "apim": {"url": "jdbc:mysql://x/y"}}),
            "database.tls.mode is verify-full, but database.apim.url is a whole URL",
        ),
        (
            "oracle",
            json!({"tls": {"mode": "require"}}),
            "database.tls.mode is require, which the driver of Oracle does not know: use one of disable, verify-ca, verify-full",
        ),
        (
            "mssql",
            json!({"tls": {"mode": "verify-ca"}}),
            "use one of disable, require, verify-full",
        ),
        (
            "mysql",
            json!({"tls": {"caSecret": {"name": "ca"}}}),
            "database.tls names authorities (ca), but database.tls.mode \"\" verifies nothing: set it to verify-full",
        ),
        (
            "mysql",
            json!({"tls": {"mode": "verify-full", "caSecret": {"name": "a"}, "caConfigMap": {"name": "b"}}}),
            "are both set",
        ),
    ];
    for (kind, more, expected) in rows {
        let message = refusal(3, external(kind, more.clone()));
        assert!(message.contains(expected), "{more}: {message}");
    }
}

#[test]
fn a_driver_that_no_row_knows_is_the_users_affair() {
    let more = json!({
        "driver": "software.amazon.jdbc.Driver",
        "apim": {"url": "jdbc:aws-wrapper:mysql://x/apim_db"},
    });
    let release = release(3, external("mysql", more));
    assert_eq!(
        written(toml(&release), "apim_db", "driver"),
        "software.amazon.jdbc.Driver"
    );
}

#[test]
fn an_external_database_gets_no_password_that_it_does_not_know() {
    let mut values = external("postgre", json!({}));
    values["credentials"] = json!({});
    let message = refusal(3, values.clone());
    assert!(
        message.contains("nothing gives apim-db-password, which your database server knows and the chart cannot make up: put it into a Secret and name the Secret in credentials.existingSecret or in credentials.keys.apim-db-password, or set credentials.apimDb.password"),
        "{message}"
    );
    values["credentials"] = json!({"apimDb": {"password": "x"}});
    let message = refusal(3, values);
    assert!(
        message.contains("set credentials.sharedDb.password"),
        "{message}"
    );
}

#[test]
fn what_only_an_external_database_has_is_refused_for_another() {
    for (more, key) in [
        (json!({"host": "db.example.net"}), "database.host"),
        (
            json!({"apim": {"url": "jdbc:mysql://x/y"}}),
            "database.apim.url",
        ),
        (
            json!({"driverJar": {"claim": {"name": "jars", "path": "a.jar"}}}),
            "database.driverJar.claim.name",
        ),
    ] {
        let message = refusal(3, json!({"database": more}));
        assert!(
            message.contains(&format!("{key} is "))
                && message.contains("set database.mode to external"),
            "{message}"
        );
    }
}
