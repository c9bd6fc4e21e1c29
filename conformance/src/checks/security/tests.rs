//! A pod that every check of the family passes, and changes that each must notice.

use crate::{
    Outcome,
    checks::harness::{Subject, ids_of, messages},
    requirement::Family,
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
    messages(&Subject::default().judge_requirement(id, documents))
}

#[test]
fn a_hardened_release_passes_every_check() {
    for id in ids_of(Family::Security) {
        // Whose image is not the vendor's may run as anybody, nothing claims a volume or is a test, and no server reads a Secret.
        if ["AM-SEC-022", "AM-SEC-023", "AM-SEC-024", "AM-SEC-025"].contains(&id.as_str()) {
            continue;
        }
        assert_eq!(judge(&id, GOOD), Vec::<String>::new(), "{id}");
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
    for id in ids_of(Family::Security) {
        let outcome = Subject::default().judge_requirement(&id, bare);
        assert!(
            matches!(outcome, Outcome::NotApplicable { .. }),
            "{id}: {outcome:?}"
        );
    }
}

#[test]
fn an_image_is_pinned_by_a_tag_or_a_digest() {
    let judged = |image: &str| {
        judge(
            "AM-SEC-017",
            &GOOD.replace("wso2am-universal-gw:4.7.0", &format!("'{image}'")),
        )
    };
    let digest = format!("wso2am@sha256:{}", "a".repeat(64));
    for image in [
        "wso2/wso2am:4.7.0",
        "registry:5000/x/wso2am:4.7.0.12",
        &digest,
    ] {
        assert_eq!(judged(image), Vec::<String>::new(), "{image}");
    }
    for (image, told) in [
        ("", "no name"),
        ("/", "no name"),
        ("wso2/wso2am", "no tag"),
        ("wso2am:latest", "tag moves"),
        ("wso2am:", "no tag"),
        ("r:5000/wso2am", "no tag"),
        ("wso2am:<TAG>", "placeholder"),
        ("wso2am@<ACP_IMAGE_DIGEST>", "digest is none"),
    ] {
        let found = judged(image);
        assert!(
            found.len() == 1 && found[0].contains(told),
            "{image}: {found:?}"
        );
    }
}

#[test]
fn the_vendors_images_run_as_their_owner_and_others_as_anybody() {
    let judged = |image: &str, context: &str| {
        let document = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{template: {{spec: {{securityContext: {context}, containers: [{{name: a, image: '{image}'}}]}}}}}}}}"
        );
        let outcome = Subject::default().judge_requirement("AM-SEC-022", &document);
        outcome.findings().len()
    };
    for (image, context, faults) in [
        ("wso2/wso2am:4.7.0", "{runAsUser: 10001}", 0),
        ("wso2/wso2am:4.7.0", "{}", 0),
        ("docker.io/wso2/wso2am:4.7.0", "{runAsUser: 10002}", 1),
        (
            "mirror.example.com/apim/wso2am:4.7.0",
            "{runAsUser: 10002}",
            0,
        ),
    ] {
        assert_eq!(judged(image, context), faults, "{image} {context}");
    }
}

/// A gateway that is given a password, and a configuration of another server.
fn with_password(toml: &str, script: &str) -> String {
    format!(
        r"
apiVersion: apps/v1
kind: Deployment
metadata: {{name: gw}}
spec:
  template:
    metadata: {{labels: {{app.kubernetes.io/component: gateway}}}}
    spec:
      containers:
        - name: gateway
          image: wso2am-universal-gw:4.7.0
          env:
            - {{name: AM_SHARED_DB_PASSWORD, valueFrom: {{secretKeyRef: {{name: credentials, key: password}}}}}}
            - {{name: AM_ADMIN_PASSWORD, valueFrom: {{secretKeyRef: {{name: credentials, key: admin}}}}}}
          volumeMounts:
            - {{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml, subPath: deployment.toml}}
      volumes: [{{name: c, configMap: {{name: gw}}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: gw}}
data:
  deployment.toml: '{toml}'
  start.sh: '{script}'
"
    )
}

#[test]
fn a_password_of_a_database_that_nobody_reads_is_found() {
    let none = r#"[server]
    hostname = "gw""#;
    let found = judge("AM-SEC-025", &with_password(none, "exit"));
    assert!(
        found.len() == 1 && found[0].contains("is given AM_SHARED_DB_PASSWORD"),
        "{found:?}"
    );
    let read = r#"database.shared_db.password = "$env{AM_SHARED_DB_PASSWORD}""#;
    assert_eq!(judge("AM-SEC-025", &with_password(read, "exit")), [""; 0]);
    let script = "echo $AM_SHARED_DB_PASSWORD";
    assert_eq!(judge("AM-SEC-025", &with_password(none, script)), [""; 0]);
}
