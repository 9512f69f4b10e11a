//! The order of runs: milliseconds since 1970, but never back, whatever the clock does.
//!
//! The greatest that was given, or seen in the store, stands in a small file; who takes one writes the
//! new one under its lock. Where that cannot be written, the clock alone has to do.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};

use crate::data::Project;

/// The longest number.
const LIMIT: u64 = 32;

/// A number greater than all before in this repository: the first of `count` in a row.
pub fn next(project: &Project, count: i64) -> i64 {
    let now = jiff::Timestamp::now().as_millisecond();
    change(project, &|last| now.max(last.saturating_add(1)), count).unwrap_or(now)
}

/// From now on, orders are greater than `order`, which came with a run from elsewhere.
pub fn raise(project: &Project, order: i64) {
    let _ = change(project, &|last| last.max(order), 1);
}

fn change(project: &Project, first: &dyn Fn(i64) -> i64, count: i64) -> std::io::Result<i64> {
    let path = project.shared_dir().join("order");
    let open =
        || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file: File = match open() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(project.shared_dir())?;
            open()?
        }
        opened => opened?,
    };
    // Where there are no locks, two that begin at the same moment may share a number.
    let _ = file.lock();
    let mut text = String::new();
    let _ = (&mut file).take(LIMIT).read_to_string(&mut text);
    let last = text.trim().parse().unwrap_or(0);
    let first = first(last);
    let next = first.saturating_add(count - 1);
    if next > last {
        file.rewind()?;
        // As long as the one before: an i64 has at most 20 characters.
        file.write_all(format!("{next:020}\n").as_bytes())?;
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Repo;

    #[test]
    fn a_clock_that_goes_back_reorders_nothing() {
        let directory = tempfile::tempdir().expect("temporary directory");
        gix::init(directory.path()).expect("a repository");
        let repo = Repo::at(directory.path()).expect("it is one");
        let project = Project::of(repo, directory.path()).expect("a project");
        let first = next(&project, 3);
        assert!(next(&project, 1) >= first + 3);
        // A run of somebody whose clock is a day ahead: for us, ours goes back.
        let ahead = jiff::Timestamp::now().as_millisecond() + 86_400_000;
        raise(&project, ahead);
        assert_eq!([next(&project, 2), next(&project, 1)], [ahead + 1, ahead + 3]);
        raise(&project, 5);
        assert_eq!(next(&project, 1), ahead + 4);
        std::fs::write(project.shared_dir().join("order"), "no number").expect("write");
        assert!(next(&project, 1) < ahead);
    }
}
