//! Git repositories that a URL names, and the copies of them in the user's cache.
//!
//! A copy is `$XDG_CACHE_HOME/git-ml/templates/HASH.git`, under the hash of the URL without its
//! password; whoever works in it holds `HASH.lock`. It is fetched again whenever a name is asked for that
//! may have moved: everything but a commit's full id that is there already. Where that fails, what is
//! there is taken, and the caller told. A copy that is broken is removed and fetched anew.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Read, Stale, Url, Version, directory};
use crate::format::ObjectId;
use crate::fs::{self, At as _, FileLock, ScratchDir, display_bytes};
use crate::git::{self, CommitId, Mirror, Wanted};
use crate::scaffold::{Error, FileTree, Limits, Result};

/// How long somebody else may take to fetch the same repository.
const PATIENCE: Duration = Duration::from_secs(300);
/// So many branches and tags are named to somebody who asked for one that is not there.
const SHOWN: usize = 8;
/// The file in a copy whose time is that of the last fetch.
const STAMP: &str = "fetched";

/// Reads the state `wanted` of the repository at `url`; of its HEAD, if none is named.
pub fn read(url: &Url, wanted: Option<&str>, interactive: bool, limits: &Limits) -> Result<Read> {
    let wanted = match wanted {
        None | Some("HEAD") => Wanted::Default,
        Some(name) => Wanted::Revision(name),
    };
    let place = Place::of(url)?;
    let copy = |mirror: &Mirror| -> Result<Read> {
        let (commit, warning) = find(mirror, &place.directory, url, wanted, interactive)?;
        let files = files_of(mirror, commit, limits)?;
        Ok(Read { files, version: Version::Commit(commit.to_string()), warning })
    };
    if let Some(mirror) = Mirror::open(&place.directory)? {
        match copy(&mirror) {
            // Only now: to look through all objects takes longer than to read some.
            Err(Error::Git(_) | Error::Unreachable { .. }) if !mirror.is_sound() => {}
            read => return read,
        }
    }
    place.clear()?;
    copy(&Mirror::create(&place.directory)?)
}

/// Does `work` with the copy of the repository at `url`; `None` if there is none.
pub fn with_copy<T>(
    url: &Url,
    work: impl FnOnce(&Mirror) -> Result<Option<T>>,
) -> Result<Option<T>> {
    let place = Place::of(url)?;
    match Mirror::open(&place.directory)? {
        Some(mirror) => work(&mirror),
        None => Ok(None),
    }
}

/// The files of `commit`, as a clone would have them.
pub fn files_of(mirror: &Mirror, commit: CommitId, limits: &Limits) -> Result<FileTree> {
    let mut within = Ok(());
    mirror.weigh(commit, &mut |count, bytes| {
        within = limits.check(count, bytes);
        within.is_err()
    })?;
    within?;
    let scratch = ScratchDir::new()?;
    mirror.check_out(commit, scratch.path())?;
    directory::read(scratch.path(), limits)
}

/// Where a copy is, while nobody else works in it.
struct Place {
    directory: PathBuf,
    _lock: Option<FileLock>,
    /// If the user has no cache.
    _scratch: Option<ScratchDir>,
}

impl Place {
    fn of(url: &Url) -> Result<Place> {
        let Some(cache) = fs::cache_home() else {
            let scratch = ScratchDir::new()?;
            let directory = scratch.path().join("git");
            return Ok(Place { directory, _lock: None, _scratch: Some(scratch) });
        };
        let templates = cache.join("git-ml/templates");
        // The copies may be of private repositories.
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(&templates)
            .at("create directory", &templates)?;
        let name = ObjectId::of(url.public().as_bytes()).to_hex();
        let path = templates.join(format!("{name}.lock"));
        let lock = FileLock::acquire(&path, "git mlrun", Some(PATIENCE), &|_| {})?;
        let directory = templates.join(format!("{name}.git"));
        Ok(Place { directory, _lock: Some(lock), _scratch: None })
    }

    /// Removes what is there.
    fn clear(&self) -> Result<()> {
        if fs::lstat(&self.directory)?.is_some() {
            std::fs::remove_dir_all(&self.directory).at("remove", &self.directory)?;
        }
        Ok(())
    }
}

/// The commit that is wanted, fetched if need be.
fn find(
    mirror: &Mirror,
    directory: &Path,
    url: &Url,
    wanted: Wanted<'_>,
    interactive: bool,
) -> Result<(CommitId, Option<Stale>)> {
    let full_id = match wanted {
        Wanted::Revision(name) if is_full_id(name) => Some(name),
        _ => None,
    };
    if full_id.is_some()
        && let Some(commit) = mirror.resolve(wanted)
    {
        return Ok((commit, None));
    }
    let stamp = directory.join(STAMP);
    let is_there = match mirror.fetch(url.secret(), wanted, interactive) {
        Ok(is_there) => is_there,
        Err(git::Error::Failed { stderr, .. }) => {
            let reason = url.censor(&stderr);
            let Some(commit) = mirror.resolve(wanted) else {
                return Err(Error::Unreachable { source_name: url.public(), reason });
            };
            let time = std::fs::metadata(&stamp).and_then(|found| found.modified()).ok();
            let fetched = time.and_then(|time| jiff::Timestamp::try_from(time).ok());
            return Ok((commit, Some(Stale { source: url.public(), reason, fetched })));
        }
        Err(error) => return Err(error.into()),
    };
    std::fs::write(&stamp, "").at("write", &stamp)?;
    let mut found = mirror.resolve(wanted).filter(|_| is_there);
    if let (None, Some(id)) = (found, full_id) {
        // One that no branch or tag leads to: of a pull request, or overwritten.
        let fetched = mirror.fetch_commit(url.secret(), id, interactive);
        found = fetched.ok().and_then(|()| mirror.resolve(wanted));
    }
    let Some(commit) = found else {
        return Err(Error::UnknownReference {
            source_name: url.public(),
            reference: match wanted {
                Wanted::Default => "HEAD".to_owned(),
                Wanted::Revision(name) => name.to_owned(),
            },
            known: mirror.names(SHOWN).iter().map(|name| display_bytes(name.as_bytes())).collect(),
        });
    };
    Ok((commit, None))
}

fn is_full_id(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
