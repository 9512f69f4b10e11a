//! The remotes of a repository: their names, where they are, and which one is meant.
//!
//! A remote stands in the committed `.mldataconfig` or, private to a clone, in `git config`
//! (`--local`); what is private wins. Beside its URL stands the id of the remote that is meant. A
//! committed URL is used only if the directory has that id, because otherwise a clone could make us
//! read or write any directory; it is recorded when a person names the directory by `remote add` or
//! `remote set-url`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::init;
use super::remote_url;
pub use super::remote_url::UrlError;
use crate::format;
use crate::format::remote_file::RemoteId;
use crate::fs::{self, display_bytes};
use crate::git::{self, Config, Git, HOOK_SECTION, Repo, SHARED_CONFIG};
use crate::remote::{self, DirStore, PackedRemote, Remote as _};

/// A remote as settings describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub name: String,
    pub url: String,
    pub id: Option<String>,
    /// Whether the URL stands in `git config`, not in the committed file.
    pub local: bool,
    pub default: bool,
}

/// A remote that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedRemote {
    pub name: String,
    pub path: PathBuf,
    /// The id that the directory must have. There always is one for a committed URL.
    pub expected_id: Option<String>,
    pub local: bool,
}

/// What to do where there is no remote in the directory yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Create,
    Open,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Settings(#[from] init::Error),
    #[error("`{}` cannot be the name of a remote", display_bytes(.name.as_bytes()))]
    BadName { name: String },
    #[error("there is a remote `{name}` already")]
    Exists { name: String },
    #[error("there is no remote `{}`", display_bytes(.name.as_bytes()))]
    Unknown { name: String, known: Vec<String> },
    #[error("there is no remote yet")]
    NoRemote,
    #[error("there are several remotes and none is the default")]
    NoDefault { names: Vec<String> },
    #[error("cannot use the URL of the remote `{name}`: {source}")]
    Url { name: String, source: UrlError },
    /// A committed remote whose directory nobody has confirmed.
    #[error("the settings name no id for the remote `{name}`")]
    NoId { name: String },
    #[error("the id of the remote `{name}` cannot be understood: {source}")]
    BadId { name: String, source: format::Error },
    #[error("cannot use the remote `{name}`: {source}")]
    Remote { name: String, source: remote::Error },
    #[error("the remote `{name}` is set neither in `{SHARED_CONFIG}` nor in this clone's settings")]
    SetElsewhere { name: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The remote that `name` means, or the default one.
///
/// # Errors
/// There is none such, or its URL cannot be used.
pub fn resolve(repo: &Repo, config: &Config, name: Option<&str>) -> Result<ResolvedRemote> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => default_name(config)?,
    };
    let remote = find(config, &name)?;
    let path = remote_url::to_path(repo, &remote.url, remote.local)
        .map_err(|source| Error::Url { name: name.clone(), source })?;
    if remote.id.is_none() && !remote.local {
        return Err(Error::NoId { name });
    }
    Ok(ResolvedRemote { name, path, expected_id: remote.id, local: remote.local })
}

/// Opens a remote. Only for a private one without an id is `Access::Create` heard: a committed one
/// exists already, or it is not the one that is meant.
///
/// # Errors
/// The directory is not there, or is not the remote that is meant.
pub fn open(
    repo: &Repo,
    remote: &ResolvedRemote,
    access: Access,
) -> Result<PackedRemote<DirStore>> {
    let failed = |source| Error::Remote { name: remote.name.clone(), source };
    let expected = match &remote.expected_id {
        None => return connect(repo, &remote.path, access).map_err(failed),
        Some(id) => RemoteId::parse(id)
            .map_err(|source| Error::BadId { name: remote.name.clone(), source })?,
    };
    let opened = connect(repo, &remote.path, Access::Open).map_err(failed)?;
    opened.expect_id(expected).map_err(failed)
}

