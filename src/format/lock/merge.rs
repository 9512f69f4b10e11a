//! Merging two versions of a lock that come from one.
//!
//! Stages are merged one by one: one that only one side changed, added or dropped is as that side has
//! it. A stage that both sides changed in different ways is a conflict, as it is for lines of text: the
//! two ran it on different inputs, and which outs are right only a run of the merged pipeline tells.

use std::collections::BTreeSet;

use super::{Lock, LockedStage, write};

/// What became of a merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The text to write; with conflict markers around stages that could not be merged.
    pub text: String,
    /// Those stages.
    pub conflicts: BTreeSet<String>,
}

/// Merges what `ours` and `theirs` made of `base`.
pub fn merge(base: &Lock, ours: &Lock, theirs: &Lock) -> Merged {
    let mut merged = Merged { text: write::HEAD.to_owned(), conflicts: BTreeSet::new() };
    let names: BTreeSet<&String> = ours.stages.keys().chain(theirs.stages.keys()).collect();
    let mut any = false;
    let mut body = String::new();
    for name in names {
        let [base, ours, theirs] = [base, ours, theirs].map(|lock| lock.stages.get(name));
        let kept = if ours == theirs || theirs == base {
            ours
        } else if ours == base {
            theirs
        } else {
            merged.conflicts.insert(name.clone());
            any = true;
            body.push_str("<<<<<<< ours\n");
            push(&mut body, name, ours);
            body.push_str("=======\n");
            push(&mut body, name, theirs);
            body.push_str(">>>>>>> theirs\n");
            continue;
        };
        any |= kept.is_some();
        push(&mut body, name, kept);
    }
    merged.text.push_str(if any { "stages:\n" } else { "stages: {}\n" });
    merged.text.push_str(&body);
    merged
}

fn push(text: &mut String, name: &str, stage: Option<&LockedStage>) {
    if let Some(stage) = stage {
        write::stage(text, name, stage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::lock::LockedCmd;

    fn lock(stages: &[(&str, &str)]) -> Lock {
        let stage = |command: &str| LockedStage {
            cmd: LockedCmd::Text(command.to_owned()),
            deps: Vec::new(),
            params: Default::default(),
            env: Default::default(),
            outs: Vec::new(),
        };
        let stages = stages.iter().map(|(name, cmd)| ((*name).to_owned(), stage(cmd))).collect();
        Lock { stages }
    }

    #[test]
    fn what_one_side_did_is_kept() {
        let base = lock(&[("a", "1"), ("b", "1"), ("gone", "1")]);
        let ours = lock(&[("a", "2"), ("b", "1"), ("new-a", "1"), ("gone", "1")]);
        let theirs = lock(&[("a", "1"), ("b", "2"), ("new-b", "1")]);
        let merged = merge(&base, &ours, &theirs);
        assert!(merged.conflicts.is_empty());
        let expected = lock(&[("a", "2"), ("b", "2"), ("new-a", "1"), ("new-b", "1")]);
        assert_eq!(merged.text, expected.text());
        assert_eq!(merge(&base, &theirs, &ours).text, expected.text());
    }

    #[test]
    fn nothing_is_left_of_nothing() {
        let base = lock(&[("a", "1")]);
        assert_eq!(merge(&base, &lock(&[]), &base).text, lock(&[]).text());
    }

    #[test]
    fn a_conflict_marks_its_stage_alone() {
        let base = lock(&[("a", "1"), ("b", "1")]);
        let merged =
            merge(&base, &lock(&[("a", "2"), ("b", "1")]), &lock(&[("a", "3"), ("b", "2")]));
        assert_eq!(Vec::from_iter(&merged.conflicts), ["a"]);
        let read = Lock::parse_tolerant(merged.text.as_bytes()).expect("a lock with conflicts");
        assert_eq!(read.conflicted, merged.conflicts);
        assert_eq!(read.lock, lock(&[("b", "2")]));
    }
}
