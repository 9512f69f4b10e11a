//! The command line itself: help, version, usage errors, exit codes, streams.

use insta::assert_snapshot;

use crate::common::{BINARY, TestEnv, skip};

#[test]
fn help_is_short_and_names_every_command() {
    let env = TestEnv::bare();
    assert_snapshot!(env.mldata(["-h"]), @"
    Version data with Git: small pointers in Git, the bytes beside it

    Usage: git mldata [OPTIONS] <COMMAND>

    Commands:
      init       Prepare this repository: settings, merge rules and hooks
      install    Install Git's hooks that check commits and keep data in step
      uninstall  Take our hooks away, and put back what was there before
      doctor     Explain which hooks run here, and what is wrong with them
      add        Put files and directories under version control, or record their changes
      status     Show how data differs from its pointers, and what is not here
      checkout   Make the worktree match the pointers
      push       Send data to a remote
      fetch      Bring data from a remote into the cache
      pull       Bring data from a remote and check it out
      remote     Name the places where data is shared
      recover    Bring back what a command displaced
      hook       Do what a Git hook has to do; Git calls this

    Options:
      -C <DIR>            Run as if started in DIR
          --color <WHEN>  When to use colour: auto, always or never
      -q, --quiet         Say nothing but warnings and errors
      -v, --verbose       Say more
      -h, --help          Print help (see more with '--help')
      -V, --version       Print version

    Start with:
      git mldata init                              prepare a repository
      git mldata add data/                         put a file or directory under version control
      git mldata remote add store /mnt/store       name the place where data is shared
      git mldata push                              send the data there
      git mldata pull                              get it in another clone

    Exit codes: 0 done, 1 the answer is no, 2 usage, 3 could not do it, 70 a bug, 130 interrupted.
    [ok]
    ");
    // Without a man page (Git looks for one), the long form is there too.
    env.mldata(["--help"]).success();
    env.mldata(["remote", "add", "--help"]).success();
}

#[test]
fn version_names_the_program() {
    let env = TestEnv::bare();
    let version = env.mldata(["--version"]).success().stdout_text();
    assert_eq!(version, format!("git-mldata {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn git_finds_the_command() {
    let env = TestEnv::new();
    assert_eq!(env.git(["mldata", "-h"]).success().stdout, env.mldata(["-h"]).success().stdout);
}

#[test]
fn usage_errors_exit_with_2() {
    let env = TestEnv::bare();
    assert_snapshot!(env.mldata(["ad", "x"]), @"
    [stderr]
    error: unrecognized subcommand 'ad'

      tip: a similar subcommand exists: 'add'

    Usage: git mldata [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit code 2]
    ");
    assert_snapshot!(env.mldata(["add", "--jobs", "0"]), @"
    [stderr]
    error: invalid value '0' for '--jobs <N>': number would be zero for non-zero type

    For more information, try '--help'.
    [exit code 2]
    ");
    assert_snapshot!(env.mldata(["status", "-q", "-v"]), @"
    [stderr]
    error: the argument '--quiet' cannot be used with '--verbose'

    Usage: git mldata status --quiet [TARGET]...

    For more information, try '--help'.
    [exit code 2]
    ");
    env.mldata([] as [&str; 0]).code(2);
    env.mldata(["hook", "post-nothing"]).code(2);
    env.mldata(["remote", "add", "store"]).code(2);
}

#[test]
fn outside_of_a_repository() {
    let env = TestEnv::bare();
    assert_snapshot!(env.mldata(["remote", "list"]), @"
    [stderr]
    error: not in a Git repository
    hint: go into a repository, name one with `-C DIR`, or make one with `git init`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["-C", "nowhere", "remote"]), @"
    [stderr]
    error: cannot go to `nowhere`: no such file or directory
    [exit code 3]
    ");
}

#[test]
fn a_bare_repository_has_no_data() {
    let env = TestEnv::bare();
    env.git(["init", "--quiet", "--bare", "bare.git"]).success();
    assert_snapshot!(env.mldata(["-C", "bare.git", "init"]), @"
    [stderr]
    error: this repository is bare: it has no worktree to hold data
    hint: run this in a clone, or add a worktree to it
    [exit code 3]
    ");
}

#[test]
fn directories_add_up_as_in_git() {
    let env = TestEnv::new();
    env.write("a/b/x", "");
    env.mldata(["-C", "a", "-C", "b", "init"]).success();
    assert!(env.exists(".mldataconfig"));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let mut env = TestEnv::new();
    let coloured =
        |env: &TestEnv, arguments: &[&str]| env.mldata(arguments).code(3).stderr.contains(&0x1b);
    assert!(!coloured(&env, &["remote", "remove", "x"]), "no terminal");
    assert!(coloured(&env, &["--color", "always", "remote", "remove", "x"]));
    env.set("NO_COLOR", "1");
    assert!(coloured(&env, &["--color=always", "remote", "remove", "x"]), "asked for");
}

#[test]
fn a_reader_that_leaves_is_no_failure_and_a_full_disk_is_one() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    let script = "{ git-mldata init --json; echo $? >code; } | true; cat code";
    assert_eq!(env.sh(script).success().stdout_text(), "0\n");
    let output = env.sh("git-mldata init --json >/dev/full");
    assert_snapshot!(output, @"
    [stderr]
    error: cannot write to `standard output`: no space left on device
    hint: nothing is lost: make room, then run the command again
    [exit code 3]
    ");
}

#[test]
fn an_interrupted_command_is_130_for_the_shell() {
    use std::os::unix::process::ExitStatusExt as _;
    if ignores_interrupts() {
        skip("an_interrupted_command_is_130_for_the_shell", "SIGINT is ignored here");
        return;
    }
    let mut env = TestEnv::new();
    env.set("MLDATA_FAILPOINTS", "any=sleep:20000");
    let mut child = env.command(BINARY, ["init"]).spawn().unwrap();
    while !env.exists(".git/mldata/tmp") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    env.sh(&format!("kill -INT {}", child.id())).success();
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

/// Whether commands that this process starts ignore SIGINT: so do those of a job in the background.
fn ignores_interrupts() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    ignored.is_some_and(|set| set & (1 << (2 - 1)) != 0)
}

#[test]
fn paths_in_hints_are_those_to_type_here() {
    let mut env = TestEnv::new();
    env.write("data/my raw/x", "1");
    env.mldata(["add", "data/my raw"]).success();
    env.commit("data");
    env.write("data/my raw/x", "2");
    env.mldata(["add"]).success();
    env.git(["stash", "--quiet"]).success();
    env.write("data/my raw/x", "3");
    env.cd("repo/data");
    assert_snapshot!(env.mldata(["add", "my raw"]), @"
    [stderr]
    error: `data/my raw` is behind its pointer: another version was pulled, and adding would undo it
    hint: bring the data up to its pointer: `git mldata checkout 'my raw'`
    hint: or record what is here instead: `git mldata add --force 'my raw'`
    [exit code 3]
    ");
}
