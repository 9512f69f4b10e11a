//! Templates that somebody made to do harm, and clones whose record does: no command crashes, takes more
//! than its memory or its time, writes anywhere but into the project, or reads what is not the
//! template's.

#![allow(clippy::disallowed_methods, reason = "tests make pipes")]

use std::os::unix::fs::symlink;

use crate::common::{MLRUN, Output, TestEnv};

/// Virtual memory of a command and its children, in KiB.
const MEMORY: u32 = 1_500_000;
const PROJECT: &str = "template/{{cookiecutter.n}}";

/// A template with these questions and files of the project.
fn template(questions: &str, files: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::bare();
    env.write("template/cookiecutter.json", questions);
    env.write(format!("{PROJECT}/plain"), "plain");
    for (path, text) in files {
        env.write(format!("{PROJECT}/{path}"), text);
    }
    std::fs::create_dir(env.root().join("work")).unwrap();
    env.at("work")
}

/// `git mlrun new` of that template, with little memory and little time.
fn new(env: &TestEnv, more: &[&str]) -> Output {
    let script = format!("ulimit -v {MEMORY}; exec timeout -s KILL 120 \"$0\" \"$@\"");
    let words = ["-c", &script, MLRUN, "new", "-t", "../template", "--no-input", "--no-git"];
    let mut command = env.command("sh", words.iter().chain(more));
    Output::new(command.output().unwrap(), env.root())
}

/// Refused with a message of one screen that has `why` in it, and nothing is left anywhere.
fn refused(env: &TestEnv, more: &[&str], why: &str) {
    let output = new(env, more).code(3);
    let message = output.stderr_text();
    assert!(message.contains(why), "expected {why:?}: {output}");
    assert!(message.len() < 6000, "{} bytes: {output}", message.len());
    assert!(message.chars().all(|c| c == '\n' || !c.is_control()), "{output}");
    assert_eq!(std::fs::read_dir(env.dir()).unwrap().count(), 0, "{output}");
    assert_eq!(std::fs::read_dir(env.root().join("tmp")).unwrap().count(), 0, "{output}");
}

