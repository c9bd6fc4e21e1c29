//! Databases in a folder, each in the file that H2 would keep it in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::groups::Group;
use super::records::{Answer, Question, Records, Request};

/// Who asks: a connection, which ends when its server does, and the server's pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) connection: u64,
    pub(crate) pod: String,
}

/// The databases of a server.
#[derive(Debug)]
pub(crate) struct Databases {
    folder: PathBuf,
    open: BTreeMap<String, Open>,
}

#[derive(Debug, Default)]
struct Open {
    records: Records,
    /// Who fills the database at this moment.
    initialising: Option<Filling>,
    /// Nodes that agree on one of them, by the group's name. Not kept: they beat anew.
    groups: BTreeMap<String, Group>,
}

/// A server that fills a database.
#[derive(Debug)]
struct Filling {
    by: Asker,
    /// Pod of the server that ran into it.
    met: Option<String>,
}

impl Databases {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            open: BTreeMap::new(),
        }
    }

    /// Answers a question. What it changes is in the file when it returns; a file that cannot be written is told once
    /// a change, and the database goes on from memory.
    pub(crate) fn answer(&mut self, asker: &Asker, question: Question) -> Answer {
        let Question { database, request } = question;
        let file = self.folder.join(format!("{database}.mv.db"));
        let open = self.open.entry(database).or_insert_with(|| Open {
            // What H2's script runner made holds none of this: such a database is empty.
            records: std::fs::read(&file)
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default(),
            ..Open::default()
        });
        let before = open.records.clone();
        let answer = open.answer(asker, request);
        if open.records != before
            && let Err(error) = save(&file, &open.records)
        {
            eprintln!("H2: {}: {error}", file.display());
        }
        answer
    }

    /// Takes over what other servers' databases of the same names hold, as replication does, and tells what each holds then.
    pub(crate) fn replicate(
        &mut self,
        others: BTreeMap<String, Records>,
    ) -> BTreeMap<String, Records> {
        for (name, records) in others {
            let file = self.folder.join(format!("{name}.mv.db"));
            let open = self.open.entry(name).or_default();
            open.records.merge(records);
            if let Err(error) = save(&file, &open.records) {
                eprintln!("H2: {}: {error}", file.display());
            }
        }
        let open = self.open.iter();
        open.map(|(name, open)| (name.clone(), open.records.clone()))
            .collect()
    }

    /// A connection ended: what its server was filling is filled by nobody.
    pub(crate) fn leave(&mut self, connection: u64) {
        for open in self.open.values_mut() {
            if open
                .initialising
                .as_ref()
                .is_some_and(|filling| filling.by.connection == connection)
            {
                open.initialising = None;
            }
        }
    }
}

impl Open {
    fn answer(&mut self, asker: &Asker, request: Request) -> Answer {
        match request {
            // Check, then insert, and no lock between them: two servers that start on an empty database within each
            // other's start run into the other's rows, and the later one fails on a unique key. Source: seen on 4.5.0
            // (facts: observed-on-the-product.md, What breaks, 2).
            Request::Start => match &mut self.initialising {
                _ if self.records.initialised => Answer::Ready,
                Some(filling) if filling.by.pod != asker.pod => {
                    filling.met = Some(asker.pod.clone());
                    Answer::Clash {
                        with: filling.by.pod.clone(),
                    }
                }
                _ => {
                    self.initialising = Some(Filling {
                        by: asker.clone(),
                        met: None,
                    });
                    Answer::Initialise
                }
            },
            Request::Filling => {
                let met = self.initialising.as_ref().and_then(|filling| {
                    let met = filling.met.clone();
                    met.filter(|_| filling.by.pod == asker.pod)
                });
                met.map_or(Answer::Initialise, |with| Answer::Clash { with })
            }
            Request::Started => {
                self.initialising = None;
                self.records.initialised = true;
                Answer::Ready
            }
            Request::Read => Answer::Records {
                records: self.records.clone(),
            },
            Request::Deploy {
                name,
                environments,
                endpoint,
            } => Answer::Deployed {
                api: self.records.deploy(&name, environments, endpoint),
            },
            Request::RegisterServices {
                tenant,
                services,
                by,
            } => {
                self.records.register_services(&tenant, services, &by);
                Answer::Ready
            }
            Request::Beat {
                group,
                member,
                patience_ms,
            } => {
                let group = self.groups.entry(group).or_default();
                group.beat(member, patience_ms, Instant::now())
            }
            Request::Enrol { user, digest } => {
                self.records.accounts.insert(user, digest);
                Answer::Ready
            }
            Request::Register { id, document } => Answer::Registered {
                outcome: self.records.register(id.as_deref(), document),
            },
            Request::Revoke { token } => {
                self.records.revoked_tokens.insert(token);
                Answer::Ready
            }
        }
    }
}

