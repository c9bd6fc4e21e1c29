//! Builds the stand-in's images without Docker: an archive that `kind load image-archive` and `docker load` take.
//!
//! Each image is FROM scratch, stands under the name of a product image, and has the stand-in at the paths where the
//! product's image has its entrypoint, start scripts and Java, and a real shell where that has its own. All images of an
//! archive share the layer that holds both programs.

mod archive;
mod binary;
mod tree;

use std::io;
use std::path::{Path, PathBuf};

use am_deployment_toml::product::{Distribution, Product, ProductVersion};
use oci_spec::image::{
    Arch, ConfigBuilder, HistoryBuilder, ImageConfigurationBuilder, Os, RootFsBuilder,
};

pub(crate) use archive::digest;
use archive::{Archive, Layer};
pub use binary::{BuildError, Programs};
use tree::{ENTRYPOINT_PATH, JAVA_HOME, WORKING_DIRECTORY};

/// An image to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSpec {
    /// The repository, such as `wso2/wso2am`, with a registry if the chart names one.
    pub repository: String,
    /// The tag, such as `4.7.0`.
    pub tag: String,
    /// What the image plays. The key manager is the control plane's distribution.
    pub product: Product,
}

impl ImageSpec {
    /// The image under the product's own name and tag.
    pub fn of(product: Product) -> Self {
        Self {
            repository: format!("wso2/{}", product.distribution.pack()),
            tag: product.release().to_owned(),
            product,
        }
    }

    /// The images of every distribution of a version, those of companions included.
    pub fn all_of(version: ProductVersion) -> Vec<Self> {
        Distribution::all()
            .map(|distribution| Self::of(Product::new(version, distribution)))
            .collect()
    }

    /// `repository:tag`
    pub fn reference(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A program or a file system cannot be read.
    #[error("cannot read {path}, which goes into the images: {source}")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program needs shared libraries, which an image from scratch does not have.
    #[error("{path} is not static; build it as `image::Programs::build` and am-toolchain do")]
    Dynamic {
        /// Where it is.
        path: PathBuf,
    },
    /// The archive cannot be written.
    #[error("cannot write the image archive {path}: {source}")]
    Write {
        /// Where it should go.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Writes an archive with `images`, each holding `programs`, to `out`. The same input gives the same bytes. `below` is a file
/// system (a tar file) that goes below all of them, with the user and a Java of its own.
///
/// # Errors
/// When a program cannot be read or is not static, or the archive cannot be written.
pub fn write_archive(
    programs: &Programs,
    out: &Path,
    images: &[ImageSpec],
    below: Option<&Path>,
) -> Result<(), ImageError> {
    let (standin, shell) = (
        static_program(&programs.standin)?,
        static_program(&programs.shell)?,
    );
    let below = below.map(read).transpose()?;
    tree::base(&standin, &shell, &programs.shell_names, below.is_none())
        .and_then(|base| {
            let shared: Vec<Layer> = below.into_iter().chain([base]).map(Layer::new).collect();
            write(&shared, out, images)
        })
        .map_err(|source| ImageError::Write {
            path: out.to_owned(),
            source,
        })
}

/// Writes the pack of a product to `folder`: a tar file that is called after it, as machines unpack it. `standin` goes into it.
///
/// # Errors
/// When the stand-in cannot be read or is not static, or the pack cannot be written.
pub fn write_pack(standin: &Path, product: Product, folder: &Path) -> Result<PathBuf, ImageError> {
    let content = static_program(standin)?;
    let out = folder.join(format!("{}.tar", product.home_name()));
    tree::pack(product, &content)
        .and_then(|pack| std::fs::write(&out, pack))
        .map_err(|source| ImageError::Write {
            path: out.clone(),
            source,
        })?;
    Ok(out)
}

fn read(path: &Path) -> Result<Vec<u8>, ImageError> {
    std::fs::read(path).map_err(|source| ImageError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn static_program(path: &Path) -> Result<Vec<u8>, ImageError> {
    let content = read(path)?;
    if binary::needs_interpreter(&content) {
        return Err(ImageError::Dynamic {
            path: path.to_owned(),
        });
    }
    Ok(content)
}

fn write(shared: &[Layer], out: &Path, images: &[ImageSpec]) -> io::Result<()> {
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut archive = Archive::new(file.as_file_mut());
    for image in images {
        let home = Layer::new(tree::home(image.product)?);
        let layers: Vec<&Layer> = shared.iter().chain([&home]).collect();
        let configuration = configuration(image.product, &layers).map_err(io::Error::other)?;
        archive.add(&image.reference(), &configuration, &layers)?;
    }
    archive.finish()?;
    file.persist(out).map_err(|error| error.error)?;
    Ok(())
}

fn configuration(product: Product, layers: &[&Layer]) -> Result<Vec<u8>, oci_spec::OciSpecError> {
    let config = ConfigBuilder::default()
        .user(product.user().to_string())
        .env(vec![
            format!("PATH={JAVA_HOME}/bin:/usr/bin:/bin"),
            format!("JAVA_HOME={JAVA_HOME}"),
            format!("WORKING_DIRECTORY={WORKING_DIRECTORY}"),
            format!("WSO2_SERVER_HOME={}", tree::home_path(product)),
        ])
        .entrypoint(vec![ENTRYPOINT_PATH.to_owned()])
        .working_dir(WORKING_DIRECTORY.to_owned())
        .build()?;
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|layer| format!("sha256:{}", layer.digest()))
        .collect();
    let history = layers
        .iter()
        .map(|_| HistoryBuilder::default().created_by("am-standin").build())
        .collect::<Result<Vec<_>, _>>()?;
    let configuration = ImageConfigurationBuilder::default()
        .architecture(Arch::default())
        .os(Os::Linux)
        .config(config)
        .rootfs(
            RootFsBuilder::default()
                .typ("layers")
                .diff_ids(diff_ids)
                .build()?,
        )
        .history(history)
        .build()?;
    configuration.to_string().map(String::into_bytes)
}
