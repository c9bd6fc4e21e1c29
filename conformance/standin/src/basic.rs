//! Basic authentication, both ways.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The header's value for an account.
pub(crate) fn header(user: &str, password: &str) -> String {
    format!("Basic {}", encode(format!("{user}:{password}").as_bytes()))
}

/// The account of a request.
pub(crate) fn account(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let text = String::from_utf8(decode(value.strip_prefix("Basic ")?.trim())?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place) & 63) as usize;
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(DIGITS[digit])
            });
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_comes_out_as_it_went_in() {
        for (user, password) in [("admin", "a:b\"c"), ("a", ""), ("ab", "ü"), ("abc", "12")] {
            let mut headers = HeaderMap::new();
            let value = header(user, password).parse().expect("a header");
            headers.insert(AUTHORIZATION, value);
            assert_eq!(
                account(&headers),
                Some((user.to_owned(), password.to_owned()))
            );
        }
        assert_eq!(header("admin", "admin"), "Basic YWRtaW46YWRtaW4=");
    }

    #[test]
    fn another_way_to_sign_in_is_no_account() {
        let mut headers = HeaderMap::new();
        assert_eq!(account(&headers), None);
        headers.insert(
            AUTHORIZATION,
            "Bearer YWRtaW46YWRtaW4=".parse().expect("a header"),
        );
        assert_eq!(account(&headers), None);
    }
}
