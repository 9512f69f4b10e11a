//! `git mlrun plots`.

use insta::assert_snapshot;

use crate::common::TestEnv;

const PIPELINE: &str = "\
stages:
  train:
    cmd: python train.py
    plots:
    - logs.csv:
        cache: false
        x: epoch
        y: loss
        title: Training loss
    - predictions.csv:
        cache: false
        template: confusion
        x: predicted
        y: actual
    - images
plots:
- roc:
    x: fpr
    y:
      eval/train.json: tpr
      eval/test.json: tpr
    title: ROC
- importance.json:
    template: bar_horizontal_sorted
    x: weight
    y: feature
";

/// The smallest PNG: one pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\
    \x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

fn write_data(env: &TestEnv, slope: f64) {
    let rows = (0..10).map(|epoch| format!("{epoch},{}\n", 1.0 - slope * f64::from(epoch)));
    env.write("logs.csv", format!("epoch,loss\n{}", rows.collect::<String>()));
    env.write("predictions.csv", "actual,predicted\ncat,cat\ncat,dog\ndog,dog\n");
    for (name, rate) in [("train", 0.9), ("test", 0.7)] {
        let records =
            format!(r#"{{"roc": [{{"fpr": 0, "tpr": 0}}, {{"fpr": 0.5, "tpr": {rate}}}]}}"#);
        env.write(format!("eval/{name}.json"), records);
    }
    env.write(
        "importance.json",
        r#"[{"feature": "a", "weight": 1}, {"feature": "b", "weight": 3}]"#,
    );
}

fn project() -> TestEnv {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.write("mlrun.yaml", PIPELINE);
    write_data(&env, 0.1);
    env.write("images/one.png", PNG);
    env.write("images/two.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    env.write("images/notes.txt", "no plot");
    env.mldata(["add", "images"]).success();
    env.commit("one");
    env.git(["tag", "v1"]).success();
    write_data(&env, 0.05);
    env.commit("two");
    env
}

#[test]
fn the_page_is_written_and_named() {
    let env = project();
    assert_snapshot!(env.mlrun(["plots", "show"]), @"
    .git/mldata/plots.html
    [ok]
    ");
    let page = env.read_text(".git/mldata/plots.html");
    for (what, count) in [
        ("<h2>Training loss</h2>", 1),
        ("<h2>predictions.csv</h2>", 1),
        ("<h2>ROC</h2>", 1),
        ("<h2>importance.json</h2>", 1),
        ("src=\"data:image/png;base64,iVBORw0KGgo", 1),
        ("src=\"data:image/svg+xml;base64,PHN2Zy", 1),
        ("<title>worktree: 9, 0.55</title>", 1),
        ("<li>", 4),
        ("<script", 0),
        ("http", 1),
    ] {
        assert_eq!(page.matches(what).count(), count, "{what}");
    }
    assert!(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'"));

    env.mlrun(["plots", "diff", "v1", "HEAD", "-o", "out.html"]).success();
    let page = env.read_text("out.html");
    assert!(
        page.contains("<title>v1: 9, 0.1</title>") && page.contains("<title>HEAD: 9, 0.55</title>")
    );
    assert_eq!(page.matches("src=\"data:image/png").count(), 2);
    assert_eq!(env.git_status(), "?? out.html\n");
    assert_snapshot!(env.mlrun(["plots", "show", "-o", "none/out.html"]), @"
    [stderr]
    error: cannot write `none/out.html`: `none` is no directory
    [exit code 3]
    ");
}

#[test]
fn charts_are_drawn_as_text() {
    let env = project();
    assert_snapshot!(env.mlrun(["plots", "diff", "v1", "--text"]), @"
    Training loss
      a v1
      b worktree
             1 ┤bbbbbbbbbbbb
               │      aaaaabbbbbbbbbbbbbb
               │            aaaaaaa     bbbbbbbbbbbbbb
               │                   aaaaaaa           bbbbbbbbbbbbbb
               │                         aaaaaaa                  bbbbbbbbbbbbbb
               │                               aaaaaaaa                        bbbbbbbbbbbbbb
               │                                      aaaaaa                                bbbbbbbbbbbb
           0.5 ┤                                            aaaaaa
               │                                                 aaaaaaa
               │                                                        aaaaaaa
               │                                                              aaaaaaa
               │                                                                     aaaaaaa
               │                                                                           aaaaaaa
               │                                                                                  aaaaaa
               └┬──────────────────┬───────────────────┬──────────────────┬──────────────────┬──────────
                0                  2                   4                  6                  8
                loss over epoch

    predictions.csv
      v1 (actual down, predicted across)
          cat dog
      cat   1   1
      dog   0   1
      worktree (actual down, predicted across)
          cat dog
      cat   1   1
      dog   0   1

    ROC
      a v1: eval/train.json
      b v1: eval/test.json
      c worktree: eval/train.json
      d worktree: eval/test.json
               │                                                                                  cccccc
               │                                                                            cccccc
               │                                                                     ccccccc
               │                                                               ccccccc          dddddddd
               │                                                        ccccccc         ddddddddd
               │                                                  ccccccc       ddddddddd
           0.5 ┤                                            ccccccc     ddddddddd
               │                                     ccccccc    dddddddd
               │                               ccccccc  dddddddd
               │                         cccccccdddddddd
               │                  cccccddddddddd
               │            cccddddddddd
               │      cddddddddd
             0 ┤dddddddd
               └┬────────────────┬─────────────────┬────────────────┬─────────────────┬────────────────┬
                0               0.1               0.2              0.3               0.4             0.5
                tpr over fpr

    importance.json
      a v1
      b worktree
    b a ███████████████████████████████████████████████████████████████████████████████████ 3
    b b ███████████████████████████████████████████████████████████████████████████████████ 3
    a a ███████████████████████████▋ 1
    a b ███████████████████████████▋ 1

    images/one.png: an image of v1, worktree
    images/two.svg: an image of v1, worktree
    [ok]
    ");
}

#[test]
fn json_has_every_point() {
    let env = project();
    assert_snapshot!(env.mlrun(["plots", "show", "--json", "roc", "images"]), @r#"
    {
      "revisions": [
        "worktree"
      ],
      "plots": [
        {
          "id": "roc",
          "title": "ROC",
          "x_label": "fpr",
          "y_label": "tpr",
          "template": "linear",
          "series": [
            {
              "revision": "worktree",
              "file": "eval/train.json",
              "field": "tpr",
              "points": [
                [
                  0.0,
                  0.0
                ],
                [
                  0.5,
                  0.9
                ]
              ]
            },
            {
              "revision": "worktree",
              "file": "eval/test.json",
              "field": "tpr",
              "points": [
                [
                  0.0,
                  0.0
                ],
                [
                  0.5,
                  0.7
                ]
              ]
            }
          ]
        }
      ],
      "images": [
        {
          "id": "images/one.png",
          "revision": "worktree",
          "file": "images/one.png",
          "size": 69
        },
        {
          "id": "images/two.svg",
          "revision": "worktree",
          "file": "images/two.svg",
          "size": 41
        }
      ],
      "errors": []
    }
    [ok]
    "#);
    let shown = env
        .mlrun(["plots", "diff", "v1", "HEAD", "main", "--json", "--", "logs.csv"])
        .success()
        .json();
    assert_eq!(shown["revisions"], serde_json::json!(["v1", "HEAD", "main"]));
    let series = shown["plots"][0]["series"].as_array().unwrap();
    let last: Vec<&serde_json::Value> =
        series.iter().skip(1).map(|one| &one["points"][9]).collect();
    assert_eq!(serde_json::json!(last), serde_json::json!([[9.0, 0.55], [9.0, 0.55]]));
}

#[test]
fn options_replace_what_the_pipeline_says() {
    let env = project();
    env.write("other.tsv", "1\t10\n2\t20\n");
    let options =
        ["--no-header", "-x", "0", "-y", "1", "--title", "T", "--x-label", "X", "--y-label", "Y"];
    let words = ["plots", "show", "other.tsv", "--json", "-t", "scatter"];
    let shown = env.mlrun(words.iter().chain(&options)).success().json();
    let plot = &shown["plots"][0];
    assert_eq!(plot["series"][0]["points"], serde_json::json!([[1.0, 10.0], [2.0, 20.0]]));
    for (key, value) in [
        ("title", "T"),
        ("x_label", "X"),
        ("y_label", "Y"),
        ("template", "scatter"),
        ("id", "other.tsv"),
    ] {
        assert_eq!(plot[key], value);
    }
    assert_snapshot!(env.mlrun(["plots", "show", "-t", "pie"]), @"
    [stderr]
    error: invalid value 'pie' for '--template <NAME>': `pie` is not a kind of plot; those known are simple, linear, smooth, scatter, scatter_jitter, confusion, confusion_normalized, bar_horizontal, bar_horizontal_sorted

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn what_cannot_be_drawn_is_told_and_the_rest_drawn() {
    let env = project();
    env.remove("eval/test.json");
    env.write("logs.csv", "epoch,acc\n0,1\n");
    env.write("importance.json", "{\"a\": 1}");
    assert_snapshot!(env.mlrun(["plots", "show"]), @"
    .git/mldata/plots.html
    [stderr]
    warning: worktree: `logs.csv`: it has no column `loss`, only `epoch`, `acc`
    warning: worktree: `eval/test.json` does not exist
    warning: worktree: `importance.json`: it holds no list of records
    [ok]
    ");
    assert!(
        env.read_text(".git/mldata/plots.html").contains("<p class=\"error\">worktree: `logs.csv`")
    );
    assert_snapshot!(env.mlrun(["plots", "show", "logs.csv"]), @"
    [stderr]
    warning: worktree: `logs.csv`: it has no column `loss`, only `epoch`, `acc`
    error: no plots could be read
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["plots", "show", "train.py"]), @"
    [stderr]
    warning: worktree: `train.py` does not exist
    error: no plots could be read
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["plots", "show", "logs.csv", "-y", "acc", "-t", "confusion", "-x", "none"]), @"
    [stderr]
    warning: worktree: `logs.csv`: it has no column `none`, only `epoch`, `acc`
    error: no plots could be read
    [exit code 3]
    ");
}

#[test]
fn hostile_names_and_values_stay_text() {
    let env = TestEnv::new();
    let name = "</title><script>alert(1)</script>.csv";
    env.write("x\"><img src=x onerror=alert(1)>.csv", "a,b\n1,<b>\n2,\"\u{1b}[31m&\"\n");
    env.write("mlrun.yaml", format!("plots:\n- 'x\"><img src=x onerror=alert(1)>.csv':\n    title: '{name}'\n    x_label: \"<i>\\x1b\"\n"));
    env.commit("hostile");
    assert_snapshot!(env.mlrun(["plots", "show", "--text"]), @r"
    </title><script>alert(1)</script>.csv
      ━ worktree
               │
               │
               │
    \u{1b}[31… ┤                                                                                   ⣀⣀⣀⠤⠤
               │                                                                      ⣀⣀⣀⠤⠤⠤⠔⠒⠒⠊⠉⠉⠉
               │                                                         ⣀⣀⣀⠤⠤⠤⠔⠒⠒⠊⠉⠉⠉
               │                                            ⣀⣀⣀⠤⠤⠤⠔⠒⠒⠊⠉⠉⠉
               │                               ⣀⣀⣀⡠⠤⠤⠔⠒⠒⠒⠉⠉⠉
               │                  ⣀⣀⣀⡠⠤⠤⠔⠒⠒⠒⠉⠉⠉
               │     ⣀⣀⣀⡠⠤⠤⠔⠒⠒⠒⠉⠉⠉
           <b> ┤⠒⠒⠉⠉⠉
               │
               │
               │
               └┬────────────────┬─────────────────┬────────────────┬─────────────────┬────────────────┬
                0               0.2               0.4              0.6               0.8               1
                b over <i>\u{1b}

    [ok]
    ");
    env.mlrun(["plots", "show"]).success();
    let page = env.read_text(".git/mldata/plots.html");
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains('\u{1b}'),
        "{page}"
    );
    assert!(page.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn a_million_rows_make_a_small_page() {
    let env = TestEnv::new();
    let rows: String = (0..1_000_000).map(|row| format!("{row},{}\n", row % 1000)).collect();
    env.write("big.csv", format!("step,value\n{rows}"));
    env.mlrun(["plots", "show", "big.csv", "-x", "step", "-y", "value"]).success();
    let page = env.read_text(".git/mldata/plots.html");
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.contains("<p class=\"note\">1,000,000 points, "));
}

#[test]
fn a_repository_without_plots_is_no_error() {
    let env = TestEnv::new();
    assert_snapshot!(env.mlrun(["plots", "show"]), @"
    [stderr]
    No plots are declared: list their files under `plots`.
    [ok]
    ");
    assert!(!env.exists(".git/mldata"));
}
