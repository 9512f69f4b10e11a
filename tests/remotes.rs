//! `git mldata remote`.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn the_first_remote_is_the_default_and_is_committed() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["remote"]), @"
    [stderr]
    hint: add one: `git mldata remote add NAME DIRECTORY`
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "add", "store", "../store"]), @"
    [stderr]
    Added the remote `store`, the default, at `../store`.
    hint: to share this, `git add .mldataconfig` and commit
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "add", "other", "../other"]), @"
    [stderr]
    Added the remote `other`, at `../other`.
    hint: to share this, `git add .mldataconfig` and commit
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "list"]), @"
    other	../other
    store	../store	default
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "list", "--json"]), @r#"
    {
      "default": "store",
      "remotes": [
        {
          "name": "other",
          "url": "../other",
          "id": "<id>",
          "local": false
        },
        {
          "name": "store",
          "url": "../store",
          "id": "<id>",
          "local": false
        }
      ]
    }
    [ok]
    "#);
    let settings = env.read_text(".mldataconfig");
    assert!(settings.starts_with("# Settings of git-mldata"));
    assert!(settings.contains("url = ../store"));
}

#[test]
fn what_is_typed_relative_is_kept_relative_to_the_top() {
    let mut env = TestEnv::new();
    env.write("a/b/x", "");
    env.cd("repo/a/b");
    env.mldata(["remote", "add", "store", "../../../store"]).success();
    env.cd("repo");
    let list = env.mldata(["remote", "list"]).success();
    assert_eq!(list.stdout_text(), "store\t../store\tdefault\n");
}

#[test]
fn local_remotes_are_in_git_config_only() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["remote", "add", "--local", "mine", "~/my store"]), @"
    [stderr]
    Added the remote `mine`, the default, at `~/my store`.
    [ok]
    ");
    assert!(!env.exists(".mldataconfig"));
    let url = env.git(["config", "--local", "mldata.mine.url"]).success();
    assert_eq!(url.stdout_text(), "~/my store\n");
    assert_snapshot!(env.mldata(["remote", "list"]), @"
    mine	~/my store	default	local
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "add", "shared", "~/store"]), @"
    [stderr]
    error: cannot use the URL of the remote `shared`: `~` is another place for everybody else
    hint: give the whole path, or keep the remote to this clone by `--local`
    [exit code 3]
    ");
}

#[test]
fn rename_default_and_remove() {
    let env = TestEnv::new();
    env.mldata(["remote", "add", "a", "../a"]).success();
    env.mldata(["remote", "add", "--local", "b", "../b"]).success();
    assert_snapshot!(env.mldata(["remote", "default"]), @"
    a
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "rename", "a", "c"]), @"
    [stderr]
    The remote `a` is `c` now.
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "default"]), @"
    c
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "default", "b"]), @"
    [stderr]
    The remote `b` is the default in this clone.
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote"]), @"
    b	../b	default	local
    c	../a
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "remove", "b"]), @"
    [stderr]
    Forgot the remote `b`; what it holds stays there.
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote", "remove", "b"]), @"
    [stderr]
    error: there is no remote `b`
    hint: the remotes are: `c`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["remote"]), @"
    c	../a	default
    [ok]
    ");
    let settings = env.read_text(".mldataconfig");
    assert!(!settings.contains("mldata \"a\"") && settings.starts_with('#'), "{settings}");
}

