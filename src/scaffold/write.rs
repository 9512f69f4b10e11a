//! Putting a project on the disk, as a whole or not at all.
//!
//! A [`Draft`] is a project on its way to its place. Without hooks it is written beside the place, in
//! a directory with a name of ours, and gets its own name by one rename that fails if the name was
//! taken meanwhile. Hooks of a template must find the project where it will be: then it is written in
//! place. Either way, a draft that is dropped before [`Draft::publish`] takes away all that it made and
//! nothing else. Only SIGKILL and a power cut leave something: a directory beside the place that the next
//! draft there removes.
//!
//! A directory that we made goes as a whole. In one that was there, nothing tells what a hook made from
//! what the user put there meanwhile: the files that were written go, what else there is stays, and
//! [`Draft::abandon`] says what that is.
//!
//! A directory that is empty but for `.git` may be filled. Names are then moved in one by one, and back
//! if one of them cannot be.
//!
//! Files are created exclusively, with the modes that the umask leaves, and not synced: a project that
//! a power cut took is made again by the same command.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Error, FileTree, Node, Result};
use crate::fs::{self, At as _, FileType, failpoint};

/// How names of unfinished projects begin; the process, the time and the machine follow.
const PREFIX: &str = ".mlrun-new-";

/// What is where a project is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing.
    Free,
    /// A directory with nothing in it but, perhaps, `.git`.
    Empty,
}

/// Looks at the place of a project.
///
/// # Errors
/// Something is there ([`Error::Exists`]): a file, a directory with something in it, or a symbolic
/// link, wherever it leads. Or what is above is no directory.
pub fn place(target: &Path) -> Result<Place> {
    match fs::lstat(target)? {
        None => match target.ancestors().skip(1).find(|path| path.exists()) {
            Some(above) if !above.is_dir() => {
                Err::<Place, _>(io::Error::from(io::ErrorKind::NotADirectory))
                    .at("create directory", target)
                    .map_err(Error::from)
            }
            _ => Ok(Place::Free),
        },
        Some(stat) if stat.file_type() == FileType::Directory && is_empty(target)? => {
            Ok(Place::Empty)
        }
        Some(_) => Err(Error::Exists { path: target.to_owned() }),
    }
}

/// A project that is being written. Dropping it removes what it made.
#[derive(Debug)]
pub struct Draft {
    target: PathBuf,
    /// Where files are written.
    directory: PathBuf,
    way: Way,
    /// What was written into a directory that was there, each after the directory that it is in.
    written: RefCell<Vec<PathBuf>>,
    _parents: Parents,
    published: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Beside a target that does not exist.
    Beside,
    /// In a directory of ours inside of the target.
    Within,
    /// In the target, which we made.
    InPlace,
    /// In the target, which was there.
    Filling,
}

