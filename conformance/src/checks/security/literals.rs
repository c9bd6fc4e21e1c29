//! Telling a written secret from a reference to one, from its name and value.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Passwords with which the product and its images come.
pub(super) const DEFAULT_PASSWORDS: [&str; 3] = ["admin", "wso2carbon", "wso2"];

/// Words that name a secret when they end a name.
pub(super) const SECRET_WORDS: [&str; 12] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "credential",
    "credentials",
    "privatekey",
    "encryptionkey",
    "accesskey",
];

/// Whether a name ends in a word for a secret: `keystore.password`, `AM_ADMIN_PASSWORD`, `clientSecret`,
/// `api-key`, but not `password_policy` or `secretName`.
pub(super) fn names_secret(name: &str) -> bool {
    let words = words_of(name);
    let Some(last) = words.last() else {
        return false;
    };
    if SECRET_WORDS.contains(&last.as_str()) {
        return true;
    }
    let before = words.len().checked_sub(2).map(|index| &words[index]);
    let pair = before.map(|before| format!("{before}{last}"));
    pair.is_some_and(|pair| SECRET_WORDS.contains(&pair.as_str()))
}

/// The words of a name, in lower case: split at signs and where capitals begin.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut was_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() {
            fresh = true;
            continue;
        }
        if fresh || (character.is_uppercase() && was_lower) {
            words.push(String::new());
            fresh = false;
        }
        was_lower = character.is_lowercase() || character.is_numeric();
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

/// Whether a value may be a secret itself, as opposed to nothing, a reference, a placeholder, a switch, or
/// the name or place of one.
pub(super) fn is_literal(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    let is_reference = value.contains('$') || value.contains("{{") || value.contains("ENC(");
    let is_placeholder = (value.starts_with('<') && value.ends_with('>'))
        || value.chars().all(|c| c == '*' || c == 'x' || c == 'X');
    let is_switch = matches!(
        value.to_lowercase().as_str(),
        "true" | "false" | "null" | "none" | "yes" | "no" | "on" | "off" | "optional" | "required"
    );
    let is_place = value.starts_with('/') || value.contains("://");
    // `identity.store.password` is the alias of a secret, not one.
    let is_alias = value.contains('.') && names_secret(value);
    // Lifetimes, sizes and counts.
    let is_number = value.parse::<f64>().is_ok();
    !(value.is_empty()
        || is_reference
        || is_placeholder
        || is_switch
        || is_place
        || is_alias
        || is_number)
}

static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)["']?(?P<name>[A-Za-z][A-Za-z0-9_.\-]*)["']?[ \t]*(?:=|:[ \t])[ \t]*(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,;"'#}\]]+)"#,
    )
    .ok()
});

static XML: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"<(?P<name>[A-Za-z][A-Za-z0-9_.\-]*)(?:\s[^<>]*)?>(?P<value>[^<>\n]+)</").ok()
});

static USER_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[a-z][a-z0-9+.\-]*://[^\s/:@]+:(?P<value>[^\s/@]+)@").ok());

/// A name that a text gives a value.
pub(super) struct Assignment<'t> {
    /// What stands before it on its line.
    pub(super) before: &'t str,
    pub(super) name: &'t str,
    /// As it is written; without quotes, it is only the first word.
    pub(super) value: &'t str,
    /// What stands behind it on its line.
    pub(super) behind: &'t str,
}

/// Names of what looks like written secrets in a text, in the order in which they stand there. The secrets
/// themselves are never told.
pub(super) fn secrets_in(text: &str) -> Vec<String> {
    secrets_where(text, |_| true)
}

/// The same, of those assignments alone that count.
pub(super) fn secrets_where(text: &str, counts: impl Fn(&Assignment<'_>) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    if text.contains("PRIVATE KEY-----") {
        found.push("a private key".to_owned());
    }
    let lines = || text.lines().filter(|line| !is_comment(line));
    for assignment in lines().flat_map(assignments).filter(|found| counts(found)) {
        if names_secret(assignment.name) && is_literal(assignment.value) {
            found.push(format!("`{}`", assignment.name));
        }
    }
    for captures in lines().flat_map(|line| all_of(&XML, line)) {
        if names_secret(&captures["name"]) && is_literal(&captures["value"]) {
            found.push(format!("`{}`", &captures["name"]));
        }
    }
    if all_of(&USER_INFO, text).any(|captures| is_literal(&captures["value"])) {
        found.push("a URL with a password".to_owned());
    }
    found.dedup();
    found
}

fn assignments(line: &str) -> impl Iterator<Item = Assignment<'_>> {
    all_of(&ASSIGNMENT, line).filter_map(|captures| {
        let all = captures.get(0)?;
        Some(Assignment {
            before: &line[..all.start()],
            name: captures.name("name")?.as_str(),
            value: captures.name("value")?.as_str(),
            behind: &line[all.end()..],
        })
    })
}

fn all_of<'t>(
    expression: &'static LazyLock<Option<Regex>>,
    text: &'t str,
) -> impl Iterator<Item = Captures<'t>> {
    let expression = expression.as_ref().into_iter();
    expression.flat_map(|expression| expression.captures_iter(text))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "!", "<!--"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::{is_literal, names_secret, secrets_in};

    #[test]
    fn a_name_is_told_by_its_last_word() {
        for name in [
            "password",
            "AM_ADMIN_PASSWORD",
            "clientSecret",
            "api-key",
            "keystore.tls.key_password",
            "encryption_key",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "password_policy",
            "secretName",
            "token_url",
            "PASSWORD_FILE",
            "keystore_alias",
            "primary.key",
            "monkey",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn a_reference_is_no_secret() {
        for value in [
            "$env{A}",
            "$secret{a}",
            "${A}",
            "\"$AM_PASSWORD\"",
            "<your password>",
            "",
            "true",
            "3600",
            "identity.store.password",
            "/etc/secret",
        ] {
            assert!(!is_literal(value), "{value}");
        }
        assert!(is_literal("hunter2") && is_literal("\"wso2carbon\""));
    }

    #[test]
    fn secrets_are_found_in_every_notation() {
        for text in [
            "password = \"hunter2\"",
            "store.password=hunter2",
            "  clientSecret: hunter2",
            "{\"token\": \"hunter2\"}",
            "<Password>hunter2</Password>",
            "url=jdbc:mysql://root:hunter2@db:3306/apim",
            "-----BEGIN PRIVATE KEY-----\nMII",
        ] {
            assert_eq!(secrets_in(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn ordinary_configuration_holds_no_secret() {
        let text = "# password = \"x\"\npassword = \"$env{AM_ADMIN_PASSWORD}\"\ntoken_endpoint = \"https://a/b\"\nurl = \"https://host:9443/services/\"\nkeystore.identity.store.password=identity.store.password\n";
        assert_eq!(secrets_in(text), Vec::<String>::new());
    }
}
