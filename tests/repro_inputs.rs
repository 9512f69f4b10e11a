//! What stages depend on: directories, globs, variables, working directories, other pipeline files.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn directories_count_by_what_git_would_take() {
    let env = TestEnv::pipeline(
        "
stages:
  pack:
    cmd: cat src/*.py src/sub/data > packed
    deps: [src]
    outs: [packed]
",
    );
    env.write("src/main.py", "main\n");
    env.write("src/sub/data", "data\n");
    env.write("src/.gitignore", "*.log\n/build\n");
    assert_eq!(env.repro(&[]), "pack: ran");
    // Litter, and what Git ignores.
    env.write("src/__pycache__/main.pyc", "x");
    env.write("src/sub/.ipynb_checkpoints/a", "x");
    env.write("src/.DS_Store", "x");
    env.write("src/run.log", "x");
    env.write("src/build/out", "x");
    env.sh("mkdir src/empty").success();
    assert_eq!(env.repro(&[]), "pack: unchanged");
    // A file that Git tracks counts though a rule would ignore it.
    env.git(["add", "--force", "src/run.log"]).success();
    assert_snapshot!(env.mlrun(["status"]), @"
    pack: would run
      `src` was modified
    [ok]
    ");
    env.git(["rm", "--quiet", "--cached", "src/run.log"]).success();
    assert_eq!(env.states(&[]), "pack: unchanged");
    // New, renamed and executable files count.
    env.write("src/sub/new", "new\n");
    assert_eq!(env.repro(&[]), "pack: ran");
    env.sh("mv src/sub/new src/sub/newer").success();
    assert_eq!(env.repro(&[]), "pack: ran");
    env.chmod("src/sub/newer", 0o755);
    assert_eq!(env.repro(&[]), "pack: ran");
    assert_eq!(env.repro(&[]), "pack: unchanged");
    // A clone finds the same.
    env.commit("all");
    env.remove("packed");
    let mut env = env;
    env.clone_to("clone");
    assert_eq!(env.states(&[]), "pack: changed");
    env.sh("cp -p ../repo/src/__pycache__ src -R; cat src/*.py src/sub/data > packed").success();
    assert_eq!(env.states(&[]), "pack: adoptable");
}

#[test]
fn tracked_data_in_a_dep_directory() {
    let env = TestEnv::pipeline(
        "
stages:
  pack: {cmd: cat in/raw/* > packed, deps: [in], outs: [packed]}
",
    );
    env.write("in/raw/a", "a\n");
    env.write("in/code.py", "code\n");
    env.write("in/.gitignore", "*.tmp\n");
    env.mldata(["add", "in/raw"]).success();
    assert_eq!(env.repro(&[]), "pack: ran");
    // Git ignores the data, and its pointer is none; the data counts, whatever its name.
    env.write("in/raw/b.tmp", "b\n");
    env.write("in/x.tmp", "x\n");
    assert_eq!(env.states(&[]), "pack: changed");
    env.mldata(["add", "in/raw"]).success();
    assert_eq!(env.repro(&[]), "pack: ran");
    assert_eq!(env.read_text("packed"), "a\nb\n");
}

/// A data source that was edited is taken as it is, with a warning, and not added.
#[test]
fn an_edited_source_is_told() {
    let env = TestEnv::pipeline(
        "
stages:
  copy: {cmd: cp data copy, deps: [data], outs: [copy]}
",
    );
    env.write("data", "1\n");
    env.mldata(["add", "data"]).success();
    let pointer = env.read_text("data.mldata");
    env.mlrun(["repro", "-q"]).success();
    env.write("data", "2\n");
    assert_snapshot!(env.mlrun(["status"]), @"
    copy: would run
      `data` was modified
      `data` is not what its pointer says (git mldata add)
    [ok]
    ");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    warning: `copy` reads `data`, which was changed and not added (`git mldata add`)
    Running `copy`:
    `copy`: done in <time>
    [ok]
    ");
    assert_eq!(env.read_text("data.mldata"), pointer);
}

#[test]
fn globs_and_links_and_what_lies_outside() {
    let env = TestEnv::pipeline(
        "
stages:
  glob: {cmd: cat in/*.txt > globbed, deps: ['in/*.txt'], outs: [globbed]}
  deep: {cmd: find in -name '*.md' > deep, deps: ['in/**/*.md'], outs: [deep]}
  outside: {cmd: cp ../shared/base based, deps: [../shared/base], outs: [based]}
  linked: {cmd: cp link followed, deps: [link], outs: [followed]}
",
    );
    env.write("in/a.txt", "a\n");
    env.write("in/b.txt", "b\n");
    env.write("in/c.csv", "c\n");
    env.write("in/x/y/z.md", "z\n");
    env.write("../shared/base", "base\n");
    env.link("../shared/base", "link");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("globbed"), "a\nb\n");
    env.write("in/c.csv", "cc\n");
    let all = "glob: unchanged, deep: unchanged, outside: unchanged, linked: unchanged";
    assert_eq!(env.states(&["--unchanged"]), all);
    env.write("in/c.txt", "c\n");
    env.remove("in/a.txt");
    env.write("in/x/new.md", "new\n");
    env.write("../shared/base", "other\n");
    assert_snapshot!(env.mlrun(["status"]), @"
    glob: would run
      `in/a.txt` is no dep any more
      `in/c.txt` is a new dep
    deep: would run
      `in/x/new.md` is a new dep
    outside: would run
      `$ROOT/shared/base` was modified
    linked: would run
      `link` was modified
    [ok]
    ");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("globbed"), "b\nc\n");
    assert_eq!(env.read_text("based"), "other\n");
    assert_eq!(env.read_text("followed"), "other\n");
}

