//! Reading the YAML that people write: an unknown field or word is an error with its line, and names the one that was meant.

use am_product::data::File;
use serde::de::DeserializeOwned;
use serde_saphyr::Error;

/// Reads one document. The error has the place, an excerpt, and what was probably meant.
///
/// # Errors
/// When the text is no YAML or breaks the format of the type.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| match meant(error.without_snippet()) {
        Some(name) => format!("{error}\nhelp: did you mean `{name}`?"),
        None => error.to_string(),
    })
}

/// Reads a file of data; the error names it.
///
/// # Errors
/// When it cannot be read or breaks the format of the type.
pub(crate) fn of_file<T: DeserializeOwned>(file: &File) -> Result<T, String> {
    let text = file.text().map_err(|error| error.to_string())?;
    read(&text).map_err(|message| format!("{}: {message}", file.path))
}

fn meant(error: &Error) -> Option<&'static str> {
    let (written, expected) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (field, expected),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (variant, expected),
        _ => return None,
    };
    am_suggest::near(written, expected.iter().copied())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only the errors matter")]
    struct Release {
        name: String,
        value_files: Option<Vec<String>>,
        component: Option<Component>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Component {
        TrafficManager,
        Gateway,
    }

    fn error(text: &str) -> String {
        super::read::<Release>(text).expect_err("must be refused")
    }

    #[test]
    fn a_misspelled_field_has_its_line_and_the_one_meant() {
        let error = error("name: a\nvalueFile: []\n");
        assert!(error.contains("line 2"), "{error}");
        assert!(error.ends_with("did you mean `valueFiles`?"), "{error}");
    }

    #[test]
    fn a_misspelled_word_has_the_one_meant() {
        let error = error("name: a\ncomponent: trafic-manager\n");
        assert!(
            error.ends_with("did you mean `traffic-manager`?"),
            "{error}"
        );
    }

    #[test]
    fn a_name_that_is_like_no_other_gets_no_guess() {
        assert!(!error("name: a\nstorage: x\n").contains("did you mean"));
        assert!(!error("storage: x\n").contains("did you mean"));
    }

    #[test]
    fn broken_syntax_has_its_line() {
        assert!(error("name: a: b\n").contains("line 1"));
    }
}
