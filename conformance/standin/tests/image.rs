//! The image archive, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};
use std::path::Path;

use am_deployment_toml::product::Product;
use am_standin::image::{ImageError, ImageSpec, Programs, write_archive};
use serde_json::Value;

/// The files of a tar: by path, the kind, the mode and the content.
fn files(tar: &[u8]) -> BTreeMap<String, (tar::EntryType, u32, Vec<u8>)> {
    let mut archive = tar::Archive::new(Cursor::new(tar));
    archive
        .entries()
        .expect("a tar")
        .map(|entry| {
            let mut entry = entry.expect("an entry");
            let path = entry
                .path()
                .expect("a path")
                .to_string_lossy()
                .trim_end_matches('/')
                .to_owned();
            let (kind, mode) = (
                entry.header().entry_type(),
                entry.header().mode().expect("a mode"),
            );
            let mut content = entry
                .link_name_bytes()
                .map(|name| name.to_vec())
                .unwrap_or_default();
            entry.read_to_end(&mut content).expect("content");
            (path, (kind, mode, content))
        })
        .collect()
}

/// Programs that are as good as real ones to who only packs them.
fn programs(folder: &Path) -> Programs {
    let (standin, shell) = (folder.join("standin"), folder.join("shell"));
    std::fs::write(&standin, "a static binary").expect("a file");
    std::fs::write(&shell, "a static shell").expect("a file");
    Programs {
        standin,
        shell,
        shell_names: vec!["bash".to_owned(), "sleep".to_owned()],
    }
}

fn archive_of(images: &[ImageSpec]) -> BTreeMap<String, (tar::EntryType, u32, Vec<u8>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("images.tar");
    write_archive(&programs(folder.path()), &out, images, None).expect("an archive");
    files(&std::fs::read(&out).expect("the archive"))
}

fn json(files: &BTreeMap<String, (tar::EntryType, u32, Vec<u8>)>, path: &str) -> Value {
    serde_json::from_slice(&files[path].2).expect("JSON")
}

#[test]
fn every_image_has_the_programs_at_the_product_s_paths() {
    let archive = archive_of(&ImageSpec::all_of("4.7".parse().expect("a version")));
    let manifest = json(&archive, "manifest.json");
    let images = manifest.as_array().expect("a list");
    let tags: Vec<&str> = images
        .iter()
        .filter_map(|image| image["RepoTags"][0].as_str())
        .collect();
    assert_eq!(
        tags,
        [
            "wso2/wso2am:4.7.0",
            "wso2/wso2am-acp:4.7.0",
            "wso2/wso2am-universal-gw:4.7.0",
            "wso2/wso2am-tm:4.7.0",
            "wso2/wso2mi:4.6.0",
            "wso2/wso2si:4.4.0"
        ]
    );
    let control_plane = &images[1];
    let config = json(&archive, control_plane["Config"].as_str().expect("a path"));
    assert_eq!(config["config"]["User"], "10001");
    assert_eq!(
        config["config"]["Entrypoint"][0],
        "/home/wso2carbon/docker-entrypoint.sh"
    );
    let env = config["config"]["Env"].to_string();
    assert!(
        env.contains("WSO2_SERVER_HOME=/home/wso2carbon/wso2am-acp-4.7.0"),
        "{env}"
    );

    let user = |number: usize| {
        let path = images[number]["Config"].as_str().expect("a path");
        json(&archive, path)["config"]["User"].clone()
    };
    assert_eq!([user(4), user(5)], ["10802", "10802"]);

    let mut tree = BTreeMap::new();
    for layer in control_plane["Layers"].as_array().expect("layers") {
        tree.extend(files(&archive[layer.as_str().expect("a path")].2));
    }
    for link in ["bin/bash", "bin/sleep"] {
        assert_eq!(tree[link].0, tar::EntryType::Symlink, "{link}");
        assert_eq!(tree[link].2, b"/usr/bin/am-shell", "{link}");
    }
    assert_eq!(tree["usr/bin/am-shell"].2, b"a static shell");
    assert_eq!(tree["usr/bin/am-shell"].1, 0o755);
    for link in [
        "bin/curl",
        "opt/java/openjdk/bin/java",
        "home/wso2carbon/docker-entrypoint.sh",
        "home/wso2carbon/wso2am-acp-4.7.0/bin/api-cp.sh",
        "home/wso2carbon/wso2am-acp-4.7.0/bin/key-manager.sh",
    ] {
        assert_eq!(tree[link].0, tar::EntryType::Symlink, "{link}");
        assert_eq!(tree[link].2, b"/usr/bin/am-standin", "{link}");
    }
    assert_eq!(tree["usr/bin/am-standin"].2, b"a static binary");
    assert_eq!(tree["usr/bin/am-standin"].1, 0o755);
    assert_eq!(
        tree["home/wso2carbon/wso2am-acp-4.7.0/repository/conf"].1,
        0o775
    );
    assert_eq!(tree["tmp"].1, 0o1777);
    assert!(!tree.contains_key("home/wso2carbon/wso2am-acp-4.7.0/bin/api-manager.sh"));
}

#[test]
fn the_images_share_the_layer_with_the_programs_and_digests_are_right() {
    use sha2::Digest as _;
    let archive = archive_of(&ImageSpec::all_of("4.6".parse().expect("a version")));
    let manifest = json(&archive, "manifest.json");
    let mut shared = BTreeSet::new();
    for image in manifest.as_array().expect("a list") {
        let layers = image["Layers"].as_array().expect("layers");
        shared.insert(layers[0].to_string());
        let config = json(&archive, image["Config"].as_str().expect("a path"));
        for (layer, digest) in layers
            .iter()
            .zip(config["rootfs"]["diff_ids"].as_array().expect("digests"))
        {
            let content = &archive[layer.as_str().expect("a path")].2;
            let bytes = sha2::Sha256::digest(content);
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(
                digest.as_str(),
                Some(format!("sha256:{}", hex.concat()).as_str())
            );
        }
    }
    assert_eq!(shared.len(), 1);
}

#[test]
fn folders_come_before_what_they_hold() {
    let archive = archive_of(&[ImageSpec::of(Product::new(
        "4.5".parse().expect("a version"),
        "gw".parse().expect("a pack"),
    ))]);
    let manifest = json(&archive, "manifest.json");
    for layer in manifest[0]["Layers"].as_array().expect("layers") {
        let mut seen = BTreeSet::new();
        let tar = &archive[layer.as_str().expect("a path")].2;
        for entry in tar::Archive::new(Cursor::new(tar))
            .entries()
            .expect("a tar")
        {
            let path = entry
                .expect("an entry")
                .path()
                .expect("a path")
                .into_owned();
            let parent = path.parent().unwrap_or(Path::new(""));
            assert!(
                parent == Path::new("") || seen.contains(parent),
                "{}",
                path.display()
            );
            seen.insert(path);
        }
    }
}

#[test]
fn a_program_that_needs_shared_libraries_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let dynamic = Path::new(env!("CARGO_BIN_EXE_am-standin"));
    let images = ImageSpec::all_of("4.7".parse().expect("a version"));
    let mut as_shell = programs(folder.path());
    dynamic.clone_into(&mut as_shell.shell);
    let mut as_standin = programs(folder.path());
    dynamic.clone_into(&mut as_standin.standin);
    for programs in [as_shell, as_standin] {
        let error = write_archive(&programs, &folder.path().join("images.tar"), &images, None)
            .expect_err("a dynamic binary");
        assert!(matches!(error, ImageError::Dynamic { .. }), "{error}");
    }
}
