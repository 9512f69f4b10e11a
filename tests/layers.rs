//! The layers of the library, enforced: see `src/lib.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;

/// From the bottom to the top. A module uses those of its own row and of the rows before it.
const LAYERS: [&[&str]; 7] = [
    &["fs", "format"],
    &["cache", "remote", "git"],
    &["data", "scaffold"],
    &["runs"],
    &["pipeline"],
    &["checks"],
    &["cli"],
];

/// The programs of checks.
const HOOKS: [&str; 4] = [
    env!("CARGO_BIN_EXE_mlhook-data"),
    env!("CARGO_BIN_EXE_mlhook-format"),
    env!("CARGO_BIN_EXE_mlhook-lint"),
    env!("CARGO_BIN_EXE_mlhook-notebooks"),
];

/// What prints, other than `cli`.
const PRINTS: [&str; 6] = ["println!", "print!(", "eprintln!", "eprint!(", "stdout()", "stderr()"];

#[test]
fn a_layer_uses_only_those_below_it() {
    let mut broken = BTreeSet::new();
    for (module, path, text) in sources() {
        let rank = rank(&module).unwrap_or_else(|| panic!("`{module}` is in no layer"));
        for used in used_modules(&text) {
            // Macros and other items of the crate's root have no layer.
            if self::rank(&used).is_some_and(|used| used > rank) {
                broken.insert(format!("{}: uses crate::{used}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn only_the_command_line_prints() {
    let mut broken = BTreeSet::new();
    for (module, path, text) in sources() {
        if module == "cli" {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            if let Some(word) = PRINTS.iter().find(|word| line.contains(**word)) {
                broken.insert(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn binaries_are_stubs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stubs = 0;
    for directory in [source().join("bin"), root.join("hooks")] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= 10, "{} has {lines} lines", path.display());
                stubs += 1;
            }
        }
    }
    assert_eq!(stubs, 2 + HOOKS.len());
}

/// A check looks at what Git has. What writes objects, and what transfers them, is none of its business.
#[test]
fn checks_neither_store_nor_transfer() {
    let checks = sources().into_iter().filter(|(module, ..)| module == "checks");
    let mut broken = BTreeSet::new();
    for (_, path, text) in checks {
        let used = used_modules(&text);
        for module in ["cache", "remote", "runs", "scaffold"] {
            if used.contains(module) {
                broken.insert(format!("{}: uses crate::{module}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Nor is it linked: they start at each commit, and whoever reads them wants to know that they send nothing.
#[test]
fn programs_of_checks_have_no_code_that_transfers() {
    let has = |program: &str, module: &str| {
        // In either scheme of mangling, a path is its names with their lengths.
        let symbol = format!("5gitml{}{module}", module.len());
        std::fs::read(program).unwrap().find(symbol).is_some()
    };
    if !has(crate::common::BINARY, "remote") {
        return crate::common::skip(
            "programs_of_checks_have_no_code_that_transfers",
            "these programs are without symbols",
        );
    }
    for program in HOOKS {
        assert!(has(program, "checks"), "{program}");
        for module in ["remote", "scaffold"] {
            assert!(!has(program, module), "{program} has code of `{module}`");
        }
    }
}

/// Every source file of the library with the module, directly below the root, that it is part of.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    let mut pending = vec![source()];
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let relative = path.strip_prefix(source()).unwrap().to_owned();
            let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
            let module = first.strip_suffix(".rs").unwrap_or(first).to_owned();
            if relative.extension().is_some_and(|extension| extension == "rs")
                && !matches!(&module[..], "bin" | "lib")
            {
                found.push((module, relative, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The modules named after `crate::`, in `use crate::{a, b::c}` too.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => {
                found.insert(identifier(rest));
            }
            Some(list) => {
                let mut depth = 1;
                let mut item = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => found.extend([identifier(&std::mem::take(&mut item))]),
                        _ if depth == 1 => item.push(c),
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
                found.insert(identifier(&item));
            }
        }
    }
    found.remove("");
    found
}

fn identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn uses_are_found() {
    let text = "use crate::fs::{self, RepoPath};\n// crate::cli\nuse crate::{\n    cache,\n    \
                git::{Repo, Config},\n    format as f,\n};\nlet x = crate::data::add();";
    let found: Vec<String> = used_modules(text).into_iter().collect();
    assert_eq!(found, ["cache", "data", "format", "fs", "git"]);
}
