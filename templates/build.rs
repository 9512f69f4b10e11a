//! Puts the built-in templates into the library: every directory beside this file is one.
//!
//! Generates the table that `scaffold::builtin` includes, and the one of `scaffold::jinja::ascii`. Names and executable bits come from the file
//! system; directories that hold nothing cannot be templates' content, as Git does not keep them.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[expect(clippy::disallowed_methods, reason = "how cargo tells a build script where it is")]
fn main() {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("templates");
    println!("cargo::rerun-if-changed=templates");
    let mut table = String::from("&[\n");
    for template in sorted(&root).into_iter().filter(|path| path.is_dir()) {
        writeln!(table, "({:?}, &[", name(&root, &template)).expect("a string takes all");
        files(&template, &template, &mut table);
        table.push_str("]),\n");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("templates.rs");
    fs::write(out, table).expect("the build directory can be written");
    transliterations();
}

/// Where the text of each character of the first plane begins, as 32 bits, and where the last one ends;
/// then the texts.
#[expect(clippy::disallowed_methods, reason = "how cargo tells a build script where it is")]
fn transliterations() {
    let mut starts = Vec::new();
    let mut texts = Vec::new();
    for code in 0..=0xffff {
        starts.extend((texts.len() as u32).to_le_bytes());
        let text = char::from_u32(code).map_or("", unidecode::unidecode_char);
        texts.extend(text.as_bytes());
    }
    starts.extend((texts.len() as u32).to_le_bytes());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("ascii"), [starts, texts].concat())
        .expect("the build directory can be written");
}

fn files(template: &Path, directory: &Path, table: &mut String) {
    for path in sorted(directory) {
        let metadata = fs::symlink_metadata(&path).expect("it was listed");
        assert!(!metadata.is_symlink(), "a built-in template has the link {}", path.display());
        if metadata.is_dir() {
            files(template, &path, table);
        } else {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            let line = format_args!(
                "({:?}, {executable}, include_bytes!({path:?})),",
                name(template, &path)
            );
            writeln!(table, "{line}").expect("a string takes all");
        }
    }
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("templates can be read");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("templates can be read").path()).collect();
    paths.sort();
    paths
}

fn name<'a>(base: &Path, path: &'a Path) -> &'a str {
    let relative = path.strip_prefix(base).expect("it lies below");
    relative.to_str().expect("names of built-in templates are UTF-8")
}