impl Draft {
    /// Begins a project that will be at `target`; missing directories above it are made. With
    /// `in_place`, it is there from the beginning.
    ///
    /// # Errors
    /// As of [`place`], or a directory cannot be made. Nothing is left then.
    pub fn new(target: &Path, in_place: bool) -> Result<Draft> {
        let place = place(target)?;
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let above = match place {
            Place::Free => parent.unwrap_or(Path::new(".")),
            Place::Empty => target,
        };
        remove_stale(above);
        let (directory, way) = match (place, in_place) {
            (Place::Free, false) => (above.join(own_name()), Way::Beside),
            (Place::Empty, false) => (above.join(own_name()), Way::Within),
            (Place::Free, true) => (target.to_owned(), Way::InPlace),
            (Place::Empty, true) => (target.to_owned(), Way::Filling),
        };
        let parents = match place {
            Place::Free => Parents::make(above)?,
            Place::Empty => Parents(Vec::new()),
        };
        if way != Way::Filling {
            match std::fs::create_dir(&directory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Error::Exists { path: target.to_owned() });
                }
                made => made.at("create directory", &directory)?,
            }
        }
        let target = target.to_owned();
        let written = RefCell::default();
        Ok(Draft { target, directory, way, written, _parents: parents, published: false })
    }

    /// Where the project is now: the current directory of its hooks.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes `files`; what a hook put in their way gives way. `stop` is asked before each file whether
    /// the user wants to go on.
    ///
    /// # Errors
    /// Something cannot be written, two names are one for this file system, or `stop` said so.
    pub fn write(&self, files: &FileTree, stop: &dyn Fn() -> bool) -> Result<()> {
        let hooked = matches!(self.way, Way::InPlace | Way::Filling);
        if hooked {
            self.make_way(files)?;
        }
        for (path, node) in files.iter() {
            if stop() {
                return Err(Error::Interrupted);
            }
            let place = self.directory.join(path.as_path());
            failpoint::hit("new.write").at("write", &place)?;
            let made = match node {
                Node::Directory => match std::fs::create_dir(&place) {
                    Err(error) if hooked && is_directory(&error, &place) => continue,
                    made => made,
                },
                Node::File { bytes, executable } => write_file(&place, bytes, *executable),
                // Nothing of the tree is below it.
                Node::Link(to) => std::os::unix::fs::symlink(fs::os_path(to), &place),
            };
            match made {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Error::Collision { path: path.clone() });
                }
                made => {
                    // Also if only a part of it could be written.
                    if self.way == Way::Filling {
                        self.written.borrow_mut().push(place);
                    }
                    made.at("write", self.target.join(path.as_path()))?;
                }
            }
        }
        match stop() {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }

    /// Gives the project its place, for good.
    ///
    /// # Errors
    /// The place was taken meanwhile, or a rename failed. Nothing is left then.
    pub fn publish(mut self) -> Result<()> {
        match self.way {
            Way::Beside => rename(&self.directory, &self.target, &self.target)?,
            Way::Within => self.move_in()?,
            Way::InPlace | Way::Filling => {}
        }
        self.published = true;
        Ok(())
    }

    /// Takes away what was made, as dropping does, and returns the names of what stays in the target:
    /// what hooks or others have put there.
    pub fn abandon(self) -> Vec<OsString> {
        let (target, way) = (self.target.clone(), self.way);
        drop(self);
        let mut left = match way {
            Way::Filling => names(&target).unwrap_or_default(),
            Way::Beside | Way::Within | Way::InPlace => Vec::new(),
        };
        left.retain(|name| name != GIT && !is_stale(name));
        left.sort();
        left
    }

    /// Removes what hooks put where files are going to be.
    fn make_way(&self, files: &FileTree) -> Result<()> {
        if is_empty(&self.directory)? {
            return Ok(());
        }
        for (path, node) in files.iter() {
            if !matches!(node, Node::Directory) {
                fs::remove_file_if_exists(&self.directory.join(path.as_path()))?;
            }
        }
        Ok(())
    }

    /// Moves everything from the directory of ours into the one around it.
    fn move_in(&mut self) -> Result<()> {
        let mut moved: Vec<OsString> = Vec::new();
        for name in names(&self.directory)? {
            let to = self.target.join(&name);
            if let Err(error) = rename(&self.directory.join(&name), &to, &to) {
                for name in moved.iter().rev() {
                    let _ = fs::rename(&self.target.join(name), &self.directory.join(name));
                }
                return Err(error);
            }
            moved.push(name);
        }
        let _ = std::fs::remove_dir(&self.directory);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        match self.way {
            Way::Beside | Way::Within | Way::InPlace => {
                let _ = std::fs::remove_dir_all(&self.directory);
            }
            Way::Filling => {
                for path in self.written.get_mut().iter().rev() {
                    // A directory with something else in it stays.
                    let _ = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
                }
            }
        }
    }
}

/// Directories that were made above a target, from the top. Dropping it removes those that are empty,
/// which none is once the project is there.
#[derive(Debug)]
struct Parents(Vec<PathBuf>);

