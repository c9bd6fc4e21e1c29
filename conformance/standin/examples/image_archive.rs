//! Builds the stand-in and writes its images of every version to the archive that is named as argument:
//! `cargo run -p am-standin --example image_archive -- images.tar`, then `kind load image-archive images.tar`.

use std::path::Path;

use am_deployment_toml::product::ProductVersion;
use am_standin::image::{ImageSpec, Programs, write_archive};
use am_toolchain::{StderrProgress, Tool, Toolchain};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).ok_or("name the archive to write")?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shell = Toolchain::new(&workspace).ensure(Tool::Shell, &mut StderrProgress::default())?;
    let programs = Programs::build(&workspace, shell)?;
    let images: Vec<ImageSpec> = ProductVersion::all().flat_map(ImageSpec::all_of).collect();
    write_archive(&programs, Path::new(&out), &images, None)?;
    for image in images {
        println!("{}", image.reference());
    }
    Ok(())
}
