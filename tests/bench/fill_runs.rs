//! Fills the run store of a repository, for benches: runs of a training with three curves, parameters,
//! an environment that most of them share, and a log.
//!
//! ```text
//! fill_runs DIR N EACH [FROM]    N runs, EACH in a commit, numbered on from FROM (0)
//! ```
//!
//! The same arguments give the same runs.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use gitml::format::run::{Kind, Log, Run, RunId, Series, Status};
use gitml::format::value::Map;
use gitml::format::{ObjectId, Value};
use gitml::git::{GitId, Repo};
use gitml::runs::{NewRun, Store, ids};

/// Points of each curve.
const POINTS: u32 = 40;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (dir, count, each, from) = match args[..] {
        [dir, count, each] => (dir, count.parse()?, each.parse()?, 0),
        [dir, count, each, from] => (dir, count.parse()?, each.parse()?, from.parse()?),
        _ => bail!("usage: fill_runs DIR N EACH [FROM]"),
    };
    fill(Path::new(dir), count, each, from)
}

fn fill(dir: &Path, count: u32, each: u32, from: u32) -> Result<()> {
    let repo = Repo::at(dir)?;
    let head = repo.head()?.context("nothing is committed yet")?;
    let store = Store::new(&repo);
    let mut at = from;
    while at < from + count {
        let until = (at + each).min(from + count);
        let runs: Vec<NewRun> = (at..until)
            .map(|number| {
                // A new environment now and then, as packages are upgraded.
                let environment = store.objects().write_blob(&environment(number / 500))?;
                one(number, environment, &head.to_string())
            })
            .collect::<Result<_>>()?;
        store.add(&runs, &[head], &format!("Record {} runs", runs.len()))?;
        at = until;
    }
    Ok(())
}

fn one(number: u32, environment: GitId, commit: &str) -> Result<NewRun> {
    let digest = ObjectId::of(&number.to_be_bytes());
    let id = RunId::from_bytes(digest.as_bytes()[..16].try_into()?);
    let started = jiff::Timestamp::from_second(1_767_225_600 + i64::from(number) * 60)?;
    let mut run = Run::new(id, ids::name(id), Kind::Exec, i64::from(number), started);
    let noise = |at: u32| f64::from(digest.as_bytes()[at as usize % 32]) / 256.0;
    run.status = if number.is_multiple_of(17) { Status::Failed } else { Status::Finished };
    run.exit_code = Some(i32::from(number.is_multiple_of(17)));
    run.duration = 60.0 + noise(0) * 3600.0;
    run.command = ["python", "train.py", "--config", "config.yaml"].map(str::to_owned).to_vec();
    run.user.name = "Ann Bench".into();
    run.user.email = "ann@example.org".into();
    run.host = format!("node{:02}", number % 8);
    run.code.commit = Some(commit.to_owned());
    run.code.branch =
        Some(if number.is_multiple_of(3) { "main".into() } else { format!("exp/{}", number % 40) });
    let params = Map::from_iter([
        ("lr".to_owned(), Value::Float(noise(1) / 100.0)),
        ("epochs".to_owned(), Value::Int(i128::from(POINTS))),
        ("seed".to_owned(), Value::Int(i128::from(number))),
        ("model.layers".to_owned(), Value::Int(i128::from(number % 12))),
        ("model.name".to_owned(), Value::String(format!("resnet{}", number % 5))),
        ("data.augment".to_owned(), Value::Bool(number.is_multiple_of(2))),
    ]);
    run.params.insert("params.yaml".into(), params);
    let mut table = String::from("series\tstep\tvalue\n");
    let mut metrics = Map::default();
    for (at, name) in ["train/loss", "val/loss", "val/acc"].into_iter().enumerate() {
        let value = |step: u32| noise(step + at as u32) / f64::from(step + 1);
        for step in 0..POINTS {
            let _ = writeln!(table, "{name}\t{step}\t{}", value(step));
        }
        let values = || (0..POINTS).map(value);
        let series = Series {
            count: u64::from(POINTS),
            last: Value::Float(value(POINTS - 1)),
            min: Value::Float(values().fold(f64::INFINITY, f64::min)),
            max: Value::Float(values().fold(f64::NEG_INFINITY, f64::max)),
            step: i64::from(POINTS) - 1,
        };
        metrics.insert(name.replace('/', "."), series.last.clone());
        run.series.insert(name.into(), series);
    }
    run.metrics.insert("metrics.json".into(), metrics);
    let mut log = String::new();
    for epoch in 0..POINTS {
        let _ = writeln!(log, "epoch {epoch}: loss {:.6}", noise(epoch) / f64::from(epoch + 1));
    }
    run.log = Some(Log { size: log.len() as u64, complete: true, oid: None });
    let mut new = NewRun::new(run);
    new.environment = Some(environment);
    new.log = log.into_bytes();
    new.metrics = table.into_bytes();
    Ok(new)
}

/// `env.json`, which differs by `version` only.
fn environment(version: u32) -> Vec<u8> {
    let packages: Vec<String> =
        (0..80).map(|at| format!("    \"package{at}\": \"1.{}.{at}\"", version + at % 3)).collect();
    format!("{{\n  \"packages\": {{\n{}\n  }}\n}}\n", packages.join(",\n")).into_bytes()
}
