//! What a `go.mod` says.

/// The version of `module` in the `require` lines of a `go.mod`.
pub(crate) fn required_version<'a>(go_mod: &'a str, module: &str) -> Option<&'a str> {
    let mut in_require_block = false;
    for line in go_mod.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        match line {
            "require (" => in_require_block = true,
            ")" => in_require_block = false,
            _ => {
                let requirement = line
                    .strip_prefix("require ")
                    .or(in_require_block.then_some(line));
                let mut words = requirement.unwrap_or_default().split_whitespace();
                if words.next() == Some(module) {
                    return words.next();
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_single_and_grouped_requirements() {
        let go_mod = "module x\n\ngo 1.26\n\nrequire a.b/one v1.0.0\n\nrequire (\n\ta.b/two v2.0.0 // indirect\n)\n\nreplace a.b/three => a.b/three v3.0.0\n";
        assert_eq!(required_version(go_mod, "a.b/one"), Some("v1.0.0"));
        assert_eq!(required_version(go_mod, "a.b/two"), Some("v2.0.0"));
        assert_eq!(required_version(go_mod, "a.b/three"), None);
    }
}
