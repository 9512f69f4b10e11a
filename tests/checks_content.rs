//! What files say and what they are called, by `mlhook-data`: conflict markers, secrets, links, names.

use insta::assert_snapshot;

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];
const CONFLICT: &str = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n";

/// A repository with one commit, of these files.
fn with(files: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::new();
    files.iter().for_each(|(path, text)| env.write(path, text));
    env.commit("first");
    env
}

/// What is found in what is staged: each line.
fn found(env: &TestEnv) -> String {
    let output = env.mlhook("data", NOTHING);
    let text = output.stdout_text();
    let is_failed = text.lines().any(|line| !line.contains(": warning: "));
    output.code(i32::from(is_failed));
    text
}

fn stage(env: &TestEnv, path: &str, text: impl AsRef<[u8]>) {
    env.write(path, text);
    env.git(["add", "--all"]).success();
}

/// Looks like a token, and is none; it does not stand in this file, which is checked itself.
fn token() -> String {
    format!("ghp_{}{}", "Ab3dE6gH1jK2mN4pQ5rS", "7tU8vW9xY0zAbCdE")
}

#[test]
fn a_conflict_that_is_staged_is_found() {
    let env = with(&[("a.py", "a\n")]);
    stage(&env, "a.py", CONFLICT);
    assert_snapshot!(found(&env), @"a.py:2: conflict-marker a conflict that is not resolved");
    // What is in the worktree does not count.
    stage(&env, "a.py", "a\nb\n");
    env.write("a.py", CONFLICT);
    assert_eq!(found(&env), "");
}

#[test]
fn a_merge_that_git_could_not_make_is_stopped() {
    let env = with(&[("a", "a\n"), ("b", "b\n")]);
    env.git(["switch", "--quiet", "-c", "other"]).success();
    env.write("a", "theirs\n");
    env.commit("theirs");
    env.git(["switch", "--quiet", "main"]).success();
    env.write("a", "ours\n");
    env.commit("ours");
    for style in ["merge", "diff3"] {
        env.git(["-c", &format!("merge.conflictStyle={style}"), "merge", "other"]).code(1);
        env.git(["add", "a"]).success();
        assert_eq!(found(&env), "a:1: conflict-marker a conflict that is not resolved\n");
        env.git(["merge", "--abort"]).success();
    }
}

#[test]
fn markers_that_are_meant_are_none() {
    // Documents that had them, or say so, or whose markers are longer.
    let env = with(&[("guide.md", CONFLICT)]);
    stage(&env, "guide.md", format!("Title\n=======\n{CONFLICT}more\n"));
    assert_eq!(found(&env), "");
    stage(&env, "guide.md", CONFLICT.replace("b\n", "other\n"));
    assert_eq!(found(&env).lines().count(), 1);
    env.git(["reset", "--hard", "--quiet"]).success();

    stage(&env, "new.md", CONFLICT);
    assert_eq!(found(&env).lines().count(), 1);
    stage(&env, ".gitattributes", "*.md conflict-marker-size=20\n");
    assert_eq!(found(&env), "");
    stage(
        &env,
        "new.md",
        CONFLICT.replace("<<<<<<<", &"<".repeat(20)).replace(">>>>>>>", &">".repeat(20)),
    );
    assert_eq!(found(&env).lines().count(), 1);

    let allowed = CONFLICT.replace("a\n", "<!-- mldata: allow-conflict-marker -->\n");
    stage(&env, "new.md", "");
    stage(&env, "allowed.html", allowed);
    stage(&env, "binary", format!("\0{CONFLICT}"));
    stage(&env, "only.rst", "<<<<<<< a\nTitle\n=======\n");
    assert_eq!(found(&env), "");
    stage(&env, "x/a.py", CONFLICT);
    env.git(["config", "mlhook.data.exclude", "x/**"]).success();
    assert_eq!(found(&env), "");
}

#[test]
fn hosts_that_name_files_see_what_was_there_before() {
    let mut env = with(&[("guide.md", CONFLICT)]);
    stage(&env, "guide.md", format!("{CONFLICT}more\n"));
    env.set("PRE_COMMIT", "1");
    env.mlhook("data", ["guide.md"]).success();
    stage(&env, "guide.md", format!("{CONFLICT}{}", CONFLICT.replace('b', "x")));
    env.mlhook("data", ["guide.md"]).code(1);
}

