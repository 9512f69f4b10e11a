//! Notebooks without what running them left.
//!
//! | rule | what `--fix` takes out |
//! |---|---|
//! | `notebook-output` | the outputs of cells |
//! | `notebook-count` | execution counts |
//! | `notebook-widgets` | the state of widgets, `metadata.widgets` |
//! | `notebook-metadata` | keys that `mlhook.notebooks.strip-metadata` names |
//! | `notebook-large` | nothing: it has more bytes than `mlhook.notebooks.limit` |
//! | `notebook-broken` | nothing: it is no notebook, or no JSON |
//!
//! Each is an error by default. One that is off is neither found nor taken out. All else stays byte for
//! byte: ids of cells, names of kernels, the collapsed and the hidden, trailing white space.
//!
//! ```ini
//! [mlhook "notebooks"]
//!     mode = fix
//!     limit = 64m
//!     exclude = docs/gallery/**                    ; these keep everything
//!     notebook-count = off
//!     strip-metadata = cell.metadata.ExecuteTime   ; may be there several times
//!     strip-metadata = metadata.language_info.version
//! ```
//!
//! Which cells keep their outputs is told in [`strip`].

mod json;
mod strip;

use rayon::prelude::*;

use super::{Check, Checked, File, Files, Finding, Fix, Level, Mode, Reader, Result, Settings};
use strip::{Kind, Plan, Stripped};

/// Bytes. Larger ones have data in them that belong elsewhere.
const LIMIT: u64 = 64 << 20;
const BROKEN: &str = "notebook-broken";
const LARGE: &str = "notebook-large";

/// Finds what running notebooks left in them, or makes corrections that take it out.
pub fn check(files: &Files<'_>, settings: &Settings, mode: Mode) -> Result<(Checked, Vec<Fix>)> {
    let (mut checked, mut fixes) = (Checked::new(Check::Notebooks), Vec::new());
    let is_notebook = |file: &&File| {
        file.is_regular() && file.has_suffix(".ipynb") && !settings.excludes(&file.path)
    };
    let notebooks: Vec<&File> = files.files.iter().filter(is_notebook).collect();
    if notebooks.is_empty() {
        return Ok((checked, fixes));
    }
    checked.files = notebooks.len();
    let rules = Rules::load(settings)?;
    let corrects = mode != Mode::Check;
    let looked: Vec<(Vec<Finding>, Option<Fix>)> = match &notebooks[..] {
        [one] => vec![rules.look(&files.reader(), one, corrects)?],
        many => many
            .par_iter()
            .map_init(|| files.reader(), |reader, file| rules.look(reader, file, corrects))
            .collect::<Result<_>>()?,
    };
    for (findings, fix) in looked {
        checked.findings.extend(findings);
        fixes.extend(fix);
    }
    Ok((checked, fixes))
}

/// The settings, read once.
struct Rules {
    /// By the numbers of [`Kind`].
    levels: [Option<Level>; Kind::ALL.len()],
    broken: Option<Level>,
    large: Option<Level>,
    limit: u64,
    plan: Plan,
}

impl Rules {
    fn load(settings: &Settings) -> Result<Rules> {
        let level = |rule| settings.level(rule, Level::Error);
        let mut levels = [None; Kind::ALL.len()];
        for kind in Kind::ALL {
            levels[kind as usize] = level(rule(kind))?;
        }
        let kinds = levels.map(|level| level.is_some());
        let mut plan = Plan { kinds, notebook_keys: Vec::new(), cell_keys: Vec::new() };
        const KEY: &str = "strip-metadata";
        for value in settings.strings(KEY) {
            for key in value.split_ascii_whitespace() {
                if let Some(key) = key.strip_prefix("cell.metadata.") {
                    plan.cell_keys.push(key.to_owned());
                } else if let Some(key) = key.strip_prefix("metadata.") {
                    plan.notebook_keys.push(key.to_owned());
                } else {
                    let expected = "keys such as `metadata.NAME` or `cell.metadata.NAME`";
                    return Err(settings.bad(KEY, &value, expected));
                }
            }
        }
        let limit = settings.bytes("limit", LIMIT)?;
        Ok(Rules { levels, broken: level(BROKEN)?, large: level(LARGE)?, limit, plan })
    }

    fn look(
        &self,
        reader: &Reader<'_>,
        file: &File,
        corrects: bool,
    ) -> Result<(Vec<Finding>, Option<Fix>)> {
        let finding = |level: Option<Level>, rule: &str, message: String| {
            level.map(|level| Finding::new(&file.path, rule, message).level(level))
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let Some(bytes) = reader.bytes(file, limit)? else {
            let size = indicatif::HumanCount(reader.size(file)?);
            let message = format!("{size} bytes in a notebook");
            let large = finding(self.large, LARGE, message).map(|large| {
                large.hint("write what is large to a file and track that: `git mldata add FILE`")
            });
            return Ok((large.into_iter().collect(), None));
        };
        let broken = |at: usize, message: &str| {
            let broken = finding(self.broken, BROKEN, message.to_owned());
            let broken = broken.map(|broken| broken.line(line(&bytes, at)));
            Ok((broken.into_iter().collect(), None))
        };
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => return broken(error.valid_up_to(), "it is not UTF-8"),
        };
        let stripped = match strip::find(text, &self.plan) {
            Ok(stripped) => stripped,
            Err(error) => return broken(error.at, error.message),
        };
        if stripped.is_clean() {
            return Ok((Vec::new(), None));
        }
        if corrects {
            let bytes = stripped.apply(text);
            return Ok((Vec::new(), Some(Fix { path: file.path.clone(), bytes })));
        }
        let found = Kind::ALL.into_iter().filter_map(|kind| {
            let message = message(kind, &stripped)?;
            let mut finding = finding(self.levels[kind as usize], rule(kind), message)?;
            finding.fixable = true;
            let line = line(&bytes, stripped.found(kind).first);
            Some(finding.line(line).hint("mlhook-notebooks --fix"))
        });
        Ok((found.collect(), None))
    }
}

/// The names of all rules.
pub(super) fn rules() -> impl Iterator<Item = &'static str> {
    Kind::ALL.into_iter().map(rule).chain([BROKEN, LARGE])
}

/// The name of the rule against what is cut.
fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Outputs => "notebook-output",
        Kind::Counts => "notebook-count",
        Kind::Widgets => "notebook-widgets",
        Kind::Metadata => "notebook-metadata",
    }
}

/// `None` if there is nothing of the kind.
fn message(kind: Kind, stripped: &Stripped) -> Option<String> {
    let message = match (kind, stripped.found(kind).count) {
        (_, 0) => return None,
        (Kind::Outputs, 1) => "1 cell has outputs".to_owned(),
        (Kind::Outputs, count) => format!("{count} cells have outputs"),
        (Kind::Counts, 1) => "1 execution count".to_owned(),
        (Kind::Counts, count) => format!("{count} execution counts"),
        (Kind::Widgets, _) => "the state of widgets".to_owned(),
        (Kind::Metadata, 1) => "1 key of metadata that is to be stripped".to_owned(),
        (Kind::Metadata, count) => format!("{count} keys of metadata that are to be stripped"),
    };
    Some(message)
}

/// The line that the byte at `at` is in.
fn line(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64
}
