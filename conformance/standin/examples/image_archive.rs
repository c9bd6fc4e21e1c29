//! Builds the stand-in and writes its images of every version to the archive that is named as argument:
//! `cargo run -p am-standin --example image_archive -- images.tar`, then `kind load image-archive images.tar`.

use std::path::Path;

use am_deployment_toml::product::ProductVersion;
use am_standin::image::{ImageSpec, build_static_binary, write_archive};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).ok_or("name the archive to write")?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let binary = build_static_binary(&workspace)?;
    let images: Vec<ImageSpec> = ProductVersion::ALL
        .into_iter()
        .flat_map(ImageSpec::all_of)
        .collect();
    write_archive(&binary, Path::new(&out), &images)?;
    for image in images {
        println!("{}", image.reference());
    }
    Ok(())
}
