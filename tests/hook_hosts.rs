//! Our checks under pre-commit and prek, as they are installed from PyPI.
//!
//! `GITML_PYENV` names the virtual environment that has them, with ruff and nbstripout; `.ci/run` makes
//! one. The repository of hooks is a copy of `.pre-commit-hooks.yaml`, whose programs are those that were
//! just built. Hosts keep their caches in the test's own home.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gitml::cli::docgen;

use crate::common::machine::{python_tools, variable};
use crate::common::{Output, TestEnv, skip};

const HOSTS: [&str; 2] = ["pre-commit", "prek"];

/// A repository whose `.pre-commit-config.yaml` names one of our hooks.
struct Hosted {
    env: TestEnv,
    host: PathBuf,
}

impl Hosted {
    /// `None` where there are no hosts.
    fn new(test: &str, host: &str, hook: &str) -> Option<Hosted> {
        let folder = python_tools(test, &HOSTS)?;
        let mut env = TestEnv::bare();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        env.write("hooks/.pre-commit-hooks.yaml", std::fs::read(manifest).unwrap());
        for (name, value) in [("PRE_COMMIT_HOME", "home/pre-commit"), ("PREK_HOME", "home/prek")] {
            env.set(name, env.root().join(value).to_str().unwrap());
        }
        let path = env.sh("printf %s \"$PATH\"").success().stdout_text();
        env.set("PATH", format!("{path}:{}", folder.display()));
        env.cd("hooks");
        env.git(["init", "--quiet"]).success();
        env.commit("hooks");
        let revision = env.git(["rev-parse", "HEAD"]).success().stdout_text();
        env.sh("git init --quiet ../repo").success();
        env.cd("repo");
        let config = format!(
            "repos:\n- repo: {}/hooks\n  rev: {}\n  hooks:\n  - {hook}\n",
            env.root().display(),
            revision.trim()
        );
        env.write(".pre-commit-config.yaml", config);
        env.commit("settings");
        Some(Hosted { env, host: folder.join(host) })
    }

    #[must_use = "assert its exit code"]
    fn host<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Output {
        self.env.run_with_input(self.host.to_str().unwrap(), arguments, b"")
    }

    /// What is staged at `path`.
    fn staged(&self, path: &str) -> String {
        self.env.git(["show", &format!(":{path}")]).success().stdout_text()
    }

    /// Whatever a host kept, it kept in the directory that it was told.
    fn assert_tidy(&self) {
        let home = std::fs::read_dir(self.env.root().join("home")).unwrap();
        let mut names: Vec<_> = home.map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| *name != "gitconfig" && *name != "cache");
        names.retain(|name| *name != "pre-commit" && *name != "prek");
        assert!(names.is_empty(), "{names:?}");
    }
}

/// Runs a test under each host.
fn with_hosts(test: &str, hook: &str, body: impl Fn(&Hosted)) {
    for host in HOSTS {
        let Some(hosted) = Hosted::new(test, host, hook) else { return };
        body(&hosted);
        hosted.assert_tidy();
    }
}

#[test]
fn each_program_is_offered_both_ways() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let hooks: Vec<BTreeMap<String, serde_yaml::Value>> = serde_yaml::from_str(&manifest).unwrap();
    let text = |hook: &BTreeMap<String, serde_yaml::Value>, key: &str| {
        hook[key].as_str().unwrap_or_else(|| panic!("{key}")).to_owned()
    };
    let verbs = docgen::verbs();
    let programs = verbs.iter().map(|(verb, _)| verb).filter(|verb| verb.starts_with("mlhook-"));
    let expected: BTreeSet<(String, String, String)> = programs
        .flat_map(|program| {
            [(program.clone(), "system"), (format!("{program}-rust"), "rust")]
                .map(|(id, language)| (id, program.clone(), language.to_owned()))
        })
        .collect();
    let offered: Vec<_> = hooks
        .iter()
        .map(|hook| (text(hook, "id"), text(hook, "entry"), text(hook, "language")))
        .collect();
    assert_eq!(offered.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(offered.len(), expected.len());
    // What is built by the host is started as what is not.
    for hook in &hooks {
        let same =
            |other: &&BTreeMap<String, serde_yaml::Value>| text(other, "id") == text(hook, "entry");
        let installed = hooks.iter().find(same).unwrap();
        for key in ["types", "types_or", "pass_filenames", "require_serial", "stages"] {
            assert_eq!(hook.get(key), installed.get(key), "{key}");
        }
        let is_built = text(hook, "language") == "rust";
        assert_eq!(text(hook, "description").contains("minutes"), is_built);
    }
}

