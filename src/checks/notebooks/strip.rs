//! What to cut out of a notebook.
//!
//! A notebook is JSON (nbformat 3 has its cells in `worksheets`, 4 at the top). Running it leaves outputs,
//! `execution_count` (`prompt_number` in nbformat 3) and, where widgets were shown, their state in
//! `metadata.widgets`. These ranges of the text are replaced by `[]`, `null` and nothing; every other byte
//! stays what it is. What has nothing to cut is not changed at all, however it is formatted.
//!
//! Cells keep their outputs, not their counts, if they say so, as `nbstripout` has it: the tag
//! `keep_output`, or the metadata `keep_output` or `init_cell`. One yes is enough; a `false` there is a no
//! whatever the notebook's own `metadata.keep_output` says for all other cells.

use std::ops::Range;

use super::json::{Result, Scanner};

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Outputs,
    Counts,
    Widgets,
    Metadata,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Outputs, Kind::Counts, Kind::Widgets, Kind::Metadata];
}

/// What is to be cut.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By the numbers of [`Kind`].
    pub kinds: [bool; Kind::ALL.len()],
    /// Keys of the notebook's metadata; a `.` stands between those of objects in it.
    pub notebook_keys: Vec<String>,
    /// Keys of each cell's metadata.
    pub cell_keys: Vec<String>,
}

/// How much there was of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Cells with outputs, cells with counts, or keys of metadata.
    pub count: usize,
    /// Bytes before the first.
    pub first: usize,
}

/// A range of bytes, and what stands there instead.
#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    text: &'static str,
}

/// What was found in a notebook.
#[derive(Debug)]
pub struct Stripped {
    edits: Vec<Edit>,
    found: [Found; Kind::ALL.len()],
}

impl Stripped {
    pub fn found(&self, kind: Kind) -> Found {
        self.found[kind as usize]
    }

    /// Whether the notebook stays as it is.
    pub fn is_clean(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text without what was found; `text` is that in which it was found.
    pub fn apply(&self, text: &str) -> Vec<u8> {
        let mut stripped = Vec::with_capacity(text.len());
        let mut at = 0;
        for edit in &self.edits {
            stripped.extend_from_slice(&text.as_bytes()[at..edit.range.start]);
            stripped.extend_from_slice(edit.text.as_bytes());
            at = edit.range.end;
        }
        stripped.extend_from_slice(&text.as_bytes()[at..]);
        stripped
    }
}

/// Finds what `plan` wants to have cut.
///
/// # Errors
/// The text is no JSON, or no notebook; nothing of it can be cut then.
pub fn find(text: &str, plan: &Plan) -> Result<Stripped> {
    const BOM: &str = "\u{feff}";
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut scanner = Scanner::inside(text, start, 0);
    let mut finder =
        Finder { plan, edits: Vec::new(), found: Default::default(), outputs: Vec::new() };
    let widgets =
        plan.kinds[Kind::Widgets as usize].then_some(Pattern::new("widgets", Kind::Widgets));
    let notebook: Vec<Pattern<'_>> =
        widgets.into_iter().chain(finder.patterns(&plan.notebook_keys)).collect();
    let cell: Vec<Pattern<'_>> = finder.patterns(&plan.cell_keys).collect();
    let mut keeps = Keep::default();
    scanner.object(|scanner, key| match &key.name[..] {
        "cells" => finder.cells(scanner, &cell),
        "worksheets" => scanner.array(|scanner| {
            scanner.object(|scanner, key| match &key.name[..] {
                "cells" => finder.cells(scanner, &cell),
                _ => scanner.skip().map(drop),
            })
        }),
        "metadata" if scanner.peek() == Some(b'{') => {
            keeps = finder.metadata(scanner, &notebook)?;
            Ok(())
        }
        _ => scanner.skip().map(drop),
    })?;
    scanner.end()?;
    finder.outputs(text, keeps.said().unwrap_or(false))?;
    let Finder { mut edits, found, .. } = finder;
    edits.sort_unstable_by_key(|edit| edit.range.start);
    Ok(Stripped { edits, found })
}

/// A key of metadata that goes.
#[derive(Clone, Copy)]
struct Pattern<'a> {
    name: &'a str,
    kind: Kind,
}

