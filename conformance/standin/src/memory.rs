//! Whether the container's memory would hold the product.
//!
//! A stand-in needs a few MiB, so it tells what it was given instead of running out of it. Beside the heap the product
//! needs memory for its own and for a second process, the diagnostics tool (110 to 140 MiB), that no heap setting
//! counts. Source: seen on 4.5.0 (facts: observed-on-the-product.md, What breaks, 5).

use crate::observations::MemoryObservation;
use crate::role::Role;

/// What a container must hold beside the heap.
const BESIDE_THE_HEAP: u64 = 640 << 20;
/// The start scripts' own options, which the variable replaces (facts: runtime.yaml).
const STANDARD_OPTIONS: &str = "-Xms256m -Xmx1024m";
/// Where the limit of this container is, with cgroups of version 2 and 1.
const LIMITS: [&str; 2] = [
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
];
/// Version 1 writes a number near the largest for no limit.
const NO_LIMIT: u64 = 1 << 60;

/// What this container was given; `None` for what is no component of the product: its heap is not set by this variable, or what it needs
/// beside it was never seen.
pub(crate) fn of_this_process(role: Role) -> Option<MemoryObservation> {
    let component = role.component()?;
    if component.distribution().is_companion() {
        return None;
    }
    let limit = LIMITS
        .iter()
        .find_map(|file| std::fs::read_to_string(file).ok())
        .and_then(|text| text.trim().parse().ok())
        .filter(|limit| *limit < NO_LIMIT);
    let options = std::env::var("JVM_MEM_OPTS").ok();
    Some(observe(
        limit,
        options.as_deref().unwrap_or(STANDARD_OPTIONS),
    ))
}

fn observe(limit: Option<u64>, options: &str) -> MemoryObservation {
    let heap = heap(options, limit);
    MemoryObservation {
        limit_bytes: limit,
        heap_bytes: heap,
        options: options.to_owned(),
        needed_bytes: heap.map(|heap| heap + BESIDE_THE_HEAP),
    }
}

/// What the product would log were it killed, before it is.
pub(crate) fn warning(memory: &MemoryObservation) -> Option<String> {
    let (limit, needed) = (memory.limit_bytes?, memory.needed_bytes?);
    (limit < needed).then(|| {
        format!(
            "the memory limit of {} MiB does not hold the heap ({}) and 640 MiB beside it, {} MiB in all: the \
             product would be killed under load",
            limit >> 20,
            memory.options,
            needed >> 20
        )
    })
}

/// The largest heap that Java options allow; the last option of a kind counts, and a size wins over a part of the limit.
fn heap(options: &str, limit: Option<u64>) -> Option<u64> {
    let last = |prefix: &str| {
        let mut found = options.split_whitespace().rev();
        found.find_map(|option| option.strip_prefix(prefix))
    };
    if let Some(text) = last("-Xmx").or_else(|| last("-XX:MaxHeapSize=")) {
        return size(text);
    }
    let percent: u64 = last("-XX:MaxRAMPercentage=")?
        .split('.')
        .next()?
        .parse()
        .ok()?;
    Some(limit? / 100 * percent)
}

fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_shl(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn is_warned_of(limit: u64, options: &str) -> bool {
        warning(&observe(Some(limit * MIB), options)).is_some()
    }

    #[test]
    fn a_limit_below_heap_and_640_mib_is_warned_of() {
        assert!(is_warned_of(1663, "-Xms256m -Xmx1024m"));
        assert!(!is_warned_of(1664, "-Xms256m -Xmx1g"));
        assert!(is_warned_of(2048, "-XX:MaxRAMPercentage=75.0"));
        assert!(!is_warned_of(2048, "-XX:MaxRAMPercentage=60"));
    }

    #[test]
    fn without_a_limit_or_a_known_heap_nothing_is_warned_of() {
        assert!(warning(&observe(None, STANDARD_OPTIONS)).is_none());
        assert!(!is_warned_of(64, "-Xss1m"));
        assert!(!is_warned_of(64, "-Xmxlots"));
    }

    #[test]
    fn the_last_size_of_the_heap_counts() {
        assert_eq!(heap("-Xmx1g -Xmx512m", None), Some(512 * MIB));
    }
}
