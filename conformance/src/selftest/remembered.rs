//! Renders that mutants share. Most mutants change documents, not charts: whatever their subject renders to, the mutant before
//! rendered too.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use am_toolchain::{RenderError, RenderRequest, Rendered};

use crate::{suite::RenderService, upstream::Upstream};

/// How many renders are kept: those of the two subjects that threads are at. A subject is rendered up to a hundred times, and a
/// render takes about a megabyte.
const KEPT: usize = 200;

/// Renders unchanged charts once. Charts elsewhere, and whatever a chart leaves to chance, are rendered whenever somebody asks.
pub(super) struct Remembered<'r> {
    renderer: &'r dyn RenderService,
    /// The folders whose charts nobody changes.
    unchanged: Vec<PathBuf>,
    renders: Recent<Rendered>,
    lints: Recent<Vec<String>>,
}

impl<'r> Remembered<'r> {
    pub(super) fn new(renderer: &'r dyn RenderService, unchanged: Vec<PathBuf>) -> Self {
        Self {
            renderer,
            unchanged,
            renders: Recent::default(),
            lints: Recent::default(),
        }
    }

    fn is_unchanged(&self, chart: &Path) -> bool {
        self.unchanged
            .iter()
            .any(|folder| chart.starts_with(folder))
    }
}

impl RenderService for Remembered<'_> {
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        if !self.is_unchanged(&request.chart) {
            return self.renderer.render(request);
        }
        self.renders
            .get(&format!("{request:?}"), || self.renderer.render(request))
    }

    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.renderer.render_with_chance(request)
    }

    fn render_by(&self, program: &Path, request: &RenderRequest) -> Result<Rendered, RenderError> {
        if !self.is_unchanged(&request.chart) {
            return self.renderer.render_by(program, request);
        }
        self.renders
            .get(&format!("{} {request:?}", program.display()), || {
                self.renderer.render_by(program, request)
            })
    }

    fn lint(&self, chart: &Path, files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
        if !self.is_unchanged(chart) {
            return self.renderer.lint(chart, files);
        }
        self.lints
            .get(&format!("{} {files:?}", chart.display()), || {
                self.renderer.lint(chart, files)
            })
    }

    fn upstream(&self) -> &dyn Upstream {
        self.renderer.upstream()
    }
}

type Answer<T> = Arc<OnceLock<Result<T, RenderError>>>;

/// The newest answers by their questions.
struct Recent<T>(Mutex<Answers<T>>);

struct Answers<T> {
    known: HashMap<String, Answer<T>>,
    /// The questions, the oldest first.
    order: VecDeque<String>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(Answers {
            known: HashMap::new(),
            order: VecDeque::new(),
        }))
    }
}

impl<T: Clone> Recent<T> {
    /// The answer that is known, or a new one; who asks for one that is being made waits for it. Where the machine failed, the next
    /// one tries again.
    fn get(
        &self,
        question: &str,
        answer: impl FnOnce() -> Result<T, RenderError>,
    ) -> Result<T, RenderError> {
        let place = self.place(question);
        let answer = place.get_or_init(answer);
        if let Err(RenderError::Io { .. } | RenderError::Server { .. }) = answer {
            let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            recent.known.remove(question);
            recent.order.retain(|known| known != question);
        }
        answer.clone()
    }

    fn place(&self, question: &str) -> Answer<T> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Answers { known, order } = &mut *recent;
        if let Some(place) = known.get(question) {
            return Arc::clone(place);
        }
        let oldest = (order.len() >= KEPT).then(|| order.pop_front()).flatten();
        if let Some(oldest) = oldest {
            known.remove(&oldest);
        }
        order.push_back(question.to_owned());
        Arc::clone(known.entry(question.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        path::{Path, PathBuf},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use am_toolchain::{RenderError, RenderRequest, Rendered};

    use super::{KEPT, Recent, Remembered};
    use crate::{suite::RenderService, upstream::Upstream, upstream::testing::upstream};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl RenderService for Counting {
        fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(RenderError::Helm {
                message: request.release.clone(),
            })
        }

        fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
            self.render(request)
        }

        fn lint(&self, _chart: &Path, _files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }

        fn upstream(&self) -> &dyn Upstream {
            upstream()
        }
    }

    fn made(work: impl FnOnce(&Remembered<'_>)) -> usize {
        let counting = Counting::default();
        work(&Remembered::new(&counting, vec!["charts".into()]));
        counting.0.into_inner()
    }

    fn request(chart: &str, release: &str) -> RenderRequest {
        RenderRequest::new(chart, release, "apim")
    }

    #[test]
    fn an_unchanged_chart_is_rendered_once_for_each_request() {
        let renders = made(|remembered| {
            for release in ["one", "one", "two"] {
                let refused = remembered.render(&request("charts/a", release));
                assert_eq!(refused.expect_err("refused").to_string(), release);
                let _ = remembered.lint(Path::new("charts/a"), &[]);
            }
        });
        assert_eq!(renders, 2 + 1);
    }

    #[test]
    fn a_changed_chart_and_chance_are_rendered_every_time() {
        let renders = made(|remembered| {
            for _ in 0..2 {
                let _ = remembered.render(&request("copy/a", "one"));
                let _ = remembered.render_with_chance(&request("charts/a", "one"));
                let _ = remembered.lint(Path::new("copy/a"), &[]);
            }
        });
        assert_eq!(renders, 6);
    }

    #[test]
    fn what_the_machine_could_not_do_is_tried_again() {
        let tries = Cell::new(0);
        let answers = Recent::default();
        for _ in 0..2 {
            let answer: Result<(), _> = answers.get("question", || {
                tries.set(tries.get() + 1);
                Err(RenderError::Server {
                    path: "renderer".into(),
                    message: "went away".into(),
                })
            });
            assert!(answer.is_err());
        }
        assert_eq!(tries.get(), 2);
    }

    #[test]
    fn what_was_asked_long_ago_is_forgotten() {
        let renders = made(|remembered| {
            for number in 0..=KEPT {
                let _ = remembered.render(&request("charts/a", &number.to_string()));
            }
            let _ = remembered.render(&request("charts/a", &KEPT.to_string()));
            let _ = remembered.render(&request("charts/a", "0"));
        });
        assert_eq!(renders, KEPT + 2);
    }
}
