//! The render server by itself: errors, notes, reloading, crashes, garbage.

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use am_toolchain::{
    HelmCommand, Operand, RenderError, RenderPool, RenderRequest, RenderServer, Renderer,
    TemplateNode, Tool,
};
use serde_json::{Value, json};

fn fixture_request() -> RenderRequest {
    RenderRequest::new(support::fixture("chart"), "demo", "apps")
}

fn server() -> RenderServer {
    RenderServer::new(support::tool(Tool::Renderer))
}

/// Both renderers, for what must be the same with each.
fn renderers() -> [Box<dyn Renderer>; 2] {
    [
        Box::new(server()),
        Box::new(HelmCommand::new(support::tool(Tool::Helm4))),
    ]
}

fn with_values(values: Value) -> RenderRequest {
    RenderRequest {
        values,
        ..fixture_request()
    }
}

#[test]
fn refused_values_are_listed_with_their_places() {
    for mut renderer in renderers() {
        let error = renderer
            .render(&with_values(json!({"replicas": 0, "repicas": 3})))
            .expect_err("against the schema");
        let RenderError::Schema {
            chart, violations, ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(chart, "fixture");
        let paths: Vec<_> = violations
            .iter()
            .map(|violation| violation.path.as_str())
            .collect();
        assert_eq!(paths, ["", "/replicas"], "{violations:?}");
        assert!(violations[0].message.contains("repicas"), "{violations:?}");
    }
}

#[test]
fn a_failing_template_is_named_with_its_line() {
    for mut renderer in renderers() {
        let error = renderer
            .render(&with_values(json!({"broken": "template"})))
            .expect_err("fails");
        let RenderError::Template {
            template,
            line,
            message,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (template.as_str(), line),
            ("templates/config.yaml", Some(2))
        );
        assert!(message.contains("broken on purpose"), "{message}");
    }
}

#[test]
fn what_a_chart_refuses_on_purpose_is_told_from_what_nobody_meant() {
    for mut renderer in renderers() {
        let mut is_on_purpose = |values: Value| {
            let error = renderer.render(&with_values(values)).expect_err("fails");
            error.is_on_purpose()
        };
        for kind in ["template", "required"] {
            assert!(is_on_purpose(json!({"broken": kind})), "{kind}");
        }
        assert!(is_on_purpose(json!({"replicas": 0})), "by the schema");
        for kind in ["reference", "text", "duplicate-key"] {
            assert!(!is_on_purpose(json!({"broken": kind})), "{kind}");
        }
    }
}

#[test]
fn a_key_given_twice_is_an_error() {
    for mut renderer in renderers() {
        let error = renderer
            .render(&with_values(json!({"broken": "duplicate-key"})))
            .expect_err("twice");
        let RenderError::Document { template, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(template, "templates/config.yaml");
    }
}

#[test]
fn a_missing_chart_is_named() {
    for mut renderer in renderers() {
        let error = renderer
            .render(&RenderRequest::new("no/such/chart", "demo", "apps"))
            .expect_err("no chart");
        assert!(matches!(error, RenderError::Io { .. }), "{error:?}");
        assert!(error.to_string().contains("no/such/chart"), "{error}");
    }
}

#[test]
fn notes_are_told_when_they_are_asked_for() {
    let asked = RenderRequest {
        include_notes: true,
        ..fixture_request()
    };
    let mut server = server();
    let notes = |rendered: am_toolchain::Rendered| rendered.notes;
    assert_eq!(
        server
            .render(&asked)
            .map(notes)
            .expect("renders")
            .as_deref(),
        Some("Release demo says hello.\n")
    );
    assert_eq!(
        server
            .render(&fixture_request())
            .map(notes)
            .expect("renders"),
        None
    );
}

#[test]
fn lint_says_what_the_helm_command_says() {
    let helm = HelmCommand::new(support::tool(Tool::Helm4));
    let mut server = server();
    let sound = support::fixture("chart");
    let broken = tempfile::tempdir().expect("temporary folder");
    std::fs::write(
        broken.path().join("Chart.yaml"),
        "apiVersion: v2\nname: x\n",
    )
    .expect("file");
    let values = broken.path().join("values.yaml");
    std::fs::write(&values, "message: [no text]\n").expect("file");
    let values = vec![values];
    for (chart, files, is_clean) in [
        (sound.as_path(), &[][..], true),
        (sound.as_path(), &values, false),
        (broken.path(), &[], false),
    ] {
        let said = server.lint_strict(chart, files).expect("lints");
        assert_eq!(said.is_empty(), is_clean, "{said:?}");
        assert_eq!(said, helm.lint_strict(chart, files).expect("lints"));
    }
    let nowhere = broken.path().join("nowhere");
    assert!(server.lint_strict(&nowhere, &[]).is_err());
}

#[test]
fn values_of_one_render_do_not_leak_into_the_next() {
    let mut server = server().deterministic(true);
    let before = server.render(&fixture_request()).expect("renders");
    let other = with_values(
        json!({"message": "other", "config": {"server": {"hostname": "other", "extra": [1]}}}),
    );
    assert_ne!(server.render(&other).expect("renders"), before);
    assert_eq!(server.render(&fixture_request()).expect("renders"), before);
}

#[test]
fn lookup_finds_the_objects_of_the_request_and_no_others() {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::create_dir(folder.path().join("templates")).expect("folder");
    let about = "apiVersion: v2\nname: finding\nversion: 0.1.0\n";
    std::fs::write(folder.path().join("Chart.yaml"), about).expect("file");
    let template = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: found}
data:
  there: {{ ((lookup "v1" "Secret" "apps" "kept").data | default dict).password | quote }}
  elsewhere: {{ lookup "v1" "Secret" "other" "kept" | toJson | quote }}
  all: {{ (lookup "v1" "Secret" "" "").items | default list | len | quote }}
"#;
    std::fs::write(folder.path().join("templates/found.yaml"), template).expect("writes");
    let found = |objects: Vec<Value>| {
        let request = RenderRequest {
            objects,
            ..RenderRequest::new(folder.path(), "demo", "apps")
        };
        let rendered = server().render(&request).expect("renders");
        rendered.documents[0].value["data"].clone()
    };
    // What is written as text is given back in base64.
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "kept", "namespace": "apps"},
        "stringData": {"password": "x"}});
    assert_eq!(
        found(vec![secret]),
        json!({"there": "eA==", "elsewhere": "{}", "all": "1"})
    );
    assert_eq!(
        found(Vec::new()),
        json!({"there": null, "elsewhere": "{}", "all": "0"})
    );
}

