//! File tools: what `cp`, `mkdir`, `ls`, `cat`, `rm`, `touch` and `sleep` do in hooks and init containers.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::commands::ToolError;

/// How long a connection to `/dev/tcp/…` may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

fn failed(tool: &str, path: &Path, error: &io::Error) -> ToolError {
    ToolError::Failed(format!("{tool}: {}: {error}", path.display()))
}

/// Splits leading options, each of which must be among `known`, from operands.
fn options<'a>(
    tool: &str,
    arguments: &'a [String],
    known: &str,
) -> Result<(String, Vec<&'a str>), ToolError> {
    let (mut flags, mut operands) = (String::new(), Vec::new());
    for argument in arguments {
        match argument.strip_prefix('-') {
            Some("-") => {}
            Some(given) if !given.is_empty() && operands.is_empty() => {
                if let Some(unknown) = given.chars().find(|flag| !known.contains(*flag)) {
                    return Err(ToolError::Unsupported(format!(
                        "option -{unknown} of {tool}"
                    )));
                }
                flags.push_str(given);
            }
            _ => operands.push(argument.as_str()),
        }
    }
    Ok((flags, operands))
}

pub(super) fn sleep(arguments: &[String]) -> Result<String, ToolError> {
    let [duration] = arguments else {
        return Err(ToolError::Failed("sleep: give one duration".to_owned()));
    };
    let (number, factor) = match duration.strip_suffix(['s', 'm', 'h']) {
        Some(number) if duration.ends_with('m') => (number, 60.0),
        Some(number) if duration.ends_with('h') => (number, 3600.0),
        Some(number) => (number, 1.0),
        None => (duration.as_str(), 1.0),
    };
    let wait = number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * factor).ok());
    let Some(wait) = wait else {
        return Err(ToolError::Failed(format!(
            "sleep: invalid duration `{duration}`"
        )));
    };
    std::thread::sleep(wait);
    Ok(String::new())
}

pub(super) fn copy(arguments: &[String]) -> Result<String, ToolError> {
    // -p and -a keep modes and times where a plain user may; the stand-in has nothing that depends on them.
    let (flags, operands) = options("cp", arguments, "rRnLfapT")?;
    let Some((target, sources)) = operands
        .split_last()
        .filter(|(_, sources)| !sources.is_empty())
    else {
        return Err(ToolError::Failed("cp: missing operand".to_owned()));
    };
    let recursive = flags.contains(['r', 'R', 'a']);
    let target = Path::new(target);
    let into = target.is_dir() && !flags.contains('T');
    if sources.len() > 1 && !into {
        return Err(ToolError::Failed(format!(
            "cp: {} is no folder",
            target.display()
        )));
    }
    for source in sources {
        let source = Path::new(source);
        if source.is_dir() && !recursive {
            return Err(ToolError::Failed(format!(
                "cp: {} is a folder",
                source.display()
            )));
        }
        let target = match source.file_name() {
            Some(name) if into => target.join(name),
            _ => target.to_owned(),
        };
        copy_over(source, &target, !flags.contains('n'))
            .map_err(|error| failed("cp", source, &error))?;
    }
    Ok(String::new())
}

pub(super) fn rename(arguments: &[String]) -> Result<String, ToolError> {
    let (_, operands) = options("mv", arguments, "f")?;
    let [source, target] = operands.as_slice() else {
        return Err(ToolError::Unsupported(
            "mv of other than one file".to_owned(),
        ));
    };
    let (source, mut target) = (Path::new(source), PathBuf::from(target));
    if target.is_dir()
        && let Some(name) = source.file_name()
    {
        target.push(name);
    }
    fs::rename(source, &target).map_err(|error| failed("mv", source, &error))?;
    Ok(String::new())
}

/// Copies a file or folder, links followed, folders merged, as `cp -RL` does.
pub(crate) fn copy_over(source: &Path, target: &Path, overwrite: bool) -> io::Result<()> {
    if source.is_dir() {
        if !target.is_dir() {
            fs::create_dir(target)?;
        }
        let mut entries = fs::read_dir(source)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            copy_over(&entry.path(), &target.join(entry.file_name()), overwrite)?;
        }
        return Ok(());
    }
    if overwrite || !target.exists() {
        fs::copy(source, target)?;
    }
    Ok(())
}

