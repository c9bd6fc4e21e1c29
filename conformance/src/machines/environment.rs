//! Files of environment variables.

/// A variable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable<'t> {
    pub(super) name: &'t str,
    pub(super) value: Filled<'t>,
}

/// What a variable is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled<'t> {
    /// A text.
    Text(&'t str),
    /// What this expression gives when the file is laid.
    Later(&'t str),
}

/// Reads a file of `NAME=value` lines. Source: systemd.exec(5), `EnvironmentFile`.
pub(super) fn read(text: &str) -> impl Iterator<Item = Variable<'_>> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with(['#', ';', '{']));
    lines.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim();
        let quoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        Some(Variable {
            name: name.trim(),
            value: match quoted.unwrap_or(value) {
                text if text.contains("{{") => Filled::Later(text.trim_matches(['{', '}', ' '])),
                text => Filled::Text(text),
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Filled, Variable, read};

    #[test]
    fn what_is_filled_in_later_has_no_value() {
        let text =
            "# names\nJAVA_HOME=/opt/java\nA=\"b c\"\nSECRET=\"{{ vault_secret }}\"\nnothing\n";
        let variable = |name, value| Variable { name, value };
        assert_eq!(
            read(text).collect::<Vec<_>>(),
            [
                variable("JAVA_HOME", Filled::Text("/opt/java")),
                variable("A", Filled::Text("b c")),
                variable("SECRET", Filled::Later("vault_secret"))
            ]
        );
    }
}
