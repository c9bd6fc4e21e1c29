//! A component that every check of the family passes, and changes that each must notice.

use am_deployment_toml::product::ProductVersion;

use crate::{
    Outcome,
    checks::harness::{Subject, ids_of, messages},
    requirement::Family,
};

const GOOD: &str = r#"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cp}
spec:
  replicas: 2
  podManagementPolicy: Parallel
  template:
    metadata:
      labels: {app: cp, app.kubernetes.io/component: control-plane}
      annotations: {checksum/configuration: 0a1b2c3d4e5f6071}
    spec:
      terminationGracePeriodSeconds: 90
      topologySpreadConstraints:
        - {topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app: cp}}}
        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: cp}}}
      volumes: [{name: configuration, configMap: {name: cp-config}}]
      containers:
        - name: control-plane
          image: wso2am-acp:4.7.0
          env: [{name: JVM_MEM_OPTS, value: -Xms1024m -Xmx1536m}]
          ports: [{name: servlet-https, containerPort: 9443}, {name: servlet-http, containerPort: 9763}]
          startupProbe: {tcpSocket: {port: servlet-https}, failureThreshold: 60}
          livenessProbe: {httpGet: {path: /services/Version, port: 9763}}
          readinessProbe: {exec: {command: [/bin/bash, -c, '[ "$(curl --write-out "%{http_code}" http://localhost:9763/services/Version)" = 200 ]']}}
          lifecycle: {preStop: {exec: {command: [/bin/sleep, '15']}}}
          resources: {requests: {cpu: 1, memory: 2Gi}, limits: {memory: 2176Mi}}
          volumeMounts: [{name: database, mountPath: /home/wso2carbon/solr/database}]
  volumeClaimTemplates: [{metadata: {name: database}, spec: {accessModes: [ReadWriteOnce]}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cp-config}
data: {a: b}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: cp}
spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: cp}}}
"#;

fn outcome(version: ProductVersion, id: &str, documents: &str) -> Outcome {
    Subject {
        version,
        ..Subject::default()
    }
    .judge_requirement(id, documents)
}

fn judge(id: &str, documents: &str) -> Vec<String> {
    messages(&outcome(ProductVersion::newest(), id, documents))
}

#[test]
fn a_sound_component_passes_every_check() {
    let mut judged = 0;
    for id in ids_of(Family::Operations) {
        if matches!(
            id.as_str(),
            "AM-OPS-004"
                | "AM-OPS-006"
                | "AM-OPS-016"
                | "AM-OPS-017"
                | "AM-OPS-022"
                | "AM-OPS-023"
                | "AM-OPS-024"
                | "AM-OPS-025"
                | "AM-OPS-026"
                | "AM-OPS-028"
                | "AM-OPS-029"
                | "AM-OPS-031"
                | "AM-OPS-037"
                | "AM-OPS-041"
        ) {
            continue;
        }
        let outcome = outcome(ProductVersion::newest(), &id, GOOD);
        if !matches!(outcome, Outcome::NotApplicable { .. }) {
            assert_eq!(messages(&outcome), Vec::<String>::new(), "{id}");
            judged += 1;
        }
    }
    assert!(judged > 20, "only {judged} requirements were judged");
}

#[test]
fn a_volume_where_the_node_keeps_nothing_is_found() {
    let configured = |location: &str| {
        let toml = format!(
            "[database.local]\\nurl = \\\"jdbc:h2:{location}/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE\\\"\\n"
        );
        GOOD.replace("data: {a: b}", &format!("data: {{deployment.toml: \"{toml}\"}}")).replace(
            "volumeMounts: [",
            "volumeMounts: [{name: configuration, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml, subPath: deployment.toml}, ",
        )
    };
    let good = configured("/home/wso2carbon/solr/database");
    assert_eq!(judge("AM-OPS-022", &good), Vec::<String>::new());
    let elsewhere = configured("/home/wso2carbon/solxr/database");
    assert!(judge("AM-OPS-022", &elsewhere)[0].contains("keeps nothing there"));
}

#[test]
fn a_node_behind_a_service_waits_before_it_stops() {
    let service = "---\n{apiVersion: v1, kind: Service, metadata: {name: cp}, spec: {selector: {app: cp}, ports: [{port: 9443}]}}\n";
    let served = format!("{GOOD}{service}");
    assert_eq!(judge("AM-OPS-017", &served), Vec::<String>::new());
    let at_once = served.replace("lifecycle: {preStop", "other: {preStop");
    assert!(judge("AM-OPS-017", &at_once)[0].contains("stops at once"));
}

