//! What names and addresses look like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use am_generator::model::table::Table;
use serde_json::Value;

/// Longest name of a release by which its objects are called as they are; a longer one is cut and closed with a hash.
pub(crate) const LONGEST_NAME: usize = 30;

/// Whether it is a DNS label that starts with a letter.
pub(crate) fn is_label(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase()) && is_part(text)
}

/// Whether it is a host name: labels with dots between them.
pub(crate) fn is_host(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_part)
}

/// Whether it is a part of such a name: lowercase letters, digits and dashes within.
pub(crate) fn is_part(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(is_allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether it is a name that people see and that needs no quoting anywhere.
pub(crate) fn is_name(text: &str) -> bool {
    let is_end = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.len() <= 100
        && is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(is_allowed)
}

/// The range of addresses that a text names, as it is written: `10.20.0.0/16` for `10.20.3.4/16`. None where it names none.
pub(crate) fn range(text: &str) -> Option<String> {
    let (address, bits) = text.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    let first = match address.parse().ok()? {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128_u32.checked_sub(bits)?)
                .unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    };
    Some(format!("{first}/{bits}"))
}

/// Whether a host is, wherever it is read, the machine that reads it, or no machine at all.
pub(crate) fn is_own(host: &str) -> bool {
    let own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(own)
}

/// What the names of a release's objects begin with: what values say, or its own name.
pub(crate) fn full_name<'n>(values: &'n Table<Value>, release: &'n str) -> &'n str {
    let own = values.get("fullnameOverride").and_then(Value::as_str);
    own.filter(|name| !name.is_empty()).unwrap_or(release)
}

/// Names as a sentence has them: `a, b and c`.
pub(crate) fn sentence<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_label, is_name, is_own, range, sentence};

    #[test]
    fn hosts_that_are_the_machine_itself() {
        for host in [
            "localhost",
            "db.localhost",
            "127.0.0.1",
            "127.1.2.3",
            "0.0.0.0",
            "::1",
        ] {
            assert!(is_own(host), "{host}");
        }
        for host in ["10.0.0.1", "localhost.example.com", "db", "fd00::1"] {
            assert!(!is_own(host), "{host}");
        }
    }

    #[test]
    fn labels_hosts_and_ranges_are_told_from_what_is_none() {
        assert!(is_label("bank-2") && !is_label("2-bank") && !is_label("Bank") && !is_label(""));
        assert!(!is_label("bank-") && !is_label("a.b"));
        assert!(is_host("cp-0.bank.example.com") && is_host("10.0.0.1"));
        assert!(!is_host("cp_0.example.com") && !is_host("a..b") && !is_host("https://a.b"));
        assert!(
            is_name("WSO2-IS")
                && is_name("Login_2.eu")
                && !is_name("my login")
                && !is_name("-x")
                && !is_name("")
        );
        for (written, meant) in [
            ("10.20.0.0/16", Some("10.20.0.0/16")),
            ("10.20.3.4/16", Some("10.20.0.0/16")),
            ("10.20.3.4/32", Some("10.20.3.4/32")),
            ("10.20.3.4/0", Some("0.0.0.0/0")),
            ("fd00::/8", Some("fd00::/8")),
            ("fd00::1/64", Some("fd00::/64")),
            ("10.20.0.0", None),
            ("10.20.0.0/33", None),
            ("10.20/16", None),
            ("fd00::/129", None),
            ("10.0.0.0/-1", None),
        ] {
            assert_eq!(range(written).as_deref(), meant, "{written}");
        }
    }

    #[test]
    fn names_are_joined_as_in_a_sentence() {
        assert_eq!(sentence::<&str>(&[]), "");
        assert_eq!(sentence(&["a"]), "a");
        assert_eq!(sentence(&["a", "b", "c"]), "a, b and c");
    }
}
