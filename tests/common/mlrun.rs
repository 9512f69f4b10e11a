//! Running pipelines in a [`TestEnv`].

use std::path::Path;

use super::{Output, TestEnv};

impl TestEnv {
    /// A repository with settings, hooks, and `pipeline` as its `mlrun.yaml`, nothing committed.
    pub fn pipeline(pipeline: &str) -> TestEnv {
        let env = TestEnv::new();
        env.mldata(["init"]).success();
        env.write("mlrun.yaml", pipeline);
        env
    }

    /// What `repro` made of each stage, such as `load: ran, train: unchanged`.
    #[track_caller]
    pub fn repro(&self, arguments: &[&str]) -> String {
        let output = self.mlrun([&["repro", "--json"], arguments].concat()).success();
        outcomes(&output)
    }

    /// What `status` says of each stage, such as `load: changed, train: unchanged`.
    #[track_caller]
    pub fn states(&self, arguments: &[&str]) -> String {
        let output = self.mlrun([&["status", "--json"], arguments].concat()).success();
        list(&output.json()["stages"], "state")
    }

    /// The names that stages wrote to `ran` beside the repository since the last time, in order.
    pub fn ran(&self) -> String {
        let path = self.root().join("ran");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Contents of all files in recovery entries but the manifests, sorted.
    pub fn recovered(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut pending = vec![self.dir().join(".git/mldata/recovery")];
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(entries(&path));
            } else if path.is_file() && !path.ends_with("manifest.json") {
                found.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
            }
        }
        found.sort();
        found
    }
}

fn entries(path: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// What the output of `repro --json` says of each stage.
#[track_caller]
pub fn outcomes(output: &Output) -> String {
    list(&output.json()["stages"], "outcome")
}

fn list(stages: &serde_json::Value, key: &str) -> String {
    let stages = stages.as_array().expect("an array of stages");
    let text = |stage: &serde_json::Value, key: &str| stage[key].as_str().unwrap().to_owned();
    let one = |stage| format!("{}: {}", text(stage, "stage"), text(stage, key));
    stages.iter().map(one).collect::<Vec<_>>().join(", ")
}
