//! Settings: `.mldataconfig` in the worktree, overlaid by `git config`.
//!
//! `.mldataconfig` has the syntax of `git-config(1)` and comes with a clone. It is read through an
//! allow-list, without includes: it names remotes and defaults, never commands, credentials or
//! places for the cache.
//!
//! ```ini
//! [mldata]
//!     remote = store              ; the default remote
//! [mldata "store"]
//!     url = /mnt/shared/store
//!     id = 0123456789abcdef0123456789abcdef
//! [mlrun]
//!     snapshot = tracked          ; what runs keep of uncommitted changes
//! [mlhook "format"]
//!     tools = ruff                ; how what is staged is checked: `checks::Settings`
//! ```

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use gix::bstr::ByteSlice as _;

use super::error::Attempt as _;
use super::{Error, Identity, Repo, Result};
use crate::fs;

/// Name of the committed settings, at the top of the worktree.
pub const SHARED_CONFIG: &str = ".mldataconfig";

/// Settings that a committed file may make, outside of the sections of remotes.
const SHARED_KEYS: [&str; 1] = ["remote"];
/// Settings that a committed file may make for a remote.
const SHARED_REMOTE_KEYS: [&str; 2] = ["url", "id"];

/// Settings that a committed file may make for runs.
const SHARED_RUN_KEYS: [&str; 1] = ["snapshot"];

/// The section `[mldata "hook"]` says what hooks do, and is no remote.
pub const HOOK_SECTION: &str = "hook";

/// The user's name and address in Git's settings outside of any repository: empty where they have none,
/// or the settings cannot be read.
pub fn global_user() -> Identity {
    let settings = gix::config::File::from_globals().ok();
    let text = |key| {
        let found = settings.as_ref().and_then(|settings| settings.string(key));
        found.map(|text| text.to_str_lossy().into_owned()).unwrap_or_default()
    };
    Identity { name: text("user.name"), email: text("user.email") }
}

/// The file that `git config --global` writes.
///
/// # Errors
/// Git knows of none, without a home directory.
pub fn users_settings_file() -> Result<PathBuf> {
    let listed = super::run_anywhere(&["var", "GIT_CONFIG_GLOBAL"])?;
    // The weaker one, of XDG, comes first; it is written if it is the only one there.
    let files: Vec<PathBuf> = listed
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| PathBuf::from(OsStr::from_bytes(line)))
        .collect();
    let there = files.iter().rev().find(|path| path.exists());
    Ok(there.or(files.last()).cloned().unwrap_or_default())
}

/// Where settings were set (`git config --show-scope`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    System,
    /// The user's.
    Global,
    /// The repository's.
    Local,
    /// Of one of the repository's worktrees.
    Worktree,
    /// Of this run of Git only: `-c`, or the environment.
    Command,
}

impl Scope {
    const STRONGEST_FIRST: [Scope; 5] =
        [Scope::Command, Scope::Worktree, Scope::Local, Scope::Global, Scope::System];

    fn of(source: gix::config::Source) -> Scope {
        use gix::config::Source;
        match source {
            Source::GitInstallation | Source::System => Scope::System,
            Source::Git | Source::User => Scope::Global,
            Source::Local => Scope::Local,
            Source::Worktree => Scope::Worktree,
            Source::Env | Source::Cli | Source::Api | Source::EnvOverride => Scope::Command,
        }
    }

    /// As `git config` has it.
    pub fn name(self) -> &'static str {
        match self {
            Scope::System => "system",
            Scope::Global => "global",
            Scope::Local => "local",
            Scope::Worktree => "worktree",
            Scope::Command => "command",
        }
    }
}

/// A hook that is no file: Git has them since 2.54.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredHook {
    pub name: String,
    /// What a shell runs.
    pub command: String,
    pub events: Vec<String>,
    pub enabled: bool,
    /// Of the first section that names it.
    pub scope: Scope,
}

/// The settings in force.
#[derive(Clone)]
pub struct Config {
    own: gix::config::File,
    shared: Option<gix::config::File>,
}

impl Config {
    /// Bytes of the longest committed file that is read.
    pub const MAX_LEN: usize = 1 << 20;

    pub(super) fn load(repo: &Repo) -> Result<Config> {
        let own = repo.gix().config_snapshot().plumbing().clone();
        let path = repo.top().join(SHARED_CONFIG);
        let bytes = super::repo::read_worktree_file(&path, Config::MAX_LEN)?;
        Config { own, shared: None }.with_shared(bytes.as_deref())
    }

