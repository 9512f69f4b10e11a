use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::fs::RepoPath;
use crate::pipeline::testing::stages;

fn graph(text: &str) -> Graph {
    Graph::build(stages("mlrun.yaml", text)).expect("a graph")
}

fn names(graph: &Graph, of: &[usize]) -> String {
    of.iter().map(|&at| &graph.stages()[at].address.name[..]).collect::<Vec<_>>().join(" ")
}

/// `consumer<producer`, for every edge.
fn edges(text: &str) -> String {
    let graph = graph(text);
    let name = |at: usize| &graph.stages()[at].address.name;
    let edges = (0..graph.stages().len())
        .flat_map(|at| graph.upstream(at).iter().map(move |&producer| (at, producer)));
    let edges: Vec<String> =
        edges.map(|(at, producer)| format!("{}<{}", name(at), name(producer))).collect();
    edges.join(" ")
}

fn error(text: &str) -> String {
    Graph::build(stages("mlrun.yaml", text)).expect_err("no graph").to_string()
}

#[test]
fn a_dep_at_above_or_below_an_out_is_an_edge() {
    for (text, expected) in [
        ("a: -> x\nb: x", "b<a"),
        ("b: x\na: -> x", "b<a"),
        ("a: -> d/x\nb: d", "b<a"),
        ("a: -> d\nb: d/x/y", "b<a"),
        ("a: -> d/x\nb: d/x2", ""),
        ("a: -> d\nb: d-x d.x d0 e", ""),
        ("a: -> d-x\nb: d", ""),
        ("a: -> d/x d-x\nc: -> d/y\nb: d", "b<a b<c"),
        ("a: -> x y\nb: x y", "b<a"),
        ("a: -> p.yaml\nb: @p.yaml", "b<a"),
        ("a: -> conf\nb: @conf/p.yaml", "b<a"),
        ("a: -> x\nb: /x /mnt/x", ""),
        ("a: -> d/x.csv\nb: d/*.csv", "b<a"),
        ("a: -> d/x.txt\nb: d/*.csv", ""),
        ("a: -> d\nb: d/*.csv", "b<a"),
        ("a: -> d/raw\nb: d/*/x.csv -> d/own", "b<a"),
        ("a: d/*.csv -> d/x.csv", ""),
        ("a: **/*.py -> x\nb: **/*.py x -> model", "b<a"),
    ] {
        assert_eq!(edges(text), expected, "{text}");
    }
}

#[test]
fn sources_are_the_outs_that_are_read_in_the_order_of_the_deps() {
    let graph = graph("a: -> x d/2 d/1\nb: -> y\nc: y d x @x d/1");
    let paths: Vec<String> =
        graph.sources(2).iter().map(|&out| graph.out(out).path.to_string()).collect();
    assert_eq!(paths, ["y", "d/2", "d/1", "x"]);
}

#[test]
fn stages_run_after_what_they_wait_for_and_else_as_written() {
    for (text, expected) in [
        ("a:\nb:\nc:", "a b c"),
        ("c: y\nb: x -> y\na: -> x", "a b c"),
        // As DVC 3.67 ran it.
        ("e: d f\nd: b c -> d\nf: g -> f\ng: -> g\nb: a -> b\nc: a -> c\na: -> a", "a b c d g f e"),
        ("e: f d\nd: c b -> d\nf: g -> f\ng: -> g\nb: a -> b\nc: a -> c\na: -> a", "g f a c b d e"),
        ("u: d\ns1: -> d/z\ns2: -> d/a\ns3: -> q\nw: q d", "s1 s2 u s3 w"),
        ("z: -> z\na: -> a\nm: @z a", "z a m"),
    ] {
        let graph = graph(text);
        assert_eq!(names(&graph, graph.order()), expected, "{text}");
    }
}

#[test]
fn closures_hold_their_targets_and_stop_at_frozen_stages_if_asked() {
    let graph = graph("a: -> a\nb!: a -> b\nc: b -> c\nd: a -> d\ne: c d");
    let at = |name: &str| {
        let found = graph.stages().iter().position(|stage| stage.address.name == name);
        found.expect("a stage")
    };
    assert_eq!(names(&graph, &graph.closure_up(&[at("c")])), "a b c");
    assert_eq!(names(&graph, &graph.closure_down(&[at("c")])), "c e");
    assert_eq!(names(&graph, &graph.closure_down(&[at("d"), at("c")])), "c d e");
    assert_eq!(names(&graph, &graph.active_up(&[at("c")])), "b c");
    assert_eq!(names(&graph, &graph.active_up(&[at("e")])), "a b c d e");
    assert!(graph.closure_up(&[]).is_empty());
    let apart = self::graph("a: -> a\nb: a\nc: a x\nd: -> x\ne: -> e");
    assert_eq!(names(&apart, &apart.connected(&[1])), "a b d c");
    assert_eq!(names(&graph, graph.downstream(at("a"))), "b d");
    assert_eq!(graph.find(&graph.stages()[2].address), Some(2));
}

