//! What a user types to name a template, taken apart.
//!
//! In this order: an abbreviation (`gh:owner/name`) becomes what it stands for; what has a scheme, or
//! looks like `user@host:path`, is a URL; all else is a path. Behind a URL may stand `@REV` and
//! `//DIRECTORY`, in either order; behind a path too, if nothing is called so as a whole. An `@` counts
//! only behind the first letter of a name and after the host, so that `git@host:a/b` and
//! `https://host/@group/b` are what they look like.

use std::collections::BTreeMap;

use crate::fs::display_bytes;
use crate::scaffold::{Error, Result};

/// Abbreviations that everybody has. `{0}` is what stands behind the colon.
const ABBREVIATIONS: [(&str, &str); 3] = [
    ("gh", "https://github.com/{0}.git"),
    ("gl", "https://gitlab.com/{0}.git"),
    ("bb", "https://bitbucket.org/{0}"),
];

const ARCHIVES: [&str; 5] = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst"];

/// A source, not yet looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    pub place: Place,
    pub reference: Option<String>,
    pub directory: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Git(Url),
    /// As it was typed: the suffixes, too, unless [`Locator::of_path`] took them off.
    Path(String),
}

/// The URL of a Git repository.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Place {
    /// Whether it is reached without a network: what is there is the user's, not the world's.
    pub fn is_local(&self) -> bool {
        match self {
            Place::Path(_) => true,
            Place::Git(Url(url)) => {
                url.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("file"))
            }
        }
    }
}

impl Locator {
    /// Takes `text` apart. `own` are the user's abbreviations, which go before those that everybody has.
    ///
    /// # Errors
    /// It names a kind of repository or of transfer that is not supported.
    pub fn parse(text: &str, own: &BTreeMap<String, String>) -> Result<Locator> {
        let refused =
            |why: &str| Err(Error::BadSource { name: without_secrets(text), why: why.into() });
        if text.is_empty() || text.contains(char::is_control) {
            return refused("it is no name");
        }
        let (text, suffixes) = expand(text, own);
        let text = text.strip_prefix("git+").unwrap_or(&text);
        if text.starts_with("hg+") {
            return refused("Mercurial repositories are not supported");
        }
        if text.split_once("::").is_some_and(|(name, _)| name.bytes().all(is_scheme)) {
            return refused("Git would run a program of that name to reach it");
        }
        let scheme = text.split_once("://").filter(|(scheme, _)| scheme.bytes().all(is_scheme));
        let host = match scheme {
            Some((scheme, rest)) => {
                let name = scheme.to_ascii_lowercase();
                if !["https", "http", "ssh", "git", "file"].contains(&&name[..]) {
                    return refused("only https, http, ssh, git and file URLs are supported");
                }
                if rest.starts_with('-') {
                    return refused("no host has such a name");
                }
                let host = scheme.len() + 3 + rest.find('/').unwrap_or(rest.len());
                if name.starts_with("http") && is_archive(text) {
                    return Err(Error::RemoteArchive { url: without_secrets(text) });
                }
                host
            }
            None => match scp_path(text) {
                Some(path) => path,
                None => return Ok(Locator::path(text)),
            },
        };
        let (rest, reference, directory) = take_suffixes(&text[host..]);
        let url = format!("{}{rest}", &text[..host]);
        let (more_reference, more_directory) = suffixes;
        Ok(Locator {
            place: Place::Git(Url(url.trim_end_matches('/').to_owned())),
            reference: reference.or(more_reference),
            directory: directory.or(more_directory),
        })
    }

    fn path(text: &str) -> Locator {
        Locator { place: Place::Path(text.to_owned()), reference: None, directory: None }
    }

    /// `text` as a path with suffixes; `None` if it has none.
    pub fn of_path(text: &str) -> Option<Locator> {
        let (rest, reference, directory) = take_suffixes(text);
        let has_some = reference.is_some() || directory.is_some();
        (has_some && !rest.is_empty()).then(|| Locator {
            place: Place::Path(rest.to_owned()),
            reference,
            directory,
        })
    }
}

impl Url {
    /// A repository in a directory of this machine.
    pub fn of_directory(path: &str) -> Url {
        Url(path.to_owned())
    }

