//! A registry on loopback, the command, and the tools that users have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use am_packaging::{INDEX_FILE, Index, RegistryServer};
use am_toolchain::{StderrProgress, Tool, Toolchain};
use assert_cmd::Command;

/// The password of the tests' keys.
const PASSWORD: &str = "not a secret";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a workspace")
        .to_owned()
}

/// A file of the tests' OpenPGP key.
pub(crate) fn key(file: &str) -> PathBuf {
    root().join("packaging/tests/fixtures").join(file)
}

pub(crate) fn tool(tool: Tool) -> PathBuf {
    Toolchain::new(root())
        .ensure(tool, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// `cargo xtask` with these arguments.
pub(crate) fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .env("COSIGN_PASSWORD", PASSWORD)
        .args(arguments);
    command
}

/// Text of a path.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Makes packages with these further arguments.
pub(crate) fn packages(out: &Path, further: &[&str]) -> Index {
    let mut arguments = vec!["package", "--out", text(out)];
    arguments.extend(further);
    xtask(&arguments).assert().success();
    index(out)
}

pub(crate) fn index(folder: &Path) -> Index {
    Index::read(folder).unwrap_or_else(|error| panic!("{error}"))
}

/// A registry and a folder to work in.
pub(crate) struct Shop {
    server: RegistryServer,
    pub(crate) folder: tempfile::TempDir,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let toolchain = Toolchain::new(root());
        let server = RegistryServer::start(&toolchain, &mut StderrProgress::default());
        Self {
            server: server.unwrap_or_else(|error| panic!("{error}")),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `oci://127.0.0.1:PORT/charts`.
    pub(crate) fn url(&self) -> String {
        self.server.registry().expect("a registry").to_string()
    }

    /// A chart in the registry, without scheme.
    pub(crate) fn repository(&self, chart: &str) -> String {
        format!("{}/{chart}", self.url().trim_start_matches("oci://"))
    }

    /// `cargo xtask publish` of a folder of packages.
    pub(crate) fn publish(&self, packages: &Path, further: &[&str]) -> Command {
        let url = self.url();
        let mut arguments = vec!["publish", "--registry", &url, "--packages", text(packages)];
        arguments.extend(further);
        xtask(&arguments)
    }

    /// A program with homes of its own.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> (bool, String) {
        let output = Process::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("HELM_CACHE_HOME", self.path("helm-cache"))
            .env("HELM_CONFIG_HOME", self.path("helm-config"))
            .env("HELM_DATA_HOME", self.path("helm-data"))
            .env("COSIGN_PASSWORD", PASSWORD)
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// A program that must succeed.
    pub(crate) fn done(&self, program: &Path, arguments: &[&str]) -> String {
        let (success, said) = self.run(program, arguments);
        assert!(success, "{} {arguments:?}:\n{said}", program.display());
        said
    }

    /// A key pair of cosign: `NAME.key` and `NAME.pub`.
    pub(crate) fn signing_key(&self, name: &str) -> PathBuf {
        let cosign = tool(Tool::Cosign);
        self.done(&cosign, &["generate-key-pair", "--output-key-prefix", name]);
        self.path(&format!("{name}.key"))
    }

    /// `cosign verify` of a chart's version with the public key `NAME.pub`.
    pub(crate) fn is_signed(&self, chart: &str, version: &str, name: &str) -> bool {
        let reference = format!("{}:{version}", self.repository(chart));
        let public = self.path(&format!("{name}.pub"));
        let arguments = [
            "verify",
            "--key",
            text(&public),
            "--insecure-ignore-tlog",
            "--allow-http-registry",
            &reference,
        ];
        self.run(&tool(Tool::Cosign), &arguments).0
    }

    /// The archive that a Helm pulls; `None` when there is none.
    pub(crate) fn pulled(&self, helm: Tool, chart: &str, version: &str) -> Option<Vec<u8>> {
        let reference = format!("{}/{chart}", self.url());
        let into = self.path(&format!("pulled-{}", helm.name()));
        fs::create_dir_all(&into).expect("a folder");
        let arguments = ["pull", &reference, "--version", version, "--plain-http"];
        let destination = ["--destination", text(&into)];
        let (success, _) = self.run(&tool(helm), &[&arguments[..], &destination].concat());
        let archive = into.join(format!("{chart}-{version}.tgz"));
        let bytes = success.then(|| fs::read(&archive).expect("the archive"));
        let _ = fs::remove_file(archive);
        bytes
    }

    /// A copy of packages in which the archive of a chart has other bytes, as after a change that nobody gave a version.
    pub(crate) fn changed(&self, packages: &Path, chart: &str) -> PathBuf {
        let copy = self.path("changed");
        am_toolchain::copy_folder(packages, &copy).expect("a copy");
        let mut index = index(packages);
        let package = index
            .packages
            .iter_mut()
            .find(|package| package.chart == chart)
            .expect("the chart");
        let helm = tool(Tool::Helm4);
        let archive = copy.join(&package.file);
        let sources = self.path("sources");
        fs::create_dir_all(&sources).expect("a folder");
        let unpack = Process::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(&sources)
            .status();
        assert!(unpack.expect("tar runs").success());
        let readme = sources.join(chart).join("README.md");
        let more = fs::read_to_string(&readme).expect("a README") + "\nOne more line.\n";
        fs::write(&readme, more).expect("written");
        let source = sources.join(chart);
        self.done(
            &helm,
            &["package", text(&source), "--destination", text(&copy)],
        );
        let bytes = fs::read(&archive).expect("the archive");
        package.size = bytes.len() as u64;
        package.sha256 = sha256(&archive);
        let json = serde_json::to_string(&index).expect("JSON");
        fs::write(copy.join(INDEX_FILE), json).expect("written");
        copy
    }
}

fn sha256(file: &Path) -> String {
    let output = Process::new("sha256sum").arg(file).output();
    let text = String::from_utf8(output.expect("sha256sum runs").stdout).expect("text");
    text.split(' ').next().expect("a digest").to_owned()
}