#[test]
fn a_changed_chart_is_loaded_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let template = folder.path().join("templates/one.yaml");
    std::fs::create_dir(folder.path().join("templates")).expect("folder");
    std::fs::write(
        folder.path().join("Chart.yaml"),
        "apiVersion: v2\nname: changing\nversion: 0.1.0\n",
    )
    .expect("file");
    let mut server = server();
    for kind in ["Left", "Righ"] {
        std::fs::write(&template, format!("kind: {kind}\n")).expect("file");
        let rendered = server
            .render(&RenderRequest::new(folder.path(), "demo", "apps"))
            .expect("renders");
        assert_eq!(rendered.documents[0].value["kind"], kind);
    }
}

#[test]
fn values_that_were_accepted_once_are_refused_when_the_schema_forbids_them() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let schema = folder.path().join("values.schema.json");
    std::fs::write(
        folder.path().join("Chart.yaml"),
        "apiVersion: v2\nname: changing\nversion: 0.1.0\n",
    )
    .expect("file");
    let mut server = server();
    let mut render = |replicas: u32, release: &str| {
        server.render(&RenderRequest {
            values: json!({ "replicas": replicas }),
            ..RenderRequest::new(folder.path(), release, "apps")
        })
    };
    let at_most = |maximum: u32| {
        let text = json!({"properties": {"replicas": {"maximum": maximum}}}).to_string();
        std::fs::write(&schema, text).expect("file");
    };

    at_most(3);
    for release in ["one", "two"] {
        render(3, release).expect("the schema allows 3");
        let refused = render(4, release).expect_err("the schema forbids 4");
        assert!(matches!(refused, RenderError::Schema { .. }), "{refused:?}");
    }
    at_most(2);
    let refused = render(3, "one").expect_err("the new schema forbids 3");
    assert!(matches!(refused, RenderError::Schema { .. }), "{refused:?}");
}

#[test]
fn a_deterministic_server_renders_the_same_twice_and_another_does_not() {
    let request = fixture_request();
    let render = |mut server: RenderServer| server.render(&request).expect("renders");
    assert_eq!(
        render(server().deterministic(true)),
        render(server().deterministic(true))
    );
    assert_ne!(render(server()), render(server()));
}

#[test]
fn garbage_gets_an_answer_and_does_not_end_the_server() {
    let mut child = Command::new(support::tool(Tool::Renderer))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"\x00\xff{\n[]\n{}\n\n{\"render\":{\"chart\":7}}\n{\"render\":{}}\n{\"podSecurity\":{\"pods\":7}}\n").expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", output.status);
    let answers: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), 7);
    assert!(
        answers.iter().all(|answer| answer["error"].is_string()),
        "{answers:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_server_that_dies_is_started_again_and_one_that_cannot_run_is_an_error() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let died = folder.path().join("died");
    let script = format!(
        "[ -e '{died}' ] && exec '{real}'\nread line; touch '{died}'; exit 9",
        died = died.display(),
        real = support::tool(Tool::Renderer).display(),
    );
    let program = am_testing::script(folder.path(), "server", &script);
    let rendered = RenderServer::new(&program)
        .render(&fixture_request())
        .expect("the second process answers");
    assert!(!rendered.documents.is_empty());
    assert!(died.exists(), "the first process did not run");

    let error = RenderServer::new(folder.path().join("missing"))
        .render(&fixture_request())
        .expect_err("no program");
    assert!(matches!(error, RenderError::Io { .. }), "{error:?}");
    let error = RenderServer::new("/bin/false")
        .render(&fixture_request())
        .expect_err("no server");
    assert!(matches!(error, RenderError::Server { .. }), "{error:?}");
}

