//! What a stage prints, kept in a file of its own.
//!
//! `logs/<32 hex>.log` beside the index holds the output of the stage's last run in this worktree. Each
//! run puts a new file in the place of the old one, which a recorded run may still have a link to. Up
//! to [`LIMIT`] bytes are written as they come; of what follows only the end is kept, in memory, and
//! appended when the stage is done.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::data::Project;
use crate::format::ObjectId;
use crate::fs::{self, At as _};
use crate::pipeline::{Address, Result};

/// Bytes that are kept from the beginning.
const LIMIT: u64 = 32 << 20;
/// Bytes that are kept from the end of a longer log.
const TAIL: usize = 1 << 20;

/// A log being written.
pub struct Log {
    path: PathBuf,
    /// `None` once it could not be written: a full disk must not end the stage.
    file: Option<File>,
    written: u64,
    tail: VecDeque<u8>,
    left_out: u64,
}

/// Where the output of a stage's last run is kept.
pub fn path(project: &Project, stage: &Address) -> PathBuf {
    let name = [stage.file.as_bytes(), b":", stage.name.as_bytes()].concat();
    let id = ObjectId::of(&name).to_hex();
    project.worktree_dir().join("logs").join(format!("{}.log", &id[..32]))
}

impl Log {
    /// Begins the log of a run of a stage.
    pub fn create(project: &Project, stage: &Address) -> Result<Log> {
        let path = path(project, stage);
        fs::create_dir_all(&project.worktree_dir().join("logs"))?;
        fs::remove_file_if_exists(&path)?;
        Log::at(path)
    }

    /// Begins a log at `path`, where no file is.
    pub fn at(path: PathBuf) -> Result<Log> {
        let file = Some(File::create_new(&path).at("create", &path)?);
        Ok(Log { path, file, written: 0, tail: VecDeque::new(), left_out: 0 })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let room = usize::try_from(LIMIT - self.written).unwrap_or(usize::MAX).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        if !first.is_empty() {
            let written = self.file.as_mut().map(|file| file.write_all(first));
            if !matches!(written, Some(Ok(()))) {
                self.file = None;
            }
            self.written += first.len() as u64;
        }
        self.tail.extend(rest);
        if self.tail.len() > TAIL {
            let surplus = self.tail.len() - TAIL;
            self.tail.drain(..surplus);
            self.left_out += surplus as u64;
        }
    }

    /// Ends the log. Returns its file and size; `None` if it is empty or could not be written.
    pub fn finish(mut self) -> Option<(PathBuf, u64)> {
        let mut file = self.file?;
        let mut size = self.written;
        if !self.tail.is_empty() {
            let note = match self.left_out {
                0 => String::new(),
                left_out => format!("\n[{left_out} bytes are left out here]\n"),
            };
            let tail = self.tail.make_contiguous();
            file.write_all(note.as_bytes()).and_then(|()| file.write_all(tail)).ok()?;
            size += (note.len() + tail.len()) as u64;
        }
        (size > 0).then_some((self.path, size))
    }
}

/// The last `count` lines of a log, for messages.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    const WINDOW: u64 = 16 << 10;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(WINDOW)))?;
        let mut bytes = Vec::new();
        file.take(WINDOW).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let lines = bytes.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines: Vec<String> = lines.map(fs::display_bytes).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let surplus = lines.len().saturating_sub(count);
    lines.split_off(surplus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gigabyte_leaves_its_beginning_and_its_end() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("log");
        let file = Some(File::create(&path).expect("create"));
        let mut log = Log { path, file, written: 0, tail: VecDeque::new(), left_out: 0 };
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            log.write(&piece);
        }
        log.write(b"\nthe end\n");
        assert!(log.tail.len() <= TAIL);
        let (path, size) = log.finish().expect("something was written");
        assert_eq!(std::fs::metadata(&path).expect("stat").len(), size);
        assert!(size < LIMIT + TAIL as u64 + 100);
        assert_eq!(last_lines(&path, 1), ["the end"]);
    }
}