#[test]
fn secrets_are_found_and_not_shown() {
    let env = with(&[("a.py", "x = 1\n")]);
    let line = format!("token = '{}'\n", token());
    stage(&env, "a.py", format!("x = 1\n{line}\n{line}"));
    let output = env.mlhook("data", NOTHING).code(1);
    let (shown, told) = (output.stdout_text(), output.stderr_text());
    assert_snapshot!(shown, @r"
    a.py:2: secret GitHub token
    a.py:4: secret GitHub token
    ");
    assert!(told.contains("mldata: allow-secret"), "{told}");
    assert!(!(shown + &told).contains(&token()[4..20]));
    let json = env.mlhook("data", ["--json"]).code(1).stdout_text();
    assert!(!json.contains(&token()[4..20]));

    stage(&env, "a.py", format!("x = 1\ntoken = '{}'  # mldata: allow-secret\n", token()));
    assert_eq!(found(&env), "");
}

#[test]
fn a_secret_that_was_committed_is_a_warning() {
    let line = format!("token = '{}'\n", token());
    let env = with(&[("a.py", &line)]);
    stage(&env, "a.py", format!("x = 1\n{line}"));
    assert_snapshot!(found(&env), @"a.py:2: warning: secret GitHub token, committed before");
    stage(&env, "a.py", format!("{line}other_{line}"));
    assert_eq!(found(&env).lines().filter(|line| !line.contains("warning")).count(), 1);
}

#[test]
fn a_secret_that_moves_is_not_new() {
    let line = format!("token = '{}'\n", token());
    let env = with(&[("a.py", &line), ("b.py", "x = 1\n")]);
    env.sh("mkdir d && git mv a.py d/c.py").success();
    assert_eq!(found(&env), "d/c.py:1: warning: secret GitHub token, committed before\n");
    // Another in the same file, or the same in a file beside the old one, is new.
    stage(&env, "d/c.py", format!("{line}other_{line}"));
    assert_eq!(found(&env).lines().filter(|line| !line.contains("warning")).count(), 1);
    env.git(["reset", "--hard", "--quiet"]).success();
    stage(&env, "b.py", &line);
    assert_eq!(found(&env), "b.py:1: secret GitHub token\n");
    env.commit("all the same");
    // Of all files, HEAD tells which were there.
    stage(&env, "new.py", &line);
    let all = env.mlhook("data", ["--all"]).code(1);
    assert_snapshot!(all.stdout_text(), @r"
    a.py:1: warning: secret GitHub token, committed before
    b.py:1: warning: secret GitHub token, committed before
    new.py:1: secret GitHub token
    ");
    assert!(all.stderr_text().contains("revoke it"));
}

#[test]
fn hints_about_secrets_can_be_followed() {
    let env = with(&[]);
    stage(&env, "a [1].json", format!("{{\"token\": \"{}\"}}\n", token()));
    let told = env.mlhook("data", NOTHING).code(1).stderr_text();
    let hint = told.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
    let command = hint.split('`').nth(1).expect("a command");
    env.sh(command).success();
    assert_eq!(found(&env), "");
}

#[test]
fn files_for_secrets_are_looked_at_by_name_and_kind_of_value() {
    let env = with(&[]);
    let text = "MLFLOW_TRACKING_URI=https://mlflow-prod-2.eu-central-1.compute.amazonaws.com\n\
                MLFLOW_TRACKING_PASSWORD=hunter2hunter2\n\
                DATABASE_URL=postgresql://u:Sup3rS3cret@db/x\n\
                OTHER_PASSWORD=changeme\n";
    env.write(".env", text);
    env.git(["add", "--force", ".env"]).success();
    assert_snapshot!(found(&env), @r"
    .env:2: secret value whose name says that it is a secret
    .env:3: secret password in a URL
    ");
}

#[test]
fn cells_and_outputs_of_notebooks_are_looked_at() {
    let env = with(&[]);
    let notebook = format!(
        "{{\"cells\": [{{\"source\": [\"a\\n\",\n\"t = '{0}'\"], \"outputs\": [\n\"x\\n{0}\\n\"]}}]}}",
        token()
    );
    stage(&env, "nb.ipynb", &notebook);
    assert_eq!(found(&env).lines().count(), 2);
    // Of a commit that is stopped, nothing is taken out, and what is told is about what is staged.
    env.git(["config", "mlhook.notebooks.mode", "fix"]).success();
    let told = env.mldata(["hook", "pre-commit"]).code(1).stderr_text();
    let secrets: Vec<&str> = told.lines().filter(|line| line.contains(": secret ")).collect();
    assert_eq!(secrets, ["nb.ipynb:2: secret GitHub token", "nb.ipynb:3: secret GitHub token"]);
    // What the first check takes out is not committed.
    let line = format!("\"t = '{}'\"", token());
    stage(&env, "nb.ipynb", notebook.replace(&line, "\"t\""));
    env.mldata(["hook", "pre-commit"]).success();

    stage(&env, "nb.ipynb", "{}");
    stage(&env, "data.bin", format!("\0{} {}", token(), "x".repeat(100_000)));
    assert_eq!(found(&env), "");
    stage(&env, "data.bin", format!("\0{} {}", token(), "x".repeat(100)));
    assert_eq!(found(&env).lines().count(), 1);
}

#[test]
fn links_that_lead_elsewhere_are_found() {
    let env = with(&[("dir/a", "a")]);
    for (path, target) in [
        ("absolute", "/etc/passwd"),
        ("dir/out", "../../x"),
        ("dir/in", "../dir/a"),
        ("later", "data/raw"),
        ("git", ".git/config"),
        ("up", ".."),
        ("through", "up/x"),
    ] {
        env.link(target, path);
    }
    env.git(["add", "--all"]).success();
    assert_snapshot!(found(&env), @r"
    absolute: symlink a link to an absolute path
    dir/out: symlink a link out of the worktree
    git: symlink a link into `.git`
    through: symlink a link out of the worktree
    up: symlink a link out of the worktree
    ");
    env.git(["config", "mlhook.data.symlink", "off"]).success();
    assert_eq!(found(&env), "");
}

#[test]
fn names_that_are_one_name_elsewhere_are_found() {
    let env = with(&[("README.md", "a"), ("data/a", "a"), ("é", "a")]);
    if env.exists("readme.MD") {
        crate::common::skip("names_that_are_one_name_elsewhere_are_found", "case does not count");
        return;
    }
    stage(&env, "README.md", "changed");
    assert_eq!(found(&env), "");
    stage(&env, "Readme.md", "b");
    stage(&env, "Data/b", "b");
    stage(&env, "Data/c", "c");
    assert_snapshot!(found(&env), @r"
    Data/b: case-fold `data` and `Data` are one name where case does not count
    Readme.md: case-fold `README.md` and `Readme.md` are one name where case does not count
    ");
    env.commit("all the same");
    stage(&env, "e\u{301}", "b");
    let expected = "e\u{301}: case-fold `e\u{301}`, written in two ways, is one name on macOS\n";
    assert_eq!(found(&env), expected);
    env.commit("all the same");
    stage(&env, "Data/d", "d");
    assert_snapshot!(found(&env), @"Data/d: warning: case-fold `data` and `Data` are one name where case does not count");

    // Another name for the same file is none.
    let env = with(&[("README.md", "a")]);
    env.git(["mv", "README.md", "readme.md"]).success();
    assert_eq!(found(&env), "");
}

#[test]
fn names_that_windows_has_not_are_warned_of() {
    let env = with(&[("nul", "a")]);
    stage(&env, "nul", "changed");
    stage(&env, "aux.py", "b");
    stage(&env, "a:b/c", "b");
    stage(&env, "a:b/d", "b");
    stage(&env, "dot.", "b");
    assert_snapshot!(found(&env), @r"
    a:b/c: warning: windows-name Windows has no `a:b`: it has a sign that no name may have there
    aux.py: warning: windows-name Windows has no `aux.py`: it is the name of a device, with any suffix
    dot.: warning: windows-name Windows has no `dot.`: no name may end with a space or a dot there
    ");
    env.git(["config", "mlhook.data.windows-name", "error"]).success();
    env.mlhook("data", NOTHING).code(1);
}