#[test]
fn what_makes_no_graph_is_said_with_all_who_are_part_of_it() {
    for (text, expected) in [
        ("a: -> x\n\nb: -> y x", "`a` (mlrun.yaml:1) and `b` (mlrun.yaml:3) both write `x`"),
        ("a: -> x x", "`a` (mlrun.yaml:1) and `a` (mlrun.yaml:1) both write `x`"),
        (
            "a: -> d/x/y\nb: -> d",
            "`a` (mlrun.yaml:1) writes `d/x/y`, which is inside of `d`, an out of `b` (mlrun.yaml:2)",
        ),
        ("a: -> x\na: -> y", "there are two stages `a` (mlrun.yaml:1); the other is on line 2"),
        (
            "s: -> s\na: s c -> a\nb: a -> b\nc: b -> c",
            "stages wait for each other: `a` (mlrun.yaml:2) needs `c` of `c` (mlrun.yaml:4), \
             which needs `b` of `b` (mlrun.yaml:3), which needs `a` of `a` (mlrun.yaml:2)",
        ),
        (
            "a: d -> d/x",
            "stages wait for each other: `a` (mlrun.yaml:1) needs `d/x` of `a` (mlrun.yaml:1)",
        ),
        (
            "a: d/x/*.csv -> d/x",
            "stages wait for each other: `a` (mlrun.yaml:1) needs `d/x` of `a` (mlrun.yaml:1)",
        ),
        (
            "a: d/[*\nb: -> d/x",
            "`a` (mlrun.yaml:1) depends on `d/[*`, which is not a valid glob: unclosed",
        ),
    ] {
        let error = error(text);
        assert!(error.starts_with(expected), "{text}\ngave {error}");
    }
    let error = Graph::build(stages("sub/mlrun.yaml", "a: -> sub")).expect_err("no graph");
    assert_eq!(
        error.to_string(),
        "`sub/mlrun.yaml` is inside of `sub`, an out of `a` (sub/mlrun.yaml:1): the stage would \
         remove it"
    );
}

/// Of this thread: other tests run at the same time.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn building_takes_time_in_proportion_to_the_stages() {
    let build = |count: usize| {
        let line = |at: usize| {
            let before = at.saturating_sub(1);
            format!(
                "s{at}: src/{at}.py out/{before} data/{at}/** @params.yaml -> out/{at} log/{at}/x\n"
            )
        };
        let first = "s0: -> out/0\n".to_owned();
        let lines = std::iter::once(first).chain((1..count).map(line));
        let stages = stages("mlrun.yaml", &lines.collect::<String>());
        let start = cpu_time();
        let graph = Graph::build(stages).expect("a graph");
        let time = cpu_time() - start;
        assert_eq!(graph.order().len(), count);
        assert_eq!(graph.upstream(count - 1), [count - 2]);
        time
    };
    // Ten times the stages must not take a hundred times as long: that is between.
    let best = |count: usize| (0..3).map(|_| build(count)).min();
    let (Some(small), Some(large)) = (best(1_000), best(10_000)) else { panic!("three each") };
    assert!(large < small * 40, "1,000 stages: {small:?}, 10,000 stages: {large:?}");
}

fn component() -> impl Strategy<Value = String> {
    "[ab](-|0)?"
}

fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec(component(), 1..4).prop_map(|parts| parts.join("/"))
}

proptest! {
    /// Against the definition, pair by pair.
    #[test]
    fn edges_are_those_of_every_pair(
        stages in prop::collection::vec((prop::collection::vec(paths(), 0..3), paths()), 1..6),
    ) {
        let lines = stages.iter().enumerate();
        let text: String =
            lines.map(|(at, (deps, out))| format!("s{at}: {} -> {out}\n", deps.join(" "))).collect();
        let stages = crate::pipeline::testing::stages("mlrun.yaml", &text);
        let is_in = |a: &RepoPath, b: &RepoPath| a.below(b).is_some();
        let overlap = |a: &RepoPath, b: &RepoPath| is_in(a, b) || is_in(b, a);
        let out = |at: usize| &stages[at].outs[0].path;
        let count = stages.len();
        let mut pairs = (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
        let clash = pairs.any(|(a, b)| overlap(out(a), out(b)));
        let reads = |stage: &Stage, path: &RepoPath| stage.deps.iter().any(|dep| match dep {
            Dep::Path(Place::Inside(dep)) => overlap(dep, path),
            _ => false,
        });
        let expected: Vec<BTreeSet<usize>> = (0..count)
            .map(|a| (0..count).filter(|&b| reads(&stages[a], out(b))).collect())
            .collect();
        match Graph::build(stages.clone()) {
            Ok(graph) => {
                prop_assert!(!clash);
                let mut done = BTreeSet::new();
                for &stage in graph.order() {
                    prop_assert!(expected[stage].is_subset(&done), "the order of\n{}", text);
                    done.insert(stage);
                    let found: BTreeSet<usize> = graph.upstream(stage).iter().copied().collect();
                    prop_assert_eq!(&found, &expected[stage], "{}", text);
                    for &before in graph.upstream(stage) {
                        prop_assert!(graph.downstream(before).contains(&stage));
                    }
                }
                prop_assert_eq!(done.len(), count);
            }
            Err(Error::Cycle(needs)) => {
                prop_assert!(!clash);
                let at = |need: &Need| need.stage.line - 1;
                for (need, next) in needs.iter().zip(needs.iter().cycle().skip(1)) {
                    prop_assert!(expected[at(need)].contains(&at(next)), "{}", text);
                }
            }
            Err(Error::SameOut { .. } | Error::NestedOut { .. }) => prop_assert!(clash),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
}
