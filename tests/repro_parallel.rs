//! Several stages at a time: order, resources, and what they print.

use std::collections::BTreeMap;

use crate::common::TestEnv;

/// Stages that note when they begin and end, in nanoseconds, for a quarter of a second each.
fn timed(stages: &[(&str, &str)]) -> TestEnv {
    let mut pipeline = "stages:\n".to_owned();
    for (name, more) in stages {
        pipeline.push_str(&format!(
            "  {name}:\n    cmd: date +%s%N > ../from-{name} && sleep 0.25 && cat source > {name} && date +%s%N > ../to-{name}\n    deps: [source]\n    outs: [{name}]\n{more}"
        ));
    }
    let env = TestEnv::pipeline(&pipeline);
    env.write("source", "1\n");
    env
}

/// When each stage ran.
fn times(env: &TestEnv) -> BTreeMap<String, (u128, u128)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(env.root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(stage) = name.strip_prefix("from-") {
            let read = |edge: &str| {
                let path = env.root().join(format!("{edge}-{stage}"));
                std::fs::read_to_string(path).unwrap().trim().parse::<u128>().unwrap()
            };
            found.insert(stage.to_owned(), (read("from"), read("to")));
        }
    }
    found
}

/// The most stages, of those named, that ran at one time.
fn at_a_time(times: &BTreeMap<String, (u128, u128)>, names: &[&str]) -> usize {
    let spans = || names.iter().map(|name| times[*name]);
    let at = |moment: u128| spans().filter(|(from, to)| (*from..*to).contains(&moment)).count();
    spans().map(|(from, _)| at(from)).max().unwrap_or(0)
}

#[test]
fn stages_run_at_a_time_and_no_more_than_asked() {
    let env = timed(&[("a", ""), ("b", ""), ("c", ""), ("d", "")]);
    let output = env.mlrun(["repro", "-j", "2", "--json"]).success();
    let times_ = times(&env);
    assert_eq!(at_a_time(&times_, &["a", "b", "c", "d"]), 2, "{times_:?}");
    assert_eq!(crate::common::outcomes(&output), "a: ran, b: ran, c: ran, d: ran");
    assert_eq!(env.repro(&["-j", "8"]).matches("unchanged").count(), 4);
}

#[test]
fn groups_and_resources_keep_stages_apart() {
    let mutex = "    mutex: [db]\n";
    let gpu = "    resources: {gpu: 1}\n";
    let env = timed(&[
        ("a", mutex),
        ("b", mutex),
        ("one", gpu),
        ("two", gpu),
        ("big", "    resources: {memory: 3}\n"),
        ("small", "    resources: {memory: 1}\n"),
        ("tiny", "    resources: {memory: 1}\n"),
    ]);
    env.configure("mlrun.resource.memory", "3");
    env.configure("mlrun.resource.gpu", "1");
    env.mlrun(["repro", "-j", "7", "-q"]).success();
    let times = times(&env);
    assert_eq!(at_a_time(&times, &["a", "b"]), 1, "{times:?}");
    assert_eq!(at_a_time(&times, &["one", "two"]), 1, "{times:?}");
    assert_eq!(at_a_time(&times, &["big", "small"]), 1, "{times:?}");
    assert_eq!(at_a_time(&times, &["big", "tiny"]), 1, "{times:?}");
    let all: Vec<&str> = times.keys().map(String::as_str).collect();
    assert!(at_a_time(&times, &all) > 2, "{times:?}");
}

#[test]
fn lines_of_several_stages_are_told_apart() {
    let env = TestEnv::pipeline(
        "
stages:
  a: {cmd: \"printf 'one\\\\ntw'; printf 'o\\\\nend'\", deps: [source], outs: []}
  b: {cmd: echo of b, deps: [source], outs: []}
  c: {cmd: cat a-out b-out, deps: [a-out, b-out], outs: []}
  d: {cmd: touch a-out, outs: [a-out], deps: [source]}
  e: {cmd: touch b-out, outs: [b-out], deps: [source]}
",
    );
    env.write("source", "1\n");
    let output = env.mlrun(["repro", "-j", "4"]).success();
    let printed = output.stdout_text();
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a | end", "a | one", "a | two", "b | of b"]);
    let told = output.stderr_text();
    let place = |text: &str| told.find(text).unwrap_or_else(|| panic!("no {text} in {told}"));
    assert!(place("`d`: done") < place("Running `c`") && place("`e`: done") < place("Running `c`"));
}

/// One fails: what runs is let finish and recorded, nothing new begins.
#[test]
fn a_failure_lets_the_others_finish() {
    let env = timed(&[("slow", "")]);
    let pipeline = env.read_text("mlrun.yaml");
    let more = "  bad: {cmd: exit 1, deps: [source], outs: [bad]}
  late: {cmd: cp slow late, deps: [slow], outs: [late]}
";
    env.write("mlrun.yaml", format!("{pipeline}{more}"));
    let output = env.mlrun(["repro", "-j", "2", "--json"]).code(3);
    assert_eq!(crate::common::outcomes(&output), "slow: ran, bad: failed, late: cancelled");
    assert_eq!(env.repro(&["late"]), "slow: unchanged, late: ran");
}

/// Two `repro` at once: other stages proceed, the same stage is waited for and does not run again.
#[test]
fn two_runners_share_the_work() {
    let env = timed(&[("a", ""), ("b", "")]);
    let first = env.command(crate::common::MLRUN, ["repro", "a"]).spawn().unwrap();
    while !env.root().join("from-a").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(env.states(&["a"]), "a: running");
    let third = env.command(crate::common::MLRUN, ["repro", "a"]).spawn().unwrap();
    env.mlrun(["repro", "-q", "b"]).success();
    let first = first.wait_with_output().unwrap();
    let third = third.wait_with_output().unwrap();
    assert!(first.status.success() && third.status.success());
    let told = String::from_utf8_lossy(&third.stderr).into_owned();
    assert!(told.contains("`a`: waiting for git mlrun repro of `a` (process "), "{told}");
    assert!(told.contains("Nothing to do: the stage is up to date."), "{told}");
    let times = times(&env);
    assert_eq!(at_a_time(&times, &["a", "b"]), 2, "{times:?}");
    assert_eq!(env.repro(&[]), "a: unchanged, b: unchanged");
}
