//! What a document may not say of machines: each with its place, and what to do.

use crate::refusals::{refused, says};

#[test]
fn a_site_is_in_a_cluster_or_on_machines() {
    let said = refused(
        "vm-pattern-3",
        &[("    vm:\n", "    kubernetes: {namespace: apim}\n    vm:\n")],
    );
    says(
        &said,
        &["d.yaml:8:11: site dc1 needs either `kubernetes` or `vm`, and has both"],
    );
}

#[test]
fn words_of_machines_are_refused_with_the_one_that_was_meant() {
    for (old, new, parts) in [
        (
            "runs: [control-plane]}\n        cp-2",
            "runs: [control-plan]}\n        cp-2",
            &[
                "d.yaml:16:43: unknown component `control-plan`",
                "did you mean `control-plane`?",
            ][..],
        ),
        (
            "kind: haproxy",
            "kind: haproxi",
            &[
                "unknown load balancer `haproxi`",
                "did you mean `haproxy`? accepted are: haproxy, nginx",
            ],
        ),
        (
            "hosts: [lb-1]",
            "hosts: [lb-2]",
            &["unknown host `lb-2`", "did you mean `lb-1`?"],
        ),
        (
            "hosts: [lb-1]",
            "hosts: []",
            &["the load balancer has no host"],
        ),
        (
            "hosts: [lb-1]",
            "hosts: [lb-1, cp-1]",
            &["several hosts balance, and loadBalancer.address does not say"],
        ),
        (
            "cp-1: {address",
            "cp_1: {address",
            &["d.yaml:16:9: `cp_1` cannot be the name of a host: it is no DNS name"],
        ),
        (
            "cp-1: {address",
            "gateway: {address",
            &["host gateway has the name of a group of hosts"],
        ),
        (
            "10.0.1.12",
            "10.0.1.11",
            &["d.yaml:17:25: hosts cp-1 and cp-2 have the same address 10.0.1.11"],
        ),
        (
            "10.0.1.12",
            "cp-2.example.com",
            &[
                "`cp-2.example.com` is no IPv4 address",
                "firewalls know hosts by their addresses",
            ],
        ),
        (
            "        lb-1: {address: 10.0.1.10}\n",
            "        lb-1: {address: 10.0.1.10}\n        idle: {address: 10.0.1.9}\n",
            &["host idle runs nothing"],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [gateway, gateway]",
            &["host gw-1 runs gateway twice"],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [{component: gateway, portOffset: 60000}]",
            &["portOffset 60000 leads to ports above 65535"],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [{component: gateway, offset: 1}]",
            &["a component, or {component: …, portOffset: …}"],
        ),
        (
            "    vm:\n",
            "    vm:\n      user: Root User\n",
            &["`Root User` cannot be a user"],
        ),
        (
            "    vm:\n",
            "    vm:\n      user: root\n",
            &[
                "d.yaml:13:13: servers must not run as `root`",
                "name a user of their own; install.yml makes it where it is not there",
            ],
        ),
        (
            "10.0.1.12",
            "127.0.0.1",
            &[
                "d.yaml:17:25: `127.0.0.1` is for each machine the machine itself, and no other",
                "write a name or an address that the others know",
            ],
        ),
        (
            "hosts: [lb-1]",
            "hosts: [lb-1], address: 10.0.1.31",
            &[
                "loadBalancer.address 10.0.1.31 is that of host gw-1, which does not balance",
                "set it to an address of loadBalancer.hosts, or to one that moves between them, or remove it",
            ],
        ),
        (
            "hosts: [lb-1]",
            "hosts: [lb-1], address: localhost",
            &["`localhost` is for each machine the machine itself, and no other"],
        ),
        (
            "{type: postgre, host: db.plant.example.com}",
            "{type: postgre, host: db.plant.example.com, port: 0}",
            &["d.yaml:11:65: 0 is no port"],
        ),
        (
            "keystores: {existingSecret: keystores}\n",
            "",
            &[
                "d.yaml:9:17: the load balancer of site dc1 verifies the nodes' certificates, and those of the packs are for localhost, with keys that everybody has",
                "write `keystores: {existingSecret: NAME}` for the deployment",
            ],
        ),
        (
            "    vm:\n",
            "    vm:\n      secrets: my-vault\n",
            &["`my-vault` cannot be the beginning of a variable"],
        ),
        (
            "    vm:\n",
            "    vm:\n      packs: packs\n",
            &["`packs` cannot be an absolute path"],
        ),
    ] {
        says(&refused("vm-pattern-3", &[(old, new)]), parts);
    }
}

