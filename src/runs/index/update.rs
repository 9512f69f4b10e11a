//! From the index of one commit of the store to that of another.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::builder::Builder;
use super::row::Row;
use super::{Runs, Shard, Unreadable};
use crate::format;
use crate::format::run::{Annotations, MAX_LEN, Run, RunId};
use crate::git::{CommitId, GitId, Objects, Repo};
use crate::runs::Result;
use crate::runs::store::{self, MAX_TREE};

/// Runs that are in memory at the same time while they are read.
const BATCH: usize = 2048;
/// Runs that one thread reads in one go.
const CHUNK: usize = 32;
/// The longest reason that is kept, in bytes: it may quote what the store holds.
const MAX_REASON: usize = 300;

/// The index of `tip`, and whether everything could be read or else is wrong for good.
///
/// # Errors
/// The directories above the shards cannot be read.
pub(super) fn update(repo: &Repo, mut old: Runs, tip: CommitId) -> Result<(Runs, bool)> {
    let objects = repo.objects();
    let now = shards(&objects, tip)?;
    let mut listed = list(&objects, &old, &now);
    if !takes_over(&old, &now, &listed) {
        old = Runs::default();
        listed = list(&objects, &old, &now);
    }
    let Listed { mut complete, mut unreadable, found } = listed;

    let is_same = |shard: u8| old.shards.get(&shard) == now.get(&shard);
    unreadable.extend(old.unreadable.into_iter().filter(|known| is_same(known.shard)));
    let mut kept = HashSet::new();
    let rows: Vec<Row> = (old.rows.into_iter())
        .filter(|row| {
            let shard = row.id.as_bytes()[0];
            let wanted = found.get(&row.id);
            let same = |wanted: &Place| (wanted.0, wanted.1) == (row.tree, row.annotations);
            let keep = is_same(shard) || wanted.is_some_and(same);
            keep && (wanted.is_none() || kept.insert(row.id))
        })
        .collect();
    let mut builder = Builder::new(old.strings, rows, old.values);
    let mut wanted: Vec<(RunId, Place)> =
        found.into_iter().filter(|(id, _)| !kept.contains(id)).collect();
    wanted.sort_unstable_by_key(|(id, _)| *id);
    for batch in wanted.chunks(BATCH) {
        let read: Vec<Vec<Read>> = (batch.par_chunks(CHUNK))
            .map(|chunk| {
                let objects = repo.objects();
                chunk.iter().map(|(id, place)| read(&objects, *id, *place)).collect()
            })
            .collect();
        for ((id, (tree, annotations)), read) in batch.iter().zip(read.into_iter().flatten()) {
            let shard = id.as_bytes()[0];
            if let Some((run, said)) = read.found {
                // With what is to be looked for again, the row is not to be taken for whole.
                let whole = !read.problems.iter().any(|problem| problem.may_pass);
                builder.push(&run, &said, *tree, annotations.filter(|_| whole));
            }
            for Problem { path, reason, may_pass } in read.problems {
                if may_pass {
                    complete.remove(&shard);
                }
                unreadable.push(Unreadable { shard, path, reason });
            }
        }
    }
    let (strings, mut rows, values) = builder.finish();
    rows.sort_unstable_by(|a, b| b.order.cmp(&a.order).then_with(|| a.id.cmp(&b.id)));
    unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    let is_complete = complete.len() == now.len();
    Ok((Runs { tip: Some(tip), shards: complete, strings, rows, values, unreadable }, is_complete))
}

/// Whether rows of `old` may stay: not if a run of it is gone, since its texts would stay in the file.
fn takes_over(old: &Runs, now: &BTreeMap<u8, Shard>, listed: &Listed) -> bool {
    let is_there = |row: &Row| {
        let shard = row.id.as_bytes()[0];
        let is_listed = listed.complete.contains_key(&shard) || !now.contains_key(&shard);
        old.shards.get(&shard) == now.get(&shard)
            || listed.found.contains_key(&row.id)
            || !is_listed
    };
    old.rows.iter().all(is_there)
}

/// The trees of all shards that have runs.
fn shards(objects: &Objects, tip: CommitId) -> Result<BTreeMap<u8, Shard>> {
    let root = objects.commit(tip)?.tree;
    let list = |path: &str| -> Result<BTreeMap<u8, GitId>> {
        let Some(entry) = objects.lookup(root, path)?.filter(|entry| entry.is_directory()) else {
            return Ok(BTreeMap::new());
        };
        let entries = objects.tree(entry.id(), MAX_TREE)?;
        let directories = entries.iter().filter(|entry| entry.is_directory());
        Ok(directories.filter_map(|entry| Some((shard_of(&entry.name)?, entry.id()))).collect())
    };
    let (runs, annotations) = (list("v1/runs")?, list("v1/annotations")?);
    let shard = |(number, runs): (u8, GitId)| {
        let annotations = annotations.get(&number).copied();
        (number, Shard { runs: Some(runs), annotations })
    };
    Ok(runs.into_iter().map(shard).collect())
}

