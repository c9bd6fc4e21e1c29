//! Values with a secret in them.

use std::ops::Range;

use crate::{
    context::{Context, Fault, Judge, configured},
    graph::Configuration,
};

pub(super) fn none_in_the_text(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (_, _, configuration) in configured(context.graph) {
        judge.looked();
        // In a Secret the text may hold secrets.
        if configuration.object.kind() == "Secret" {
            continue;
        }
        let Ok(document) = &configuration.document else {
            continue;
        };
        for entry in document.entries() {
            let key = entry.path.to_string();
            let is_literal = |text: &&str| is_clear_text(&key, text);
            let literal = entry.value.strings().into_iter().find(is_literal);
            let in_url = entry.value.strings().into_iter().any(has_credentials);
            if (literal.is_some() && is_secret_key(&key)) || in_url {
                judge.fault(
                    Fault::new(
                        format!(
                            "`{key}` holds a secret in clear text, in a {}",
                            configuration.object.kind()
                        ),
                        "write $env{NAME} and set NAME from a Secret",
                    )
                    .at(configuration, key, Some(entry.key_span)),
                );
            }
        }
    }
}

/// The text with every literal secret replaced by asterisks of the same length, so that places stay right.
pub(crate) fn masked(configuration: &Configuration<'_>) -> String {
    let mut text = configuration.text.to_owned();
    if configuration.document.is_err() {
        // What cannot be parsed cannot be masked, so nothing after an equals sign is shown.
        return text
            .lines()
            .map(|line| line.split('=').next().unwrap_or_default().to_owned() + "\n")
            .collect();
    }
    for range in ranges_of_secrets(configuration) {
        let stars = "*".repeat(range.len());
        text.replace_range(range, &stars);
    }
    text
}

/// The literal secrets of a text, as they are written there; other files have them, too. A short one is also part of other words.
pub(crate) fn literal_secrets(configuration: &Configuration<'_>) -> Vec<String> {
    const SHORTEST: usize = 5;
    ranges_of_secrets(configuration)
        .into_iter()
        .map(|range| configuration.text[range].to_owned())
        .filter(|secret| secret.len() >= SHORTEST)
        .collect()
}

fn ranges_of_secrets(configuration: &Configuration<'_>) -> Vec<Range<usize>> {
    let text = configuration.text;
    let Ok(document) = &configuration.document else {
        return Vec::new();
    };
    let mut ranges = Vec::new();
    for entry in document.entries() {
        let key = entry.path.to_string();
        let strings = entry.value.strings();
        let is_secret = is_secret_key(&key) && strings.iter().any(|text| is_clear_text(&key, text));
        if is_secret || strings.iter().any(|text| has_credentials(text)) {
            let range = entry.span.start..entry.span.end.min(text.len());
            if text.is_char_boundary(range.start) && text.is_char_boundary(range.end) {
                ranges.push(range);
            }
        }
    }
    ranges
}

/// Whether a secret can be read in a text.
fn is_clear_text(key: &str, text: &str) -> bool {
    !text.is_empty() && !is_expression(text) && !is_cipher_text(key, text)
}

/// The table of the secure vault. What stands there in square brackets is clear text that the cipher tool has yet to encrypt.
const VAULT: &str = "secrets.";
/// The letters of the shortest cipher text: a block of RSA, or JSON of the symmetric cipher, as base64.
const SHORTEST_CIPHER_TEXT: usize = 64;

/// Whether the secure vault has encrypted a value. Source:
/// `facts/runtime.yaml#secure_vault`
fn is_cipher_text(key: &str, text: &str) -> bool {
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    key.starts_with(VAULT) && text.len() >= SHORTEST_CIPHER_TEXT && text.chars().all(is_base64)
}

/// Whether the product takes the value from elsewhere.
fn is_expression(text: &str) -> bool {
    ["$env{", "$secret{", "$ref{", "$sys{", "${"]
        .iter()
        .any(|start| text.starts_with(start))
        && text.ends_with('}')
}

/// `scheme://user:password@host` with a literal password.
fn has_credentials(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    user.split_once(':')
        .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with('$'))
}

/// Whether the value of a key is a secret, by its name.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key).to_lowercase();
    matches!(key, "encryption.key" | "encryption.old_key")
        || key.starts_with(VAULT)
        || matches!(
            last.as_str(),
            "password" | "passwd" | "secret" | "client_secret" | "auth_token" | "access_token"
        )
        || last.ends_with("_password")
        || last.ends_with("_secret")
}

#[cfg(test)]
mod tests {
    use super::{has_credentials, is_clear_text, is_expression, is_secret_key};

    #[test]
    fn what_the_vault_encrypted_is_no_clear_text() {
        let cipher = "Mzk4NTk4".repeat(43);
        assert!(is_secret_key("secrets.admin") && !is_clear_text("secrets.admin", &cipher));
        assert!(is_clear_text("secrets.admin", "[admin]"));
        assert!(is_clear_text("secrets.admin", "YWRtaW4="));
        assert!(is_clear_text("super_admin.password", &cipher));
    }

    #[test]
    fn secret_keys_are_told_by_their_name() {
        assert!(
            is_secret_key("super_admin.password") && is_secret_key("keystore.tls.key_password")
        );
        assert!(is_secret_key("encryption.key") && !is_secret_key("oauth.token_generation.key"));
        assert!(!is_secret_key("apim.key_manager.service_url"));
    }

    #[test]
    fn an_expression_is_no_secret_and_a_password_in_a_url_is_one() {
        assert!(is_expression("$env{A}") && !is_expression("admin"));
        assert!(
            has_credentials("amqp://admin:admin@h/x")
                && !has_credentials("amqp://admin:$env{P}@h/x")
        );
        assert!(!has_credentials("https://h/a:b@c"));
    }
}
