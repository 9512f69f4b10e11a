//! Updates of projects from their templates, in real repositories.

use crate::common::TestEnv;

const SLUG: &str = "{{cookiecutter.name}}";
const QUESTIONS: &str = r#"{"name": "churn", "owner": "me"}"#;

/// A template in `tpl`, and a project from it in `p`, where commands run.
fn project(files: &[(&str, &str)]) -> TestEnv {
    project_of(QUESTIONS, files)
}

fn project_of(questions: &str, files: &[(&str, &str)]) -> TestEnv {
    let mut env = TestEnv::bare();
    template(&env, "cookiecutter.json", questions);
    for (path, text) in files {
        rendered(&env, path, text);
    }
    env.mlrun(["new", "p", "-t", "tpl", "--no-input"]).success();
    env.cd("p");
    env
}

fn template(env: &TestEnv, path: &str, text: impl AsRef<[u8]>) {
    let path = env.root().join("tpl").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Writes a file that becomes one of the project.
fn rendered(env: &TestEnv, path: &str, text: impl AsRef<[u8]>) {
    template(env, &format!("{SLUG}/{path}"), text);
}

fn rename(env: &TestEnv, old: &str, new: &str) {
    let top = env.root().join("tpl").join(SLUG);
    std::fs::rename(top.join(old), top.join(new)).unwrap();
}

fn forget(env: &TestEnv, path: &str) {
    std::fs::remove_file(env.root().join("tpl").join(SLUG).join(path)).unwrap();
}

fn refs(env: &TestEnv) -> String {
    env.git(["for-each-ref"]).success().stdout_text()
}

fn status(env: &TestEnv) -> String {
    env.git(["status", "--short"]).success().stdout_text()
}

const LINES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

#[test]
fn what_the_template_changed_is_merged_with_what_the_user_changed() {
    let env = project(&[("a.txt", LINES), ("b.txt", "b {{cookiecutter.owner}}\n")]);
    env.write("a.txt", LINES.replace('9', "mine"));
    env.write("own.txt", "own\n");
    env.commit("mine");
    rendered(&env, "a.txt", LINES.replace('1', "theirs"));
    rendered(&env, "new/c.txt", "new\n");
    env.mlrun(["template", "status", "--check"]).code(1);
    env.mlrun(["template", "diff", "--exit-code"]).code(1);
    let before = (refs(&env), status(&env));
    env.mlrun(["template", "update", "-n"]).success();
    assert_eq!((refs(&env), status(&env)), before);
    env.mlrun(["template", "update"]).success();
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nM  a.txt\nA  new/c.txt\n");
    assert_eq!(env.read_text("a.txt"), LINES.replace('1', "theirs").replace('9', "mine"));
    assert_eq!(env.read_text("own.txt"), "own\n");
    for left in ["CHERRY_PICK_HEAD", "sequencer", "MERGE_RR"] {
        assert!(!env.exists(format!(".git/{left}")), "{left}");
    }
    env.git(["commit", "--quiet", "--no-edit"]).success();
    env.mlrun(["template", "status", "--check"]).success();
    env.mlrun(["template", "update"]).success();
    assert_eq!(status(&env), "");
    // A second one, from the ref.
    rendered(&env, "a.txt", LINES.replace('1', "theirs").replace('3', "again"));
    env.mlrun(["template", "update"]).success();
    let expected = LINES.replace('1', "theirs").replace('3', "again").replace('9', "mine");
    assert_eq!(env.read_text("a.txt"), expected);
    env.git(["gc", "--quiet", "--prune=now"]).success();
    assert!(refs(&env).contains("refs/mlrun/template/root"));
}

#[test]
fn conflicts_are_those_of_git() {
    let env = project(&[("a.txt", "one\n"), ("b.txt", "b\n")]);
    env.write("a.txt", "mine\n");
    env.commit("mine");
    rendered(&env, "a.txt", "theirs\n");
    env.mlrun(["template", "update", "-n"]).code(1);
    assert_eq!(status(&env), "");
    let told = env.mlrun(["template", "update"]).code(1).stderr_text();
    assert!(told.contains("Conflict in `a.txt`") && told.contains("git reset --merge"), "{told}");
    let text = env.read_text("a.txt");
    assert!(text.starts_with("<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> "), "{text}");
    assert!(text.contains("(template: "), "{text}");
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nUU a.txt\n");
    let refused = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(refused.contains("`a.txt` is in conflict"), "{refused}");
    env.git(["reset", "--merge", "--quiet"]).success();
    // Thrown away, and made again.
    let tip = refs(&env);
    env.mlrun(["template", "update"]).code(1);
    assert_eq!(refs(&env), tip);
    env.write("a.txt", "both\n");
    env.commit("merged");
    env.mlrun(["template", "update"]).success();
    assert_eq!(env.read_text("a.txt"), "both\n");
}

#[test]
fn renames_on_either_side_are_followed() {
    let env = project(&[("a.txt", LINES), ("b.txt", &LINES.replace('1', "b"))]);
    env.git(["mv", "a.txt", "mine.txt"]).success();
    env.write("b.txt", LINES.replace('1', "b").replace('9', "mine"));
    env.commit("mine");
    rendered(&env, "a.txt", LINES.replace('5', "theirs"));
    rename(&env, "b.txt", "theirs.txt");
    env.mlrun(["template", "update"]).success();
    assert_eq!(env.read_text("mine.txt"), LINES.replace('5', "theirs"));
    assert_eq!(env.read_text("theirs.txt"), LINES.replace('1', "b").replace('9', "mine"));
    assert!(!env.exists("a.txt") && !env.exists("b.txt"));
}

#[test]
fn deletions_on_either_side() {
    let env =
        project(&[("mine.txt", "1\n"), ("both.txt", "2\n"), ("theirs.txt", "3\n"), ("k", "")]);
    env.remove("mine.txt");
    env.remove("both.txt");
    env.commit("mine");
    rendered(&env, "both.txt", "changed\n");
    forget(&env, "theirs.txt");
    let told = env.mlrun(["template", "update"]).code(1).stderr_text();
    assert!(told.contains("Conflict in `both.txt`"), "{told}");
    assert!(!env.exists("mine.txt") && !env.exists("theirs.txt"));
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nDU both.txt\nD  theirs.txt\n");
}

#[test]
fn files_that_git_does_not_track_are_never_overwritten() {
    for ignored in [false, true] {
        let env = project(&[("a.txt", "1\n")]);
        env.write("new.txt", "mine\n");
        if ignored {
            env.write(".git/info/exclude", "other\n");
            env.write(".gitignore", "new.txt\n");
            env.git(["add", ".gitignore"]).success();
            env.git(["commit", "--quiet", "-m", "ignore"]).success();
        }
        rendered(&env, "new.txt", "theirs\n");
        let before = (refs(&env), status(&env));
        let told = env.mlrun(["template", "update"]).code(3).stderr_text();
        assert!(told.contains("`new.txt` is in the way"), "{told}");
        assert_eq!(env.read_text("new.txt"), "mine\n");
        assert_eq!((refs(&env), status(&env)), before);
    }
}

#[test]
fn modes_bytes_and_line_endings() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::bare();
    template(&env, "cookiecutter.json", QUESTIONS);
    rendered(&env, "run.sh", "#!/bin/sh\n");
    rendered(&env, "image.bin", [0, 159, 146, 150, 0]);
    rendered(&env, ".gitattributes", "*.txt text eol=crlf\n");
    rendered(&env, "w.txt", "1\r\n2\r\n");
    // What Git stores is not what was rendered: only the template's own history has that.
    let env = env.at("tpl");
    env.git(["init", "--quiet"]).success();
    env.write(".git/info/attributes", "* -text\n");
    env.commit("one");
    let env = env.at("");
    env.mlrun(["new", "p", "-t", "tpl", "--no-input"]).success();
    let env = env.at("tpl");
    let script = env.root().join("tpl").join(SLUG).join("run.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    rendered(&env, "image.bin", [0, 159, 146, 150, 1]);
    rendered(&env, "w.txt", "1\r\n2\r\n3\r\n");
    env.commit("two");
    let env = env.at("p");
    env.mlrun(["template", "update"]).success();
    let listed = env.git(["ls-files", "-s", "run.sh"]).success().stdout_text();
    assert!(listed.starts_with("100755"), "{listed}");
    assert_eq!(env.read("image.bin"), [0, 159, 146, 150, 1]);
    assert_eq!(env.read_text("w.txt"), "1\r\n2\r\n3\r\n");
    let staged = env.git(["diff", "--cached", "--stat", "w.txt"]).success().stdout_text();
    assert!(staged.contains("w.txt | 1 +"), "{staged}");
}

#[test]
fn what_is_not_committed_stays_or_is_refused() {
    let env = project(&[("a.txt", "1\n"), ("b.txt", "2\n")]);
    env.write("b.txt", "mine\n");
    rendered(&env, "a.txt", "theirs\n");
    env.mlrun(["template", "update"]).success();
    assert_eq!(env.read_text("b.txt"), "mine\n");
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("`.mlrun/template.yaml` is not as it was committed"), "{told}");
    env.git(["commit", "--quiet", "-m", "update"]).success();
    rendered(&env, "b.txt", "theirs\n");
    let before = (refs(&env), status(&env));
    for staged in [false, true] {
        if staged {
            env.git(["add", "b.txt"]).success();
        }
        let outcome = env.mlrun(["template", "update"]);
        if staged {
            // Git merges with what is staged.
            let told = outcome.code(1).stderr_text();
            assert!(told.contains("Conflict in `b.txt`"), "{told}");
        } else {
            let told = outcome.code(3).stderr_text();
            assert!(told.contains("b.txt") && told.contains("nothing was changed"), "{told}");
            assert_eq!((refs(&env), status(&env)), before);
        }
    }
}

