//! The page in a real headless browser: its answers are the command's, it is used by keyboard alone, on a phone, in both colour schemes.
//!
//! Looks for `CHROMIUM` in the environment, then for `chromium`, `chromium-browser` and `google-chrome` on `PATH`. Without one every test is
//! reported as ignored, with the reason, and what axe-core checks also without that; `tools/browser/install` installs both.

mod devtools;
#[path = "../choosing/strategies.rs"]
mod strategies;
#[path = "../choosing/support.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use am_choosing::{Answers, page, recommend};
use devtools::Tab;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{answers, rules};

type Test = fn(&mut Page) -> Result<(), Failed>;

fn main() -> ExitCode {
    let tests: [(&str, Test); 8] = [
        (
            "answers_are_those_of_the_command",
            answers_are_those_of_the_command,
        ),
        (
            "another_rule_on_the_page_is_noticed",
            another_rule_on_the_page_is_noticed,
        ),
        ("a_link_carries_the_answers", a_link_carries_the_answers),
        ("a_link_that_is_wrong_is_told", a_link_that_is_wrong_is_told),
        (
            "every_control_is_reached_and_used_by_keyboard",
            every_control_is_reached_and_used_by_keyboard,
        ),
        (
            "a_number_that_is_none_is_told",
            a_number_that_is_none_is_told,
        ),
        (
            "nothing_is_wider_than_a_phone",
            nothing_is_wider_than_a_phone,
        ),
        ("the_answer_alone_is_printed", the_answer_alone_is_printed),
    ];
    let mut trials: Vec<Trial> = Vec::from(tests.map(|(name, test)| trial(name, browser(), test)));
    let with_axe = axe().and(browser());
    trials.push(trial(
        "axe_finds_nothing_in_either_scheme_or_width",
        with_axe.clone(),
        axe_finds_nothing,
    ));
    trials.push(trial(
        "axe_notices_a_label_that_is_gone",
        with_axe,
        axe_notices,
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, program: Option<PathBuf>, test: Test) -> Trial {
    Trial::ignorable_test(name, move || match program {
        Some(program) => Page::open(&program).and_then(|mut page| {
            test(&mut page)?;
            match page.tab.console.as_slice() {
                [] => Ok(Completion::Completed),
                console => Err(format!("the console is not empty: {console:?}").into()),
            }
        }),
        None => Ok(Completion::ignored_with(
            "no Chromium or no axe-core: run tools/browser/install",
        )),
    })
}

fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
        })
        .find(|path| path.is_file())
}

/// Where `tools/browser/install` lays axe-core.
fn axe() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pins = fs::read(workspace.join("tools/browser/package-lock.json")).ok()?;
    let digest = Sha256::digest(pins);
    let first: [u8; 8] = digest.as_slice().get(..8)?.try_into().ok()?;
    let name = format!("{:016x}", u64::from_be_bytes(first));
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| workspace.join("target"), PathBuf::from);
    let folder = target.join(format!("tools/axe-core-{name}"));
    Some(folder.join("node_modules/axe-core/axe.min.js")).filter(|path| path.is_file())
}

/// The page in a tab, from a file.
struct Page {
    tab: Tab,
    address: String,
    _folder: tempfile::TempDir,
}

impl Page {
    fn open(program: &Path) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("index.html");
        fs::write(&file, page().map_err(|error| error.to_string())?)?;
        let address = format!("file://{}", file.display());
        let tab = Tab::open(program, &address)?;
        Ok(Self {
            tab,
            address,
            _folder: folder,
        })
    }

    fn text(&mut self, id: &str) -> Result<String, Failed> {
        let text = self
            .tab
            .eval(&format!("document.getElementById('{id}').textContent"))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    fn expect(&mut self, expression: &str, wanted: &Value) -> Result<(), Failed> {
        let is = self.tab.eval(expression)?;
        equal(expression, &is, wanted)
    }
}

fn equal(what: &str, is: &Value, wanted: &Value) -> Result<(), Failed> {
    if is == wanted {
        Ok(())
    } else {
        Err(format!("{what} is {is}, not {wanted}").into())
    }
}

/// Rows of the tables, and 200 answers that are the same in every run.
fn all_answers() -> Vec<Answers> {
    let cases = rules().cases();
    let rows = cases.scenarios.iter().chain(&cases.matrix);
    let mut all: Vec<Answers> = rows.map(|row| row.answers(rules())).collect();
    let topologies = cases.topologies.iter();
    all.extend(topologies.map(|it| answers(&format!("previous: {}", it.previous.value))));
    let mut runner = TestRunner::deterministic();
    let any = strategies::answers();
    let random = (0..200).filter_map(|_| any.new_tree(&mut runner).ok());
    all.extend(random.map(|tree| tree.current()));
    all
}

