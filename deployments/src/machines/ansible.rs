//! The playbooks and the role, which are the same for every site: they read the inventory.

use std::collections::BTreeMap;

use am_product::data::File;

use super::notice::with_notice;
use super::tree::Trouble;

/// All files below `templates/ansible`, found when this crate is built.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/ansible.rs"));

const FOLDER: &str = "deployments/templates/ansible/";

/// The files, by their paths below the folder of a site.
pub(crate) fn files(notice: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let one = |file: &File| {
        let text = file
            .text()
            .map_err(|error| Trouble::Refused(error.to_string()))?;
        let name = file.path.strip_prefix(FOLDER).unwrap_or(file.path);
        let text = with_notice(name, &text, notice);
        let text = text.ok_or_else(|| {
            Trouble::Refused(format!(
                "{}: no comments are known for this kind of file",
                file.path
            ))
        })?;
        Ok((format!("ansible/{name}"), text))
    };
    FILES.iter().map(one).collect()
}