#[test]
fn urls_and_names_that_cannot_be() {
    let env = TestEnv::new();
    for (name, url) in [
        ("store", "s3://bucket/data"),
        ("store", "https://user:secret@host/data"),
        ("store", "git@host:data"),
        ("store", "a\nb"),
        ("st.ore", "../store"),
        ("-x", "../store"),
    ] {
        let output = env.mldata(["remote", "add", "--", name, url]).code(3);
        assert!(!output.stderr_text().contains("secret"), "{output}");
    }
    assert_snapshot!(env.mldata(["remote", "add", "store", "s3://bucket/data"]), @"
    [stderr]
    error: cannot use the URL of the remote `store`: `s3` remotes are not supported yet by this version: only directories are
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["remote", "add", "st.ore", "../store"]), @"
    [stderr]
    error: `st.ore` cannot be the name of a remote
    hint: use letters, digits, `-` and `_`, beginning with a letter or digit
    [exit code 3]
    ");
    env.mldata(["remote", "add", "store", "../store"]).success();
    assert_snapshot!(env.mldata(["remote", "add", "store", "../other"]), @"
    [stderr]
    error: there is a remote `store` already
    hint: `git mldata remote set-url store DIRECTORY` says where it is now
    [exit code 3]
    ");
}

#[test]
fn settings_that_are_a_link_are_not_written_through() {
    let env = TestEnv::new();
    env.write("../precious", "");
    std::os::unix::fs::symlink("../precious", env.dir().join(".mldataconfig")).unwrap();
    env.mldata(["remote", "add", "store", "../store"]).code(3);
    assert_eq!(env.read_text("../precious"), "");
}

#[test]
fn a_directory_of_other_files_is_not_used() {
    let env = TestEnv::new();
    env.write("../full/thesis.tex", "");
    assert_snapshot!(env.mldata(["remote", "add", "store", "../full"]), @"
    [stderr]
    error: cannot use the remote `store`: `$ROOT/full` is neither empty nor a remote: it holds `thesis.tex`
    hint: choose an empty directory, or one that does not exist yet
    [exit code 3]
    ");
    assert!(!env.exists(".mldataconfig"), "settings are as they were");
    assert!(!env.exists("../full/mldata-remote"));
}

#[test]
fn set_url_takes_the_same_remote_only() {
    let env = TestEnv::new();
    env.mldata(["remote", "add", "store", "../store"]).success();
    env.mldata(["remote", "add", "other", "../other"]).success();
    assert_snapshot!(env.mldata(["remote", "set-url", "store", "../moved"]), @"
    [stderr]
    error: cannot use the remote `store`: `$ROOT/moved` is not a remote: it has no `mldata-remote` file
    hint: see that the directory is mounted; `git mldata remote list` shows where remotes are
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["remote", "set-url", "store", "../other"]), @"
    [stderr]
    error: cannot use the remote `store`: the remote at `$ROOT/other` is <id>, not <id>
    hint: see that the right directory is mounted there
    hint: if `store` has moved: `git mldata remote set-url store DIRECTORY`
    [exit code 3]
    ");
    std::fs::rename(env.root().join("store"), env.root().join("moved")).unwrap();
    assert_snapshot!(env.mldata(["remote", "set-url", "store", "../moved"]), @"
    [stderr]
    The remote `store` is at `../moved`.
    hint: to share this, `git add .mldataconfig` and commit
    [ok]
    ");
    let moved = env.root().join("moved");
    let url = format!("file://{}", moved.display());
    assert_snapshot!(env.mldata(["remote", "set-url", "--local", "store", &url]), @"
    [stderr]
    The remote `store` is at `file://$ROOT/moved`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["remote"]), @"
    other	../other
    store	file://$ROOT/moved	default	local
    [ok]
    ");
    assert!(env.read_text(".mldataconfig").contains("url = ../moved"));
}

#[test]
fn two_repositories_share_a_remote() {
    let mut env = TestEnv::new();
    env.mldata(["remote", "add", "store", "../store"]).success();
    let first = env.mldata(["remote", "list", "--json"]).success().json();
    env.sh("git init --quiet ../second").success();
    env.cd("second");
    env.mldata(["remote", "add", "main-store", "../store"]).success();
    let second = env.mldata(["remote", "list", "--json"]).success().json();
    assert_eq!(first["remotes"][0]["id"], second["remotes"][0]["id"]);
}

mod resolving {
    use gitml::data::remotes::{self, Access, Error};
    use gitml::git::Repo;

    use super::TestEnv;

    fn resolve(env: &TestEnv, name: Option<&str>) -> Result<remotes::ResolvedRemote, Error> {
        let repo = Repo::discover(env.dir()).unwrap();
        remotes::resolve(&repo, &repo.config().unwrap(), name)
    }

    fn open(env: &TestEnv) -> Result<(), Error> {
        let repo = Repo::discover(env.dir()).unwrap();
        let remote = remotes::resolve(&repo, &repo.config().unwrap(), None)?;
        remotes::open(&repo, &remote, Access::Create).map(drop)
    }

    #[test]
    fn the_default_the_only_or_the_named_one() {
        let env = TestEnv::new();
        assert!(matches!(resolve(&env, None), Err(Error::NoRemote)));
        env.mldata(["remote", "add", "store", "../store"]).success();
        env.mldata(["remote", "add", "other", "../other"]).success();
        assert_eq!(resolve(&env, None).unwrap().name, "store");
        assert_eq!(resolve(&env, Some("other")).unwrap().name, "other");
        assert!(matches!(resolve(&env, Some("third")), Err(Error::Unknown { .. })));
        env.git(["config", "--file", ".mldataconfig", "--unset", "mldata.remote"]).success();
        assert!(matches!(resolve(&env, None), Err(Error::NoDefault { .. })));
        env.mldata(["remote", "remove", "other"]).success();
        assert_eq!(resolve(&env, None).unwrap().name, "store");
    }

    #[test]
    fn relative_urls_count_from_the_main_worktree() {
        let mut env = TestEnv::new();
        env.mldata(["remote", "add", "store", "../store"]).success();
        env.commit("settings");
        env.git(["worktree", "add", "--quiet", "../elsewhere/deep/linked"]).success();
        env.cd("elsewhere/deep/linked");
        let path = resolve(&env, None).unwrap().path;
        assert_eq!(path.canonicalize().unwrap(), env.root().join("store"));
        open(&env).unwrap();
    }

    #[test]
    fn a_clone_cannot_name_any_directory() {
        let env = TestEnv::new();
        env.write("../victim/file", "");
        env.write(".mldataconfig", "[mldata \"x\"]\n\turl = ../victim\n");
        assert!(matches!(resolve(&env, None), Err(Error::NoId { .. })));
        let id = "0123456789abcdef0123456789abcdef";
        for directory in ["../victim", "../absent", "../real"] {
            if directory == "../real" {
                env.mldata(["remote", "add", "--local", "real", directory]).success();
                env.mldata(["remote", "remove", "real"]).success();
            }
            let text = format!("[mldata \"x\"]\n\turl = {directory}\n\tid = {id}\n");
            env.write(".mldataconfig", text);
            assert!(matches!(open(&env), Err(Error::Remote { .. })), "{directory}");
        }
        assert!(!env.exists("../absent"));
        assert_eq!(std::fs::read_dir(env.root().join("victim")).unwrap().count(), 1);
        env.write(".mldataconfig", "[mldata \"x\"]\n\turl = ~/store\n\tid = 0\n");
        assert!(matches!(open(&env), Err(Error::Url { .. })));
    }

    #[test]
    fn a_private_remote_is_made_by_who_asks_for_it() {
        let env = TestEnv::new();
        let store = env.root().join("store");
        env.git(["config", "mldata.mine.url", store.to_str().unwrap()]).success();
        open(&env).unwrap();
        assert!(store.join("mldata-remote").is_file());
    }
}