#[test]
fn each_check_notices_its_fault() {
    let version = "/services/Version, port: 9763";
    let cases = [
        (
            "AM-OPS-032",
            "livenessProbe: {",
            "livenessProbe: {failureThreshold: 1, ",
            "gives up after 10 s",
        ),
        (
            "AM-OPS-033",
            "readinessProbe: {",
            "readinessProbe: {failureThreshold: 13, ",
            "gives up only after 130 s",
        ),
        (
            "AM-OPS-036",
            "{name: database, mountPath",
            "{name: other, mountPath",
            "no container mounts it",
        ),
        (
            "AM-OPS-019",
            "startupProbe: {",
            "startupProbe: {periodSeconds: 100, ",
            "only every 100 s",
        ),
        (
            "AM-OPS-020",
            "unhealthyPodEvictionPolicy: AlwaysAllow, ",
            "",
            "never drained",
        ),
        (
            "AM-OPS-021",
            "podManagementPolicy: Parallel",
            "podManagementPolicy: OrderedReady",
            "one after the other",
        ),
        (
            "AM-OPS-001",
            "readinessProbe",
            "readyProbe",
            "no readinessProbe",
        ),
        (
            "AM-OPS-002",
            "failureThreshold: 60",
            "failureThreshold: 3",
            "gives up after 30 s",
        ),
        (
            "AM-OPS-002",
            "startupProbe",
            "noProbe",
            "gives up after 30 s",
        ),
        (
            "AM-OPS-003",
            version,
            "/services/Version, port: 9443",
            "speaks HTTPS",
        ),
        (
            "AM-OPS-003",
            version,
            "/api/am/gateway/v2/server-startup-healthcheck, port: 9763",
            "has nothing at",
        ),
        (
            "AM-OPS-003",
            version,
            "/services/Version, port: 8243",
            "listens on port 8243",
        ),
        (
            "AM-OPS-003",
            "tcpSocket: {port: servlet-https}",
            "exec: {command: [bash, -c, '</dev/tcp/localhost/8243']}",
            "listens on port 8243",
        ),
        (
            "AM-OPS-003",
            "http://localhost:9763",
            "http://localhost:9443",
            "speaks HTTPS",
        ),
        (
            "AM-OPS-003",
            "localhost:9763/services/Version",
            "localhost:9763/api/am/gateway/v2/server-startup-healthcheck",
            "has nothing at",
        ),
        (
            "AM-OPS-027",
            "\"%{http_code}\"",
            "x",
            "does not compare the status",
        ),
        (
            "AM-OPS-005",
            "terminationGracePeriodSeconds: 90",
            "terminationGracePeriodSeconds: 75",
            "killed 75 s after",
        ),
        (
            "AM-OPS-007",
            "limits: {memory: 2176Mi}",
            "limits: {cpu: 2}",
            "no limits.memory",
        ),
        ("AM-OPS-007", "cpu: 1, ", "", "no requests.cpu"),
        (
            "AM-OPS-008",
            "-Xmx1536m",
            "-Xmx1537m",
            "memory limit is 2176 MiB",
        ),
        ("AM-OPS-034", "-Xms1024m", "-Xms2g", "refuses to start"),
        ("AM-OPS-035", "-Xms1024m", "-Xms3g", "are requested"),
        (
            "AM-OPS-009",
            "maxUnavailable: 1",
            "minAvailable: 2",
            "lets none",
        ),
        (
            "AM-OPS-010",
            "selector: {matchLabels: {app: cp}}}\n",
            "selector: {matchLabels: {app: x}}}\n",
            "no PodDisruptionBudget",
        ),
        (
            "AM-OPS-011",
            "topology.kubernetes.io/zone",
            "topology.kubernetes.io/region",
            "one zone",
        ),
        (
            "AM-OPS-012",
            "kubernetes.io/hostname, labelSelector: {matchLabels: {app: cp}}",
            "kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}",
            "one Kubernetes node",
        ),
        (
            "AM-OPS-013",
            "replicas: 2",
            "replicas: 2\n  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}",
            "all 2 pods",
        ),
        (
            "AM-OPS-014",
            "checksum/configuration: 0a1b2c3d4e5f6071",
            "a: b",
            "no checksum",
        ),
        (
            "AM-OPS-015",
            "ReadWriteOnce",
            "ReadWriteMany",
            "any pod may write",
        ),
    ];
    for (id, from, to, part) in cases {
        assert!(GOOD.contains(from), "{id}: {from}");
        let found = judge(id, &GOOD.replacen(from, to, 1));
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{id} {to}: {found:?}"
        );
    }
}

#[test]
fn an_image_that_ignores_sigterm_needs_a_hook_that_stops_its_server() {
    let older = |documents: &str| {
        messages(&outcome(
            "4.5.0".parse().expect("a version"),
            "AM-OPS-006",
            documents,
        ))
    };
    assert_eq!(older(GOOD).len(), 1);
    let stops = GOOD.replace(
        "[/bin/sleep, '15']",
        "[bash, -c, 'sleep 15; $WSO2_SERVER_HOME/bin/api-cp.sh stop']",
    );
    assert_eq!(older(&stops), Vec::<String>::new());
    let newer = outcome(ProductVersion::newest(), "AM-OPS-006", GOOD);
    assert_eq!(messages(&newer), Vec::<String>::new());
    // A replaced entrypoint loses what the image does about SIGTERM.
    let replaced = GOOD.replace(
        "name: control-plane\n",
        "name: control-plane\n          command: [sh, start.sh]\n",
    );
    assert_eq!(judge("AM-OPS-006", &replaced).len(), 1);
}

