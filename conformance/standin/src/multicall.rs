//! One binary under many names: decides by the name what to be.

use std::path::Path;
use std::process::ExitCode;

use am_product::Component;

use crate::applet::{CONFIGURATION, ENTRYPOINT, IDENTITY_SERVER, KEEPER, SERVER};
use crate::{curl, entrypoint, h2, identity_server, machine, start_script, watch};

/// Runs what the name of the binary, or else the first argument, stands for.
pub fn run(arguments: Vec<String>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let path = arguments.next().unwrap_or_default();
    let mut rest: Vec<String> = arguments.collect();
    if let Some(status) = applet(&path, &rest) {
        return ExitCode::from(status);
    }
    if rest.is_empty() {
        return usage();
    }
    let path = rest.remove(0);
    applet(&path, &rest).map_or_else(usage, ExitCode::from)
}

fn usage() -> ExitCode {
    eprintln!(
        "am-standin plays an API Manager component; call it by the name of what it should be, or give that as first \
         argument: {ENTRYPOINT}, {}, java, curl, {IDENTITY_SERVER}, observations, connect, watch, systemctl",
        start_scripts().collect::<Vec<_>>().join(", ")
    );
    ExitCode::from(2)
}

/// The names of every component's start script.
fn start_scripts() -> impl Iterator<Item = &'static str> {
    Component::all().map(Component::start_script)
}

/// Runs an applet; `None` when there is none of that name.
fn applet(path: &str, arguments: &[String]) -> Option<u8> {
    let name = Path::new(path).file_name()?.to_str()?;
    Some(match name {
        ENTRYPOINT => entrypoint::main(arguments),
        "java" => h2::main(arguments),
        IDENTITY_SERVER => identity_server::main(arguments),
        "systemctl" => machine::systemctl(arguments),
        KEEPER => machine::keep(arguments),
        "watch" => watch::main(arguments),
        "curl" => curl::main(arguments),
        SERVER => start_script::serve(),
        CONFIGURATION => start_script::print_configuration(),
        "observations" => crate::observe::observations(),
        "connect" => crate::observe::connect(arguments),
        script if start_scripts().any(|known| known == script) => {
            start_script::main(path, arguments)
        }
        _ => return None,
    })
}