#[test]
fn nothing_begins_in_the_middle_of_something() {
    let env = project(&[("a.txt", "1\n")]);
    env.git(["switch", "--quiet", "-c", "other"]).success();
    env.write("a.txt", "other\n");
    env.commit("other");
    env.git(["switch", "--quiet", "-"]).success();
    env.write("a.txt", "main\n");
    env.commit("main");
    rendered(&env, "b.txt", "2\n");
    env.git(["merge", "other"]).code(1);
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("a merge is in progress"), "{told}");
    env.git(["merge", "--abort"]).success();
    env.git(["rebase", "other"]).code(1);
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("a rebase is in progress"), "{told}");
}

#[test]
fn projects_below_the_top_and_in_other_worktrees() {
    let mut env = TestEnv::new();
    env.write("README", "top\n");
    env.write(".gitattributes", "*.txt text eol=crlf\n");
    env.commit("first");
    template(&env, "cookiecutter.json", QUESTIONS);
    rendered(&env, "a.txt", "1\n");
    env.mlrun(["new", "apps/p", "-t", "../tpl", "--no-input"]).success();
    env.commit("project");
    rendered(&env, "a.txt", "1\n2\n");
    env.git(["worktree", "add", "--quiet", "-b", "side", "../side"]).success();
    env.cd("side/apps/p");
    env.mlrun(["template", "update"]).success();
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nM  a.txt\n");
    env.cd("repo/apps/p");
    env.mlrun(["template", "update"]).success();
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nM  a.txt\n");
    assert!(refs(&env).contains("refs/mlrun/template/at-"));
}

