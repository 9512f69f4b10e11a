//! Hooks that were there before ours.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::common::machine::python_tools;
use crate::common::{BINARY, TestEnv};

/// Writes a hook that Git would run.
fn hook(env: &TestEnv, name: &str, text: &str) {
    let path = format!(".git/hooks/{name}");
    env.write(&path, text);
    env.chmod(&path, 0o755);
}

/// Puts a program in the place of ours that tells what it got, and ends with `status`.
fn replaced(env: &TestEnv, status: u32) {
    env.write(
        "../bin/git-mldata",
        format!("#!/bin/sh\necho \"ours: $*\" >&2\ncat >>../ours\nexit {status}\n"),
    );
    env.chmod("../bin/git-mldata", 0o755);
}

/// Shells that hooks may run in.
fn shells() -> Vec<std::path::PathBuf> {
    let found = ["dash", "bash", "busybox"].into_iter().filter_map(|name| which::which(name).ok());
    found.collect()
}

/// Runs a hook in a shell, as `git push` does.
fn run(env: &TestEnv, shell: &std::path::Path, name: &str, input: &[u8]) -> crate::common::Output {
    let path = format!(".git/hooks/{name}");
    let mut arguments = vec![path.as_str(), "a b", "c'\""];
    if shell.ends_with("busybox") {
        arguments.insert(0, "sh");
    }
    let program = shell.to_str().unwrap();
    env.run_with_input(program, arguments, input)
}

fn with_replaced(status: u32) -> TestEnv {
    let mut env = TestEnv::new();
    replaced(&env, status);
    let bin = env.root().join("bin");
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::join_paths(["/usr/bin", "/bin"]).unwrap().to_str().unwrap()
    );
    env.set("PATH", path);
    env
}

#[test]
fn both_get_what_git_passes_in_every_shell() {
    // No valid text in any encoding, and no newline at the end.
    let input = b"refs/heads/\xff\xfe \\n %s $HOME `x` 1\n\nlast";
    for shell in shells() {
        let env = with_replaced(0);
        for name in ["pre-push", "post-rewrite"] {
            hook(&env, name, "#!/bin/sh\necho \"theirs: $*\" >&2\ncat >>../theirs\nexit 7\n");
            env.run_with_input(BINARY, ["install", "--events", name], b"").success();
        }
        let output = run(&env, &shell, "pre-push", input).code(7);
        assert_eq!(
            output.stderr_text(),
            "ours: hook pre-push a b c'\"\ntheirs: a b c'\"\n",
            "{}",
            shell.display()
        );
        assert_eq!(env.read("../ours"), input);
        assert_eq!(env.read("../theirs"), input);
        let output = run(&env, &shell, "post-rewrite", input).code(7);
        assert_eq!(output.stderr_text(), "theirs: a b c'\"\nours: hook post-rewrite a b c'\"\n");
        assert_eq!(env.read("../ours"), [&input[..], input].concat());
        assert_eq!(env.read("../theirs"), [&input[..], input].concat());
    }
}

#[test]
fn the_first_that_says_no_decides() {
    for shell in shells() {
        for (theirs, ours, name, expected, code) in [
            (0, 0, "pre-commit", "theirs ours", 0),
            (5, 0, "pre-commit", "theirs", 5),
            (0, 6, "pre-commit", "theirs ours", 6),
            (5, 0, "prepare-commit-msg", "theirs", 5),
            (0, 6, "commit-msg", "theirs ours", 6),
            (0, 6, "pre-push", "ours", 6),
            (5, 0, "pre-push", "ours theirs", 5),
            (5, 6, "post-checkout", "theirs ours", 5),
            (0, 6, "post-merge", "theirs ours", 6),
            (5, 0, "post-rewrite", "theirs ours", 5),
            (5, 6, "post-rewrite", "theirs ours", 5),
            (0, 6, "post-rewrite", "theirs ours", 6),
        ] {
            let env = with_replaced(ours);
            hook(&env, name, &format!("#!/bin/sh\necho theirs: >&2\nexit {theirs}\n"));
            env.run_with_input(BINARY, ["install", "--events", name], b"").success();
            let output = run(&env, &shell, name, b"x\n").code(code);
            let order: Vec<String> = (output.stderr_text().lines())
                .map(|line| line.split(':').next().unwrap().to_owned())
                .collect();
            assert_eq!(order.join(" "), expected, "{name} {}", shell.display());
        }
    }
}

