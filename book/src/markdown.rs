//! A page in Markdown, read by the parser that mdBook has, too: its headings, links and fenced blocks.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// What a page has.
#[derive(Debug, Default)]
pub struct Page {
    /// The places that a link can lead to, as GitHub and mdBook call them.
    pub anchors: Vec<String>,
    /// Its links and pictures.
    pub links: Vec<Link>,
    /// Its fenced blocks.
    pub blocks: Vec<Block>,
    /// Code within sentences, with the line.
    pub code: Vec<(usize, String)>,
}

/// A link or a picture.
#[derive(Debug)]
pub struct Link {
    /// Where it leads, as it is written.
    pub to: String,
    /// The text of the link in Markdown, brackets included.
    pub range: Range<usize>,
    /// The line that it begins on.
    pub line: usize,
    /// Whether what it leads to is shown in its place.
    pub is_picture: bool,
}

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// The language behind the fence.
    pub language: String,
    /// The line of the fence.
    pub line: usize,
    /// What is between the fences.
    pub text: String,
    /// Everything, fences included.
    pub range: Range<usize>,
}

impl Page {
    /// Reads a page.
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut seen = BTreeMap::new();
        let mut heading: Option<String> = None;
        let mut block: Option<Block> = None;
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let title = heading.take().unwrap_or_default();
                    page.anchors.push(unique(&mut seen, slug(&title)));
                }
                Event::Text(ref words) | Event::Code(ref words) => {
                    if matches!(event, Event::Code(_)) {
                        page.code.push((line(range.start), words.to_string()));
                    }
                    if let Some(heading) = &mut heading {
                        heading.push_str(words);
                    }
                    if let Some(block) = &mut block {
                        block.text.push_str(words);
                    }
                }
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }) if link_type != LinkType::Email => page.links.push(Link {
                    to: dest_url.into_string(),
                    line: line(range.start),
                    range,
                    is_picture: false,
                }),
                Event::Start(Tag::Image { dest_url, .. }) => page.links.push(Link {
                    to: dest_url.into_string(),
                    line: line(range.start),
                    range,
                    is_picture: true,
                }),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    block = Some(Block {
                        language: language.into_string(),
                        line: line(range.start),
                        text: String::new(),
                        range,
                    });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                _ => {}
            }
        }
        page
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// The place that a heading is.
pub(crate) fn slug(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Headings of one text are told apart by a number.
fn unique(seen: &mut BTreeMap<String, usize>, slug: String) -> String {
    let count = seen.entry(slug.clone()).or_default();
    *count += 1;
    match *count {
        1 => slug,
        count => format!("{slug}-{}", count - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn headings_links_pictures_and_blocks_are_found() {
        let page = Page::read(
            "# A `b` c: d\n\nsee [it](x.md#y) and ![p](p.svg)\n\n```sh\nls\n```\n\n## Same\n## Same\n",
        );
        assert_eq!(page.anchors, ["a-b-c-d", "same", "same-1"]);
        let links: Vec<_> = page
            .links
            .iter()
            .map(|link| (link.to.as_str(), link.line, link.is_picture))
            .collect();
        assert_eq!(links, [("x.md#y", 3, false), ("p.svg", 3, true)]);
        assert_eq!(page.blocks[0].language, "sh");
        assert_eq!(page.blocks[0].line, 5);
        assert_eq!(page.blocks[0].text, "ls\n");
        assert_eq!(page.code, [(1, "b".to_owned())]);
    }

    #[test]
    fn what_is_in_code_is_no_link() {
        assert!(
            Page::read("`[a](b)`\n\n```text\n[a](b)\n```\n")
                .links
                .is_empty()
        );
    }
}
