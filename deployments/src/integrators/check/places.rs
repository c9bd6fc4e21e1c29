//! Where clusters run: words of Kubernetes on machines and the other way round, and numbers of nodes.

use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;

use super::super::cluster::Cluster;
use crate::document::Deployment;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// As many nodes as the servers can be in a cluster.
pub(super) fn numbers(
    document: &Loaded<Deployment>,
    cluster: &Cluster<'_>,
    found: &mut Diagnostics,
) {
    let title = &cluster.part.component.title;
    let (least, most) = (cluster.part.member.minimum, cluster.kind.at_most);
    let nodes = cluster.nodes();
    if nodes >= least && most.is_none_or(|most| nodes <= most) {
        return;
    }
    let most = most.map_or(String::new(), |most| format!(" and at most {most}"));
    let message = format!("a cluster has at least {least}{most} nodes of {title}, not {nodes}");
    let said = cluster.said;
    let Some(machines) = cluster.machines else {
        found.push(match &said.replicas {
            Some(replicas) => document.diagnose(replicas, message),
            None => document.diagnose(&said.kind, message),
        });
        return;
    };
    let surplus = cluster.kind.at_most.unwrap_or(least);
    let surplus = machines.nodes(&cluster.name).nth(surplus as usize);
    found.push(match surplus.filter(|_| nodes >= least) {
        Some((host, _, run)) => document.diagnose(run, message).hint(format!(
            "remove {} from the hosts that are too many, such as {}",
            cluster.name, host.value
        )),
        None => document.diagnose(&said.kind, message).hint(format!(
            "hosts with `runs: [{}]` are its nodes",
            cluster.name
        )),
    });
}

/// Words for clusters of Kubernetes in a site of machines, and for machines in one of Kubernetes.
pub(super) fn words(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    cluster: &Cluster<'_>,
    found: &mut Diagnostics,
) {
    let said = cluster.said;
    let artifacts = said.artifacts.as_ref();
    let Some(machines) = &site.site.vm else {
        if let Some(folder) = artifacts.and_then(|it| it.folder.as_ref()) {
            let message = "artifacts.folder is a folder of packs, which machines have";
            let hint = "write `artifacts: {image: …}`, or another of its fields";
            found.push(document.diagnose(folder, message).hint(hint));
        }
        return;
    };
    if let Some(replicas) = &said.replicas {
        let message = format!(
            "the numbers of nodes of site {} follow from its hosts",
            site.name()
        );
        found.push(
            document
                .diagnose(replicas, message)
                .hint("remove `replicas`"),
        );
    }
    if let Some(credentials) = &said.credentials {
        let message = format!(
            "credentials.existingSecret is a Secret of a cluster, and site {} is on machines",
            site.name()
        );
        let hint =
            "remove it: machines have their credentials from variables of Ansible (vm.secrets)";
        let at = &credentials.existing_secret;
        found.push(document.diagnose(at, message).hint(hint));
    }
    let of_clusters = artifacts.into_iter().flat_map(|it| {
        let single = it.image.iter().chain(&it.existing_claim);
        single.chain(&it.config_maps)
    });
    for text in of_clusters {
        let message = format!(
            "site {} is on machines, which get artifacts from the folder of packs",
            site.name()
        );
        let hint = "write `artifacts: {folder: …}`";
        found.push(document.diagnose(text, message).hint(hint));
    }
    let key = said.values.key("networkPolicy");
    if let Some(key) = key.filter(|_| cluster.client_ranges().len() < cluster.clients().count()) {
        let message = "firewalls know the clients of a cluster by ranges of addresses";
        let hint = "write each as `{ipBlock: {cidr: …}}`";
        found.push(document.diagnose(key, message).hint(hint));
    }
    if let (None, Some((key, _))) = (&machines.load_balancer, said.hostnames.iter().next()) {
        let message = "host names need a load balancer, which serves them";
        let hint = "set vm.loadBalancer, or remove `hostnames`: gateways go to the node itself";
        found.push(document.diagnose(key, message).hint(hint));
    }
}

/// On a host nothing keeps servers from each other, and others know it by its address alone: a tenant's cluster is not where those of
/// others are, nor where somebody is who may call them.
pub(super) fn tenants_are_apart(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    clusters: &[Cluster<'_>],
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    let Some(machines) = &site.site.vm else {
        return;
    };
    let domain = |cluster: &Cluster<'_>| cluster.tenant.map(|it| it.domain().to_owned());
    let caller = site.player(&vocabulary.machines.integrators.called_by);
    for (name, host) in machines.hosts.iter() {
        let runs = |what: &str| host.runs.iter().any(|run| run.value.component() == what);
        let balances = machines.load_balancer.iter().any(|it| {
            let mut hosts = it.hosts.value.iter();
            hosts.any(|it| it.value == name.value)
        });
        let here = clusters.iter().filter(|it| runs(&it.name));
        let Some(own) = here.into_iter().find(|it| it.tenant.is_some()) else {
            continue;
        };
        let others = || clusters.iter().filter(|it| domain(it) != domain(own));
        if others().next().is_none() {
            continue;
        }
        let neighbour = others()
            .find(|it| runs(&it.name))
            .map(|it| it.name.as_str());
        let calls = caller.map(|it| it.name()).filter(|it| runs(it));
        let balances = balances.then_some("the load balancer");
        if let Some(beside) = neighbour.or(calls).or(balances) {
            let message = format!(
                "host {} runs {} and {beside}, and nothing there keeps {} apart from others",
                name.value,
                own.name,
                domain(own).unwrap_or_default(),
            );
            let hint = "give the clusters of a tenant hosts of their own";
            found.push(document.diagnose(name, message).hint(hint));
        }
    }
}
