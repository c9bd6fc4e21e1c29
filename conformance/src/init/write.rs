//! The specification as text.

use std::fmt::Write as _;

use super::{
    look::{Hosts, Seen, SeenRelease, SeenWorkload},
    path::relative,
    request::Request,
};
use crate::{component::Component, report::API_VERSION};

/// What was seen, as a specification; what could not be told is a comment.
pub(super) fn specification(request: &Request, seen: &Seen, hosts: &Hosts) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(
        "# The charts under test: see docs/check-your-own-charts.md. Look at every comment before you rely on it.",
    );
    line(&format!("apiVersion: {API_VERSION}"));
    line("kind: PatternUnderTest");
    let (pattern, version) = (&seen.pattern, &seen.version);
    line(&commented(
        &format!("pattern: {}", pattern.is),
        &pattern.why,
    ));
    line(&commented(
        &format!("productVersion: {}", version.is),
        &version.why,
    ));
    match &request.namespace {
        Some(namespace) => line(&format!("namespace: {}", scalar(namespace))),
        None => line("namespace: default  # the one into which you install"),
    }
    line("releases:");
    for release in &seen.releases {
        out.push_str(&of_release(request, release));
    }
    out.push_str(&of_hosts(hosts));
    out
}

fn of_release(request: &Request, seen: &SeenRelease) -> String {
    let release = &seen.release;
    let mut out = String::new();
    let chart = relative(&release.chart, &request.folder);
    let _ = writeln!(out, "  - name: {}", scalar(&release.name));
    let _ = writeln!(out, "    chart: {}", scalar(&chart));
    if !release.values.is_empty() {
        let files = release.values.iter();
        let files: Vec<String> = files
            .map(|file| scalar(&relative(file, &request.folder)))
            .collect();
        let _ = writeln!(out, "    values: [{}]", files.join(", "));
    }
    if let Some(flaw) = &seen.flaw {
        let told = flaw.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "    # {told}");
        let _ = writeln!(
            out,
            "    # Give it the values that it needs, and run init again."
        );
    } else if seen.workloads.is_empty() {
        let _ = writeln!(
            out,
            "    # No Deployment, StatefulSet or DaemonSet: nothing of it is a component."
        );
    }
    for SeenWorkload {
        object, component, ..
    } in &seen.workloads
    {
        if let Some((component, why)) = component {
            let _ = writeln!(
                out,
                "    # {object} is the {}, by {why}.",
                component.title()
            );
        }
    }
    let unknown: Vec<&SeenWorkload> = seen
        .workloads
        .iter()
        .filter(|workload| workload.component.is_none())
        .collect();
    if unknown.is_empty() {
        return out;
    }
    let _ = writeln!(
        out,
        "    # Not recognised. Where one is a component of API Manager, say so: {}.",
        names()
    );
    let _ = writeln!(out, "    # workloads:");
    for workload in unknown {
        let _ = writeln!(
            out,
            "    #   {}: …  # {}, image {}",
            scalar(&workload.name),
            workload.object,
            workload.image
        );
    }
    out
}

fn of_hosts(hosts: &Hosts) -> String {
    let mut out = String::new();
    if !hosts.external.is_empty() {
        out.push_str("# Hosts that no release provides and that look as if they were outside of the cluster.\nexternal:\n");
        for (host, key) in &hosts.external {
            let _ = writeln!(out, "  - {}  # {key}", scalar(host));
        }
    }
    if !hosts.inner.is_empty() {
        out.push_str("# No release has these Services: misspelt, or of a release that is missing above? If another team runs them, declare them\n# under `external`, and a component under `elsewhere`.\n");
        for (host, key) in &hosts.inner {
            let _ = writeln!(out, "#  - {}  # {key}", scalar(host));
        }
    }
    out
}

fn names() -> String {
    Component::all()
        .map(Component::name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn commented(text: &str, why: &str) -> String {
    if why.is_empty() {
        return text.to_owned();
    }
    format!("{text}  # {why}")
}

/// A text as YAML writes it: bare where nothing else could be meant.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '.' | '/'))
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
