//! What the functions of templates do with values, as far as it matters.

use std::collections::BTreeMap;

use super::{abstract_value::Abstract, evaluate::Evaluator};

impl Evaluator<'_> {
    /// The result of a function. A function that is not known uses its arguments whole.
    pub(super) fn function(&mut self, name: &str, arguments: &[Abstract], line: usize) -> Abstract {
        match (name, arguments) {
            ("include", [Abstract::Text(template), argument]) => {
                let called = self.call(template, argument, line);
                match called.text {
                    Some(text) => Abstract::Text(text),
                    None => self.made_from(&called.seen),
                }
            }
            ("include", [_, argument]) => {
                self.consume(argument, true, line);
                // A template file by its path (`$.Template.BasePath`) gets the context itself and is read anyway.
                if argument.holds_root() && !matches!(argument, Abstract::Root(_)) {
                    self.hide(
                        "a named template is called by a name that is put together".to_owned(),
                    );
                }
                Abstract::Unknown
            }
            ("default", [fallback, value]) => self.either([value.clone(), fallback.clone()], line),
            ("ternary", [yes, no, condition]) => {
                self.consume(condition, false, line);
                self.either([yes.clone(), no.clone()], line)
            }
            (
                "coalesce" | "and" | "or" | "merge" | "mergeOverwrite" | "mustMerge"
                | "mustMergeOverwrite",
                _,
            ) => {
                if matches!(name, "and" | "or") {
                    for argument in arguments {
                        self.consume(argument, false, line);
                    }
                } else if let [Abstract::Values { .. } | Abstract::Root(_), others @ ..] = arguments
                {
                    // What is merged into values is read through them from here on.
                    for other in others {
                        self.consume(other, true, line);
                    }
                }
                self.either(arguments.iter().cloned(), line)
            }
            ("required", [_, value]) | ("deepCopy" | "mustDeepCopy", [value]) => value.clone(),
            ("omit" | "pick", [map, ..]) | ("unset", [map, _]) => map.clone(),
            ("set", [map, _, value]) => {
                self.consume(value, true, line);
                map.clone()
            }
            ("dict", _) => self.map(arguments, line),
            ("list" | "tuple", _) => Abstract::List(arguments.to_vec()),
            ("append" | "push" | "prepend", [list, element]) => match list {
                Abstract::List(elements) if name == "prepend" => {
                    Abstract::List(std::iter::once(element).chain(elements).cloned().collect())
                }
                Abstract::List(elements) => Abstract::List(
                    elements
                        .iter()
                        .chain(std::iter::once(element))
                        .cloned()
                        .collect(),
                ),
                _ => self.either([list.clone(), Abstract::List(vec![element.clone()])], line),
            },
            ("concat", _) => self.concat(arguments, line),
            ("slice", [Abstract::List(elements), Abstract::Number(from)]) => {
                let from = usize::try_from(*from).unwrap_or(0).min(elements.len());
                Abstract::List(elements[from..].to_vec())
            }
            ("splitList", [Abstract::Text(separator), Abstract::Text(text)]) => {
                let parts = text.split(separator.as_str());
                Abstract::List(parts.map(|part| Abstract::Text(part.to_owned())).collect())
            }
            ("compact", [Abstract::List(elements)]) if all_texts(elements) => {
                let filled = |element: &&Abstract| **element != Abstract::Text(String::new());
                Abstract::List(elements.iter().filter(filled).cloned().collect())
            }
            ("uniq" | "compact" | "sortAlpha" | "reverse" | "without", [list, ..])
                if matches!(list, Abstract::Values { .. }) =>
            {
                list.clone()
            }
            ("first" | "last" | "mustFirst" | "mustLast", [list]) => match list {
                Abstract::List(elements) => {
                    let element = if name.ends_with("irst") {
                        elements.first()
                    } else {
                        elements.last()
                    };
                    element.cloned().unwrap_or(Abstract::Unknown)
                }
                other => other.any(),
            },
            ("rest" | "initial", [list]) => match list {
                Abstract::List(elements) if name == "rest" => {
                    Abstract::List(elements.iter().skip(1).cloned().collect())
                }
                Abstract::List(elements) => Abstract::List(
                    elements
                        .split_last()
                        .map_or_else(Vec::new, |(_, start)| start.to_vec()),
                ),
                other => other.clone(),
            },
            ("index", [value, keys @ ..]) => keys
                .iter()
                .fold(value.clone(), |value, key| self.entry(&value, key, line)),
            // The key is often a variable that stands for several maps, not all of which have every entry.
            ("get", [map, key]) => self.entry(map, key, line).uncertain(),
            ("dig", [keys @ .., fallback, map]) => {
                let found = keys
                    .iter()
                    .fold(map.clone(), |value, key| value.entry(key).uncertain());
                self.either([found, fallback.clone()], line)
            }
            ("hasKey", [map, key]) => {
                self.consume(&map.entry(key).uncertain(), false, line);
                Abstract::Unknown
            }
            ("pluck", [key, maps @ ..]) => {
                let found: Vec<Abstract> =
                    maps.iter().map(|map| map.entry(key).uncertain()).collect();
                Abstract::List(found)
            }
            ("kindIs" | "kindOf" | "typeIs" | "typeOf", _) if self.refuses => Abstract::Unknown,
            (
                "not" | "empty" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "kindIs" | "kindOf"
                | "typeIs" | "typeOf",
                _,
            ) => {
                for argument in arguments {
                    self.consume(argument, false, line);
                }
                Abstract::Unknown
            }
            ("print" | "printf" | "toString", _) => {
                if let Some(text) = constant_text(name, arguments) {
                    return Abstract::Text(text);
                }
                let made = self.made_of(arguments, line);
                if made != Abstract::Unknown {
                    return made;
                }
                self.like(name, arguments)
            }
            ("tpl", [text, dot]) => self.evaluate_text(text, dot, line),
            _ => self.made_of(arguments, line),
        }
    }

    /// An entry by key; an unknown key of the values is a place of its own.
    fn entry(&mut self, value: &Abstract, key: &Abstract, line: usize) -> Abstract {
        self.consume(key, true, line);
        value.entry(key)
    }

    fn map(&mut self, arguments: &[Abstract], line: usize) -> Abstract {
        let mut entries = BTreeMap::new();
        for pair in arguments.chunks(2) {
            match pair {
                [Abstract::Text(key), value] => {
                    entries.insert(key.clone(), value.clone());
                }
                others => {
                    for other in others {
                        self.consume(other, true, line);
                    }
                }
            }
        }
        Abstract::Map(entries)
    }

    fn concat(&mut self, arguments: &[Abstract], line: usize) -> Abstract {
        let mut elements = Vec::new();
        for argument in arguments {
            let Abstract::List(own) = argument else {
                // `rest .` of an unknown list hides how many elements come first.
                return self.either(arguments.iter().cloned(), line);
            };
            elements.extend(own.iter().cloned());
        }
        Abstract::List(elements)
    }
}

/// The text of `print` and `printf` where every argument is known.
fn constant_text(name: &str, arguments: &[Abstract]) -> Option<String> {
    let mut texts = arguments.iter().map(|argument| match argument {
        Abstract::Text(text) => Some(text.clone()),
        Abstract::Number(number) => Some(number.to_string()),
        _ => None,
    });
    if name != "printf" {
        return texts
            .collect::<Option<Vec<_>>>()
            .map(|texts| texts.concat());
    }
    let format = texts.next()??;
    let mut result = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            result.push(character);
            continue;
        }
        match characters.next()? {
            's' | 'd' | 'v' => result.push_str(&texts.next()??),
            '%' => result.push('%'),
            _ => return None,
        }
    }
    Some(result)
}

fn all_texts(elements: &[Abstract]) -> bool {
    elements
        .iter()
        .all(|element| matches!(element, Abstract::Text(_)))
}
