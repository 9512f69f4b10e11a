//! The state of a directory as text.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use gitml::format::ObjectId;
use gitml::fs::display_bytes;

/// One line for `path` and each name below it, sorted: mode, content (the first digits of its
/// SHA-256, a link's text), name.
pub fn describe(path: &Path) -> String {
    let mut text = String::new();
    visit(path, "", &mut text);
    text
}

fn visit(path: &Path, shown: &str, text: &mut String) {
    let Ok(metadata) = path.symlink_metadata() else {
        writeln!(text, "absent").unwrap();
        return;
    };
    let name = if shown.is_empty() { "." } else { shown };
    if metadata.is_symlink() {
        let target = path.read_link().unwrap();
        let target = display_bytes(target.as_os_str().as_encoded_bytes());
        writeln!(text, "link    {name} -> {target}").unwrap();
        return;
    }
    let mode = metadata.mode() & 0o7777;
    if !metadata.is_dir() {
        let bytes = std::fs::read(path).unwrap();
        let id = ObjectId::of(&bytes).to_hex();
        writeln!(text, "{mode:04o} {:7}  {}  {name}", bytes.len(), &id[..7]).unwrap();
        return;
    }
    writeln!(text, "{mode:04o} {name}/").unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    for name in names {
        let below = display_bytes(name.as_encoded_bytes());
        let shown = if shown.is_empty() { below } else { format!("{shown}/{below}") };
        visit(&path.join(name), &shown, text);
    }
}

/// Inode and time of change of everything at and below `path`, but for Git's own directory.
pub fn identities(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![path.to_owned()];
    while let Some(path) = pending.pop() {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        let shown = display_bytes(path.as_os_str().as_encoded_bytes());
        let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
        found.push(format!("{shown} {} {seconds}.{nanoseconds:09}", metadata.ino()));
        if metadata.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap());
            pending.extend(entries.filter(|e| e.file_name() != ".git").map(|e| e.path()));
        }
    }
    found.sort();
    found
}
