//! Addresses of Services outside of `deployment.toml`: in environment variables, arguments and other mounted files.

use std::collections::BTreeSet;

use am_deployment_toml::wiring::{Form, TextReference, references_in_text};

use crate::{
    context::{Context, Fault, Judge},
    graph::{OwnAddress, Resolver, Target, mounted_files},
    manifest::{EnvSource, Object, Workload},
};

/// A file longer than this holds data, not settings.
const LONGEST: usize = 256 * 1024;

/// Judges every address that names a Service.
pub(super) fn every_service_offers_the_port(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.applies(
        names_a_service(context),
        "no variable or argument names a port of a Service",
    );
    let resolver = context.graph.resolver();
    for workload in context.manifest.workloads() {
        for container in workload.pod.all_containers() {
            let on = |place: String| Text {
                resolver,
                workload,
                object: workload.object,
                place,
                settings: true,
            };
            for variable in container.env() {
                if let EnvSource::Literal(text) = variable.source {
                    on(format!("the variable `{}`", variable.name)).judge(judge, text);
                }
            }
            for argument in container.arguments() {
                on(format!("an argument of `{}`", container.name())).judge(judge, argument);
            }
        }
    }
    files(context, judge, resolver);
}

/// Whether a variable or an argument has the name of a Service before a colon and a digit. Only the Services tell what is an address, so
/// `appliesWhen` cannot.
fn names_a_service(context: &Context<'_>) -> bool {
    let services: Vec<&str> = context
        .manifest
        .of_kind("Service")
        .map(Object::name)
        .collect();
    let is_named = |text: &str| {
        services.iter().any(|name| {
            text.match_indices(name).any(|(at, _)| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
                let rest = text[at + name.len()..].strip_prefix(':');
                let end = rest.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
                !text[..at].ends_with(is_part)
                    && rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                    && end.is_some_and(|end| !end.starts_with(is_part))
            })
        })
    };
    context.manifest.workloads().iter().any(|workload| {
        workload.pod.all_containers().iter().any(|container| {
            let variables = container.env().into_iter();
            variables
                .filter_map(|variable| match variable.source {
                    EnvSource::Literal(text) => Some(text),
                    _ => None,
                })
                .chain(container.arguments())
                .any(is_named)
        })
    })
}

fn files(context: &Context<'_>, judge: &mut Judge<'_>, resolver: Resolver<'_, '_>) {
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for node in &context.graph.nodes {
        let member = context.graph.member(node.id);
        let Some(main) = member.main else {
            continue;
        };
        let (files, _) = mounted_files(context.manifest, &member.workload, &main, &node.pod_name);
        for file in files {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            let text = file
                .text
                .filter(|text| text.len() <= LONGEST && name != "deployment.toml");
            let Some(text) = text else {
                continue;
            };
            let object = file.object.reference().to_string();
            if !seen.insert((object, file.key.clone())) {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let line = line.trim_start();
                if line.starts_with('#') || line.starts_with("//") || line.starts_with("<!--") {
                    continue;
                }
                let on = Text {
                    resolver,
                    workload: member.workload,
                    object: file.object,
                    place: format!("line {} of `{}`", number + 1, file.key),
                    settings: name.ends_with(".properties"),
                };
                on.judge(judge, line);
            }
        }
    }
}

/// A text that may name Services.
struct Text<'t, 'a> {
    resolver: Resolver<'t, 'a>,
    workload: Workload<'a>,
    object: &'a Object,
    /// Where it stands, in words.
    place: String,
    /// Whether it holds settings only, so that a URL in it is used and not an example.
    settings: bool,
}

impl Text<'_, '_> {
    fn judge(&self, judge: &mut Judge<'_>, text: &str) {
        for reference in references_in_text(text) {
            if let Some(target) = self.target(&reference) {
                judge.looked();
                if let Target::Dangling { reason, suggestion } = target {
                    let help = suggestion.map_or_else(
                        || "write a Service and a port that it offers".to_owned(),
                        |name| format!("did you mean `{name}`?"),
                    );
                    let object = self.object.reference();
                    judge.fault(
                        Fault::new(
                            format!("{} of {object} leads nowhere: {reason}", self.place),
                            help,
                        )
                        .object(self.object)
                        .value(reference.address.host),
                    );
                }
            }
        }
    }

    /// Where an address leads, if it names a Service: only then is it known to be an address at all.
    fn target(&self, reference: &TextReference) -> Option<Target> {
        let host = reference.address.host.to_lowercase();
        let is_name = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if !is_name || OwnAddress::is(&host) {
            return None;
        }
        let port = reference.address.port_or_default()?;
        let namespace = self.workload.object.namespace();
        let service = self.resolver.service_of(namespace, &host);
        // A Service that selects nobody is a fault of its own.
        if service.is_some_and(|(service, _)| {
            !service.selector().is_empty() && !self.resolver.has_pods(service)
        }) {
            return None;
        }
        let is_service = service.is_some();
        // In a pod, a URL with a bare name can only mean a Service beside it.
        let means_service = self.settings
            && reference.form != Form::HostPort
            && (!host.contains('.') || host.split('.').any(|label| label == "svc"))
            && !is_alias(&self.workload, &host);
        (is_service || means_service).then(|| self.resolver.resolve(namespace, &host, Some(port)))
    }
}

/// Whether the pod's own table of hosts has a name.
pub(super) fn is_alias(workload: &Workload<'_>, host: &str) -> bool {
    crate::manifest::array_at(workload.pod.spec, "/hostAliases")
        .iter()
        .flat_map(|alias| crate::manifest::array_at(alias, "/hostnames"))
        .any(|name| {
            name.as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(host))
        })
}

#[cfg(test)]
mod tests {
    use super::every_service_offers_the_port;
    use crate::{
        checks::harness::{Subject, messages},
        outcome::Outcome,
    };

    fn judge(container: &str, file: &str) -> Outcome {
        let documents = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: files}}\ndata:\n  log4j2.properties: |\n    {file}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: gw}}, spec: {{template: {{metadata: {{labels: {{app: gw}}}}, spec: {{\
             volumes: [{{name: c, configMap: {{name: files}}}}], containers: [{{name: gateway, image: wso2/wso2am-universal-gw, \
             ports: [{{containerPort: 9443}}], volumeMounts: [{{name: c, mountPath: /conf}}], {container}}}]}}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: gw}}, spec: {{selector: {{app: gw}}, ports: [{{port: 9443}}]}}}}"
        );
        Subject::default().judge("AM-WIRE-018", every_service_offers_the_port, &documents)
    }

    #[test]
    fn a_service_without_the_port_is_found_wherever_it_is_named() {
        for (container, file) in [
            ("env: [{name: GATEWAY, value: 'gw:9444'}]", "a = 1"),
            ("args: ['--url=https://gw.apim.svc:9444/x']", "a = 1"),
            (
                "command: [sh, -c, 'curl https://gw-service:9443/']",
                "a = 1",
            ),
            ("args: []", "appender.http.url = http://collector:4318/v1"),
        ] {
            assert_eq!(
                messages(&judge(container, file)).len(),
                1,
                "{container} {file}"
            );
        }
    }

    #[test]
    fn other_texts_are_not_taken_for_addresses() {
        let outcome = judge(
            "env: [{name: A, value: 'https://gw:9443'}, {name: B, value: 'https://$HOST:1'}, {name: C, value: 'at 12:30'}, \
             {name: D, value: 'http://www.w3.org/x'}, {name: E, value: 'urn:x:1'}]",
            "# http://collector:4318",
        );
        assert!(outcome.is_green(), "{outcome:?}");
    }
}