/// The text is refused, in time.
fn text_refused(text: &str, why: &str) {
    refused(&template(r#"{"n": "p"}"#, &[("f", text)]), &[], why);
}

#[test]
fn names_stay_inside_and_are_shown_harmless() {
    let env = template(r#"{"n": "p", "f": "x"}"#, &[("{{cookiecutter.f}}", "x")]);
    for (answer, why) in [
        ("../x", "leads out"),
        ("a/../../b", "leads out"),
        ("/abs", "absolute"),
        (".git", "Git's own"),
        (".GIT/config", "Git's own"),
        ("git~1", "Git's own"),
        (".g\u{200c}it", "Git's own"),
        (".git. ", "Git's own"),
        (".git::$INDEX_ALLOCATION", "Git's own"),
        ("a\\b", "backslash"),
        ("c:x", "drive"),
        (&"x".repeat(256), "255 bytes"),
        (&"a/".repeat(60_000), "4096 bytes"),
        (&format!("{}/", "y".repeat(200)).repeat(30), "4096 bytes"),
    ] {
        for name in ["n", "f"] {
            refused(&env, &["--set", &format!("{name}={answer}")], why);
        }
    }
    let odd = "a\n\u{1b}[2Jb\u{202e}";
    let output = new(&env, &["--set", &format!("n={odd}"), "-n"]).success();
    let shown = output.stdout_text() + &output.stderr_text();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{output}");
    assert!(!shown.contains('\u{202e}'), "{output}");
}

/// A few letters that would be half a million directories.
#[test]
fn a_name_makes_no_more_than_one_path() {
    let env = template(r#"{"n": "p", "s": "/"}"#, &[]);
    env.write(format!("../{PROJECT}/{{{{ ('a' ~ cookiecutter.s) * 300000 }}}}x/f"), "deep");
    refused(&env, &[], "4096 bytes");
    let env = template(r#"{"n": "{{ ('a' ~ '/') * 300000 }}x"}"#, &[]);
    refused(&env, &[], "4096 bytes");
}

#[test]
fn values_within_each_other_end_no_process() {
    let cycle = "{% set n=namespace() %}{% set n.a=n %}{% set m=namespace() %}{% set m.a=m %}";
    for expression in [
        "n == m",
        "n < m",
        "n in [m]",
        "n not in [m]",
        "1 < n < m",
        "[n, m]|sort",
        "[n, m]|unique|list",
        "[n, m]|max",
        "n is eq m",
        "n is in [m]",
        "[n]|selectattr('a', 'equalto', m)|list",
        "n|upper",
        "[n].index(m)",
        "[n].count(m)",
        "n|tojson",
        "n",
    ] {
        text_refused(&format!("{cycle}{{{{ {expression} }}}}"), "values within each other");
    }
    for expression in ["{n: 1}", "{[1]: 1}"] {
        text_refused(&format!("{cycle}{{{{ {expression} }}}}"), "cannot be a key");
    }
}

#[test]
fn small_texts_make_no_large_work() {
    let laugh = "{% set a='lollollol' %}{% set b='lollollol' %}".to_owned()
        + &"{% set a=[a,a,a,a,a,a,a,a,a,a] %}{% set b=[b,b,b,b,b,b,b,b,b,b] %}".repeat(12);
    for expression in ["a == b", "a in [b]", "[a, b]|sort|length", "a is eq(b)", "a|upper"] {
        text_refused(&format!("{laugh}{{{{ {expression} }}}}"), "too much");
    }
    let long = "{% set a='x'*2000000 %}{% set b='x'*2000000 %}{% for i in range(100000) %}";
    for condition in ["a == b", "a|length"] {
        text_refused(
            &format!("{long}{{% if {condition} %}}{{% endif %}}{{% endfor %}}"),
            "too much",
        );
    }
}

/// What takes no more than the length of the text must not take its square.
#[test]
fn many_tags_on_one_line() {
    for tag in ["{{ 1 }}", "{# #}", "{% raw %}{% endraw %}"] {
        let env = template(r#"{"n": "p"}"#, &[("f", &tag.repeat(100_000))]);
        new(&env, &["-n"]).success();
    }
}

#[test]
fn nothing_of_the_host_gets_in() {
    for (name, target) in [
        ("l", "/etc/passwd"),
        ("l", "/etc"),
        ("l", "../../home"),
        ("l", "l"),
        ("../templates/l", "/etc/passwd"),
    ] {
        let env = template(r#"{"n": "p"}"#, &[("f", "{% include 'l' %}")]);
        let path = env.root().join(PROJECT).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        let why = if name == "l" { "leads out" } else { "non-existing template" };
        refused(&env, &[], why);
    }
    for name in ["/etc/passwd", "../../home/gitconfig", "../cookiecutter.json"] {
        text_refused(&format!("{{% include '{name}' %}}"), "non-existing template");
        text_refused(&format!("{{% extends '{name}' %}}"), "does not exist");
    }
    let env = template(r#"{"n": "p"}"#, &[]);
    std::fs::remove_file(env.root().join("template/cookiecutter.json")).unwrap();
    symlink("/etc/passwd", env.root().join("template/cookiecutter.json")).unwrap();
    refused(&env, &[], "is not a template");
}

#[test]
fn pipes_are_left_out_and_holes_are_not_read() {
    let env = template(r#"{"n": "p"}"#, &[]);
    let pipe = env.root().join(PROJECT).join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    new(&env, &["-n"]).success();
    let hole = std::fs::File::create(env.root().join(PROJECT).join("hole")).unwrap();
    hole.set_len(1 << 40).unwrap();
    refused(&env, &[], "too large");
}

/// Names a directory of the host in the record of a clone.
fn clone_of(source: &str) -> TestEnv {
    let mut env = template(r#"{"n": "p"}"#, &[("f", "{{cookiecutter.n}}")]);
    env.mlrun(["new", "mine", "-t", "../template", "--no-input"]).success();
    env.git(["clone", "--quiet", "mine", "theirs"]).success();
    env.cd("work/theirs");
    let own = env.root().join("template").to_str().unwrap().to_owned();
    let record = env.read_text(".mlrun/template.yaml");
    assert!(record.contains(&own), "{record}");
    env.write(".mlrun/template.yaml", record.replace(&own, source));
    env.git(["commit", "--quiet", "--allow-empty", "-a", "-m", "theirs"]).success();
    env
}

const ASKING: [&[&str]; 4] = [
    &["template", "status"],
    &["template", "diff"],
    &["template", "update", "--no-input"],
    &["template", "update", "-n", "--base-empty", "--no-input"],
];

#[test]
fn the_record_of_a_clone_reads_nothing_of_the_host() {
    let template = |env: &TestEnv| env.root().join("template").to_str().unwrap().to_owned();
    for source in ["/etc", "~/private", "../mine", "file:///etc/x", "FILE:///etc/x", "/etc/x.zip"] {
        let env = clone_of(source);
        for command in ASKING {
            let output = env.mlrun(command).code(3);
            let message = output.stderr_text();
            assert!(message.contains("only the project's files say"), "{source}: {output}");
            assert!(message.contains("--allow-local"), "{output}");
        }
        env.mlrun(["template", "status", "--offline"]).success();
    }
    // What another program has on record, too.
    let env = clone_of("/etc");
    std::fs::remove_file(env.dir().join(".mlrun/template.yaml")).unwrap();
    env.write(".cruft.json", format!(r#"{{"template": "{}", "context": {{}}}}"#, template(&env)));
    let output = env.mlrun(["template", "adopt", "--no-input"]).code(3);
    assert!(output.stderr_text().contains("only the project's files say"), "{output}");
    env.mlrun(["template", "adopt", "--no-input", "-n", "--allow-local"]).success();
}

#[test]
fn a_template_of_ones_own_needs_no_word_where_it_was_used() {
    let mut env = clone_of("/etc");
    env.git(["reset", "--quiet", "--hard", "HEAD^"]).success();
    env.mlrun(["template", "status"]).code(3);
    env.mlrun(["template", "status", "--allow-local"]).success();
    env.write("../../template/{{cookiecutter.n}}/more", "more");
    env.mlrun(["template", "update", "--no-input", "--allow-local"]).success();
    // From now on it was.
    env.mlrun(["template", "status"]).success();
    env.cd("work/mine");
    env.mlrun(["template", "status"]).success();
}

#[test]
fn the_record_of_a_clone_runs_nothing() {
    for source in [
        "ext::sh -c touch% /tmp/gitml-hostile",
        "--upload-pack=touch /tmp/gitml-hostile",
        "-oProxyCommand=touch /tmp/gitml-hostile",
        "ssh://-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "fd::17",
        "git+ext::sh -c x",
    ] {
        let env = clone_of(source);
        for command in ASKING {
            env.mlrun(command).code(3);
        }
        assert!(!std::path::Path::new("/tmp/gitml-hostile").exists(), "{source}");
    }
}

/// Wherever an update fails or dies, the project is as it was and the next one merges.
#[test]
fn an_update_that_fails_loses_nothing() {
    let mut env = template(r#"{"n": "p"}"#, &[("f", "one\n")]);
    env.mlrun(["new", "mine", "-t", "../template", "--no-input"]).success();
    env.cd("work/mine");
    env.write(".git/info/exclude", "ignored\n");
    for (name, text) in [("ignored", "mine"), ("untracked", "mine"), ("staged", "mine")] {
        env.write(name, text);
    }
    env.git(["add", "staged"]).success();
    env.write(format!("../../{PROJECT}/f"), "two\n");
    env.write(format!("../../{PROJECT}/new"), "new\n");
    let update = ["template", "update", "--no-input"];
    let log = env.root().join("points");
    env.set("MLDATA_FAILPOINTS", format!("any=count:{}", log.display()));
    env.mlrun(["template", "update", "--no-input", "-n"]).success();
    env.unset("MLDATA_FAILPOINTS");
    let points = std::fs::read_to_string(&log).unwrap().lines().count();
    assert!(points > 5, "there is something to fail");
    let state = |env: &TestEnv| {
        let all = env.git(["status", "--porcelain", "--ignored"]).success().stdout_text();
        let files = ["f", "ignored", "untracked", "staged"].map(|name| env.read_text(name));
        (all, files, env.git(["for-each-ref"]).success().stdout_text())
    };
    let before = state(&env);
    let step = points.div_ceil(25).max(1);
    for action in ["error", "enospc", "kill"] {
        for at in (1..=points).step_by(step) {
            env.set("MLDATA_FAILPOINTS", format!("any={action}@{at}"));
            let output = env.mlrun(update);
            env.unset("MLDATA_FAILPOINTS");
            assert!(matches!(output.exit_code, Some(3) | None), "{action}@{at}: {output}");
            assert_eq!(state(&env), before, "{action}@{at}: {output}");
        }
    }
    env.mlrun(update).success();
    assert_eq!(env.read_text("f"), "two\n");
    assert_eq!(env.read_text("new"), "new\n");
    assert_eq!(env.read_text("untracked") + &env.read_text("ignored"), "minemine");
}

/// Of two updates, and of two projects of one name, one wins and the other says so.
#[test]
fn of_two_at_once_one_is_done() {
    let mut env = template(r#"{"n": "p"}"#, &[("f", "one\n")]);
    for _ in 0..5 {
        let words = ["new", "mine", "-t", "../template", "--no-input", "--no-git"];
        let children = [(); 2].map(|()| env.command(MLRUN, words).spawn().unwrap());
        let codes = children.map(|child| child.wait_with_output().unwrap().status.code());
        assert!(matches!(codes, [Some(0), Some(3)] | [Some(3), Some(0)]), "{codes:?}");
        assert_eq!(std::fs::read_dir(env.dir()).unwrap().count(), 1);
        assert_eq!(env.read_text("mine/f"), "one\n");
        std::fs::remove_dir_all(env.dir().join("mine")).unwrap();
    }
    env.mlrun(["new", "mine", "-t", "../template", "--no-input"]).success();
    env.cd("work/mine");
    env.write(format!("../../{PROJECT}/f"), "two\n");
    let update = ["template", "update", "--no-input"];
    let children = [(); 2].map(|()| env.command(MLRUN, update).spawn().unwrap());
    let codes = children.map(|child| child.wait_with_output().unwrap().status.code());
    assert!(codes.contains(&Some(0)) && !codes.contains(&Some(70)), "{codes:?}");
    assert_eq!(env.read_text("f"), "two\n");
    let staged = env.git(["diff", "--cached", "--name-only"]).success().stdout_text();
    assert_eq!(staged, ".mlrun/template.yaml\nf\n");
}
