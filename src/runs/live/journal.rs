//! What a runner writes down, and the runs that it comes to.
//!
//! Records are whole: what is said of a run last holds, so that a line that was passed over costs what
//! it told and nothing else. A last line without its end was torn by a kill, and one that is no record,
//! by a full disk.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::format::run::{How, MAX_LEN, Run};
use crate::fs::{self, At as _};

/// Name of the journal in the directory of its run.
pub(super) const NAME: &str = "journal";
/// The longest line that is read, in bytes.
const MAX_LINE: u64 = MAX_LEN as u64 + (1 << 20);

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// The run as far as it is known at its start; commits to keep.
    Begin {
        run: Box<Run>,
        #[serde(default)]
        code: Vec<String>,
    },
    /// A stage of it begins, or has ended.
    Stage { run: Box<Run>, ended: bool },
    /// The run as it ended; more commits to keep.
    End {
        run: Box<Run>,
        #[serde(default)]
        code: Vec<String>,
    },
}

impl Record {
    /// The record as a line, with its end.
    pub(super) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("memory can be written to");
        line.push(b'\n');
        line
    }
}

/// A run with its stages, as far as the records tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub run: Option<Run>,
    /// Whether the run ended, as opposed to its runner.
    pub ended: bool,
    /// In the order in which they began.
    pub stages: Vec<StageRun>,
    /// Ids of commits.
    pub code: BTreeSet<String>,
    /// Where each stage stands in the run's list.
    listed: HashMap<String, usize>,
}

/// The run of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageRun {
    pub run: Run,
    pub ended: bool,
}

impl State {
    /// Takes a record into account.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Begin { run, code } => {
                let names = run.stages.iter().map(|listed| listed.stage.clone());
                self.listed = names.enumerate().map(|(at, name)| (name, at)).collect();
                self.run = Some(*run);
                self.code.extend(code);
            }
            Record::Stage { run, ended } => {
                let stage = StageRun { run: *run, ended };
                self.refer_to(&stage.run);
                // It began not long ago.
                let mut known = self.stages.iter_mut().rev();
                match known.find(|known| known.run.id == stage.run.id) {
                    Some(known) => *known = stage,
                    None => self.stages.push(stage),
                }
            }
            Record::End { run, code } => {
                self.run = Some(*run);
                self.code.extend(code);
                self.ended = true;
            }
        }
    }

    /// Lets the run's list of stages name the run of one.
    fn refer_to(&mut self, stage: &Run) {
        let at = stage.stage.as_ref().and_then(|name| self.listed.get(name));
        let listed = at.and_then(|&at| self.run.as_mut()?.stages.get_mut(at));
        if let Some(listed) = listed {
            listed.how = stage.how.unwrap_or(How::Ran);
            listed.run = Some(stage.id);
        }
    }
}

/// What the journal in `directory` comes to.
///
/// # Errors
/// It is not there or cannot be read.
pub(super) fn read(directory: &Path) -> fs::Result<State> {
    let path = directory.join(NAME);
    let mut reader = BufReader::new(File::open(&path).at("open", &path)?);
    let mut state = State::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).at("read", &path)?;
        let Some(text) = line.strip_suffix(b"\n") else {
            if (line.len() as u64) < MAX_LINE {
                return Ok(state);
            }
            reader.skip_until(b'\n').at("read", &path)?;
            continue;
        };
        if let Ok(record) = serde_json::from_slice(text) {
            state.apply(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::run::{Kind, RunId, StageRef, Status};

    fn run(byte: u8, kind: Kind) -> Run {
        let started = jiff::Timestamp::from_second(1_767_225_600).expect("valid");
        Run::new(RunId::from_bytes([byte; 16]), format!("run-{byte}"), kind, 1, started)
    }

    fn written(lines: &[&[u8]]) -> State {
        let directory = tempfile::tempdir().expect("temporary directory");
        std::fs::write(directory.path().join(NAME), lines.concat()).expect("write");
        read(directory.path()).expect("read")
    }

    fn records() -> [Vec<u8>; 4] {
        let mut parent = run(1, Kind::Pipeline);
        let listed = |stage: &str| StageRef { stage: stage.into(), how: How::Skipped, run: None };
        parent.stages = vec![listed("load"), listed("train")];
        let mut stage = run(2, Kind::Stage);
        stage.stage = Some("train".into());
        let mut ended = stage.clone();
        (ended.status, ended.how) = (Status::Finished, Some(How::Restored));
        let code = vec!["abc".to_owned()];
        let begin = Record::Begin { run: Box::new(parent.clone()), code };
        parent.status = Status::Finished;
        [
            begin,
            Record::Stage { run: Box::new(stage), ended: false },
            Record::Stage { run: Box::new(ended), ended: true },
            Record::End { run: Box::new(parent), code: vec!["def".into()] },
        ]
        .map(|record| record.to_line())
    }

    #[test]
    fn what_is_said_last_of_a_run_holds() {
        let [begin, stage, ended, end] = &records();
        let state = written(&[begin, stage]);
        assert!(!state.ended && !state.stages[0].ended);
        let state = written(&[begin, stage, ended]);
        assert_eq!((state.stages.len(), state.stages[0].ended), (1, true));
        let listed = &state.run.expect("begun").stages;
        assert_eq!((listed[0].how, listed[0].run), (How::Skipped, None));
        assert_eq!((listed[1].how, listed[1].run), (How::Restored, Some(state.stages[0].run.id)));
        let state = written(&[begin, stage, ended, end]);
        assert!(state.ended && state.code.len() == 2);
        assert_eq!(state.run.expect("begun").status, Status::Finished);
    }

    #[test]
    fn torn_and_foreign_lines_cost_what_they_told() {
        let [begin, stage, ended, end] = &records();
        for cut in [1, ended.len() / 2, ended.len() - 1] {
            let state = written(&[begin, stage, &ended[..cut]]);
            assert_eq!(state.stages.len(), 1);
            assert!(!state.stages[0].ended, "{cut}");
        }
        // A full disk tore a line in the middle, and the next one continues it.
        let state = written(&[begin, &stage[..40], ended, end]);
        assert!(state.ended && state.stages.is_empty());
        // Unless that one begins a line of its own, as it does if the runner saw it.
        assert!(written(&[begin, &stage[..40], b"\n", ended, end]).stages[0].ended);
        for noise in [&b"\n"[..], b"null\n", b"{\"later\": 1}\n", b"\xff\xfe\n"] {
            assert_eq!(written(&[begin, noise, stage]).stages.len(), 1);
        }
        let long = [vec![b'x'; MAX_LINE as usize * 2], b"\n".to_vec()].concat();
        assert_eq!(written(&[begin, &long, stage]).stages.len(), 1);
        assert_eq!(written(&[]), State::default());
    }
}