#[test]
fn variables() {
    let mut env = TestEnv::pipeline(
        "
stages:
  show:
    cmd: echo $SET $GIVEN > shown
    env: {SET: fixed, GIVEN: null}
    deps: [source]
    outs: [shown]
  told:
    cmd: echo $MLRUN_STAGE $DVC_STAGE \"\\${GIT_DIR-none}\" && test $MLRUN_ROOT = $PWD
    deps: [source]
    outs: []
",
    );
    env.write("source", "1\n");
    env.set("GIVEN", "one");
    env.set("GIT_DIR", ".git");
    let output = env.mlrun(["repro", "-q"]).success();
    assert_eq!(output.stdout_text(), "told told none\n");
    env.unset("GIT_DIR");
    assert_eq!(env.read_text("shown"), "fixed one\n");
    env.set("GIVEN", "two");
    env.set("OTHER", "two");
    assert_snapshot!(env.mlrun(["repro", "--explain", "show"]), @"
    [stderr]
    Running `show`:
      `show`: the variable `GIVEN` changed
    `show`: done in <time>
    [ok]
    ");
    env.unset("GIVEN");
    assert_eq!(env.repro(&["show"]), "show: ran");
    env.set("GIVEN", "one");
    assert_eq!(env.repro(&["show"]), "show: reused");
    assert_eq!(env.read_text("shown"), "fixed one\n");
}

#[test]
fn working_directories_and_several_pipelines() {
    let mut env = TestEnv::pipeline(
        "
stages:
  top:
    cmd: cat ../../source > made && pwd
    wdir: deep/er
    deps: [../../source]
    outs: [made]
",
    );
    env.write("source", "1\n");
    env.write("deep/er/keep", "");
    let below = "
stages:
  use: {cmd: cp ../deep/er/made used, deps: [../deep/er/made], outs: [used]}
";
    env.write("below/mlrun.yaml", below);
    assert_eq!(env.repro(&["below/mlrun.yaml:use"]), "top: ran, below/mlrun.yaml:use: ran");
    assert_eq!(env.read_text("below/used"), "1\n");
    assert!(env.exists("below/mlrun.lock") && env.exists("mlrun.lock"));
    assert_eq!(env.read_text("below/.gitignore"), "/used\n");
    assert_eq!(env.read_text("deep/er/.gitignore"), "/made\n");
    env.git(["add", "mlrun.yaml", "below/mlrun.yaml"]).success();
    assert_eq!(env.repro(&["-P"]), "top: unchanged, below/mlrun.yaml:use: unchanged");
    // From below, with the paths and names of there.
    env.write("source", "2\n");
    env.cd("repo/below");
    assert_snapshot!(env.mlrun(["status"]), @"
    top: would run
      `source` was modified
    [ok]
    ");
    assert_eq!(env.repro(&["use"]), "top: ran, below/mlrun.yaml:use: ran");
    assert_eq!(env.read_text("used"), "2\n");
    // A file that nobody needs may be wrong.
    env.write("../broken/mlrun.yaml", "stages: [\n");
    assert_eq!(env.repro(&["use"]), "top: unchanged, below/mlrun.yaml:use: unchanged");
}

#[test]
fn templates_and_groups() {
    let env = TestEnv::pipeline(
        "
vars: [params.yaml]
stages:
  each:
    foreach: ${sizes}
    do:
      cmd: echo ${item} >> ../ran && head -c ${item} source > part-${item}
      deps: [source]
      outs: ['part-${item}']
  grid:
    matrix: {model: [a, b], size: [1, 2]}
    cmd: echo ${item.model}${item.size} | tee -a ../ran > grid-${item.model}-${item.size}
    deps: [source]
    outs: ['grid-${item.model}-${item.size}']
  join:
    cmd: cat part-1 part-2 > joined
    deps: [part-1, part-2]
    outs: [joined]
",
    );
    env.write("params.yaml", "sizes: [1, 2]\n");
    env.write("source", "1234\n");
    assert_eq!(env.repro(&["join"]), "each@1: ran, each@2: ran, join: ran");
    assert_eq!(env.read_text("joined"), "112");
    env.ran();
    // A group's name is all of it.
    let all = "grid@a-1: ran, grid@a-2: ran, grid@b-1: ran, grid@b-2: ran";
    assert_eq!(env.repro(&["grid"]), all);
    assert_eq!(env.ran(), "a1 a2 b1 b2");
    assert_eq!(env.repro(&["grid@b-1"]), "grid@b-1: unchanged");
    env.write("params.yaml", "sizes: [1, 3]\n");
    assert_eq!(env.repro(&["each"]), "each@1: unchanged, each@3: ran");
    // The lock forgets stages that are gone; their outs stay.
    let lock = env.read_text("mlrun.lock");
    assert!(lock.contains("each@3") && !lock.contains("each@2"), "{lock}");
    assert!(env.exists("part-2"));
}

#[test]
fn a_project_of_dvc_runs_unchanged() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.write(
        "dvc.yaml",
        "
stages:
  prepare:
    cmd: mkdir -p data && cp source data/prepared
    deps: [source]
    outs:
    - data/prepared
  train:
    cmd: cat data/prepared > model.pkl && echo '{}' > scores.json
    deps: [data/prepared]
    params: [train.lr, other.yaml: [x]]
    outs: [model.pkl: {cache: true}]
    metrics: [scores.json: {cache: false}]
",
    );
    env.write("source", "1\n");
    env.write("params.yaml", "train: {lr: 1}\n");
    env.write("other.yaml", "x: 1\n");
    env.write("dvc.lock", "schema: '2.0'\nstages: {}\n");
    assert_eq!(env.repro(&[]), "prepare: ran, train: ran");
    assert_eq!(env.repro(&[]), "prepare: unchanged, train: unchanged");
    env.write("other.yaml", "x: 2\n");
    assert_eq!(env.repro(&[]), "prepare: unchanged, train: ran");
    assert_eq!(env.read_text("dvc.lock"), "schema: '2.0'\nstages: {}\n");
    assert!(env.exists("mlrun.lock"));
}

#[test]
fn a_glob_does_not_mean_what_the_stage_itself_writes() {
    let env = TestEnv::prepared();
    env.write("a.txt", "a\n");
    env.write(
        "mlrun.yaml",
        "stages:\n  all: {cmd: cat a.txt > all.txt, deps: ['**/*.txt'], outs: [all.txt]}\n",
    );
    env.mlrun(["repro", "-q"]).success();
    let again = env.mlrun(["repro"]).success();
    assert!(again.stderr_text().contains("Nothing to do"), "{again}");
    let deps = env.read_text("mlrun.lock");
    let deps = deps.split("outs:").next().unwrap_or_default();
    assert!(deps.contains("path: a.txt") && !deps.contains("path: all.txt"), "{deps}");
}

#[test]
fn what_git_ignores_in_a_dep_directory_is_told() {
    let env = TestEnv::prepared();
    env.write(".gitignore", "*.csv\n");
    env.write("data/x.csv", "1\n");
    env.write("data/y", "1\n");
    env.write(
        "mlrun.yaml",
        "stages:\n  read: {cmd: cat data/* > all, deps: [data], outs: [all]}\n",
    );
    let repro = env.mlrun(["repro"]).success();
    let told = "`data/x.csv` does not count as part of `data`, because Git ignores it";
    assert!(repro.stderr_text().contains(told), "{repro}");
    env.write(
        "mlrun.yaml",
        "stages:\n  read: {cmd: cat data/* > all, deps: ['data/*.csv'], outs: [all]}\n",
    );
    let failed = env.mlrun(["repro"]).code(3);
    assert!(failed.stderr_text().contains("globs do not match what Git ignores"), "{failed}");
}

#[test]
fn a_commit_that_lacks_what_its_lock_names_is_told() {
    let env = TestEnv::prepared();
    env.write("source", "1\n");
    env.write(
        "mlrun.yaml",
        "stages:\n  copy: {cmd: cp source copy, deps: [source], outs: [copy]}\n",
    );
    env.commit("source");
    env.write("source", "2\n");
    let repro = env.mlrun(["repro", "--commit"]).success();
    assert!(repro.stderr_text().contains("other changes are not committed"), "{repro}");
}