#[test]
fn the_environment_is_kept() {
    let env = with_replaced(0);
    hook(&env, "pre-commit", "#!/bin/sh\nenv | grep -c ^gitml_ >&2\necho \"$p$c$s$in\" >&2\n");
    env.run_with_input(BINARY, ["install", "--events", "pre-commit"], b"").success();
    let output = env.sh("p=1 c=2 s=3 in=4 .git/hooks/pre-commit").success();
    assert_eq!(output.stderr_text(), "0\n1234\nours: hook pre-commit\n");
}

#[test]
fn a_hook_that_git_does_not_run_is_not_run() {
    let env = with_replaced(0);
    env.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 5\n");
    env.chmod(".git/hooks/pre-commit", 0o640);
    env.run_with_input(BINARY, ["install", "--events", "pre-commit"], b"").success();
    env.sh(".git/hooks/pre-commit").success();
    env.run_with_input(BINARY, ["uninstall"], b"").success();
    let mode = env.dir().join(".git/hooks/pre-commit").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(env.read_text(".git/hooks/pre-commit"), "#!/bin/sh\nexit 5\n");
}

#[test]
fn a_link_to_a_program_is_chained_as_the_link_it_is() {
    let env = with_replaced(0);
    env.write("tools/check", "#!/bin/sh\necho checked >&2\n");
    env.chmod("tools/check", 0o755);
    env.link("../../tools/check", ".git/hooks/pre-commit");
    let before = env.tree(".git/hooks");
    env.run_with_input(BINARY, ["install", "--events", "pre-commit"], b"").success();
    let target = env.dir().join(".git/hooks/pre-commit.mldata-chained").read_link().unwrap();
    assert_eq!(target.to_str(), Some("../../tools/check"));
    let output = env.sh(".git/hooks/pre-commit").success();
    assert_eq!(output.stderr_text(), "checked\nours: hook pre-commit\n");
    assert_eq!(env.read_text("tools/check"), "#!/bin/sh\necho checked >&2\n");
    env.run_with_input(BINARY, ["uninstall"], b"").success();
    assert_eq!(env.tree(".git/hooks"), before);
}

