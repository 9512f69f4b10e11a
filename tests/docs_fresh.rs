//! What is generated is checked in and fresh. `UPDATE_DOCS=1 cargo test docs_fresh` rewrites it.

use std::path::{Path, PathBuf};

use gitml::cli::docgen;

use crate::common::TestEnv;

#[test]
fn man_pages_and_completions_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = docgen::files().unwrap();
    if update() {
        for (path, _) in checked_in(root) {
            std::fs::remove_file(root.join(path)).unwrap();
        }
        for (path, text) in &files {
            std::fs::write(root.join(path), text).unwrap();
        }
    }
    for (path, text) in &files {
        let found = std::fs::read(root.join(path)).unwrap_or_default();
        assert!(found == *text, "{} is stale: UPDATE_DOCS=1 cargo test docs_fresh", path.display());
    }
    for (path, _) in checked_in(root) {
        assert!(files.contains_key(&path), "{} is generated no more", path.display());
    }
}

/// Paths and texts of what is generated. Section 7 of the manual is written by hand.
fn checked_in(root: &Path) -> Vec<(PathBuf, String)> {
    let by_hand = |path: &Path| path.extension().is_some_and(|extension| extension == "7");
    pages(root, |path| !by_hand(path))
}

fn pages(root: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let entries = ["man", "completions"].into_iter().flat_map(|folder| {
        let listed = std::fs::read_dir(root.join(folder)).unwrap();
        listed.map(move |entry| Path::new(folder).join(entry.unwrap().file_name()))
    });
    let read = |path: PathBuf| (path.clone(), std::fs::read_to_string(root.join(path)).unwrap());
    entries.filter(|path| wanted(path)).map(read).collect()
}

/// Options of Git, and of hosts of hooks.
const FOREIGN_OPTIONS: [&str; 3] = ["all-files", "amend", "no-verify"];

/// The name that `text` begins with.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default()
}

#[test]
fn pages_written_by_hand_name_commands_and_options_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = pages(root, |path| path.extension().is_some_and(|extension| extension == "7"));
    assert!(!pages.is_empty());
    let (verbs, options) = (docgen::verbs(), docgen::options());
    for (path, text) in pages {
        let text = text.replace("\\-", "-");
        for (at, _) in text.match_indices("git ml") {
            let words: Vec<&str> = text[at..].split([' ', '\n', '.', ',', ')']).take(3).collect();
            let verb = words.join(" ");
            let known = verbs.iter().any(|(known, _)| *known == verb);
            assert!(known, "{}: no command `{verb}`", path.display());
        }
        for (at, _) in text.match_indices("mlhook-") {
            let program = word(&text[at..]);
            let program = program.strip_suffix("-rust").unwrap_or(program);
            let known = verbs.iter().any(|(known, _)| known == program);
            assert!(known, "{}: no program `{program}`", path.display());
        }
        for (at, _) in text.match_indices("--") {
            let option = word(&text[at + 2..]);
            let known = options.contains(option) || FOREIGN_OPTIONS.contains(&option);
            assert!(known, "{}: no option `--{option}`", path.display());
        }
    }
}

/// The table between these markers is written from the command line's own definition.
const COMMANDS: [&str; 2] = ["<!-- commands -->\n", "<!-- /commands -->"];

#[test]
fn bash_completes_the_commands_and_git_with_them() {
    let env = TestEnv::bare();
    let completions = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let complete = |function: &str, words: &str| {
        let script = format!(
            "source '{0}/git-mldata.bash'; source '{0}/git-mlrun.bash'; \
             source '{0}/mlhook-data.bash'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             {function} \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             IFS='|'; echo \"${{COMPREPLY[*]}}\"",
            completions.display()
        );
        let output = env.run_with_input("bash", ["-c", &script], b"").success();
        output.stdout_text().trim_end_matches('\n').to_owned()
    };
    for (words, expected) in [
        ("git-mldata re", "remote|recover"),
        ("git-mldata remote re", "remove|rename"),
        ("git-mldata status --re", "--remote"),
        ("git-mldata add ''", ""),
        ("git-mldata --color ''", "auto|always|never"),
    ] {
        assert_eq!(complete("_git_mldata_words", words), expected, "{words}");
    }
    for (words, expected) in [
        ("git-mlrun re", "repro|restore"),
        ("git-mlrun metrics d", "diff"),
        ("git-mlrun repro --keep", "--keep-going"),
    ] {
        assert_eq!(complete("_git_mlrun_words", words), expected, "{words}");
    }
    for (words, expected) in [("mlhook-data --from", "--from-ref"), ("mlhook-data ''", "")] {
        assert_eq!(complete("_mlhook_data_words", words), expected, "{words}");
    }
    for (words, expected) in [
        ("git mldata re", "remote |recover "),
        ("git -C x mldata remote set", "set-url "),
        ("git mldata add ''", ""),
    ] {
        assert_eq!(complete("_git_mldata", words), expected, "{words}");
    }
}

#[test]
fn the_readme_lists_exactly_the_commands() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(COMMANDS[0]).expect("the marker is there");
    let (table, after) = rest.split_once(COMMANDS[1]).expect("the marker is there");
    let rows = docgen::verbs().into_iter().map(|(verb, summary)| {
        let page = verb.replace(' ', "-");
        format!("| [`{verb}`](man/{page}.1) | {summary} |\n")
    });
    let expected =
        String::from("| command | what it does |\n|---|---|\n") + &rows.collect::<String>();
    if update() {
        let text = [before, COMMANDS[0], &expected, COMMANDS[1], after].concat();
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(table, expected, "UPDATE_DOCS=1 cargo test docs_fresh");
}

#[test]
fn continuous_integration_runs_the_test_command_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let script = std::fs::read_to_string(root.join(".ci/run")).unwrap();
    assert!(readme.lines().any(|line| line == "cargo test --locked"));
    assert!(script.lines().any(|line| line == "step cargo test --locked"));
}

#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
fn update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}
