//! Pods of `helm test`: they ask the server that they are for.

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

/// Looks at what every container of a test gives to curl; at nothing where it runs something else.
fn with_curl<'a>(
    context: &Context<'a>,
    judge: &mut Judge<'_>,
    look: impl Fn(&'a Object, Option<&CommandLine<'_>>, &mut Judge<'_>),
) {
    let tests = tests(context);
    // What a container runs is told by its image or its command, for which `appliesWhen` has no words.
    let is_curl = |container: &Container<'_>| words_for_curl(container).is_some();
    judge.applies(
        tests
            .iter()
            .any(|test| test.pod.containers().iter().any(is_curl)),
        "no test runs curl",
    );
    for test in tests {
        for container in test.pod.containers() {
            let Some(words) = words_for_curl(&container) else {
                look(test.object, None, judge);
                continue;
            };
            match CommandLine::read(&words) {
                Ok(line) => look(test.object, Some(&line), judge),
                Err(error) => return judge.unsupported(error),
            }
        }
    }
}

pub(super) fn options_are_curls(context: &Context<'_>, judge: &mut Judge<'_>) {
    with_curl(context, judge, |test, line, judge| {
        let Some(line) = line else { return };
        judge.looked();
        for (message, help) in &line.problems {
            let message = format!("the test {} {message}", test.reference());
            judge.fault(Fault::new(message, help.clone()).object(test));
        }
    });
}

pub(super) fn somebody_answers(context: &Context<'_>, judge: &mut Judge<'_>) {
    with_curl(context, judge, |test, line, judge| {
        for url in line.into_iter().flat_map(|line| &line.urls) {
            let problem = asked(context, test, url).err();
            judge.require(problem.is_none(), || {
                Fault::new(
                    format!(
                        "the test {} asks {url}, where nobody answers: {}",
                        test.reference(),
                        problem.unwrap_or_default()
                    ),
                    "ask a port of a Service whose pods answer there",
                )
                .object(test)
                .value(*url)
            });
        }
    });
}

pub(super) fn tests_tell_the_truth(context: &Context<'_>, judge: &mut Judge<'_>) {
    with_curl(context, judge, |test, line, judge| {
        let fails = line.map(|line| line.has(&["--fail", "-f", "--fail-with-body"]));
        judge.require(fails == Some(true), || {
            let (problem, help) = if line.is_some() {
                (
                    "passes whatever the server answers",
                    "add --fail, so that curl takes an answer like 500 for a failure",
                )
            } else {
                ("does not run curl", "let it ask its component with curl")
            };
            Fault::new(format!("the test {} {problem}", test.reference()), help).object(test)
        });
    });
}

pub(super) fn tests_wait_for_the_server(context: &Context<'_>, judge: &mut Judge<'_>) {
    with_curl(context, judge, |test, line, judge| {
        let Some(line) = line else { return };
        let number = |option: &str| line.number(option);
        let tries = number("--retry").unwrap_or(0.0) * number("--retry-delay").unwrap_or(1.0);
        // Zero means without end.
        let seconds = match number("--retry-max-time") {
            Some(most) if most > 0.0 => tries.min(most),
            _ => tries,
        };
        let goes_on = line.has(&["--retry-all-errors", "--retry-connrefused"]);
        judge.require(goes_on && seconds >= PATIENCE_SECONDS, || {
            Fault::new(
                format!(
                    "the test {} gives up before a server has started",
                    test.reference()
                ),
                format!("let it retry all errors for {PATIENCE_SECONDS} seconds or more (--retry-all-errors, --retry, --retry-delay)"),
            )
            .object(test)
        });
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
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
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

    const TESTS: [&str; 5] = [
        "AM-HELM-019",
        "AM-HELM-023",
        "AM-HELM-024",
        "AM-HELM-025",
        "AM-HELM-026",
    ];

    fn judged(ids: &[&str], documents: &str) -> Vec<String> {
        let case = Case::documents(documents);
        let found = ids.iter().map(|id| case.judge_requirement(id));
        let applicable = found.filter(|outcome| !matches!(outcome, Outcome::NotApplicable { .. }));
        applicable.flat_map(|outcome| messages(&outcome)).collect()
    }

    #[test]
    fn a_test_that_ends_and_asks_its_server_passes() {
        let none = Vec::<String>::new();
        assert_eq!(judged(&TESTS, RELEASE), none);
        assert_eq!(judged(&["AM-HELM-020"], RELEASE), none);
    }

    #[test]
    fn each_fault_of_a_test_is_found() {
        for (id, from, to, told) in [
            (
                "AM-HELM-019",
                "  restartPolicy: Never\n",
                "",
                "started again",
            ),
            ("AM-HELM-025", "[curl]", "[]", "does not run curl"),
            ("AM-HELM-025", "[curl]", "[culr]", "does not run curl"),
            ("AM-HELM-025", "--fail, ", "", "whatever"),
            ("AM-HELM-026", "--retry-all-errors, ", "", "gives up"),
            ("AM-HELM-026", "'60'", "'6'", "gives up"),
            (
                "AM-HELM-023",
                "--retry-delay",
                "--retry-dely",
                "unknown option",
            ),
            (
                "AM-HELM-023",
                "'http://g:9763/services/Version'",
                "''",
                "no URL",
            ),
            (
                "AM-HELM-024",
                "9763/services",
                "9764/services",
                "nobody answers",
            ),
            (
                "AM-HELM-024",
                "/services/Version",
                "/srvices/Version",
                "nothing at",
            ),
            ("AM-HELM-024", "http://g", "https://g", "another protocol"),
        ] {
            let found = judged(&[id], &RELEASE.replace(from, to));
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
            let found = judged(&["AM-HELM-020"], &RELEASE.replace(from, to));
            assert_eq!(found.len(), 1, "{to}");
        }
    }
}
