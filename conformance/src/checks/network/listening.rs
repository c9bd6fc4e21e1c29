//! Servers listen where their containers, probes, Services and peers say.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    graph::{Configuration, Listener, Moved, Node},
};

pub(super) fn is_as_declared(context: &Context<'_>, judge: &mut Judge<'_>) {
    for node in &context.graph.nodes {
        let Some(component) = context.graph.component(node.id) else {
            continue;
        };
        if !node.listeners.is_empty() {
            judge.looked();
        }
        // What moves several ports is one fault.
        let mut astray: BTreeMap<&Moved, Vec<&Listener>> = BTreeMap::new();
        for listener in &node.listeners {
            if let Some(moved) = listener.moved.as_ref()
                && listener.number != listener.said
            {
                astray.entry(moved).or_default().push(listener);
            }
        }
        for (moved, listeners) in astray {
            judge.fault(fault(context, node, component, moved, &listeners));
        }
        for listener in &node.listeners {
            if let (Some(key), Some(configuration)) = (&listener.closed, &node.configuration) {
                judge.fault(closed(configuration, component, listener, key));
            }
        }
    }
}

fn fault<'a>(
    context: &Context<'a>,
    node: &Node<'a>,
    component: Component,
    moved: &Moved,
    listeners: &[&Listener],
) -> Fault<'a> {
    let numbers = |number: fn(&Listener) -> u16| {
        let numbers: BTreeSet<u16> = listeners.iter().map(|listener| number(listener)).collect();
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        numbers.join(", ")
    };
    let (really, said) = (
        numbers(|listener| listener.number),
        numbers(|listener| listener.said),
    );
    let title = component.title();
    let key = moved.key(node.effective());
    let what = key.map_or("-DportOffset", |(key, _)| key);
    let is_twice = key.is_some_and(|(key, _)| key != "server.offset") && node.offset() > 0;
    let how = if is_twice {
        format!("`server.offset` ({}) is added to `{what}`", node.offset())
    } else {
        format!("`{what}` moves it there")
    };
    let message = format!(
        "the {title} listens on {really}, where its containers, probes and Services say {said}: {how}"
    );
    let help = if is_twice {
        format!("leave `{what}` out: the offset moves that port already")
    } else {
        format!(
            "take `{what}` back, or write {really} in containers, probes, Services and addresses"
        )
    };
    let fault = Fault::new(message, help).value(really);
    if let (Some((key, span)), Some(configuration)) = (key, &node.configuration) {
        fault.at(configuration, key, span)
    } else {
        let workload = context.graph.member(node.id).workload.object;
        fault.object(workload).value("-DportOffset")
    }
}

fn closed<'a>(
    configuration: &Configuration<'a>,
    component: Component,
    listener: &Listener,
    key: &str,
) -> Fault<'a> {
    let (number, name) = (listener.said, &listener.port.name);
    let effective = configuration.effective.as_ref();
    let found = effective.and_then(|effective| effective.get(key));
    Fault::new(
        format!(
            "the {} does not listen on {number} ({name}), to which its Services or probes lead: `{key}` closes it",
            component.title()
        ),
        format!("remove `{key}`, or the port from Services and probes"),
    )
    .at(configuration, key, found.and_then(|found| found.provenance.span()))
    .value("false")
}

#[cfg(test)]
mod tests {
    use super::is_as_declared;
    use crate::checks::harness::{Subject, messages};

    /// A gateway with this configuration, container and Service.
    fn found(toml: &str, container: &str, target: &str) -> Vec<String> {
        let toml = toml.replace('\n', "\n    ");
        let documents = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  deployment.toml: |\n    {toml}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: gw}}, spec: {{template: {{metadata: {{labels: {{app: gw}}}}, spec: {{ \
             volumes: [{{name: c, configMap: {{name: conf}}}}], containers: [{{name: gateway, image: wso2/wso2am-universal-gw, {container} \
             volumeMounts: [{{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf}}]}}]}}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: gw}}, spec: {{selector: {{app: gw}}, ports: [{{port: 443, targetPort: {target}}}]}}}}"
        );
        messages(&Subject::default().judge("AM-NET-057", is_as_declared, &documents))
    }

    #[test]
    fn an_offset_that_everybody_knows_is_fine() {
        assert!(
            found(
                "[server]\noffset = 10",
                "ports: [{containerPort: 8253}],",
                "8253"
            )
            .is_empty()
        );
        assert!(found("[server]", "", "8243").is_empty());
        // Declaring a port is only information.
        assert!(
            found(
                "[server]\noffset = 10",
                "ports: [{containerPort: 8243}],",
                "8253"
            )
            .is_empty()
        );
    }

    #[test]
    fn an_offset_that_is_added_to_a_moved_port_is_told_at_its_key() {
        let toml =
            "[server]\noffset = 10\n[transport.passthru_https.listener.parameters]\nport = 8253";
        let found = found(toml, "ports: [{containerPort: 8253}],", "8253");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("listens on 8263") && found[0].contains("say 8253"),
            "{found:?}"
        );
    }

    #[test]
    fn a_port_that_is_switched_off_is_found_where_a_service_leads_there() {
        let toml = "[apim.wss]\nenable = false";
        let closed = found(toml, "", "8099");
        assert!(
            closed.len() == 1 && closed[0].contains("`apim.wss.enable` closes it"),
            "{closed:?}"
        );
        assert!(found(toml, "ports: [{containerPort: 8099}],", "8243").is_empty());
    }

    #[test]
    fn what_nobody_follows_is_told_once() {
        let moved = found(
            "[server]\noffset = 1",
            "ports: [{containerPort: 8243}, {containerPort: 9443}],",
            "8243",
        );
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert!(
            moved[0].contains("8244, 9444") && moved[0].contains("`server.offset`"),
            "{moved:?}"
        );
        for container in [
            "args: ['-DportOffset=1'],",
            "env: [{name: JAVA_OPTS, value: -Xss1m -DportOffset=1}],",
        ] {
            let moved = found("[server]", container, "8243");
            assert!(
                moved.len() == 1 && moved[0].contains("-DportOffset"),
                "{moved:?}"
            );
        }
    }
}
