//! By what findings of one cause are known.

use std::collections::{BTreeMap, BTreeSet};

use am_product::Pattern;

use super::super::{FindingGroup, Report};
use super::shared::Intact;
use crate::finding::Finding;

/// Something that all findings of one cause have, and no finding of another. The order says which of two names the cause better.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Sign {
    /// The same difference between what is written and what is meant.
    Mistake { written: String, meant: String },
    /// The same finding is the reason of others: they quote it.
    Reason(String),
    /// The same name that nothing provides, or that leads nowhere.
    Name(String),
    /// The same port, which is wrong or which nobody opens.
    Port(u16),
    /// The same value where one requirement refuses it.
    Value { requirement: String, value: String },
    /// The same address, which no connection without a fault uses.
    Address(String),
    /// The same line of a template or of the generator, and the same key or requirement, where nothing better is known.
    Line { place: String, about: String },
    /// The same port of the same object.
    PortOf { object: String, port: u16 },
}

/// Characters from which on a value is no word that many places share.
const LONG: usize = 8;

/// The signs of each finding.
pub(super) fn signs(report: &Report, groups: &[FindingGroup<'_>]) -> Vec<BTreeSet<Sign>> {
    let intact: BTreeMap<Pattern, Intact> = report
        .profiles
        .iter()
        .map(|profile| (profile.pattern, Intact::of(&profile.topology)))
        .collect();
    let nothing = Intact::default();
    let intact_of = |group: &FindingGroup<'_>| {
        let pattern = group.subjects.first().map(|subject| subject.pattern);
        pattern
            .and_then(|pattern| intact.get(&pattern))
            .unwrap_or(&nothing)
    };
    let written: Vec<Option<Written<'_>>> = groups
        .iter()
        .map(|group| group.finding.value.as_deref().map(Written::read))
        .collect();
    let blamed: BTreeSet<u16> = groups
        .iter()
        .zip(&written)
        .filter_map(|(group, written)| {
            let port = written.as_ref()?.port?;
            let is_blamed = ports_in(&group.finding.message).contains(&port);
            (is_blamed && !intact_of(group).has_port(port)).then_some(port)
        })
        .collect();
    groups
        .iter()
        .zip(&written)
        .map(|(group, written)| {
            let finding = group.finding;
            let intact = intact_of(group);
            let mut signs = BTreeSet::new();
            if let Some(written) = written {
                signs.extend(written.signs(finding, intact));
            }
            let ports = ports_in(&finding.message);
            signs.extend(
                ports
                    .iter()
                    .filter(|port| !intact.has_port(**port))
                    .filter(|port| blamed.contains(port) || !intact.listens_on(**port))
                    .map(|port| Sign::Port(*port)),
            );
            if let (Some(object), None) = (&finding.object, &finding.configuration) {
                signs.extend(ports.into_iter().map(|port| Sign::PortOf {
                    object: object.to_string(),
                    port,
                }));
            }
            // What blames a name or a port is not the mistake of its neighbour on the line, unless both are wrong by the same
            // number: an offset shifts what is written and what is meant.
            let shift = written
                .as_ref()
                .and_then(|written| shift(written.port?, &ports_in(&finding.message)));
            match shift {
                Some(shift) => signs.extend(lines(report, finding, &format!(" {shift:+}"))),
                None if signs.is_empty() => signs = lines(report, finding, ""),
                None => {}
            }
            signs.extend(reasons(finding, groups));
            signs
        })
        .collect()
}

/// An address or a name as a finding's value has it.
struct Written<'f> {
    text: &'f str,
    host: Option<&'f str>,
    port: Option<u16>,
}

impl<'f> Written<'f> {
    fn read(text: &'f str) -> Self {
        let Some((_, rest)) = text.split_once("://") else {
            return Self {
                text,
                host: is_name(text).then_some(text),
                port: text.parse().ok(),
            };
        };
        let authority = rest.split(['/', '?', ';']).next().unwrap_or(rest);
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
        Self {
            text,
            host: Some(host).filter(|host| !host.is_empty()),
            port: port.parse().ok(),
        }
    }

