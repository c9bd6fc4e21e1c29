//! Claims that only a volume which is already there can satisfy.

use serde_json::Value;

use super::{quantities::amount, references::under_other_names};
use crate::{
    context::{Context, Fault, Judge},
    manifest::{LabelSelector, Manifest, Object, array_at, str_at, strings_at},
};

/// A claim, or the template of claims.
struct Claim<'a> {
    object: &'a Object,
    spec: &'a Value,
    /// How messages name it.
    title: String,
    name: Option<&'a str>,
}

impl<'a> Claim<'a> {
    fn all(manifest: &'a Manifest) -> Vec<Self> {
        let mut found = Vec::new();
        for object in &manifest.objects {
            if object.kind() == "PersistentVolumeClaim" {
                found.extend(object.value.get("spec").map(|spec| Self {
                    object,
                    spec,
                    title: object.reference().to_string(),
                    name: Some(object.name()),
                }));
            }
            for template in array_at(&object.value, "/spec/volumeClaimTemplates") {
                let name = str_at(template, "/metadata/name").unwrap_or_default();
                found.extend(template.get("spec").map(|spec| Self {
                    object,
                    spec,
                    title: format!("the claim template `{name}` of {}", object.reference()),
                    name: None,
                }));
            }
        }
        found
    }

    /// The volume that it names.
    fn volume(&self) -> Option<&'a str> {
        str_at(self.spec, "/volumeName").filter(|name| !name.is_empty())
    }

    fn class(&self) -> Option<&'a str> {
        str_at(self.spec, "/storageClassName")
    }

    fn selector(&self) -> Option<LabelSelector<'a>> {
        self.spec
            .get("selector")
            .map(LabelSelector)
            .filter(|selector| !selector.is_empty())
    }

    /// Whether no provisioner makes a volume for it.
    fn is_static(&self, manifest: &Manifest) -> bool {
        let has_no_provisioner = |class: &Object| {
            Some(class.name()) == self.class()
                && class.str("/provisioner") == Some("kubernetes.io/no-provisioner")
        };
        self.volume().is_some()
            || self.selector().is_some()
            || self.class() == Some("")
            || manifest.of_kind("StorageClass").any(has_no_provisioner)
    }

    /// Why a volume does not satisfy it.
    fn problem_with(&self, volume: &Object) -> Option<String> {
        let name = volume.name();
        let class = volume.str("/spec/storageClassName").unwrap_or_default();
        if let Some(own) = self.class().filter(|own| *own != class) {
            return Some(format!(
                "is of class `{own}`, and the volume `{name}` of class `{class}`"
            ));
        }
        let mode = |value: &Value| {
            str_at(value, "/volumeMode")
                .unwrap_or("Filesystem")
                .to_owned()
        };
        let of_volume = volume.value.get("spec").unwrap_or(&Value::Null);
        if mode(self.spec) != mode(of_volume) {
            return Some(format!(
                "is of mode {}, and the volume `{name}` of mode {}",
                mode(self.spec),
                mode(of_volume)
            ));
        }
        let modes: Vec<&str> = texts(of_volume, "/accessModes");
        if let Some(missing) = texts(self.spec, "/accessModes")
            .into_iter()
            .find(|mode| !modes.contains(mode))
        {
            return Some(format!(
                "wants {missing}, and the volume `{name}` has only {}",
                modes.join(", ")
            ));
        }
        let wanted = self.spec.pointer("/resources/requests/storage");
        let size = of_volume.pointer("/capacity/storage");
        if let (Some(wanted), Some(size)) = (wanted, size)
            && let (Some(more), Some(less)) = (amount(wanted), amount(size))
            && more > less
        {
            return Some(format!(
                "wants {}, and the volume `{name}` has {}",
                plain(wanted),
                plain(size)
            ));
        }
        if self
            .selector()
            .is_some_and(|selector| !selector.matches(&volume.labels()))
        {
            return Some(format!(
                "selects labels that the volume `{name}` does not have"
            ));
        }
        let bound = str_at(of_volume, "/claimRef/name")?;
        let namespace = str_at(of_volume, "/claimRef/namespace").unwrap_or_default();
        let is_its =
            self.name.is_none_or(|own| own == bound) && namespace == self.object.namespace();
        (!is_its).then(|| {
            format!("wants the volume `{name}`, which is kept for the claim `{namespace}/{bound}`")
        })
    }
}

fn texts<'a>(value: &'a Value, at: &str) -> Vec<&'a str> {
    array_at(value, at)
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn volumes_satisfy_claims(context: &Context<'_>, judge: &mut Judge<'_>) {
    let manifest = context.manifest;
    let claims = Claim::all(manifest);
    let elsewhere = context
        .variations
        .and_then(|variations| under_other_names(manifest, variations))
        .unwrap_or_default();
    let elsewhere = Claim::all(&elsewhere);
    for (index, claim) in claims.iter().enumerate() {
        if !claim.is_static(manifest) || manifest.is_partial(&claim.object.release) {
            continue;
        }
        let earlier = claims[..index]
            .iter()
            .find(|earlier| claim.volume().is_some() && earlier.volume() == claim.volume());
        let problem = match earlier {
            Some(earlier) => Some(format!(
                "names the volume `{}` as {} does, and a volume is for one claim",
                claim.volume().unwrap_or_default(),
                earlier.title
            )),
            None => problem(manifest, claim, &elsewhere),
        };
        judge.require(problem.is_none(), || {
            let field = match () {
                () if claim.volume().is_some() => "volumeName",
                () if claim.selector().is_some() => "selector",
                () => "storageClassName",
            };
            Fault::new(
                format!("{} {}: it waits for ever, and so do its pods", claim.title, problem.unwrap_or_default()),
                "make claim and volume agree in class, access modes, size and labels, or leave volumeName and selector out and name a class with a provisioner",
            )
            .object(claim.object)
            .field(field)
        });
    }
}

