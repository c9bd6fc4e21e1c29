//! Host trees: what lies on the machines of a site, read as documents of the same kind that a cluster has, so that the same checks judge both.
//!
//! A tree has `ansible/inventory.yaml` (which hosts there are, at which addresses, and what each runs) and below `hosts/<host>/` what lies on each: units,
//! the environment that they read, what is laid over the pack, the firewall, and the configuration of a load balancer. Nothing else is read, least of all
//! what the tree's maker believes of it.

mod balancer;
mod clusters;
mod databases;
mod documents;
mod environment;
mod firewall;
mod inventory;
mod tree;
mod unit;

pub use clusters::{Cluster, clusters, name_of_unit};
pub use documents::documents;
pub use tree::Tree;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Tree, documents};
    use crate::manifest::{LOAD_BALANCER, MACHINE, Manifest, OVERLAY, UNIT};

    const INVENTORY: &str = "all: {hosts: {lb-1: {ansible_host: 10.0.0.1}, gw-1: {ansible_host: 10.0.0.2, am_components: [{name: gateway}]}}}";
    const UNIT_FILE: &str = "hosts/gw-1/etc/systemd/system/am-gateway.service";

    fn tree(files: &[(&str, &str)]) -> Tree {
        let all = [("ansible/inventory.yaml", INVENTORY)]
            .into_iter()
            .chain(files.iter().copied());
        Tree {
            place: "site".into(),
            files: all
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .collect(),
        }
    }

    #[test]
    fn a_unit_is_a_server_with_its_variables_and_what_lies_over_its_pack() {
        let manifest = documents(
            &tree(&[
                (UNIT_FILE, "[Service]\nExecStart=/opt/am/gateway/current/bin/gateway.sh\nEnvironmentFile=/etc/am/a.env\nEnvironmentFile=/etc/am/b.env\nEnvironmentFile=/etc/am/c.env\n"),
                ("hosts/gw-1/etc/am/a.env", "A=1\n"),
                ("hosts/gw-1/etc/am/b.env.j2", "B=\"{{ b }}\"\n"),
                ("hosts/gw-1/opt/am/gateway/overlay/repository/conf/deployment.toml", "[server]\n"),
                ("hosts/gw-1/opt/am/other/overlay/x", ""),
            ]),
            "dc1",
            None,
        )
        .expect("there is an inventory");
        let unit = manifest.of_kind(UNIT).next().expect("it is there");
        assert_eq!(unit.name(), "gw-1/gateway");
        assert_eq!(unit.value["missing"][0], "/etc/am/c.env");
        let env = &unit.value["spec"]["containers"][0]["env"];
        assert_eq!(env[0]["value"], "1");
        assert!(env[1].get("value").is_none(), "{env}");
        let overlays: Vec<&str> = manifest
            .of_kind(OVERLAY)
            .map(|object| object.template.as_str())
            .collect();
        assert_eq!(
            overlays,
            ["hosts/gw-1/opt/am/gateway/overlay/repository/conf/deployment.toml"]
        );
    }

    #[test]
    fn servers_beside_api_manager_are_clusters_by_the_names_of_their_units() {
        const MI: &str = "[Service]\nExecStart=/opt/am/mi-acme/current/bin/micro-integrator.sh\nTimeoutStopSec=195\n";
        let inventory = "all: {hosts: {one: {ansible_host: 10.0.0.2, am_components: [{name: gateway, start_script: gateway.sh}, \
            {name: mi-acme, start_script: micro-integrator.sh, tenant: acme.example.com}, {name: si, start_script: server.sh}]}}}";
        let files = [
            ("ansible/inventory.yaml", inventory),
            ("hosts/one/etc/systemd/system/am-mi-acme.service", MI),
            (
                "hosts/one/etc/systemd/system/am-gateway.service",
                "[Service]\nExecStart=/opt/am/gateway/current/bin/gateway.sh\n",
            ),
            (
                "hosts/one/opt/am/mi-acme/overlay/conf/deployment.toml",
                "[server]\n",
            ),
        ];
        let tree = tree(&files);
        let clusters = super::clusters(&tree).expect("there is an inventory");
        let told: Vec<(&str, Option<&str>)> = clusters
            .iter()
            .map(|(name, cluster)| (name.as_str(), cluster.tenant.as_deref()))
            .collect();
        assert_eq!(told, [("mi-acme", Some("acme.example.com")), ("si", None)]);
        let of = |cluster| documents(&tree, "dc1", cluster).expect("it is there");
        let units = |manifest: &Manifest| -> Vec<String> {
            let units = manifest.of_kind(UNIT);
            units.map(|unit| unit.name().to_owned()).collect()
        };
        let runs = |manifest: &Manifest| -> usize {
            let machine = manifest.of_kind(MACHINE).next().expect("a host");
            machine.value["components"].as_array().map_or(0, Vec::len)
        };
        let (own, acme) = (of(None), of(Some("mi-acme")));
        let beside = |manifest: &Manifest| units(manifest.beside.as_ref().expect("others"));
        assert_eq!((units(&own), runs(&own)), (vec!["one/gateway".into()], 1));
        assert_eq!(beside(&own), ["one/mi-acme"]);
        assert_eq!((units(&acme), runs(&acme)), (vec!["one/mi-acme".into()], 1));
        assert_eq!(beside(&acme), ["one/gateway"]);
        let unit = acme.of_kind(UNIT).next().expect("it is there");
        assert_eq!(unit.release, "mi-acme");
        assert_eq!(unit.value["spec"]["terminationGracePeriodSeconds"], 195);
        // One that the inventory lists and no host has is a cluster without servers.
        assert!(units(&of(Some("si"))).is_empty());
        assert!(documents(&tree, "dc1", Some("mi-other")).is_err());
    }

    #[test]
    fn a_tree_without_an_inventory_is_refused() {
        let error = documents(&Tree::default(), "dc1", None).expect_err("nobody knows the hosts");
        assert!(error.contains("ansible/inventory.yaml"), "{error}");
        let no_address = BTreeMap::from([(
            "ansible/inventory.yaml".to_owned(),
            "all: {hosts: {a: {}}}".to_owned(),
        )]);
        let tree = Tree {
            place: "site".into(),
            files: no_address,
        };
        let error = documents(&tree, "dc1", None).expect_err("nobody can reach it");
        assert!(error.contains("host a has no ansible_host"), "{error}");
    }

    proptest! {
        #[test]
        fn no_file_of_a_host_breaks_the_reader(text in "[ -~\n{};=,@$\"']{0,200}", nested in 0usize..200) {
            let text = format!("{text}{}", "a {".repeat(nested));
            let files = [UNIT_FILE, "hosts/gw-1/etc/am/a.env", "hosts/lb-1/etc/nftables.d/am.nft", "hosts/lb-1/etc/nginx/nginx.conf", "hosts/gw-1/etc/haproxy/haproxy.cfg"];
            let files: Vec<(&str, &str)> = files.iter().map(|file| (*file, text.as_str())).collect();
            let manifest = documents(&tree(&files), "dc1", None).expect("there is an inventory");
            prop_assert!(manifest.of_kind(LOAD_BALANCER).count() == 2);
        }
    }
}