    fn signs(&self, finding: &Finding, intact: &Intact) -> BTreeSet<Sign> {
        let host_is_blamed = self
            .host
            .filter(|host| !intact.has_host(host) && has_word(&finding.message, host));
        let port_is_blamed = self
            .port
            .filter(|port| !intact.has_port(*port) && ports_in(&finding.message).contains(port));
        let mut signs = BTreeSet::new();
        signs.extend(host_is_blamed.map(|host| Sign::Name(host.to_owned())));
        // A node has its address by the Service that governs it.
        let service = host_is_blamed.and_then(|host| Some(host.split_once('.')?.1));
        let service = service.filter(|name| is_name(name) && !intact.has_nodes_of(name));
        signs.extend(service.map(|name| Sign::Name(name.to_owned())));
        signs.extend(port_is_blamed.map(Sign::Port));
        // An object's fault may be that an address leads astray which is judged elsewhere.
        let is_blamed = host_is_blamed.is_some() || port_is_blamed.is_some();
        if let (Some(host), Some(port)) = (self.host, self.port)
            && (is_blamed || (finding.configuration.is_none() && !intact.has_port(port)))
        {
            signs.insert(Sign::Address(format!("{host}:{port}")));
        }
        // A short word such as `true` is right in one place and wrong in another.
        if self.text.len() >= LONG && has_word(&finding.message, self.text) {
            signs.insert(Sign::Value {
                requirement: finding.requirement.clone(),
                value: self.text.to_owned(),
            });
        }
        if is_blamed {
            signs.extend(self.mistake(&finding.help));
        }
        signs
    }

    /// What is written, and what the help proposes in its stead, without what both have.
    fn mistake(&self, help: &str) -> Option<Sign> {
        let is_address = self.text.contains("://");
        help.split([' ', '`', ',', '?', '\n'])
            .filter(|word| word.contains("://") == is_address && *word != self.text)
            .filter_map(|word| difference(self.text, word))
            .min_by_key(|(written, meant)| written.len() + meant.len())
            .map(|(written, meant)| Sign::Mistake { written, meant })
    }
}

/// Lines that say exactly what the finding is about. The line that begins a document, or the table around a missing key, says
/// nothing about the fault.
fn lines(report: &Report, finding: &Finding, how: &str) -> BTreeSet<Sign> {
    let mut signs = BTreeSet::new();
    let Some((template, line)) = finding
        .template
        .as_ref()
        .and_then(|template| Some((template, template.line?)))
    else {
        return signs;
    };
    let path = template.path();
    let text = report
        .sources
        .get(&path)
        .and_then(|text| text.lines().nth(line.checked_sub(1)?))
        .map(str::trim_start);
    let Some(text) = text.filter(|text| !text.starts_with("kind:")) else {
        return signs;
    };
    let key = finding
        .configuration
        .as_ref()
        .map(|configuration| without_indexes(&configuration.key));
    let about = match key {
        Some(key)
            if key
                .rsplit('.')
                .next()
                .is_some_and(|name| has_word(text, name)) =>
        {
            key
        }
        Some(_) => return signs,
        None => finding.requirement.clone(),
    } + how;
    signs.insert(Sign::Line {
        place: format!("{path}:{line}"),
        about: about.clone(),
    });
    signs.extend(finding.generator.as_ref().map(|generator| Sign::Line {
        place: format!("{}:{}", generator.file, generator.line),
        about,
    }));
    signs
}

/// By how much a port is wrong, where the sentence names one other.
fn shift(written: u16, named: &BTreeSet<u16>) -> Option<i32> {
    let mut others = named.iter().filter(|port| **port != written);
    let meant = others.next().filter(|_| named.contains(&written))?;
    let shift = i32::from(written) - i32::from(*meant);
    others.next().is_none().then_some(shift)
}