    /// As Git needs it, with the password that it may have.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// For people and files: without a password, and without a user's name that may be a token.
    pub fn public(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return self.0.clone() };
        // Tokens stand in queries, too. No path of a repository has one.
        let end = rest.find(['?', '#']).filter(|_| scheme.starts_with("http"));
        let rest = &rest[..end.unwrap_or(rest.len())];
        let host = rest.find('/').unwrap_or(rest.len());
        let Some(at) = rest[..host].rfind('@') else { return format!("{scheme}://{rest}") };
        let user = rest[..at].split(':').next().unwrap_or_default();
        match scheme.eq_ignore_ascii_case("ssh") {
            true => format!("{scheme}://{user}{}", &rest[at..]),
            false => format!("{scheme}://{}", &rest[at + 1..]),
        }
    }

    /// `text` without what of the URL is secret: Git repeats URLs in its messages.
    pub fn censor(&self, text: &str) -> String {
        let text = text.replace(&self.0, &self.public());
        let Some((_, rest)) = self.0.split_once("://") else { return text };
        let host = rest.find('/').unwrap_or(rest.len());
        match rest[..host].rfind('@') {
            Some(at) if rest[..at].contains(':') || !self.0.starts_with("ssh") => {
                text.replace(&rest[..=at], "")
            }
            _ => text,
        }
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", display_bytes(self.public().as_bytes()))
    }
}

/// `text`, which names a template, without the password that it may have.
pub fn without_secrets(text: &str) -> String {
    Url(text.to_owned()).public()
}

/// Whether `text` has the name of an archive.
pub fn is_archive(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ARCHIVES.iter().any(|suffix| text.ends_with(suffix))
}

type Suffixes = (Option<String>, Option<String>);

/// What `text` stands for, and the suffixes that stood in it.
fn expand(text: &str, own: &BTreeMap<String, String>) -> (String, Suffixes) {
    if let Some(whole) = own.get(text) {
        return (whole.clone(), (None, None));
    }
    let Some((prefix, rest)) = text.split_once(':') else { return (text.to_owned(), (None, None)) };
    let general = ABBREVIATIONS.iter().find(|(known, _)| *known == prefix).map(|(_, url)| *url);
    let Some(pattern) = own.get(prefix).map(String::as_str).or(general) else {
        return (text.to_owned(), (None, None));
    };
    // Before the pattern is applied: it may put something behind.
    let (rest, reference, directory) = take_suffixes(rest);
    let rest = rest.trim_end_matches('/');
    let rest = match pattern.contains("}.git") {
        true => rest.strip_suffix(".git").unwrap_or(rest),
        false => rest,
    };
    (pattern.replace("{0}", rest).replace("{}", rest), (reference, directory))
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Where the path of `user@host:path` begins.
fn scp_path(text: &str) -> Option<usize> {
    let (host, _) = text.split_once(':')?;
    let (user, name) = host.split_once('@')?;
    let valid = |part: &str| {
        let known = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']');
        !part.is_empty() && !part.starts_with('-') && part.chars().all(known)
    };
    (valid(user) && valid(name)).then_some(host.len() + 1)
}