/// What takes minutes and the network: `GITML_TRY_RUST=1`.
#[test]
fn hosts_build_the_programs() {
    const TEST: &str = "hosts_build_the_programs";
    if variable("GITML_TRY_RUST").is_none() {
        return skip(TEST, "GITML_TRY_RUST is not set");
    }
    let home = variable("HOME").unwrap_or_default();
    with_hosts(TEST, "id: mlhook-data", |hosted| {
        let Hosted { env, host } = hosted;
        env.write("model.bin", big());
        env.git(["add", "model.bin"]).success();
        let rust = ["CARGO_HOME", "RUSTUP_HOME"].map(|name| {
            let folder = format!("{home}/.{}", name.to_lowercase().trim_end_matches("_home"));
            (name, variable(name).unwrap_or(folder))
        });
        let source = env!("CARGO_MANIFEST_DIR");
        // Of both hosts, only the first builds what we depend on, and neither optimises: what is shown is
        // that the host finds a package, builds it and starts what it has built.
        let quick = [
            ("CARGO_TARGET_DIR", format!("{source}/target/try-rust")),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0".to_owned()),
            ("CARGO_PROFILE_RELEASE_LTO", "off".to_owned()),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16".to_owned()),
        ];
        let mut command =
            env.command(host.to_str().unwrap(), ["try-repo", source, "mlhook-data-rust"]);
        command.envs(rust).envs(quick).stdin(std::process::Stdio::null());
        let ended = Output::new(command.output().unwrap(), env.root()).code(1);
        assert!(ended.stdout_text().contains("model.bin: big-file "), "{ended}");
    });
}

fn big() -> Vec<u8> {
    vec![7; (5 << 20) + 1]
}

#[test]
fn data_is_checked_as_it_is_staged() {
    with_hosts("data_is_checked_as_it_is_staged", "id: mlhook-data", |hosted| {
        let env = &hosted.env;
        env.write("model.bin", big());
        // Nothing is staged: neither host starts the check.
        assert!(hosted.host(["run"]).success().stdout_text().contains("Skipped"));
        env.git(["add", "model.bin"]).success();
        let found = hosted.host(["run"]).code(1);
        assert!(found.stdout_text().contains("model.bin: big-file "), "{found}");

        hosted.host(["install"]).success();
        env.git(["commit", "--quiet", "-m", "big"]).code(1);
        env.git(["rm", "--quiet", "--cached", "model.bin"]).success();
        env.write("notes.txt", "some\n");
        env.git(["add", "notes.txt"]).success();
        env.git(["commit", "--quiet", "-m", "notes"]).success();
        // The indexes of `commit PATH` and `commit -a` are others than Git's own.
        env.write("notes.txt", big());
        for arguments in [["commit", "-mx", "notes.txt"], ["commit", "-mx", "-a"]] {
            let refused = env.git(arguments).code(1);
            assert!(refused.stderr_text().contains("notes.txt: big-file "), "{refused}");
        }
        assert_eq!(hosted.staged("notes.txt"), "some\n");
        assert_eq!(env.read("notes.txt"), big());
    });
}

#[test]
fn all_files_are_checked_where_a_host_says_so() {
    with_hosts("all_files_are_checked_where_a_host_says_so", "id: mlhook-data", |hosted| {
        let env = &hosted.env;
        env.write("model.bin", big());
        env.commit("big");
        env.write("small", "");
        env.commit("small");
        let found = hosted.host(["run", "--all-files"]).code(1);
        assert!(found.stdout_text().contains("model.bin: big-file "), "{found}");
        for (from, to, expected) in [("HEAD~2", "HEAD~1", 1), ("HEAD~1", "HEAD", 0)] {
            let ended = hosted.host(["run", "--from-ref", from, "--to-ref", to]).code(expected);
            assert_eq!(ended.stdout_text().contains("big-file"), expected == 1, "{ended}");
        }
        // Where the branches parted counts, as for the hosts themselves.
        env.sh("git switch --quiet -c topic HEAD~2; echo > other; git add other").success();
        env.git(["commit", "--quiet", "-m", "other"]).success();
        let ended = hosted.host(["run", "--from-ref", "main", "--to-ref", "topic"]).success();
        assert!(ended.stdout_text().contains("Passed"), "{ended}");
    });
}