/// The number of a shard: two lowercase hexadecimal digits.
fn shard_of(name: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(name).ok()?;
    let number = u8::from_str_radix(text, 16).ok()?;
    (format!("{number:02x}") == text).then_some(number)
}

/// A run's directory, and its annotations.
type Place = (GitId, Option<GitId>);

/// What is in the shards that differ.
struct Listed {
    found: HashMap<RunId, Place>,
    /// The shards whose listing could be read, with those that do not differ.
    complete: BTreeMap<u8, Shard>,
    unreadable: Vec<Unreadable>,
}

fn list(objects: &Objects, old: &Runs, now: &BTreeMap<u8, Shard>) -> Listed {
    let mut listed =
        Listed { found: HashMap::new(), complete: BTreeMap::new(), unreadable: Vec::new() };
    for (&number, shard) in now {
        if old.shards.get(&number) == Some(shard) {
            listed.complete.insert(number, *shard);
            continue;
        }
        match list_shard(objects, number, shard) {
            Ok(found) => {
                listed.found.extend(found);
                listed.complete.insert(number, *shard);
            }
            Err(error) => listed.unreadable.push(Unreadable {
                shard: number,
                path: format!("v1/runs/{number:02x}"),
                reason: shortened(error.to_string()),
            }),
        }
    }
    listed
}

fn list_shard(
    objects: &Objects,
    number: u8,
    shard: &Shard,
) -> crate::git::Result<Vec<(RunId, Place)>> {
    let entries = |tree: Option<GitId>| match tree {
        Some(tree) => objects.tree(tree, MAX_TREE),
        None => Ok(Vec::new()),
    };
    // Names that are no ids are of versions to come.
    let id = |name: &[u8]| {
        let id = RunId::parse(std::str::from_utf8(name).ok()?).ok()?;
        (id.as_bytes()[0] == number).then_some(id)
    };
    let mut annotations = HashMap::new();
    for entry in entries(shard.annotations)? {
        if let (Some(id), Some(_)) =
            (entry.name.strip_suffix(b".json").and_then(id), entry.as_file())
        {
            annotations.insert(id, entry.id());
        }
    }
    let runs = entries(shard.runs)?.into_iter().filter(|entry| entry.is_directory());
    let place = |id| annotations.get(&id).copied();
    Ok(runs.filter_map(|run| id(&run.name).map(|id| (id, (run.id(), place(id))))).collect())
}

/// One run, as far as it could be read.
struct Read {
    found: Option<(Box<Run>, Annotations)>,
    problems: Vec<Problem>,
}

struct Problem {
    path: String,
    reason: String,
    /// The object is not here, and may come.
    may_pass: bool,
}

fn read(objects: &Objects, id: RunId, (tree, annotations): Place) -> Read {
    let mut problems = Vec::new();
    let said = annotations.map(|blob| {
        let read = objects.blob(blob, MAX_LEN).map_err(Wrong::Git);
        read.and_then(|bytes| Annotations::parse(&bytes).map_err(Wrong::Format))
    });
    let said = match said {
        Some(Ok(said)) => said,
        Some(Err(wrong)) => {
            problems.push(wrong.problem(store::annotations_path(id)));
            Annotations::default()
        }
        None => Annotations::default(),
    };
    match read_run(objects, id, tree) {
        Ok(run) => Read { found: Some((Box::new(run), said)), problems },
        Err(wrong) => {
            problems.push(wrong.problem(format!("{}/run.json", store::run_directory(id))));
            Read { found: None, problems }
        }
    }
}

fn read_run(objects: &Objects, id: RunId, tree: GitId) -> Result<Run, Wrong> {
    let malformed = |reason| Wrong::Format(format::Error::malformed("run", reason));
    let entry = objects.lookup(tree, "run.json").map_err(Wrong::Git)?;
    let entry = entry.filter(|entry| entry.as_file().is_some());
    let entry = entry.ok_or_else(|| malformed("it has no `run.json`".to_owned()))?;
    let bytes = objects.blob(entry.id(), MAX_LEN).map_err(Wrong::Git)?;
    let run = Run::parse(&bytes).map_err(Wrong::Format)?;
    if run.id == id { Ok(run) } else { Err(malformed(format!("it says that it is {}", run.id))) }
}

enum Wrong {
    Git(crate::git::Error),
    Format(format::Error),
}

impl Wrong {
    fn problem(self, path: String) -> Problem {
        let (reason, may_pass) = match self {
            Wrong::Git(error) => (error.to_string(), true),
            Wrong::Format(error) => (error.to_string(), false),
        };
        Problem { path, reason: shortened(reason), may_pass }
    }
}

fn shortened(mut reason: String) -> String {
    if reason.len() > MAX_REASON {
        let end = (0..=MAX_REASON).rev().find(|&end| reason.is_char_boundary(end)).unwrap_or(0);
        reason.truncate(end);
        reason.push('…');
    }
    reason
}
