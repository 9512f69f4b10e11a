//! Indexes and worktrees of every kind.

use super::{CELLS, Lab, clean, dirty, new, old};
use crate::common::machine::with_new_git;

/// Whether the index has an extension with this signature.
fn has_extension(lab: &Lab, signature: &str) -> bool {
    let index = lab.env.read(".git/index");
    index.windows(4).any(|bytes| bytes == signature.as_bytes())
}

#[test]
fn a_directory_below_the_top() {
    let lab = Lab::new();
    lab.stage(&[("d/a.ipynb", &old()), ("b.ipynb", &old())]);
    lab.git_quiet(["-C", "d", "commit", "--quiet", "-m", "below", "a.ipynb"]);
    lab.assert_texts("d/a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "A  b.ipynb\n");
    lab.git_quiet(["-C", "d", "commit", "--quiet", "-m", "all"]);
    lab.assert_texts("b.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "");
}

#[test]
fn a_linked_worktree() {
    let mut lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.git_quiet(["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    let index = lab.env.read(".git/index");
    lab.env.cd("linked");
    lab.stage(&[("b.ipynb", &new()), ("c.ipynb", &dirty(&["z = 1"]))]);
    lab.env.write("b.ipynb", dirty(&["x = 2"]));
    lab.git_quiet(["commit", "--quiet", "-m", "a path", "b.ipynb"]);
    let [b, c] = [clean(&["x = 2"]), clean(&["z = 1"])];
    lab.assert_texts("b.ipynb", &b, &b, &b);
    assert_eq!(lab.status(), "A  c.ipynb\n");
    lab.git_quiet(["commit", "--quiet", "-m", "the rest"]);
    lab.assert_texts("c.ipynb", &c, &c, &c);
    assert_eq!(lab.status(), "");
    lab.env.cd("repo");
    assert_eq!(lab.env.read(".git/index"), index);
    assert_eq!(lab.env.read_text("a.ipynb"), old());
}

#[test]
fn an_index_of_the_users_own() {
    for name in ["../other-index", "$ROOT/other-index"] {
        let mut lab = Lab::new();
        lab.stage(&[("a.ipynb", &dirty(&["z = 1"]))]);
        let index = lab.env.read(".git/index");
        let name = name.replace("$ROOT", lab.env.root().to_str().unwrap());
        lab.env.set("GIT_INDEX_FILE", &name);
        lab.git_quiet(["read-tree", "HEAD"]);
        lab.stage(&[("b.ipynb", &old())]);
        lab.commit([""; 0]).success();
        lab.assert_texts("b.ipynb", &new(), &new(), &new());
        lab.env.unset("GIT_INDEX_FILE");
        assert_eq!(lab.env.read(".git/index"), index);
        assert_eq!(lab.blob("", "a.ipynb"), dirty(&["z = 1"]));
        let names = lab.env.git(["ls-tree", "-r", "--name-only", "HEAD"]).success().stdout_text();
        assert!(!names.contains("a.ipynb"), "{names}");
    }
}

#[test]
fn a_sparse_checkout() {
    for sparse_index in ["--sparse-index", "--no-sparse-index"] {
        let lab = Lab::new();
        lab.stage(&[("in/a.ipynb", &new()), ("out/b.ipynb", &new()), ("far/c.txt", "c\n")]);
        lab.commit([""; 0]).success();
        lab.git_quiet(["sparse-checkout", "set", "--cone", sparse_index, "in", "beside"]);
        assert!(!lab.env.exists("out"));
        // Staged without being checked out.
        lab.env.write("out/b.ipynb", old());
        lab.git_quiet(["add", "--sparse", "out/b.ipynb"]);
        lab.env.remove("out");
        lab.git_quiet(["update-index", "--skip-worktree", "out/b.ipynb"]);
        lab.stage(&[("in/a.ipynb", &dirty(&["x = 2"]))]);
        lab.commit([""; 0]).success();
        let expected = clean(&["x = 2"]);
        lab.assert_texts("in/a.ipynb", &expected, &expected, &expected);
        assert_eq!(lab.blob("HEAD", "out/b.ipynb"), new());
        assert!(!lab.env.exists("out") && !lab.env.exists("far"), "{sparse_index}");
        let bits = lab.env.git(["ls-files", "-v", "out/b.ipynb"]).success().stdout_text();
        assert_eq!(bits, "S out/b.ipynb\n", "{sparse_index}");
        assert_eq!(lab.status(), "", "{sparse_index}");
        if sparse_index == "--sparse-index" {
            let listed = lab.env.git(["ls-files", "--sparse"]).success().stdout_text();
            assert!(listed.lines().any(|line| line == "far/"), "{listed}");
        }
    }
}

#[test]
fn a_split_index() {
    let lab = Lab::new();
    lab.git_quiet(["update-index", "--split-index"]);
    let shared = || lab.env.git(["rev-parse", "--shared-index-path"]).success().stdout_text();
    assert_ne!(shared(), "");
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_ne!(shared(), "");
    assert_eq!(lab.status(), "");
    // The commit of a path has two indexes.
    lab.env.write("a.ipynb", dirty(&["x = 2"]));
    lab.commit(["--", "a.ipynb"]).success();
    let expected = clean(&["x = 2"]);
    lab.assert_texts("a.ipynb", &expected, &expected, &expected);
    assert_eq!(lab.status(), "");
    lab.git_quiet(["fsck", "--strict"]);
}

#[test]
fn extensions_of_the_index_stay() {
    let lab = Lab::new();
    lab.git_quiet(["update-index", "--force-untracked-cache"]);
    // Says of every path that it may have changed.
    lab.env.write(".git/monitor", "#!/bin/sh\nprintf 'token\\0/\\0'\n");
    lab.env.chmod(".git/monitor", 0o755);
    lab.git_quiet(["config", "core.fsmonitor", ".git/monitor"]);
    lab.git_quiet(["update-index", "--fsmonitor"]);
    lab.git_quiet(["config", "index.version", "4"]);
    lab.git_quiet(["update-index", "--index-version", "4"]);
    let extensions = ["UNTR", "FSMN"];
    assert!(extensions.iter().all(|name| has_extension(&lab, name)));
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write("a.ipynb", dirty(&["x = 1", "# later", "y = 2"]));
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &clean(&["x = 1", "# later", "y = 2"]));
    for name in extensions {
        assert!(has_extension(&lab, name), "{name}");
    }
    assert_eq!(lab.env.read(".git/index")[7], 4);
    assert_eq!(lab.status(), " M a.ipynb\n");
}

/// Git trusts the times of an index entry unless they are as late as the index itself: a copy of the
/// index must not be younger than what it is a copy of.
#[test]
fn a_file_that_changed_in_the_moment_of_staging_is_still_seen_as_changed() {
    let lab = Lab::new();
    for round in 0..20 {
        let name = format!("racy-{round}.txt");
        lab.stage(&[(&name, "one\n"), ("a.ipynb", &dirty(&[&format!("x = {round}")]))]);
        // As long as before, at once.
        lab.env.write(&name, "two\n");
        lab.git_quiet(["commit", "--quiet", "-m", "racy"]);
        assert_eq!(lab.blob("HEAD", &name), "one\n");
        assert!(lab.status().contains(&format!(" M {name}\n")), "{}", lab.status());
        lab.git_quiet(["checkout", "--quiet", "--", &name]);
    }
}

#[test]
fn a_partial_clone_fetches_nothing() {
    let mut lab = Lab::new();
    lab.git_quiet(["checkout", "--quiet", "--", "beside"]);
    lab.stage(&[
        ("a.ipynb", &new()),
        ("far/big.txt", "far away\n"),
        ("far/b.ipynb", &dirty(&["far = 1"])),
    ]);
    lab.commit(["--no-verify"]).success();
    lab.git_quiet(["config", "uploadpack.allowFilter", "true"]);
    let origin = format!("file://{}", lab.env.dir().display());
    lab.git_quiet(["clone", "--quiet", "--filter=blob:none", "--sparse", &origin, "../partial"]);
    lab.env.cd("partial");
    lab.env.sh("mv ../repo ../moved").success();
    lab.install(".git");
    let missing = || {
        let words = ["rev-list", "--objects", "--all", "--missing=print", "--not", "--stdin"];
        let listed = lab.env.run_with_input("git", words, b"").success().stdout_text();
        listed.lines().filter(|line| line.starts_with('?')).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = missing();
    assert!(!before.is_empty());
    lab.stage(&[("a.ipynb", &dirty(&CELLS)), ("new.ipynb", &dirty(&["x = 2"]))]);
    lab.env.write("a.ipynb", dirty(&["x = 1", "# later", "y = 2"]));
    lab.git_quiet(["commit", "--quiet", "-m", "in a partial clone"]);
    lab.assert_texts("new.ipynb", &clean(&["x = 2"]), &clean(&["x = 2"]), &clean(&["x = 2"]));
    let kept = clean(&["x = 1", "# later", "y = 2"]);
    lab.assert_texts("a.ipynb", &new(), &new(), &kept);
    assert_eq!(missing(), before);
}

#[test]
fn a_commit_in_a_submodule() {
    let mut lab = Lab::new();
    lab.env
        .sh("git init --quiet ../sub && cd ../sub && git commit --quiet --allow-empty -m sub")
        .success();
    lab.git_quiet(["submodule", "--quiet", "add", "../sub", "sub"]);
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write(".git/modules/sub/hooks/pre-commit", super::HOOK);
    lab.env.chmod(".git/modules/sub/hooks/pre-commit", 0o755);
    let index = lab.env.read(".git/index");
    lab.env.cd("repo/sub");
    lab.git_quiet(["config", "mlhook.notebooks.mode", "fix"]);
    lab.stage(&[("b.ipynb", &old()), ("c.ipynb", &old())]);
    lab.git_quiet(["commit", "--quiet", "-m", "a path", "b.ipynb"]);
    lab.assert_texts("b.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "A  c.ipynb\n");
    lab.env.cd("repo");
    assert_eq!(lab.env.read(".git/index"), index);
    assert_eq!(lab.blob("", "a.ipynb"), old());
}

/// Hooks in settings, which Git has since 2.54, run with the same indexes.
#[test]
fn a_hook_in_the_settings() {
    let mut lab = Lab::new();
    if !with_new_git(&mut lab.env, "a_hook_in_the_settings") {
        return;
    }
    lab.env.remove(".git/hooks/pre-commit");
    lab.git_quiet(["config", "hook.checks.event", "pre-commit"]);
    lab.git_quiet(["config", "hook.checks.command", "git mldata hook pre-commit"]);
    lab.stage(&[("a.ipynb", &new()), ("b.ipynb", &old())]);
    lab.env.write("a.ipynb", dirty(&["x = 2"]));
    lab.commit(["--", "a.ipynb"]).success();
    let expected = clean(&["x = 2"]);
    lab.assert_texts("a.ipynb", &expected, &expected, &expected);
    assert_eq!(lab.status(), "A  b.ipynb\n");
    lab.commit([""; 0]).success();
    lab.assert_texts("b.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "");
    lab.assert_no_litter();
}