/// The first answers to which the page says something else than the command.
fn first_difference(page: &mut Page) -> Result<Option<String>, Failed> {
    let all = all_answers();
    assert_eq!(all.len(), 217);
    let given = json!(all.iter().map(Answers::given).collect::<Vec<_>>());
    let said = page.tab.eval(&format!(
        "JSON.stringify({given}.map((it) => recommend(data, it)))"
    ))?;
    let said: Vec<Value> = serde_json::from_str(said.as_str().unwrap_or_default())?;
    for (answers, said) in all.iter().zip(&said) {
        let wanted = serde_json::to_value(recommend(rules(), answers))?;
        let fields = wanted.as_object().into_iter().flatten();
        for (field, wanted) in fields {
            if said[field] != *wanted {
                return Ok(Some(format!(
                    "{:?}: {field} is {}, not {wanted}",
                    answers.given(),
                    said[field]
                )));
            }
        }
        if said.as_object().map(serde_json::Map::len)
            != wanted.as_object().map(serde_json::Map::len)
        {
            return Ok(Some("a field more or less".to_owned()));
        }
    }
    Ok((said.len() != all.len()).then(|| "answers are missing".to_owned()))
}

fn answers_are_those_of_the_command(page: &mut Page) -> Result<(), Failed> {
    match first_difference(page)? {
        Some(difference) => Err(difference.into()),
        None => Ok(()),
    }
}

fn another_rule_on_the_page_is_noticed(page: &mut Page) -> Result<(), Failed> {
    page.tab
        .eval("data.sizing.measured.find((it) => it.set === 'usableShare').cases[0].value = 0.5")?;
    match first_difference(page)? {
        Some(_) => Ok(()),
        None => Err("half of a processor gives the same sizes".into()),
    }
}

fn a_link_carries_the_answers(page: &mut Page) -> Result<(), Failed> {
    let address = format!(
        "{}#requestsPerSecond=5000&platform=aws&regulated=true",
        page.address
    );
    page.tab.go(&address)?;
    page.expect("document.getElementById('platform').value", &json!("aws"))?;
    page.expect("document.getElementById('regulated').checked", &json!(true))?;
    page.expect(
        "document.getElementById('headline').textContent",
        &json!("Pattern 4, fully distributed"),
    )?;
    page.tab.eval(
        "platform.value = 'gcp'; platform.dispatchEvent(new Event('input', {bubbles: true}))",
    )?;
    page.expect(
        "location.hash",
        &json!("#requestsPerSecond=5000&regulated=true&platform=gcp"),
    )?;
    page.expect(
        "document.getElementById('link').hash === location.hash",
        &json!(true),
    )?;
    page.expect("performance.getEntriesByType('resource').length", &json!(0))
}

fn a_link_that_is_wrong_is_told(page: &mut Page) -> Result<(), Failed> {
    let address = format!(
        "{}#regions=0&platform=moon&nothing=1&toString=1&production=perhaps&tokensPerSecond=&requestsPerSecond=0x10",
        page.address
    );
    page.tab.go(&address)?;
    page.expect("document.querySelectorAll('#wrong li').length", &json!(7))?;
    page.expect(
        "document.getElementById('tokensPerSecond').value",
        &json!("10"),
    )?;
    page.expect("document.getElementById('wrong').hidden", &json!(false))?;
    page.expect("document.getElementById('regions').value", &json!("1"))
}

/// What has the focus, and whether it is seen.
const FOCUSED: &str = "(() => { const it = document.activeElement; const style = getComputedStyle(it); \
    return [it.id || it.textContent, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; })()";

