//! Bytes fixed in files under `tests/spec`, so that no format changes by accident.

use std::path::Path;

/// Asserts that the file `name` under `tests/spec` holds `bytes`. With `UPDATE_SPEC=1` in the
/// environment it is written anew.
#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
pub fn check(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec").join(name);
    if std::env::var_os("UPDATE_SPEC").is_some() {
        std::fs::create_dir_all(path.parent().expect("below tests/spec")).expect("mkdir");
        std::fs::write(&path, bytes).expect("write");
    }
    let golden = std::fs::read(&path).expect("the golden file");
    assert!(golden == bytes, "`{}` is not what is written now", path.display());
}
