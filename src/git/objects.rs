//! Writing Git's objects and private refs: for what the suite itself keeps in the repository, never for
//! the commits that users author.
//!
//! Objects are written loose and without a sync of their own, as `git commit` does by default
//! (`core.fsync` in `git-config(1)`); what is read is bounded, since refs of ours come from others too.

use gix::bstr::ByteSlice as _;
use gix::object::tree::EntryKind;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};

use super::error::Attempt as _;
use super::{CommitId, Error, GitEntry, Repo, Result};
use crate::fs::RepoPath;

/// A directory in which a name is looked up, and a commit, are at most this long, in bytes.
pub const MAX_LOOKUP: usize = 64 << 20;
const MAX_COMMIT: usize = 1 << 20;

/// An object of Git's: the id of a blob or a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GitId(pub(super) gix::ObjectId);

impl GitId {
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The id with these bytes; `None` if there are not as many as an id has.
    pub fn from_bytes(bytes: &[u8]) -> Option<GitId> {
        gix::hash::oid::try_from_bytes(bytes).ok().map(|id| GitId(id.to_owned()))
    }
}

impl std::fmt::Display for GitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<CommitId> for GitId {
    fn from(commit: CommitId) -> GitId {
        GitId(commit.0)
    }
}

impl GitEntry {
    /// A regular file that is not executable.
    pub fn file(name: &[u8], id: GitId) -> GitEntry {
        GitEntry { name: name.to_vec(), kind: EntryKind::Blob, id: id.0 }
    }

    pub fn directory(name: &[u8], id: GitId) -> GitEntry {
        GitEntry { name: name.to_vec(), kind: EntryKind::Tree, id: id.0 }
    }

    pub fn id(&self) -> GitId {
        GitId(self.id)
    }

    /// An order of what stands under one name: directories after all else, then by id.
    pub fn rank(&self) -> (bool, GitId, u16) {
        (self.is_directory(), self.id(), self.kind as u16)
    }
}

/// Who makes a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub email: String,
}

/// A commit's own words.
#[derive(Clone, Debug)]
pub struct CommitInfo {
    pub tree: GitId,
    pub parents: Vec<CommitId>,
    pub message: Vec<u8>,
    /// Seconds since 1970.
    pub time: i64,
}

/// What a path of a tree is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeChange {
    File {
        id: GitId,
        executable: bool,
    },
    Link(GitId),
    /// The commit of a submodule.
    Submodule(GitId),
    Directory(GitId),
    Remove,
}

/// A handle to read and write objects from one thread.
pub struct Objects {
    gix: gix::Repository,
}

impl Repo {
    pub fn objects(&self) -> Objects {
        let mut gix = self.gix();
        gix.object_cache_size_if_unset(4 << 20);
        Objects { gix }
    }

