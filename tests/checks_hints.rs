//! The commands in hints, typed as they stand: each does what it promises, and no file loses a byte.

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];

/// What is in each file of the worktree that this is about, and what was staged for it.
#[derive(Clone, Copy, Debug)]
enum Case {
    New,
    NewAndChanged,
    NewAndGone,
    Known,
    KnownAndChanged,
}

const CASES: [Case; 5] =
    [Case::New, Case::NewAndChanged, Case::NewAndGone, Case::Known, Case::KnownAndChanged];

impl Case {
    /// Stages `path` in this case; returns what the file should have in the end.
    fn stage(self, env: &TestEnv, path: &str) -> Vec<u8> {
        if matches!(self, Case::Known | Case::KnownAndChanged) {
            env.write(path, "small");
            env.git(["add", "--force", path]).success();
            env.git(["commit", "-qm", "small", "--no-verify"]).success();
        }
        env.write(path, [7; 1001]);
        env.git(["add", "--force", path]).success();
        match self {
            Case::NewAndChanged | Case::KnownAndChanged => env.write(path, [8; 1002]),
            Case::NewAndGone => env.remove(path),
            Case::New | Case::Known => {}
        }
        let changed = matches!(self, Case::NewAndChanged | Case::KnownAndChanged);
        if changed { vec![8; 1002] } else { vec![7; 1001] }
    }
}

#[test]
fn a_big_file_becomes_data_in_each_case() {
    for case in CASES {
        let env = TestEnv::prepared();
        env.configure("mlhook.data.limit", "1000");
        let expected = case.stage(&env, "dir/a b.bin");
        let staged = env.git(["rev-parse", ":dir/a b.bin"]).success().stdout_text();
        let hints = env.hints();
        assert_eq!(hints.len(), 1, "{case:?}");
        let is_forced = matches!(case, Case::NewAndChanged | Case::KnownAndChanged);
        assert_eq!(hints[0].contains(" -f "), is_forced, "{case:?}: {hints:?}");
        // Only there is something that no file has, and its name is told.
        let told = env.messages()[0].contains(staged.trim());
        assert_eq!(told, is_forced, "{case:?}");
        env.sh(&hints[0]).success();
        assert_eq!(env.read("dir/a b.bin"), expected, "{case:?}");
        env.git(["cat-file", "-e", staged.trim()]).success();
        env.git(["add", "--all"]).success();
        env.mlhook("data", NOTHING).success();
        let listed = env.git(["ls-files", "dir"]).success().stdout_text();
        assert_eq!(listed, "dir/.gitignore\ndir/a b.bin.mldata\n", "{case:?}");
    }
}

#[test]
fn a_directory_of_big_files_becomes_data_whatever_changed_in_it() {
    let env = TestEnv::prepared();
    env.configure("mlhook.data.limit", "1000");
    let first = Case::KnownAndChanged.stage(&env, "set/a");
    let second = Case::New.stage(&env, "set/sub/b");
    let hints = env.hints();
    assert_eq!(hints, ["git rm -r -q -f --cached set && git mldata add set"]);
    env.sh(&hints[0]).success();
    assert_eq!((env.read("set/a"), env.read("set/sub/b")), (first, second));
    env.git(["add", "--all"]).success();
    env.mlhook("data", NOTHING).success();
}

#[test]
fn raw_data_leaves_git_in_each_case() {
    for case in CASES {
        // A file that is data, and one in a directory that is.
        for path in ["model", "data/a"] {
            let env = TestEnv::tracked();
            let expected = case.stage(&env, path);
            let is_raw = || env.rules().contains(&format!("raw-data {path}"));
            assert!(is_raw(), "{case:?}");
            let hints = env.hints();
            env.sh(hints.iter().find(|hint| hint.starts_with("git rm ")).unwrap()).success();
            assert!(!is_raw(), "{case:?}");
            assert_eq!(env.git(["ls-files", path]).success().stdout_text(), "");
            match case {
                Case::NewAndGone => assert!(!env.dir().join(path).exists()),
                _ => assert_eq!(env.read(path), expected, "{case:?}"),
            }
        }
    }
}

#[test]
fn a_pointer_in_tracked_data_leaves_git_in_each_case() {
    for (is_known, is_changed) in [(false, false), (false, true), (true, false), (true, true)] {
        let env = TestEnv::tracked();
        let pointer = env.read_text("model.mldata");
        if is_known {
            env.write("data/a.mldata", "before");
            env.git(["add", "--force", "data/a.mldata"]).success();
            env.git(["commit", "-qm", "before", "--no-verify"]).success();
        }
        env.write("data/a.mldata", &pointer);
        env.git(["add", "--force", "data/a.mldata"]).success();
        let expected = if is_changed { "other".to_owned() } else { pointer };
        env.write("data/a.mldata", &expected);
        let hints = env.hints();
        let told = format!("{is_known} {is_changed} {hints:?}");
        // Of the two that are told, either does.
        let hint = hints.iter().find(|hint| hint.ends_with("--cached data/a.mldata"));
        env.sh(hint.unwrap_or_else(|| panic!("{told}"))).success();
        assert_eq!(env.rules(), "", "{told}");
        assert_eq!(env.read_text("data/a.mldata"), expected);
    }
}

#[test]
fn a_line_of_ignore_rules_is_added_as_a_line() {
    for out in ["out", "a b", "back\\nslash", "it's", "#x", "!x"] {
        let env = TestEnv::prepared();
        let script = format!("printf x > {}", gitml::fs::shell_word(out.as_bytes()));
        let yaml = serde_json::json!({ "stages": { "one": { "cmd": script, "outs": [out] } } });
        env.write("mlrun.yaml", yaml.to_string());
        env.mlrun(["repro"]).success();
        // Somebody took the line away, and left a last line with or without an end.
        for rules in ["*.pyc", "*.pyc\n"] {
            env.write(".gitignore", rules);
            env.git(["add", "mlrun.yaml", "mlrun.lock", ".gitignore"]).success();
            assert_eq!(env.rules(), "outs-ignored mlrun.yaml:1", "{out}");
            env.sh(&env.hints()[0]).success();
            let rules = env.read_text(".gitignore");
            assert!(rules.starts_with("*.pyc\n") && !rules.contains("\n\n"), "{rules}");
            assert_eq!(env.rules(), "", "{out}: {rules}");
            assert_eq!(env.git(["check-ignore", "-q", out]).exit_code, Some(0), "{out}: {rules}");
        }
    }
}
