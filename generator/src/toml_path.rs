//! Dotted paths of `deployment.toml` keys: `apim.gateway.environment[0].name`, `properties."header.X"`.

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    /// Which entry of an array of tables.
    pub(crate) index: Option<Index>,
}

/// An entry of an array of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    /// `[0]`: the entry at this position.
    At(usize),
    /// `[*]`: all further entries.
    Further,
}

impl Index {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Further),
            digits => digits.parse().ok().map(Self::At),
        }
    }
}

/// Splits a path; the error says what is wrong with it.
pub(crate) fn parse(path: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut rest = path;
    loop {
        let (name, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted
                .split_once('"')
                .ok_or_else(|| format!("`{path}`: a quotation mark is not closed"))?
        } else {
            rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
        };
        if name.is_empty() {
            return Err(format!("`{path}`: a part of the path is empty"));
        }
        let (index, after) = match after.strip_prefix('[') {
            Some(bracket) => {
                let parsed = bracket
                    .split_once(']')
                    .and_then(|(index, after)| Some((Index::parse(index)?, after)));
                let (index, after) = parsed
                    .ok_or_else(|| format!("`{path}`: an index must look like `[0]` or `[*]`"))?;
                (Some(index), after)
            }
            None => (None, after),
        };
        segments.push(Segment {
            name: name.to_owned(),
            index,
        });
        if after.is_empty() {
            return Ok(segments);
        }
        rest = after
            .strip_prefix('.')
            .ok_or_else(|| format!("`{path}`: expected a dot before `{after}`"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Index, Segment, parse};

    fn segment(name: &str, index: Option<Index>) -> Segment {
        Segment {
            name: name.to_owned(),
            index,
        }
    }

    #[test]
    fn splits_tables_arrays_and_quoted_names() {
        assert_eq!(
            parse("event_listener[0].properties.\"header.X-WSO2\""),
            Ok(vec![
                segment("event_listener", Some(Index::At(0))),
                segment("properties", None),
                segment("header.X-WSO2", None)
            ])
        );
    }

    #[test]
    fn further_entries_have_a_star() {
        assert_eq!(
            parse("environment[*]"),
            Ok(vec![segment("environment", Some(Index::Further))])
        );
    }

    #[test]
    fn refuses_broken_paths() {
        for path in ["", "a..b", "a.", "a[b]", "a[0", "\"a", "\"a\"b"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
