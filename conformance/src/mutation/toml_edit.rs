//! Changes a `deployment.toml` as text, so that everything else stays as it was written.

use ::toml_edit::{DocumentMut, Formatted, InlineTable, Item, Table, Value};

use crate::requirement::Step;

/// The text after a step.
///
/// # Errors
/// When the step changes nothing or the text is no TOML.
pub(crate) fn edit(text: &str, step: &Step) -> Result<String, String> {
    if let Some(addition) = &step.append {
        return Ok(format!("{}\n{addition}", text.trim_end()));
    }
    if let (Some(old), Some(new)) = (&step.replace, &step.with) {
        return if text.contains(old) {
            Ok(text.replace(old, new))
        } else {
            Err(format!("the text `{old}` does not occur"))
        };
    }
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    if let (Some(path), Some(to)) = (&step.set, &step.to) {
        let value = value_of(to).ok_or("TOML has no null")?;
        set(document.as_table_mut(), &parts(path), value)?;
    } else if let Some(path) = &step.remove {
        remove(document.as_table_mut(), &parts(path))
            .ok_or_else(|| format!("there is no `{path}`"))?;
    } else {
        return Err("the step has no verb for a toml".into());
    }
    Ok(document.to_string())
}

/// A step of a path: a key, with the number of the table if it is an array of tables.
struct Part<'p> {
    key: &'p str,
    index: Option<usize>,
}

/// `a.b[1].c`; a key with dots stands in quotes, as in TOML: `a.'b.c'`.
fn parts(path: &str) -> Vec<Part<'_>> {
    let mut quote = None;
    let at_dot = |letter: char| {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            _ => {}
        }
        letter == '.' && quote.is_none()
    };
    path.split(at_dot)
        .map(|part| {
            let (key, index) = match part.split_once('[') {
                Some((key, index)) => (key, index.trim_end_matches(']').parse().ok()),
                None => (part, None),
            };
            Part {
                key: key.trim_matches(['\'', '"']),
                index,
            }
        })
        .collect()
}

fn set(table: &mut Table, parts: &[Part<'_>], value: Value) -> Result<(), String> {
    let Some((first, rest)) = parts.split_first() else {
        return Err("the path is empty".into());
    };
    if rest.is_empty() {
        table.insert(first.key, Item::Value(value));
        return Ok(());
    }
    let child = table.entry(first.key).or_insert_with(|| {
        let mut child = Table::new();
        child.set_implicit(true);
        Item::Table(child)
    });
    let child = match (child, first.index) {
        (Item::ArrayOfTables(tables), Some(index)) => tables.get_mut(index),
        (Item::Table(table), None) => Some(table),
        _ => None,
    };
    set(
        child.ok_or_else(|| format!("`{}` is no table", first.key))?,
        rest,
        value,
    )
}

fn remove(table: &mut Table, parts: &[Part<'_>]) -> Option<()> {
    let (first, rest) = parts.split_first()?;
    match (rest.is_empty(), first.index) {
        (true, None) => table.remove(first.key).map(|_| ()),
        (true, Some(index)) => {
            let tables = table.get_mut(first.key)?.as_array_of_tables_mut()?;
            (index < tables.len())
                .then(|| tables.remove(index))
                .map(|_| ())
        }
        (false, None) => remove(table.get_mut(first.key)?.as_table_mut()?, rest),
        (false, Some(index)) => remove(
            table
                .get_mut(first.key)?
                .as_array_of_tables_mut()?
                .get_mut(index)?,
            rest,
        ),
    }
}

pub(crate) fn value_of(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::from(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::from(integer),
            None => Value::Float(Formatted::new(number.as_f64()?)),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::Array(items.iter().filter_map(value_of).collect())
        }
        serde_json::Value::Object(map) => {
            let mut table = InlineTable::new();
            for (key, item) in map {
                table.insert(key, value_of(item)?);
            }
            Value::InlineTable(table)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::edit;
    use crate::requirement::Step;

    const TEXT: &str = "[a]\nb = 1\n\n[[a.c]]\nd = \"x\"\n\n[[a.c]]\nd = \"y\"\n";

    fn step(yaml: &str) -> Step {
        serde_saphyr::from_str(yaml).expect("the test's step is well-formed")
    }

    #[test]
    fn keys_are_set_and_removed_in_tables_and_groups() {
        let set = edit(
            TEXT,
            &step("{toml: {component: gateway}, set: 'a.c[1].d', to: z}"),
        )
        .expect("set");
        assert!(
            set.contains("d = \"x\"") && set.contains("d = \"z\""),
            "{set}"
        );
        let removed = edit(
            TEXT,
            &step("{toml: {component: gateway}, remove: 'a.c[0]'}"),
        )
        .expect("removed");
        assert!(
            !removed.contains("\"x\"") && removed.contains("\"y\""),
            "{removed}"
        );
        let float = edit(
            TEXT,
            &step("{toml: {component: gateway}, set: a.b, to: 0.0}"),
        )
        .expect("set");
        assert!(float.contains("b = 0.0"), "{float}");
    }

    #[test]
    fn a_key_with_dots_stands_in_quotes() {
        let text = "[a.p]\n\"x.y\" = \"old\"\n";
        for path in ["a.p.'x.y'", "a.p.\"x.y\""] {
            let step = Step {
                set: Some(path.to_owned()),
                to: Some("new".into()),
                ..Step::default()
            };
            let set = edit(text, &step).expect("set");
            assert_eq!(set, text.replace("old", "new"), "{path}");
        }
    }

    #[test]
    fn a_key_that_is_not_there_makes_the_step_void() {
        assert!(edit(TEXT, &step("{toml: {component: gateway}, remove: a.x}")).is_err());
        assert!(
            edit(
                TEXT,
                &step("{toml: {component: gateway}, replace: nowhere, with: x}")
            )
            .is_err()
        );
    }
}