#[test]
fn repositories_of_hooks_can_be_tried() {
    with_hosts("repositories_of_hooks_can_be_tried", "id: mlhook-data", |hosted| {
        hosted.env.write("model.bin", big());
        hosted.env.git(["add", "model.bin"]).success();
        let found = hosted.host(["try-repo", "../hooks", "mlhook-data"]).code(1);
        assert!(found.stdout_text().contains("model.bin: big-file "), "{found}");
    });
}

#[test]
fn notebooks_are_stripped_by_several_processes_at_once() {
    const TEST: &str = "notebooks_are_stripped_by_several_processes_at_once";
    const COUNT: usize = 64;
    with_hosts(TEST, "{id: mlhook-notebooks, args: [--fix]}", |hosted| {
        let env = &hosted.env;
        let notebook = |count: &str| {
            format!(
                "{{\"cells\": [{{\"cell_type\": \"code\", \"execution_count\": {count}, \
                 \"metadata\": {{}}, \"outputs\": [], \"source\": []}}], \"metadata\": {{}}, \
                 \"nbformat\": 4, \"nbformat_minor\": 4}}\n"
            )
        };
        for number in 0..COUNT {
            env.write(format!("{number}.ipynb"), notebook("7"));
        }
        env.git(["add", "."]).success();
        hosted.host(["run"]).code(1);
        for number in 0..COUNT {
            let path = format!("{number}.ipynb");
            assert_eq!(env.read_text(&path), notebook("null"));
            assert_eq!(hosted.staged(&path), notebook("7"));
        }
        env.git(["add", "."]).success();
        hosted.host(["run"]).success();
    });
}

/// Badly formatted at the top, and by ruff's measure fine below.
const UGLY: &str = "x = {  'a':1 }\n\n\n\n\n\ny = 2\n";
const PRETTY: &str = "x = {\"a\": 1}\n\n\ny = 2\n";

#[test]
fn a_partially_staged_file_keeps_what_is_not_staged() {
    const TEST: &str = "a_partially_staged_file_keeps_what_is_not_staged";
    with_hosts(TEST, "id: mlhook-format", |hosted| {
        let env = &hosted.env;
        env.write("ruff.toml", "");
        env.commit("ruff");
        env.write("a.py", UGLY);
        env.git(["add", "a.py"]).success();
        let mine = format!("{UGLY}z   =   3  # mine\n");
        env.write("a.py", &mine);
        let found = hosted.host(["run"]).code(1);
        assert!(found.stdout_text().contains("a.py"), "{found}");
        assert_eq!((hosted.staged("a.py"), env.read_text("a.py")), (UGLY.to_owned(), mine));
    });
}

#[test]
fn corrections_go_to_the_worktree_and_fail() {
    const TEST: &str = "corrections_go_to_the_worktree_and_fail";
    with_hosts(TEST, "{id: mlhook-format, args: [--fix]}", |hosted| {
        let env = &hosted.env;
        env.write("ruff.toml", "");
        env.commit("ruff");
        env.write("a.py", UGLY);
        env.write("left.py", UGLY);
        env.git(["add", "a.py"]).success();
        hosted.host(["install"]).success();
        let refused = env.git(["commit", "--quiet", "-m", "ugly"]).code(1);
        assert!(refused.stderr_text().contains("fixed `a.py`"), "{refused}");
        assert_eq!((hosted.staged("a.py"), env.read_text("a.py")), (UGLY.into(), PRETTY.into()));
        assert_eq!(env.read_text("left.py"), UGLY);
        env.git(["add", "a.py"]).success();
        env.git(["commit", "--quiet", "-m", "pretty"]).success();
    });
}