/// The reason that this finding quotes, or that it is for others.
fn reasons(finding: &Finding, groups: &[FindingGroup<'_>]) -> Vec<Sign> {
    let quotes = |longer: &str, shorter: &str| {
        shorter.len() < longer.len() && shorter.contains(' ') && longer.contains(shorter)
    };
    let message = finding.message.as_str();
    let messages = || groups.iter().map(|group| group.finding.message.as_str());
    let is_reason = messages().any(|other| quotes(other, message));
    messages()
        .filter(|other| quotes(message, other))
        .chain(is_reason.then_some(message))
        .map(|reason| Sign::Reason(reason.to_owned()))
        .collect()
}

/// Numbers that a sentence calls a port, or writes behind a host.
fn ports_in(message: &str) -> BTreeSet<u16> {
    let digits = |text: &str| {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse::<u16>().ok().filter(|port| *port > 0)
    };
    let mut ports = BTreeSet::new();
    let words: Vec<&str> = message.split_whitespace().collect();
    for (index, word) in words.iter().enumerate() {
        let word = word.trim_start_matches('`');
        let before = |back: usize| index.checked_sub(back).map_or("", |at| words[at]);
        // "port 5673 of the traffic manager, not 5672"
        if before(1) == "port" || before(1) == "not" || before(1) == "on" {
            ports.extend(digits(word));
        }
        ports.extend(word.rsplit_once(':').and_then(|(_, port)| digits(port)));
    }
    ports
}

/// Whether `text` looks like the name of an object or a host, and not like any word.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains('-')
        && text.chars().all(is_part)
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// Whether `name` stands in `text` and is no part of a longer name there.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + name.len()..].chars();
        let ends = match after.next() {
            // The end of a sentence.
            Some('.') => !after.next().is_some_and(is_in_name),
            next => !next.is_some_and(is_in_name),
        };
        ends && !before.is_some_and(is_in_name)
    })
}

/// `a[1].b` as `a.b`.
fn without_indexes(key: &str) -> String {
    let mut depth = 0;
    key.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

/// The parts in which two addresses or names differ, where that is one part of a name or a port.
fn difference(written: &str, meant: &str) -> Option<(String, String)> {
    let (written, meant) = (parts(written), parts(meant));
    let shorter = written.len().min(meant.len());
    let alike = |(one, two): &(&&str, &&str)| one == two;
    let head = written.iter().zip(&meant).take_while(alike).count();
    let tail = written
        .iter()
        .rev()
        .zip(meant.iter().rev())
        .take(shorter - head)
        .take_while(alike)
        .count();
    let written = &written[head..written.len() - tail];
    let meant = &meant[head..meant.len() - tail];
    // A separator and a word at most.
    let is_small = written.len() <= 2 && meant.len() <= 2 && head > 0;
    (is_small && !written.is_empty()).then(|| (written.concat(), meant.concat()))
}

/// Words and the separators between them.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{difference, has_word, parts, ports_in};

    fn differ(written: &str, meant: &str) -> Option<(String, String)> {
        difference(written, meant)
    }

    #[test]
    fn a_mistake_is_what_two_addresses_do_not_share() {
        let pair = |written: &str, meant: &str| Some((written.to_owned(), meant.to_owned()));
        assert_eq!(
            differ("tcp://tm-0.tm-headless:5673", "tcp://tm-0.tm-headless:5672"),
            pair("5673", "5672")
        );
        assert_eq!(
            differ("https://cp-svc:9443/services/", "https://cp:9443/services/"),
            pair("-svc", "")
        );
        assert_eq!(differ("https://a:1/x", "https://b-c-d:2/y"), None);
        assert_eq!(differ("https://cp:9443/", "https://cp:9443/"), None);
        assert_eq!(parts("a-0:é"), ["a", "-", "0", ":", "é"]);
    }

    #[test]
    fn ports_are_the_numbers_that_a_sentence_calls_so() {
        let ports = |text| ports_in(text).into_iter().collect::<Vec<u16>>();
        assert_eq!(
            ports("leads to port 5673 of node 1, not 5672"),
            [5672, 5673]
        );
        assert_eq!(ports("publishes to `cp-1.cp:5673`, which"), [5673]);
        assert!(ports("has 3 replicas, not enough").is_empty());
    }

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(has_word("no Secret `am-x`, sorry", "am-x"));
        assert!(has_word("it reads am-x.", "am-x"));
        assert!(!has_word("it reads am-x-y", "am-x"));
        assert!(!has_word("it reads am-x.y", "am-x"));
    }
}