fn connect(repo: &Repo, path: &Path, access: Access) -> remote::Result<PackedRemote<DirStore>> {
    // Copies of the remotes' indexes; they are immutable and named by their hash.
    let local = repo.common_dir().join("mldata").join("remotes");
    match access {
        Access::Create => PackedRemote::init(DirStore::new(path), &local),
        Access::Open => PackedRemote::open(DirStore::new(path), &local),
    }
}

/// All remotes, in ascending order of their names. Names that ours cannot have are left out.
pub fn list(config: &Config) -> Vec<Remote> {
    let default = default_name(config).ok();
    let names = config.remotes().into_iter().filter(|name| is_name(name));
    names
        .filter_map(|name| {
            let url = config.string(Some(&name), "url")?;
            let id = config.string(Some(&name), "id");
            let local = config.own_string(Some(&name), "url").is_some();
            let default = default.as_ref() == Some(&name);
            Some(Remote { name, url, id, local, default })
        })
        .collect()
}

/// Which remote is used where none is named: the one that is set, or the only one.
pub fn default_name(config: &Config) -> Result<String> {
    if let Some(name) = config.string(None, "remote") {
        return Ok(name);
    }
    let mut names: Vec<String> =
        config.remotes().into_iter().filter(|name| is_name(name)).collect();
    match names.len() {
        0 => Err(Error::NoRemote),
        1 => Ok(names.remove(0)),
        _ => Err(Error::NoDefault { names }),
    }
}

/// What `remote add` was asked for.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    pub name: &'a str,
    pub url: &'a OsStr,
    pub default: bool,
    pub local: bool,
}

/// Adds a remote, creating it in the directory if nothing is there. The first becomes the default.
///
/// # Errors
/// Settings are unchanged; the directory may have become a remote.
pub fn add(repo: &Repo, config: &Config, new: New<'_>) -> Result<Remote> {
    if !is_name(new.name) {
        return Err(Error::BadName { name: new.name.to_owned() });
    }
    if config.string(Some(new.name), "url").is_some() {
        return Err(Error::Exists { name: new.name.to_owned() });
    }
    let (url, path) = located(repo, new.name, new.url, new.local)?;
    let remote = connect(repo, &path, Access::Create)
        .map_err(|source| Error::Remote { name: new.name.to_owned(), source })?;
    let id = remote.id().to_string();
    let default = new.default || config.string(None, "remote").is_none();
    let scope = Scope::new(repo, new.local)?;
    scope.set(&format!("mldata.{}.id", new.name), &id)?;
    scope.set(&format!("mldata.{}.url", new.name), &url)?;
    if default {
        scope.set("mldata.remote", new.name)?;
    }
    Ok(Remote { name: new.name.to_owned(), url, id: Some(id), local: new.local, default })
}

/// Changes where a remote is; `local` for this clone only. It must be the same remote there.
pub fn set_url(
    repo: &Repo,
    config: &Config,
    (name, url, local): (&str, &OsStr, bool),
) -> Result<Remote> {
    let before = find(config, name)?;
    let local = local || before.local;
    let (url, path) = located(repo, name, url, local)?;
    let there =
        ResolvedRemote { name: name.to_owned(), path, expected_id: before.id.clone(), local };
    let id = open(repo, &there, Access::Open)?.id().to_string();
    let scope = Scope::new(repo, local)?;
    scope.set(&format!("mldata.{name}.id"), &id)?;
    scope.set(&format!("mldata.{name}.url"), &url)?;
    Ok(Remote { url, id: Some(id), local, ..before })
}

/// Forgets a remote. What it holds stays there.
pub fn remove(repo: &Repo, config: &Config, name: &str) -> Result<()> {
    find(config, name)?;
    let mut found = false;
    for scope in Scope::both(repo)? {
        if scope.has(&format!("mldata.{name}.url"))? {
            scope
                .git
                .run(&[scope.file(), &["--remove-section", &format!("mldata.{name}")]].concat())?;
            found = true;
        }
        if scope.get("mldata.remote")?.as_deref() == Some(name) {
            scope.git.run(&[scope.file(), &["--unset-all", "mldata.remote"]].concat())?;
        }
    }
    if found { Ok(()) } else { Err(Error::SetElsewhere { name: name.to_owned() }) }
}

