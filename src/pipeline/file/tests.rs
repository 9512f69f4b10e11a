use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::format::Value;
use crate::pipeline::stage::{Cmd, Dep, OutKind, ParamsFrom, Place};

/// Files in memory.
#[derive(Default)]
struct Files(BTreeMap<&'static str, &'static str>);

impl Source for Files {
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        let name = std::str::from_utf8(path.as_bytes()).unwrap();
        Ok(self.0.get(name).map(|text| text.as_bytes().to_vec()))
    }

    fn top(&self) -> Option<&Path> {
        Some(Path::new("/repo"))
    }

    fn named(&self, _: &[&str]) -> Result<Vec<RepoPath>> {
        Ok(Vec::new())
    }
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn load_with(files: &[(&'static str, &'static str)], text: &str) -> Result<Loaded> {
    parse(&Files(files.iter().copied().collect()), &path("mlrun.yaml"), text.as_bytes())
}

fn loaded(text: &str) -> Loaded {
    load_with(&[], text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> String {
    load_with(&[], text).expect_err(text).to_string()
}

fn inside(text: &str) -> Place {
    Place::Inside(path(text))
}

#[test]
fn a_stage_with_everything() {
    let loaded = loaded(
        "stages:\n  train:\n    cmd: python train.py\n    wdir: src\n    deps:\n    - ../data/\n    - \
         ./train.py\n    - /usr/lib/x\n    - ../../other/y\n    - ../data/**/*.csv\n    params: [lr, lr, \
         {../p.toml: [a.b]}, {q.json: }]\n    outs:\n    - model.pkl\n    - ../big: {cache: false, persist: true, \
         push: false, remote: store, desc: D, type: model, labels: [l], meta: {a: 1}}\n    metrics: \
         [{m.json: {cache: false}}]\n    plots: [p.csv: {x: step, y: loss, header: false}]\n    frozen: true\n    \
         always_changed: true\n    desc: Trains.\n    meta: [1, {a: b}]\n    env: {SEED: 1, TOKEN: }\n    \
         resources: {gpu: 2}\n    mutex: disk\n    timeout: 15m\n    retry: 3\n    executor: local\n",
    );
    let stage = &loaded.stages[0];
    assert_eq!((stage.address.to_string(), stage.line), ("train".to_owned(), 2));
    assert_eq!(stage.cmd, Cmd::Text("python train.py".to_owned()));
    assert_eq!(stage.wdir, path("src"));
    assert_eq!(
        stage.deps,
        [
            Dep::Path(inside("data")),
            Dep::Path(inside("src/train.py")),
            Dep::Path(Place::Outside("/usr/lib/x".into())),
            Dep::Path(Place::Outside("/other/y".into())),
            Dep::Glob("data/**/*.csv".to_owned()),
        ]
    );
    let from = |file, keys: &[&str]| ParamsFrom {
        file: path(file),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    assert_eq!(
        stage.params,
        [from("src/params.yaml", &["lr"]), from("p.toml", &["a.b"]), from("src/q.json", &[])]
    );
    let outs: Vec<_> =
        stage.outs.iter().map(|out| (out.path.to_string(), out.kind, out.cache)).collect();
    assert_eq!(
        outs,
        [
            ("src/model.pkl".to_owned(), OutKind::Out, true),
            ("big".to_owned(), OutKind::Out, false),
            ("src/m.json".to_owned(), OutKind::Metric, false),
            ("src/p.csv".to_owned(), OutKind::Plot, true),
        ]
    );
    let big = &stage.outs[1];
    assert!(big.persist && !big.push);
    assert_eq!(big.remote.as_deref(), Some("store"));
    assert_eq!(big.about.desc.as_deref(), Some("D"));
    assert_eq!(big.about.kind.as_deref(), Some("model"));
    assert_eq!(big.about.labels, ["l"]);
    assert_eq!(big.about.meta.as_ref().and_then(|meta| meta.get("a")), Some(&Value::Int(1)));
    let [props] = &stage.outs[3].plots[..] else { panic!("{:?}", stage.outs[3]) };
    assert_eq!(
        (props.x.as_deref(), props.y.as_deref(), props.header),
        (Some("step"), Some("loss"), Some(false))
    );
    assert!(stage.frozen && stage.always_changed);
    assert_eq!(stage.desc.as_deref(), Some("Trains."));
    assert_eq!(
        stage.meta.as_ref().and_then(|meta| meta.get("1.a")),
        Some(&Value::String("b".into()))
    );
    let env = [("SEED".to_owned(), Some("1".to_owned())), ("TOKEN".to_owned(), None)];
    assert_eq!(stage.env, BTreeMap::from(env));
    assert_eq!(stage.resources, BTreeMap::from([("gpu".to_owned(), 2)]));
    assert_eq!(stage.mutex, ["disk"]);
    assert_eq!(stage.timeout, Some(Duration::from_secs(900)));
    assert_eq!(stage.retry, 3);
}

#[test]
fn other_ways_to_write_the_same() {
    let loaded = loaded(
        "stages:\n  a:\n    cmd: [echo 1, echo 2]\n    env: [HOME]\n    mutex: [x, y]\n    timeout: 90\n  \
         b.c/d:\n    cmd: |\n      echo 1\n      echo 2\n    outs:\n",
    );
    let [a, b] = &loaded.stages[..] else { panic!("{loaded:?}") };
    assert_eq!(a.cmd.commands(), ["echo 1", "echo 2"]);
    assert_eq!(b.cmd.commands(), ["echo 1", "echo 2"]);
    assert_eq!(a.env, BTreeMap::from([("HOME".to_owned(), None)]));
    assert_eq!(a.mutex, ["x", "y"]);
    assert_eq!(a.timeout, Some(Duration::from_secs(90)));
    assert_eq!(b.address.name, "b.c/d");
}

#[test]
fn the_whole_of_a_params_file_covers_its_keys() {
    let loaded =
        loaded("stages: {a: {cmd: x, params: [lr, {params.yaml: }, {./params.yaml: [seed]}]}}");
    assert_eq!(loaded.stages[0].params, [ParamsFrom { file: path("params.yaml"), keys: vec![] }]);
}

#[test]
fn nothing_is_no_stages() {
    for text in ["", "# only words\n", "stages:\n", "stages: {}\n", "plots:\n"] {
        assert_eq!(loaded(text).stages, [], "{text}");
    }
}

#[test]
fn sections_beside_the_stages() {
    let found = load_with(
        &[("params.yaml", "dir: out\n")],
        "params: [p.yaml]\nmetrics: ['${dir}/m.json']\nplots:\n- a.csv\n- b.csv: {x: s, y: [l, m], title: T}\n- \
         both:\n    x: {a.csv: s}\n    y: {a.csv: [l], b.csv: m}\n- c.csv:\nartifacts:\n  net: {path: \
         '${dir}/net', type: model, labels: [a]}\ndatasets: []\n",
    )
    .unwrap();
    assert_eq!(found.params, [path("p.yaml")]);
    assert_eq!(found.metrics, [path("out/m.json")]);
    let names: Vec<_> = found.plots.iter().map(|plot| &plot.name[..]).collect();
    assert_eq!(names, ["a.csv", "b.csv", "both", "c.csv"]);
    assert_eq!(found.plots[1].y, PlotFields::Own(vec!["l".into(), "m".into()]));
    assert_eq!(
        found.plots[2].y,
        PlotFields::Files(vec![
            (path("a.csv"), vec!["l".into()]),
            (path("b.csv"), vec!["m".into()])
        ])
    );
    let net = &found.artifacts["net"];
    assert_eq!(
        (net.path.to_string(), net.about.kind.as_deref()),
        ("out/net".to_owned(), Some("model"))
    );
    assert_eq!(
        found.notes[0].to_string(),
        "mlrun.yaml:12:11: `datasets` is for DVC only and was ignored\n   |\n12 | datasets: []\n   |           ^"
    );
}

/// Each text with what the error must say, place included.
#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        ("stages: [a]\n", "mlrun.yaml:1:9: `stages` is a map, not a list"),
        ("stage: {}\n", "mlrun.yaml:1:1: unknown key `stage`"),
        ("stages:\n  a: x\n", "mlrun.yaml:2:6: stage `a` is a string, not a map"),
        ("stages:\n  a: {deps: [x]}\n", "mlrun.yaml:2:6: the key `cmd` is missing"),
        ("stages:\n  a: {cmd: x, dep: [y]}\n", "mlrun.yaml:2:15: unknown key `dep`"),
        ("stages:\n  a: {cmd: x, outs: [y: {cach: 1}]}\n", "mlrun.yaml:2:26: unknown key `cach`"),
        ("stages:\n  a: {cmd: x, outs: [y: {x: 1}]}\n", "mlrun.yaml:2:26: unknown key `x`"),
        ("stages:\n  a: {cmd: x, frozen: 1}\n", "mlrun.yaml:2:23: expected `true` or `false`"),
        ("stages:\n  a: {cmd: ' '}\n", "mlrun.yaml:2:12: there is nothing to run"),
        ("stages:\n  a@b: {cmd: x}\n", "mlrun.yaml:2:3: `a@b` is no name for a stage"),
        ("stages:\n  '': {cmd: x}\n", "mlrun.yaml:2:3: `` is no name for a stage"),
        ("stages:\n  a: {cmd: x, wdir: ../..}\n", "mlrun.yaml:2:21: `../..` leads out"),
        ("stages:\n  a: {cmd: x, deps: [s3://b/k]}\n", "mlrun.yaml:2:22: `s3://b/k` is a URL"),
        ("stages:\n  a: {cmd: x, deps: [y, '']}\n", "mlrun.yaml:2:25: a path is empty"),
        ("stages:\n  a: {cmd: x, outs: [../y]}\n", "mlrun.yaml:2:22: out `/y` is not in the repo"),
        ("stages:\n  a: {cmd: x, outs: [.git/y]}\n", "mlrun.yaml:2:22: `.git/y` is Git's own"),
        ("stages:\n  a: {cmd: x, outs: [.]}\n", "mlrun.yaml:2:22: out `.` would hold"),
        ("stages:\n  a: {cmd: x, outs: [y, ./y]}\n", "mlrun.yaml:2:25: out `y` is here twice"),
        (
            "stages:\n  a: {cmd: x, outs: [y/z, y-, y]}\n",
            "mlrun.yaml:2:31: out `y/z` is in out `y`",
        ),
        ("stages:\n  a: {cmd: x, deps: [y], outs: [y]}\n", "out `y` is a dep of the same stage"),
        ("stages:\n  a: {cmd: x, deps: [y], outs: [y/z]}\n", "out `y/z` is in a dep of the same"),
        (
            "stages:\n  a: {cmd: x, deps: [.], outs: [o]}\n",
            "out `o` is in a dep of the same stage: `.`",
        ),
        ("stages:\n  a: {cmd: x, deps: [y/z], outs: [y]}\n", "out `y` holds a dep of the same"),
        ("stages:\n  a: {cmd: x, deps: ['a[']}\n", "mlrun.yaml:2:22: `a[` is no glob"),
        ("stages:\n  a: {cmd: x, timeout: 1d}\n", "mlrun.yaml:2:24: expected `90s`"),
        (
            "stages:\n  a: {cmd: x, executor: slurm}\n",
            "mlrun.yaml:2:25: `slurm` is none of `local`",
        ),
        ("stages:\n  a: {cmd: x, env: {A-B: 1}}\n", "`A-B` is no name for an environment variable"),
        ("stages:\n  a: {cmd: x, retry: -1}\n", "mlrun.yaml:2:22:"),
        ("stages:\n  a: {cmd: x}\n  a: {cmd: y}\n", "mlrun.yaml:3:3: the key `a` stands twice"),
        ("a: 1\n<<<<<<< ours\n", "mlrun.yaml:2:1: a merge left its conflict markers"),
        ("stages:\n  a: {foreach: [1], cmd: x}\n", "mlrun.yaml:2:21: unknown key `cmd`"),
        ("stages:\n  a: {do: {cmd: x}}\n", "mlrun.yaml:2:6: the key `foreach` is missing"),
        (
            "stages:\n  a: {foreach: 1, do: {cmd: x}}\n",
            "`foreach` goes over a list or a map, not an int",
        ),
        ("stages:\n  a: {matrix: {}, cmd: x}\n", "mlrun.yaml:2:15: `matrix` is a map of names"),
        ("stages:\n  a: {matrix: {b: c}, cmd: x}\n", "`b` of `matrix` is a string, not a list"),
        ("artifacts: {a: {}}\n", "mlrun.yaml:1:16: the key `path` is missing"),
        ("metrics: [../x]\n", "mlrun.yaml:1:11: `../x` leads out of the repository"),
    ] {
        let error = refused(text);
        assert!(error.contains(expected), "{text}expected: {expected}\n   found: {error}");
    }
    let error = parse(&Files::default(), &path("mlrun.yaml"), b"a: \xff\n").unwrap_err();
    assert!(error.to_string().contains("mlrun.yaml:1:1: this is not UTF-8"), "{error}");
}

#[test]
fn expressions_are_told_with_their_place() {
    let params = "a: [1]\nb: {c: 1}\n";
    for (text, expected) in [
        (
            "stages:\n  s:\n    cmd: |\n      x\n      \\${no} ${b.c} é ${no}\n",
            "mlrun.yaml:5:23: cannot resolve `${no}`: there is no `no`; if the shell shall replace it, write `\\${no}`\n  |\n5 |       \\${no} ${b.c} é ${no}\n  |                       ^",
        ),
        (
            "\u{feff}stages: {s: {cmd: '${ b . x }'}}\n",
            "mlrun.yaml:1:20: cannot resolve `${ b . x }`: there is no `x` in `b`",
        ),
        (
            "stages: {s: {cmd: \"x ${b.c.d}\"}}\n",
            "mlrun.yaml:1:22: cannot resolve `${b.c.d}`: `b.c` is an integer, not a map",
        ),
        (
            "stages: {s: {cmd: 'x ${a}'}}\n",
            "mlrun.yaml:1:22: cannot resolve `${a}`: a list cannot stand here",
        ),
        (
            "stages: {s: {cmd: x, deps: ['${b}']}}\n",
            "mlrun.yaml:1:30: cannot resolve `${b}`: a map cannot stand here",
        ),
        ("stages: {s: {cmd: x, meta: {'${no}': 1}}}\n", "mlrun.yaml:1:30: cannot resolve `${no}`"),
        (
            "stages: {s: {cmd: x, meta: {c: 1, 'c${e}': 1}}}\nvars: [{e: ''}]\n",
            "mlrun.yaml:1:35: `c` is here twice",
        ),
        (
            "stages: {s: {cmd: 'x ${a[}'}}\n",
            "mlrun.yaml:1:22: cannot resolve `${a[}`: a name is missing",
        ),
        (
            "stages: {s: {cmd: '${b}'}}\n",
            "mlrun.yaml:1:19: expected a string or a list of strings, found a map",
        ),
        (
            "stages: {s: {cmd: x, deps: ['${b.c}']}}\n",
            "mlrun.yaml:1:29: expected a string, found `1`",
        ),
        ("vars: [{x: '${a}'}]\n", "mlrun.yaml:1:12: `${}` has no meaning in `vars`"),
        ("vars: [none.json]\n", "mlrun.yaml:1:8: there is no file `none.json`"),
        ("vars: ['params.yaml:a']\n", "mlrun.yaml:1:8: all of `params.yaml` is read already"),
        (
            "vars: [{b: {c: 2}}]\n",
            "mlrun.yaml:1:8: `b.c` of vars[0] is defined in params.yaml already",
        ),
        ("vars: [../x.yaml]\n", "mlrun.yaml:1:8: `../x.yaml` leads out of the repository"),
        (
            "stages: {s: {cmd: x, vars: [{b: 1}]}}\n",
            "mlrun.yaml:1:29: `b` of s.vars[0] is defined in params.yaml",
        ),
        (
            "stages: {s: {foreach: [1], do: {cmd: x, vars: [{item: 1}]}}}\n",
            "mlrun.yaml:1:48: `item` belongs to the iteration",
        ),
        (
            "stages: {s: {foreach: [1], do: {cmd: x, matrix: {a: [1]}}}}\n",
            "mlrun.yaml:1:49: `matrix` cannot stand in a `foreach`",
        ),
    ] {
        let error = load_with(&[("params.yaml", params)], text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}expected: {expected}\n   found: {error}");
    }
}

#[test]
fn booleans_and_numbers_may_be_expressions() {
    let found = load_with(
        &[("params.yaml", "on: true\nn: 2\nt: 90s\n")],
        "stages: {s: {cmd: x, frozen: '${on}', retry: '${n}', resources: {gpu: '${n}'}, timeout: '${t}', \
         outs: [o: {cache: '${on}'}]}}\n",
    )
    .unwrap();
    let stage = &found.stages[0];
    assert!(stage.frozen && stage.outs[0].cache);
    assert_eq!((stage.retry, stage.resources["gpu"]), (2, 2));
    assert_eq!(stage.timeout, Some(Duration::from_secs(90)));
}

#[test]
fn groups_name_their_stages() {
    let found = loaded(
        "vars: [{item: 1}]\nstages:\n  a: {foreach: [x, y], do: {cmd: x}}\n  b: {matrix: {m: [1, 2]}, cmd: x}\n  c: {cmd: x}\n",
    );
    assert_eq!(found.groups["a"], ["a@x", "a@y"]);
    assert_eq!(found.groups["b"], ["b@1", "b@2"]);
    assert_eq!(found.groups.len(), 2);
    let lines: Vec<_> = found.stages.iter().map(|stage| stage.line).collect();
    assert_eq!(lines, [3, 3, 4, 4, 5]);
    let notes: Vec<_> = found.notes.iter().map(|note| note.message.clone()).collect();
    assert_eq!(
        notes,
        vec!["in these stages `item` is of the iteration, not the variable `item`"; 2]
    );
}

#[test]
fn what_would_not_end_is_refused() {
    let ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    let axes: Vec<String> = ('a'..'g').map(|axis| format!("{axis}: {ten}")).collect();
    let error = refused(&format!("stages: {{s: {{matrix: {{{}}}, cmd: x}}}}\n", axes.join(", ")));
    assert!(error.contains("more than 100000 stages"), "{error}");
    // A text of a few lines for gigabytes of commands.
    let long = format!("vars: [{{t: {}}}]\n", "t".repeat(1 << 20));
    let once = refused(&format!("{long}stages: {{s: {{cmd: '{}'}}}}\n", "${t}".repeat(1000)));
    assert!(once.contains("with all expressions replaced, this is too much"), "{once}");
    let many: String = (0..1000).map(|n| format!("  s{n}: {{cmd: '${{t}} '}}\n")).collect();
    let error = refused(&format!("{long}stages:\n{many}"));
    assert!(error.contains("with all expressions replaced, this is too much"), "{error}");
}

#[test]
fn arguments_are_made_as_the_dvc_project_says() {
    let params = ("params.yaml", "t: {f: false, l: [1, a b]}\n");
    let text = "stages: {s: {cmd: 'x ${t}'}}\n";
    let cmd = |files: &[_]| load_with(files, text).unwrap().stages[0].cmd.clone();
    assert_eq!(cmd(&[params]), Cmd::Text("x --l 1 'a b'".into()));
    let config = (".dvc/config", "[parsing]\n    bool = boolean_optional\n    list = append\n");
    assert_eq!(cmd(&[params, config]), Cmd::Text("x --no-f --l 1 --l 'a b'".into()));
}

/// `load` of a file that somebody is still typing.
#[test]
fn every_beginning_of_a_file_is_read_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
    for case in ["plain", "vars", "text", "foreach", "matrix", "top"] {
        let text = std::fs::read_to_string(root.join(case).join("dvc.yaml")).unwrap();
        for (end, _) in text.char_indices() {
            if let Err(error) = load_with(&[], &text[..end]) {
                assert!(error.to_string().starts_with("mlrun.yaml:"), "{error}");
            }
        }
    }
}
