//! Pods of `helm test`: they end, and ask the server that they are for.

use std::collections::BTreeSet;

use super::curl::CommandLine;
use crate::{
    checks::{network::services::product_port_of_node, operations::probes::answers},
    component::Component,
    context::{Context, Fault, Judge},
    graph::{Target, Url},
    manifest::{Container, Object, Workload},
};

/// Seconds for which a test of ours must go on asking: a server is not up when `helm install` returns.
const PATIENCE_SECONDS: f64 = 60.0;

/// Whether `helm test` runs an object.
fn is_test(object: &Object) -> bool {
    object
        .annotations()
        .get("helm.sh/hook")
        .is_some_and(|hooks| {
            hooks
                .split(',')
                .any(|hook| matches!(hook.trim(), "test" | "test-success"))
        })
}

fn tests<'a>(context: &Context<'a>) -> Vec<Workload<'a>> {
    context
        .manifest
        .objects
        .iter()
        .filter(|object| is_test(object))
        .filter_map(Workload::of)
        .collect()
}

/// Words that a container gives to curl, if that is what it runs.
fn words_for_curl<'a>(container: &Container<'a>) -> Option<Vec<&'a str>> {
    let words = container.arguments();
    let has_command = container.value.get("command").is_some();
    if !has_command && container.image_repository() == "curl" {
        return Some(words);
    }
    let (program, rest) = words.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    (has_command && name == "curl").then(|| rest.to_vec())
}

pub(super) fn tests_end_and_ask_somebody(context: &Context<'_>, judge: &mut Judge<'_>) {
    for test in tests(context) {
        let policy = test
            .object
            .str("/spec/restartPolicy")
            .filter(|_| test.object.kind() == "Pod");
        if test.object.kind() == "Pod" {
            judge.require(matches!(policy, Some("Never" | "OnFailure")), || {
                Fault::new(
                    format!(
                        "the test {} is started again whenever it has ended, so it never passes",
                        test.object.reference()
                    ),
                    "set restartPolicy to Never",
                )
                .object(test.object)
                .field("restartPolicy")
            });
        }
        for container in test.pod.containers() {
            let Some(words) = words_for_curl(&container) else {
                judge.require(!context.is_generated, || {
                    Fault::new(
                        format!("the test {} does not run curl", test.object.reference()),
                        "let it ask its component with curl",
                    )
                    .object(test.object)
                });
                continue;
            };
            let line = match CommandLine::read(&words) {
                Ok(line) => line,
                Err(error) => return judge.unsupported(error),
            };
            judge.looked();
            for (message, help) in &line.problems {
                judge.fault(
                    Fault::new(
                        format!("the test {} {message}", test.object.reference()),
                        help.clone(),
                    )
                    .object(test.object),
                );
            }
            if context.is_generated {
                tells_the_truth(test.object, &line, judge);
            }
            for url in &line.urls {
                let problem = asked(context, test.object, url).err();
                judge.require(problem.is_none(), || {
                    Fault::new(
                        format!(
                            "the test {} asks {url}, where nobody answers: {}",
                            test.object.reference(),
                            problem.unwrap_or_default()
                        ),
                        "ask a port of a Service whose pods answer there",
                    )
                    .object(test.object)
                    .value(*url)
                });
            }
        }
    }
}

/// A test fails when the server says that something is wrong, and does not fail because it is still starting.
fn tells_the_truth(object: &Object, line: &CommandLine<'_>, judge: &mut Judge<'_>) {
    judge.require(line.has(&["--fail", "-f", "--fail-with-body"]), || {
        Fault::new(
            format!(
                "the test {} passes whatever the server answers",
                object.reference()
            ),
            "add --fail, so that curl takes an answer like 500 for a failure",
        )
        .object(object)
    });
    let tries = line.number("--retry").unwrap_or(0.0) * line.number("--retry-delay").unwrap_or(1.0);
    // Zero means without end.
    let seconds = match line.number("--retry-max-time") {
        Some(most) if most > 0.0 => tries.min(most),
        _ => tries,
    };
    let goes_on = line.has(&["--retry-all-errors", "--retry-connrefused"]);
    judge.require(goes_on && seconds >= PATIENCE_SECONDS, || {
        Fault::new(
            format!(
                "the test {} gives up before a server has started",
                object.reference()
            ),
            format!("let it retry all errors for {PATIENCE_SECONDS} seconds or more (--retry-all-errors, --retry, --retry-delay)"),
        )
        .object(object)
    });
}

