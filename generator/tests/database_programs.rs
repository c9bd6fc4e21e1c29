//! The Java programs of the charts, compiled and run: how scripts are taken apart, and what gets into a trust store.
//!
//! They need a JDK of at least 17 on `PATH`. Without one every test is reported as ignored, with the reason; `tools/jdk/install`
//! installs one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Completion, Trial};

fn main() -> ExitCode {
    let tests: [(&str, fn()); 3] = [
        (
            "statements_end_where_each_database_ends_them",
            statements_end_where_each_database_ends_them,
        ),
        (
            "every_certificate_of_a_file_gets_into_the_store",
            every_certificate_of_a_file_gets_into_the_store,
        ),
        (
            "a_missing_driver_or_script_is_named",
            a_missing_driver_or_script_is_named,
        ),
    ];
    let has_jdk = has_jdk();
    let trials = tests.map(|(name, test)| {
        Trial::ignorable_test(name, move || {
            if !has_jdk {
                return Ok(Completion::ignored_with("no JDK: run tools/jdk/install"));
            }
            test();
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn has_jdk() -> bool {
    ["javac", "java", "keytool"].iter().all(|program| {
        Command::new(program)
            .arg("-help")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
    })
}

/// The programs, compiled once for each test in a folder of its own.
struct Programs(PathBuf);

impl Programs {
    fn compiled(test: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).expect("a folder");
        let programs = root.join("../charts-out/am-pattern-3/database");
        let output = Command::new("javac")
            .args(["-Xlint:all", "-Werror", "-d"])
            .arg(&folder)
            .arg(programs.join("CreateSchema.java"))
            .arg(programs.join("TrustStore.java"))
            .arg(root.join("tests/fixtures/database/Harness.java"))
            .output()
            .expect("javac of a JDK is on the PATH");
        assert!(output.status.success(), "{output:?}");
        Self(folder)
    }

    fn run(&self, class: &str, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("java")
            .arg("-cp")
            .arg(&self.0)
            .arg(class)
            .args(arguments)
            .output()
            .expect("java runs");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// The statements of a script, each with the line at which it begins.
    fn split(&self, style: &str, script: &str) -> Vec<String> {
        let file = self.0.join(format!("{style}.sql"));
        fs::write(&file, script).expect("a script");
        let (done, text) = self.run("Harness", &["split", style, file.to_str().expect("a path")]);
        assert!(done, "{text}");
        text.lines()
            .map(|line| {
                line.trim_start_matches("Sql[line=")
                    .trim_end_matches(']')
                    .replacen(", text=", " ", 1)
            })
            .collect()
    }
}

fn statements_end_where_each_database_ends_them() {
    let programs = Programs::compiled("statements");
    let rows: [(&str, &str, &[&str]); 5] = [
        (
            "semicolon",
            "BEGIN TRANSACTION;\n-- tables; all of them --\nCREATE TABLE A (T TEXT DEFAULT 'x;''y');\nCREATE FUNCTION F() RETURNS TRIGGER AS $body$\nBEGIN\n  RETURN NEW;\nEND;\n$body$ LANGUAGE 'plpgsql';\ncommit;\n",
            &[
                "1 BEGIN TRANSACTION",
                "3 CREATE TABLE A (T TEXT DEFAULT 'x;''y')",
                "4 CREATE FUNCTION F() RETURNS TRIGGER AS $body$ BEGIN RETURN NEW; END; $body$ LANGUAGE 'plpgsql'",
                "9 commit",
            ],
        ),
        (
            "mysql",
            "# a; b\nCREATE TABLE `a;b` (T VARCHAR(9) DEFAULT 'it\\'s; so')ENGINE INNODB;\nDELIMITER $$\nCREATE PROCEDURE P() BEGIN SELECT 1; END$$\nDELIMITER ;\n/*!40101 SET @x = 1 */;\nINSERT INTO A VALUES (\"--;\")",
            &[
                "2 CREATE TABLE `a;b` (T VARCHAR(9) DEFAULT 'it\\'s; so')ENGINE INNODB",
                "4 CREATE PROCEDURE P() BEGIN SELECT 1; END",
                "6 /*!40101 SET @x = 1 */",
                "7 INSERT INTO A VALUES (\"--;\")",
            ],
        ),
        (
            "go",
            "IF NOT EXISTS (SELECT * FROM SYS.OBJECTS WHERE NAME = N'A')\nCREATE TABLE A (ID INTEGER);\nIF NOT EXISTS (SELECT * FROM A)\nBEGIN\n  INSERT INTO A VALUES (CASE WHEN 1 = 1 THEN 1 END);\nEND;\nGO\nCREATE TRIGGER T ON [A;] INSTEAD OF DELETE AS BEGIN DELETE FROM B; DELETE FROM C END;\nGO\n",
            &[
                "1 IF NOT EXISTS (SELECT * FROM SYS.OBJECTS WHERE NAME = N'A') CREATE TABLE A (ID INTEGER)",
                "3 IF NOT EXISTS (SELECT * FROM A) BEGIN INSERT INTO A VALUES (CASE WHEN 1 = 1 THEN 1 END); END",
                "8 CREATE TRIGGER T ON [A;] INSTEAD OF DELETE AS BEGIN DELETE FROM B; DELETE FROM C END",
            ],
        ),
        (
            "slash",
            "CREATE TABLE A (D NUMBER DEFAULT 4/2)\n/\nCREATE OR REPLACE TRIGGER T BEFORE INSERT ON A\nBEGIN\n  SELECT S.nextval INTO :NEW.D FROM dual;\nEND;\n/ \t\n/\nINSERT INTO A VALUES (1);\nINSERT INTO A VALUES (2)\n/\n",
            &[
                "1 CREATE TABLE A (D NUMBER DEFAULT 4/2)",
                "3 CREATE OR REPLACE TRIGGER T BEFORE INSERT ON A BEGIN SELECT S.nextval INTO :NEW.D FROM dual; END;",
                "9 INSERT INTO A VALUES (1)",
                "10 INSERT INTO A VALUES (2)",
            ],
        ),
        // Db2's slash stands behind the last line.
        (
            "slash",
            "CREATE TABLE A (\n  ID INTEGER\n)/\nCREATE TRIGGER T BEFORE INSERT ON A\nBEGIN ATOMIC\n  SET (NEW.ID) = (NEXTVAL FOR S);END/\n",
            &[
                "1 CREATE TABLE A ( ID INTEGER )",
                "4 CREATE TRIGGER T BEFORE INSERT ON A BEGIN ATOMIC SET (NEW.ID) = (NEXTVAL FOR S);END",
            ],
        ),
    ];
    for (style, script, expected) in rows {
        assert_eq!(programs.split(style, script), expected, "{style}: {script}");
    }
}

fn every_certificate_of_a_file_gets_into_the_store() {
    let programs = Programs::compiled("store");
    let path = |name: &str| programs.0.join(name).to_string_lossy().into_owned();
    let mut bundle = String::new();
    for name in ["one", "two", "three"] {
        let store = path(&format!("{name}.jks"));
        let _ = fs::remove_file(&store);
        let keytool = |arguments: &[&str]| {
            let output = Command::new("keytool")
                .args(arguments)
                .args([
                    "-keystore",
                    &store,
                    "-storepass",
                    "changeit",
                    "-alias",
                    name,
                ])
                .output()
                .expect("keytool of a JDK is on the PATH");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        keytool(&[
            "-genkeypair",
            "-keyalg",
            "EC",
            "-dname",
            &format!("CN={name}"),
        ]);
        bundle.push_str("# a comment, as bundles have\n");
        bundle.push_str(&keytool(&["-exportcert", "-rfc"]));
    }
    fs::write(path("ca.crt"), bundle).expect("a bundle");
    let (done, text) = programs.run("TrustStore", &[&path("ca.crt"), &path("ca.p12")]);
    assert!(done && text.starts_with("3 certificates of "), "{text}");
    let (_, names) = programs.run("Harness", &["list", &path("ca.p12")]);
    assert_eq!(names, "ca-1 true\nca-2 true\nca-3 true\n");

    fs::write(path("empty.crt"), "nothing\n").expect("a file");
    let (done, text) = programs.run("TrustStore", &[&path("empty.crt"), &path("no.p12")]);
    assert!(
        !done && text.contains("must hold certificates in PEM form"),
        "{text}"
    );
}

fn a_missing_driver_or_script_is_named() {
    let programs = Programs::compiled("missing");
    let (done, text) = programs.run(
        "CreateSchema",
        &["org.example.Driver", "semicolon", "true", "0"],
    );
    assert!(
        !done && text.contains("there is no org.example.Driver in "),
        "{text}"
    );
}
