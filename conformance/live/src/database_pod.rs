//! A database server for several releases, played by a stand-in, and the Service by which they know it.

use serde_json::{Value, json};

/// What the server is called.
pub(crate) const DATABASE: &str = "database-server";

/// The pod and the Service `host` at `port`, each with the folder of the API that it goes to. `image` is one of the product's own,
/// which holds the program.
pub(crate) fn database_pod(host: &str, port: u16, image: &str) -> [(&'static str, Value); 2] {
    let labels = json!({"app": DATABASE});
    let start = format!(
        "exec java -cp \"$WSO2_SERVER_HOME\"/repository/components/plugins/h2-engine_*.jar org.h2.tools.Server \
         -tcp -tcpAllowOthers -tcpPort {port} -baseDir /databases -ifNotExists"
    );
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": DATABASE, "labels": labels},
        "spec": {
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 10001, "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "server", "image": image, "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/bash", "-c", start],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "databases", "mountPath": "/databases"}],
            }],
            "volumes": [{"name": "databases", "emptyDir": {}}],
        },
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": host},
        "spec": {"selector": labels, "ports": [{"port": port, "protocol": "TCP"}]},
    });
    [("pods", pod), ("services", service)]
}
