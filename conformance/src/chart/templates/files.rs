//! Texts that are evaluated though they are no templates: files of the chart, and texts of its values.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    abstract_value::{Abstract, Origin},
    charts::ChartContext,
    evaluate::Evaluator,
    path::Segment,
    trees::TextId,
    usage::Seen,
};

impl Evaluator<'_> {
    /// The result of a function of `.Files`.
    pub(super) fn of_files(
        &mut self,
        chart: &ChartContext,
        function: &str,
        arguments: &[Abstract],
        line: usize,
    ) -> Abstract {
        let [name] = arguments else {
            return Abstract::Unknown;
        };
        self.consume(name, true, line);
        if !matches!(function, "Get" | "GetBytes" | "Glob" | "Lines") {
            return Abstract::Unknown;
        }
        let names: Vec<&Abstract> = match name {
            Abstract::OneOf(names) => names.iter().collect(),
            one => vec![one],
        };
        let mut files = BTreeSet::new();
        for name in names {
            let wanted = match name {
                Abstract::Text(name) | Abstract::Like(name) => name,
                _ => "*",
            };
            files.extend(self.trees.files_like(chart, wanted).map(Arc::clone));
        }
        let seen = Seen {
            texts: files.iter().cloned().map(TextId::File).collect(),
            ..Seen::default()
        };
        self.note(line, &seen);
        let origins = files.iter().map(|file| Origin::File(file.to_string()));
        made(origins.collect())
    }

    /// `tpl`: evaluates every text from which this one is made.
    pub(super) fn evaluate_text(
        &mut self,
        text: &Abstract,
        dot: &Abstract,
        line: usize,
    ) -> Abstract {
        let made = self.made_of(std::slice::from_ref(text), line);
        if let Abstract::Text(text) = text
            && text.contains("{{")
        {
            self.hide("a text that a template puts together is evaluated".to_owned());
        }
        let Abstract::Made(origins) = &made else {
            return Abstract::Unknown;
        };
        for origin in origins {
            for id in self.texts_of(origin) {
                self.enter(&id, dot, line);
            }
        }
        made
    }

    fn texts_of(&self, origin: &Origin) -> Vec<TextId> {
        match origin {
            Origin::File(path) => vec![TextId::File(path.as_str().into())],
            Origin::Value(path) => self.texts_at(path).map(TextId::Value).collect(),
        }
    }

    /// The texts of the default values at a place and below.
    fn texts_at(&self, path: &[Segment]) -> impl Iterator<Item = usize> {
        let path = self.trees.charts.in_the_outermost(path);
        let texts = self.trees.texts.iter().enumerate();
        texts
            .filter(move |(_, text)| {
                text.path.len() >= path.len()
                    && path
                        .iter()
                        .zip(&text.path)
                        .all(|(own, key)| own.may_be(key))
            })
            .map(|(index, _)| index)
    }

    /// Uses values whole; what is known of a text that is made of them.
    pub(super) fn made_of(&mut self, parts: &[Abstract], line: usize) -> Abstract {
        let mut origins = BTreeSet::new();
        for part in parts {
            self.consume(part, true, line);
            self.origins(part, &mut origins);
        }
        made(origins)
    }

    /// What is known of the text of a call.
    pub(super) fn made_from(&self, seen: &Seen) -> Abstract {
        let mut origins = BTreeSet::new();
        for id in &seen.texts {
            if let TextId::File(path) = id {
                origins.insert(Origin::File(path.to_string()));
            }
        }
        for (path, whole) in &seen.reads {
            if *whole && self.texts_at(path).next().is_some() {
                origins.insert(Origin::Value(path.to_vec()));
            }
        }
        made(origins)
    }

    fn origins(&self, value: &Abstract, found: &mut BTreeSet<Origin>) {
        match value {
            Abstract::Values { path, .. } if self.texts_at(path).next().is_some() => {
                found.insert(Origin::Value(path.clone()));
            }
            Abstract::Made(origins) => found.extend(origins.iter().cloned()),
            Abstract::List(parts) | Abstract::OneOf(parts) => {
                for part in parts {
                    self.origins(part, found);
                }
            }
            Abstract::Map(entries) => {
                for entry in entries.values() {
                    self.origins(entry, found);
                }
            }
            _ => {}
        }
    }

    /// The names of the files over which a `range` goes.
    pub(super) fn names_in(&self, value: &Abstract) -> Abstract {
        let Abstract::Made(origins) = value else {
            return Abstract::Unknown;
        };
        let names = origins.iter().map(|origin| match origin {
            Origin::File(path) => Abstract::Text(self.trees.inner(path).to_owned()),
            Origin::Value(_) => Abstract::Unknown,
        });
        Abstract::one_of(names).unwrap_or(Abstract::Unknown)
    }

    /// The text of `print` or `printf` as far as it is known, if it may be the name of a file.
    pub(super) fn like(&self, name: &str, arguments: &[Abstract]) -> Abstract {
        let shown = |argument: &Abstract| match argument {
            Abstract::Text(text) | Abstract::Like(text) => text.clone(),
            Abstract::Number(number) => number.to_string(),
            _ => "*".to_owned(),
        };
        let like = match (name, arguments) {
            ("printf", [Abstract::Text(format), arguments @ ..]) => {
                let mut arguments = arguments.iter();
                let mut pieces = format.split('%');
                let mut like = pieces.next().unwrap_or_default().to_owned();
                for piece in pieces {
                    let next = arguments.next();
                    like += &next.map_or_else(|| "*".to_owned(), shown);
                    like += piece.get(1..).unwrap_or_default();
                }
                like
            }
            ("print", _) => arguments.iter().map(shown).collect(),
            _ => return Abstract::Unknown,
        };
        let is_name = like.chars().any(|c| c != '*')
            && self
                .trees
                .names
                .iter()
                .any(|path| crate::facts::matches_glob(&like, self.trees.inner(path)));
        if is_name {
            Abstract::Like(like)
        } else {
            Abstract::Unknown
        }
    }
}

fn made(origins: BTreeSet<Origin>) -> Abstract {
    if origins.is_empty() {
        Abstract::Unknown
    } else {
        Abstract::Made(origins)
    }
}
