//! What is compared over revisions: `git mlrun metrics`, `params`, `plots` and `diff`.

mod diff;
mod metrics;
mod params;
mod plots;

use crate::common::TestEnv;

const PIPELINE: &str = "\
stages:
  train:
    cmd: python train.py
    params: [lr, model.layers]
    metrics:
    - train.json:
        cache: false
    - eval.json
metrics: [summary.yaml]
";

/// Two commits of a pipeline, the first tagged `v1`; `eval.json` is tracked data.
pub fn project() -> TestEnv {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.commit("settings");
    env.write("mlrun.yaml", PIPELINE);
    env.write("train.py", "print('train')\n");
    env.write("params.yaml", "lr: 0.1\nmodel:\n  layers: [64, 32]\n  name: cnn\n");
    env.write("train.json", r#"{"loss": 0.5, "steps": 100, "per_class": [1, 2]}"#);
    env.write("eval.json", r#"{"val": {"acc": 0.8, "auc": null}, "best": "cat"}"#);
    env.write("summary.yaml", "score: 1e-7\nok: true\n");
    env.mldata(["add", "eval.json"]).success();
    env.commit("one");
    env.git(["tag", "v1"]).success();
    env.write("params.yaml", "lr: 0.01\nmodel:\n  layers: [64, 32, 16]\n  name: cnn\nseed: 7\n");
    env.write("train.json", r#"{"loss": 0.25, "steps": 200, "per_class": [1, 2]}"#);
    env.write("eval.json", r#"{"val": {"acc": 0.9}, "best": "dog"}"#);
    env.mldata(["add"]).success();
    env.commit("two");
    env
}
