//! What `curl` was asked to do.

use std::time::Duration;

use crate::basic;

/// The options that the stand-in plays.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) fail: bool,
    pub(super) tells_errors: bool,
    pub(super) retries: u64,
    pub(super) retry_delay: Duration,
    pub(super) retry_time: Option<Duration>,
    pub(super) longest: Option<Duration>,
    pub(super) output: Option<String>,
    pub(super) write_out: Option<String>,
    pub(super) url: String,
    pub(super) sent: Sent,
}

/// What is sent besides a plain GET.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) method: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

impl Options {
    /// Reads arguments, or says what is not played.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            tells_errors: true,
            retry_delay: Duration::from_secs(1),
            ..Self::default()
        };
        let mut shows_errors = false;
        let mut arguments = arguments.iter().flat_map(|argument| split(argument));
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} without a value"))
            };
            match argument.as_str() {
                "-s" | "--silent" => options.tells_errors = false,
                "-S" | "--show-error" => shows_errors = true,
                // Every certificate is taken anyway.
                "-k" | "--insecure" | "--retry-all-errors" | "--retry-connrefused" => {}
                "--cacert" => {
                    read(&value()?)?;
                }
                "--config" => {
                    let (name, account) = account(&read(&value()?)?)?;
                    let value = basic::header(&name, &account);
                    options
                        .sent
                        .headers
                        .push(("authorization".to_owned(), value));
                }
                "-H" | "--header" => options.sent.headers.push(header(&value()?)?),
                "-X" | "--request" => options.sent.method = Some(value()?),
                "--data-binary" => {
                    let text = value()?;
                    let body = match text.strip_prefix('@') {
                        Some(file) => read(file)?,
                        None => text,
                    };
                    options.sent.body = Some(body);
                }
                "-f" | "--fail" => options.fail = true,
                "-m" | "--max-time" => options.longest = Some(seconds(&value()?)?),
                "-o" | "--output" => options.output = Some(value()?),
                "-w" | "--write-out" => options.write_out = Some(format(&value()?)?),
                "--retry" => {
                    let text = value()?;
                    options.retries = text.parse().map_err(|_| format!("--retry {text}"))?;
                }
                "--retry-delay" => options.retry_delay = seconds(&value()?)?,
                "--retry-max-time" => options.retry_time = Some(seconds(&value()?)?),
                option if option.starts_with('-') => return Err(format!("option {option}")),
                _ if !options.url.is_empty() => return Err("second URL".to_owned()),
                _ => options.url = argument,
            }
        }
        options.tells_errors |= shows_errors;
        Ok(options)
    }
}

fn read(file: &str) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("file {file}: {error}"))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("header `{text}`"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Name and password of `user = "NAME:PASSWORD"`, which is all that the stand-in reads of a configuration.
fn account(text: &str) -> Result<(String, String), String> {
    let quoted = text
        .trim()
        .strip_prefix("user = \"")
        .and_then(|rest| rest.strip_suffix('"'));
    let plain = quoted.map(|text| {
        let mut plain = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            plain.extend(if letter == '\\' {
                letters.next()
            } else {
                Some(letter)
            });
        }
        plain
    });
    // What it says is a secret.
    let (name, password) = plain
        .as_deref()
        .and_then(|plain| plain.split_once(':'))
        .ok_or_else(|| "configuration; it knows user = \"NAME:PASSWORD\"".to_owned())?;
    Ok((name.to_owned(), password.to_owned()))
}

/// `-sS` is `-s -S`.
fn split(argument: &str) -> Vec<String> {
    match argument.strip_prefix('-') {
        Some(flags) if flags.len() > 1 && flags.chars().all(char::is_alphabetic) => {
            flags.chars().map(|flag| format!("-{flag}")).collect()
        }
        _ => vec![argument.to_owned()],
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| format!("duration `{text}`"))
}

/// The format of `--write-out`: a status is all that the stand-in can tell.
fn format(text: &str) -> Result<String, String> {
    let rest = text.replace("%{http_code}", "");
    if rest.contains(['%', '@']) {
        return Err(format!("--write-out `{text}`; it knows %{{http_code}}"));
    }
    Ok(text.replace("\\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn short_options_can_be_written_together() {
        let long = parse(&["--silent", "--show-error", "--fail", "http://a"]).expect("understood");
        assert_eq!(parse(&["-sSf", "http://a"]), Ok(long));
    }

    #[test]
    fn what_is_sent_comes_from_arguments_and_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("written");
            file.display().to_string()
        };
        let config = file("config", r#"user = "admin:p\"a\\s""#);
        let body = format!("@{}", file("body", "{}\n"));
        let arguments = [
            "--config",
            &config,
            "--header",
            "A: b",
            "--request",
            "PUT",
            "--data-binary",
            &body,
            "http://a",
        ];
        let sent = parse(&arguments).expect("understood").sent;
        let account = basic::header("admin", r#"p"a\s"#);
        assert_eq!(
            sent.headers,
            [
                ("authorization".to_owned(), account),
                ("A".to_owned(), "b".to_owned())
            ]
        );
        assert_eq!(
            (sent.method.as_deref(), sent.body.as_deref()),
            (Some("PUT"), Some("{}\n"))
        );
        let error = parse(&["--cacert", "/nowhere/ca.crt", "http://a"]).expect_err("no file");
        assert!(error.contains("/nowhere/ca.crt"), "{error}");
    }

    #[test]
    fn what_is_not_played_is_named() {
        for (arguments, named) in [
            (["--location", "http://a"], "--location"),
            (["--write-out", "%{time_total}"], "%{time_total}"),
            (["--max-time", "soon"], "soon"),
            (["http://a", "http://b"], "second URL"),
        ] {
            let error = parse(&arguments).expect_err("refused");
            assert!(error.contains(named), "{error}");
        }
    }
}
