use proptest::prelude::*;

use super::*;
use crate::pipeline::stage::OutKind;

/// One pipeline file and no other.
struct One<'a>(Option<&'a str>);

impl Source for One<'_> {
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        let is_it = path.as_bytes() == b"mlrun.yaml";
        Ok(self.0.filter(|_| is_it).map(|text| text.as_bytes().to_vec()))
    }

    fn named(&self, _: &[&str]) -> Result<Vec<RepoPath>> {
        Ok(Vec::new())
    }
}

fn stage(name: &str) -> NewStage {
    NewStage {
        name: name.to_owned(),
        cmd: "run".to_owned(),
        deps: vec!["in".to_owned()],
        outs: vec![NewOut { path: "out".into(), kind: OutKind::Out, cache: false, persist: false }],
        ..NewStage::default()
    }
}

fn added(text: Option<&str>, name: &str, force: bool) -> Result<String> {
    let edit = add_stage(&One(text), &RepoPath::root(), &stage(name), force, "# head\n")?;
    assert_eq!(edit.before.as_deref(), text);
    Ok(edit.after)
}

fn frozen(text: &str, name: &str, frozen: bool) -> Result<String> {
    let path = RepoPath::new("mlrun.yaml").expect("valid");
    let source = One(Some(text));
    Ok(set_frozen(&source, begin(&source, path)?, name, frozen)?.after)
}

/// Texts that are awkward to edit, and where the new stage must be inserted: at `@`.
const AWKWARD: [&str; 10] = [
    "# head\nvars: [{x: 1}]\n\nstages:\n  a:\n    cmd: x # why\n    deps:\n    - y\n\n  # before b\n  b:\n    cmd: z\n@\nmetrics:\n- m.json\n",
    "stages:\n    a:\n        cmd: |\n          x\n          \ty\n        deps:\n          - y@",
    "stages:\r\n  a:\r\n    cmd: x\r\n@# end\r\n",
    "stages: {a: {cmd: x}@} # flow\n",
    "stages:@\nvars: [{a: 1}]\n",
    "vars: [{a: 1}]\n@",
    "# only words\n@",
    "stages:\n  a: &a\n    cmd: x\n    deps: [y]   # why\n  b:\n    <<: *a\n    cmd: z\n  c: *a\n@",
    "---\nstages:\n  a: {cmd: x}\n@...\n",
    "stages:\n  a:\n    foreach:\n    - 1\n    do:\n      cmd: 'x'\n@\n\n\n# trailing\n",
];

#[test]
fn adding_a_stage_inserts_and_touches_nothing() {
    for marked in AWKWARD {
        let (before, after) = marked.split_once('@').expect("marked");
        let text = &format!("{before}{after}");
        let edited = added(Some(text), "new", false).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(edited.starts_with(before) && edited.ends_with(after), "{text}\n=>\n{edited}");
        assert!(edited.contains("new"), "{edited}");
        if text.contains("\r\n") {
            assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{edited:?}");
        }
    }
}

#[test]
fn a_new_stage_is_in_the_style_of_people() {
    let edited = added(Some("stages:\n  a:\n    cmd: x\n"), "new", false).unwrap();
    assert_eq!(
        edited,
        "stages:\n  a:\n    cmd: x\n  new:\n    cmd: run\n    deps:\n    - in\n    outs:\n    - out:\n        cache: false\n"
    );
}

#[test]
fn empty_braces_make_room() {
    let edited = added(Some("stages: { } # none yet\nvars: [{a: 1}]\n"), "new", false).unwrap();
    assert_eq!(
        edited,
        "stages: # none yet\n  new:\n    cmd: run\n    deps:\n    - in\n    outs:\n    - out:\n        cache: false\nvars: [{a: 1}]\n"
    );
}

#[test]
fn a_new_file_begins_with_its_head() {
    let edited = added(None, "new", false).unwrap();
    assert_eq!(
        edited,
        "# head\nstages:\n  new:\n    cmd: run\n    deps:\n    - in\n    outs:\n    - out:\n        cache: false\n"
    );
}

#[test]
fn an_existing_stage_is_replaced_by_force_only() {
    const TEXT: &str =
        "stages:\n  new: {cmd: old} # note\n\n  # about b\n  b:\n    cmd: z # keep\n";
    assert!(matches!(added(Some(TEXT), "new", false), Err(Error::StageExists { .. })));
    let edited = added(Some(TEXT), "new", true).unwrap();
    assert!(edited.ends_with("\n  # about b\n  b:\n    cmd: z # keep\n"), "{edited}");
    assert!(!edited.contains("old"), "{edited}");
}

#[test]
fn what_would_reach_others_is_refused() {
    const TIED: &str = "stages:\n  a: &a\n    cmd: x\n  c: *a\n";
    for error in [added(Some(TIED), "a", true), frozen(TIED, "a", true)] {
        assert!(matches!(error, Err(Error::CannotEdit { .. })), "{error:?}");
    }
}

#[test]
fn a_stage_that_would_not_load_is_not_added() {
    let clash = NewStage { deps: vec!["out".into()], ..stage("new") };
    let error = add_stage(&One(None), &RepoPath::root(), &clash, false, "").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot add stage `new`: out `out` is a dep of the same stage: `out`"
    );
    for name in ["", " ", "a.b", "a@b", "a/b", "a:b", "a\n"] {
        assert!(matches!(added(None, name, false), Err(Error::BadStageName { .. })), "{name}");
    }
}

