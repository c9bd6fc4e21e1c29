//! How many pods there are, and who decides.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn gateway(values: &Value) -> Release {
    release(3, json!({"gateway": values}))
}

fn refused(values: &Value) -> String {
    refusal(3, json!({"gateway": values}))
}

fn deployment(release: &Release) -> &Value {
    &release
        .find("Deployment", "apim-gateway")
        .expect("a gateway")["spec"]
}

#[test]
fn replicas_say_how_many_nodes_every_component_has() {
    let nodes = json!({"replicas": 3});
    let values = json!({"gateway": nodes, "trafficManager": nodes, "eventHub": {"acceptMoreThanTwoNodes": true}});
    let release = release(3, values);
    assert_eq!(deployment(&release)["replicas"], 3);
    let throttling = release.find("StatefulSet", "apim-traffic-manager");
    assert_eq!(
        throttling.expect("a traffic manager")["spec"]["replicas"],
        3
    );
}

#[test]
fn the_old_name_is_refused_with_the_new_one() {
    let message = refused(&json!({"replicaCount": 3}));
    assert!(
        message.contains("gateway.replicaCount is called gateway.replicas now: rename it"),
        "{message}"
    );
}

#[test]
fn null_leaves_the_number_of_a_deployment_to_somebody_else() {
    for values in [
        json!({"replicas": null}),
        json!({"autoscaling": {"external": true}}),
    ] {
        assert_eq!(deployment(&gateway(&values)).get("replicas"), None);
    }
    let message = refused(&json!({"autoscaling": {"enabled": true, "external": true}}));
    assert!(
        message.contains("gateway.autoscaling.external says that something else scales it"),
        "{message}"
    );
}

#[test]
fn nodes_that_others_list_need_a_number() {
    for (pattern, key) in [(0, "allInOne"), (3, "controlPlane"), (3, "trafficManager")] {
        let message = refusal(pattern, json!({key: {"replicas": null}}));
        let expected = format!("{key}.replicas is null, but its nodes are listed");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn an_autoscaler_takes_more_metrics_and_a_behaviour() {
    let metric = json!({"type": "Pods", "pods": {
        "metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "{{ .Release.Name | len }}"}
    }});
    let release = gateway(&json!({"autoscaling": {
        "enabled": true, "metrics": [metric], "behavior": {"scaleUp": {"stabilizationWindowSeconds": 5}}
    }}));
    let spec = &release
        .find("HorizontalPodAutoscaler", "apim-gateway")
        .expect("an autoscaler")["spec"];
    assert_eq!(spec["metrics"][0]["resource"]["name"], "cpu");
    assert_eq!(spec["metrics"][1]["pods"]["target"]["averageValue"], "4");
    assert_eq!(spec["metrics"][2], Value::Null);
    assert_eq!(spec["behavior"]["scaleUp"]["stabilizationWindowSeconds"], 5);
    assert_eq!(deployment(&release).get("replicas"), None);
}

#[test]
fn an_autoscaler_must_measure_something() {
    let mut autoscaling = json!({"enabled": true, "targetCPUUtilizationPercentage": 0, "targetMemoryUtilizationPercentage": 0});
    let message = refused(&json!({"autoscaling": autoscaling}));
    assert!(
        message.contains("gateway.autoscaling measures nothing"),
        "{message}"
    );
    autoscaling["metrics"] = json!([{"type": "External", "external": {"metric": {"name": "m"}, "target": {"type": "Value", "value": "1"}}}]);
    let release = gateway(&json!({"autoscaling": autoscaling}));
    let scaler = release
        .find("HorizontalPodAutoscaler", "apim-gateway")
        .expect("an autoscaler");
    assert_eq!(scaler["spec"]["metrics"].as_array().map(Vec::len), Some(1));
}

fn keda() -> Value {
    json!({"enabled": true, "triggers": [
        {"type": "prometheus", "metadata": {"serverAddress": "http://prometheus:9090", "query": "sum(rate(x{app='{{ .Release.Name }}'}[2m]))", "threshold": "100"}}
    ]})
}

#[test]
fn keda_scales_a_deployment_between_the_same_bounds() {
    let release = gateway(&json!({"autoscaling": {"maxReplicas": 9, "keda": keda()}}));
    let scaled = release
        .find("ScaledObject", "apim-gateway")
        .expect("a scaled object");
    let spec = &scaled["spec"];
    assert_eq!(scaled["apiVersion"], "keda.sh/v1alpha1");
    assert_eq!(spec["scaleTargetRef"]["name"], "apim-gateway");
    assert_eq!(spec["scaleTargetRef"]["kind"], "Deployment");
    assert_eq!(
        (&spec["minReplicaCount"], &spec["maxReplicaCount"]),
        (&json!(2), &json!(9))
    );
    assert_eq!(
        spec["triggers"][0]["metadata"]["query"],
        "sum(rate(x{app='apim'}[2m]))"
    );
    let behavior = &spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"];
    assert_eq!(behavior["scaleDown"]["stabilizationWindowSeconds"], 300);
    assert_eq!(deployment(&release).get("replicas"), None);
    assert_eq!(release.all("HorizontalPodAutoscaler").count(), 0);
}

#[test]
fn keda_and_an_autoscaler_exclude_each_other() {
    let message = refused(&json!({"autoscaling": {"enabled": true, "keda": keda()}}));
    assert!(
        message.contains(
            "gateway.autoscaling.enabled and gateway.autoscaling.keda.enabled exclude each other"
        ),
        "{message}"
    );
    let message = refused(&json!({"autoscaling": {"keda": {"enabled": true}}}));
    assert!(
        message.contains("gateway.autoscaling.keda.triggers is empty"),
        "{message}"
    );
}

#[test]
fn either_autoscaler_needs_room() {
    for scaler in [json!({"enabled": true}), json!({"keda": keda()})] {
        let mut autoscaling = scaler;
        autoscaling["minReplicas"] = json!(5);
        autoscaling["maxReplicas"] = json!(4);
        let message = refused(&json!({"autoscaling": autoscaling}));
        assert!(
            message.contains("gateway.autoscaling.minReplicas 5 is more than maxReplicas 4"),
            "{message}"
        );
    }
}

#[test]
fn only_a_rolling_update_keeps_its_settings() {
    let release = release(
        3,
        json!({
            "gateway": {"updateStrategy": {"type": "Recreate"}},
            "controlPlane": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}},
            "trafficManager": {"updateStrategy": {"rollingUpdate": {"partition": 1}}},
        }),
    );
    assert_eq!(
        deployment(&release)["strategy"],
        json!({"type": "Recreate"})
    );
    let strategy = |component: &str| {
        let found = release
            .find("StatefulSet", component)
            .expect("a StatefulSet");
        found["spec"]["updateStrategy"].clone()
    };
    assert_eq!(strategy("apim-control-plane"), json!({"type": "OnDelete"}));
    assert_eq!(
        strategy("apim-traffic-manager"),
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})
    );
}
