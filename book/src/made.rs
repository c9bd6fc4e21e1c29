//! Pages, and parts of pages, that are made of data.
//!
//! A part stands between `<!-- made: NAME -->` and `<!-- /made -->`; what is around it is written by hand.

use std::path::Path;

use am_conformance::Catalogue;
use am_generator::Model;

use crate::error::BookError;
use crate::pages;
use crate::{examples, pattern, symptoms};

/// The page of symptoms.
const SYMPTOMS: &str = "docs/troubleshooting.md";

/// A page with what is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its path from the repository.
    pub name: String,
    /// What it says now.
    pub old: String,
    /// What it should say.
    pub new: String,
}

/// Every page that has something made, as it is and as it should be.
///
/// # Errors
/// When data is not well-formed, or a page lacks the place of a part.
pub fn pages(root: &Path, model: &Model) -> Result<Vec<Made>, BookError> {
    let catalogue = Catalogue::load()?;
    let mut made = vec![Made {
        name: SYMPTOMS.to_owned(),
        old: pages::text(root, SYMPTOMS).unwrap_or_default(),
        new: symptoms::page(&catalogue)?,
    }];
    for pattern in &model.patterns {
        let pattern = &pattern.value;
        let name = format!("docs/patterns/pattern-{}.md", pattern.number);
        let old = pages::text(root, &name)?;
        let mut new = old.clone();
        for (part, text) in pattern::parts(pattern, model, &catalogue)? {
            new = with(&name, &new, part, &text)?;
        }
        made.push(Made { name, old, new });
    }
    let name = examples::PAGE.to_owned();
    let old = pages::text(root, &name)?;
    let new = with(&name, &old, examples::PART, &examples::table(root)?)?;
    made.push(Made { name, old, new });
    Ok(made)
}

/// A page with the text of a part.
fn with(page: &str, text: &str, part: &str, made: &str) -> Result<String, BookError> {
    let start = format!("<!-- made: {part} -->\n");
    let end = "<!-- /made -->";
    let place = text.split_once(&start).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some((before, after))
    });
    let Some((before, after)) = place else {
        return Err(BookError::Wrong(format!(
            "{page}: there is no place for `{part}`: write `{}` and `{end}`",
            start.trim_end()
        )));
    };
    Ok(format!("{before}{start}\n{}\n\n{end}{after}", made.trim()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use am_generator::Model;

    use super::{pages, with};

    #[test]
    fn pages_are_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let model =
            Model::load(&root.join("generator/model"), "generator/model").expect("the model");
        let stale: Vec<String> = pages(&root, &model)
            .expect("made")
            .into_iter()
            .filter(|page| page.old != page.new)
            .map(|page| page.name)
            .collect();
        assert!(
            stale.is_empty(),
            "run `cargo xtask docs --write`: {stale:?}"
        );
    }

    #[test]
    fn a_part_is_replaced_between_its_marks_alone() {
        let page = "a\n<!-- made: x -->\nold\n<!-- /made -->\nb\n";
        let new = with("p.md", page, "x", "new\n").expect("has the place");
        assert_eq!(new, "a\n<!-- made: x -->\n\nnew\n\n<!-- /made -->\nb\n");
        assert_eq!(with("p.md", &new, "x", "new").expect("again"), new);
        let told = with("p.md", page, "y", "").expect_err("no such place");
        assert!(told.to_string().contains("<!-- made: y -->"), "{told}");
    }
}
