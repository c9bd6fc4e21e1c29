//! Values whose form is another in our charts.

use serde_json::{Value, json};

use crate::report::{Class, Refusal};
use crate::work::Work;

pub(super) fn environment(work: &mut Work<'_>, item: usize, to: &str, value: &Value) {
    let mut left_out = Vec::new();
    if !value.is_object() {
        let note = "a mapping of names and values was meant".to_owned();
        work.warn(item, note.clone());
        return work.done(item, Class::Manual, None, Some(note));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(why) = work.charts.variables.get(name) {
            let message = format!("{name} is left out: {why}");
            work.warn(item, message.clone());
            left_out.push(message);
        } else {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            work.append(item, to, json!({ "name": name, "value": text }));
        }
    }
    let class = if left_out.is_empty() {
        Class::Mapped
    } else {
        Class::Manual
    };
    work.done(
        item,
        class,
        None,
        (!left_out.is_empty()).then(|| left_out.join("; ")),
    );
}

pub(super) fn repository(work: &mut Work<'_>, item: usize, to: &str) {
    let text = work.items[item].text();
    match text.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => {
            work.put(item, to, json!(repository));
            let beside = to.trim_end_matches("repository");
            work.put(item, &format!("{beside}tag"), json!(tag));
        }
        _ => {
            work.put(item, to, json!(text));
        }
    }
}

pub(super) fn away(value: &Value) -> Result<Value, Refusal> {
    let percent = value
        .as_str()
        .and_then(|text| text.strip_suffix('%'))
        .and_then(|it| it.parse::<u32>().ok());
    match percent {
        Some(stay @ 0..=99) => Ok(json!(format!("{}%", 100 - stay))),
        Some(_) => Err(Refusal(Class::Manual, "a budget that lets no pod go stops every drain of a node: set podDisruptionBudget".into())),
        None => Err(Refusal(Class::Manual, "a number that must stay says nothing of how many may go: set podDisruptionBudget.maxUnavailable".into())),
    }
}