#[test]
fn a_clone_finds_the_base_again() {
    let mut env = project(&[("a.txt", LINES), ("b.txt", "b\n")]);
    let old = env.root().join("old");
    std::fs::rename(env.root().join("tpl"), &old).unwrap();
    env.write("a.txt", LINES.replace('9', "mine"));
    env.commit("mine");
    env.git(["clone", "--quiet", ".", "../clone"]).success();
    env.cd("clone");
    assert!(!refs(&env).contains("refs/mlrun/template"));
    let told = env.mlrun(["template", "update", "--allow-local"]).code(3).stderr_text();
    assert!(told.contains("tpl"), "{told}");
    std::fs::rename(&old, env.root().join("tpl")).unwrap();
    rendered(&env, "a.txt", LINES.replace('1', "theirs"));
    env.mlrun(["template", "update", "--allow-local"]).success();
    assert_eq!(env.read_text("a.txt"), LINES.replace('1', "theirs").replace('9', "mine"));
}

#[test]
fn without_a_base_nothing_is_guessed() {
    let env = project(&[("a.txt", "1\n"), ("b.txt", "same\n")]);
    // What the template rendered is in no commit any more, and it renders something else.
    env.git(["update-ref", "-d", "refs/mlrun/template/root"]).success();
    let record = env.read_text(".mlrun/template.yaml");
    env.write("a.txt", "mine\n");
    env.write(".mlrun/template.yaml", format!("{record}# touched\n"));
    env.commit("mine");
    rendered(&env, "a.txt", "theirs\n");
    let before = (refs(&env), status(&env));
    let told = env.mlrun(["template", "update", "--allow-local"]).code(3).stderr_text();
    assert!(told.contains("--base-empty"), "{told}");
    assert_eq!((refs(&env), status(&env)), before);
    let told =
        env.mlrun(["template", "update", "--allow-local", "--base-empty"]).code(1).stderr_text();
    assert!(told.contains("Conflict in `a.txt`"), "{told}");
    assert_eq!(env.read_text("b.txt"), "same\n");
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nAA a.txt\n");
}