#[test]
fn a_pattern_has_its_components_in_their_numbers() {
    for (old, new, parts) in [
        (
            "        tm-2: {address: 10.0.1.22, runs: [traffic-manager]}\n",
            "",
            &[
                "d.yaml:8:11: pattern 3 needs at least 2 nodes of traffic-manager, and site dc1 has 1 (tm-1)",
                "add a host with `runs: [traffic-manager]`",
            ][..],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [all-in-one]",
            &[
                "host gw-1 runs all-in-one, which site dc1 does not run",
                "it runs control-plane, traffic-manager and gateway",
                "pattern 3 needs at least 2 nodes of gateway, and site dc1 has 1 (gw-2)",
            ],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [{component: gateway, portOffset: 1}]",
            &[
                "gateway has portOffset 1 on gw-1 and 0 on gw-2: its nodes have one configuration",
                "give it the same on every host",
            ],
        ),
        (
            "10.0.1.31, runs: [gateway]",
            "10.0.1.31, runs: [gateway, traffic-manager]",
            &[
                "host gw-1 runs gateway and traffic-manager, both on port 9443",
                "give one of them a `portOffset`",
            ],
        ),
        (
            "lb-1: {address: 10.0.1.10}",
            "lb-1: {address: 10.0.1.10, runs: [gateway]}",
            &["host lb-1 runs the load balancer and gateway, both on port 9443"],
        ),
        (
            "    vm:\n",
            "    replicas: {gateway: 3}\n    vm:\n",
            &[
                "the numbers of nodes of site dc1 follow from its hosts",
                "remove `replicas`",
            ],
        ),
    ] {
        says(&refused("vm-pattern-3", &[(old, new)]), parts);
    }
    let said = refused(
        "vm-pattern-0",
        &[(
            "runs: [all-in-one]}",
            "runs: [all-in-one]}\n        aio-2: {address: 10.0.9.12, runs: [all-in-one]}",
        )],
    );
    says(
        &said,
        &[
            "pattern 0 has at most 1 node of all-in-one, and this is one more",
            "2 nodes of all-in-one need a load balancer",
        ],
    );
}

#[test]
fn several_nodes_and_host_names_need_a_load_balancer() {
    let balancer = "      loadBalancer: {kind: haproxy, hosts: [lb-1], certificate: /etc/ssl/private/am.pem, backendCa: /etc/ssl/certs/am-ca.pem}\n";
    let host = "        lb-1: {address: 10.0.1.10}\n";
    says(
        &refused("vm-pattern-3", &[(balancer, ""), (host, "")]),
        &[
            "2 nodes of control-plane need a load balancer",
            "set vm.loadBalancer",
            "hostnames of site dc1 need a load balancer, which serves them",
        ],
    );
}

#[test]
fn what_belongs_to_clusters_or_to_several_sites_is_refused() {
    for (old, new, parts) in [
        (
            "productVersion: 4.7.0\n",
            "productVersion: 4.7.0\ncredentials: {existingSecret: apim}\n",
            &[
                "credentials.existingSecret is a Secret of a cluster, and no site is in one",
                "vm.secrets",
            ][..],
        ),
        (
            "    database: {type: postgre, host: db.plant.example.com}\n",
            "",
            &["site dc1 has no database server, which its nodes share"],
        ),
        (
            "    vm:\n",
            "    values: {gateway: {autoscaling: {enabled: true}, jvm: {maximumHeap: 1g}}, networkPolicy: {enabled: true}}\n    vm:\n",
            &[
                "values.gateway.autoscaling.enabled has no effect on machines",
                "values.networkPolicy.enabled has no effect on machines",
            ],
        ),
        (
            "    vm:\n",
            "    values: {gateway: {extraEnv: [{name: A, valueFrom: {configMapKeyRef: {name: a, key: a}}}]}}\n    vm:\n",
            &["the hosts of site dc1 cannot be made: the variable A has no value and no Secret"],
        ),
        (
            "    vm:\n",
            "    values: {gateway: {config: {a: {b: /home/wso2carbon/here}}}}\n    vm:\n",
            &["repository/conf/deployment.toml of gateway names a path of the image"],
        ),
        (
            "    vm:\n",
            "    values: {gateway: {files: {repository/conf/a.json: \"{}\"}}}\n    vm:\n",
            &["repository/conf/a.json of gateway has no comments, and cannot say that it was made"],
        ),
        (
            "    vm:\n",
            "    values: {controlPlane: {config: {apim: {devportal: {url: https://x}}, bad: [1, [2]]}}, database: {parameters: sslmode=x}}\n    vm:\n",
            &[
                "the hosts of site dc1 cannot be made",
                "database.parameters",
            ],
        ),
    ] {
        says(&refused("vm-pattern-3", &[(old, new)]), parts);
    }
}

#[test]
fn a_site_on_machines_beside_others_exposes_ports_that_are_there() {
    let said = refused("vm-region", &[(", ports: {servlet-https: 19443}", "")]);
    says(
        &said,
        &[
            "d.yaml:35:25: servlet-https of gateway is at port 19443 of site ap, not 9443",
            "write `ports: {servlet-https: 19443}`",
        ],
    );
    let said = refused(
        "vm-region",
        &[(
            "        service: {host: gateways.ap",
            "        type: NodePort\n        service: {host: gateways.ap",
        )],
    );
    says(
        &said,
        &[
            "site ap is on machines, which have no Services",
            "remove `type`",
        ],
    );
    let said = refused(
        "vm-region",
        &[(
            "10.50.0.31, runs: [gateway]",
            "10.50.0.31, runs: [gateway, control-plane]",
        )],
    );
    says(
        &said,
        &[
            "host gw-1 runs control-plane, which site ap does not run",
            "it runs traffic-manager and gateway",
        ],
    );
}
