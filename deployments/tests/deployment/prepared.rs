//! What the README tells people to prepare and to do, before and after an installation.

use crate::refusals::says;
use crate::support::{changed, example, made};

fn readme(name: &str, changes: &[(&str, &str)]) -> String {
    let files = made("d.yaml", &changed(&example(name), changes)).expect("it is made");
    String::from_utf8(files["README.md"].clone()).expect("text")
}

#[test]
fn a_namespace_and_secrets_come_first_with_the_commands_that_make_them() {
    says(
        &readme("single", &[]),
        &[
            "Secret `apim-keystores` with `client-truststore.jks`, `wso2carbon.jks`\n",
            "Secret `shop-tls` with `tls.crt`, `tls.key`, named by Ingress ",
            "kubectl create namespace apim\nkubectl --namespace apim create secret generic apim-credentials --from-env-file=apim-credentials.env\n\
             kubectl --namespace apim create secret generic apim-keystores --from-file=client-truststore.jks --from-file=wso2carbon.jks\n",
        ],
    );
    says(
        &readme("geo-regional", &[]),
        &[
            "ConfigMap `rds-ca` with `ca.crt`, named by ",
            "kubectl --context prod-us create namespace apim\n",
        ],
    );
}

#[test]
fn who_uses_a_database_server_needs_its_driver() {
    let lacks = "The images carry no driver of PostgreSQL: write `database.driverJar` into the values of `shop`,";
    says(&readme("single", &[]), &[lacks]);
    let values = "    values:\n";
    let brought = "    values:\n      database: {driverJar: {url: \"https://repo.example.com/postgresql.jar\", sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}\n";
    assert!(!readme("single", &[(values, brought)]).contains("carry no driver"));
    // Two data centres, of which one has the databases.
    let centralised = readme("centralised", &[]);
    assert_eq!(centralised.matches("carry no driver").count(), 1);
    assert!(!readme("vm-pattern-3", &[]).contains("carry no driver"));
}

#[test]
fn a_name_that_nothing_answers_is_told_of() {
    let unanswered = "| `am.shop.example.com` | Portals and management APIs of main: nothing of the release answers it: write `exposure` into the `values` of main";
    assert!(!readme("single", &[]).contains("nothing of the release"));
    let routes =
        "\n      exposure: {ingress: {enabled: true, controller: nginx, tlsSecret: shop-tls}}";
    says(&readme("single", &[(routes, "")]), &[unanswered]);
}

#[test]
fn servers_register_their_services_once_their_users_are_there() {
    says(
        &readme("standard-ha-multitenancy", &[]),
        &[
            "sites/main/install.sh CHARTS\n# The first time: now make the tenants, and the users that register services; then let the servers register them:\n\
             kubectl --namespace apim rollout restart deployment,statefulset --selector app.kubernetes.io/component=micro-integrator\n",
        ],
    );
    assert!(!readme("single", &[]).contains("rollout restart"));
}

#[test]
fn a_site_on_machines_names_its_variables() {
    says(
        &readme("vm-pattern-3", &[]),
        &[
            "variables of Ansible, `vault_admin_password`, `vault_admin_username`, `vault_apim_db_password`",
        ],
    );
}