/// The path without `@REV` and `//DIRECTORY`, and those.
fn take_suffixes(path: &str) -> (&str, Option<String>, Option<String>) {
    let found = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (path, directory) = match path.get(1..).and_then(|rest| rest.find("//")) {
        Some(at) => (&path[..=at], &path[at + 3..]),
        None => (path, ""),
    };
    let rev = |text: &str| {
        let at = text.bytes().enumerate().position(|(at, byte)| {
            byte == b'@' && at > 0 && text.as_bytes()[at - 1] != b'/' && at + 1 < text.len()
        });
        at.unwrap_or(text.len())
    };
    let (path, first) = path.split_at(rev(path));
    // A directory has an `@` in its name more often than not only if a revision stood before it.
    let at = if first.is_empty() { rev(directory) } else { directory.len() };
    let (directory, second) = directory.split_at(at);
    let reference = found(first.trim_start_matches('@'));
    let reference = reference.or_else(|| found(second.trim_start_matches('@')));
    (path, reference, found(directory.trim_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Locator> {
        let own = [("us", "ssh://git@host.example/{0}"), ("base", "../templates/base")];
        let own = own.map(|(name, url)| (name.to_owned(), url.to_owned()));
        Locator::parse(text, &own.into())
    }

    fn shown(locator: Locator) -> String {
        let Locator { place, reference, directory } = locator;
        let place = match place {
            Place::Git(url) => format!("git {}", url.secret()),
            Place::Path(path) => format!("path {path}"),
        };
        let suffix = |sign: &str, text: Option<String>| {
            text.map(|text| format!(" {sign}{text}")).unwrap_or_default()
        };
        place + &suffix("@", reference) + &suffix("//", directory)
    }

    #[test]
    fn sources_are_taken_apart() {
        for (text, expected) in [
            ("gh:a/b", "git https://github.com/a/b.git"),
            ("gh:a/b.git", "git https://github.com/a/b.git"),
            ("gh:a/b@v2", "git https://github.com/a/b.git @v2"),
            ("gh:a/b@feature/x//sub/dir", "git https://github.com/a/b.git @feature/x //sub/dir"),
            ("gh:a/b//sub@v2", "git https://github.com/a/b.git @v2 //sub"),
            ("gl:a/b", "git https://gitlab.com/a/b.git"),
            ("bb:a/b", "git https://bitbucket.org/a/b"),
            ("us:a/b", "git ssh://git@host.example/a/b"),
            ("base", "path ../templates/base"),
            ("git@host:a/b.git", "git git@host:a/b.git"),
            ("git@host:a/b.git@v1", "git git@host:a/b.git @v1"),
            ("git+https://host/a/b/", "git https://host/a/b"),
            ("git+ssh://git@host/a/b", "git ssh://git@host/a/b"),
            ("ssh://git@host:22/a/b@v1", "git ssh://git@host:22/a/b @v1"),
            ("https://u:p@host/a/b@v1//c", "git https://u:p@host/a/b @v1 //c"),
            ("https://host/@a/b", "git https://host/@a/b"),
            ("https://host/a/b@", "git https://host/a/b@"),
            ("file:///a/b.git//c", "git file:///a/b.git //c"),
            ("file:///a/b.zip", "git file:///a/b.zip"),
            ("./a", "path ./a"),
            ("../a:b", "path ../a:b"),
            ("a@b", "path a@b"),
            ("/a//b", "path /a//b"),
            ("C:/a", "path C:/a"),
        ] {
            assert_eq!(shown(parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_git_could_be_tricked_with_is_refused() {
        for text in [
            "",
            "a\nb",
            "hg+https://host/a",
            "ext::sh -c date",
            "fd::17",
            "ftp://host/a",
            "ssh://-oProxyCommand=date/a",
        ] {
            let refused = parse(text);
            assert!(matches!(refused, Err(Error::BadSource { .. })), "{text}: {refused:?}");
        }
        for text in ["https://user:word@host/a.zip", "http://host/a.tar.GZ"] {
            let Err(error @ Error::RemoteArchive { .. }) = parse(text) else { panic!("{text}") };
            assert!(!error.to_string().contains("word"), "{error}");
        }
        // No host: a path like any other.
        assert_eq!(
            shown(parse("-u@-oProxyCommand=date:a").unwrap()),
            "path -u@-oProxyCommand=date:a"
        );
    }

    #[test]
    fn paths_have_suffixes_only_if_asked() {
        let of_path = |text| Locator::of_path(text).map(shown);
        assert_eq!(of_path("../a@v1").as_deref(), Some("path ../a @v1"));
        assert_eq!(of_path("/a/b//c@v1").as_deref(), Some("path /a/b @v1 //c"));
        assert_eq!(of_path("~/a//c").as_deref(), Some("path ~/a //c"));
        assert_eq!(of_path("@a/b"), None);
        assert_eq!(of_path("a/b"), None);
    }

    #[test]
    fn secrets_stay_in_the_url() {
        for (url, public) in [
            ("https://user:word@host/a", "https://host/a"),
            ("https://token@host/a", "https://host/a"),
            ("https://host/a?token=word#x", "https://host/a"),
            ("ssh://git:word@host:22/a", "ssh://git@host:22/a"),
            ("ssh://git@host/a", "ssh://git@host/a"),
            ("git@host:a", "git@host:a"),
            ("https://host/a@b", "https://host/a@b"),
        ] {
            let url = Url(url.to_owned());
            assert_eq!(url.public(), public);
            assert_eq!(format!("{url:?}"), format!("`{public}`"));
            let said = format!("fatal: unable to access '{}/': no", url.secret());
            assert!(!url.censor(&said).contains("word"), "{said}");
        }
        let url = Url("https://user:word@host/a".into());
        assert_eq!(url.censor("remote user:word@host said no"), "remote host said no");
    }
}
