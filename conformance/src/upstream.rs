//! What the suite asks the render server besides renders: Go's and Kubernetes' own code, instead of the same once more.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use am_toolchain::{PodViolation, RenderError, RenderPool, TemplateTree};
use serde_json::{Value, json};

use crate::manifest::Manifest;

/// Code of Go and Kubernetes that judges and reads for the suite.
pub trait Upstream: Sync {
    /// What the restricted level of Pod Security admission forbids in each pod, given with `metadata` and `spec`.
    ///
    /// # Errors
    /// When nobody can be asked.
    fn pod_security(&self, pods: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError>;

    /// The trees of template files, given by name and text; Go's message for a text that is no template.
    ///
    /// # Errors
    /// When nobody can be asked.
    fn parse_templates(
        &self,
        templates: &[(&str, &str)],
    ) -> Result<Vec<Result<TemplateTree, String>>, RenderError>;

    /// `apiVersion Kind` of everything that an API server has without custom resources.
    ///
    /// # Errors
    /// When nobody can be asked.
    fn kinds(&self) -> Result<Vec<String>, RenderError>;
}

impl Upstream for RenderPool {
    fn pod_security(&self, pods: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError> {
        self.with(|server| server.pod_security(pods))
    }

    fn parse_templates(
        &self,
        templates: &[(&str, &str)],
    ) -> Result<Vec<Result<TemplateTree, String>>, RenderError> {
        self.with(|server| server.parse_templates(templates))
    }

    fn kinds(&self) -> Result<Vec<String>, RenderError> {
        RenderPool::kinds(self)
    }
}

/// Asks for one subject, and remembers whether nobody could answer, which is this machine's fault.
pub(crate) struct Asked<'a> {
    upstream: &'a dyn Upstream,
    failed: AtomicBool,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(upstream: &'a dyn Upstream) -> Self {
        Self {
            upstream,
            failed: AtomicBool::new(false),
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn note<T>(&self, answer: Result<T, RenderError>) -> Result<T, RenderError> {
        answer.inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }
}

impl Upstream for Asked<'_> {
    fn pod_security(&self, pods: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError> {
        self.note(self.upstream.pod_security(pods))
    }

    fn parse_templates(
        &self,
        templates: &[(&str, &str)],
    ) -> Result<Vec<Result<TemplateTree, String>>, RenderError> {
        self.note(self.upstream.parse_templates(templates))
    }

    fn kinds(&self) -> Result<Vec<String>, RenderError> {
        self.note(self.upstream.kinds())
    }
}

/// What Pod Security admission says about the pods of one subject, asked once for all requirements.
pub struct Admission<'a> {
    upstream: &'a dyn Upstream,
    verdicts: OnceLock<Result<Vec<Vec<PodViolation>>, String>>,
}

impl<'a> Admission<'a> {
    /// Nothing is asked yet.
    pub fn new(upstream: &'a dyn Upstream) -> Self {
        Self {
            upstream,
            verdicts: OnceLock::new(),
        }
    }

    /// Violations of each workload's pod, in the order of the workloads.
    ///
    /// # Errors
    /// When nobody can be asked.
    pub(crate) fn of(&self, manifest: &Manifest) -> Result<&[Vec<PodViolation>], &str> {
        let verdicts = self.verdicts.get_or_init(|| {
            let pods: Vec<Value> = manifest
                .workloads()
                .iter()
                .map(|workload| {
                    let annotations = workload.pod.annotations();
                    json!({"metadata": {"annotations": annotations}, "spec": workload.pod.spec})
                })
                .collect();
            self.upstream
                .pod_security(&pods)
                .map_err(|error| error.to_string())
        });
        match verdicts {
            Ok(verdicts) => Ok(verdicts),
            Err(message) => Err(message),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::{path::Path, sync::LazyLock};

    use am_toolchain::{RenderPool, StderrProgress, Tool, Toolchain};

    /// The render server of all tests, started when one first asks it.
    pub(crate) fn upstream() -> &'static RenderPool {
        static POOL: LazyLock<RenderPool> = LazyLock::new(|| {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            let program = Toolchain::new(workspace)
                .ensure(Tool::Renderer, &mut StderrProgress::default())
                .expect("the render server can be built");
            RenderPool::new(program, 2)
        });
        &POOL
    }
}

#[cfg(test)]
mod tests {
    use am_toolchain::{PodViolation, RenderError, TemplateTree};
    use serde_json::{Value, json};

    use super::{Asked, Upstream};

    /// Answers nothing.
    struct Gone;

    fn gone<T>() -> Result<T, RenderError> {
        Err(RenderError::Server {
            path: "renderer".into(),
            message: "ended".to_owned(),
        })
    }

    impl Upstream for Gone {
        fn pod_security(&self, _: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError> {
            gone()
        }

        fn parse_templates(
            &self,
            _: &[(&str, &str)],
        ) -> Result<Vec<Result<TemplateTree, String>>, RenderError> {
            gone()
        }

        fn kinds(&self) -> Result<Vec<String>, RenderError> {
            gone()
        }
    }

    #[test]
    fn whatever_cannot_be_answered_is_remembered() {
        let questions: [fn(&Asked<'_>) -> bool; 3] = [
            |asked| asked.pod_security(&[json!({})]).is_err(),
            |asked| asked.parse_templates(&[("a", "b")]).is_err(),
            |asked| asked.kinds().is_err(),
        ];
        for question in questions {
            let asked = Asked::new(&Gone);
            assert!(!asked.has_failed());
            assert!(question(&asked) && asked.has_failed());
        }
    }
}
