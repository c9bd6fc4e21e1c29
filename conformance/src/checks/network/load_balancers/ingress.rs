//! What the controllers of Ingresses do with connections, told by annotations.

use super::common::Limits;
use crate::{
    facts::controllers::Controller,
    manifest::{Object, Service},
};

/// The limits of whoever of these may serve an Ingress; `None` when none of them is known to have any.
pub(super) fn of_controllers(
    those: &[&Controller],
    ingress: &Object,
    service: Service<'_>,
) -> Option<Limits> {
    let annotations = ingress.annotations();
    let limited = || {
        those
            .iter()
            .filter_map(|controller| Some((controller, controller.idle.as_ref()?)))
    };
    let idle_seconds = limited()
        .map(|(_, idle)| {
            let text = annotations.get(idle.annotation.as_str());
            text.and_then(|text| seconds(text))
                .unwrap_or(idle.otherwise)
        })
        .max()?;
    let mut sticky = limited().flat_map(|(controller, _)| &controller.sticky);
    let (first, idle) = limited().next()?;
    let keeps = first.sticky.first().map(|row| {
        let word = row.words.first().map_or("…", String::as_str);
        format!(" and, for portals, `{}: {word}`", row.name)
    });
    Some(Limits {
        idle_seconds,
        is_sticky: sticky.any(|row| row.is_set(ingress) || row.is_set(service.object)),
        drains: true,
        help: format!(
            "set the annotation `{}: \"300\"`{}",
            idle.annotation,
            keeps.unwrap_or_default()
        ),
    })
}

/// A time as nginx writes it; a bare number are seconds.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().ok()?;
    match unit {
        "" | "s" => Some(number),
        "ms" => Some(number / 1000),
        "m" => Some(number.saturating_mul(60)),
        "h" => Some(number.saturating_mul(3600)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read_as_nginx_writes_them() {
        assert_eq!(seconds("300"), Some(300));
        assert_eq!(seconds("300s"), Some(300));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("soon"), None);
    }
}
