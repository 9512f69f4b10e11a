//! What is said about a run after it ended: tags, a note, that it was deleted.
//!
//! Each statement carries when and by whom it was made, and the later one holds; of two made in the
//! same millisecond the one with the greater writer, then text. So two stores agree whatever the
//! order in which they are merged: per key, this is a last-writer-wins register (Shapiro et al. 2011,
//! "A comprehensive study of Convergent and Commutative Replicated Data Types").

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MAX_LEN;
use crate::format::Result;

/// All that was said about one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// Tags by name; a tag without text was taken away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Note>,
    /// Words of a person about the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// Whether the run was deleted: `yes`, or nothing if that was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Note>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    #[serde(default)]
    pub text: Option<String>,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// When, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Milliseconds since 1970, and later than every statement it replaces, whatever the clock says.
    pub time: i64,
    /// Name and e-mail address, as in a commit.
    pub writer: String,
}

impl Note {
    fn order(&self, other: &Note) -> Ordering {
        self.stamp.cmp(&other.stamp).then_with(|| self.text.cmp(&other.text))
    }

    /// The statement that replaces `old`, if any.
    pub fn after(old: Option<&Note>, text: Option<String>, mut stamp: Stamp) -> Note {
        if let Some(old) = old {
            stamp.time = stamp.time.max(old.stamp.time.saturating_add(1));
        }
        Note { text, stamp }
    }
}

impl Annotations {
    /// # Errors
    /// It is too long, or no annotations.
    pub fn parse(bytes: &[u8]) -> Result<Annotations> {
        super::record::parse_json("annotations of a run", bytes, MAX_LEN)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        super::record::to_json(self)
    }

    pub fn is_deleted(&self) -> bool {
        self.deleted.as_ref().is_some_and(|note| note.text.is_some())
    }

    /// Tags that hold, with their text.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().filter_map(|(name, note)| Some((&name[..], note.text.as_deref()?)))
    }

    /// What both say together. Commutative, associative and idempotent.
    #[must_use]
    pub fn merge(mut self, other: Annotations) -> Annotations {
        for (name, note) in other.tags {
            let mine = self.tags.remove(&name);
            if let Some(note) = later(mine, Some(note)) {
                self.tags.insert(name, note);
            }
        }
        self.note = later(self.note, other.note);
        self.deleted = later(self.deleted, other.deleted);
        self
    }
}

fn later(a: Option<Note>, b: Option<Note>) -> Option<Note> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.order(&b).is_ge() { a } else { b }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn note() -> impl Strategy<Value = Note> {
        (proptest::option::of("[ab]{0,1}"), 0..3i64, "[xy]")
            .prop_map(|(text, time, writer)| Note { text, stamp: Stamp { time, writer } })
    }

    fn annotations() -> impl Strategy<Value = Annotations> {
        let tags = proptest::collection::btree_map("[a-c]", note(), 0..3);
        let option = || proptest::option::of(note());
        (tags, option(), option()).prop_map(|(tags, note, deleted)| Annotations {
            tags,
            note,
            deleted,
        })
    }

    proptest! {
        #[test]
        fn merging_is_a_join(a in annotations(), b in annotations(), c in annotations()) {
            let merge = |a: &Annotations, b: &Annotations| a.clone().merge(b.clone());
            prop_assert_eq!(merge(&a, &b), merge(&b, &a));
            prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
            prop_assert_eq!(merge(&a, &a), a.clone());
            prop_assert_eq!(Annotations::parse(&a.to_bytes()), Ok(a));
        }
    }

    #[test]
    fn a_clock_that_went_back_does_not_lose_a_statement() {
        let at = |time| Stamp { time, writer: "a".into() };
        let old = Note { text: Some("old".into()), stamp: at(100) };
        let new = Note::after(Some(&old), Some("new".into()), at(5));
        assert_eq!(later(Some(old), Some(new.clone())), Some(new));
    }
}
