//! The files of an image: both programs under their many names, and a server home with what charts look for in it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use am_product::{Component, Image, Product};

/// Where the product's images keep everything.
pub(super) const WORKING_DIRECTORY: &str = "/home/wso2carbon";
/// The product image's entrypoint.
pub(super) const ENTRYPOINT_PATH: &str = "/home/wso2carbon/docker-entrypoint.sh";
/// The product image's Java.
pub(super) const JAVA_HOME: &str = "/opt/java/openjdk";
/// Where the stand-in is; what it plays is a link to it.
const STANDIN: &str = "/usr/bin/am-standin";
/// Where the shell is; its tools are links to it.
const SHELL: &str = "/usr/bin/am-shell";

/// Folders of a server home, beside those of its files.
const FOLDERS: [&str; 9] = [
    "bin",
    "dropins",
    "repository/components/dropins",
    "repository/components/lib",
    "repository/deployment/server/executionplans",
    "repository/deployment/server/synapse-configs/default",
    "repository/deployment/server/webapps",
    "repository/logs",
    "tmp",
];

/// Files of a server home that charts copy or run; only their being there counts.
const FILES: [&str; 10] = [
    "dbscripts/apimgt/h2.sql",
    "dbscripts/h2.sql",
    "dbscripts/mb-store/h2-mb.sql",
    "repository/components/plugins/h2-engine_2.2.224.wso2v2.jar",
    "repository/conf/log4j2.properties",
    "repository/database/WSO2AM_DB.mv.db",
    "repository/database/WSO2CARBON_DB.mv.db",
    "repository/database/WSO2SHARED_DB.mv.db",
    "repository/resources/security/client-truststore.jks",
    "repository/resources/security/wso2carbon.jks",
];

/// Scripts of a server home that make the tables of a real database: few tables, written as the product writes its own.
const SCRIPTS: [(&str, &str); 4] = [
    (
        "dbscripts/apimgt/mysql.sql",
        include_str!("../../data/dbscripts/apimgt/mysql.sql"),
    ),
    (
        "dbscripts/apimgt/postgresql.sql",
        include_str!("../../data/dbscripts/apimgt/postgresql.sql"),
    ),
    (
        "dbscripts/mysql.sql",
        include_str!("../../data/dbscripts/mysql.sql"),
    ),
    (
        "dbscripts/postgresql.sql",
        include_str!("../../data/dbscripts/postgresql.sql"),
    ),
];

/// What starts the server of a pack, and what sets its profile up.
const START_SCRIPT: &str = include_str!("../../data/pack/start.sh");
const PROFILE_SCRIPT: &str = include_str!("../../data/pack/profileSetup.sh");

/// The server home of a product's image.
pub(super) fn home_path(product: Product) -> String {
    format!("{WORKING_DIRECTORY}/{}", product.home_name())
}

/// The layer that all images share. It brings the user and Java, unless it lies over a file system that has them.
pub(super) fn base(
    standin: &[u8],
    shell: &[u8],
    shell_names: &[String],
    is_lowest: bool,
) -> io::Result<Vec<u8>> {
    let user = Image::of_the_product().user;
    let mut tree = Tree::of_user(user);
    tree.folder("/tmp", 0o1777)?;
    if is_lowest {
        tree.file(
            "/etc/passwd",
            format!("wso2carbon:x:{user}:0::{WORKING_DIRECTORY}:/bin/sh\n").as_bytes(),
            0o644,
        )?;
        tree.link(&format!("{JAVA_HOME}/bin/java"), STANDIN)?;
    }
    tree.file(STANDIN, standin, 0o755)?;
    tree.link(ENTRYPOINT_PATH, STANDIN)?;
    tree.link("/bin/curl", STANDIN)?;
    tree.file(SHELL, shell, 0o755)?;
    for name in shell_names {
        tree.link(&format!("/bin/{name}"), SHELL)?;
    }
    for (path, text) in crate::data::of_images().map_err(io::Error::other)? {
        tree.file(&path, text.as_bytes(), 0o644)?;
    }
    for folder in ["wso2-tmp", "solr/indexed-data", "solr/database"] {
        tree.folder(&format!("{WORKING_DIRECTORY}/{folder}"), SHARED_FOLDER)?;
    }
    tree.finish()
}

/// The layer with a product's server home.
pub(super) fn home(product: Product) -> io::Result<Vec<u8>> {
    let home = home_path(product);
    let mut tree = Tree::of_user(product.user());
    tree.server_home(&home, product)?;
    for component in components(product) {
        let script = component.start_script();
        tree.link(&format!("{home}/bin/{script}"), STANDIN)?;
    }
    tree.finish()
}

