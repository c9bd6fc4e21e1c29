//! Requests, limits and Java's heap.

use am_product::Image;

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

/// A component's memory, as far as it is written.
struct Memory<'g, 'a> {
    title: &'static str,
    /// The variable that sets its heap.
    variable: &'static str,
    object: &'a Object,
    main: &'g Container<'a>,
    options: String,
}

impl Memory<'_, '_> {
    /// The first heap, or the largest.
    fn heap(&self, option: &str) -> Option<u64> {
        last(&self.options, option).and_then(heap)
    }

    fn resource(&self, path: &str) -> Option<u64> {
        let found = self.main.value.pointer(path);
        found.and_then(memory)
    }
}

/// Components whose options of Java can be read.
fn memories<'g, 'a>(context: &'g Context<'a>) -> impl Iterator<Item = Memory<'g, 'a>> {
    context.graph.members.iter().filter_map(|member| {
        let main = member.main.as_ref()?;
        let component = member.component?;
        let image = Image::of_the_product();
        Some(Memory {
            title: component.title(),
            variable: image.heap_variable_of(Some(component.distribution())),
            object: member.workload.object,
            main,
            options: java_options(main)?,
        })
    })
}

/// A heap that is not written is the product's own, whatever the machine.
pub(super) fn write_the_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for memory in memories(context) {
        let env = memory.main.env();
        let is_written = env.iter().any(|variable| variable.name == memory.variable);
        let options = &memory.options;
        let is_whole = memory.heap("-Xmx").is_some()
            && memory.heap("-Xms").is_some()
            && options
                .split_whitespace()
                .all(|option| option.starts_with('-'));
        judge.require(is_written && is_whole, || {
            Fault::new(
                format!(
                    "the {} does not say how large its heap may be, or Java does not understand it: `{options}`",
                    memory.title
                ),
                format!("set {} to -Xms and -Xmx with a number and a unit", memory.variable),
            )
            .object(memory.object)
            .value(options)
        });
    }
}

pub(super) fn request_the_first_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for memory in memories(context) {
        let request = memory.resource("/resources/requests/memory");
        let (Some(request), Some(initial)) = (request, memory.heap("-Xms")) else {
            continue;
        };
        judge.require(initial <= request, || {
            Fault::new(
                format!(
                    "the heap of the {} starts with {}, and only {} are requested",
                    memory.title,
                    shown(initial),
                    shown(request)
                ),
                "request at least the first heap (-Xms)",
            )
            .object(memory.object)
            .value(shown(request))
        });
    }
}

pub(super) fn start_below_the_largest_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for memory in memories(context) {
        let (Some(initial), Some(maximum)) = (memory.heap("-Xms"), memory.heap("-Xmx")) else {
            continue;
        };
        judge.require(initial <= maximum, || {
            Fault::new(
                format!(
                    "the heap of the {} starts with {} and may have {}: Java refuses to start",
                    memory.title,
                    shown(initial),
                    shown(maximum)
                ),
                "make -Xms at most -Xmx",
            )
            .object(memory.object)
            .value(shown(initial))
        });
    }
}

pub(super) fn hold_the_heap(context: &Context<'_>, judge: &mut Judge<'_>) {
    for memory in memories(context) {
        let limit = memory.resource("/resources/limits/memory");
        // Without a largest heap, Java takes a share of the limit.
        let share = || {
            last(&memory.options, "-XX:MaxRAMPercentage=")?
                .parse::<f64>()
                .ok()
        };
        let largest = memory.heap("-Xmx").or_else(|| part(limit?, share()?));
        let (Some(largest), Some(limit)) = (largest, limit) else {
            continue;
        };
        let besides = context.facts.memory_besides_heap_mib * MIB;
        let needed = largest.saturating_add(besides);
        judge.require(needed <= limit, || {
            Fault::new(
                format!(
                    "the heap of the {} may grow to {}, and its memory limit is {}: what the server needs besides does not fit",
                    memory.title,
                    shown(largest),
                    shown(limit)
                ),
                format!(
                    "raise the limit to {} or more: the heap, and {} for classes, threads, buffers and the diagnostics tool",
                    shown(needed),
                    shown(besides)
                ),
            )
            .object(memory.object)
            .value(shown(largest))
        });
    }
}
