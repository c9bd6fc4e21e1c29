//! Requests, limits and Java's heap.

use super::quantity::{MIB, heap, memory, part, shown};
use crate::{
    context::{Context, Fault, Judge},
    manifest::{Container, EnvSource, Object},
};

/// Java's options of a container, in the order in which the start script gives them; `None` when some of
/// them come from elsewhere.
fn java_options(container: &Container<'_>) -> Option<String> {
    let mut options = Vec::new();
    for (name, default) in [("JVM_MEM_OPTS", "-Xms256m -Xmx1024m"), ("JAVA_OPTS", "")] {
        let variable = container
            .env()
            .into_iter()
            .rev()
            .find(|variable| variable.name == name);
        match variable.map(|variable| variable.source) {
            Some(EnvSource::Literal("")) | None => options.push(default.to_owned()),
            Some(EnvSource::Literal(text)) => options.push(text.to_owned()),
            Some(_) => return None,
        }
    }
    Some(options.join(" "))
}

/// The last value of an option, as Java takes it.
fn last<'o>(options: &'o str, prefix: &str) -> Option<&'o str> {
    options
        .split_whitespace()
        .filter_map(|option| option.strip_prefix(prefix))
        .next_back()
}

/// A heap that is not written is the product's own, whatever the machine.
pub(super) fn write_the_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let Some(options) = java_options(&main) else {
            continue;
        };
        names_its_heap(
            component.title(),
            &main,
            &options,
            member.workload.object,
            judge,
        );
    }
}

fn names_its_heap(
    title: &str,
    main: &Container<'_>,
    options: &str,
    object: &Object,
    judge: &mut Judge<'_>,
) {
    let is_written = main
        .env()
        .iter()
        .any(|variable| variable.name == "JVM_MEM_OPTS");
    let is_whole = last(options, "-Xmx").and_then(heap).is_some()
        && last(options, "-Xms").and_then(heap).is_some()
        && options
            .split_whitespace()
            .all(|option| option.starts_with('-'));
    judge.require(is_written && is_whole, || {
        Fault::new(
            format!("the {title} does not say how large its heap may be, or Java does not understand it: `{options}`"),
            "set JVM_MEM_OPTS to -Xms and -Xmx with a number and a unit",
        )
        .object(object)
        .value(options)
    });
    let request = main
        .value
        .pointer("/resources/requests/memory")
        .and_then(memory);
    let initial = last(options, "-Xms").and_then(heap);
    if let (Some(request), Some(initial)) = (request, initial) {
        judge.require(initial <= request, || {
            Fault::new(
                format!(
                    "the heap of the {title} starts with {}, and only {} are requested",
                    shown(initial),
                    shown(request)
                ),
                "request at least the first heap (-Xms)",
            )
            .object(object)
            .value(shown(request))
        });
    }
}

pub(super) fn hold_the_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for member in &context.graph.members {
        let (Some(component), Some(main)) = (member.component, member.main) else {
            continue;
        };
        let Some(options) = java_options(&main) else {
            continue;
        };
        let limit = main
            .value
            .pointer("/resources/limits/memory")
            .and_then(memory);
        let initial = last(&options, "-Xms").and_then(heap);
        let maximum = last(&options, "-Xmx").and_then(heap);
        // Without a largest heap, Java takes a share of the limit.
        let share =
            || last(&options, "-XX:MaxRAMPercentage=").and_then(|text| text.parse::<f64>().ok());
        let largest = maximum.or_else(|| part(limit?, share()?));
        if let (Some(largest), Some(limit)) = (largest, limit) {
            let besides = context.facts.memory_besides_heap_mib * MIB;
            let needed = largest.saturating_add(besides);
            judge.require(needed <= limit, || {
                Fault::new(
                    format!(
                        "the heap of the {} may grow to {}, and its memory limit is {}: what the server needs besides does not fit",
                        component.title(),
                        shown(largest),
                        shown(limit)
                    ),
                    format!(
                        "raise the limit to {} or more: the heap, and {} for classes, threads, buffers and the diagnostics tool",
                        shown(needed),
                        shown(besides)
                    ),
                )
                .object(member.workload.object)
                .value(shown(largest))
            });
        }
        if let (Some(initial), Some(maximum)) = (initial, maximum) {
            judge.require(initial <= maximum, || {
                Fault::new(
                    format!(
                        "the heap of the {} starts with {} and may have {}: Java refuses to start",
                        component.title(),
                        shown(initial),
                        shown(maximum)
                    ),
                    "make -Xms at most -Xmx",
                )
                .object(member.workload.object)
                .value(shown(initial))
            });
        }
    }
}
