use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::pipeline::testing::{Memory, path};
use crate::pipeline::workspace::Request;

/// One line for each node: its name, and after a colon what it needs.
fn diagram(text: &str) -> Diagram {
    let mut diagram = Builder::default();
    for line in text.lines() {
        let (name, needs) = line.split_once(':').expect("a name");
        let node = diagram.node(name.trim().to_owned());
        for needed in needs.split_whitespace() {
            let needed = diagram.node(needed.to_owned());
            diagram.line(needed, node);
        }
    }
    diagram.finish()
}

fn drawn(text: &str) -> String {
    diagram(text).text()
}

#[test]
fn a_chain() {
    assert_snapshot!(drawn("prepare:\ntrain: prepare\neval: train"), @r"
    ┌─────────┐
    │ prepare │
    └────┬────┘
         │
     ┌───┴───┐
     │ train │
     └───┬───┘
         │
     ┌───┴──┐
     │ eval │
     └──────┘
    ");
}

#[test]
fn a_diamond() {
    let text = "prepare:\ntrain: prepare\nbaseline: prepare\ncompare: train baseline";
    assert_snapshot!(drawn(text), @r"
         ┌─────────┐
         │ prepare │
         └────┬────┘
        ╭─────┴──────╮
    ┌───┴───┐  ┌─────┴────┐
    │ train │  │ baseline │
    └───┬───┘  └─────┬────┘
        ╰──────┬─────╯
          ┌────┴────┐
          │ compare │
          └─────────┘
    ");
}

#[test]
fn lines_that_pass_layers_and_cross() {
    let text = "fetch-a:\nfetch-b:\nfetch-c:\nclean: fetch-a fetch-b fetch-c\nsplit: clean\n\
                small: split\nlarge: split fetch-c\nreport: small large split fetch-a";
    assert_snapshot!(drawn(text), @r"
    ┌─────────┐  ┌─────────┐  ┌─────────┐
    │ fetch-a │  │ fetch-b │  │ fetch-c │
    └────┬────┘  └────┬────┘  └────┬────┘
         ├───────────╮│  ╭────┬────╯
         │           │╰╮ │    │
         │         ┌─┴─┴─┴─┐  │
         │         │ clean │  │
         │         └───┬───┘  │
         │             │      │
         │         ┌───┴───┐  │
         │         │ split │  │
         │         └───┬───┘  │
         │      ╭──────┼─────╮│
         │      │      │     │╰╮
         │  ┌───┴───┐  │  ┌──┴─┴──┐
         │  │ small │  │  │ large │
         │  └───┬───┘  │  └───┬───┘
         ╰──────┴┬─────┴──────╯
            ┌────┴───┐
            │ report │
            └────────┘
    ");
}

#[test]
fn what_leads_to_the_same_shares_a_line() {
    assert_snapshot!(drawn("a:\nb:\nx: a b\ny: a b\nz: a b"), @r"
       ┌───┐  ┌───┐
       │ a │  │ b │
       └─┬─┘  └─┬─┘
      ╭──┴───┬──┴───╮
    ┌─┴─┐  ┌─┴─┐  ┌─┴─┐
    │ x │  │ y │  │ z │
    └───┘  └───┘  └───┘
    ");
}

#[test]
fn parts_stand_beside_each_other_as_far_as_a_page_is_wide() {
    let mut text = "a:\nb: a\nc:\nd:\ne: d c\n".to_owned();
    text.extend((0..10).map(|at| format!("alone-{at}:\n")));
    assert_snapshot!(drawn(&text), @r"
    ┌───┐   ┌───┐  ┌───┐   ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐
    │ a │   │ c │  │ d │   │ alone-0 │   │ alone-1 │   │ alone-2 │   │ alone-3 │   │ alone-4 │
    └─┬─┘   └─┬─┘  └─┬─┘   └─────────┘   └─────────┘   └─────────┘   └─────────┘   └─────────┘
      │       ╰──┬───╯
    ┌─┴─┐      ┌─┴─┐
    │ b │      │ e │
    └───┘      └───┘
    ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐
    │ alone-5 │   │ alone-6 │   │ alone-7 │   │ alone-8 │   │ alone-9 │
    └─────────┘   └─────────┘   └─────────┘   └─────────┘   └─────────┘
    ");
    assert_eq!(drawn(""), "");
}

#[test]
fn what_is_too_wide_is_listed() {
    let mut text = "prepare:\n".to_owned();
    text.extend((0..40).map(|at| format!("train@{at}: prepare\n")));
    text += "pick: ";
    text.extend((0..40).map(|at| format!("train@{at} ")));
    let list = drawn(&text);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 1 + 40 * 2, "{list}");
    assert_eq!(lines[..3], ["pick", "├── train@0", "│   └── prepare"]);
    assert_eq!(lines[79..], ["└── train@39", "    └── prepare"]);
}

#[test]
fn lists_name_each_line_once() {
    let text = "a:\nb: a\nc: a b\nd: c b\ne: c\nf:\n";
    assert_snapshot!(list::list(&diagram(text)), @r"
    d
    ├── b
    │   └── a
    └── c
        ├── a
        └── b (*)
    e
    └── c (*)
    f
    ");
    assert_snapshot!(drawn("a: c\nb: a\nc: b\nd: a"), @r"
    d
    └── a
        └── c
            └── b
                └── a (*)
    ");
}

#[test]
fn the_languages_of_others() {
    let names = vec!["it\"s \\#1".to_owned(), "b".to_owned()];
    let diagram = Diagram { names, needed_by: vec![vec![1], vec![]] };
    assert_snapshot!(diagram.dot(), @r#"
    strict digraph {
        "it\"s \\#1";
        "b";
        "it\"s \\#1" -> "b";
    }
    "#);
    assert_snapshot!(diagram.mermaid(), @r#"
    flowchart TD
        n0["it#quot;s \#35;1"]
        n1["b"]
        n0 --> n1
    "#);
}

#[test]
fn stages_groups_and_outs() {
    let source = Memory::new([
        (
            "mlrun.yaml",
            "stages:\n  get: {cmd: x, outs: [raw]}\n  fit:\n    foreach: [a, b]\n    do: {cmd: x, deps: [raw], \
             outs: [\"m/${item}\"]}\n  eval: {cmd: x, deps: [m], outs: [sub/r, s]}\n",
        ),
        ("sub/mlrun.yaml", "stages: {show: {cmd: x, deps: [r]}}\n"),
    ]);
    let here = RepoPath::root();
    let request = Request { here: &here, targets: &[], glob: false, all: true, whole: true };
    let workspace = Workspace::open(&source, &request).expect("opens");
    let names = Names { stage: &|address| address.to_string(), path: &|path| path.to_string() };
    let shown = |show| {
        let diagram = Diagram::new(&workspace, &workspace.targets, show, &names);
        let name = |at: usize| &diagram.names[at];
        diagram
            .lines()
            .map(|(from, to)| format!("{} > {}\n", name(from), name(to)))
            .collect::<String>()
    };
    assert_snapshot!(shown(Show::Stages), @r"
    get > fit@a
    get > fit@b
    fit@a > eval
    fit@b > eval
    eval > sub/mlrun.yaml:show
    ");
    assert_snapshot!(shown(Show::Groups), @r"
    get > fit
    fit > eval
    eval > sub/mlrun.yaml:show
    ");
    assert_snapshot!(shown(Show::Outs), @r"
    raw > m/a
    raw > m/b
    m/a > sub/r
    m/a > s
    m/b > sub/r
    m/b > s
    ");
    let show = workspace.graph.find(&Address { file: path("sub/mlrun.yaml"), name: "show".into() });
    let only = [show.expect("a stage")];
    assert_eq!(
        Diagram::new(&workspace, &only, Show::Stages, &names),
        Diagram { names: vec!["sub/mlrun.yaml:show".into()], needed_by: vec![vec![]] }
    );
}

/// What a reader sees: the boxes that the lines from the box `name` lead down to.
fn seen(picture: &[Vec<char>], name: &str, count: usize) -> Vec<usize> {
    let (row, column) = find(picture, name);
    let at = |row: usize, column: usize| {
        picture.get(row).and_then(|line| line.get(column)).copied().unwrap_or(' ')
    };
    let mut pending: Vec<(usize, usize)> = Vec::new();
    let left = (0..column).rev().find(|&column| at(row, column) == '│').expect("a box");
    let right = (column..).find(|&column| at(row, column) == '│').expect("a box");
    pending.extend((left..right).filter(|&c| at(row + 1, c) == '┬').map(|c| (row + 2, c)));
    let mut reached = Vec::new();
    let mut visited = std::collections::HashSet::new();
    while let Some((row, column)) = pending.pop() {
        if !visited.insert((row, column)) {
            continue;
        }
        let here = at(row, column);
        if matches!(here, '│' | '├' | '┤' | '┼' | '┬' | '╭' | '╮') {
            pending.push((row + 1, column));
        }
        if here == '┴' && at(row + 1, column) != '│' && is_edge(picture, row, column) {
            reached.push((row + 1, column));
            continue;
        }
        for (ways, step) in [("─┬┴┼├╭╰", 1_isize), ("─┬┴┼┤╮╯", -1)] {
            if ways.contains(here) {
                // A line that crosses goes over the one that is followed.
                let mut next = column.checked_add_signed(step).expect("no line leaves the picture");
                while at(row, next) == '│' {
                    next = next.checked_add_signed(step).expect("no line leaves the picture");
                }
                pending.push((row, next));
            }
        }
    }
    let mut found: Vec<usize> = (0..count)
        .filter(|node| {
            let (row, column) = find(picture, &format!("n{node}"));
            reached.iter().any(|&(reached, at_column)| {
                let between = column.min(at_column)..column.max(at_column);
                reached == row && !between.into_iter().any(|column| at(row, column) == '│')
            })
        })
        .collect();
    found.sort_unstable();
    found
}

/// Whether the character is part of the upper edge of a box.
fn is_edge(picture: &[Vec<char>], row: usize, column: usize) -> bool {
    let line = &picture[row];
    let corner = line[..column].iter().rev().find(|c| !matches!(c, '─' | '┴'));
    corner == Some(&'┌')
}

fn find(picture: &[Vec<char>], name: &str) -> (usize, usize) {
    let name: Vec<char> = name.chars().collect();
    let positions = picture.iter().enumerate().filter_map(|(row, line)| {
        Some((row, line.windows(name.len()).position(|window| window == name)?))
    });
    positions.into_iter().next().expect("every node is drawn")
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 20, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn a_drawing_says_what_the_graph_does(edges in prop::collection::btree_set((0..9_usize, 0..9_usize), 0..18)) {
        let mut diagram = Diagram {
            names: (0..9).map(|at| format!("n{at}")).collect(),
            needed_by: vec![vec![]; 9],
        };
        for (from, to) in edges.into_iter().filter(|(from, to)| from < to) {
            diagram.needed_by[from].push(to);
        }
        // Of a few graphs lines would lie on each other: they are listed. Of many it would be a fault.
        let text = text::draw(&diagram);
        prop_assume!(text.is_some());
        let text = text.unwrap_or_default();
        let picture: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        for (node, needed_by) in diagram.needed_by.iter().enumerate() {
            prop_assert_eq!(&seen(&picture, &format!("n{node}"), 9), needed_by, "{} in\n{}", node, &text);
        }
    }
}

#[test]
fn long_drawings_stay_narrow_and_long_lists_too() {
    let line = |at: usize| match at {
        0 => "n0:\n".to_owned(),
        1 => "n1: n0\n".to_owned(),
        at => format!("n{at}: n{} n{}\n", at - 1, at - 2),
    };
    let ladder = diagram(&(0..1000).map(line).collect::<String>());
    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max();
    let drawing = text::draw(&ladder).expect("it is narrow");
    assert!(widest(&drawing) < Some(40), "{:?}", widest(&drawing));
    let list = list::list(&ladder);
    assert!(widest(&list) < Some(100), "{:?}", widest(&list));
    assert!(list.lines().count() < 2200, "{}", list.lines().count());
}
