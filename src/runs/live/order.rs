//! The order of runs: milliseconds since 1970, but never back, whatever the clock does.
//!
//! The greatest that was given, or seen by the index of the store (`runs::index`), stands in a small
//! file; who takes one writes the new one under its lock. Where that cannot be written, the clock alone
//! has to do.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};

use crate::git::Repo;

/// The longest number.
const LIMIT: u64 = 32;

/// A number greater than all before in this repository: the first of `count` in a row.
pub fn next(repo: &Repo, count: i64) -> i64 {
    let now = jiff::Timestamp::now().as_millisecond();
    change(repo, &|last| now.max(last.saturating_add(1)), count).unwrap_or(now)
}

/// The order by which a run is sorted: one that no clock can have said would make its run the last for
/// ever, and makes it the first instead.
pub fn plausible(order: i64) -> i64 {
    if order <= latest() { order } else { 0 }
}

/// What a clock can have said, with a year for those that are wrong.
fn latest() -> i64 {
    const YEAR: i64 = 366 * 86_400_000;
    jiff::Timestamp::now().as_millisecond().saturating_add(YEAR)
}

/// From now on, orders are greater than the greatest of `orders`, which may have come with runs from
/// elsewhere. One that no clock can have said is passed over for the next: it would leave no room.
///
/// `orders` descend.
pub fn raise(repo: &Repo, orders: impl IntoIterator<Item = i64>) {
    let latest = latest();
    if let Some(order) = orders.into_iter().find(|order| *order <= latest) {
        let _ = change(repo, &|last| last.max(order), 1);
    }
}

fn change(repo: &Repo, first: &dyn Fn(i64) -> i64, count: i64) -> std::io::Result<i64> {
    let directory = repo.common_dir().join("mldata");
    let path = directory.join("order");
    let open =
        || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file: File = match open() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(&directory)?;
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

    #[test]
    fn a_clock_that_goes_back_reorders_nothing() {
        let directory = tempfile::tempdir().expect("temporary directory");
        gix::init(directory.path()).expect("a repository");
        let repo = Repo::at(directory.path()).expect("it is one");
        let first = next(&repo, 3);
        assert!(next(&repo, 1) >= first + 3);
        // A run of somebody whose clock is a day ahead: for us, ours goes back.
        let ahead = jiff::Timestamp::now().as_millisecond() + 86_400_000;
        raise(&repo, [i64::MAX, ahead + 400 * 86_400_000, ahead, 5]);
        assert_eq!([next(&repo, 2), next(&repo, 1)], [ahead + 1, ahead + 3]);
        raise(&repo, [5]);
        raise(&repo, [i64::MAX]);
        raise(&repo, []);
        assert_eq!(next(&repo, 1), ahead + 4);
        std::fs::write(repo.common_dir().join("mldata/order"), "no number").expect("write");
        assert!(next(&repo, 1) < ahead);
    }
}