impl Parents {
    fn make(directory: &Path) -> Result<Parents> {
        let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let mut missing: Vec<&Path> = directory.ancestors().take_while(missing).collect();
        missing.reverse();
        let mut made = Parents(Vec::new());
        for path in missing {
            match std::fs::create_dir(path) {
                Err(error) if is_directory(&error, path) => {}
                created => {
                    created.at("create directory", path)?;
                    made.0.push(path.to_owned());
                }
            }
        }
        Ok(made)
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// What an empty directory may have in it.
const GIT: &str = ".git";

fn names(directory: &Path) -> Result<Vec<OsString>> {
    let entries = std::fs::read_dir(directory).at("read", directory)?;
    let names: io::Result<Vec<OsString>> =
        entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    Ok(names.at("read", directory)?)
}

fn is_empty(directory: &Path) -> Result<bool> {
    Ok(names(directory)?.iter().all(|name| name == GIT || is_stale(name)))
}

/// Whether `error` says that a directory is at `path` already: itself, not by a link.
fn is_directory(error: &io::Error, path: &Path) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
        && path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

/// Creates a file that is not there yet, by the umask.
pub(super) fn write_file(path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    let mode = if executable { 0o777 } else { 0o666 };
    let mut file = std::fs::File::options().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)
}

/// Renames unless the name is taken, which is told of `target`.
fn rename(from: &Path, to: &Path, target: &Path) -> Result<()> {
    match fs::rename_new(from, to) {
        Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::Exists { path: target.to_owned() })
        }
        renamed => Ok(renamed?),
    }
}

fn own_name() -> String {
    let (process, time) = (std::process::id(), fs::unix_time_ns());
    format!("{PREFIX}{process}-{time:x}-{}", machine())
}

/// The machine's name as far as a file name takes it: others may share the directory, and their
/// processes cannot be seen from here.
fn machine() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    name.chars().filter(|c| c.is_ascii_alphanumeric()).take(64).collect()
}

/// Removes what killed processes left in `directory`.
fn remove_stale(directory: &Path) {
    for name in names(directory).unwrap_or_default().iter().filter(|name| is_stale(name)) {
        let _ = std::fs::remove_dir_all(directory.join(name));
    }
}

