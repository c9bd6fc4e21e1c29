//! Paths into a server's home lead into the one that the image has: it is called after distribution and version.

use std::{collections::BTreeSet, sync::LazyLock};

use am_deployment_toml::value::Value as TomlValue;
use am_product::{Distribution, Image, Product};
use am_suggest::near;
use regex::Regex;
use serde_json::Value;

use crate::{
    checks::containers::{self, Entry, Placed},
    context::{Context, Fault, Judge, configured},
    graph::MountedFile,
};

/// A folder of the user's home that has a version in its name, with what its name says.
static FOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let image = Image::of_the_product();
    let home = regex::escape(&image.home);
    let variables = image.home_variables.join("|");
    let name = r"([A-Za-z][A-Za-z0-9-]*)-\d+(?:\.\d+)+";
    Regex::new(&format!(
        r#"(?:{home}|\$\{{?(?:{variables})\}}?"?)/({name})(?:[^A-Za-z0-9._-]|$)"#
    ))
    .ok()
});

/// The homes of servers that a text names and that are not the one of the product.
fn others(text: &str, product: Product) -> BTreeSet<&str> {
    let Some(pattern) = FOLDER.as_ref() else {
        return BTreeSet::new();
    };
    let own = product.home_name();
    let of_the_product = |one: &Distribution| one.is_of_the_product_of(product.distribution);
    let packs = || {
        Distribution::all()
            .filter(of_the_product)
            .map(Distribution::pack)
    };
    pattern
        .captures_iter(text)
        .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str())))
        .filter(|(name, _)| *name != own)
        .filter(|(_, pack)| Distribution::of_image(pack).is_some() || near(pack, packs()).is_some())
        .map(|(name, _)| name)
        .collect()
}

pub(super) fn are_the_images(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut told = BTreeSet::new();
    for one in containers::all(context) {
        let Some(product) = one.product else {
            continue;
        };
        judge.looked();
        in_container(&one, product, judge);
        for text in texts(context, &one) {
            in_text(context, (&one, product), text, &mut told, judge);
        }
    }
    in_configurations(context, judge);
}

/// What a container reads of objects of the releases, apart from the configuration, whose keys are judged one by one.
fn texts<'a>(context: &Context<'a>, one: &Placed<'a>) -> Vec<(String, Entry<'a>)> {
    let is_configuration = |file: &MountedFile<'_>| {
        configured(context.graph).any(|(_, _, configuration)| {
            std::ptr::eq(configuration.object, file.object) && configuration.data_key == file.key
        })
    };
    let files = one.files(context).into_iter();
    let files = files
        .filter(|file| !is_configuration(file))
        .filter_map(|file| {
            let keys = context.manifest.texts_of(file.object);
            let (key, text) = keys.into_iter().find(|(key, _)| *key == file.key)?;
            Some((
                "a file of".to_owned(),
                Entry {
                    object: file.object,
                    key,
                    text: text?,
                },
            ))
        });
    let variables = one.variables_of_objects(context).into_iter();
    let variables = variables.map(|(name, text)| (format!("the variable {name} of"), text));
    files.chain(variables).collect()
}

fn fault<'a>(where_: &str, name: &str, product: Product) -> Fault<'a> {
    let home = product.home();
    let folder = &Image::of_the_product().home;
    Fault::new(
        format!(
            "{where_} names {folder}/{name}, which its image does not have: its server is in {home}"
        ),
        format!("write {home}, or WSO2_SERVER_HOME where a shell reads it"),
    )
}

fn in_container(one: &Placed<'_>, product: Product, judge: &mut Judge<'_>) {
    let mut texts = Vec::new();
    collect("", one.container.value, &mut texts);
    if one.is_server {
        // Injectors of sidecars are told by annotations where files go.
        texts.extend(one.workload.pod.annotations());
    }
    for (field, text) in texts {
        for name in others(text, product) {
            let place = format!("`{field}` of {}", one.title());
            judge.fault(
                fault(&place, name, product)
                    .object(one.workload.object)
                    .field(field)
                    .value(text),
            );
        }
    }
}

