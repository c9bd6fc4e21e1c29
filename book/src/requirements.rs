//! Requirements as pages name them: with the place of each in docs/requirements.md.

use am_conformance::Catalogue;
use serde::Serialize;

use crate::error::BookError;
use crate::markdown::slug;
use crate::template::cell;

/// A requirement on a page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    id: String,
    anchor: String,
    title: String,
    failure: String,
    fix: String,
}

/// The requirements with these ids.
pub(crate) fn shown(
    catalogue: &Catalogue,
    ids: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<Vec<Shown>, BookError> {
    ids.into_iter()
        .map(|id| {
            let it = catalogue.get(id.as_ref())?;
            Ok(Shown {
                id: it.id.clone(),
                anchor: slug(&format!("{}: {}", it.id, it.title.replace('`', ""))),
                title: cell(&it.title),
                failure: cell(&it.example.failure),
                fix: cell(&it.example.fix),
            })
        })
        .collect()
}
