//! The template commands as people use them: trust at a terminal, settings, the network, other places.

use serde_json::json;

use crate::common::{MLRUN, TestEnv, pty, skip};
use crate::templates_parity::cookiecutter;

const SLUG: &str = "{{cookiecutter.name}}";
const HOOK: &str = "#!/bin/sh\necho made > hook.txt\n";

/// A template in the repository `tpl`, tagged `v1`, and a project from it in `p`, where commands run.
fn project() -> TestEnv {
    let mut env = TestEnv::bare();
    env.set("NO_COLOR", "1");
    env.write("tpl/cookiecutter.json", r#"{"name": "p", "owner": "me"}"#);
    env.write(format!("tpl/{SLUG}/a.txt"), "1\n");
    env.write(format!("tpl/{SLUG}/sub/b.txt"), "b\n");
    env.cd("tpl");
    env.git(["init", "--quiet"]).success();
    env.commit("one");
    env.git(["tag", "v1"]).success();
    env.cd("");
    env.mlrun(["new", "p", "-t", &url(&env), "--no-input"]).success();
    env.cd("p");
    env
}

fn url(env: &TestEnv) -> String {
    format!("file://{}/tpl", env.root().display())
}

/// Commits another version of the template.
fn publish(env: &mut TestEnv, message: &str, files: &[(&str, &str)]) {
    for (path, text) in files {
        env.write(format!("../tpl/{path}"), text);
    }
    env.cd("tpl");
    env.commit(message);
    env.cd("p");
}

fn state(env: &TestEnv) -> String {
    env.sh("git status --short; git for-each-ref; git rev-parse HEAD").success().stdout_text()
}

#[test]
fn trust_is_asked_for_at_a_terminal() {
    let mut env = project();
    publish(&mut env, "hook", &[("hooks/post_gen_project.sh", HOOK)]);
    let before = state(&env);
    for command in ["update", "diff"] {
        let (shown, status) = pty::run(env.command(MLRUN, ["template", command]), "n\n");
        assert_eq!(status.code(), Some(3), "{shown}");
        assert!(shown.contains("    hooks/post_gen_project.sh  31 B  sha256:"), "{shown}");
        assert!(shown.contains("Run them, now and whenever"), "{shown}");
        assert!(shown.contains("error: hooks of the template are not trusted"), "{shown}");
    }
    assert_eq!(state(&env), before);
    let (shown, status) = pty::run(env.command(MLRUN, ["template", "update"]), "y\n");
    assert!(status.success(), "{shown}");
    assert_eq!(env.read_text("hook.txt"), "made\n");
    // Remembered, for this version.
    env.git(["reset", "--quiet", "--hard"]).success();
    let (shown, status) = pty::run(env.command(MLRUN, ["template", "update"]), "");
    assert!(status.success() && !shown.contains("programs"), "{shown}");
}

#[test]
fn questions_follow_trust() {
    let mut env = project();
    let questions = r#"{"name": "p", "owner": "me", "more": "x"}"#;
    let hook = ("hooks/post_gen_project.sh", HOOK);
    publish(&mut env, "more", &[("cookiecutter.json", questions), hook]);
    let (shown, status) = pty::run(env.command(MLRUN, ["template", "update"]), "y\nmine\n");
    assert!(status.success(), "{shown}");
    assert!(env.read_text(".mlrun/template.yaml").contains("more: mine\n"), "{shown}");
}

#[test]
fn the_settings_of_the_user_count() {
    let mut env = project();
    let more = r#"{"name": "p", "owner": "me", "more": "x"}"#;
    publish(&mut env, "more", &[("cookiecutter.json", more)]);
    let settings = format!(
        "default_context: {{more: mine, owner: no}}\nabbreviations: {{us: 'file://{}/{{0}}'}}\n",
        env.root().display()
    );
    env.write("../home/.cookiecutterrc", settings);
    env.mlrun(["template", "update"]).success();
    let record = env.read_text(".mlrun/template.yaml");
    assert!(record.contains("more: mine\n") && record.contains("owner: me\n"), "{record}");
    env.git(["init", "--quiet", "../q"]).success();
    env.cd("q");
    env.mlrun(["template", "adopt", "us:tpl"]).success();
    assert!(env.read_text(".mlrun/template.yaml").contains(&format!("source: {}\n", url(&env))));
    env.cd("p");
    env.write("../home/.cookiecutterrc", "- a\n");
    let told = env.mlrun(["template", "diff", "--project"]).code(3).stderr_text();
    assert_eq!(told.matches("it is not used").count(), 1, "{told}");
}

#[test]
fn status_counts_commits() {
    let mut env = project();
    let status = |env: &TestEnv| env.mlrun(["template", "status", "--json"]).success().json();
    assert_eq!((&status(&env)["behind"], &status(&env)["commits"]), (&json!(false), &json!(null)));
    publish(&mut env, "second", &[(&format!("{SLUG}/a.txt"), "2\n")]);
    let told = env.mlrun(["template", "status", "-v"]).success();
    assert!(told.stdout_text().contains(", behind by 1 commit).\n"), "{told}");
    publish(&mut env, "third\u{1b}[31m", &[("README.md", "read\n")]);
    let told = env.mlrun(["template", "status", "-v", "--check"]).code(1);
    assert!(told.stdout_text().contains(", behind by 2 commits).\n"), "{told}");
    assert!(told.stderr_text().contains("  third\\u{1b}[31m\n  second\n"), "{told}");
    let found = status(&env);
    assert_eq!((&found["commits"], &found["behind"]), (&json!(2), &json!(true)));
    assert_eq!(found["subjects"], json!(["third\\u{1b}[31m", "second"]));
    let offline = env.mlrun(["template", "status", "--offline", "--json"]).success().json();
    assert_eq!((&offline["behind"], &offline["latest"]), (&json!(null), &json!(null)));
    // By the directory instead of the URL, and after history was written anew.
    env.sh("git -C ../tpl commit --quiet --amend -m other").success();
    let record = env.read_text(".mlrun/template.yaml");
    env.write(".mlrun/template.yaml", record.replace("file://", ""));
    assert_eq!(status(&env)["subjects"], json!(["other", "second"]));
}

#[test]
fn without_the_network_what_was_fetched_is_taken_with_a_warning() {
    let mut env = project();
    publish(&mut env, "second", &[(&format!("{SLUG}/a.txt"), "2\n")]);
    env.mlrun(["template", "status"]).success();
    std::fs::rename(env.root().join("tpl"), env.root().join("away")).unwrap();
    let told = env.mlrun(["template", "update"]).success().stderr_text();
    assert_eq!(told.matches("taking it as it was").count(), 1, "{told}");
    assert_eq!(env.read_text("a.txt"), "2\n");
}

#[test]
fn commands_work_from_anywhere_in_the_project() {
    let mut env = project();
    publish(&mut env, "second", &[(&format!("{SLUG}/sub/b.txt"), "2\n")]);
    env.cd("p/sub");
    assert!(env.mlrun(["template", "status"]).success().stdout_text().contains("1 commit"));
    let patch = env.mlrun(["template", "diff"]).success().stdout_text();
    assert!(patch.contains("+++ b/sub/b.txt"), "{patch}");
    env.git(["checkout", "--quiet", "--detach"]).success();
    let told = env.mlrun(["template", "update"]).success();
    assert_eq!((told.stdout_text(), env.read_text("b.txt")), ("M b.txt\n".into(), "2\n".into()));
    env.git(["reset", "--quiet", "--hard"]).success();
    env.cd("");
    env.mlrun(["-C", "p", "-C", "sub", "template", "update"]).success();
    assert_eq!(env.read_text("p/sub/b.txt"), "2\n");
    let told = env.mlrun(["-C", "tpl", "template", "update"]).code(3).stderr_text();
    assert!(told.contains("template adopt"), "{told}");
    let bare = "git clone --quiet --bare p bare.git";
    env.sh(bare).success();
    let told = env.mlrun(["-C", "bare.git", "template", "update"]).code(3).stderr_text();
    assert!(told.starts_with("error: ") && !told.contains("bug"), "{told}");
    env.mlrun(["-C", "home", "template", "status"]).code(3).stderr_text();
}

#[test]
fn a_directory_of_a_repository_is_adopted_before_there_are_commits() {
    let mut env = project();
    env.sh("git init --quiet ../mono && mkdir -p ../mono/a/p/deep && echo 1 > ../mono/a/p/a.txt")
        .success();
    env.cd("mono/a/p");
    // Paths of templates are understood from where the command is typed.
    let out = env.mlrun(["template", "adopt", "../../../tpl", "--ref", "v1"]).success();
    assert_eq!(out.stdout_text(), "D sub/b.txt\n", "{out}");
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("git commit"), "{told}");
    env.mlrun(["template", "status"]).success();
    env.commit("adopted");
    env.cd("p");
    publish(&mut env, "second", &[(&format!("{SLUG}/a.txt"), "2\n")]);
    env.cd("mono/a/p/deep");
    env.mlrun(["template", "update", "--ref", "main"]).success();
    assert_eq!(env.read_text("../a.txt"), "2\n");
    // What was deleted stays so.
    assert!(!env.exists("../sub/b.txt"));
}

