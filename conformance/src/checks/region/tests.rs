//! Two sites of an all-in-one, as somebody wrote them.

use super::{databases::each_has_its_own, shared::nothing_is_of_one_site};
use crate::checks::{
    Check,
    harness::{Case, messages},
};

/// An all-in-one whose password comes from the Secret `credentials`.
fn site(toml: &str, more: &str) -> String {
    let toml =
        format!("[super_admin]\nusername = \"admin\"\npassword = \"$env{{PASSWORD}}\"\n{toml}");
    let toml = toml.replace('\n', "\n    ");
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf, namespace: n}}\ndata:\n  deployment.toml: |\n    {toml}\n---\n\
         {{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: am, namespace: n}}, spec: {{replicas: 1, template: {{metadata: {{labels: {{app: am}}}}, spec: {{\
         volumes: [{{name: c, configMap: {{name: conf}}}}], containers: [{{name: all-in-one, image: wso2/wso2am, \
         env: [{{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: credentials, key: password}}}}}}], \
         volumeMounts: [{{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf}}]}}]}}}}}}}}{more}"
    )
}

fn secret(password: &str) -> String {
    format!(
        "\n---\n{{apiVersion: v1, kind: Secret, metadata: {{name: credentials, namespace: n}}, stringData: {{password: {password}}}}}"
    )
}

fn database(kind: &str, server: &str) -> String {
    format!("[database.apim_db]\ntype = \"{kind}\"\nurl = \"jdbc:postgresql://{server}/apim\"")
}

fn found(check: Check, ours: &str, theirs: &str) -> Vec<String> {
    messages(&Case::documents(ours).with_site("us", theirs).judge(check))
}

#[test]
fn a_secret_that_somebody_else_brings_is_everybodys() {
    let given = site("", "");
    assert_eq!(found(nothing_is_of_one_site, &given, &given), [""; 0]);
}

#[test]
fn a_secret_of_one_release_is_not_that_of_a_site_which_is_given_its_own() {
    let made = site("", &secret("a"));
    let told = found(nothing_is_of_one_site, &made, &site("", ""));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("Secret/credentials, which this site alone makes"),
        "{told:?}"
    );
    assert_eq!(found(nothing_is_of_one_site, &made, &made), [""; 0]);
    let other = found(nothing_is_of_one_site, &made, &site("", &secret("b")));
    assert_eq!(
        other,
        ["`super_admin.password` is not the same as in site us"]
    );
}

#[test]
fn what_another_render_makes_differently_is_of_one_site_alone() {
    let made = site("", &secret("a"));
    let again = site("", &secret("b"));
    let case = Case::documents(&made).with_site("us", &made);
    let found = messages(
        &case
            .varied(move |_| Ok(again.clone()))
            .judge(nothing_is_of_one_site),
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("by chance in Secret/credentials"),
        "{found:?}"
    );
}

#[test]
fn regions_have_servers_of_their_own_of_one_type() {
    let told =
        |ours: &str, theirs: &str| found(each_has_its_own, &site(ours, ""), &site(theirs, ""));
    let eu = database("postgre", "db.eu:5432");
    assert_eq!(told(&eu, &database("postgre", "db.us:5432")), [""; 0]);
    assert!(told(&eu, &eu)[0].contains("db.eu:5432 is the database server of site us, too"));
    assert!(told(&eu, &database("mssql", "db.us:1433"))[0].contains("do not replicate each other"));
    assert!(
        told(&database("mysql", "db.eu:3306"), &eu)[0]
            .contains("type mysql, which does not replicate")
    );
    // A Service is another one in each cluster.
    for name in [
        "database:5432",
        "database.shop.svc:5432",
        "database.shop.svc.cluster.local:5432",
    ] {
        let own = database("postgre", name);
        assert_eq!(told(&own, &own), [""; 0], "{name}");
    }
}
