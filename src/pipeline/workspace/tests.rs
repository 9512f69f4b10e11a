use super::*;
use crate::pipeline::testing::{Memory, path};

/// A pipeline file of stages in a line each: `name: deps -> outs`.
fn pipeline(text: &str) -> String {
    let mut yaml = String::from("stages:\n");
    for line in text.lines() {
        let (name, rest) = line.split_once(": ").expect("a name");
        let (deps, outs) = rest.split_once("->").unwrap_or((rest, ""));
        let list = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(", ");
        yaml.push_str(&format!(
            "  {name}: {{cmd: x, deps: [{}], outs: [{}]}}\n",
            list(deps),
            list(outs)
        ));
    }
    yaml
}

fn repository(files: &[(&str, &str)]) -> Memory {
    let files: Vec<(&str, String)> = files
        .iter()
        .map(|&(name, text)| match text.contains("->") {
            true => (name, pipeline(text)),
            false => (name, text.to_owned()),
        })
        .collect();
    Memory::new(files.iter().map(|(name, text)| (*name, &text[..])))
}

fn typical() -> Memory {
    repository(&[
        (
            "mlrun.yaml",
            "prepare: raw.csv -> data/clean\ntrain: data/clean -> model.pkl\neval: sub/x -> m.json",
        ),
        (
            "sub/mlrun.yaml",
            "stages:\n  each:\n    foreach: [a, b]\n    do: {cmd: \"x ${item}\"}\n  make: {cmd: y, outs: [x]}\n",
        ),
        ("sub/deep/dvc.yaml", "low: ../x -> low"),
        ("other/mlrun.yaml", "alone: -> other"),
        ("other/dvc.yaml", "hidden: -> hidden"),
    ])
}

fn request<'a>(here: &'a RepoPath, targets: &'a [String]) -> Request<'a> {
    Request { here, targets, glob: false, all: false, whole: false }
}