#[test]
fn freezing_and_thawing_comes_back_to_the_same_bytes() {
    for (text, name, expected) in [
        (
            "stages:\n  a:\n    cmd: x # c\n\n  # b\n  b: {cmd: y}\n",
            "a",
            "stages:\n  a:\n    cmd: x # c\n    frozen: true\n\n  # b\n  b: {cmd: y}\n",
        ),
        (
            "stages:\n  a:\n    cmd: x\n  b: {cmd: y} # c\n",
            "b",
            "stages:\n  a:\n    cmd: x\n  b: {cmd: y, frozen: true} # c\n",
        ),
        (
            "stages:\r\n  a:\r\n    cmd: x\r\n",
            "a",
            "stages:\r\n  a:\r\n    cmd: x\r\n    frozen: true\r\n",
        ),
        (
            "stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: x\n# end",
            "a",
            "stages:\n  a:\n    foreach: [1]\n    do:\n      cmd: x\n      frozen: true\n# end",
        ),
        (
            "stages:\n  a:\n    matrix: {x: [1]}\n    cmd: |\n      x\n      \ty\n",
            "a",
            "stages:\n  a:\n    matrix: {x: [1]}\n    cmd: |\n      x\n      \ty\n    frozen: true\n",
        ),
        ("stages:\n  a:\n    cmd: x", "a", "stages:\n  a:\n    cmd: x\n    frozen: true"),
    ] {
        let edited = frozen(text, name, true).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(edited, expected);
        assert_eq!(frozen(&edited, name, true).unwrap(), edited);
        assert_eq!(frozen(&edited, name, false).unwrap(), text);
    }
    assert_eq!(
        frozen("stages:\n  a:\n    frozen: false # for now\n    cmd: x\n", "a", true).unwrap(),
        "stages:\n  a:\n    frozen: true # for now\n    cmd: x\n"
    );
}

#[test]
fn what_cannot_be_frozen_is_told() {
    const TEXT: &str = "vars: [{f: true}]\nstages:\n  a:\n    foreach: [1]\n    do: {cmd: x}\n  b: {cmd: y, frozen: '${f}'}\n";
    assert!(matches!(frozen(TEXT, "a@1", true), Err(Error::OneOfGroup { .. })));
    assert!(matches!(frozen(TEXT, "c", true), Err(Error::NoSuchStage { .. })));
    assert!(matches!(frozen(TEXT, "b", false), Err(Error::CannotEdit { .. })));
}

/// Pipeline files as people write them: stages in both styles, indented this way or that, with
/// comments and empty lines anywhere.
fn written() -> impl Strategy<Value = String> {
    let gap = prop_oneof![
        Just(""),
        Just("\n"),
        Just("# word: [\n"),
        Just("  # deeper\n"),
        Just("\n\n# about the next\n"),
    ];
    let body = prop_oneof![
        Just(": {cmd: x, deps: [y]}"),
        Just(":\n>>cmd: x # why"),
        Just(": # here\n>>cmd: |\n>>  a\n>>  \tb\n>>  # no comment"),
        Just(":\n>>cmd: >-\n>>  a\n\n>>  b\n>>deps:\n>>- y\n>>-   'z'"),
        Just(":\n>>deps:\n>>  - y\n\n>>cmd: [\"a\",\n>>  b]"),
        Just(":\n>>foreach: [1]\n>>do:\n>>  cmd: x ${item}"),
    ];
    let stages = prop::collection::vec((gap.clone(), body), 1..5);
    let tail = prop_oneof![Just(""), Just("metrics:\n- m.json\n"), Just("# end\n")];
    (gap, stages, tail, prop_oneof![Just(2), Just(4)], any::<bool>(), any::<bool>()).prop_map(
        |(head, stages, tail, indent, crlf, newline)| {
            let pad = " ".repeat(indent);
            let mut text = format!("{head}stages:\n");
            for (at, (gap, body)) in stages.iter().enumerate() {
                text += gap;
                text += &format!("{pad}s{at}{}\n", body.replace(">>", &pad.repeat(2)));
            }
            text += tail;
            if !newline {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

proptest! {
    #[test]
    fn what_people_write_is_edited_and_kept(text in written()) {
        let source = One(Some(&text));
        let edit = add_stage(&source, &RepoPath::root(), &stage("new"), false, "");
        let edit = edit.unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(check::gone(&text, &edit.after).is_empty(), "{text}\n=>\n{}", edit.after);
        let begun = begin(&source, edit.path).unwrap();
        let frozen = set_frozen(&source, begun, "s0", true);
        let frozen = frozen.unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(check::gone(&text, &frozen.after).is_empty(), "{text}\n=>\n{}", frozen.after);
        let thawed = set_frozen(&source, frozen, "s0", false);
        let thawed = thawed.unwrap_or_else(|error| panic!("{error}\n{text}"));
        // A block without a last line end gets one, and keeps it.
        let rest = thawed.after.strip_prefix(&text);
        prop_assert!(matches!(rest, Some("" | "\n" | "\r\n")), "{text}\n=>\n{}", thawed.after);
    }
}