/// Writes beside the file and renames, so that a server that is killed leaves a whole file.
fn save(file: &PathBuf, records: &Records) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, serde_json::to_vec(records)?)?;
    std::fs::rename(fresh, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(connection: u64, pod: &str) -> Asker {
        Asker {
            connection,
            pod: pod.to_owned(),
        }
    }

    fn ask(databases: &mut Databases, asker: &Asker, request: Request) -> Answer {
        let database = "shared_db".to_owned();
        databases.answer(asker, Question { database, request })
    }

    #[test]
    fn the_later_of_two_first_starts_clashes_until_the_database_is_filled() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("shared_db.mv.db"), "").expect("what a script made");
        let mut databases = Databases::new(folder.path());
        let (first, second) = (asker(1, "cp-0"), asker(2, "cp-1"));
        assert_eq!(
            ask(&mut databases, &first, Request::Start),
            Answer::Initialise
        );
        assert_eq!(
            ask(&mut databases, &second, Request::Start),
            Answer::Clash {
                with: "cp-0".to_owned()
            }
        );
        let met = Answer::Clash {
            with: "cp-1".to_owned(),
        };
        assert_eq!(ask(&mut databases, &first, Request::Filling), met);
        ask(&mut databases, &first, Request::Started);
        assert_eq!(ask(&mut databases, &second, Request::Start), Answer::Ready);
        let mut restarted = Databases::new(folder.path());
        assert_eq!(ask(&mut restarted, &second, Request::Start), Answer::Ready);
    }

    #[test]
    fn a_server_that_dies_while_it_fills_the_database_leaves_it_to_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut databases = Databases::new(folder.path());
        ask(&mut databases, &asker(1, "cp-0"), Request::Start);
        let nobody = ask(&mut databases, &asker(1, "cp-0"), Request::Filling);
        assert_eq!(nobody, Answer::Initialise);
        databases.leave(1);
        assert_eq!(
            ask(&mut databases, &asker(2, "cp-1"), Request::Start),
            Answer::Initialise
        );
    }

    #[test]
    fn what_another_server_holds_is_taken_over_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut databases = Databases::new(folder.path());
        let hub = asker(1, "cp-0");
        let deploy = |name: &str| Request::Deploy {
            name: name.to_owned(),
            environments: ["Default".to_owned()].into(),
            endpoint: None,
        };
        ask(&mut databases, &hub, deploy("here"));
        let mut there = Records::default();
        there.deploy("there", ["Default".to_owned()].into(), None);
        let all = databases.replicate([("shared_db".to_owned(), there)].into());
        let names: Vec<_> = all["shared_db"].apis.keys().collect();
        assert_eq!(names, ["here", "there"]);
        let mut restarted = Databases::new(folder.path());
        let Answer::Records { records } = ask(&mut restarted, &hub, Request::Read) else {
            panic!("no records");
        };
        assert_eq!(records, all["shared_db"]);
    }

    #[test]
    fn what_is_stored_is_there_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut databases = Databases::new(folder.path());
        let (name, token) = ("pizza".to_owned(), "stolen".to_owned());
        let environments = ["Default".to_owned()].into();
        let hub = asker(1, "cp-0");
        let endpoint = None;
        let deploy = Request::Deploy {
            name,
            environments,
            endpoint,
        };
        ask(&mut databases, &hub, deploy);
        ask(&mut databases, &hub, Request::Revoke { token });
        let mut restarted = Databases::new(folder.path());
        let Answer::Records { records } = ask(&mut restarted, &hub, Request::Read) else {
            panic!("no records");
        };
        assert!(records.apis.contains_key("pizza") && records.revoked_tokens.contains("stolen"));
    }
}
