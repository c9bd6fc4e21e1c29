//! How databases of machines are made, as the tree tells people.

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge, configured},
    manifest::{DATABASES, array_at},
};

/// The databases that scripts of the product make, in the order in which they are made: the key of each, and whether its scripts are
/// API Manager's own. Sources: facts/databases.md, facts/integration-and-vm.md#46-database-order.
const MADE: [(&str, bool); 2] = [("shared_db", false), ("apim_db", true)];

/// A type without scripts of its own, and the type whose scripts make it.
const ALIAS: (&str, &str) = ("mariadb", "mysql");

/// The folder of API Manager's own scripts.
const OWN: &str = "/apimgt/";

/// A database, as servers are told of it.
struct Told {
    url: String,
    kind: String,
}

impl Told {
    /// Whether its address has a name.
    fn is_called(&self, name: &str) -> bool {
        let mut parts = self
            .url
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        parts.any(|part| part == name)
    }
}

/// Each script is that of its database, and databases are made in the order that the product's documentation has.
pub(super) fn are_made_as_documented(context: &Context<'_>, judge: &mut Judge<'_>) {
    let told: Vec<Option<Told>> = MADE.iter().map(|(key, _)| told(context, key)).collect();
    let documents = context.manifest.of_kind(DATABASES);
    let mut found = false;
    for object in documents {
        let mut steps: Vec<Step<'_>> = array_at(&object.value, "/steps")
            .iter()
            .filter_map(|step| Step::read(step, &told))
            .collect();
        found |= !steps.is_empty();
        let fault = |step: &Step<'_>, message: String, help: &str| {
            Fault::new(message, help)
                .template(object, step.line)
                .value(step.script)
        };
        for step in &steps {
            let (key, is_own) = MADE[step.at];
            let kind = told[step.at].as_ref().map_or("", |told| told.kind.as_str());
            let (alias, meant) = ALIAS;
            let scripts = if kind == alias { meant } else { kind };
            let is_right = step.script.contains(OWN) == is_own
                && step.script.to_lowercase().contains(&scripts.to_lowercase());
            judge.require(is_right, || {
                let message = format!(
                    "{} is to make {key}, which servers find in a database of type `{kind}`",
                    step.script
                );
                let help = if is_own {
                    "write the script of that type below dbscripts/apimgt"
                } else {
                    "write the script of that type in dbscripts; those below dbscripts/apimgt make apim_db"
                };
                fault(step, message, help)
            });
        }
        // Without numbers people take them as they stand.
        if steps.iter().all(|step| step.number.is_some()) {
            steps.sort_by_key(|step| step.number);
        }
        let late = steps.windows(2).find(|pair| pair[0].at > pair[1].at);
        judge.require(late.is_none(), || {
            let (before, _) = late.map_or(MADE[0], |pair| MADE[pair[0].at]);
            let (after, _) = late.map_or(MADE[1], |pair| MADE[pair[1].at]);
            let message = format!("{before} is made before {after}");
            let help = format!("let the scripts of {after} come first, and number them so");
            match late {
                Some([_, step]) => fault(step, message, &help),
                _ => Fault::new(message, help).object(object),
            }
        });
    }
    judge.applies(found, "the tree names no script of the servers' databases");
}

/// What the first server that opens a database is told of it.
fn told(context: &Context<'_>, key: &str) -> Option<Told> {
    configured(context.graph).find_map(|(_, _, configuration)| {
        let effective = configuration.effective.as_ref()?;
        let text = |of: &str| {
            let found = effective.get(&format!("database.{key}.{of}"))?;
            found.value.scalar_text()
        };
        Some(Told {
            url: text("url")?,
            kind: text("type").unwrap_or_default(),
        })
    })
}

/// A script that somebody is to run for one of these databases.
struct Step<'o> {
    /// Which one, by its place among those that are made.
    at: usize,
    number: Option<u64>,
    script: &'o str,
    line: Option<usize>,
}

impl<'o> Step<'o> {
    /// A step; none where it is about another database.
    fn read(step: &'o Value, told: &[Option<Told>]) -> Option<Self> {
        let words = array_at(step, "/words").iter();
        let words: Vec<&str> = words.filter_map(Value::as_str).collect();
        let is_it = |told: &Option<Told>| {
            let told = told.as_ref();
            told.is_some_and(|told| words.iter().any(|word| told.is_called(word)))
        };
        // A name that both addresses have, as of their host, tells nothing.
        let mut meant = told.iter().enumerate().filter(|(_, told)| is_it(told));
        let (at, _) = meant.next().filter(|_| meant.next().is_none())?;
        Some(Self {
            at,
            number: step["number"].as_u64(),
            script: step["script"].as_str()?,
            line: step["line"]
                .as_u64()
                .and_then(|line| usize::try_from(line).ok()),
        })
    }
}