#[test]
fn what_cookiecutter_rendered_it_renders_again() {
    let mut env = TestEnv::bare();
    env.write(
        "tpl/cookiecutter.json",
        r#"{"name": "p", "token": "none", "_extensions": ["up.Up"]}"#,
    );
    let extension = "\
from jinja2.ext import Extension
class Up(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters['up'] = lambda text: text.upper()
";
    env.write("tpl/up.py", extension);
    env.write(format!("tpl/{SLUG}/a.txt"), "{{ cookiecutter.token | up }}\n");
    let Some(program) = cookiecutter() else {
        return skip("what_cookiecutter_rendered_it_renders_again", "there is no cookiecutter");
    };
    let git = env.sh("dirname $(command -v git)").success().stdout_text();
    let beside = program.parent().unwrap().display().to_string();
    env.set("PATH", format!("{beside}:{}:/usr/bin:/bin", git.trim()));
    let new = ["new", "p", "-t", "tpl", "--engine", "cookiecutter", "--no-input"];
    env.mlrun(new).code(3).stderr_text();
    env.mlrun(new.iter().chain(&["--trust", "--set", "token=abc"])).success();
    env.cd("p");
    assert_eq!(env.read_text("a.txt"), "ABC\n");
    env.write(format!("../tpl/{SLUG}/new.txt"), "{{ 'new' | up }}\n");
    let before = state(&env);
    let found = env.mlrun(["template", "status", "--json"]).success().json();
    assert_eq!((&found["behind"], &found["differs"]), (&json!(true), &json!(null)));
    let told = env.mlrun(["template", "update"]).code(3).stderr_text();
    assert!(told.contains("cookiecutter runs extensions") && told.contains("`--trust`"), "{told}");
    let told = env.mlrun(["template", "update", "--trust"]).code(3).stderr_text();
    assert!(told.contains("`token` is not stored"), "{told}");
    assert_eq!(state(&env), before);
    env.mlrun(["template", "update", "--set", "token=abc"]).success();
    let status = env.git(["status", "--short"]).success().stdout_text();
    assert_eq!(status, "M  .mlrun/template.yaml\nA  new.txt\n");
    assert_eq!(env.read_text("new.txt"), "NEW\n");
    assert!(env.read_text(".mlrun/template.yaml").contains("engine: cookiecutter\n"));
    env.write(
        ".mlrun/template.yaml",
        env.read_text(".mlrun/template.yaml").replace("cookiecutter\n", "odd\n"),
    );
    let told = env.mlrun(["template", "status"]).code(3).stderr_text();
    assert!(told.contains("`odd` rendered"), "{told}");
}
