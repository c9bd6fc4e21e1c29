//! The page that says how databases are made, as far as it names scripts of the product.

use std::path::Path;

use serde_json::{Value, json};

/// Where it lies in a tree.
pub(super) const FILE: &str = "database/README.md";

/// The folder of scripts in a pack.
const SCRIPTS: &str = "dbscripts/";

/// The steps of a page, in its order: each script with the words before it, and the number that its row has. A row of a table is a step, and
/// so is a command with the lines that go on with it.
pub(super) fn steps(text: &str) -> Vec<Value> {
    let mut steps = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('|') {
            before.clear();
        }
        let words = line.split(|c: char| c.is_whitespace() || "|`\"'".contains(c));
        for word in words.filter(|word| !word.is_empty()) {
            match word.find(SCRIPTS).filter(|_| is_sql(word)) {
                Some(at) => {
                    let number = before.iter().find_map(|word| word.parse::<u32>().ok());
                    let tails = before.drain(..).map(|word| word.rsplit('/').next());
                    let words: Vec<&str> = tails.flatten().collect();
                    steps.push(json!({"number": number, "words": words, "script": &word[at..], "line": index + 1}));
                }
                None => before.push(word),
            }
        }
    }
    steps
}

fn is_sql(word: &str) -> bool {
    Path::new(word)
        .extension()
        .is_some_and(|ending| ending == "sql")
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn rows_of_a_table_and_commands_are_steps() {
        let text = "Run the scripts as of 2 users.\n\n| | database | script |\n|---|---|---|\n| 2 | `apim_db` | `dbscripts/apimgt/mysql.sql` | `user` |\n| 1 | `shared_db` | `dbscripts/mysql.sql` |\n\n\
            ```sh\njava -cp h2.jar Run \\\n  -url \"jdbc:h2:/data/shared_db\" -script /opt/am/dbscripts/h2.sql\n```\n";
        let seen: Vec<_> = steps(text)
            .into_iter()
            .map(|step| {
                let words = step["words"].as_array().expect("words").clone();
                let has = |name: &str| words.iter().any(|word| word == name);
                (
                    step["number"].as_u64(),
                    has("apim_db"),
                    has("shared_db"),
                    step["script"].as_str().expect("a script").to_owned(),
                    step["line"].as_u64(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (
                    Some(2),
                    true,
                    false,
                    "dbscripts/apimgt/mysql.sql".to_owned(),
                    Some(5)
                ),
                (
                    Some(1),
                    false,
                    true,
                    "dbscripts/mysql.sql".to_owned(),
                    Some(6)
                ),
                (None, false, true, "dbscripts/h2.sql".to_owned(), Some(10)),
            ]
        );
    }
}
