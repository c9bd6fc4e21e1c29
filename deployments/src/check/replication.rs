//! Sites whose databases replicate each other: each has its own, of a kind that can, and all serve the same.

use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;

use crate::document::Deployment;
use crate::site_values::SiteValues;
use crate::sites::Placed;
use crate::vocabulary::{Topology, Vocabulary};

/// Checks what such sites must have in common, and what not.
pub(super) fn check(
    document: &Loaded<Deployment>,
    topology: &Topology,
    sites: &[Placed<'_>],
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    if !topology.replicated_databases {
        return;
    }
    for (index, site) in sites.iter().enumerate() {
        let before = &sites[..index];
        database(document, site, before, vocabulary, found);
        environment(document, site, before, found);
    }
}

fn database(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    before: &[Placed<'_>],
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    let kinds: Vec<&str> = vocabulary.replicated_database_scripts.names().collect();
    let Some(database) = &site.site.database else {
        let message = format!(
            "site {} has no database server: what is made in one site reaches the others by replication",
            site.name()
        );
        let hint = format!("write `database: {{type: {}, host: …}}`", kinds[0]);
        found.push(document.diagnose(&site.site.name, message).hint(hint));
        return;
    };
    if !kinds.contains(&database.kind.value.as_str()) {
        let message = format!(
            "{} is not among the databases that replicate between sites",
            database.kind.value
        );
        let hint = format!("accepted are: {}", kinds.join(", "));
        found.push(document.diagnose(&database.kind, message).hint(hint));
    }
    for other in before {
        let Some(theirs) = &other.site.database else {
            continue;
        };
        if theirs.host.value == database.host.value
            && theirs.port.as_ref().map(|it| it.value) == database.port.as_ref().map(|it| it.value)
        {
            let message = format!(
                "sites {} and {} have the same database server {}",
                other.name(),
                site.name(),
                database.host.value
            );
            let hint = "give each a server of its own: a site goes on while the others are away";
            found.push(document.diagnose(&database.host, message).hint(hint));
        }
    }
    if let Some(other) = before
        .first()
        .and_then(|other| other.site.database.as_ref())
        && other.kind.value != database.kind.value
    {
        let message = format!(
            "{} and {} do not replicate each other",
            other.kind.value, database.kind.value
        );
        found.push(
            document
                .diagnose(&database.kind, message)
                .hint("use one kind for all sites"),
        );
    }
}

/// Gateways deploy the APIs of their environment, and an API is deployed to it once for all sites.
fn environment(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    before: &[Placed<'_>],
    found: &mut Diagnostics,
) {
    let name = |site: &Placed<'_>| {
        site.site
            .environment
            .as_ref()
            .map(|it| it.name.value.clone())
    };
    let Some(first) = before.first().filter(|first| name(first) != name(site)) else {
        return;
    };
    let said =
        |name: Option<String>| name.map_or("the usual one".to_owned(), |it| format!("`{it}`"));
    let message = format!(
        "the gateways of site {} serve another environment ({}) than those of site {} ({}): an API deployed to one would be missing in the other",
        site.name(),
        said(name(site)),
        first.name(),
        said(name(first))
    );
    let at = site
        .site
        .environment
        .as_ref()
        .map_or(&site.site.name, |it| &it.name);
    found.push(
        document
            .diagnose(at, message)
            .hint("give all sites the same, or none"),
    );
}

/// Refuses values that do not go with the topology.
pub(crate) fn values(
    document: &Loaded<Deployment>,
    topology: &Topology,
    sites: &[Placed<'_>],
    values: &[SiteValues],
    found: &mut Diagnostics,
) {
    if !topology.replicated_databases {
        return;
    }
    for (site, values) in sites.iter().zip(values) {
        if values.effective["database"]["schemaJob"]["enabled"] == true {
            let message = format!(
                "database.schemaJob of site {} runs the scripts for a database that nothing replicates",
                site.name()
            );
            let at = site.site.values.key("database").unwrap_or(&site.site.name);
            let hint = "set database.schemaJob.enabled to false, and run the scripts that README.md of the deployment names";
            found.push(document.diagnose(at, message).hint(hint));
        }
    }
}