#[test]
fn a_pool_serves_more_threads_than_it_has_servers() {
    let pool = RenderPool::new(support::tool(Tool::Renderer), 2).deterministic(true);
    let expected = server()
        .deterministic(true)
        .render(&fixture_request())
        .expect("renders");
    std::thread::scope(|scope| {
        let renders: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| (&pool).render(&fixture_request())))
            .collect();
        for render in renders {
            assert_eq!(render.join().expect("no panic").expect("renders"), expected);
        }
    });
}

#[test]
fn pod_security_is_judged_as_the_api_server_judges_it() {
    let careless = json!({"spec": {"containers": [{"name": "main", "image": "a"}]}});
    let careful = json!({"spec": {
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "main", "image": "a", "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    }});
    let verdicts = server().pod_security(&[careless, careful]).expect("judged");
    assert_eq!(verdicts[1], []);
    let escalation = verdicts[0]
        .iter()
        .find(|violation| violation.reason == "allowPrivilegeEscalation != false")
        .expect("the API server's words");
    assert_eq!(
        (escalation.check.as_str(), escalation.place.as_str()),
        ("allowPrivilegeEscalation", "/containers/0")
    );
}

#[test]
fn a_field_of_a_wrong_type_counts_as_left_out() {
    let odd = json!({"spec": {"hostNetwork": true, "hostPID": "yes", "containers": "none"}});
    let verdicts = server().pod_security(&[odd, json!([1])]).expect("judged");
    let checks: Vec<_> = verdicts[0]
        .iter()
        .map(|violation| (violation.check.as_str(), violation.detail.as_str()))
        .collect();
    assert_eq!(checks, [("hostNamespaces", "hostNetwork=true")]);
    assert_eq!(verdicts[1], []);
    let unreadable = json!({"spec": {
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "main", "resources": {"limits": {"memory": "1 GB"}}, "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    }});
    let verdicts = server().pod_security(&[unreadable]).expect("judged");
    assert_eq!(verdicts, [[]], "what comes after a bad quantity counts");
}

#[test]
fn templates_are_parsed_by_go_with_their_lines() {
    let text = "a {{- /* }} */ -}}\n{{ define \"x\" }}b{{ end }}\n{{ if .Values.a }}{{ $.b }}{{ else if (f .c).d }}{{ end }}";
    let trees = server()
        .parse_templates(&[("templates/a.yaml", text), ("templates/b.yaml", "{{ if")])
        .expect("parsed");
    let tree = trees[0].as_ref().expect("a template");
    assert_eq!(tree.definitions["x"], [TemplateNode::Text("b".into())]);
    let Some(TemplateNode::If(condition, then, otherwise)) = tree.body.last() else {
        panic!("{:?}", tree.body)
    };
    assert_eq!(condition.line, 3);
    assert_eq!(
        condition.commands,
        [[Operand::Field(vec!["Values".into(), "a".into()])]]
    );
    assert!(matches!(then.as_slice(), [TemplateNode::Action(_)]));
    assert!(matches!(otherwise.as_slice(), [TemplateNode::If(..)]));
    let message = trees[1].as_ref().expect_err("no template");
    assert!(message.contains("templates/b.yaml:1"), "{message}");
}

#[test]
fn a_template_that_is_nested_too_deep_is_refused_and_a_deep_one_is_read() {
    let nested = |open: &str, close: &str, depth| open.repeat(depth) + &close.repeat(depth);
    let mut server = server();
    let mut parse = |text: &str| {
        let trees = server.parse_templates(&[("a", text)]).expect("parsed");
        trees.into_iter().next().expect("one answer")
    };
    let blocks = |depth| nested("{{ if .a }}", "{{ end }}", depth);
    let groups = |depth| format!("{{{{ {} }}}}", nested("(f ", ")", depth));
    assert!(parse(&blocks(30)).is_ok() && parse(&groups(20)).is_ok());
    for deep in [blocks(60), groups(60), blocks(5000), groups(5000)] {
        let message = parse(&deep).expect_err("too deep");
        assert!(
            message.contains("too deep") || message.contains("depth"),
            "{message}"
        );
    }
}
