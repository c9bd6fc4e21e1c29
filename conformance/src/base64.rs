//! Values of Secrets as they are written in documents.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Reads what people write by hand too: without padding.
const READER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes standard base64; `None` when it is none or not text.
pub(crate) fn decode(text: &str) -> Option<String> {
    let digits: String = text
        .trim()
        .trim_end_matches('=')
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    String::from_utf8(READER.decode(digits).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn texts_are_decoded_and_others_are_not() {
        assert_eq!(decode("bm90IGEga2V5").as_deref(), Some("not a key"));
        assert_eq!(decode("YQ==").as_deref(), Some("a"));
        assert_eq!(decode("YQ\n").as_deref(), Some("a"));
        assert_eq!(decode("not base64!"), None);
        assert_eq!(decode("/w=="), None, "no text");
    }
}