    /// The id that `bytes` have as a blob, which need not be there.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<GitId> {
        let kind = self.gix().object_hash();
        let id = gix::objs::compute_hash(kind, gix::object::Kind::Blob, bytes);
        Ok(GitId(id.attempt(|| "hash a blob".into())?))
    }

    /// Who commits here, as Git would have it; who is logged in where nobody said.
    #[expect(clippy::disallowed_methods, reason = "how Git itself falls back")]
    pub fn identity(&self) -> Identity {
        let gix = self.gix();
        if let Some(Ok(who)) = gix.committer() {
            let (name, email) = (who.name.to_str_lossy(), who.email.to_str_lossy());
            return Identity { name: name.into_owned(), email: email.into_owned() };
        }
        let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
        let name = user.unwrap_or_else(|_| "unknown".to_owned());
        let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Identity { email: format!("{name}@{node}"), name }
    }

    /// The full name of the branch that is checked out, without `refs/heads/`; `None` if none is.
    pub fn branch(&self) -> Result<Option<String>> {
        let name = self.gix().head_name().attempt(|| "read HEAD".into())?;
        Ok(name.map(|name| name.shorten().to_string()))
    }

    /// The commit that the ref `name` (in full) is at.
    pub fn ref_target(&self, name: &str) -> Result<Option<CommitId>> {
        let gix = self.gix();
        let attempt = || format!("read `{name}`");
        let Some(mut found) = gix.try_find_reference(name).attempt(attempt)? else {
            return Ok(None);
        };
        let id = found.peel_to_id().attempt(attempt)?.detach();
        Ok(Some(CommitId(id)))
    }

    /// All refs that begin with `prefix`, such as `refs/mlrun/live/`, with their full names.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, CommitId)>> {
        let attempt = || format!("list `{prefix}`");
        let gix = self.gix();
        let platform = gix.references().attempt(attempt)?;
        let mut found = Vec::new();
        for reference in platform.prefixed(prefix).attempt(attempt)? {
            let mut reference = reference.attempt(attempt)?;
            let name = reference.name().as_bstr().to_string();
            let id = reference.peel_to_id().attempt(|| format!("read `{name}`"))?.detach();
            found.push((name, CommitId(id)));
        }
        Ok(found)
    }

    /// Moves the ref `name` from `old` (`None`: it is not there) to `new`. Returns false if it is
    /// somewhere else by now; nothing changed then.
    ///
    /// # Errors
    /// It cannot be written; a process that died may have left `<name>.lock`.
    pub fn move_ref(&self, name: &str, old: Option<CommitId>, new: CommitId) -> Result<bool> {
        let expected = match old {
            Some(old) => PreviousValue::MustExistAndMatch(gix::refs::Target::Object(old.0)),
            None => PreviousValue::MustNotExist,
        };
        let log = LogChange { message: "mlrun".into(), ..LogChange::default() };
        let new = gix::refs::Target::Object(new.0);
        self.edit_ref(name, old, Change::Update { log, expected, new })
    }

    /// Sets the ref `name`, wherever it was.
    pub fn set_ref(&self, name: &str, new: CommitId) -> Result<()> {
        let log = LogChange { message: "mlrun".into(), ..LogChange::default() };
        let new = gix::refs::Target::Object(new.0);
        self.edit_ref(name, None, Change::Update { log, expected: PreviousValue::Any, new })
            .map(drop)
    }

    /// Removes the ref `name`; that it is not there is no error.
    pub fn remove_ref(&self, name: &str) -> Result<()> {
        if self.ref_target(name)?.is_none() {
            return Ok(());
        }
        let change = Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference };
        self.edit_ref(name, None, change).map(drop)
    }

    fn edit_ref(&self, name: &str, old: Option<CommitId>, change: Change) -> Result<bool> {
        let attempt = || format!("write `{name}`");
        let is_checked = match &change {
            Change::Update { expected, .. } => !matches!(expected, PreviousValue::Any),
            Change::Delete { .. } => false,
        };
        let full = gix::refs::FullName::try_from(name).attempt(attempt)?;
        let who = self.identity();
        let time = gix::date::Time::now_local_or_utc().to_string();
        let signature = gix::actor::SignatureRef {
            name: who.name.as_str().into(),
            email: who.email.as_str().into(),
            time: &time,
        };
        let gix = self.gix();
        let edited = gix.edit_references_as(Some(RefEdit::new(full, change)), Some(signature));
        match edited {
            Ok(_) => Ok(true),
            // Which of its checks failed is not told: what counts is where the ref is now.
            Err(_) if is_checked && self.ref_target(name)? != old => Ok(false),
            Err(error) => Err(error).attempt(attempt),
        }
    }
}

impl Objects {
    /// Whether the object is here.
    pub fn has(&self, id: GitId) -> bool {
        self.gix.has_object(id.0)
    }

    /// Bytes of the object; `None` if it is not here.
    pub fn size(&self, id: GitId) -> Option<u64> {
        self.gix.try_find_header(id.0).ok().flatten().map(|header| header.size())
    }