fn open_at(source: &Memory, here: &str, targets: &str) -> Result<Workspace> {
    let (here, targets) = (path(here), words(targets));
    Workspace::open(source, &request(&here, &targets))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn target_names(workspace: &Workspace) -> String {
    let stages = workspace.graph.stages();
    let names = workspace.targets.iter().map(|&at| stages[at].address.to_string());
    names.collect::<Vec<_>>().join(" ")
}

fn targets(source: &Memory, here: &str, targets: &str) -> String {
    match open_at(source, here, targets) {
        Ok(workspace) => target_names(&workspace),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn targets_are_names_files_directories_and_outs() {
    let source = typical();
    for (here, typed, expected) in [
        ("", "", "prepare train eval"),
        ("", "train", "train"),
        ("", "train prepare train", "train prepare"),
        ("data", "train", "train"),
        ("", ":train", "train"),
        ("", "mlrun.yaml:train", "train"),
        ("data", "../mlrun.yaml:train", "train"),
        ("", "/repo/mlrun.yaml:train", "train"),
        ("", ".:train", "train"),
        ("sub", "", "sub/mlrun.yaml:each@a sub/mlrun.yaml:each@b sub/mlrun.yaml:make"),
        ("sub", "each", "sub/mlrun.yaml:each@a sub/mlrun.yaml:each@b"),
        ("", "sub:each", "sub/mlrun.yaml:each@a sub/mlrun.yaml:each@b"),
        ("", "sub/mlrun.yaml:each@b", "sub/mlrun.yaml:each@b"),
        ("sub", "..", "prepare train eval"),
        ("", "sub/deep", "sub/deep/dvc.yaml:low"),
        ("", "sub/deep/dvc.yaml", "sub/deep/dvc.yaml:low"),
        ("", "other", "other/mlrun.yaml:alone"),
        ("", "model.pkl", "train"),
        ("", "data/clean/a.csv", "prepare"),
        ("", "data", "prepare"),
        ("data", "clean", "prepare"),
        ("sub", "x", "sub/mlrun.yaml:make"),
        ("", "sub/x", "sub/mlrun.yaml:make"),
        ("sub/deep", "", "sub/deep/dvc.yaml:low"),
    ] {
        assert_eq!(targets(&source, here, typed), expected, "{typed} in `{here}`");
    }
}

#[test]
fn targets_that_lead_nowhere_are_said_with_what_is_near() {
    let source = typical();
    for (here, typed, expected) in [
        ("", "trian", "`trian` is no stage, no pipeline file and no out of a stage"),
        ("", "sub:mak", "`sub/mlrun.yaml` has no stage `mak`"),
        (
            "",
            "other/dvc.yaml",
            "`other/dvc.yaml` is not read, because `other/mlrun.yaml` is beside it",
        ),
        ("", "../x", "the target `/x` is outside of the repository"),
        ("", "/etc/passwd", "the target `/etc/passwd` is outside of the repository"),
        (
            "",
            "nowhere:train",
            "`nowhere:train` is no stage, no pipeline file and no out of a stage",
        ),
    ] {
        assert_eq!(targets(&source, here, typed), format!("error: {expected}"), "{typed}");
    }
    for (typed, expected) in
        [("trian", "train"), ("model.pk", "model.pkl"), ("sub:mak", "make"), ("sub:eahc", "each")]
    {
        use crate::pipeline::Error as E;
        let error = open_at(&source, "", typed).expect_err(typed);
        let E::Target(Error::Unknown { near, .. } | Error::UnknownStage { near, .. }) = error
        else {
            panic!("{error}");
        };
        assert_eq!(near, [expected], "{typed}");
    }
    let nothing = repository(&[("a/mlrun.yaml", "a: -> a")]);
    assert_eq!(
        targets(&nothing, "", ""),
        "error: there is no pipeline file, `mlrun.yaml` or `dvc.yaml`, from here up to the top of \
         the repository"
    );
    assert_eq!(targets(&nothing, "", "a:a"), "a/mlrun.yaml:a");
}

fn globbed(source: &Memory, here: &str, typed: &str) -> String {
    let (here, targets) = (path(here), words(typed));
    let request = Request { glob: true, ..request(&here, &targets) };
    match Workspace::open(source, &request) {
        Ok(workspace) => target_names(&workspace),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn globs_match_names_and_files() {
    let source = typical();
    for (here, typed, expected) in [
        ("", "*r*", "prepare train"),
        ("", "tra?n", "train"),
        ("", "train", "train"),
        ("", "*:make", "sub/mlrun.yaml:make"),
        ("", "*/mlrun.yaml:{make,alone}", "other/mlrun.yaml:alone sub/mlrun.yaml:make"),
        (
            "",
            "**:*a*",
            "prepare train eval other/mlrun.yaml:alone sub/mlrun.yaml:each@a \
          sub/mlrun.yaml:each@b sub/mlrun.yaml:make",
        ),
        ("sub", "*:low", "sub/deep/dvc.yaml:low"),
        ("", "*:nothing*", "error: no stage matches `*:nothing*`"),
        ("", "[", "error: `[` is not a valid glob: unclosed character class; missing ']'"),
    ] {
        assert_eq!(globbed(&source, here, typed), expected, "{typed} in `{here}`");
    }
}

#[test]
fn the_graph_has_what_targets_wait_for_and_no_more() {
    let source = typical();
    let opened = |here: &str, typed: &str| {
        let workspace = open_at(&source, here, typed).expect("opens");
        workspace.files.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(opened("", "train"), [""]);
    assert_eq!(opened("", "eval"), ["", "sub"]);
    assert_eq!(opened("sub/deep", ""), ["sub", "sub/deep"]);
    assert_eq!(opened("other", ""), ["other"]);
    let here = RepoPath::root();
    let all = Request { all: true, ..request(&here, &[]) };
    let all = Workspace::open(&source, &all).expect("opens");
    assert_eq!(all.targets.len(), all.graph.stages().len());
    assert_eq!(all.files.len(), 4);
    let train = words("train");
    let whole = Request { whole: true, ..request(&here, &train) };
    let whole = Workspace::open(&source, &whole).expect("opens");
    assert_eq!((target_names(&whole), whole.files.len()), ("train".to_owned(), 4));
}

#[test]
fn producers_are_found_wherever_they_may_be() {
    for (name, files) in [
        ("above", [("a/mlrun.yaml", "p: -> b/x"), ("a/b/mlrun.yaml", "t: x -> y")]),
        ("inside a dep", [("d/e/mlrun.yaml", "p: -> x"), ("mlrun.yaml", "t: d -> y")]),
        ("beside, by `..`", [("a/mlrun.yaml", "p: -> ../b/x"), ("b/mlrun.yaml", "t: x -> y")]),
        (
            "by an absolute path",
            [("a/mlrun.yaml", "p: -> /repo/b/x"), ("b/mlrun.yaml", "t: x -> y")],
        ),
        (
            "by an expression",
            [
                (
                    "a/mlrun.yaml",
                    "vars: [{up: ..}]\nstages: {p: {cmd: x, outs: [\"${up}/b/x\"]}}\n",
                ),
                ("b/mlrun.yaml", "t: x -> y"),
            ],
        ),
        (
            "for params",
            [
                ("a/mlrun.yaml", "p: -> params.yaml"),
                ("mlrun.yaml", "stages: {t: {cmd: x, params: [a/params.yaml: ]}}\n"),
            ],
        ),
        ("for a glob", [("a/mlrun.yaml", "p: -> x.csv"), ("mlrun.yaml", "t: a/x.* -> y")]),
        ("of a directory", [("a/mlrun.yaml", "p: -> d"), ("mlrun.yaml", "t: a/d/e/x -> y")]),
    ] {
        let source = repository(&files);
        let here = files[1].0.trim_end_matches("mlrun.yaml").trim_end_matches('/');
        let workspace = open_at(&source, here, "t").expect(name);
        let &[target] = &workspace.targets[..] else { panic!("{name}: one target") };
        let upstream = workspace.graph.upstream(target);
        assert_eq!(upstream.len(), 1, "{name}");
        assert_eq!(workspace.graph.stages()[upstream[0]].address.name, "p", "{name}");
    }
}

#[test]
fn unrelated_files_are_not_parsed() {
    let mut files: Vec<(String, String)> = (0..100)
        .map(|at| (format!("p{at}/mlrun.yaml"), "stages: this is no pipeline\n".to_owned()))
        .collect();
    files.push(("mlrun.yaml".to_owned(), pipeline("train: p7/data -> model")));
    files[7].1 = pipeline("make: -> data");
    let source = Memory::new(files.iter().map(|(name, text)| (&name[..], &text[..])));
    let workspace = open_at(&source, "", "").expect("opens");
    assert_eq!(workspace.graph.stages().len(), 2);
    assert!(workspace.broken.is_empty());
    let reads = source.reads();
    assert_eq!(reads.len(), files.len(), "each file is read at most once");
}

#[test]
fn mistakes_stop_only_who_named_the_file() {
    let source = repository(&[
        ("mlrun.yaml", "train: bad/x good/x -> model"),
        ("bad/mlrun.yaml", "<<<<<<< HEAD\nstages: {}\n"),
        ("far/mlrun.yaml", "stages: {a: {cmd: x, wdir: .., wrong: 1}}\n"),
        ("good/mlrun.yaml", "make: -> x"),
    ]);
    let workspace = open_at(&source, "", "train").expect("opens");
    assert_eq!(workspace.graph.stages().len(), 2);
    let broken: Vec<String> = workspace.broken.iter().map(ToString::to_string).collect();
    assert_eq!(broken.len(), 2);
    assert!(broken[0].starts_with("bad/mlrun.yaml:1:1: "), "{}", broken[0]);
    assert!(broken[1].starts_with("far/mlrun.yaml:1:"), "{}", broken[1]);
    for named in ["bad", "bad/mlrun.yaml", "bad:x"] {
        assert!(targets(&source, "", named).starts_with("error: bad/mlrun.yaml:1:1: "), "{named}");
    }
    let here = RepoPath::root();
    let all = Request { all: true, ..request(&here, &[]) };
    assert!(Workspace::open(&source, &all).is_err());
}

#[test]
fn two_files_cannot_write_the_same() {
    let source = repository(&[
        ("mlrun.yaml", "train: sub/x -> model"),
        ("sub/mlrun.yaml", "a: -> x"),
        ("far/mlrun.yaml", "b: -> ../sub/x"),
    ]);
    let error = targets(&source, "", "");
    assert_eq!(
        error,
        "error: `b` (far/mlrun.yaml:2) and `a` (sub/mlrun.yaml:2) both write `sub/x`"
    );
}
