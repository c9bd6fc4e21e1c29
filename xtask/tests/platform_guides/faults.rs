//! Every check of guides is able to fail.

use super::guide::Guide;
use super::judge::faults;

const SOUND: &str = r#"
```sh
CHART=charts-out/am-pattern-3
cat >trust.json <<EOF
{"sub": "system:serviceaccount:apim:apim-*"}
EOF
aws iam create-role --policy file://trust.json
kubectl create secret generic --namespace apim apim-keys --from-literal=a=b
kubectl apply -f class.yaml
helm upgrade --install apim "$CHART" --namespace apim --create-namespace -f "$CHART/overlays/dev.yaml" -f my-values.yaml --wait --timeout 10m
```
```yaml
# my-values.yaml
credentials: {existingSecret: apim-keys}
artifacts: {enabled: true, storageClass: apim-efs}
```
```yaml
# class.yaml
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: apim-efs}
provisioner: efs.csi.aws.com
parameters: {directoryPerms: "750"}
```
```yaml
# more.yaml, for am-pattern-3
commonLabels: {team: a}
```
| `am-pattern-3` | `apim-control-plane`, `apim-gateway`, `apim-traffic-manager` |
"#;

/// The faults of the sound guide with one text in place of another.
fn with(text: &str, other: &str) -> Vec<String> {
    assert!(SOUND.contains(text), "{text}");
    faults(&Guide::read("guide.md", &SOUND.replace(text, other)), &[3])
}

#[test]
fn a_sound_guide_has_no_fault() {
    assert_eq!(with("", ""), Vec::<String>::new());
}

#[test]
fn every_fault_of_a_guide_is_told() {
    let cases = [
        // A variable that is never set, a program that is not there, a file that nothing makes, a command that is cut off.
        (
            "file://trust.json",
            "file://$TRUST",
            "TRUST: unbound variable",
        ),
        ("aws iam", "awz iam", "awz: command not found"),
        (
            "file://trust.json",
            "file://rust.json",
            "no file rust.json here",
        ),
        ("EOF\naws", "aws", "no `helm install` or `helm upgrade`"),
        // Values that the chart refuses, by a command of the guide and without one.
        ("existingSecret", "existingSecrets", "existingSecrets"),
        ("commonLabels", "commonLables", "line 25: more.yaml"),
        // Octal permissions, an unknown field, a value of the wrong type.
        (
            "\"750\"",
            "0750",
            "StorageClass apim-efs, /parameters/directoryPerms",
        ),
        ("provisioner:", "provisionor:", "provisionor: unknown field"),
        ("{\"sub\"", "{sub", "trust.json is no JSON"),
        // Names that do not fit what the chart renders, in either direction.
        (
            "apim:apim-*",
            "apim:apim-gateway",
            "ServiceAccount apim-control-plane is given no identity",
        ),
        (
            "apim:apim-*",
            "apim:am-*",
            "the chart has no ServiceAccount am-*",
        ),
        ("`apim-gateway`, ", "", "the table of ServiceAccounts says"),
        // What is used and made by nobody.
        (
            "apim-keys --from",
            "apim-key --from",
            "Secret apim-keys is used",
        ),
        (
            "name: apim-efs}",
            "name: efs}",
            "StorageClass apim-efs is used",
        ),
        // Blocks that nothing would look at.
        ("# more.yaml", "# More", "the first line of a yaml block"),
        ("```sh", "```bash", "not `bash`"),
    ];
    for (text, other, told) in cases {
        let found = with(text, other);
        assert!(
            found.iter().any(|fault| fault.contains(told)),
            "{other}: {found:#?}"
        );
    }
}
