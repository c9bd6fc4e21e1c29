//! The schema Job on a real database: it makes the tables of an empty one before the servers start, and touches no other.

use serde_json::Value;

use super::database_server::{APIM, DatabaseServer, SHARED};
use crate::error::LiveError;
use crate::record::Fault;
use crate::scenario::Stage;

/// The tables are made once, and never again.
pub(in crate::scenario) const MADE_ONCE: &str = "AM-OPS-059";
/// A table of each database that the product's own scripts make.
const TABLES: [(&str, &str); 2] = [(APIM, "am_subscriber"), (SHARED, "um_user")];
/// A table that the suite takes away: a script that runs again makes it anew.
const TAKEN: &str = "am_api";

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
        });
        let is_missing = missing.is_some();
        stage.check(MADE_ONCE, missing);
        if is_missing {
            return Ok(false);
        }
    }
    // An upgrade runs the Job again, first on whole databases, then on one that lacks a table.
    write(
        stage,
        &server,
        "insert into am_subscriber (user_id, tenant_id) values ('kept', 1);",
    )
    .await?;
    for taken in [false, true] {
        if taken {
            write(stage, &server, &format!("drop table {TAKEN};")).await?;
        }
        if !stage.upgrade_main(&Value::Null, MADE_ONCE).await? {
            return Ok(false);
        }
        judge_untouched(stage, &server, taken).await?;
    }
    stage.say("the schema was made once, and no table was touched again");
    Ok(true)
}

async fn write(stage: &Stage, server: &DatabaseServer, statement: &str) -> Result<(), LiveError> {
    match server.run(&stage.lab.api, APIM, statement).await? {
        Some(_) => Ok(()),
        None => Err(LiveError::unavailable(
            format!("the database server refuses `{statement}`"),
            "report this as a bug",
        )),
    }
}

async fn judge_untouched(
    stage: &mut Stage,
    server: &DatabaseServer,
    taken: bool,
) -> Result<(), LiveError> {
    let query = "select user_id from am_subscriber;";
    let rows = server.run(&stage.lab.api, APIM, query).await?;
    let lost = (rows.as_deref() != Some(&["kept".to_owned()])).then(|| {
        Fault::new(
            "an upgrade ran the scripts on a database with tables: what was in it is gone",
            "look for tables first, and leave a database alone that has any",
        )
    });
    stage.check(MADE_ONCE, lost);
    let tables = server.tables(&stage.lab.api, APIM).await?;
    let again = (tables.iter().any(|name| name == TAKEN) == taken).then(|| {
        let what = if taken { "made" } else { "dropped" };
        Fault::new(
            format!("an upgrade {what} table {TAKEN} in a database that has tables"),
            "look for tables first, and leave a database alone that has any",
        )
    });
    stage.check(MADE_ONCE, again);
    Ok(())
}
