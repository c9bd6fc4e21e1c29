//! What files say first: that they were made, and of what.

use crate::template::MAKER;

/// A text with its notice on the first line; none for kinds of files that have no comments.
pub(crate) fn with_notice(path: &str, text: &str, notice: &str) -> Option<String> {
    let name = path.trim_end_matches(".j2");
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "xml" => Some(match text.split_once("?>") {
            Some((head, rest)) if text.starts_with("<?xml") => {
                format!("{head}?><!-- {notice} -->{rest}")
            }
            _ => format!("<!-- {notice} -->\n{text}"),
        }),
        "md" => Some(format!("<!-- {notice} -->\n{text}")),
        "siddhi" => Some(format!("-- {notice}\n{text}")),
        "toml" | "properties" | "yaml" | "yml" | "cfg" | "conf" | "sh" | "env" | "service"
        | "py" => Some(match text.split_once('\n') {
            Some((first, rest)) if first.starts_with("#!") => {
                format!("{first}\n# {notice}\n{rest}")
            }
            _ => format!("# {notice}\n{text}"),
        }),
        _ => None,
    }
}

/// The notice of a file, which names what it was made from.
pub(crate) fn notice(document: &str) -> String {
    MAKER.notice(document)
}
