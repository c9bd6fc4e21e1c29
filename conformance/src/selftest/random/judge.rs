//! Judges the changed documents of one subject.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use am_deployment_toml::product::ProductVersion;

use super::{Equivalents, Fate, Mutation, lines};
use crate::{
    machines::documents,
    manifest::Manifest,
    suite::{
        ChartSet, Charts, HelmPrograms, Judged, RenderService, Subject, SubjectVariations, Suite,
        documents_of,
    },
    variation::{Refusal, Variation, Variations},
};

/// What all subjects share.
pub(super) struct Bench<'r> {
    pub(super) workspace: &'r Path,
    pub(super) suite: Suite,
    pub(super) directories: BTreeMap<ProductVersion, PathBuf>,
    pub(super) renderer: &'r dyn RenderService,
    pub(super) programs: &'r HelmPrograms,
    pub(super) equivalents: Equivalents,
}

/// A subject as it renders, and what it fails before anything is changed.
pub(super) struct Base<'s> {
    subject: &'s Subject,
    pub(super) manifest: Manifest,
    charts: ChartSet,
    /// Further renders of the subject, made once for all its mutants.
    variations: SubjectVariations<'s>,
    failing: BTreeSet<String>,
    /// What it fails when everything is judged, which only survivors need.
    failing_thoroughly: OnceLock<BTreeSet<String>>,
}

impl Bench<'_> {
    /// Renders a subject and judges it as it is.
    pub(super) fn base<'s>(&'s self, subject: &'s Subject) -> Result<Base<'s>, String> {
        let charts =
            Charts::read(subject.charts(), self.workspace).map_err(|error| error.to_string())?;
        let manifest = documents_of(subject, self.renderer, &mut 0)?;
        if let Some(message) = manifest.missing_release() {
            return Err(message);
        }
        let mut base = Base {
            subject,
            manifest,
            charts: charts.of(subject),
            variations: SubjectVariations::new(
                subject,
                self.renderer,
                self.programs,
                &self.directories,
                &[],
            ),
            failing: BTreeSet::new(),
            failing_thoroughly: OnceLock::new(),
        };
        base.failing = failed(&self.judge(&base, None, Depth::Documents));
        Ok(base)
    }

    /// What happens to a mutation of the subject. `None` when it changes nothing.
    pub(super) fn fate(&self, base: &Base<'_>, mutation: &Mutation) -> Option<Fate> {
        let mut manifest = base.manifest.clone();
        if let Some(tree) = &base.subject.tree {
            let changed = lines::apply(mutation, tree)?;
            match documents(&changed, base.subject.site(), base.subject.cluster()) {
                Ok(documents) => manifest = documents,
                Err(why) => return Some(Fate::Killed(vec![why])),
            }
        } else if !mutation.apply(&mut manifest) || manifest == base.manifest {
            return None;
        }
        // Most mutants are noticed in the documents alone, which takes a fraction of the time.
        for depth in [Depth::Documents, Depth::Everything] {
            let mut killers = failed(&self.judge(base, Some((mutation, &manifest)), depth));
            if killers.is_empty() {
                continue;
            }
            let failing = match depth {
                Depth::Documents => &base.failing,
                Depth::Everything => base
                    .failing_thoroughly
                    .get_or_init(|| failed(&self.judge(base, None, depth))),
            };
            killers.retain(|id| !failing.contains(id));
            if !killers.is_empty() {
                return Some(Fate::Killed(killers.into_iter().collect()));
            }
        }
        Some(match self.equivalents.explain(mutation) {
            Some(entry) => Fate::Equivalent(entry.reason.clone()),
            None => Fate::Survived,
        })
    }

    fn judge(&self, base: &Base, changed: Option<(&Mutation, &Manifest)>, depth: Depth) -> Judged {
        let manifest = changed.map_or(&base.manifest, |(_, manifest)| manifest);
        if depth == Depth::Documents {
            let mut subject = base.subject.clone();
            subject.is_representative = false;
            return self.suite.judge_manifest(
                &subject,
                manifest,
                None,
                &base.charts,
                self.renderer.upstream(),
            );
        }
        let variations = Changed {
            inner: &base.variations,
            mutation: changed.map(|(mutation, _)| mutation),
        };
        self.suite.judge_manifest(
            base.subject,
            manifest,
            Some(&variations),
            &base.charts,
            self.renderer.upstream(),
        )
    }
}

/// How much is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// What the documents show.
    Documents,
    /// Further renders and the charts' files too.
    Everything,
}

fn failed(judged: &Judged) -> BTreeSet<String> {
    judged
        .result
        .results
        .iter()
        .filter(|result| !result.outcome.findings().is_empty())
        .map(|result| result.requirement.clone())
        .collect()
}

/// Makes the mutation in further renders too, as if a template had it.
struct Changed<'s> {
    inner: &'s SubjectVariations<'s>,
    mutation: Option<&'s Mutation>,
}

impl Variations for Changed<'_> {
    fn render(&self, release: &str, variation: &Variation) -> Result<Manifest, Refusal> {
        let mut manifest = self.inner.render(release, variation)?;
        if let Some(mutation) = self.mutation {
            // A further render may lack the place; then there is nothing to change in it.
            let _ = mutation.apply(&mut manifest);
        }
        Ok(manifest)
    }

    fn lint(&self, release: &str) -> Result<Vec<String>, Refusal> {
        self.inner.lint(release)
    }

    fn notes(&self, release: &str) -> Result<Option<String>, Refusal> {
        self.inner.notes(release)
    }

    fn product_versions(&self, release: &str) -> Vec<String> {
        self.inner.product_versions(release)
    }
}