fn every_control_is_reached_and_used_by_keyboard(page: &mut Page) -> Result<(), Failed> {
    let wanted = page.tab.eval(
        "[...document.querySelectorAll('a, button, input, select, pre[tabindex]')].filter((it) => it.checkVisibility()).map((it) => it.id || it.textContent)",
    )?;
    let count = wanted.as_array().map_or(0, Vec::len);
    assert!(count > 25, "{wanted}");
    let mut reached = Vec::new();
    for _ in 0..count {
        page.tab.press("Tab", 9, "")?;
        let focused = page.tab.eval(FOCUSED)?;
        equal(
            &format!("whether the focus on {} is seen", focused[0]),
            &focused[1],
            &json!(true),
        )?;
        reached.push(focused[0].clone());
    }
    equal("what Tab reaches", &json!(reached), &wanted)?;
    page.tab
        .eval("document.getElementById('production').focus()")?;
    page.tab.press(" ", 32, " ")?;
    page.expect(
        "document.getElementById('headline').textContent",
        &json!("Pattern 0, all-in-one"),
    )?;
    page.expect(
        "document.querySelector('[data-question=regulated]').hidden",
        &json!(true),
    )?;
    page.tab.press(" ", 32, " ")?;
    page.tab
        .eval("document.getElementById('requestsPerSecond').select()")?;
    for digit in ["5", "0", "0", "0"] {
        page.tab.press(digit, 48 + digit.parse::<u32>()?, digit)?;
    }
    page.expect(
        "document.getElementById('headline').textContent",
        &json!("Pattern 3, distributed"),
    )?;
    page.tab.eval("document.getElementById('skills').focus()")?;
    page.tab.press("ArrowDown", 40, "")?;
    page.expect(
        "document.getElementById('skills').value",
        &json!("machines"),
    )?;
    let status = page.text("status")?;
    if !status.starts_with("Pattern 3 on Virtual machines, one region: ") {
        return Err(format!("the status says {status}").into());
    }
    page.tab
        .eval("document.querySelector('#starts button').focus()")?;
    page.tab.press("Enter", 13, "\r")?;
    page.expect(
        "document.getElementById('headline').textContent",
        &json!("Pattern 0, all-in-one"),
    )
}

fn a_number_that_is_none_is_told(page: &mut Page) -> Result<(), Failed> {
    for (typed, wrong) in [
        ("0", true),
        ("", true),
        ("2.5", true),
        ("21", true),
        ("20", false),
    ] {
        let set = format!(
            "regions.value = '{typed}'; regions.dispatchEvent(new Event('input', {{bubbles: true}}))"
        );
        page.tab.eval(&set)?;
        page.expect(
            "regions.getAttribute('aria-invalid') === 'true'",
            &json!(wrong),
        )?;
        page.expect(
            "!document.getElementById('regions-error').hidden",
            &json!(wrong),
        )?;
    }
    Ok(())
}

fn nothing_is_wider_than_a_phone(page: &mut Page) -> Result<(), Failed> {
    page.tab.go(&format!("{}#regions=20&platform=openshift&skills=machines&regulated=true&integration=both&tenants=9", page.address))?;
    for width in [320, 375, 768, 1280] {
        page.tab.look(width, "light", "screen")?;
        let is = page.tab.eval("document.documentElement.scrollWidth")?;
        if is.as_u64().is_none_or(|is| is > u64::from(width)) {
            return Err(format!("the page is {is} wide in a window of {width}").into());
        }
    }
    Ok(())
}

fn the_answer_alone_is_printed(page: &mut Page) -> Result<(), Failed> {
    page.tab.look(1032, "dark", "print")?;
    page.expect(
        "document.getElementById('form').checkVisibility()",
        &json!(false),
    )?;
    page.expect(
        "document.getElementById('reset').checkVisibility()",
        &json!(false),
    )?;
    page.expect(
        "document.getElementById('components').checkVisibility()",
        &json!(true),
    )?;
    page.expect(
        "getComputedStyle(document.body).backgroundColor",
        &json!("rgb(255, 255, 255)"),
    )
}

/// What axe-core finds: rules, and the elements that break them.
fn violations(page: &mut Page) -> Result<Value, Failed> {
    let script = fs::read_to_string(axe().ok_or("axe-core is gone")?)?;
    page.tab.eval(&format!("{script}; true"))?;
    page.tab.eval(
        "axe.run(document, {resultTypes: ['violations', 'incomplete']}).then((it) => [...it.violations, ...it.incomplete].map((one) => [one.id, ...one.nodes.map((node) => node.html)]))",
    )
}

fn axe_finds_nothing(page: &mut Page) -> Result<(), Failed> {
    for fragment in [
        "",
        "#regions=2&platform=openshift&skills=machines&tenants=0",
    ] {
        page.tab.go("about:blank#")?;
        page.tab.go(&format!("{}{fragment}", page.address))?;
        for scheme in ["light", "dark"] {
            for width in [1280, 320] {
                page.tab.look(width, scheme, "screen")?;
                let found = violations(page)?;
                equal(
                    &format!("{fragment} {scheme} {width}: axe-core finds"),
                    &found,
                    &json!([]),
                )?;
            }
        }
    }
    Ok(())
}

fn axe_notices(page: &mut Page) -> Result<(), Failed> {
    page.tab
        .eval("document.querySelector('label[for=platform]').remove()")?;
    let found = violations(page)?;
    equal(
        "the rule that is broken",
        &found[0][0],
        &json!("select-name"),
    )
}