/// The components that a URL asks; none when it leads to something else.
fn asked(context: &Context<'_>, object: &Object, url: &str) -> Result<BTreeSet<Component>, String> {
    let Some(url) = Url::read(url) else {
        return Ok(BTreeSet::new());
    };
    let target = context
        .graph
        .resolver()
        .resolve(object.namespace(), url.host, url.port);
    let (nodes, port) = match target {
        Target::Nodes { nodes, port, .. } => (nodes, port),
        Target::Dangling { reason, .. } => return of_service(context, object, url).ok_or(reason),
        Target::Own { .. } => return Err("it means the test itself".to_owned()),
        Target::Route { .. } | Target::Elsewhere(_) | Target::External | Target::Unknown { .. } => {
            return Ok(BTreeSet::new());
        }
    };
    let mut components = BTreeSet::new();
    for node in nodes {
        let Some(component) = context.graph.component(node) else {
            continue;
        };
        if let Some(fact) = product_port_of_node(context, node, port) {
            let tls = url.scheme == "https";
            if fact.tls != tls {
                return Err(format!("{} speaks another protocol", fact.name));
            }
            let path = url.path.split('?').next().unwrap_or_default();
            if !answers(component, fact, if path.is_empty() { "/" } else { path }) {
                return Err(format!("{} has nothing at {path}", fact.name));
            }
        }
        components.insert(component);
    }
    Ok(components)
}

/// A Service that has the port and lost its pods is the business of others (AM-NET-001, AM-NET-002); its label tells
/// whom the test is for.
fn of_service(context: &Context<'_>, object: &Object, url: Url<'_>) -> Option<BTreeSet<Component>> {
    let resolver = context.graph.resolver();
    let (service, _) = resolver.service_of(object.namespace(), url.host)?;
    let has_port = service
        .ports()
        .iter()
        .any(|port| Some(port.number) == url.port);
    let labels = service.object.labels();
    let named = labels.get("app.kubernetes.io/component").copied();
    let component = context
        .pattern()
        .keys()
        .copied()
        .filter(|component| named == Some(component.to_string().as_str()))
        .collect();
    has_port.then_some(component)
}

pub(super) fn every_component_is_tested(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut tested = BTreeSet::new();
    for test in tests(context) {
        for container in test.pod.containers() {
            let words = words_for_curl(&container).unwrap_or_default();
            let urls = CommandLine::read(&words).map(|line| line.urls);
            for url in urls.unwrap_or_default() {
                tested.extend(asked(context, test.object, url).unwrap_or_default());
            }
        }
    }
    for member in &context.graph.members {
        let Some(component) = member.component else {
            continue;
        };
        judge.require(tested.contains(&component), || {
            Fault::new(
                format!("no test of `helm test` asks the {}", component.title()),
                "add a pod with the annotation `helm.sh/hook: test` that asks its Service",
            )
            .object(member.workload.object)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{every_component_is_tested, tests_end_and_ask_somebody};
    use crate::checks::{
        Check,
        harness::{Subject, messages},
    };

    const RELEASE: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: g}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers: [{name: g, image: 'wso2/wso2am-universal-gw:4.7.0', ports: [{name: servlet-http, containerPort: 9763}]}]
---
apiVersion: v1
kind: Service
metadata: {name: g}
spec: {selector: {a: b}, ports: [{name: servlet-http, port: 9763}]}
---
apiVersion: v1
kind: Pod
metadata: {name: t, annotations: {helm.sh/hook: test}}
spec:
  restartPolicy: Never
  containers:
    - name: test
      image: wso2/wso2am-universal-gw:4.7.0
      command: [curl]
      args: [--fail, --retry-all-errors, --retry, '60', --retry-delay, '2', 'http://g:9763/services/Version']
";

    fn judged(check: Check, documents: &str) -> Vec<String> {
        let subject = Subject {
            is_generated: true,
            ..Subject::default()
        };
        messages(&subject.judge("AM-HELM-019", check, documents))
    }

    #[test]
    fn a_test_that_ends_and_asks_its_server_passes() {
        assert_eq!(
            judged(tests_end_and_ask_somebody, RELEASE),
            Vec::<String>::new()
        );
        assert_eq!(
            judged(every_component_is_tested, RELEASE),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_fault_of_a_test_is_found() {
        for (from, to, told) in [
            ("  restartPolicy: Never\n", "", "started again"),
            ("[curl]", "[]", "does not run curl"),
            ("[curl]", "[culr]", "does not run curl"),
            ("--fail, ", "", "whatever"),
            ("--retry-all-errors, ", "", "gives up"),
            ("'60'", "'6'", "gives up"),
            ("--retry-delay", "--retry-dely", "unknown option"),
            ("'http://g:9763/services/Version'", "''", "no URL"),
            ("9763/services", "9764/services", "nobody answers"),
            ("/services/Version", "/srvices/Version", "nothing at"),
            ("http://g", "https://g", "another protocol"),
        ] {
            let found = judged(tests_end_and_ask_somebody, &RELEASE.replace(from, to));
            assert!(
                found.iter().any(|message| message.contains(told)),
                "{to}: {found:?}"
            );
        }
    }

    #[test]
    fn a_component_without_a_test_is_found() {
        for (from, to) in [
            ("helm.sh/hook: test", "helm.sh/hook: ''"),
            ("http://g:", "http://h:"),
        ] {
            let found = judged(every_component_is_tested, &RELEASE.replace(from, to));
            assert_eq!(found.len(), 1, "{to}");
        }
    }
}