#[test]
fn without_the_program_the_other_hook_runs_and_data_is_not_left_behind() {
    let env = TestEnv::new();
    for name in ["pre-commit", "commit-msg", "post-merge", "post-rewrite", "pre-push"] {
        hook(&env, name, "#!/bin/sh\necho theirs\n");
    }
    env.mldata(["install"]).success();
    for name in ["pre-commit", "commit-msg", "post-merge", "post-rewrite", "pre-push"] {
        let path = format!(".git/hooks/{name}");
        let text = env.read_text(&path).replace(BINARY, "/nowhere/git-mldata");
        hook(&env, name, &text);
        let output = env.sh(&format!("PATH=/usr/bin:/bin {path} a b </dev/null")).success();
        assert_eq!(output.stdout_text(), "theirs\n", "{name}");
        let warned = output.stderr_text().contains("warning: git-mldata was not found");
        assert_eq!(warned, name == "pre-commit", "{output}");
    }
    env.write("a.mldata", "");
    env.git(["add", "a.mldata"]).success();
    assert_snapshot!(env.sh("PATH=/usr/bin:/bin .git/hooks/pre-push a b </dev/null").code(1), @"
    [stderr]
    error: git-mldata was not found: the data of this push would stay behind
    hint: install it, then push again; `git push --no-verify` pushes without the data
    [exit code 1]
    ");
}

#[test]
fn a_program_of_the_worktree_is_not_run() {
    let env = TestEnv::new();
    env.mldata(["install", "--events", "post-merge"]).success();
    env.write("git-mldata", "#!/bin/sh\ntouch ../owned\n");
    env.chmod("git-mldata", 0o755);
    for path in [".:/usr/bin:/bin", ":/usr/bin:/bin", "/usr/bin:/bin:"] {
        for shell in ["dash", "bash"] {
            env.sh(&format!("PATH={path}; export PATH; {shell} .git/hooks/post-merge 0")).success();
        }
    }
    assert!(!env.exists("../owned"));
}

#[test]
fn odd_characters_in_the_path_of_the_program() {
    let env = TestEnv::new();
    let odd = env.root().join("it's $HOME \"`x`\\ \u{e9}");
    std::fs::create_dir(&odd).unwrap();
    std::fs::copy(BINARY, odd.join("git-mldata")).unwrap();
    let program = odd.join("git-mldata");
    env.run_with_input("env", ["PATH=/usr/bin:/bin", program.to_str().unwrap(), "install"], b"")
        .success();
    for shell in shells() {
        let mut words = vec!["PATH=/usr/bin:/bin", shell.to_str().unwrap()];
        words.extend(shell.ends_with("busybox").then_some("sh"));
        words.extend([".git/hooks/post-checkout", "a", "b", "0"]);
        let output = env.run_with_input("env", words, b"").success();
        assert_eq!(output.stderr_text(), "");
    }
    let again = env.run_with_input(
        "env",
        ["PATH=/usr/bin:/bin", program.to_str().unwrap(), "install"],
        b"",
    );
    assert!(again.success().stderr_text().contains("Nothing to do"));
}

#[test]
fn a_kill_at_any_point_leaves_the_old_hook_or_both() {
    let theirs = "#!/bin/sh\necho theirs >>../log\n";
    for verb in ["install", "uninstall"] {
        for at in 1.. {
            let mut env = TestEnv::new();
            hook(&env, "post-merge", theirs);
            if verb == "uninstall" {
                env.mldata(["install", "--events", "post-merge"]).success();
            }
            env.set("MLDATA_FAILPOINTS", format!("any=kill@{at}"));
            let killed = env.mldata([verb, "--events", "post-merge"]).exit_code != Some(0);
            env.unset("MLDATA_FAILPOINTS");
            env.sh(".git/hooks/post-merge 0").success();
            assert_eq!(env.read_text("../log"), "theirs\n", "{verb} killed at {at}");
            env.mldata([verb, "--events", "post-merge"]).success();
            env.sh(".git/hooks/post-merge 0").success();
            assert_eq!(env.read_text("../log"), "theirs\ntheirs\n", "{verb} again after {at}");
            env.mldata(["uninstall"]).success();
            assert_eq!(env.read_text(".git/hooks/post-merge"), theirs);
            assert!(!env.exists(".git/hooks/post-merge.mldata-chained"));
            if !killed {
                assert!(at > 2, "{verb} has places to die at");
                break;
            }
        }
    }
}

#[test]
fn a_hook_that_goes_by_its_name_is_left_alone() {
    let env = TestEnv::new();
    hook(&env, "pre-commit", "#!/bin/sh\n# husky\n. \"$(dirname \"$0\")/husky.sh\"\n");
    hook(&env, "post-merge", "#!/bin/sh\ncase $(basename \"$0\") in post-merge) make ;; esac\n");
    hook(
        &env,
        "pre-push",
        "#!/bin/sh\nif [ \"$LEFTHOOK\" = 0 ]; then exit 0; fi\ncall_lefthook run pre-push \"$@\"\n",
    );
    let before = env.tree(".git/hooks");
    let events = "pre-commit,post-merge,pre-push";
    assert_snapshot!(env.mldata(["install", "--method", "hookdir", "--events", events]).code(1), @r#"
    [stderr]
    warning: husky writes its hooks anew, so that they are left as they are; add to `package.json`:
        "husky": {"hooks": {"pre-commit": "git mldata hook pre-commit $HUSKY_GIT_PARAMS"}}
    warning: the hook `.git/hooks/post-merge` goes by its name, and is left as it is; add at its top:
        git mldata hook post-merge "$@"
    warning: lefthook writes its hooks anew, so that they are left as they are; add to `lefthook.yml`:
        pre-push:
          commands:
            mldata:
              run: git mldata hook pre-push {0}
              use_stdin: true
    [exit code 1]
    "#);
    assert_eq!(env.tree(".git/hooks"), before);
}

/// The hooks of Git LFS 3.
fn lfs(name: &str) -> String {
    format!(
        "#!/bin/sh\ncommand -v git-lfs >/dev/null 2>&1 || {{ printf >&2 \"\\n%s\\n\\n\" \"This repository is \
         configured for Git LFS but 'git-lfs' was not found on your path. If you no longer wish to use Git \
         LFS, remove this hook by deleting the '{name}' file in the hooks directory (set by \
         'core.hookspath'; usually '.git/hooks').\"; exit 2; }}\ngit lfs {name} \"$@\"\n"
    )
}

#[test]
fn the_hooks_of_git_lfs_run_too() {
    let mut env = TestEnv::new();
    env.write("../bin/git-lfs", "#!/bin/sh\necho \"lfs: $*\" >>../log\ncat >>../log\n");
    env.chmod("../bin/git-lfs", 0o755);
    let bin = env.root().join("bin");
    let binaries = std::path::Path::new(BINARY).parent().unwrap();
    env.set("PATH", format!("{}:{}:/usr/bin:/bin", bin.display(), binaries.display()));
    for name in ["pre-push", "post-checkout", "post-commit", "post-merge"] {
        hook(&env, name, &lfs(name));
    }
    let before = env.tree(".git/hooks");
    env.mldata(["install"]).success();
    env.sh("git init -q --bare ../o.git && git commit -q --allow-empty -m a").success();
    env.sh("git switch -qc b && : >../log && git push -q ../o.git b").success();
    let log = env.read_text("../log");
    assert!(log.starts_with("lfs: pre-push ../o.git ../o.git\nrefs/heads/b "), "{log}");
    env.mldata(["uninstall"]).success();
    assert_eq!(env.tree(".git/hooks"), before);
}

#[test]
fn pre_commit_and_prek_run_ours_before_their_own() {
    const TEST: &str = "pre_commit_and_prek_run_ours_before_their_own";
    let Some(tools) = python_tools(TEST, &["pre-commit", "prek"]) else { return };
    for (tool, ours_first) in
        [("pre-commit", true), ("pre-commit", false), ("prek", true), ("prek", false)]
    {
        let env = TestEnv::new();
        let tool = tools.join(tool).to_str().unwrap().to_owned();
        env.write(
            ".pre-commit-config.yaml",
            "repos:\n  - repo: local\n    hooks:\n      - id: own\n        name: own\n        \
             entry: sh -c 'echo own >>../log'\n        language: system\n        always_run: true\n",
        );
        env.git(["add", "."]).success();
        hook(&env, "pre-commit", "#!/bin/sh\necho mine >>../log\n");
        let theirs = format!("'{tool}' install -t pre-commit -t pre-push");
        let order: [&dyn Fn(); 2] =
            [&|| drop(env.mldata(["install"]).success()), &|| drop(env.sh(&theirs).success())];
        let order = if ours_first { [order[0], order[1]] } else { [order[1], order[0]] };
        order.iter().for_each(|install| install());
        // Both once more, as updates do it.
        order.iter().for_each(|install| install());
        let again = env.mldata(["install"]).success().stderr_text();
        assert!(again.contains("Nothing to do"), "{again}");
        env.git(["commit", "-qm", "first"]).success();
        assert_eq!(env.read_text("../log"), "mine\nown\n", "{tool}, ours first: {ours_first}");
        // And ours said no where it has to.
        env.write("big", vec![b'x'; 6 << 20]);
        env.git(["add", "big"]).success();
        let refused = env.git(["commit", "-qm", "big"]).code(1).to_string();
        assert_eq!(refused.matches("big: ").count(), 1, "{refused}");

        env.mldata(["uninstall"]).success();
        env.git(["commit", "-qm", "big"]).success();
        env.sh(&format!("'{tool}' uninstall")).success();
        assert_eq!(env.read_text(".git/hooks/pre-commit"), "#!/bin/sh\necho mine >>../log\n");
    }
}
