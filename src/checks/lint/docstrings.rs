//! Whether enough has a docstring, as interrogate counts: in all files under one configuration together.
//!
//! What is checked is only a part of them, and a commit of one file must not fail for a share that the
//! project has. So where that part has too few by itself, the others count too, as the index has them; what
//! was said of a text before is kept, and interrogate is asked about new texts alone. Told is only what
//! misses a docstring in the files that are checked.

use std::collections::BTreeSet;

use super::super::tools::{Docs, Kind, Problem, Session, Subject, Task, shortfall};
use super::super::{Check, Checked, Files, Origin, Result, Settings};
use super::{DOCSTRING, Documented};
use crate::fs::RepoPath;

/// Names what has no docstring, where fewer have one than the configuration wants.
pub(super) fn find(
    all: Documented,
    files: &Files<'_>,
    settings: &Settings,
    asked: bool,
    checked: &mut Checked,
) -> Result<()> {
    let is_short = |group: &[(RepoPath, Docs)]| shortfall(group.iter().map(|(_, docs)| docs));
    let short: Documented =
        all.into_iter().filter(|(_, group)| is_short(group).is_some()).collect();
    if short.is_empty() {
        return Ok(());
    }
    let Some(mut others) = others(&short, files, settings, asked, checked)? else { return Ok(()) };
    for (config, group) in short {
        let others = others.remove(&config).unwrap_or_default();
        let together = group.iter().chain(&others).map(|(_, docs)| docs);
        let Some((share, minimum)) = shortfall(together) else { continue };
        for (path, docs) in group {
            for (name, line) in docs.missing {
                let message =
                    format!("no docstring for {name}: {share}% have one, and {minimum}% should");
                let problem = Problem::new(DOCSTRING, &message).at(line.unwrap_or(1), None);
                let tool = Some(Kind::Interrogate.name());
                checked.findings.extend(problem.finding(&path, settings, tool)?);
            }
        }
    }
    Ok(())
}

/// What interrogate says of the files of the index that are not checked and have a configuration of
/// `short`; `None` if it could not say it.
fn others(
    short: &Documented,
    files: &Files<'_>,
    settings: &Settings,
    asked: bool,
    checked: &mut Checked,
) -> Result<Option<Documented>> {
    let mut found = Documented::new();
    // The index may be anything beside a commit that was made some time ago.
    if let Origin::Commit(commit) = files.origin
        && files.repo().head()? != Some(commit)
    {
        return Ok(Some(found));
    }
    let known: BTreeSet<&RepoPath> = files.files.iter().map(|file| &file.path).collect();
    let mut rest = Files::all(files.repo(), &[])?;
    rest.files.retain(|file| !known.contains(&file.path));
    let (mut from, mut untold) = (0, Checked::new(Check::Lint));
    loop {
        let mut subjects = Subject::next(&rest, settings, &mut untold, &mut from)?;
        if subjects.is_empty() {
            return Ok(Some(found));
        }
        subjects.retain(Subject::is_plain);
        let is_broken = Session::open(&rest, settings, Check::Lint, asked, &subjects, |session| {
            let config =
                |subject: &Subject| session.configuration(subject, Kind::Interrogate).cloned();
            let is_one = |subject: &&Subject| {
                short.contains_key(&config(subject))
                    && session.tools(subject).contains(&Kind::Interrogate)
            };
            let members: Vec<&Subject> = subjects.iter().filter(is_one).collect();
            if members.is_empty() {
                return Ok(false);
            }
            let judged = session.judge(Kind::Interrogate, Task::Lint, &members)?;
            for (subject, verdict) in members.into_iter().zip(judged.verdicts) {
                if let Some(docs) = verdict.and_then(|verdict| verdict.docs) {
                    let group = found.entry(config(subject)).or_default();
                    group.push((subject.path.clone(), docs));
                }
            }
            let is_broken = judged.tool.is_broken();
            checked.add_tool(judged.tool);
            Ok(is_broken)
        })?;
        if is_broken {
            return Ok(None);
        }
    }
}
