//! `git mlrun new`: questions, answers, what is made and told.

use insta::assert_snapshot;

use crate::common::{MLRUN, Output, TestEnv, pty};

/// No repository, and a template in `template` beside where commands run.
pub fn with_template() -> TestEnv {
    let env = TestEnv::bare();
    env.write("template/cookiecutter.json", r#"{"project_name": "demo", "author": "Nobody"}"#);
    let root = "template/{{ cookiecutter.project_name }}";
    env.write(format!("{root}/README.md"), "{{ cookiecutter.project_name }}\n");
    env.write(format!("{root}/bin/run"), "#!/bin/sh\n");
    env.chmod(format!("{root}/bin/run"), 0o755);
    env.write(format!("{root}/{{{{ cookiecutter.author }}}}.txt"), "");
    std::fs::create_dir(env.root().join("work")).unwrap();
    env.at("work")
}

/// With a pipeline of one stage.
fn with_pipeline() -> TestEnv {
    let env = with_template();
    let pipeline = "\
stages:
  score:
    cmd: echo said; echo '{\"acc\":0.5}' > m.json
    metrics: [m.json]
";
    env.write("../template/{{ cookiecutter.project_name }}/mlrun.yaml", pipeline);
    env
}

pub fn new(env: &TestEnv, arguments: &[&str]) -> Output {
    let template = ["new", "-t", "../template"];
    env.mlrun(template.iter().chain(arguments))
}

/// The output with `<commit>` for the first commit, which depends on random digits of the record.
pub fn said(output: &Output) -> String {
    let lines = output.to_string();
    let line = |line: &str| match line.split_once("with a first commit (") {
        Some((before, _)) => format!("{before}with a first commit (<commit>)."),
        None => line.to_owned(),
    };
    lines.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Everything in `directory`, by name.
pub fn names(env: &TestEnv, directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(env.dir().join(directory)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_project_is_a_repository_with_a_first_commit() {
    let env = with_template();
    assert_snapshot!(said(&new(&env, &["churn", "--no-input"])), @"
    [stderr]
    Made `churn` from the template `template`: 4 files.
    It is a Git repository with a first commit (<commit>).
    Next:
      cd churn                     go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    assert_eq!(env.read("churn/README.md"), b"churn\n");
    let mut env = env;
    env.cd("work/churn");
    assert_snapshot!(env.git(["log", "--stat", "--format=%s"]), @"
    Start from template template

     .gitattributes       |  2 ++
     .mldataconfig        | 10 ++++++++++
     .mlrun/template.yaml | 12 ++++++++++++
     Nobody.txt           |  0
     README.md            |  1 +
     bin/run              |  1 +
     6 files changed, 26 insertions(+)
    [ok]
    ");
    assert_eq!(env.git_status(), "");
    assert!(env.exists(".git/hooks/pre-push"));
    assert_snapshot!(env.mldata(["init"]), @"
    [stderr]
    Nothing to do: this repository is prepared.
    [ok]
    ");
}

#[test]
fn the_template_says_what_the_directory_is_called() {
    let env = with_template();
    new(&env, &["--no-input", "--set", "project_name=churn"]).success();
    assert_eq!(env.read("churn/README.md"), b"churn\n");
    // Directories above it are made.
    new(&env, &["--no-input", "-o", "a/b", "--no-git"]).success();
    assert_eq!(names(&env, "a/b/demo"), [".mlrun", "Nobody.txt", "README.md", "bin"]);
    new(&env, &["--no-input", "-o", "a", "--no-git", "c"]).success();
    assert_eq!(env.read("a/c/README.md"), b"c\n");
}

#[test]
fn answers_are_given_beforehand() {
    let env = with_template();
    env.write("answers.yaml", "author: File\nproject_name: file\n");
    let set = ["--answers", "answers.yaml", "--set", "author=Set", "--no-git"];
    new(&env, &set).success();
    assert!(env.exists("file/Set.txt"));
    let arguments = ["new", "-t", "../template", "x", "--no-git", "--answers", "-"];
    env.run_with_input(MLRUN, arguments, br#"{"author": "Pipe"}"#).success();
    assert!(env.exists("x/Pipe.txt"));
    // Those of another project.
    new(&env, &["again", "--no-git", "--answers", "x/.mlrun/template.yaml"]).success();
    assert!(env.exists("again/Pipe.txt"));
    assert_snapshot!(new(&env, &["y", "--set", "author"]), @"
    [stderr]
    error: invalid value 'author' for '--set <KEY=VALUE>': expected KEY=VALUE

    For more information, try '--help'.
    [exit code 2]
    ");
    assert_snapshot!(new(&env, &["y", "--set", "colour=red"]), @"
    [stderr]
    error: the template has no variable `colour`
    hint: its variables are `project_name`, `author`
    [exit code 3]
    ");
    env.write("answers.yaml", "- a\n");
    assert_snapshot!(new(&env, &["y", "--answers", "answers.yaml"]), @"
    [stderr]
    error: cannot take answers from `answers.yaml`: it is a list
    hint: a file of answers is a YAML or JSON map of the template's variables
    [exit code 3]
    ");
    assert_snapshot!(new(&env, &["y", "--answers", "none.yaml"]), @"
    [stderr]
    error: cannot read `none.yaml`: no such file or directory
    [exit code 3]
    ");
    assert!(!env.exists("y"));
}

#[test]
fn a_template_may_name_the_next_steps() {
    let env = with_template();
    env.write(
        "../template/cookiecutter.json",
        r#"{"project_name": "demo", "author": "Nobody", "__next": [
            "{{ 'never' if cookiecutter.author == 'Me' }}", "make -C {{ cookiecutter.author }}", "\u001b[2J"]}"#,
    );
    assert_snapshot!(new(&env, &["churn", "--no-input", "--no-git"]), @r"
    [stderr]
    Made `churn` from the template `template`: 4 files.
    Next, says the template:
      cd churn         go there
      make -C Nobody
      \u{1b}[2J
    [ok]
    ");
}

#[test]
fn without_a_terminal_defaults_are_taken_and_told() {
    let env = with_template();
    assert_snapshot!(new(&env, &["churn", "--no-git"]), @r#"
    [stderr]
    Nobody was asked, there is no terminal. Taken by default: project_name="churn", author="Nobody".
    Made `churn` from the template `template`: 4 files.
    Next:
      cd churn                     go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    "#);
}

#[test]
fn questions_are_asked_on_a_terminal() {
    let mut env = with_template();
    env.set("NO_COLOR", "1");
    let command = |name| env.command(MLRUN, ["new", "-t", "../template", "--no-git", name]);
    let (shown, status) = pty::run(command("churn"), "\nMe \u{e9}\n");
    assert!(status.success());
    assert_snapshot!(shown, @"
    [1/2] project_name (churn): [2/2] author (Nobody): Made `churn` from the template `template`: 4 files.
    Next:
      cd churn                     go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    ");
    assert!(env.exists("churn/Me \u{e9}.txt"));
    // The end of the input leaves nothing.
    let (shown, status) = pty::run(command("two"), "two\n\x04");
    assert_eq!(status.code(), Some(3));
    assert_snapshot!(shown, @"
    [1/2] project_name (two): [2/2] author (Nobody): 
    error: no answer
    hint: nothing was written; `--set KEY=VALUE` answers, and `--no-input` takes defaults
    ");
    assert_eq!(names(&env, "."), ["churn"]);
    let mut command = command("three");
    command.arg("--no-input");
    let (shown, _) = pty::run(command, "");
    assert!(!shown.contains('['), "{shown}");
}

#[test]
fn what_a_template_says_is_escaped() {
    let env = with_template();
    env.write(
        "../template/cookiecutter.json",
        "{\"project_name\": \"a\\u001b[2Jb\", \"author\": \"\"}",
    );
    let command = env.command(MLRUN, ["new", "-t", "../template", "-n"]);
    let (shown, _) = pty::run(command, "\nx\n");
    assert!(shown.contains(r"a\u{1b}[2Jb") && !shown.contains('\u{1b}'), "{shown:?}");
    let output = env.mlrun(["new", "-t", "../template", "-n", "--set", "author=\u{1b}[31m"]);
    assert!(!format!("{output}").contains('\u{1b}'), "{output}");
}

#[test]
fn a_dry_run_makes_nothing() {
    let env = with_template();
    let before = env.identities(".");
    let output = new(&env, &["churn", "--no-input", "-n"]).to_string();
    // The record has a time and random digits in it.
    let lines = output.lines().filter(|line| !line.ends_with("template.yaml"));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
           .mlrun/
      0 B  Nobody.txt
      6 B  README.md
           bin/
     10 B  bin/run*
    [stderr]
    Would make `churn` from the template `template`: 4 files.
    It would be a Git repository with a first commit.
    [ok]
    ");
    let json = new(&env, &["churn", "--no-input", "-n", "--json"]).success().json();
    assert_eq!(json["dry_run"], true);
    assert_eq!(json["repository"], "new");
    assert_eq!(json["files"].as_array().unwrap().len(), 4);
    assert_eq!(env.identities("."), before);
}

#[test]
fn a_report_in_json() {
    let mut env = with_template();
    env.write(
        "../template/cookiecutter.json",
        r#"{"project_name": "demo", "author": "A", "api_token": ""}"#,
    );
    let output = new(&env, &["churn", "--no-input", "--json", "--set", "api_token=hush"]).success();
    assert!(!output.stdout_text().contains("hush"), "{output}");
    let json = output.json();
    assert_eq!(json["directory"], env.dir().join("churn").to_str().unwrap());
    assert_eq!(json["template"]["kind"], "digest");
    assert_eq!(json["answers"], serde_json::json!({"project_name": "churn", "author": "A"}));
    assert_eq!(json["not_stored"], serde_json::json!(["api_token"]));
    assert_eq!(json["warnings"], serde_json::json!([]));
    env.cd("work/churn");
    let head = env.git(["rev-parse", "HEAD"]).success().stdout_text();
    assert_eq!(json["commit"], head.trim());
    let grep = env.git(["grep", "hush", "HEAD"]);
    assert_eq!(grep.exit_code, Some(1), "{grep}");
}

#[test]
fn without_an_identity_everything_is_staged() {
    let mut env = with_pipeline();
    env.set("GIT_CONFIG_GLOBAL", "/dev/null");
    env.set("EMAIL", "");
    // Git makes no name of the machine's.
    env.set("GIT_CONFIG_COUNT", "1");
    env.set("GIT_CONFIG_KEY_0", "user.useConfigOnly");
    env.set("GIT_CONFIG_VALUE_0", "true");
    assert_snapshot!(new(&env, &["churn", "--no-input", "--run"]), @"
    said
    Path    acc
    m.json  0.5
    [stderr]
    Made `churn` from the template `template`: 5 files.
    warning: Git does not know your name, so that there is no first commit; everything is staged for it
    hint: `git config --global user.name 'Your Name'`
    hint: `git config --global user.email you@example.com`
    hint: `git commit -m 'Start from template template'`
    Running `score`:
    `score`: done in <time>
    Next:
      cd churn                   go there
      git add -A && git commit   keep what the run made: the lock and the metrics
      git mlrun log              the run that was recorded
      git mlrun plots show       its plots
    [ok]
    ");
    env.cd("work/churn");
    assert_snapshot!(env.git(["status", "--short"]), @"
    A  .gitattributes
    A  .mldataconfig
    A  .mlrun/template.yaml
    A  Nobody.txt
    A  README.md
    A  bin/run
    A  mlrun.yaml
    ?? .gitignore
    ?? mlrun.lock
    [ok]
    ");
}

#[test]
fn a_hook_of_the_users_may_refuse_the_commit() {
    let mut env = with_template();
    env.write("../git-template/hooks/commit-msg", "#!/bin/sh\necho not so >&2\nexit 1\n");
    env.chmod("../git-template/hooks/commit-msg", 0o755);
    env.configure("init.templateDir", env.root().join("git-template").to_str().unwrap());
    env.configure("init.defaultBranch", "trunk");
    assert_snapshot!(new(&env, &["churn", "--no-input"]), @"
    [stderr]
    Made `churn` from the template `template`: 4 files.
    warning: there is no first commit: `git commit --quiet -m Start from template template` failed: not so
    hint: everything is staged: `git commit -m 'Start from template template'`
    Next:
      cd churn                     go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    env.cd("work/churn");
    assert_eq!(env.git(["symbolic-ref", "HEAD"]).stdout_text(), "refs/heads/trunk\n");
    new(&env, &["--no-input"]).code(3).stderr_text();
}

#[test]
fn no_commit_and_no_repository() {
    let mut env = with_template();
    assert_snapshot!(new(&env, &["one", "--no-input", "--no-commit"]), @"
    [stderr]
    Made `one` from the template `template`: 4 files.
    It is a Git repository; everything is staged for a first commit.
    Next:
      cd one                       go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    new(&env, &["two", "--no-input", "--no-git"]).success();
    assert!(!env.exists("two/.git"));
    new(&env, &["three", "--no-git", "--run"]).code(2).stderr_text();
    env.cd("work/one");
    let log = env.git(["log"]);
    assert_eq!(log.exit_code, Some(128), "{log}");
}

#[test]
fn run_ends_with_metrics() {
    let env = with_pipeline();
    let output = new(&env, &["churn", "--no-input", "--run", "-q"]).success();
    assert_eq!(output.stdout_text(), "said\nPath    acc\nm.json  0.5\n");
    let output = new(&env, &["json", "--no-input", "--run", "--json"]).success();
    let json = output.json();
    assert_eq!(json["ran"], true);
    assert_eq!(json["metrics"], serde_json::json!({"m.json": {"acc": 0.5}}));
    let run = json["run"]["id"].as_str().expect("it was recorded").to_owned();
    let shown = env.mlrun(["-C", "json", "show", "last", "--json"]).success().json();
    assert_eq!(shown["run"]["id"], run.as_str());
    let none = new(&env, &["none", "--no-input", "--json"]).success().json();
    assert_eq!(
        (&none["run"], &none["metrics"]),
        (&serde_json::Value::Null, &serde_json::json!({}))
    );
    let root = "../template/{{ cookiecutter.project_name }}";
    env.write(format!("{root}/mlrun.yaml"), "stages:\n  bad:\n    cmd: exit 4\n");
    assert_snapshot!(said(&new(&env, &["bad", "--no-input", "--run"])), @"
    [stderr]
    Made `bad` from the template `template`: 5 files.
    It is a Git repository with a first commit (<commit>).
    Running `bad`:
    `bad`: failed
    error: stage `bad`: `exit 4` ended with exit code 4
    hint: the project is in `bad`, complete; what comes after failed
    hint: `bad/README.md` may say what to install first
    [exit code 3]
    ");
    assert!(env.exists("bad/README.md"));
}

#[test]
fn built_in_templates_are_listed() {
    let env = TestEnv::bare();
    let text = env.mlrun(["new", "--list"]).success().stdout_text();
    assert!(text.lines().any(|line| line.starts_with("dsproject") && line.ends_with("(default)")));
    let json = env.mlrun(["new", "--list", "--json"]).success().json();
    for template in json.as_array().unwrap() {
        assert!(!template["description"].as_str().unwrap().is_empty(), "{template}");
    }
    let _ = env.mlrun(["new", "--list", "churn"]).code(2);
}

#[test]
fn unknown_templates() {
    let env = with_template();
    std::fs::create_dir(env.dir().join("nothing")).unwrap();
    assert_snapshot!(env.mlrun(["new", "x", "-t", "nothing"]), @"
    [stderr]
    error: `$ROOT/work/nothing` is not a template
    hint: a template has a `cookiecutter.json` in its top directory
    [exit code 3]
    ");
    let _ = env.mlrun(["new", "x", "-t", "no-such-template"]).code(3);
    let _ = new(&env, &["x", "--directory", "../.."]).code(2);
    assert_eq!(names(&env, "."), ["nothing"]);
}

#[test]
fn what_was_rendered_is_kept_for_updates() {
    let mut env = with_template();
    new(&env, &["churn", "--no-input"]).success();
    env.cd("work/churn");
    let refs = env.git(["for-each-ref", "--format=%(refname)", "refs/mlrun/template"]).success();
    let name = refs.stdout_text();
    let tree = env.git(["ls-tree", "-r", "--name-only", name.trim()]).success().stdout_text();
    assert_eq!(tree, ".mlrun/template.yaml\nNobody.txt\nREADME.md\nbin/run\n");
    env.write("../../template/{{ cookiecutter.project_name }}/added", "added\n");
    env.write("own", "own");
    env.commit("own");
    env.mlrun(["template", "update"]).success();
    assert_eq!(env.read("added"), b"added\n");
    // Of a project within a repository, too.
    env.mlrun(["new", "-t", "../../template", "inner", "--no-input"]).success();
    let refs = env.git(["for-each-ref", "refs/mlrun/template"]).success().stdout_text();
    assert_eq!(refs.lines().count(), 2, "{refs}");
}

#[test]
fn who_commits_is_the_author_of_a_built_in_project() {
    let env = with_template();
    env.git(["config", "--global", "user.name", "Eva Example"]).success();
    env.git(["config", "--global", "user.email", "eva@example.org"]).success();
    let made = |arguments: &[&str]| {
        let arguments = ["new", "x", "-n", "--no-input", "--json"].iter().chain(arguments);
        env.mlrun(arguments).success().json()["answers"].clone()
    };
    let answers = made(&[]);
    assert_eq!(
        (&answers["author"], &answers["email"]),
        (&"Eva Example".into(), &"eva@example.org".into())
    );
    assert_eq!(made(&["--set", "author=Ada"])["author"], "Ada");
    // What cookiecutter makes of a template of others is made of it here.
    assert_eq!(made(&["-t", "../template"])["author"], "Nobody");
}

#[test]
fn a_secret_is_typed_unseen() {
    let env = with_template();
    env.write(
        "../template/cookiecutter.json",
        r#"{"project_name": "demo", "api_token": "none", "author": "N"}"#,
    );
    let command = env.command(MLRUN, ["new", "-t", "../template", "--no-git"]);
    let typed = [("project_name", "demo\n"), ("api_token", "hush\n"), ("author", "Eva\n")];
    let (shown, status) = pty::converse(command, &typed);
    assert!(status.success(), "{shown}");
    assert!(env.exists("demo/Eva.txt"), "{shown}");
    assert!(shown.contains("Eva") && !shown.contains("hush"), "{shown}");
    let record = env.read_text("demo/.mlrun/template.yaml");
    assert!(!record.contains("hush") && record.contains("api_token"), "{record}");
}
