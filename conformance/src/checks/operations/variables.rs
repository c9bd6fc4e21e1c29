//! Variables of a server whose names are almost those that the image's scripts read, so that nobody reads them.

use std::sync::LazyLock;

use am_product::{Distribution, Image};
use am_suggest::near;
use regex::Regex;
use serde_json::Value;

use crate::{
    checks::containers::{self, Placed},
    context::{Context, Fault, Judge},
    manifest::{EnvSource, Object},
};

/// A variable of a container.
struct Variable<'a> {
    name: String,
    /// Its value, as far as it is written.
    value: &'a str,
    /// Where it is written.
    object: &'a Object,
}

pub(super) fn are_not_almost_right(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (one, _) in &containers::servers(context) {
        let variables = variables(context, one);
        let read = texts(context, one);
        for variable in &variables {
            let is_read = read.iter().any(|text| names(text, &variable.name));
            let meant = meant_by(variable, one, &variables).filter(|_| !is_read);
            judge.require(meant.is_none(), || {
                Fault::new(
                    format!(
                        "{} has the variable `{}`, which no script of the image reads",
                        one.title(),
                        variable.name
                    ),
                    format!("did you mean `{}`?", meant.unwrap_or_default()),
                )
                .object(variable.object)
                .field(variable.name.clone())
                .value(variable.name.clone())
            });
        }
    }
}

fn variables<'a>(context: &Context<'a>, one: &Placed<'a>) -> Vec<Variable<'a>> {
    let object = one.workload.object;
    let own = one.container.env().into_iter().map(|variable| Variable {
        name: variable.name.to_owned(),
        value: match variable.source {
            EnvSource::Literal(text) => text,
            _ => "",
        },
        object,
    });
    let of_objects = one
        .variables_of_objects(context)
        .into_iter()
        .map(|(name, text)| Variable {
            name,
            value: text.text,
            object: text.object,
        });
    own.chain(of_objects).collect()
}

/// Everything of the chart that may read a variable: files, commands, and values of other variables.
fn texts<'a>(context: &Context<'a>, one: &Placed<'a>) -> Vec<&'a str> {
    fn collect<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(fields) => fields
                .iter()
                .filter(|(name, _)| *name != "name")
                .for_each(|(_, value)| collect(value, found)),
            _ => {}
        }
    }
    let files = one.files(context);
    let mut found: Vec<&str> = files.iter().filter_map(|file| file.text).collect();
    collect(one.container.value, &mut found);
    found
}

/// Whether a text names a variable, as a whole word.
fn names(text: &str, name: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_');
    text.match_indices(name).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}

/// The variable that was probably meant; none where the name is right, or nothing like one that is read.
fn meant_by<'i>(
    variable: &Variable<'_>,
    one: &Placed<'_>,
    all: &[Variable<'_>],
) -> Option<&'i str> {
    let image = Image::of_the_product();
    let known = || image.variables.iter().map(String::as_str);
    let heap = image.heap_variable_of(one.product.map(|product| product.distribution));
    if known().any(|known| known == variable.name) {
        // The variable of most images is not read by all.
        let is_another = image.heap_variable_of(None) == variable.name && heap != variable.name;
        return is_another.then_some(heap);
    }
    let has_heap = all.iter().any(|other| other.name == heap);
    let is_heap = is_heap(variable) && !has_heap && has_own_entrypoint(one);
    let upper = variable.name.to_ascii_uppercase().replace('-', "_");
    let by_letters = known().find(|known| *known == upper);
    by_letters
        .or_else(|| image.variable_like(&upper))
        .or_else(|| near(&variable.name, known()))
        .or_else(|| is_heap.then_some(heap))
}

/// Whether the image's own scripts start the server: others may read variables of theirs.
fn has_own_entrypoint(one: &Placed<'_>) -> bool {
    one.container.value.get("command").is_none()
        && Distribution::of_image(one.container.image_repository()).is_some()
}

static OPTIONS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|\s)-Xm[sx]\d").ok());
static SIZE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d+[kKmMgG]i?[bB]?$").ok());

/// Whether a variable's value is that of Java's heap.
fn is_heap(variable: &Variable<'_>) -> bool {
    let fits = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(variable.value))
    };
    let says_so = variable
        .name
        .split('_')
        .any(|word| matches!(word, "HEAP" | "XMX" | "XMS"));
    fits(&OPTIONS) || says_so && fits(&SIZE)
}

#[cfg(test)]
mod tests {
    use crate::checks::harness::{Subject, messages};

    fn told(container: &str, file: &str) -> Vec<String> {
        told_of("wso2am-universal-gw:4.7.0", container, file)
    }

    fn told_of(image: &str, container: &str, file: &str) -> Vec<String> {
        let documents = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}, data: {{a: '{file}', JAVA_OPT: '-Da=b'}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{spec: {{volumes: [{{name: v, configMap: {{name: m}}}}], \
             containers: [{{name: c, image: '{image}', volumeMounts: [{{name: v, mountPath: /x}}], {container}}}]}}}}}}}}"
        );
        messages(&Subject::default().judge_requirement("AM-OPS-045", &documents))
    }

    fn env(name: &str, value: &str) -> String {
        format!("env: [{{name: {name}, value: '{value}'}}]")
    }

    #[test]
    fn a_heap_in_a_variable_that_other_images_read_is_found() {
        let heap = env("JVM_MEM_OPTS", "-Xms1g -Xmx1g");
        for image in ["wso2am:4.7.0", "wso2mi:4.6.0"] {
            assert_eq!(told_of(image, &heap, ""), [""; 0], "{image}");
        }
        // Its script reads JAVA_OPTS alone.
        assert_eq!(told_of("wso2si:4.4.0", &heap, "").len(), 1);
        assert_eq!(
            told_of("wso2si:4.4.0", &env("JAVA_OPTS", "-Xms1g -Xmx1g"), ""),
            [""; 0]
        );
    }

    #[test]
    fn names_that_are_almost_right_are_found() {
        for (name, value) in [
            ("JVM_MEM_OPT", "-Xmx1g"),
            ("JAVA_OPTIONS", "-Da=b"),
            ("PROFLE_NAME", "default"),
            ("jvm_mem_opts", "-Xmx1g"),
            ("CATALINA_OPTS", "-Xms1g -Xmx1g"),
            ("HEAP_SIZE", "2048m"),
        ] {
            assert_eq!(told(&env(name, value), "").len(), 1, "{name}");
        }
        assert_eq!(told("envFrom: [{configMapRef: {name: m}}]", "").len(), 1);
    }

    #[test]
    fn variables_that_are_read_or_like_none_pass() {
        for (name, value) in [
            ("JVM_MEM_OPTS", "-Xmx1g"),
            ("TZ", "UTC"),
            ("JAVA_TOOL_OPTIONS", "-Xmx1g"),
            ("APP_OPTS", "x"),
        ] {
            assert_eq!(told(&env(name, value), ""), [""; 0], "{name}");
        }
        assert_eq!(
            told(&env("JAVA_OPT", "-Da=b"), "exec java $JAVA_OPT"),
            [""; 0]
        );
        let both =
            "env: [{name: HEAP_OPTS, value: '-Xmx1g'}, {name: JVM_MEM_OPTS, value: $(HEAP_OPTS)}]";
        assert_eq!(told(both, ""), [""; 0]);
    }
}
