//! Two clusters of one node each on Docker's network, and the link between them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use crate::api::text;
use crate::cluster::{Kind, own_name};
use crate::error::LiveError;
use crate::memory::{MemoryUse, MemoryWatch};
use crate::options::{Cluster, Options};
use crate::process::{Program, on_path};
use crate::progress::{Progress, Timing};
use crate::scenario::Lab;
use crate::session::{build_images, lab};

/// The clusters, by the contexts that documents name.
const CONTEXTS: [&str; 2] = ["eu", "us"];

/// Both clusters; removed when dropped, unless they are to be kept.
pub(super) struct Clusters {
    all: BTreeMap<&'static str, One>,
    /// The version of Kubernetes.
    pub(super) kubernetes: String,
    /// How long the preparations took.
    pub(super) timings: Vec<Timing>,
    memory: Option<MemoryWatch>,
}

struct One {
    lab: Lab,
    /// The container that is its node.
    node: String,
    /// Where the other cluster reaches that.
    address: String,
    _kind: Kind,
}

impl Clusters {
    /// Makes them side by side, with the images of the stand-ins.
    pub(super) async fn open(
        options: &Options,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, LiveError> {
        let Cluster::Kind(kind) = &options.cluster else {
            return Err(LiveError::usage(
                "regions are played on two clusters that the run makes itself; use --cluster kind",
            ));
        };
        let name = kind.name.clone().unwrap_or_else(own_name);
        let mut plans = Vec::new();
        for context in CONTEXTS {
            let mut own = kind.clone();
            own.name = Some(format!("{name}-{context}"));
            let plan = Kind::plan(&options.workspace, &own, options.keep, progress).await?;
            plans.push(plan.of_one_node());
        }
        let (mut timings, mut last) = (Vec::new(), Instant::now());
        let mut lap = |phase: &str| {
            timings.push(Timing {
                about: "clusters".to_owned(),
                phase: phase.to_owned(),
                took: last.elapsed(),
            });
            last = Instant::now();
        };
        let images = build_images(options, progress).await?;
        lap("build images");
        let made = plans.into_iter().map(Kind::create);
        let made = futures_util::future::try_join_all(made).await?;
        progress.say("clusters", "two kind clusters are ready");
        lap("create clusters");
        if let Some((_folder, archive)) = &images {
            let loaded = made.iter().map(|kind| kind.load(archive));
            futures_util::future::try_join_all(loaded).await?;
        }
        lap("load images");
        let (mut all, mut nodes, mut kubernetes) = (BTreeMap::new(), Vec::new(), String::new());
        for (context, kind) in CONTEXTS.into_iter().zip(made) {
            let (lab, version) = lab(options, &kind.access(), progress).await?;
            kubernetes = version;
            let node = kind.nodes().await?.swap_remove(0);
            nodes.push(node.clone());
            let address = address(&lab).await?;
            progress.say(context, &format!("{node} has the address {address}"));
            let one = One {
                lab,
                node,
                address,
                _kind: kind,
            };
            all.insert(context, one);
        }
        Ok(Self {
            all,
            kubernetes,
            timings,
            memory: MemoryWatch::start(nodes).await,
        })
    }

    /// The cluster of a context.
    pub(super) fn lab(&self, context: &str) -> Result<&Lab, LiveError> {
        let one = self.all.get(context).ok_or_else(|| {
            LiveError::usage(format!(
                "there is no cluster {context}; known are {}",
                CONTEXTS.join(" and ")
            ))
        })?;
        Ok(&one.lab)
    }

    /// The addresses of the clusters' nodes, by context.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.all.iter();
        all.map(|(context, one)| (*context, one.address.as_str()))
    }

    /// Memory of both nodes, where it was watched.
    pub(super) fn memory(&self) -> Option<MemoryUse> {
        self.memory.as_ref().map(MemoryWatch::seen)
    }

    /// Cuts the link: the last cluster's node drops what is for another one's, and so both lose each other without a word.
    pub(super) async fn cut(&self) -> Result<(), LiveError> {
        self.route("add").await
    }

    /// Mends it.
    pub(super) async fn heal(&self) -> Result<(), LiveError> {
        self.route("del").await
    }

    async fn route(&self, change: &str) -> Result<(), LiveError> {
        const HINT: &str = "the node needs `ip`, which every node image of kind has";
        let docker = on_path("docker").unwrap_or_else(|| Path::new("docker").to_owned());
        let mut all = self.all.values().rev();
        let Some(here) = all.next() else {
            return Ok(());
        };
        for there in all {
            let command = Program::new(&docker, HINT)
                .args(["exec", &here.node, "ip", "route", change, "blackhole"])
                .arg(&there.address);
            command.run().await?;
        }
        Ok(())
    }
}

/// The address of a cluster's only node.
async fn address(lab: &Lab) -> Result<String, LiveError> {
    let nodes = lab.api.list("/api/v1/nodes").await?;
    let addresses = nodes
        .iter()
        .filter_map(|node| node.pointer("/status/addresses")?.as_array())
        .flatten();
    let is_internal = |address: &&Value| {
        text(address, "/type") == "InternalIP" && text(address, "/address").contains('.')
    };
    let mut internal = addresses.filter(is_internal);
    let found = internal.next().map(|it| text(it, "/address").to_owned());
    found.ok_or_else(|| {
        LiveError::unavailable(
            "a node of a new kind cluster has no IPv4 address",
            "let Docker's network kind have one",
        )
    })
}