/// Whether `name` is that of an unfinished project whose process, of this machine, is no more.
fn is_stale(name: &OsStr) -> bool {
    let parts = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    let mut parts = parts.unwrap_or_default().splitn(3, '-');
    let (process, _time, of) = (parts.next(), parts.next(), parts.next());
    let process = process.and_then(|id| rustix::process::Pid::from_raw(id.parse().ok()?));
    of == Some(&machine()[..])
        && process.is_some_and(|id| {
            rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RepoPath;
    use crate::scaffold::Limits;

    fn tree(files: &[(&str, &'static str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (path, text) in files {
            let node =
                Node::File { bytes: text.as_bytes().to_vec().into(), executable: *text == "run" };
            tree.insert(RepoPath::new(*path).unwrap(), node, &Limits::default()).unwrap();
        }
        tree
    }

    fn listed(directory: &Path) -> Vec<String> {
        let mut found: Vec<String> =
            names(directory).unwrap().iter().map(|name| name.to_string_lossy().into()).collect();
        found.sort();
        found
    }

    fn never() -> bool {
        false
    }

    #[test]
    fn a_project_appears_as_a_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("above/project");
        let draft = Draft::new(&target, false).unwrap();
        draft.write(&tree(&[("a/b", "b"), ("c", "run")]), &never).unwrap();
        assert!(!target.exists());
        draft.publish().unwrap();
        assert_eq!(std::fs::read(target.join("a/b")).unwrap(), b"b");
        let mode = |name| target.join(name).metadata().unwrap().permissions().mode() & 0o100;
        assert_eq!((mode("a/b"), mode("c")), (0, 0o100));
        assert_eq!(listed(&temp.path().join("above")), ["project"]);
    }

    #[test]
    fn a_dropped_draft_leaves_what_was_there() {
        for in_place in [false, true] {
            let temp = tempfile::tempdir().unwrap();
            let target = temp.path().join("one/two/project");
            let draft = Draft::new(&target, in_place).unwrap();
            draft.write(&tree(&[("a", "a")]), &never).unwrap();
            assert_eq!(target.exists(), in_place);
            drop(draft);
            assert!(listed(temp.path()).is_empty());

            std::fs::create_dir_all(target.join(".git")).unwrap();
            let draft = Draft::new(&target, in_place).unwrap();
            draft.write(&tree(&[("a/b", "b")]), &never).unwrap();
            drop(draft);
            assert_eq!(listed(&target), [".git"]);
        }
    }

    #[test]
    fn an_empty_directory_is_filled_and_no_other() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join(".git")).unwrap();
        let draft = Draft::new(temp.path(), false).unwrap();
        draft.write(&tree(&[("a/b", "b"), ("c", "c")]), &never).unwrap();
        draft.publish().unwrap();
        assert_eq!(listed(temp.path()), [".git", "a", "c"]);
        let refused = Draft::new(temp.path(), false);
        assert!(matches!(refused, Err(Error::Exists { .. })));
    }

    #[test]
    fn who_comes_first_keeps_the_name() {
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("project");
        let draft = Draft::new(&target, false).unwrap();
        std::fs::create_dir(&target).unwrap();
        assert!(matches!(draft.publish(), Err(Error::Exists { .. })));
        assert_eq!(listed(temp.path()), ["project"]);
        // Filled half, and undone.
        let draft = Draft::new(&target, false).unwrap();
        draft.write(&tree(&[("a", "ours"), ("b", "ours"), ("c", "ours")]), &never).unwrap();
        std::fs::write(target.join("b"), "theirs").unwrap();
        assert!(matches!(draft.publish(), Err(Error::Exists { .. })));
        assert_eq!(listed(&target), ["b"]);
        assert_eq!(std::fs::read(target.join("b")).unwrap(), b"theirs");
    }

    #[test]
    fn what_hooks_made_gives_way_to_files_and_not_to_links() {
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("project");
        let draft = Draft::new(&target, true).unwrap();
        std::fs::create_dir(target.join("a")).unwrap();
        std::fs::write(target.join("a/b"), "by a hook").unwrap();
        draft.write(&tree(&[("a/b", "b")]), &never).unwrap();
        assert_eq!(std::fs::read(target.join("a/b")).unwrap(), b"b");
        std::fs::remove_dir_all(target.join("a")).unwrap();
        std::os::unix::fs::symlink(temp.path(), target.join("a")).unwrap();
        let refused = draft.write(&tree(&[("a/new", "b")]), &never);
        assert!(matches!(refused, Err(Error::Collision { .. })));
        assert!(!temp.path().join("new").exists());
    }

    #[test]
    fn a_draft_of_a_dead_process_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let name = |process: u32| format!("{PREFIX}{process}-1f-{}", machine());
        // No process has a number so high (`/proc/sys/kernel/pid_max` is at most 2^22).
        let (dead, alive) = (name(i32::MAX as u32), name(std::process::id()));
        let elsewhere = format!("{PREFIX}{}-1f-another.machine", i32::MAX);
        for name in [&dead, &alive, &elsewhere] {
            std::fs::create_dir(temp.path().join(name)).unwrap();
        }
        drop(Draft::new(&temp.path().join("project"), false).unwrap());
        let mut expected = [alive, elsewhere];
        expected.sort();
        assert_eq!(listed(temp.path()), expected);
    }

    #[test]
    fn a_draft_stops_when_told() {
        let temp = tempfile::tempdir().unwrap();
        let draft = Draft::new(&temp.path().join("project"), false).unwrap();
        let stopped = draft.write(&tree(&[("a", "a")]), &|| true);
        assert!(matches!(stopped, Err(Error::Interrupted)));
    }
}
