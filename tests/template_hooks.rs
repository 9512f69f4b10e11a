//! What hooks made is what was rendered: in the record, in the kept render, in every later render.

use crate::common::TestEnv;

const RECORD: &str = ".mlrun/template.yaml";

/// A template in `tpl` whose hook deletes, changes and adds files: some are ignored, one is a link.
fn template() -> TestEnv {
    let env = TestEnv::bare();
    env.write("tpl/cookiecutter.json", r#"{"name": "p"}"#);
    let rendered = |name: &str, text: &str| {
        env.write(format!("tpl/{{{{cookiecutter.name}}}}/{name}"), text);
    };
    rendered("a.txt", "1\n2\n3\n");
    rendered("gone.txt", "gone\n");
    rendered(".gitignore", "env/\n*.log\n!kept.log\n");
    rendered("kept.log", "kept\n");
    rendered("rendered.log", "ignored\n");
    let hook = "#!/bin/sh\nset -e\nrm gone.txt\necho 4 >> a.txt\nmkdir bin env sub\n\
        echo x > bin/run\nchmod +x bin/run\necho $$ > env/python\necho $$ > sub/x.log\n\
        echo /y > sub/.gitignore\necho $$ > sub/y\nln -s ../a.txt sub/link\n";
    env.write("tpl/hooks/post_gen_project.sh", hook);
    env
}

fn project() -> TestEnv {
    let mut env = template();
    env.mlrun(["new", "p", "-t", "tpl", "--no-input", "--trust"]).success();
    env.cd("p");
    env
}

fn kept(env: &TestEnv) -> String {
    env.git(["ls-tree", "-r", "--name-only", "refs/mlrun/template/root"]).success().stdout_text()
}

const FILES: &str =
    ".gitignore\n.mlrun/template.yaml\na.txt\nbin/run\nkept.log\nsub/.gitignore\nsub/link\n";

#[test]
fn a_new_project_is_up_to_date_with_its_template() {
    let env = project();
    assert_eq!(kept(&env), FILES);
    env.mlrun(["template", "status", "--check"]).success();
    let told = env.mlrun(["template", "update"]).success().stderr_text();
    assert!(told.contains("has not changed"), "{told}");
    assert_eq!(env.git_status(), "");
    assert!(!env.read_text(RECORD).contains("hooks:"));
}

#[test]
fn what_is_told_is_what_hooks_left() {
    let env = template();
    let new = ["new", "p", "-t", "tpl", "--no-input", "--trust", "--json"];
    let output = env.mlrun(new).success();
    let files = output.json()["files"].as_array().unwrap().clone();
    let paths: Vec<&str> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    let expected = [".gitignore", RECORD, "a.txt", "bin/run", "kept.log", "sub/.gitignore"];
    assert_eq!(paths, expected);
    assert_eq!(files[2]["bytes"], 8);
    assert_eq!(files[3]["executable"], true);
    assert!(output.stderr_text().contains("`p` from the template `tpl`: 7 files."), "{output}");
    assert!(env.exists("p/rendered.log") && env.exists("p/env/python"));
}

#[test]
fn a_clone_finds_the_base_in_the_history_and_by_rendering() {
    for rendered in [false, true] {
        let mut env = project();
        if rendered {
            // The commit of the record is not a render any more.
            env.write("a.txt", "mine\n");
            env.git(["add", "--all"]).success();
            env.git(["commit", "--quiet", "--amend", "--no-edit"]).success();
        }
        env.clone_to("clone");
        let update = ["template", "update", "--json", "-n", "--allow-local"];
        let report = env.mlrun(update).success().json();
        assert_eq!(report["base"], if rendered { "rendered" } else { "history" });
        assert_eq!(report["status"], "up-to-date");
        env.mlrun(["template", "status", "--check", "--allow-local"]).success();
    }
}

#[test]
fn an_update_brings_what_the_template_changed_and_nothing_else() {
    let env = project();
    env.write("../tpl/{{cookiecutter.name}}/a.txt", "0\n1\n2\n3\n");
    env.mlrun(["template", "status", "--check"]).code(1);
    env.mlrun(["template", "update", "--trust"]).success();
    assert_eq!(env.read_text("a.txt"), "0\n1\n2\n3\n4\n");
    assert_eq!(env.git_status(), "M  .mlrun/template.yaml\nM  a.txt\n");
    env.commit("updated");
    env.mlrun(["template", "status", "--check"]).success();
}

#[test]
fn hooks_that_were_left_out_stay_out() {
    let mut env = template();
    env.mlrun(["new", "p", "-t", "tpl", "--no-input", "--no-hooks"]).success();
    env.cd("p");
    assert!(env.read_text(RECORD).contains("\nhooks: none\n"));
    env.mlrun(["template", "status", "--check"]).success();
    let told = env.mlrun(["template", "update"]).success().stderr_text();
    assert!(told.contains("has not changed"), "{told}");
    // Until somebody wants them.
    env.git(["update-ref", "-d", "refs/mlrun/template/root"]).success();
    env.mlrun(["template", "update", "--trust", "--allow-local"]).success();
    assert!(!env.exists("gone.txt") && env.exists("bin/run"));
    assert!(!env.read_text(RECORD).contains("hooks:"));
    env.commit("hooks");
    env.mlrun(["template", "status", "--check"]).success();
    // And not any more.
    env.mlrun(["template", "update", "--no-hooks"]).success();
    assert!(env.exists("gone.txt") && !env.exists("bin/run"));
    assert!(env.read_text(RECORD).contains("\nhooks: none\n"));
}

#[test]
fn what_hooks_make_anew_each_time_is_found_by_the_record() {
    let mut env = template();
    let hook = "#!/bin/sh\ndate +%s%N > made-at.txt\n";
    env.write("tpl/hooks/post_gen_project.sh", hook);
    env.mlrun(["new", "p", "-t", "tpl", "--no-input", "--trust"]).success();
    env.cd("p");
    let first = env.read_text("made-at.txt");
    let update = ["template", "update", "--json", "-n"];
    assert_eq!(env.mlrun(update).success().json()["base"], "ref");
    env.clone_to("clone");
    let update = ["template", "update", "--allow-local", "--json", "-n"];
    assert_eq!(env.mlrun(update).success().json()["base"], "history");
    env.mlrun(["template", "update", "--allow-local"]).success();
    assert_ne!(env.read_text("made-at.txt"), first);
}

/// Texts that print where they come from are the same in every render.
#[test]
fn variables_of_the_place_are_the_same_again() {
    let printed = "{{cookiecutter._template}} {{cookiecutter._checkout}} \
        {{cookiecutter._output_dir}} {{cookiecutter._repo_dir}}\n";
    let mut env = TestEnv::bare();
    env.write("tpl/cookiecutter.json", r#"{"name": "p"}"#);
    env.write("tpl/{{cookiecutter.name}}/from.txt", printed);
    env.cd("tpl");
    env.git(["init", "--quiet"]).success();
    env.commit("one");
    env.git(["tag", "v1"]).success();
    env.cd("");
    let url = format!("file://{}/tpl", env.root().display());
    for (name, template, tag) in
        [("a", "./tpl", None), ("b", "./tpl", Some("v1")), ("c", &url[..], Some("v1"))]
    {
        env.cd("");
        let mut new = vec!["new", name, "-t", template, "--no-input"];
        new.extend(tag.into_iter().flat_map(|tag| ["--ref", tag]));
        env.mlrun(&new).success();
        env.cd(name);
        let shown = tag.unwrap_or("None");
        let text = env.read_text("from.txt");
        assert!(text.starts_with(&format!("{template} {shown} ")), "{text}");
        env.mlrun(["template", "status", "--check"]).success();
        // Neither the ref nor the history has the render any more.
        env.git(["update-ref", "-d", "refs/mlrun/template/root"]).success();
        env.write("more.txt", "mine\n");
        env.git(["add", "--all"]).success();
        env.git(["commit", "--quiet", "--amend", "--no-edit"]).success();
        let update = ["template", "update", "--json", "-n", "--allow-local"];
        let report = env.mlrun(update).success().json();
        assert_eq!(
            (&report["base"], &report["status"]),
            (&"rendered".into(), &"up-to-date".into())
        );
    }
}
