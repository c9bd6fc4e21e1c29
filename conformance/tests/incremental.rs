//! A run costs what changed since an earlier one, and learns the same.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use am_conformance::{
    SuiteError,
    context::SourceMap,
    finding::GeneratorLocation,
    report::{Format, Report},
    suite::{
        ChartDirectory, HelmPrograms, Input, Options, RenderService, Silent, Skip, Variants,
        run_with,
    },
    upstream::Upstream,
};
use am_deployment_toml::product::ProductVersion;
use am_generator::{
    Model, Selection, Templates, generate,
    output::{self, Extent},
};
use am_product::Pattern;
use am_toolchain::{
    RenderError, RenderPool, RenderRequest, Rendered, StderrProgress, Tool, Toolchain,
};

fn of_version(name: &str) -> ProductVersion {
    name.parse().expect("a version of the table")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A workspace of its own with charts of two versions, so that any file may be changed.
struct Bench {
    folder: tempfile::TempDir,
    renderer: Counting,
}

/// The real renderer; counts what is rendered.
struct Counting {
    pool: RenderPool,
    renders: AtomicUsize,
}

impl RenderService for Counting {
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.renders.fetch_add(1, Ordering::Relaxed);
        RenderService::render(&self.pool, request)
    }

    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.renders.fetch_add(1, Ordering::Relaxed);
        RenderService::render_with_chance(&self.pool, request)
    }

    fn lint(&self, chart: &Path, values_files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
        RenderService::lint(&self.pool, chart, values_files)
    }

    fn upstream(&self) -> &dyn Upstream {
        &self.pool
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = workspace();
        let model = Model::load(&root.join("generator/model"), "generator/model").expect("loads");
        let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
            .expect("loads");
        for version in [of_version("4.6.0"), of_version("4.7.0")] {
            let selection = Selection {
                version: version.to_string(),
                ..Selection::all(&model)
            };
            let tree = generate(&model, &templates, &selection).expect("generated");
            output::write(
                &tree,
                &folder.path().join(version.as_str()),
                Extent::Everything,
            )
            .expect("written");
        }
        let values = folder.path().join("fixtures/values");
        fs::create_dir_all(&values).expect("made");
        for file in ["aws.yaml", "none.yaml"] {
            let given = root.join("fixtures/values").join(file);
            fs::copy(given, values.join(file)).expect("copied");
        }
        let program = Toolchain::new(root)
            .ensure(Tool::Renderer, &mut StderrProgress::default())
            .unwrap_or_else(|error| panic!("{error}"));
        Self {
            folder,
            renderer: Counting {
                pool: RenderPool::new(program, 1).deterministic(true),
                renders: AtomicUsize::new(0),
            },
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn edit(&self, file: &str, change: impl Fn(&str) -> String) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("there");
        let changed = change(&text);
        assert_ne!(text, changed, "{file} changes");
        fs::write(path, changed).expect("written");
    }

    /// Patterns 0 and 1, bare and on AWS: four subjects.
    fn options(&self) -> Options {
        let directory = |version: ProductVersion| ChartDirectory {
            version,
            path: self.path(version.as_str()),
        };
        let mut options = Options::new(
            self.folder.path(),
            Input::Charts(
                [of_version("4.6.0"), of_version("4.7.0")]
                    .map(directory)
                    .to_vec(),
            ),
        );
        options.patterns = vec![Pattern::Numbered(0), Pattern::Numbered(1)];
        options.platforms = vec!["none".into(), "aws".into()];
        options.product_versions = vec![of_version("4.7.0")];
        options.variants = Variants::None;
        options.only = vec!["AM-DIST".into(), "AM-TOPO".into(), "AM-UPG-002".into()];
        options.cache = Some(self.path("cache"));
        options
    }

    fn run(&self, options: &Options) -> (Report, usize) {
        let programs = HelmPrograms::default();
        let before = self.renderer.renders.load(Ordering::Relaxed);
        let report = run_with(options, &self.renderer, &programs, &mut Silent).expect("judged");
        let renders = self.renderer.renders.load(Ordering::Relaxed) - before;
        (report, renders)
    }

    /// How many subjects a run judges anew.
    fn judged(&self, options: &Options) -> usize {
        let (report, _) = self.run(options);
        let subjects = report.profiles.iter().map(|profile| profile.subjects.len());
        subjects.sum::<usize>() - report.coverage.cached
    }
}

/// The report as a machine reads it, but for the number of subjects that were not judged anew.
fn bytes(report: &Report) -> String {
    let mut report = report.clone();
    report.coverage.cached = 0;
    Format::Json.render(&report).expect("rendered")
}

#[test]
fn a_run_without_a_change_renders_nothing_and_reports_the_same_bytes() {
    let bench = Bench::new();
    // A finding is there, too: its text and places must survive.
    bench.edit("4.7.0/am-pattern-1/values.yaml", |text| {
        text.replace("repository: wso2/wso2am\n", "repository: wso2/wso2am-acp\n")
    });
    let mut options = bench.options();
    let (cold, renders) = bench.run(&options);
    assert!(renders > 4 && cold.coverage.cached == 0);
    assert!(cold.findings().next().is_some());
    let (warm, renders) = bench.run(&options);
    assert_eq!((renders, warm.coverage.cached), (0, 4));
    assert_eq!(bytes(&warm), bytes(&cold));
    options.cache = None;
    let (without, renders) = bench.run(&options);
    assert!(renders > 4);
    assert_eq!(bytes(&without), bytes(&cold));
    assert!(
        cold.profiles
            .iter()
            .all(|profile| profile.seconds > Some(0.0))
    );
}

