//! What is generated is checked in and fresh. `UPDATE_DOCS=1 cargo test docs_fresh` rewrites it.

use std::path::Path;

use gitml::cli::docgen;

#[test]
fn man_pages_and_completions_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = docgen::files().unwrap();
    if update() {
        for folder in ["man", "completions"] {
            let _ = std::fs::remove_dir_all(root.join(folder));
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        for (path, text) in &files {
            std::fs::write(root.join(path), text).unwrap();
        }
    }
    for (path, text) in &files {
        let found = std::fs::read(root.join(path)).unwrap_or_default();
        assert!(found == *text, "{} is stale: UPDATE_DOCS=1 cargo test docs_fresh", path.display());
    }
    for folder in ["man", "completions"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            assert!(files.contains_key(&path), "{} is generated no more", path.display());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
fn update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}