#[test]
fn answers_change_and_come_and_go() {
    let env = project(&[("a.txt", "{{cookiecutter.owner}}\n")]);
    env.mlrun(["template", "update", "--set", "owner=you"]).success();
    assert_eq!(env.read_text("a.txt"), "you\n");
    env.commit("you");
    assert!(env.read_text(".mlrun/template.yaml").contains("owner: you\n"));
    let questions = r#"{"name": "churn", "city": "Bern {{cookiecutter.name}}"}"#;
    template(&env, "cookiecutter.json", questions);
    rendered(&env, "a.txt", "{{cookiecutter.city}}\n");
    let told = env.mlrun(["template", "update"]).success().stderr_text();
    assert!(told.contains("asks for more than before: `city`"), "{told}");
    assert!(told.contains("does not ask any more: `owner`"), "{told}");
    assert_eq!(env.read_text("a.txt"), "Bern p\n");
    let record = env.read_text(".mlrun/template.yaml");
    assert!(record.contains("city: Bern p\n") && !record.contains("owner"), "{record}");
    let told = env.mlrun(["template", "update", "--set", "none=1"]).code(3).stderr_text();
    assert!(told.contains("not as it was committed"), "{told}");
    env.commit("city");
    let told = env.mlrun(["template", "update", "--set", "none=1"]).code(3).stderr_text();
    assert!(told.contains("no variable `none`"), "{told}");
}

#[test]
fn secrets_are_asked_again() {
    let questions = r#"{"name": "churn", "api_token": "none"}"#;
    let env = project_of(questions, &[("a.txt", "{{cookiecutter.api_token}}\n")]);
    let record = env.read_text(".mlrun/template.yaml");
    assert!(record.contains("not-stored: [api_token]") && !record.contains("none"), "{record}");
    rendered(&env, "b.txt", "b\n");
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("--set api_token=VALUE"), "{told}");
    env.mlrun(["template", "update", "--set", "api_token=none"]).success();
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nA  b.txt\n");
    assert!(!env.read_text(".mlrun/template.yaml").contains("none"));
}

#[test]
fn hooks_have_their_part_once_they_are_trusted() {
    let mut env = TestEnv::bare();
    template(&env, "cookiecutter.json", QUESTIONS);
    rendered(&env, "a.txt", "1\n");
    env.mlrun(["new", "p", "-t", "tpl", "--no-input"]).success();
    env.cd("p");
    template(&env, "hooks/post_gen_project.sh", "#!/bin/sh\nrm a.txt\necho made > hook.txt\n");
    let before = (refs(&env), status(&env));
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("hooks/post_gen_project.sh") && told.contains("--trust"), "{told}");
    assert_eq!((refs(&env), status(&env)), before);
    env.mlrun(["template", "update", "--trust"]).success();
    assert_eq!(status(&env), "M  .mlrun/template.yaml\nD  a.txt\nA  hook.txt\n");
    env.commit("hooks");
    env.mlrun(["template", "status", "--check"]).success();
}

