use super::*;
use crate::checks::{Fix, WorktreeFile};

const OLD: &str = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n";
const NEW: &str = "a = 1\nb = 2\nc = 3\nd = 4\ne == 5\n";

struct Lab {
    directory: tempfile::TempDir,
    repo: Repo,
}

impl Lab {
    fn new(staged: &str) -> Lab {
        let directory = tempfile::tempdir().expect("a directory");
        gix::init(directory.path()).expect("a repository");
        let repo = Repo::at(directory.path()).expect("it is one");
        let lab = Lab { directory, repo };
        lab.write(staged);
        lab.git(&["add", "file"]);
        lab
    }

    fn write(&self, text: &str) {
        std::fs::write(self.directory.path().join("file"), text).expect("writable");
    }

    fn read(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("file")).expect("readable")
    }

    fn git(&self, words: &[&str]) -> String {
        let output = Git::new(&self.repo).and_then(|git| git.run(words)).expect("it works");
        String::from_utf8(output).expect("text")
    }

    /// Corrects what is staged; `between` is what happens after it was read.
    fn fix(&self, mode: Mode, new: &str, between: impl FnOnce()) -> Result<Applied> {
        let mut files = Files::staged(&self.repo, &[])?;
        let path = RepoPath::new("file").expect("valid");
        files.correct(Fix { path, bytes: new.into() });
        between();
        apply(&files, mode)
    }
}

fn states(applied: &Applied) -> Vec<&WorktreeFile> {
    applied.fixed.iter().map(|fixed| &fixed.worktree).collect()
}

#[test]
fn index_and_worktree_get_the_correction() {
    let lab = Lab::new(OLD);
    let applied = lab.fix(Mode::Fix, NEW, || ()).expect("applied");
    assert_eq!(states(&applied), [&WorktreeFile::Written]);
    assert_eq!((lab.git(&["show", ":file"]), lab.read()), (NEW.into(), NEW.into()));
    assert_eq!(lab.git(&["status", "--porcelain"]), "A  file\n");
}

#[test]
fn changes_that_are_not_staged_are_kept() {
    let lab = Lab::new(OLD);
    lab.write(&OLD.replace("a = 1", "a = 7"));
    let applied = lab.fix(Mode::Fix, NEW, || ()).expect("applied");
    assert_eq!(states(&applied), [&WorktreeFile::Merged]);
    assert_eq!(lab.git(&["show", ":file"]), NEW);
    assert_eq!(lab.read(), NEW.replace("a = 1", "a = 7"));
    // In the way.
    let lab = Lab::new(OLD);
    lab.write(&OLD.replace("e = 5", "e = 7"));
    let applied = lab.fix(Mode::Fix, NEW, || ()).expect("applied");
    assert!(matches!(states(&applied)[..], [WorktreeFile::Untouched { .. }]));
    assert_eq!(
        (lab.git(&["show", ":file"]), lab.read()),
        (NEW.into(), OLD.replace("e = 5", "e = 7"))
    );
}

#[test]
fn what_was_staged_meanwhile_stays() {
    let lab = Lab::new(OLD);
    let theirs = "theirs\n";
    let between = || {
        lab.write(theirs);
        lab.git(&["add", "file"]);
    };
    let applied = lab.fix(Mode::Fix, NEW, between).expect("applied");
    assert_eq!(applied.overtaken.len(), 1);
    assert_eq!(states(&applied), [] as [&WorktreeFile; 0]);
    assert_eq!((lab.git(&["show", ":file"]), lab.read()), (theirs.into(), theirs.into()));
}

#[test]
fn what_cannot_be_a_correction_changes_nothing() {
    let lab = Lab::new(OLD);
    assert!(matches!(lab.fix(Mode::Fix, "\n", || ()), Err(Error::Unsound { .. })));
    assert_eq!((lab.git(&["show", ":file"]), lab.read()), (OLD.into(), OLD.into()));
}

#[test]
fn the_worktree_alone_may_be_corrected() {
    let lab = Lab::new(OLD);
    let applied = lab.fix(Mode::FixWorktree, NEW, || ()).expect("applied");
    assert_eq!((states(&applied)[0], undo(&applied.fixed)), (&WorktreeFile::Written, None));
    assert_eq!((lab.git(&["show", ":file"]), lab.read()), (OLD.into(), NEW.into()));
}

#[test]
fn a_correction_can_be_taken_back() {
    let lab = Lab::new(OLD);
    let before = lab.git(&["ls-files", "--stage"]);
    let applied = lab.fix(Mode::Fix, NEW, || ()).expect("applied");
    assert_ne!(lab.git(&["ls-files", "--stage"]), before);
    let undo = undo(&applied.fixed).expect("something was staged");
    let words: Vec<&str> = undo.split(' ').skip(1).collect();
    lab.git(&words);
    assert_eq!(lab.git(&["ls-files", "--stage"]), before);
}