/// Why no volume of the releases satisfies a claim. Where the releases have none that is meant for it, the cluster may: a name or
/// selector that is the same under another release name is the user's.
fn problem(manifest: &Manifest, claim: &Claim<'_>, elsewhere: &[Claim<'_>]) -> Option<String> {
    let volumes: Vec<&Object> = manifest.of_kind("PersistentVolume").collect();
    if let Some(name) = claim.volume() {
        if let Some(volume) = volumes.iter().find(|volume| volume.name() == name) {
            return claim.problem_with(volume);
        }
        let meant = am_suggest::near(name, volumes.iter().map(|volume| volume.name()));
        let is_given = elsewhere.iter().any(|other| other.volume() == Some(name));
        let hint = meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
        return (!is_given || meant.is_some())
            .then(|| format!("names the volume `{name}`, which no release makes{hint}"));
    }
    let class = claim.class().unwrap_or_default();
    let candidates: Vec<&Object> = volumes
        .into_iter()
        .filter(|volume| volume.str("/spec/storageClassName").unwrap_or_default() == class)
        .collect();
    let problems: Option<Vec<String>> = candidates
        .iter()
        .map(|volume| claim.problem_with(volume))
        .collect();
    if let Some(problem) = problems?.into_iter().next() {
        return Some(problem);
    }
    let selector = claim.spec.get("selector");
    let selector = selector.filter(|_| claim.selector().is_some())?;
    let mut others = elsewhere.iter();
    let is_given = others.any(|other| other.spec.get("selector") == Some(selector));
    let labels: Vec<String> = strings_at(selector, "/matchLabels")
        .into_iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    (!is_given).then(|| {
        format!(
            "selects a volume by {}, and no release makes one",
            labels.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::volumes_satisfy_claims;
    use crate::{
        checks::harness::{Case, messages},
        variation::Variation,
    };

    /// What is said of a claim beside a volume `v` of 2Gi, class `manual`, for one node.
    fn judged(spec: &'static str) -> Vec<String> {
        let volume = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, labels: {for: REL}}, spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], storageClassName: manual}}";
        let write = move |variation: &Variation| {
            let release = variation.release.as_deref().unwrap_or("r");
            format!("{volume}\n---\n{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c}}, spec: {spec}}}").replace("REL", release)
        };
        let case = Case::documents(&write(&Variation::default()))
            .varied(move |variation| Ok(write(variation)));
        case.judge(volumes_satisfy_claims)
            .findings()
            .iter()
            .map(|finding| finding.message.clone())
            .collect()
    }

    #[test]
    fn a_claim_that_its_volume_cannot_satisfy_is_found() {
        for (spec, says) in [
            (
                "{volumeName: v, storageClassName: '', accessModes: [ReadWriteOnce]}",
                "class",
            ),
            (
                "{volumeName: v, storageClassName: manual, accessModes: [ReadWriteMany]}",
                "ReadWriteMany",
            ),
            (
                "{volumeName: v, storageClassName: manual, resources: {requests: {storage: 5Gi}}}",
                "2Gi",
            ),
            (
                "{volumeName: v, storageClassName: manual, volumeMode: Block}",
                "Block",
            ),
            (
                "{storageClassName: manual, selector: {matchLabels: {for: other}}}",
                "labels",
            ),
            (
                "{storageClassName: other, selector: {matchLabels: {for: REL-data}}}",
                "for: r-data",
            ),
            (
                "{volumeName: REL-data, storageClassName: ''}",
                "no release makes",
            ),
        ] {
            let found = judged(spec);
            assert!(
                found.len() == 1 && found[0].contains(says),
                "{spec}: {found:?}"
            );
        }
    }

    #[test]
    fn a_claim_that_is_satisfied_or_that_the_cluster_may_satisfy_passes() {
        for spec in [
            "{volumeName: v, storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}",
            "{storageClassName: manual, selector: {matchLabels: {for: REL}}}",
            "{volumeName: given-by-somebody, storageClassName: ''}",
            "{storageClassName: gp3, resources: {requests: {storage: 5Gi}}}",
            "{storageClassName: other, selector: {matchLabels: {for: apim}}}",
        ] {
            assert_eq!(judged(spec), Vec::<String>::new(), "{spec}");
        }
    }

    #[test]
    fn two_claims_for_one_volume_are_found() {
        let claim = |name: &str| {
            format!(
                "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: {name}}}, spec: {{volumeName: v}}}}"
            )
        };
        let documents = format!("{}\n---\n{}", claim("a"), claim("b"));
        let case = Case::documents(&documents).varied(move |_| Ok(documents.clone()));
        let found = messages(&case.judge(volumes_satisfy_claims));
        assert!(
            found.len() == 1 && found[0].contains("claim/b") || found[0].contains("Claim/b"),
            "{found:?}"
        );
    }
}