#[test]
fn a_git_source_is_followed() {
    let mut env = TestEnv::bare();
    template(&env, "cookiecutter.json", QUESTIONS);
    rendered(&env, "a.txt", "1\n");
    env.cd("tpl");
    env.git(["init", "--quiet"]).success();
    env.commit("one");
    env.git(["tag", "v1"]).success();
    let url = format!("file://{}/tpl", env.root().display());
    env.cd("");
    env.mlrun(["new", "p", "-t", &url, "--ref", "v1", "--no-input"]).success();
    rendered(&env, "a.txt", "2\n");
    env.cd("tpl");
    env.commit("two");
    env.git(["tag", "v2"]).success();
    env.cd("p");
    env.mlrun(["template", "status", "--check"]).success();
    env.mlrun(["template", "diff", "--ref", "v2", "--exit-code", "--stat"]).code(1);
    env.mlrun(["template", "update", "--ref", "v2"]).success();
    assert_eq!(env.read_text("a.txt"), "2\n");
    let record = env.read_text(".mlrun/template.yaml");
    assert!(record.contains("ref: v2\n") && record.contains("commit: "), "{record}");
    env.commit("v2");
    // Without the ref and without history, the recorded commit is rendered again.
    env.git(["update-ref", "-d", "refs/mlrun/template/root"]).success();
    env.write("a.txt", "2\nmine\n");
    env.write(".mlrun/template.yaml", format!("{record}# touched\n"));
    env.commit("mine");
    let report = env
        .mlrun(["template", "update", "--ref", "v1", "--json", "--allow-local"])
        .code(1)
        .stdout_text();
    assert!(report.contains(r#""base":"rendered""#) || report.contains(r#""base": "rendered""#));
}

#[test]
fn projects_of_other_programs_are_adopted() {
    let cruft = |source: &str| {
        format!(
            r#"{{"template": "{source}", "commit": "", "checkout": null,
                "context": {{"cookiecutter": {{"name": "p", "owner": "you", "_x": 1}}}}}}"#
        )
    };
    let dump =
        |source: &str| format!(r#"{{"_template": "{source}", "name": "p", "owner": "you"}}"#);
    let copier = |source: &str| format!("_src_path: {source}\nname: p\nowner: you\n");
    let files: [(&str, &dyn Fn(&str) -> String); 3] =
        [(".cruft.json", &cruft), (".cookiecutter.json", &dump), (".copier-answers.yml", &copier)];
    for (name, text) in files {
        let env = TestEnv::new();
        template(&env, "cookiecutter.json", QUESTIONS);
        rendered(&env, "a.txt", "{{cookiecutter.owner}}\n");
        rendered(&env, "b.txt", "b\n");
        rendered(&env, "c.txt", "c\n");
        let source = env.root().join("tpl").display().to_string();
        env.write(name, text(&source));
        env.write("a.txt", "you\n");
        env.write("b.txt", "mine\n");
        env.commit("before");
        env.mlrun(["template", "adopt", "-n", "--allow-local"]).success();
        assert!(!env.exists(".mlrun"));
        let out = env.mlrun(["template", "adopt", "--allow-local"]).success();
        assert!(out.stderr_text().contains("1 file as in the template, 1 changed, 1 missing"));
        assert_eq!(out.stdout_text(), "M b.txt\nD c.txt\n");
        assert_eq!(status(&env), "?? .mlrun/\n");
        assert!(refs(&env).contains("refs/mlrun/template/root"));
        env.mlrun(["template", "adopt", "--allow-local"]).code(3);
        env.commit("adopted");
        rendered(&env, "d.txt", "d\n");
        env.mlrun(["template", "update"]).success();
        assert_eq!(status(&env), "M  .mlrun/template.yaml\nA  d.txt\n");
    }
    let env = TestEnv::new();
    let told = env.mlrun(["template", "adopt", "--allow-local"]).code(3).stderr_text();
    assert!(told.contains("no template was named"), "{told}");
    let told = env.mlrun(["template", "status"]).code(3).stderr_text();
    assert!(told.contains("template adopt"), "{told}");
}