    /// The commit with the id `hex`, in full, if it is here and is one.
    pub fn find_commit(&self, hex: &str) -> Option<CommitId> {
        let id = gix::ObjectId::from_hex(hex.as_bytes()).ok()?;
        let header = self.gix.try_find_header(id).ok()??;
        (header.kind() == gix::object::Kind::Commit).then_some(CommitId(id))
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// It has more than `limit` bytes, is no blob, or is not here.
    pub fn blob(&self, id: GitId, limit: usize) -> Result<Vec<u8>> {
        let attempt = || format!("read blob {id}");
        self.bound(id.0, limit, &attempt)?;
        let mut blob = self.gix.find_blob(id.0).attempt(attempt)?;
        Ok(std::mem::take(&mut blob.data))
    }

    /// The blob `id`, for whoever knows [how long](Objects::blob_size) it is.
    pub fn whole_blob(&self, id: GitId) -> Result<Vec<u8>> {
        let mut blob = self.gix.find_blob(id.0).attempt(|| format!("read blob {id}"))?;
        Ok(std::mem::take(&mut blob.data))
    }

    /// Bytes of a blob.
    pub fn blob_size(&self, id: GitId) -> Result<u64> {
        let header = self.gix.find_header(id.0).attempt(|| format!("read blob {id}"))?;
        Ok(header.size())
    }

    /// What is in a tree, in Git's order.
    ///
    /// # Errors
    /// Its object has more than `limit` bytes, is no tree, or is not here.
    pub fn tree(&self, id: GitId, limit: usize) -> Result<Vec<GitEntry>> {
        let attempt = || format!("read tree {id}");
        self.bound(id.0, limit, &attempt)?;
        let tree = self.gix.find_tree(id.0).attempt(attempt)?;
        let mut found = Vec::new();
        for entry in tree.iter() {
            let entry = entry.attempt(attempt)?;
            let (name, kind) = (entry.filename().to_vec(), entry.mode().kind());
            found.push(GitEntry { name, kind, id: entry.oid().to_owned() });
        }
        Ok(found)
    }

    /// What is at `path` below the tree `root`; no link is followed.
    ///
    /// # Errors
    /// A directory on the way has more than [`MAX_LOOKUP`] bytes, or is not here.
    pub fn lookup(&self, root: GitId, path: &str) -> Result<Option<GitEntry>> {
        let attempt = || format!("read `{path}` of tree {root}");
        let mut found = GitEntry { name: Vec::new(), kind: EntryKind::Tree, id: root.0 };
        for name in path.split('/') {
            if !found.is_directory() {
                return Ok(None);
            }
            self.bound(found.id, MAX_LOOKUP, &attempt)?;
            let tree = self.gix.find_tree(found.id).attempt(attempt)?;
            let entry = tree.lookup_entry([name]).attempt(attempt)?;
            let Some(entry) = entry else { return Ok(None) };
            found = GitEntry {
                name: entry.filename().to_vec(),
                kind: entry.mode().kind(),
                id: entry.oid().to_owned(),
            };
        }
        Ok(Some(found))
    }

    /// Fails if the object has more than `limit` bytes, without reading it.
    fn bound(
        &self,
        id: gix::ObjectId,
        limit: usize,
        attempt: &dyn Fn() -> String,
    ) -> Result<gix::object::Kind> {
        let header = self.gix.find_header(id).attempt(attempt)?;
        if header.size() > limit as u64 {
            let reason = format!("it has {} bytes, more than {limit}", header.size());
            return Err(Error::Read { attempted: attempt(), reason });
        }
        Ok(header.kind())
    }

    pub fn commit(&self, id: CommitId) -> Result<CommitInfo> {
        let attempt = || format!("read commit {id}");
        self.bound(id.0, MAX_COMMIT, &attempt)?;
        let commit = self.gix.find_commit(id.0).attempt(attempt)?;
        let decoded = commit.decode().attempt(attempt)?;
        Ok(CommitInfo {
            tree: GitId(decoded.tree()),
            parents: decoded.parents().map(CommitId).collect(),
            message: decoded.message.to_vec(),
            time: commit.time().attempt(attempt)?.seconds,
        })
    }

    /// Who made a commit, and when, in seconds since 1970.
    pub fn committer(&self, id: CommitId) -> Result<(Identity, i64)> {
        let attempt = || format!("read commit {id}");
        let commit = self.gix.find_commit(id.0).attempt(attempt)?;
        let who = commit.committer().attempt(attempt)?;
        let (name, email) = (who.name.to_str_lossy(), who.email.to_str_lossy());
        let identity = Identity { name: name.into_owned(), email: email.into_owned() };
        Ok((identity, commit.time().attempt(attempt)?.seconds))
    }

    /// Whether `ancestor` is `descendant` or leads to it.
    pub fn is_ancestor(&self, ancestor: CommitId, descendant: CommitId) -> Result<bool> {
        if ancestor == descendant {
            return Ok(true);
        }
        Ok(self.merge_base(ancestor, descendant)? == Some(ancestor))
    }

    /// The best commit that leads to both, as `git merge-base` finds it; `None` if there is none, or if
    /// a shallow clone does not have it.
    pub fn merge_base(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>> {
        let attempt = || format!("compare commits {one} and {other}");
        let base = self.gix.merge_base(one.0, other.0).attempt(attempt)?;
        Ok(base.map(|base| CommitId(base.detach())))
    }

    pub fn write_blob(&self, bytes: &[u8]) -> Result<GitId> {
        crate::fs::failpoint::hit("git.object").attempt(|| "write a blob".into())?;
        Ok(GitId(self.gix.write_blob(bytes).attempt(|| "write a blob".into())?.detach()))
    }

    /// Writes the tree that `base` (`None`: an empty one) becomes with `changes`: paths with what they
    /// are to be. Only the directories that change are read and written; those left empty go. What
    /// stands beside the changes need not be here: it is not in a partial clone.
    ///
    /// # Errors
    /// An object that a change names is not here, or a directory that changes has a name that a file
    /// system could take for `.git`.
    pub fn edit_tree(
        &self,
        base: Option<GitId>,
        changes: impl IntoIterator<Item = (RepoPath, TreeChange)>,
    ) -> Result<GitId> {
        let attempt = || "write a tree".to_owned();
        crate::fs::failpoint::hit("git.tree").attempt(attempt)?;
        let base =
            base.map_or_else(|| gix::ObjectId::empty_tree(self.gix.object_hash()), |id| id.0);
        // Not written by `gix`'s own editor, which looks for every object of every directory that
        // changes: thousands, in a large one.
        let mut editor = self.gix.edit_tree(base).attempt(attempt)?.detach();
        for (path, change) in changes {
            let (kind, id) = match change {
                TreeChange::File { id, executable: false } => (EntryKind::Blob, id),
                TreeChange::File { id, executable: true } => (EntryKind::BlobExecutable, id),
                TreeChange::Link(id) => (EntryKind::Link, id),
                TreeChange::Submodule(id) => (EntryKind::Commit, id),
                TreeChange::Directory(id) => (EntryKind::Tree, id),
                TreeChange::Remove => {
                    editor.remove(path.components()).attempt(attempt)?;
                    continue;
                }
            };
            if kind != EntryKind::Commit && !self.has(id) {
                let reason = format!("object {id} of `{path}` is not here");
                return Err(Error::Read { attempted: attempt(), reason });
            }
            editor.upsert(path.components(), kind, id.0).attempt(attempt)?;
        }
        let written = editor.write(|tree| {
            for entry in &tree.entries {
                check_name(entry).attempt(attempt)?;
            }
            Ok(self.gix.write_object(tree).attempt(attempt)?.detach())
        });
        written.map(GitId)
    }

    /// Writes a tree of these entries, whatever their order.
    pub fn write_tree(&self, entries: impl IntoIterator<Item = GitEntry>) -> Result<GitId> {
        let attempt = || "write a tree".to_owned();
        crate::fs::failpoint::hit("git.tree").attempt(attempt)?;
        let entry = |entry: GitEntry| gix::objs::tree::Entry {
            mode: entry.kind.into(),
            filename: entry.name.into(),
            oid: entry.id,
        };
        let mut entries: Vec<_> = entries.into_iter().map(entry).collect();
        entries.sort_unstable();
        let tree = gix::objs::Tree { entries };
        Ok(GitId(self.gix.write_object(&tree).attempt(attempt)?.detach()))
    }

    /// Writes a commit. `time` in seconds since 1970, UTC.
    pub fn write_commit(
        &self,
        tree: GitId,
        parents: &[CommitId],
        who: &Identity,
        time: i64,
        message: &str,
    ) -> Result<CommitId> {
        let attempt = || "write a commit".to_owned();
        crate::fs::failpoint::hit("git.commit").attempt(attempt)?;
        // Line ends and angle brackets would break the header of the commit.
        let clean = |text: &str| text.replace(['\n', '\r', '\0', '<', '>'], " ");
        let (name, email) = (clean(&who.name), clean(&who.email));
        let signature = gix::actor::Signature {
            name: name.into(),
            email: email.into(),
            time: gix::date::Time::new(time, 0),
        };
        let commit = gix::objs::Commit {
            tree: tree.0,
            parents: parents.iter().map(|parent| parent.0).collect(),
            author: signature.clone(),
            committer: signature,
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        Ok(CommitId(self.gix.write_object(&commit).attempt(attempt)?.detach()))
    }
}

/// Fails for a name that Git would refuse to check out.
fn check_name(entry: &gix::objs::tree::Entry) -> Result<(), impl Into<super::error::Cause>> {
    use gix::validate::path::component::{Mode, Options};
    let protect = Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let mode = entry.mode.is_link().then_some(Mode::Symlink);
    let checked = gix::validate::path::component(entry.filename.as_bstr(), mode, protect);
    checked.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_change_need_not_be_here() {
        let directory = tempfile::tempdir().expect("temporary directory");
        gix::init(directory.path()).expect("a repository");
        let repo = Repo::at(directory.path()).expect("it is one");
        let objects = repo.objects();
        let elsewhere = repo.blob_id(b"elsewhere").expect("an id");
        let base = objects.write_tree([GitEntry::file(b"old", elsewhere)]).expect("a tree");
        let edit = |name: &str, id| {
            let path = RepoPath::new(name).expect("valid");
            objects.edit_tree(Some(base), [(path, TreeChange::File { id, executable: false })])
        };
        let here = objects.write_blob(b"here").expect("a blob");
        let tree = edit("a/new", here).expect("a tree");
        let found = |path: &str| objects.lookup(tree, path).expect("readable").map(|it| it.id());
        assert_eq!((found("old"), found("a/new")), (Some(elsewhere), Some(here)));
        assert!(edit("new", elsewhere).is_err(), "it is not here");
        for name in [".git", "a/.GIT", "git~1/b", ".g\u{200c}it"] {
            assert!(edit(name, here).is_err(), "{name}");
        }
    }
}
