//! Hooks of templates under `git mlrun new`: who is asked, what runs, what is left.

use insta::assert_snapshot;

use crate::common::{MLRUN, Output, TestEnv, pty};

/// A template in `template` whose three hooks write down that they ran, in `ran` beside it.
fn with_hooks() -> TestEnv {
    let mut env = TestEnv::bare();
    env.set("RAN", env.root().join("ran").to_str().unwrap());
    env.set("NO_COLOR", "1");
    env.write("template/cookiecutter.json", r#"{"project_name": "demo"}"#);
    env.write("template/{{ cookiecutter.project_name }}/kept", "kept");
    env.write("template/{{ cookiecutter.project_name }}/unwanted", "unwanted");
    let hook = |name: &str, text: &str| {
        env.write(format!("template/hooks/{name}.sh"), format!("#!/bin/sh\nset -e\n{text}\n"));
    };
    hook(
        "pre_prompt",
        "echo prompt >>$RAN; echo '{\"project_name\": \"asked\"}' >cookiecutter.json",
    );
    hook("pre_gen_project", "echo pre $(ls | wc -l) >>$RAN; echo early >kept");
    hook(
        "post_gen_project",
        "echo post {{ cookiecutter.project_name }} $(cat kept) >>$RAN; rm unwanted",
    );
    std::fs::create_dir(env.root().join("work")).unwrap();
    env.at("work")
}

fn new(env: &TestEnv, arguments: &[&str]) -> Output {
    env.mlrun(["new", "-t", "../template"].iter().chain(arguments))
}

#[test]
fn nothing_runs_without_trust() {
    let env = with_hooks();
    assert_snapshot!(new(&env, &["churn"]), @r#"
    [stderr]
    warning: the template brings programs, which could do anything that you can:
        hooks/pre_prompt.sh  89 B  sha256:a81d38c…
          | #!/bin/sh
          | set -e
          | echo prompt >>$RAN; echo '{"project_name": "asked"}' >cookiecutter.json
        hooks/pre_gen_project.sh  65 B  sha256:5c8ec78…
          | #!/bin/sh
          | set -e
          | echo pre $(ls | wc -l) >>$RAN; echo early >kept
        hooks/post_gen_project.sh  91 B  sha256:1b04f48…
          | #!/bin/sh
          | set -e
          | echo post {{ cookiecutter.project_name }} $(cat kept) >>$RAN; rm unwanted
    error: the template's hooks are not trusted
    hint: `--no-hooks` makes the project without them; it may lack something
    hint: `--trust` runs them, once you have read them
    [exit code 3]
    "#);
    let command = env.command(MLRUN, ["new", "-t", "../template", "churn"]);
    let (shown, status) = pty::run(command, "n\n");
    assert_eq!(status.code(), Some(3));
    assert!(shown.contains("Run them, now and"), "{shown}");
    assert!(shown.contains("error: the template's hooks are not trusted"), "{shown}");
    assert!(!env.exists("churn") && env.ran().is_empty());
}

#[test]
fn a_dry_run_runs_nothing_of_a_template() {
    let env = with_hooks();
    new(&env, &["churn", "-n", "--trust"]).success();
    let told = new(&env, &["churn", "-n", "--trust", "--engine", "cookiecutter"]).code(2);
    assert!(told.stderr_text().contains("there is no `--dry-run` of it"));
    assert_eq!(env.ran(), "");
}

#[test]
fn trust_is_for_one_version() {
    let env = with_hooks();
    let output = new(&env, &["churn", "--trust", "--no-git", "--json"]).success();
    assert_eq!(env.ran(), "prompt pre 0 post churn kept");
    assert!(env.exists("churn/kept") && !env.exists("churn/unwanted"));
    let hooks = ["pre_prompt", "pre_gen_project", "post_gen_project"];
    let hooks: Vec<String> = hooks.iter().map(|name| format!("hooks/{name}.sh")).collect();
    assert_eq!(output.json()["hooks"], serde_json::json!(hooks));
    // Remembered; what pre_prompt changed is asked.
    new(&env, &["--no-git"]).success();
    assert_eq!(env.ran(), "prompt pre 0 post asked kept");
    env.write("../template/README", "another version");
    new(&env, &["again", "--no-git"]).code(3).stderr_text();
    assert_eq!(env.ran(), "");
}

#[test]
fn a_yes_at_the_terminal_is_trust() {
    let env = with_hooks();
    let command = |name| env.command(MLRUN, ["new", "-t", "../template", "--no-git", name]);
    let (shown, status) = pty::run(command("churn"), "y\n\n");
    assert!(status.success(), "{shown}");
    assert_eq!(env.ran(), "prompt pre 0 post churn kept");
    let (shown, _) = pty::run(command("two"), "\n");
    assert!(!shown.contains("programs"), "{shown}");
    assert_eq!(env.ran(), "prompt pre 0 post two kept");
}

#[test]
fn hooks_may_be_left_out() {
    let env = with_hooks();
    assert_snapshot!(new(&env, &["churn", "--no-hooks", "--no-input", "--no-git"]), @"
    [stderr]
    warning: hooks of the template do not run: hooks/pre_prompt.sh, hooks/pre_gen_project.sh, hooks/post_gen_project.sh; the project may lack something
    Made `churn` from the template `template`: 3 files.
    Next:
      cd churn                     go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    assert!(env.exists("churn/unwanted") && env.ran().is_empty());
    new(&env, &["x", "--no-hooks", "--trust"]).code(2).stderr_text();
}

#[test]
fn a_dry_run_runs_no_hook() {
    let env = with_hooks();
    let output = new(&env, &["churn", "-n", "--trust"]).success();
    assert!(output.stderr_text().contains("  hooks/post_gen_project.sh  "), "{output}");
    assert!(env.ran().is_empty() && !env.exists("churn"));
}

#[test]
fn a_hook_that_fails_leaves_nothing() {
    let env = with_hooks();
    std::fs::create_dir_all(env.dir().join("empty/.git")).unwrap();
    let before = env.tree(".");
    for hook in ["pre_prompt", "pre_gen_project", "post_gen_project"] {
        let text = format!("../template/hooks/{hook}.sh");
        let works = env.read_text(&text);
        env.write(&text, format!("{works}mkdir -p made/by; echo x >made/by/hook; exit 7\n"));
        for name in ["churn", "a/b/churn", "empty"] {
            let output = new(&env, &[name, "--trust", "--no-input", "--no-git"]).code(3);
            assert!(output.stderr_text().contains(hook), "{output}");
            if name == "empty" && hook != "pre_prompt" {
                // Nothing tells these from what the user has put there meanwhile.
                assert!(output.stderr_text().contains("what stays there: "), "{output}");
                assert_eq!(env.read_text("empty/made/by/hook"), "x\n");
                env.remove("empty/made");
                if hook == "pre_gen_project" {
                    env.remove("empty/kept");
                }
            }
            assert_eq!(env.tree("."), before, "{hook} {name}");
        }
        env.write(&text, works);
    }
}

#[test]
fn another_engine_needs_trust_and_its_program() {
    let mut env = with_hooks();
    new(&env, &["churn", "--engine", "cookiecutter"]).code(3).stderr_text();
    let git = env.sh("dirname $(command -v git)").success().stdout_text();
    let programs = env.root().join("programs");
    std::fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(format!("{}/git", git.trim()), programs.join("git")).unwrap();
    env.set("PATH", programs.to_str().unwrap());
    let output = new(&env, &["churn", "--engine", "cookiecutter", "--trust"]).code(3);
    assert!(output.stderr_text().contains("pip install cookiecutter"), "{output}");
    assert!(!env.exists("churn") && env.ran().is_empty());
}

/// Its hooks are known once it was chosen, in the middle of the questions.
#[test]
fn hooks_of_a_template_within_another_are_asked_for() {
    let env = with_hooks();
    env.write("../outer/cookiecutter.json", r#"{"templates": {"inner": {"path": "inner"}}}"#);
    env.sh("cp -r ../template ../outer/inner").success();
    let command = |name| env.command(MLRUN, ["new", "-t", "../outer", "--no-git", name]);
    let (shown, status) = pty::run(command("no"), "\n\nn\n");
    assert_eq!(status.code(), Some(3), "{shown}");
    assert!(shown.contains("    inner/hooks/post_gen_project.sh  "), "{shown}");
    assert!(!env.exists("no") && env.ran().is_empty());
    let (shown, status) = pty::run(command("churn"), "\n\ny\n");
    assert!(status.success(), "{shown}");
    assert_eq!(env.ran(), "pre 0 post churn kept");
}