#[test]
fn whatever_a_judgement_follows_from_makes_it_anew_and_nothing_else() {
    let bench = Bench::new();
    let mut options = bench.options();
    assert_eq!(bench.judged(&options), 4, "nothing is known at first");
    assert_eq!(bench.judged(&options), 0);
    let comment = |text: &str| format!("{text}\n{{{{- /* changed */}}}}\n");
    let yaml = |text: &str| format!("{text}\n# changed\n");

    bench.edit(
        "4.7.0/am-pattern-1/templates/all-in-one/service.yaml",
        comment,
    );
    assert_eq!(bench.judged(&options), 2, "a template of one pattern");
    bench.edit("4.7.0/am-pattern-0/values.yaml", yaml);
    assert_eq!(bench.judged(&options), 2, "the values of the other");
    bench.edit("4.7.0/am-pattern-0/overlays/aws.yaml", yaml);
    assert_eq!(
        bench.judged(&options),
        2,
        "an overlay is a file of its chart"
    );
    bench.edit("fixtures/values/aws.yaml", yaml);
    assert_eq!(
        bench.judged(&options),
        2,
        "the operator's values of a platform"
    );
    bench.edit(
        "4.6.0/am-pattern-1/templates/all-in-one/service.yaml",
        comment,
    );
    assert_eq!(
        bench.judged(&options),
        2,
        "the same chart of another version"
    );
    bench.edit("4.6.0/am-pattern-3/values.yaml", yaml);
    assert_eq!(bench.judged(&options), 0, "a chart that nobody asked for");

    options.skip = vec![Skip {
        requirement: "AM-DIST-004".into(),
        reason: "a private build".into(),
    }];
    assert_eq!(bench.judged(&options), 4, "--skip");
    options.skip[0].reason = "another reason".into();
    assert_eq!(bench.judged(&options), 4, "the reason is in the report");
    options.external = vec!["*.example.com".into()];
    assert_eq!(bench.judged(&options), 4, "--external");
    options.schemas = None;
    assert_eq!(bench.judged(&options), 4, "schemas");
    options.only.push("AM-CONF".into());
    assert_eq!(bench.judged(&options), 4, "--only");
    options.patterns = vec![Pattern::Numbered(1)];
    assert_eq!(bench.judged(&options), 0, "a part of what is known");
    assert_eq!(
        bench.judged(&bench.options()),
        0,
        "the first run's options again"
    );
}

#[test]
fn what_cannot_be_trusted_is_judged_anew() {
    let bench = Bench::new();
    let options = bench.options();
    let (cold, _) = bench.run(&options);
    for entry in fs::read_dir(bench.path("cache")).expect("there") {
        let path = entry.expect("there").path();
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, text.replace("\"passed\"", "\"failed\"")).expect("written");
    }
    let (again, _) = bench.run(&options);
    assert_eq!(again.coverage.cached, 0);
    assert_eq!(bytes(&again), bytes(&cold));
    assert_eq!(bench.judged(&options), 0, "the entries were put right");
}

#[test]
fn what_this_machine_could_not_judge_is_not_kept() {
    let bench = Bench::new();
    let mut options = bench.options();
    // Needs Helm 3, which this run has not; only representatives are asked.
    options.only = vec!["AM-HELM-012".into()];
    let (first, _) = bench.run(&options);
    assert_eq!(first.exit_code(), 3);
    assert_eq!(bench.judged(&options), 2, "the two that asked for Helm 3");

    bench.edit(
        "4.7.0/am-pattern-0/templates/_common/_validation/validation.yaml",
        |text| format!("{text}\n{{{{ fail \"no\" }}}}\n"),
    );
    options.only = vec!["AM-DIST".into()];
    bench.run(&options);
    let (again, _) = bench.run(&options);
    assert_eq!(
        again.coverage.cached, 2,
        "what does not render is rendered again"
    );
    assert_eq!(again.statistics().render_failures, 2);
}

#[test]
fn lines_of_the_generator_are_those_of_today() {
    struct Moving(AtomicUsize);
    impl SourceMap for Moving {
        fn locate(
            &self,
            _: ProductVersion,
            _: &str,
            file: &str,
            _: usize,
        ) -> Option<GeneratorLocation> {
            Some(GeneratorLocation {
                file: file.to_owned(),
                line: self.0.load(Ordering::Relaxed),
            })
        }
    }
    let bench = Bench::new();
    bench.edit("4.7.0/am-pattern-1/values.yaml", |text| {
        text.replace("repository: wso2/wso2am\n", "repository: wso2/wso2am-acp\n")
    });
    let map = Arc::new(Moving(AtomicUsize::new(7)));
    let mut options = bench.options();
    options.source_map = Some(map.clone());
    let lines = |report: &Report| -> Vec<usize> {
        let places = report
            .findings()
            .filter_map(|(_, finding)| finding.generator.as_ref());
        places.map(|place| place.line).collect()
    };
    let (first, _) = bench.run(&options);
    assert!(!lines(&first).is_empty() && lines(&first).iter().all(|line| *line == 7));
    map.0.store(9, Ordering::Relaxed);
    let (moved, renders) = bench.run(&options);
    assert_eq!(renders, 0);
    assert_eq!(lines(&moved), vec![9; lines(&first).len()]);
}

#[test]
fn a_run_that_is_ended_gives_no_report() {
    let bench = Bench::new();
    let mut options = bench.options();
    options.stop = Some(Arc::new(true.into()));
    let ended = run_with(
        &options,
        &bench.renderer,
        &HelmPrograms::default(),
        &mut Silent,
    );
    assert!(matches!(ended, Err(SuiteError::CannotCheck { .. })));
}
