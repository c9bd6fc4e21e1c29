//! Files of settings: beside passwords, they hold the texts of forms that ask for them.

use super::literals::{Assignment, SECRET_WORDS, secrets_where, words_of};

/// Endings of files in which a text stands in quotes, and what has none is a number, a structure or an expression.
const QUOTING: [&str; 8] = ["js", "json", "json5", "jsonc", "jsx", "mjs", "ts", "tsx"];

/// Names of what looks like written secrets in a file, as [`super::literals::secrets_in`] tells them.
pub(super) fn secrets_in_file(file: &str, text: &str) -> Vec<String> {
    let ending = file.rsplit('.').next().unwrap_or_default().to_lowercase();
    let is_quoting = QUOTING.contains(&ending.as_str());
    secrets_where(text, |assignment| {
        let is_quoted = assignment.value.starts_with(['"', '\'']);
        let is_structure = assignment.value.starts_with(['{', '[']);
        let may_be_text = is_quoted || !(is_quoting || is_structure);
        may_be_text && !is_text_for_people(assignment.name, &whole(assignment, is_quoted))
    })
}

/// The value, of which an assignment without quotes has only the first word where nothing but the assignment is on the line.
fn whole(assignment: &Assignment<'_>, is_quoted: bool) -> String {
    let value = assignment.value;
    if is_quoted {
        return value.trim_matches(['"', '\'']).to_owned();
    }
    let is_start = |c: char| c.is_whitespace() || "-{,".contains(c);
    if !assignment.before.chars().all(is_start) {
        return value.to_owned();
    }
    let behind = assignment.behind.split([',', ';', '#', '}', ']']).next();
    format!("{value}{}", behind.unwrap_or_default())
}

/// Whether a text is what a form calls a field, or says about it: `Password` of `password`, `Enter your password`.
///
/// `password` of `password` is none: people choose such passwords. Nor are words that begin small and speak of no secret.
fn is_text_for_people(name: &str, text: &str) -> bool {
    let text = text.trim();
    let is_prose = |c: char| c.is_alphabetic() || c.is_whitespace() || ".,:!?'’()-/*…".contains(c);
    let starts_large = text.starts_with(|c: char| !c.is_lowercase());
    if !text.chars().all(is_prose) || text == name {
        return false;
    }
    let words: Vec<String> = words_of(text);
    let is_about_a_secret = |words: &[String]| SECRET_WORDS.contains(&words.concat().as_str());
    let speaks_of_it = words
        .iter()
        .any(|word| SECRET_WORDS.contains(&word.as_str()))
        || words.windows(2).any(is_about_a_secret);
    if text.contains(char::is_whitespace) {
        return starts_large || speaks_of_it;
    }
    // A word of its own: what the name ends in, or in another alphabet.
    let is_foreign = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    is_foreign || (starts_large && words_of(name).concat().ends_with(&words.concat()))
}

#[cfg(test)]
mod tests {
    use super::secrets_in_file;

    #[test]
    fn texts_of_forms_are_no_secrets_in_any_notation() {
        for (file, text) in [
            (
                "settings.json",
                r#"{"password": "Password", "clientSecret": "Client Secret", "apiKey": "API key", "token": "トークン"}"#,
            ),
            (
                "settings.js",
                "window.texts = { password: 'Enter your password', token: props.get('token'), secret: { label: 1 } };\n",
            ),
            (
                "messages.properties",
                "login.password=Password\nlogin.newPassword = New password\nlogin.client.secret=Consumer secret (optional)\n",
            ),
            (
                "texts.yaml",
                "texts:\n  password: Mot de passe\n  - token: Your access token, once more\n  secret: [a, b]\n",
            ),
        ] {
            assert_eq!(secrets_in_file(file, text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn passwords_are_secrets_in_every_notation() {
        for (file, text) in [
            ("settings.json", r#"{"password": "tR4-k9Qx!vv"}"#),
            ("settings.json", r#"{"password": "password"}"#),
            (
                "settings.js",
                "const settings = { clientSecret: 'hunter2' };",
            ),
            ("settings.js", "settings.password = \"Sommer\";"),
            ("client.properties", "store.password=changeit"),
            (
                "client.properties",
                "passphrase = correct horse battery staple",
            ),
            ("values.yaml", "  password: hunter2 # Summer of that year"),
            ("run.sh", "export TOKEN=Abc start"),
        ] {
            assert_eq!(secrets_in_file(file, text).len(), 1, "{text}");
        }
    }
}
