//! Odd names: they round-trip through cache, remote and clone, or are refused with a reason.

use std::fs;
use std::path::Path;

use super::lab::{Lab, assert_same, os, snapshot, write};

/// Names that any directory may hold.
fn odd_names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        " ",
        " lead",
        "trail ",
        "a b",
        "new\nline",
        "carriage\rreturn",
        "tab\there",
        "quote\"d",
        "it's",
        "back\\slash",
        "star*",
        "ques?tion",
        "[brackets]",
        "!bang",
        "#hash",
        "-dash",
        "--force",
        "~tilde",
        "$HOME",
        "`ls`",
        "a;b",
        "a|b",
        "a&b",
        "<angle>",
        "{brace}",
        "%41",
        "a:b",
        "...",
        ".hidden",
        ".gitignore",
        ".gitattributes",
        ".gitmodules",
        "x.mldata",
        ".mldata",
        ".mldataignore",
        "ünïcödé",
        "日本語",
        "e\u{301}",
        "é",
        "\u{202e}rtl",
        "case",
        "CASE",
        "con",
        "nul.txt",
        "\u{1b}[31mred",
        "\u{7f}",
        "a\\nb",
        "\"",
        "'",
        "^",
        "=",
        "@{u}",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect();
    names.push(b"\xff\xfe not utf-8".to_vec());
    names.push(vec![b'x'; 255]);
    names.push([&[0xc3, 0xa9].repeat(127)[..], b"z"].concat());
    names.push((1..=31).collect());
    names
}

#[test]
fn odd_names_inside_a_directory_round_trip() {
    let lab = Lab::new();
    let names = odd_names();
    assert!(names.len() >= 30);
    let mut made = 0;
    for name in &names {
        let path = lab.repo.join("data").join(os(name));
        fs::create_dir_all(lab.repo.join("data")).unwrap();
        // Some file systems refuse some of them.
        if fs::write(&path, name).is_ok() {
            made += 1;
        }
        let below = lab.repo.join("data/below").join(os(name));
        if fs::create_dir_all(&below).is_ok() {
            write(&below.join(os(name)), name);
        }
    }
    assert!(made >= 30, "{made}");
    let expected = snapshot(&lab.repo.join("data"));
    lab.add_and_commit(&lab.repo, &["data"], "odd");
    assert_eq!(lab.git_status(&lab.repo), Vec::<String>::new());
    lab.share();
    let clone = lab.clone("clone");
    lab.mldata(&clone, ["pull"]).ok();
    assert_same(&snapshot(&clone.join("data")), &expected, "in the clone");
    let done = lab.mldata(&clone, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
    // A change of each is seen, and what goes to a terminal is escaped.
    for name in &names {
        fs::write(clone.join("data").join(os(name)), "changed").unwrap();
    }
    let done = lab.mldata(&clone, ["status", "--short"]).ok();
    assert!(!done.output.stdout.contains(&0x1b), "an escape sequence reached the terminal");
    assert!(done.stdout().lines().count() >= made, "{}", done.stdout());
    let done = lab.mldata(&clone, ["status", "-z"]).ok();
    for name in &names {
        let held = done.output.stdout.split(|&b| b == 0).any(|line| line.ends_with(name));
        assert!(held, "{}", String::from_utf8_lossy(name));
    }
    // Each is found as an argument.
    for name in &names {
        let path = Path::new("data").join(os(name));
        // A literal path wins over a glob.
        lab.mldata(&clone, [Path::new("add"), Path::new("--"), &path]).ok();
    }
}

#[test]
fn odd_names_as_targets_round_trip_or_are_refused() {
    let lab = Lab::new();
    let (mut added, mut refused) = (Vec::new(), 0);
    for (at, name) in odd_names().into_iter().enumerate() {
        // Each in a directory of its own: `.gitignore` as a target would be one already.
        let path = Path::new("at").join(at.to_string()).join(os(&name));
        write(&lab.repo.join(&path), &name);
        let done = lab.mldata(&lab.repo, [Path::new("add"), Path::new("--"), &path]);
        if done.ok_or_refused() {
            added.push(path);
        } else {
            refused += 1;
            assert_eq!(fs::read(lab.repo.join(&path)).unwrap(), name);
            let parent = lab.repo.join(path.parent().unwrap());
            let left: Vec<_> =
                fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left.len(), 1, "a refused target leaves {left:?}");
            fs::remove_file(lab.repo.join(&path)).unwrap();
        }
    }
    assert!(added.len() >= 30, "{} added, {refused} refused", added.len());
    let expected = snapshot(&lab.repo);
    lab.commit(&lab.repo, "odd");
    assert_eq!(lab.git_status(&lab.repo), Vec::<String>::new(), "everything is ignored or tracked");
    for path in &added {
        fs::remove_file(lab.repo.join(path)).unwrap();
    }
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_same(&snapshot(&lab.repo), &expected, "checked out");
}

/// What a file system could take for `.git` is refused inside data, too.
#[test]
fn names_that_pass_for_dot_git_are_refused() {
    for name in [".git", ".GIT", ".Git", ".git.", ".git ", "git~1", ".g\u{200c}it"] {
        let lab = Lab::new();
        write(&lab.repo.join("data/plain"), "plain");
        write(&lab.repo.join("data/below").join(name).join("hooks/post-checkout"), "evil");
        lab.mldata(&lab.repo, ["add", "data"]).refused(&["data"]);
        assert!(!lab.repo.join("data.mldata").exists(), "{name}");
    }
}

#[test]
fn a_long_path_round_trips() {
    let lab = Lab::new();
    let deep: std::path::PathBuf = std::iter::repeat_n("d".repeat(60), 40).collect();
    write(&lab.repo.join("data").join(&deep).join("file"), "deep");
    lab.add_and_commit(&lab.repo, &["data"], "deep");
    fs::remove_dir_all(lab.repo.join("data")).unwrap();
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!(fs::read(lab.repo.join("data").join(&deep).join("file")).unwrap(), b"deep");
}