impl<'a> Pattern<'a> {
    fn new(name: &'a str, kind: Kind) -> Pattern<'a> {
        Pattern { name, kind }
    }
}

/// What metadata say of outputs.
#[derive(Clone, Copy, Default)]
struct Keep {
    yes: bool,
    no: bool,
}

impl Keep {
    fn said(self) -> Option<bool> {
        (self.yes || self.no).then_some(self.yes)
    }
}

/// Outputs of a cell that are there.
struct Outputs {
    range: Range<usize>,
    /// How many objects and arrays are around them.
    depth: usize,
    keep: Keep,
}

struct Finder<'a> {
    plan: &'a Plan,
    edits: Vec<Edit>,
    found: [Found; Kind::ALL.len()],
    /// What becomes of them is known at the end: metadata may come after what they are about.
    outputs: Vec<Outputs>,
}

impl<'a> Finder<'a> {
    fn patterns(&self, keys: &'a [String]) -> impl Iterator<Item = Pattern<'a>> + use<'a> {
        let wanted = self.plan.kinds[Kind::Metadata as usize];
        keys.iter().filter(move |_| wanted).map(|key| Pattern::new(key, Kind::Metadata))
    }

    fn cells(&mut self, scanner: &mut Scanner<'_>, patterns: &[Pattern<'_>]) -> Result<()> {
        scanner.array(|scanner| self.cell(scanner, patterns))
    }

    fn cell(&mut self, scanner: &mut Scanner<'_>, patterns: &[Pattern<'_>]) -> Result<()> {
        let (mut outputs, mut keep) = (None, Keep::default());
        scanner.object(|scanner, key| {
            let next = scanner.peek();
            match (&key.name[..], next) {
                ("execution_count" | "prompt_number", _) => self.count(scanner)?,
                ("metadata", Some(b'{')) => {
                    keep = self.metadata(scanner, patterns)?;
                }
                ("outputs", Some(b'[')) => {
                    let (depth, mut is_empty) = (scanner.depth(), true);
                    let start = scanner.at();
                    scanner.array(|scanner| {
                        is_empty = false;
                        scanner.skip().map(drop)
                    })?;
                    let range = start..scanner.at();
                    outputs = (!is_empty).then_some((range, depth));
                }
                ("outputs", _) => return Err(scanner.broken("`outputs` is no array")),
                _ => scanner.skip().map(drop)?,
            }
            Ok(())
        })?;
        self.outputs.extend(outputs.map(|(range, depth)| Outputs { range, depth, keep }));
        Ok(())
    }

    fn count(&mut self, scanner: &mut Scanner<'_>) -> Result<()> {
        const NULL: &str = "null";
        let range = scanner.skip()?;
        if &scanner.text()[range.clone()] != NULL {
            self.cut(Kind::Counts, range, NULL);
        }
        Ok(())
    }

    fn outputs(&mut self, text: &str, keep_all: bool) -> Result<()> {
        for Outputs { range, depth, keep } in std::mem::take(&mut self.outputs) {
            if !keep.said().unwrap_or(keep_all) {
                self.cut(Kind::Outputs, range, "[]");
                continue;
            }
            Scanner::inside(text, range.start, depth).array(|scanner| {
                if scanner.peek() != Some(b'{') {
                    return scanner.skip().map(drop);
                }
                scanner.object(|scanner, key| match &key.name[..] {
                    "execution_count" | "prompt_number" => self.count(scanner),
                    _ => scanner.skip().map(drop),
                })
            })?;
        }
        Ok(())
    }

    /// Takes the metadata of a notebook or a cell, without what matches `patterns`.
    fn metadata(&mut self, scanner: &mut Scanner<'_>, patterns: &[Pattern<'_>]) -> Result<Keep> {
        let (text, mut keep) = (scanner.text(), Keep::default());
        self.prune(scanner, patterns, &mut |name, value| {
            let value = &text[value];
            match name {
                "keep_output" | "init_cell" if is_true(value) => keep.yes = true,
                "keep_output" | "init_cell" => keep.no = true,
                "tags" => keep.yes |= has_tag(value),
                _ => {}
            }
        })?;
        Ok(keep)
    }

    /// Takes an object, without the members that match `patterns`; `visit` sees the others.
    fn prune(
        &mut self,
        scanner: &mut Scanner<'_>,
        patterns: &[Pattern<'_>],
        visit: &mut dyn FnMut(&str, Range<usize>),
    ) -> Result<()> {
        let open = scanner.at();
        // From its key to its value's end; whether it goes.
        let mut members: Vec<(Range<usize>, Option<Kind>)> = Vec::new();
        scanner.object(|scanner, key| {
            let goes = patterns.iter().find(|pattern| pattern.name == key.name);
            let is_object = scanner.peek() == Some(b'{');
            let start = scanner.at();
            let below: Vec<Pattern<'_>> = match goes {
                None if is_object => below(patterns, &key.name).collect(),
                _ => Vec::new(),
            };
            if below.is_empty() {
                scanner.skip()?;
            } else {
                self.prune(scanner, &below, &mut |_, _| {})?;
            }
            if goes.is_none() {
                visit(&key.name, start..scanner.at());
            }
            if !patterns.is_empty() {
                members.push((key.start..scanner.at(), goes.map(|pattern| pattern.kind)));
            }
            Ok(())
        })?;
        self.cut_members(open..scanner.at(), &members);
        Ok(())
    }

    /// Cuts members out of the object at `object`, each with the comma that it has no more use for.
    fn cut_members(&mut self, object: Range<usize>, members: &[(Range<usize>, Option<Kind>)]) {
        if !members.is_empty() && members.iter().all(|(_, kind)| kind.is_some()) {
            // An empty object has no line ends in it, whoever writes it.
            self.edits.push(Edit { range: object.start + 1..object.end - 1, text: "" });
            for (range, kind) in members.iter().filter_map(|(range, kind)| Some((range, (*kind)?)))
            {
                self.note(kind, range.start);
            }
            return;
        }
        let mut is_first = true;
        for (at, (range, kind)) in members.iter().enumerate() {
            let Some(kind) = *kind else {
                is_first = false;
                continue;
            };
            self.note(kind, range.start);
            // Before the first that stays, the comma is behind the member; else before it.
            let range = match is_first {
                true => range.start..members[at + 1].0.start,
                false => members[at - 1].0.end..range.end,
            };
            self.edits.push(Edit { range, text: "" });
        }
    }

    fn cut(&mut self, kind: Kind, range: Range<usize>, text: &'static str) {
        if self.plan.kinds[kind as usize] {
            self.note(kind, range.start);
            self.edits.push(Edit { range, text });
        }
    }

    fn note(&mut self, kind: Kind, at: usize) {
        let found = &mut self.found[kind as usize];
        found.first = if found.count == 0 { at } else { found.first.min(at) };
        found.count += 1;
    }
}

/// What `patterns` mean in the object that is the value of `key`.
fn below<'p>(patterns: &[Pattern<'p>], key: &str) -> impl Iterator<Item = Pattern<'p>> {
    patterns.iter().filter_map(move |pattern| {
        let name = pattern.name.strip_prefix(key)?.strip_prefix('.')?;
        Some(Pattern { name, ..*pattern })
    })
}

/// Whether Python takes a value for true.
fn is_true(value: &str) -> bool {
    !matches!(value, "false" | "null" | "0" | "\"\"" | "[]" | "{}")
}

/// Whether `tags`, which is JSON, is an array with the tag `keep_output`.
fn has_tag(tags: &str) -> bool {
    let (mut scanner, mut found) = (Scanner::new(tags), false);
    let taken = scanner.array(|scanner| {
        let tag = serde_json::from_str::<String>(&tags[scanner.skip()?]);
        found |= tag.is_ok_and(|tag| tag == "keep_output");
        Ok(())
    });
    taken.is_ok() && found
}

#[cfg(test)]
mod tests;