/// The pack that the product's machines unpack, with the stand-in inside.
pub(super) fn pack(product: Product, standin: &[u8]) -> io::Result<Vec<u8>> {
    let home = product.home_name();
    let mut tree = Tree::of_user(product.user());
    tree.server_home(&home, product)?;
    tree.file(&format!("{home}/bin/am-standin"), standin, 0o755)?;
    for component in components(product) {
        let script = format!("{home}/bin/{}", component.start_script());
        tree.file(&script, START_SCRIPT.as_bytes(), 0o755)?;
    }
    if components(product).any(|component| component.profile().is_some()) {
        let script = format!("{home}/bin/profileSetup.sh");
        tree.file(&script, PROFILE_SCRIPT.as_bytes(), 0o755)?;
    }
    tree.finish()
}

fn components(product: Product) -> impl Iterator<Item = Component> {
    Component::all().filter(move |component| component.distribution() == product.distribution)
}

/// Writable for the user of the image, and for any user of group 0 as `OpenShift` starts it.
const SHARED_FOLDER: u32 = 0o775;

/// A tar file under construction, in which folders come before what they hold.
struct Tree {
    tar: tar::Builder<Vec<u8>>,
    folders: BTreeSet<String>,
    /// Whose the files of the server are.
    user: i64,
}

impl Tree {
    fn of_user(user: i64) -> Self {
        Self {
            tar: tar::Builder::new(Vec::new()),
            folders: BTreeSet::new(),
            user,
        }
    }

    /// What a pack has: one of another product only where its own files go.
    fn server_home(&mut self, home: &str, product: Product) -> io::Result<()> {
        let distribution = product.distribution;
        if distribution.is_companion() {
            let files = [distribution.configuration(), distribution.pid_file()];
            let folders = files
                .iter()
                .filter_map(|file| Path::new(file).parent()?.to_str());
            for folder in ["bin", "lib"]
                .into_iter()
                .chain(folders)
                .chain(distribution.artifacts())
            {
                self.folder(&format!("{home}/{folder}"), SHARED_FOLDER)?;
            }
            return Ok(());
        }
        for folder in FOLDERS {
            self.folder(&format!("{home}/{folder}"), SHARED_FOLDER)?;
        }
        for file in FILES {
            self.file(&format!("{home}/{file}"), b"stand-in\n", 0o664)?;
        }
        for (file, script) in SCRIPTS {
            self.file(&format!("{home}/{file}"), script.as_bytes(), 0o664)?;
        }
        Ok(())
    }

    fn folder(&mut self, path: &str, mode: u32) -> io::Result<()> {
        let path = path.trim_start_matches('/');
        self.parents(path)?;
        if !self.folders.insert(path.to_owned()) {
            return Ok(());
        }
        let mut header = self.header(path, tar::EntryType::Directory, mode);
        self.tar.append_data(&mut header, path, io::empty())
    }

    fn file(&mut self, path: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let path = path.trim_start_matches('/');
        self.parents(path)?;
        let mut header = self.header(path, tar::EntryType::Regular, mode);
        header.set_size(content.len() as u64);
        self.tar.append_data(&mut header, path, content)
    }

    /// A symbolic link to a program.
    fn link(&mut self, path: &str, program: &str) -> io::Result<()> {
        let path = path.trim_start_matches('/');
        self.parents(path)?;
        let mut header = self.header(path, tar::EntryType::Symlink, 0o777);
        self.tar.append_link(&mut header, path, program)
    }

    fn parents(&mut self, path: &str) -> io::Result<()> {
        match Path::new(path).parent().and_then(Path::to_str) {
            Some(parent) if !parent.is_empty() => {
                let mode = if is_shared(parent) {
                    SHARED_FOLDER
                } else {
                    0o755
                };
                self.folder(parent, mode)
            }
            _ => Ok(()),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        self.tar.into_inner()
    }

    fn header(&self, path: &str, kind: tar::EntryType, mode: u32) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(0);
        header.set_mtime(0);
        let own = u64::try_from(self.user).unwrap_or_default();
        header.set_uid(if is_shared(path) { own } else { 0 });
        header.set_gid(0);
        header
    }
}

fn is_shared(path: &str) -> bool {
    Path::new("/").join(path).starts_with(WORKING_DIRECTORY)
}