    /// The same with `bytes` for the committed file, or without one.
    pub fn with_shared(&self, bytes: Option<&[u8]>) -> Result<Config> {
        let parse = |bytes| {
            let metadata = gix::config::file::Metadata::default();
            gix::config::File::from_bytes_no_includes(bytes, metadata, Default::default())
                .attempt(|| format!("read `{SHARED_CONFIG}`"))
        };
        Ok(Config { own: self.own.clone(), shared: bytes.map(parse).transpose()? })
    }

    /// Those that hold outside of any repository.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn of_user() -> Result<Config> {
        let own = gix::config::File::from_globals();
        Ok(Config { own: own.attempt(|| "read the user's settings of Git".into())?, shared: None })
    }

    /// The value of `mldata.KEY`; for a remote, of `mldata.REMOTE.KEY`.
    pub fn string(&self, remote: Option<&str>, key: &str) -> Option<String> {
        self.own_string(remote, key).or_else(|| self.shared_string(remote, key))
    }

    /// Like [`Config::string`], from `git config` alone.
    pub fn own_string(&self, remote: Option<&str>, key: &str) -> Option<String> {
        lookup(&self.own, remote, key)
    }

    /// Like [`Config::string`], from the committed file alone.
    pub fn shared_string(&self, remote: Option<&str>, key: &str) -> Option<String> {
        let allowed = match remote {
            None => SHARED_KEYS.contains(&key),
            Some(_) => SHARED_REMOTE_KEYS.contains(&key),
        };
        if allowed { lookup(self.shared.as_ref()?, remote, key) } else { None }
    }

    /// The value of `mldata.KEY` as Git reads booleans; `default` where it is not set.
    pub fn boolean(&self, key: &str, default: bool) -> Result<bool> {
        match self.string(None, key) {
            None => Ok(default),
            Some(value) => parse_boolean(key, &value),
        }
    }

    /// The value of `mldata.KEY` as a number.
    pub fn integer(&self, key: &str) -> Result<Option<u64>> {
        match self.string(None, key) {
            None => Ok(None),
            Some(value) => match value.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(bad(key, &value, "expected a whole number")),
            },
        }
    }

    /// The value of `mlrun.KEY`: from `git config`, else from the committed file.
    pub fn run_string(&self, key: &str) -> Option<String> {
        let name = format!("mlrun.{key}");
        let shared = || self.shared.as_ref().filter(|_| SHARED_RUN_KEYS.contains(&key));
        self.git_string(&name).or_else(|| {
            let value = shared()?.string(name.as_str())?;
            Some(value.to_str_lossy().into_owned())
        })
    }

    /// The value of `mldata.hook.KEY` of `git config`: what hooks do is not a clone's to say.
    pub fn hook_boolean(&self, key: &str, default: bool) -> Result<bool> {
        match self.own_string(Some(HOOK_SECTION), key) {
            None => Ok(default),
            Some(value) => parse_boolean(&format!("{HOOK_SECTION}.{key}"), &value),
        }
    }

    /// All values of `mlhook.CHECK.KEY`: those of `git config`, where it has any, else those of the
    /// committed file.
    pub fn hook_strings(&self, check: &str, key: &str) -> Vec<String> {
        let name = format!("mlhook.{check}.{key}");
        let of = |file: &gix::config::File| -> Vec<String> {
            let values = file.strings(name.as_str()).unwrap_or_default();
            values.into_iter().map(|value| value.to_str_lossy().into_owned()).collect()
        };
        match of(&self.own) {
            own if own.is_empty() => self.shared.as_ref().map(of).unwrap_or_default(),
            own => own,
        }
    }

    /// Whether `git config` sets `mlhook.CHECK.KEY`, whatever the committed file says.
    pub fn has_own_hook_string(&self, check: &str, key: &str) -> bool {
        self.own.string(format!("mlhook.{check}.{key}").as_str()).is_some()
    }

    /// The names of what the committed file sets in its sections `mlhook`, by the sections' own names, in
    /// the order of the file.
    pub fn shared_hook_keys(&self) -> Vec<(Option<String>, String)> {
        let sections = self.shared.iter().filter_map(|file| file.sections_by_name("mlhook"));
        let mut keys = Vec::new();
        for section in sections.flatten() {
            let name = section.header().subsection_name().map(|name| name.to_str_lossy());
            let body = section.body();
            keys.extend(
                body.value_names().map(|key| (name.as_deref().map(str::to_owned), key.clone())),
            );
        }
        keys
    }

    /// Whether both have the same remotes, at the same places, and the same default.
    pub fn has_remotes_of(&self, other: &Config) -> bool {
        let remotes = |config: &Config| -> Vec<_> {
            let of = |name: String| {
                let [url, id] = ["url", "id"].map(|key| config.string(Some(&name), key));
                (name, url, id)
            };
            config.remotes().into_iter().map(of).collect()
        };
        let default = |config: &Config| config.string(None, "remote");
        remotes(self) == remotes(other) && default(self) == default(other)
    }

    /// A boolean of Git's own, such as `core.trustctime`.
    pub fn git_boolean(&self, key: &str, default: bool) -> bool {
        let value = self.own.string(key).map(|value| value.to_str_lossy().to_ascii_lowercase());
        match value.as_deref() {
            None => default,
            Some("false" | "no" | "off" | "0") => false,
            Some(_) => true,
        }
    }

    /// A setting of `git config` by its whole name: Git's own, such as `core.checkStat`, or one such as
    /// `mlrun.shell`.
    pub fn git_string(&self, key: &str) -> Option<String> {
        Some(self.own.string(key)?.to_str_lossy().into_owned())
    }

    /// Where the value in force of a setting of `git config` was set.
    pub fn scope_of(&self, key: &str) -> Option<Scope> {
        Scope::STRONGEST_FIRST.into_iter().find(|scope| self.string_in(*scope, key).is_some())
    }

    /// Like [`Config::git_string`], from the settings of one scope.
    pub fn string_in(&self, scope: Scope, key: &str) -> Option<String> {
        let in_scope = |found: &gix::config::file::Metadata| Scope::of(found.source) == scope;
        Some(self.own.string_filter(key, in_scope)?.to_str_lossy().into_owned())
    }

    /// The hooks that settings name (`[hook "NAME"]`), in the order in which Git runs them.
    pub fn configured_hooks(&self) -> Vec<ConfiguredHook> {
        let mut hooks: Vec<ConfiguredHook> = Vec::new();
        for section in self.own.sections_by_name("hook").into_iter().flatten() {
            let Some(name) = section.header().subsection_name() else { continue };
            let name = name.to_str_lossy().into_owned();
            if hooks.iter().any(|hook| hook.name == name) {
                continue;
            }
            let events = self.own.strings(format!("hook.{name}.event").as_str());
            let mut of = Vec::new();
            for event in events.into_iter().flatten() {
                // Nothing takes back what came before.
                match event.is_empty() {
                    true => of.clear(),
                    false => of.push(event.to_str_lossy().into_owned()),
                }
            }
            let enabled = self.git_boolean(&format!("hook.{name}.enabled"), true);
            let command = self.git_string(&format!("hook.{name}.command")).unwrap_or_default();
            let scope = Scope::of(section.meta().source);
            hooks.push(ConfiguredHook { name, command, events: of, enabled, scope });
        }
        hooks
    }

    /// A setting of `git config` by its whole name, as a number.
    pub fn own_integer(&self, key: &str) -> Result<Option<u64>> {
        let Some(value) = self.git_string(key) else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Error::Config {
                origin: "settings".into(),
                key: key.to_owned(),
                value: fs::display_bytes(value.as_bytes()),
                expected: "expected a whole number",
            }),
        }
    }

    /// Names of the remotes, in ascending order: every `[mldata "NAME"]` with a `url`.
    pub fn remotes(&self) -> Vec<String> {
        let files = [Some(&self.own), self.shared.as_ref()];
        let mut names: Vec<String> = files
            .into_iter()
            .flatten()
            .flat_map(|file| file.sections_by_name("mldata").into_iter().flatten())
            .filter_map(|section| {
                Some(section.header().subsection_name()?.to_str().ok()?.to_owned())
            })
            .filter(|name| self.string(Some(name), "url").is_some())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn lookup(file: &gix::config::File, remote: Option<&str>, key: &str) -> Option<String> {
    let value = match remote {
        None => file.string(format!("mldata.{key}").as_str()),
        Some(name) => file.string(format!("mldata.{name}.{key}").as_str()),
    }?;
    Some(value.to_str_lossy().into_owned())
}

fn parse_boolean(key: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" | "" => Ok(false),
        _ => Err(bad(key, value, "expected `true` or `false`")),
    }
}

fn bad(key: &str, value: &str, expected: &'static str) -> Error {
    Error::Config {
        origin: "settings".into(),
        key: format!("mldata.{key}"),
        value: fs::display_bytes(value.as_bytes()),
        expected,
    }
}