/// Every text below a value, with the name of the field that it is in.
fn collect<'v>(field: &'v str, value: &'v Value, found: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::String(text) => found.push((field, text)),
        Value::Array(items) => items.iter().for_each(|item| collect(field, item, found)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| collect(name, value, found)),
        _ => {}
    }
}

fn in_text<'a>(
    context: &Context<'a>,
    (one, product): (&Placed<'a>, Product),
    (what, text): (String, Entry<'a>),
    told: &mut BTreeSet<(String, String, String)>,
    judge: &mut Judge<'_>,
) {
    let object = text.object;
    let reference = object.reference().to_string();
    let code = text
        .text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    for line in code {
        for name in others(line, product) {
            if !told.insert((reference.clone(), text.key.to_owned(), name.to_owned())) {
                continue;
            }
            let chart = context.charts.get(&object.chart);
            let place = chart.and_then(|chart| chart.line_that_makes(&object.template, line));
            let whose = format!("`{}` in {reference}, {what} {},", text.key, one.title());
            judge.fault(
                fault(&whose, name, product)
                    .template(object, place)
                    .value(line.trim()),
            );
        }
    }
}

fn in_configurations(context: &Context<'_>, judge: &mut Judge<'_>) {
    let servers = containers::servers(context);
    for (node, component, configuration) in configured(context.graph) {
        let member = context.graph.member(node.id);
        let mut servers = servers.iter();
        let server =
            servers.find(|(one, _)| std::ptr::eq(one.workload.object, member.workload.object));
        let (Some((_, product)), Ok(document)) = (server, &configuration.document) else {
            continue;
        };
        for entry in document.entries() {
            let TomlValue::String(text) = &entry.value else {
                continue;
            };
            for name in others(text, *product) {
                let place = format!("`{}` of the {}", entry.path, component.title());
                judge.fault(
                    fault(&place, name, *product)
                        .at(configuration, entry.path.to_string(), Some(entry.span))
                        .value(text.clone()),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    const HOME: &str = "/home/wso2carbon/wso2am-universal-gw-4.7.0";

    fn found(container: &str, file: &str) -> Vec<String> {
        let documents = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}, data: {{run.sh: '{file}'}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{volumes: [{{name: v, configMap: {{name: m}}}}], \
             containers: [{{name: c, image: 'r/wso2am-universal-gw-jdbc:4.7.0-3', {container}, volumeMounts: [{{name: v, mountPath: /scripts}}]}}]}}}}}}}}"
        );
        messages(&Subject::default().judge_requirement("AM-DIST-008", &documents))
    }

    #[test]
    fn the_home_of_the_image_and_other_folders_pass() {
        for good in [
            format!("args: ['{HOME}/bin']"),
            "env: [{name: A, value: /home/wso2carbon/jdk-21.0.5/bin}]".to_owned(),
            "env: [{name: A, value: '/tmp/wso2am-4.6.0/x'}]".to_owned(),
        ] {
            assert_eq!(
                found(&good, "# was /home/wso2carbon/wso2am-4.6.0"),
                [""; 0],
                "{good}"
            );
        }
    }

    #[test]
    fn homes_of_other_distributions_and_versions_are_found_wherever_they_stand() {
        for bad in [
            "args: [/home/wso2carbon/wso2am-4.7.0/bin]",
            "env: [{name: A, value: '-Dx=/home/wso2carbon/wso2am-universal-gw-4.6.0/x'}]",
            "lifecycle: {preStop: {exec: {command: [sh, -c, 'ls ${WORKING_DIRECTORY}/wso2am-universl-gw-4.7.0/bin']}}}",
        ] {
            assert_eq!(found(bad, "").len(), 1, "{bad}");
        }
        let script = "ls $HOME/wso2am-tm-4.7.0/bin";
        assert_eq!(found("args: [a]", script).len(), 1);
        let variables = "envFrom: [{configMapRef: {name: m}}]";
        assert_eq!(found(variables, script).len(), 1, "once for one line");
    }
}
