//! Which patterns stand for the others in what takes long.

use std::collections::BTreeSet;

use am_conformance::component::Component;
use am_conformance::facts::Facts;
use am_product::Pattern;

/// The fewest of these patterns that together have every component that any of them has, as a single node and as several
/// wherever they have it so. Of patterns that add as much, the one with the fewest nodes is taken.
pub(crate) fn representatives(facts: &Facts, patterns: &[Pattern]) -> BTreeSet<Pattern> {
    let mut lacking: BTreeSet<(Component, bool)> = patterns
        .iter()
        .flat_map(|pattern| forms(facts, *pattern))
        .collect();
    let mut chosen = BTreeSet::new();
    while !lacking.is_empty() {
        let best = patterns.iter().max_by_key(|pattern| {
            let adds = forms(facts, **pattern).intersection(&lacking).count();
            (adds, std::cmp::Reverse(nodes(facts, **pattern)))
        });
        let Some(best) = best else { break };
        lacking.retain(|form| !forms(facts, *best).contains(form));
        chosen.insert(*best);
    }
    chosen
}

/// The components of a pattern, each with whether it has several nodes.
fn forms(facts: &Facts, pattern: Pattern) -> BTreeSet<(Component, bool)> {
    let components = facts.patterns.get(&pattern).into_iter().flatten();
    components
        .map(|(component, nodes)| (*component, *nodes > 1))
        .collect()
}

fn nodes(facts: &Facts, pattern: Pattern) -> usize {
    let components = facts.patterns.get(&pattern).into_iter().flatten();
    components.map(|(_, nodes)| nodes).sum()
}

#[cfg(test)]
mod tests {
    use super::{forms, representatives};
    use am_conformance::facts::Facts;
    use std::collections::BTreeSet;

    use am_product::Pattern;

    fn facts() -> Facts {
        Facts::load().expect("the committed tables parse")
    }

    #[test]
    fn every_component_is_represented_alone_and_in_several_by_as_few_patterns_as_can_be() {
        let facts = facts();
        let all: Vec<Pattern> = facts.patterns.keys().copied().collect();
        let chosen = representatives(&facts, &all);
        let of = |patterns: &mut dyn Iterator<Item = &Pattern>| -> BTreeSet<_> {
            patterns
                .flat_map(|pattern| forms(&facts, *pattern))
                .collect()
        };
        let whole = of(&mut all.iter());
        assert_eq!(of(&mut chosen.iter()), whole);
        for left_out in &chosen {
            let mut others = chosen.iter().filter(|pattern| *pattern != left_out);
            assert_ne!(of(&mut others), whole, "without pattern {left_out}");
        }
        assert!(chosen.len() < all.len());
    }

    #[test]
    fn a_pattern_that_is_alone_represents_itself() {
        for pattern in facts().patterns.keys() {
            assert_eq!(
                representatives(&facts(), &[*pattern]),
                BTreeSet::from([*pattern])
            );
        }
    }
}
