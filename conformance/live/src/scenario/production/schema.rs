//! The schema Job on a real database: it makes the tables of an empty one before the servers start, and touches no other.

use serde_json::Value;

use super::database_server::{self, APIM, DatabaseServer, SHARED};
use crate::error::LiveError;
use crate::record::Fault;
use crate::scenario::Stage;

/// The tables are made once, and never again.
pub(in crate::scenario) const MADE_ONCE: &str = "AM-OPS-059";
/// A table of each database that the product's own scripts make.
const TABLES: [(&str, &str); 2] = [(APIM, "am_subscriber"), (SHARED, "um_user")];
/// What somebody has written since, with names as the scripts write them: MariaDB knows no others. A script that runs again drops it, or writes beside it.
const CHANGES: [&str; 2] = [
    "insert into AM_SUBSCRIBER (user_id, tenant_id) values ('kept', 1);",
    "update IDN_BASE_TABLE set product_name = 'changed';",
];
const KEPT: [(&str, &str); 2] = [
    ("select user_id from AM_SUBSCRIBER;", "kept"),
    ("select product_name from IDN_BASE_TABLE;", "changed"),
];

pub(in crate::scenario) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let Some(server) = stage.database.clone() else {
        let reason = "the release brings its own database";
        stage.record.not_applicable(MADE_ONCE, reason);
        return Ok(true);
    };
    for (database, table) in TABLES {
        let tables = server.tables(&stage.lab.api, database).await?;
        let missing = (!tables.iter().any(|name| name == table)).then(|| {
            Fault::new(
                format!(
                    "database {database} has no table {table} when the servers are ready; it has {}",
                    tables.join(", ")
                ),
                "run the product's script before the servers start",
            )
            .at("Pod", database_server::NAME)
        });
        let is_missing = missing.is_some();
        stage.check(MADE_ONCE, missing);
        if is_missing {
            return Ok(false);
        }
    }
    for change in CHANGES {
        if server.run(&stage.lab.api, APIM, change).await?.is_none() {
            return Err(LiveError::unavailable(
                format!("the database server refuses `{change}`"),
                "report this as a bug",
            ));
        }
    }
    // An upgrade runs the Job again.
    if !stage.upgrade_main(&Value::Null, MADE_ONCE).await? {
        return Ok(false);
    }
    judge_untouched(stage, &server).await?;
    stage.say("the schema was made once, and an upgrade touched nothing");
    Ok(true)
}

async fn judge_untouched(stage: &mut Stage, server: &DatabaseServer) -> Result<(), LiveError> {
    for (query, wanted) in KEPT {
        let rows = server.run(&stage.lab.api, APIM, query).await?;
        let lost = (rows.as_deref() != Some(&[wanted.to_owned()])).then(|| {
            Fault::new(
                format!(
                    "an upgrade changed a database with tables: `{query}` gives {rows:?}, and was {wanted}"
                ),
                "look for tables first, and leave a database alone that has any",
            )
            .at("Pod", database_server::NAME)
        });
        stage.check(MADE_ONCE, lost);
    }
    Ok(())
}
