//! A pod that every check of the family passes, and changes that each must notice.

use super::CHECKS;
use crate::{
    Outcome,
    checks::harness::{Subject, messages},
};

const GOOD: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: gw}
spec:
  template:
    metadata: {labels: {app: gw, app.kubernetes.io/component: gateway}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: gateway
          image: wso2am-universal-gw:4.7.0
          args: ['--debug', '5005']
          env:
            - {name: JAVA_OPTS, value: -Xmx1g}
            - {name: AM_ADMIN_PASSWORD, valueFrom: {secretKeyRef: {name: credentials, key: admin-password}}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: files}
data: {a.properties: 'store.password=${AM_STORE_PASSWORD}'}
---
apiVersion: v1
kind: Secret
metadata: {name: credentials}
data: {admin-password: aHVudGVyMg==}
";

fn judge(id: &str, documents: &str) -> Vec<String> {
    let check = CHECKS
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, check)| *check)
        .expect("the check exists");
    messages(&Subject::default().judge(id, check, documents))
}

#[test]
fn a_hardened_release_passes_every_check() {
    // Whose image is not the vendor's may run as anybody.
    for (id, _) in CHECKS.iter().filter(|(id, _)| *id != "AM-SEC-022") {
        assert_eq!(judge(id, GOOD), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn each_check_notices_its_fault() {
    let cases = [
        ("AM-SEC-003", "drop: [ALL]", "drop: [KILL]"),
        ("AM-SEC-012", "allowPrivilegeEscalation: false, ", ""),
        ("AM-SEC-013", "runAsNonRoot: true, ", ""),
        ("AM-SEC-015", "runAsNonRoot: true", "runAsUser: 10001"),
        (
            "AM-SEC-016",
            "automountServiceAccountToken: false",
            "hostname: a",
        ),
        ("AM-SEC-017", "gw:4.7.0", "gw:latest"),
        ("AM-SEC-018", "${AM_STORE_PASSWORD}", "hunter2"),
        (
            "AM-SEC-019",
            "valueFrom: {secretKeyRef: {name: credentials, key: admin-password}}",
            "value: hunter2",
        ),
        (
            "AM-SEC-019",
            "-Xmx1g",
            "-Djavax.net.ssl.trustStorePassword=hunter2",
        ),
        (
            "AM-SEC-020",
            "['--debug', '5005']",
            "['--password', hunter2]",
        ),
        (
            "AM-SEC-020",
            "['--debug', '5005']",
            "[-c, 'curl -u admin:hunter2 http://a']",
        ),
        (
            "AM-SEC-020",
            "['--debug', '5005']",
            "['--admin=$(AM_ADMIN_PASSWORD)']",
        ),
        ("AM-SEC-021", "aHVudGVyMg==", "YWRtaW4="),
        (
            "AM-SEC-021",
            "data: {admin-password: aHVudGVyMg==}",
            "stringData: {keystore-password: wso2carbon}",
        ),
    ];
    for (id, from, to) in cases {
        assert!(GOOD.contains(from), "{id}: {from}");
        assert_eq!(judge(id, &GOOD.replace(from, to)).len(), 1, "{id}: {to}");
    }
}

#[test]
fn no_finding_tells_the_secret() {
    let leaky = GOOD
        .replace("${AM_STORE_PASSWORD}", "hunter2")
        .replace("['--debug', '5005']", "['--password', hunter2]");
    for id in ["AM-SEC-018", "AM-SEC-020"] {
        for message in judge(id, &leaky) {
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}

#[test]
fn the_service_account_may_refuse_the_token_for_its_pods() {
    let by_account = GOOD.replace(
        "automountServiceAccountToken: false",
        "serviceAccountName: gw",
    ) + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: gw}\nautomountServiceAccountToken: false\n";
    assert_eq!(judge("AM-SEC-016", &by_account), Vec::<String>::new());
}

#[test]
fn a_check_that_finds_nothing_to_look_at_does_not_apply() {
    let bare = "apiVersion: v1\nkind: Service\nmetadata: {name: a}";
    for (id, check) in CHECKS {
        let outcome = Subject::default().judge(id, *check, bare);
        assert!(
            matches!(outcome, Outcome::NotApplicable { .. }),
            "{id}: {outcome:?}"
        );
    }
}