/// Gives a remote another name.
pub fn rename(repo: &Repo, config: &Config, old: &str, new: &str) -> Result<()> {
    find(config, old)?;
    if !is_name(new) {
        return Err(Error::BadName { name: new.to_owned() });
    }
    if config.string(Some(new), "url").is_some() {
        return Err(Error::Exists { name: new.to_owned() });
    }
    let mut found = false;
    for scope in Scope::both(repo)? {
        if scope.has(&format!("mldata.{old}.url"))? {
            let (from, to) = (format!("mldata.{old}"), format!("mldata.{new}"));
            scope.git.run(&[scope.file(), &["--rename-section", &from, &to]].concat())?;
            found = true;
        }
        if scope.get("mldata.remote")?.as_deref() == Some(old) {
            scope.set("mldata.remote", new)?;
        }
    }
    if found { Ok(()) } else { Err(Error::SetElsewhere { name: old.to_owned() }) }
}

/// Chooses the default remote: for everybody, or for this clone if `local` or if nobody else knows
/// the remote. Returns whether it was for this clone only.
pub fn set_default(repo: &Repo, config: &Config, name: &str, local: bool) -> Result<bool> {
    find(config, name)?;
    let local = local
        || config.shared_string(Some(name), "url").is_none()
        || config.own_string(None, "remote").is_some();
    Scope::new(repo, local)?.set("mldata.remote", name)?;
    Ok(local)
}

fn find(config: &Config, name: &str) -> Result<Remote> {
    let mut remotes = list(config);
    match remotes.iter().position(|remote| remote.name == name) {
        Some(at) => Ok(remotes.swap_remove(at)),
        None => {
            let known = remotes.into_iter().map(|remote| remote.name).collect();
            Err(Error::Unknown { name: name.to_owned(), known })
        }
    }
}

/// The URL to keep, and the directory it means.
fn located(repo: &Repo, name: &str, url: &OsStr, local: bool) -> Result<(String, PathBuf)> {
    let bad = |source| Error::Url { name: name.to_owned(), source };
    let url = remote_url::to_keep(repo, url, local).map_err(bad)?;
    let path = remote_url::to_path(repo, &url, local).map_err(bad)?;
    Ok((url, path))
}

/// Letters, digits, `-` and `_`, as in the keys of `git config`, and not what hooks have their settings
/// under.
fn is_name(text: &str) -> bool {
    text != HOOK_SECTION
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A file of settings. Git edits it, which keeps its comments.
struct Scope<'a> {
    git: Git<'a>,
    local: bool,
}

impl<'a> Scope<'a> {
    /// For writing: the committed file is created where there is none.
    fn new(repo: &'a Repo, local: bool) -> Result<Scope<'a>> {
        if !local {
            let options = init::Options { dry_run: false, hooks: false, durable: true };
            init::settings(repo, options)?;
        }
        Ok(Scope { git: Git::new(repo)?, local })
    }

    fn both(repo: &'a Repo) -> Result<[Scope<'a>; 2]> {
        Ok([Scope::new(repo, false)?, Scope::new(repo, true)?])
    }

    fn file(&self) -> &'static [&'static str] {
        if self.local { &["config", "--local"] } else { &["config", "--file", SHARED_CONFIG] }
    }

    fn set(&self, key: &str, value: &str) -> Result<()> {
        self.git.run(&[self.file(), &["--replace-all", key, value]].concat())?;
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<String>> {
        // `--default` makes Git succeed where the key is not set; no value of ours is empty.
        let value = self.git.run(&[self.file(), &["--default", "", "--get", key]].concat())?;
        let value = String::from_utf8_lossy(value.trim_ascii_end()).into_owned();
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    fn has(&self, key: &str) -> Result<bool> {
        Ok(self.get(key)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names() {
        for good in ["hooks", "store", "s3-eu_1", "0"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["hook", "", "-x", "_x", "a.b", "a b", "a/b", "ü", "a\n"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
