//! The text form of the parity set: templates, and the projects that come of them.
//! `tests/templates/README.md` describes it.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value as Json;

/// One template and how it is rendered.
pub struct Case {
    pub name: String,
    pub given: Json,
    pub defaults: Json,
    /// What stands in our error where we refuse on purpose.
    pub refused: Option<String>,
    pub nodes: BTreeMap<String, Node>,
}

/// What a path of a template or of a project is.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    Directory,
    File { bytes: Vec<u8>, executable: bool },
    Link(String),
}

/// What came of a case.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    Error,
    Project { name: String, nodes: BTreeMap<String, Node> },
}

impl Case {
    pub fn parse(name: &str, text: &str) -> Case {
        let (settings, files) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut case = Case {
            name: name.to_owned(),
            given: Json::Object(Default::default()),
            defaults: Json::Object(Default::default()),
            refused: None,
            nodes: sections(files),
        };
        let json =
            |text: &str| serde_json::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut feature = None;
        for line in settings.lines() {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{name}: {line}"));
            match key {
                "feature" => feature = Some(value),
                "given" => case.given = json(value),
                "defaults" => case.defaults = json(value),
                "ours" => case.refused = Some(value.strip_prefix("error ").unwrap().to_owned()),
                "empty-dir" => drop(case.nodes.insert(value.to_owned(), Node::Directory)),
                "link" => {
                    let (path, target) = value.split_once(" -> ").unwrap();
                    case.nodes.insert(path.to_owned(), Node::Link(target.to_owned()));
                }
                _ => panic!("{name}: no setting is called `{key}`"),
            }
        }
        assert!(feature.is_some(), "{name} does not say what it proves");
        case
    }

    /// Whether it is a template of cookiecutter-data-science.
    pub fn is_ccds(&self) -> bool {
        self.nodes.keys().any(|path| path == "ccds.json")
    }

    /// Writes the template.
    pub fn write(&self, directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        for (path, node) in &self.nodes {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            match node {
                Node::Directory => std::fs::create_dir_all(&path).unwrap(),
                Node::Link(target) => symlink(target, &path).unwrap(),
                Node::File { bytes, executable } => {
                    std::fs::write(&path, bytes).unwrap();
                    let mode = if *executable { 0o755 } else { 0o644 };
                    std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
                }
            }
        }
    }
}

impl Outcome {
    pub fn parse(text: &str) -> Outcome {
        if text == "error\n" {
            return Outcome::Error;
        }
        let (settings, files) = text.split_once("\n\n").unwrap();
        let mut name = None;
        let mut nodes = sections(files);
        for line in settings.lines() {
            match line.split_once(": ").unwrap() {
                ("project", value) => name = Some(value.to_owned()),
                ("empty-dir", path) => drop(nodes.insert(path.to_owned(), Node::Directory)),
                (key, _) => panic!("no setting is called `{key}`"),
            }
        }
        Outcome::Project { name: name.unwrap(), nodes }
    }

    /// A project of `nodes`. Directories with something in them need not be told.
    pub fn project(name: String, nodes: BTreeMap<String, Node>) -> Outcome {
        let is_full = |path: &str| nodes.keys().any(|other| other.starts_with(&format!("{path}/")));
        let told = nodes.iter().filter(|(path, node)| **node != Node::Directory || !is_full(path));
        Outcome::Project { name, nodes: told.map(|(p, node)| (p.clone(), node.clone())).collect() }
    }

    pub fn to_text(&self) -> String {
        let Outcome::Project { name, nodes } = self else { return "error\n".into() };
        let mut text = format!("project: {name}\n");
        for (path, _) in nodes.iter().filter(|(_, node)| **node == Node::Directory) {
            text.push_str(&format!("empty-dir: {path}\n"));
        }
        text.push('\n');
        for (path, node) in nodes {
            let Node::File { bytes, executable } = node else { continue };
            let literal = literal(bytes);
            let executable = if *executable { " exec" } else { "" };
            let escaped = if literal.is_some() { "" } else { " bytes" };
            text.push_str(&format!("-- {path} --{executable}{escaped}\n"));
            text.push_str(&literal.map_or_else(|| escape(bytes), str::to_owned));
        }
        text
    }
}

fn sections(text: &str) -> BTreeMap<String, Node> {
    let mut nodes = BTreeMap::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(header) = lines.next() {
        let header = header.trim_end_matches('\n');
        let (path, flags) = header
            .strip_prefix("-- ")
            .and_then(|rest| rest.rsplit_once(" --"))
            .unwrap_or_else(|| panic!("not the head of a file: {header}"));
        let mut content = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("-- ")) {
            content.push_str(line);
        }
        let has = |flag| flags.split_whitespace().any(|other| other == flag);
        let bytes = if has("bytes") { unescape(&content) } else { content.into_bytes() };
        nodes.insert(path.to_owned(), Node::File { bytes, executable: has("exec") });
    }
    nodes
}

/// `bytes` where they can stand for themselves.
fn literal(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_plain = text.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control());
    let is_whole = text.is_empty() || text.ends_with('\n');
    let has_head = text.lines().any(|line| line.starts_with("-- "));
    let ends_blank = text.lines().any(|line| line.ends_with([' ', '\t']));
    (is_plain && is_whole && !has_head && !ends_blank && text.len() < 4000).then_some(text)
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let run = rest.iter().take_while(|&&other| other == byte).count();
        let one = match byte {
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        let taken = if run > 40 { run } else { 1 };
        text.push_str(&if run > 40 { format!("\\*{run}({one})") } else { one });
        rest = &rest[taken..];
        if byte == b'\n' && !rest.is_empty() {
            text.push('\n');
        }
    }
    text.push('\n');
    text
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '\n' {
            continue;
        }
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let (kind, after) = rest.split_at(1);
        rest = after;
        match kind {
            "n" => bytes.push(b'\n'),
            "r" => bytes.push(b'\r'),
            "t" => bytes.push(b'\t'),
            "\\" => bytes.push(b'\\'),
            "x" => {
                bytes.push(u8::from_str_radix(&rest[..2], 16).unwrap());
                rest = &rest[2..];
            }
            "*" => {
                let (times, after) = rest.split_once('(').unwrap();
                let (what, after) = after.split_once(')').unwrap();
                bytes.extend(unescape(what).repeat(times.parse().unwrap()));
                rest = after;
            }
            other => panic!("unknown escape `\\{other}`"),
        }
    }
    bytes
}
