//! What checks say of a [`TestEnv`].

use super::TestEnv;

impl TestEnv {
    /// What `mlhook-data` finds, such as `big-file model.bin, pointer a.mldata:3`.
    #[track_caller]
    pub fn rules(&self) -> String {
        let place = |it: &serde_json::Value| {
            let line = it["line"].as_u64().map_or(String::new(), |line| format!(":{line}"));
            format!("{} {}{line}", it["rule"].as_str().unwrap(), it["path"].as_str().unwrap())
        };
        self.findings().iter().map(place).collect::<Vec<_>>().join(", ")
    }

    /// The hints of `mlhook-data`.
    #[track_caller]
    pub fn hints(&self) -> Vec<String> {
        self.findings().iter().filter_map(|it| Some(it["hint"].as_str()?.to_owned())).collect()
    }

    /// The messages of `mlhook-data`.
    #[track_caller]
    pub fn messages(&self) -> Vec<String> {
        self.findings().iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Those of rules about data; what rules about texts and names say, their own tests ask.
    #[track_caller]
    fn findings(&self) -> Vec<serde_json::Value> {
        let output = self.mlhook("data", ["--json"]);
        assert!(matches!(output.exit_code, Some(0 | 1)), "{output}");
        let others = ["conflict-marker", "symlink", "windows-name", "case-fold", "secret"];
        let mut found = output.json()["checks"][0]["findings"].as_array().unwrap().clone();
        found.retain(|it| !others.contains(&it["rule"].as_str().unwrap()));
        found
    }
}