pub(super) fn make_directories(arguments: &[String]) -> Result<String, ToolError> {
    let (flags, folders) = options("mkdir", arguments, "p")?;
    for folder in folders.into_iter().map(Path::new) {
        let made = if flags.contains('p') {
            fs::create_dir_all(folder)
        } else {
            fs::create_dir(folder)
        };
        made.map_err(|error| failed("mkdir", folder, &error))?;
    }
    Ok(String::new())
}

pub(super) fn list(arguments: &[String]) -> Result<String, ToolError> {
    let (_, operands) = options("ls", arguments, "1A")?;
    let operands = if operands.is_empty() {
        vec!["."]
    } else {
        operands
    };
    let mut lines = Vec::new();
    for operand in operands {
        let path = Path::new(operand);
        if !path.is_dir() {
            path.symlink_metadata()
                .map_err(|error| failed("ls", path, &error))?;
            lines.push(operand.to_owned());
            continue;
        }
        let entries = fs::read_dir(path).map_err(|error| failed("ls", path, &error))?;
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        lines.append(&mut names);
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

pub(super) fn concatenate(arguments: &[String]) -> Result<String, ToolError> {
    let (_, files) = options("cat", arguments, "")?;
    if files.is_empty() {
        return Err(ToolError::Unsupported("cat without a file".to_owned()));
    }
    files
        .into_iter()
        .map(Path::new)
        .map(|file| fs::read_to_string(file).map_err(|error| failed("cat", file, &error)))
        .collect()
}

pub(super) fn remove(arguments: &[String]) -> Result<String, ToolError> {
    let (flags, operands) = options("rm", arguments, "rRf")?;
    for path in operands.into_iter().map(Path::new) {
        let removed = if path.is_dir() && !path.is_symlink() && flags.contains(['r', 'R']) {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound && flags.contains('f') => {}
            other => other.map_err(|error| failed("rm", path, &error))?,
        }
    }
    Ok(String::new())
}

pub(super) fn touch(arguments: &[String]) -> Result<String, ToolError> {
    let (_, files) = options("touch", arguments, "")?;
    for file in files.into_iter().map(Path::new) {
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .map_err(|error| failed("touch", file, &error))?;
    }
    Ok(String::new())
}

/// Opens and closes a TCP connection to `host/port`, as bash does for `/dev/tcp/host/port`.
pub(crate) fn connect(address: &str) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "expected /dev/tcp/HOST/PORT");
    let (host, port) = address.split_once('/').ok_or_else(invalid)?;
    let port = port.parse().map_err(|_| invalid())?;
    let mut outcome = Err(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for ip in crate::resolver::resolve_blocking(host)? {
        outcome = TcpStream::connect_timeout(&(ip, port).into(), CONNECT_TIMEOUT).map(drop);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// The paths that a pattern with `*` matches, sorted; a leading dot must be written out.
pub(crate) fn glob(pattern: &str) -> Vec<String> {
    let mut found = vec![if pattern.starts_with('/') {
        "/".to_owned()
    } else {
        String::new()
    }];
    for segment in pattern.split('/').filter(|segment| !segment.is_empty()) {
        found = found
            .iter()
            .flat_map(|folder| matches_in(folder, segment))
            .collect();
    }
    let mut found: Vec<String> = found
        .into_iter()
        .map(|path| path.trim_end_matches('/').to_owned())
        .collect();
    found.sort();
    found
}

fn matches_in(folder: &str, segment: &str) -> Vec<String> {
    if !segment.contains('*') {
        let path = format!("{folder}{segment}");
        return if Path::new(&path).exists() {
            vec![path + "/"]
        } else {
            Vec::new()
        };
    }
    let directory = if folder.is_empty() {
        PathBuf::from(".")
    } else {
        PathBuf::from(folder)
    };
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            (!name.starts_with('.') || segment.starts_with('.')) && matches(segment, name)
        })
        .map(|name| format!("{folder}{name}/"))
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(first) else {
        return false;
    };
    (0..=name.len())
        .filter(|index| name.is_char_boundary(*index))
        .any(|index| matches(rest, &name[index..]))
}
