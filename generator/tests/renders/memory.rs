//! What the limit of memory must hold.

use serde_json::{Value, json};

use crate::support::{refusal, release};

fn gateway(limit: &Value, heap: &str) -> Value {
    json!({"gateway": {
        "resources": {"requests": {"memory": "512Mi"}, "limits": {"memory": limit}},
        "jvm": {"initialHeap": "256m", "maximumHeap": heap},
    }})
}

#[test]
fn a_limit_without_room_besides_the_heap_is_refused_with_the_number_that_fits() {
    let message = refusal(3, gateway(&json!("1663Mi"), "1024m"));
    assert!(
        message.contains("gateway.resources.limits.memory 1663Mi is too little for gateway.jvm.maximumHeap 1024m: a node needs 640 MiB besides its heap, so the limit must be at least 1664Mi"),
        "{message}"
    );
}

#[test]
fn a_limit_that_holds_heap_and_the_rest_is_accepted_in_every_unit() {
    for (limit, heap) in [
        (json!("1664Mi"), "1024m"),
        (json!("1.75Gi"), "1g"),
        (json!("1750M"), "1024M"),
        (json!(1_744_830_464), "1G"),
    ] {
        release(3, gateway(&limit, heap));
    }
    let message = refusal(3, gateway(&json!("1.6Gi"), "1G"));
    assert!(message.contains("at least 1664Mi"), "{message}");
}
