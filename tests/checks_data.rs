//! Checks of data on what is staged, by `mlhook-data` and as a Git hook.

use insta::assert_snapshot;

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];

#[test]
fn a_big_file_is_found_as_it_is_staged() {
    let env = TestEnv::new();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    env.write("model.bin", vec![7; (5 << 20) + 1]);
    env.mlhook("data", NOTHING).success();
    env.git(["add", "model.bin"]).success();
    // Only what is staged counts.
    env.write("model.bin", "small");
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    model.bin: big-file 5,242,881 bytes going into Git
    [stderr]
    hint: git rm --cached 'model.bin' && git mldata add 'model.bin'
    1 finding in 1 of 1 file
    [exit code 1]
    ");
    env.mldata(["hook", "pre-commit"]).code(1);
    env.git(["config", "mlhook.data.big-file", "off"]).success();
    env.mldata(["hook", "pre-commit"]).success();
}