#[test]
fn a_gateway_is_ready_when_its_apis_are_deployed() {
    let gateway = |path: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: gw}}\nspec:\n  template:\n    metadata: {{labels: {{app.kubernetes.io/component: gateway}}}}\n    spec:\n      containers: [{{name: gateway, image: 'wso2am-universal-gw:4.7.0', readinessProbe: {{httpGet: {{path: {path}, port: 9443, scheme: HTTPS}}}}}}]"
        )
    };
    assert_eq!(judge("AM-OPS-004", &gateway("/services/Version")).len(), 1);
    let path = "/api/am/gateway/v2/server-startup-healthcheck";
    for id in ["AM-OPS-003", "AM-OPS-004"] {
        assert_eq!(judge(id, &gateway(path)), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn a_login_page_makes_no_gateway_ready() {
    let path = "https://localhost:9443/api/am/gateway/v2/server-startup-healthcheck";
    let gateway = |probe: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: gw}}\nspec:\n  template:\n    metadata: {{labels: {{app.kubernetes.io/component: gateway}}}}\n    spec:\n      containers: [{{name: gateway, image: 'wso2am-universal-gw:4.7.0', readinessProbe: {{{probe}}}}}]"
        )
    };
    let asked = |script: &str| {
        judge(
            "AM-OPS-026",
            &gateway(&format!(
                "exec: {{command: [bash, -c, '{}']}}",
                script.replace('\'', "''")
            )),
        )
    };
    let good = format!("[ $(curl -sk -o /dev/null -w '%{{http_code}}' {path}) = 200 ]");
    assert_eq!(asked(&good), Vec::<String>::new());
    let followed = gateway(&format!(
        "exec: {{command: [bash, -c, '{}']}}",
        good.replace("-sk", "-skL").replace('\'', "''")
    ));
    assert!(judge("AM-OPS-037", &followed)[0].contains("follows redirects"));
    assert!(asked(&format!("curl --fail -k {path}"))[0].contains("does not compare"));
    let by_kubelet =
        "httpGet: {path: /api/am/gateway/v2/server-startup-healthcheck, port: 9443, scheme: HTTPS}";
    assert!(judge("AM-OPS-026", &gateway(by_kubelet))[0].contains("is an httpGet"));
}

#[test]
fn a_heap_that_is_a_share_of_the_limit_leaves_room_as_well() {
    let share = |percent: &str| {
        GOOD.replace(
            "-Xms1024m -Xmx1536m",
            &format!("-XX:MaxRAMPercentage={percent}"),
        )
    };
    assert_eq!(judge("AM-OPS-008", &share("70.0")), Vec::<String>::new());
    assert_eq!(judge("AM-OPS-008", &share("75.0")).len(), 1);
}

#[test]
fn two_deployments_with_one_node_each_are_judged_together() {
    let deployment = |node: u8, strategy: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: tm-{node}}}\nspec:\n  replicas: 1\n  strategy: {{type: {strategy}}}\n  template:\n    metadata: {{labels: {{deployment: tm}}}}\n    spec:\n      affinity: {{podAntiAffinity: {{preferredDuringSchedulingIgnoredDuringExecution: [{{podAffinityTerm: {{topologyKey: topology.kubernetes.io/zone, labelSelector: {{matchLabels: {{deployment: tm}}}}}}}}]}}}}\n      containers: [{{name: tm, image: 'wso2am-tm:4.7.0'}}]"
        )
    };
    let both = |strategy: &str| {
        format!(
            "{}\n---\n{}",
            deployment(1, strategy),
            deployment(2, strategy)
        )
    };
    assert_eq!(judge("AM-OPS-013", &both("Recreate")).len(), 2);
    assert_eq!(
        judge("AM-OPS-013", &both("RollingUpdate")),
        Vec::<String>::new()
    );
    assert_eq!(
        judge("AM-OPS-011", &both("RollingUpdate")),
        Vec::<String>::new()
    );
}

#[test]
fn a_claim_that_several_nodes_write_is_reported() {
    let shared = GOOD
        .replace(
            "volumes: [",
            "volumes: [{name: database, persistentVolumeClaim: {claimName: all}}, ",
        )
        .replace("volumeClaimTemplates", "noTemplates");
    assert_eq!(judge("AM-OPS-015", &shared).len(), 1);
}

#[test]
fn a_check_that_finds_nothing_to_look_at_does_not_apply() {
    let bare = "apiVersion: v1\nkind: Service\nmetadata: {name: a}";
    for id in ids_of(Family::Operations) {
        let outcome = Subject::default().judge_requirement(&id, bare);
        assert!(
            matches!(outcome, Outcome::NotApplicable { .. }),
            "{id}: {outcome:?}"
        );
    }
}
