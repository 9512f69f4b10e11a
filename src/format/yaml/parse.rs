//! From text to the tree.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};

use super::relaxed::{Relaxed, Unindented};
use super::{Data, Key, Mark, Node, Problem, Scalar, emit, quoted, scalar};
use crate::format::Value;

/// Maps and lists inside one another.
pub const MAX_DEPTH: usize = 128;

/// The largest tree: one for each node, and one for every 64 bytes of its text.
pub const MAX_WEIGHT: usize = 4 << 20;

/// Parses a document; one without content is null.
///
/// # Errors
/// The first thing that is wrong, in the order of the text.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_version(text)?;
    let mut relaxed = Relaxed::new(text);
    loop {
        let mut builder = Builder::new(&relaxed);
        let result = builder.document();
        let Some((what, line)) = builder.stopped else { return result };
        if !relaxed.indent(what, line) {
            return result;
        }
    }
}

/// Refuses a `%YAML` directive of another version: the parser reads all of them as 1.2.
fn check_version(text: &str) -> Result<(), Problem> {
    let prologue = text.lines().take_while(|line| {
        line.starts_with(['%', '#']) || line.trim_matches([' ', '\t', '\r']).is_empty()
    });
    for (index, line) in prologue.enumerate() {
        let words = line.strip_prefix("%YAML ").map(str::split_whitespace);
        let version = words.and_then(|mut words| words.next());
        if let Some(version) = version.filter(|version| *version != "1.2") {
            let mark = Mark { line: index + 1, column: 1 };
            let message = format!("only YAML 1.2 is read, not {}", quoted(version));
            return Err(Problem::new(mark, message));
        }
    }
    Ok(())
}

struct Builder<'a> {
    source: &'a Relaxed<'a>,
    events: Parser<'a, StrInput<'a>>,
    /// By the parser's numbers; one is absent while its own node is being built.
    anchors: HashMap<usize, Anchored>,
    /// Of everything built so far, with copies for anchors.
    weight: usize,
    /// Where the parser wants a line indented more; set together with an error.
    stopped: Option<(Unindented, usize)>,
}

struct Anchored {
    node: Node,
    weight: usize,
    height: usize,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Relaxed<'a>) -> Self {
        let events = Parser::new_from_str(source.text());
        Builder { source, events, anchors: HashMap::new(), weight: 0, stopped: None }
    }

    fn next(&mut self) -> Result<(Event<'a>, Mark), Problem> {
        let mark = |at: &saphyr_parser::Marker| {
            self.source.original(Mark { line: at.line(), column: at.col() + 1 })
        };
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, mark(&span.start))),
            Some(Err(error)) => {
                self.stopped =
                    Unindented::of(error.info()).map(|what| (what, error.marker().line()));
                let mut at = mark(error.marker());
                let text = self.source.text();
                // Past the last line there is nothing to show.
                if text.lines().nth(at.line.saturating_sub(1)).is_none() {
                    at = self.source.original(Mark::of(text, text.trim_end().len()));
                }
                Err(Problem::new(at, explained(error.info())))
            }
            None => Ok((Event::StreamEnd, Mark::START)),
        }
    }

    fn document(&mut self) -> Result<Node, Problem> {
        loop {
            match self.next()?.0 {
                Event::StreamEnd => {
                    let null = Data::Scalar(Scalar::new(Value::Null, true, ""));
                    return Ok(Node { mark: Mark::START, data: null });
                }
                Event::DocumentStart(_) => break,
                _ => {}
            }
        }
        let root = self.node(0)?;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::DocumentStart(_), mark) => {
                    return Err(Problem::new(
                        mark,
                        "a second document begins here; only one is read",
                    ));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Problem> {
        let (event, mark) = self.next()?;
        self.node_of(event, mark, depth)
    }

    /// The node that begins with `event`.
    fn node_of(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<Node, Problem> {
        check_depth(depth, mark)?;
        let (anchor, data) = match event {
            Event::Alias(anchor) => return self.alias(anchor, mark, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.charge(scalar_weight(&text), mark)?;
                (anchor, Data::Scalar(resolved(text, style, tag.as_deref(), mark)?))
            }
            Event::SequenceStart(anchor, tag) => {
                self.charge(1, mark)?;
                check_collection_tag(tag.as_deref(), "seq", mark)?;
                (anchor, Data::List(self.list(depth + 1)?))
            }
            Event::MappingStart(anchor, tag) => {
                self.charge(1, mark)?;
                check_collection_tag(tag.as_deref(), "map", mark)?;
                (anchor, Data::Map(self.map(depth + 1)?))
            }
            _ => return Err(Problem::new(mark, "expected a value")),
        };
        let node = Node { mark, data };
        if anchor != 0 {
            let (weight, height) = measure(&node);
            self.charge(weight, mark)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), weight, height });
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, mark: Mark, depth: usize) -> Result<Node, Problem> {
        let Some(Anchored { node, weight, height }) = self.anchors.get(&anchor) else {
            return Err(Problem::new(mark, "this alias is part of what it stands for"));
        };
        check_depth(depth + height, mark)?;
        let (data, weight) = (node.data.clone(), *weight);
        self.charge(weight, mark)?;
        Ok(Node { mark, data })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        loop {
            let (event, mark) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            items.push(self.node_of(event, mark, depth)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, Problem> {
        let mut entries = Vec::new();
        let mut merge = None;
        loop {
            let (event, mark) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_merge = matches!(&event,
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = key(self.node_of(event, mark, depth)?)?;
            let value = self.node(depth)?;
            if !is_merge {
                entries.push((key, value));
            } else if merge.replace(value).is_some() {
                return Err(Problem::new(mark, "the merge key `<<` stands twice in this map"));
            }
        }
        check_duplicates(&entries)?;
        match merge {
            Some(merge) => merged(merge, entries),
            None => Ok(entries),
        }
    }

    fn charge(&mut self, weight: usize, mark: Mark) -> Result<(), Problem> {
        self.weight += weight;
        if self.weight <= MAX_WEIGHT {
            return Ok(());
        }
        Err(Problem::new(mark, "too much in one file, with every alias written out"))
    }
}

/// What the parser says, put for people where they meet it most.
fn explained(info: &str) -> String {
    match info {
        "mapping values are not allowed in this context" => {
            "a `:` cannot stand here; put a value that has one in quotes".to_owned()
        }
        "did not find expected <document start>"
        | "while parsing a block mapping, did not find expected key"
        | "while parsing a block collection, did not find expected '-' indicator" => {
            "this does not continue what stands above it; check the indentation".to_owned()
        }
        "while parsing node, found unknown anchor" => {
            "no anchor of this name stands above".to_owned()
        }
        "while parsing a node, did not find expected node content" => "expected a value".to_owned(),
        "simple key expected" | "simple key expect ':'" => "expected a `:` before this".to_owned(),
        _ if Unindented::of(info).is_some() => {
            "this has to be indented more than the key above it".to_owned()
        }
        other => crate::fs::display_bytes(other.as_bytes()),
    }
}

fn check_depth(depth: usize, mark: Mark) -> Result<(), Problem> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    let message = format!("maps and lists nest more than {MAX_DEPTH} deep here");
    Err(Problem::new(mark, message))
}

fn scalar_weight(text: &str) -> usize {
    1 + text.len() / 64
}

/// Weight, and how many levels are below the node.
fn measure(node: &Node) -> (usize, usize) {
    let all = |children: &mut dyn Iterator<Item = (usize, &Node)>| {
        children.fold((1, 0), |(weight, height), (key, child)| {
            let (more, below) = measure(child);
            (weight + key + more, height.max(below + 1))
        })
    };
    match &node.data {
        Data::Scalar(scalar) => (scalar_weight(scalar.text()), 0),
        Data::List(items) => all(&mut items.iter().map(|item| (0, item))),
        Data::Map(entries) => {
            all(&mut entries.iter().map(|(key, value)| (scalar_weight(&key.name), value)))
        }
    }
}

fn resolved(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    mark: Mark,
) -> Result<Scalar, Problem> {
    let plain = style == ScalarStyle::Plain;
    let wanted = match tag {
        None if plain => None,
        None => Some("str"),
        Some(tag) => Some(known(tag, mark)?),
    };
    if wanted == Some("str") {
        return Ok(Scalar::string(text.into_owned(), plain));
    }
    let value = scalar::resolve(&text)
        .map_err(|scalar::TooLarge| Problem::new(mark, "this integer takes more than 128 bits"))?;
    let value = match (wanted, value) {
        (None, None) => return Ok(Scalar::string(text.into_owned(), plain)),
        (None, Some(value)) => value,
        (Some("float"), Some(Value::Int(n))) => Value::Float(n as f64),
        (Some("int"), Some(value @ Value::Int(_)))
        | (Some("float"), Some(value @ Value::Float(_)))
        | (Some("bool"), Some(value @ Value::Bool(_)))
        | (Some("null"), Some(value @ Value::Null)) => value,
        (Some(wanted), _) => {
            let message = format!("{} is not what its tag `!!{wanted}` says", quoted(&text));
            return Err(Problem::new(mark, message));
        }
    };
    Ok(Scalar::new(value, plain, &text))
}

/// The name of a tag of the core schema; `!` alone makes a string.
fn known(tag: &Tag, mark: Mark) -> Result<&str, Problem> {
    const CORE: [&str; 7] = ["str", "int", "float", "bool", "null", "seq", "map"];
    if tag.is_yaml_core_schema() && CORE.contains(&&*tag.suffix) {
        return Ok(&tag.suffix);
    }
    if tag.handle.is_empty() && tag.suffix == "!" {
        return Ok("str");
    }
    let shown = match tag.is_yaml_core_schema() {
        true => format!("!!{}", tag.suffix),
        false => format!("{}{}", tag.handle, tag.suffix),
    };
    Err(Problem::new(mark, format!("the tag {} means nothing here", quoted(&shown))))
}

fn check_collection_tag(tag: Option<&Tag>, fits: &str, mark: Mark) -> Result<(), Problem> {
    match tag.map(|tag| known(tag, mark)).transpose()? {
        Some(found) if found != fits && found != "str" => Err(Problem::new(
            mark,
            format!("the tag `!!{found}` does not fit what it stands before"),
        )),
        _ => Ok(()),
    }
}

fn key(node: Node) -> Result<Key, Problem> {
    let Data::Scalar(scalar) = node.data else {
        return Err(Problem::new(node.mark, "a key must be a scalar, not a list or a map"));
    };
    let name = match scalar.value {
        Value::String(name) => name,
        value => emit::flow(&value),
    };
    Ok(Key { name, mark: node.mark })
}

fn check_duplicates(entries: &[(Key, Node)]) -> Result<(), Problem> {
    let mut seen = HashSet::with_capacity(entries.len());
    match entries.iter().find(|(key, _)| !seen.insert(&key.name)) {
        None => Ok(()),
        Some((key, _)) => {
            let message = format!("the key {} stands twice in this map", quoted(&key.name));
            Err(Problem::new(key.mark, message))
        }
    }
}

/// `entries`, and before them those of `merge` (a map or a list of maps) with other names. Of two
/// maps in the list the first one wins.
fn merged(merge: Node, entries: Vec<(Key, Node)>) -> Result<Vec<(Key, Node)>, Problem> {
    let sources = match merge.data {
        Data::List(items) => items,
        _ => vec![merge],
    };
    let mut seen: HashSet<String> = entries.iter().map(|(key, _)| key.name.clone()).collect();
    let mut all = Vec::with_capacity(entries.len());
    for source in sources {
        let kind = source.kind();
        let Data::Map(found) = source.data else {
            let message = format!("`<<` merges a map or a list of maps, not {kind}");
            return Err(Problem::new(source.mark, message));
        };
        all.extend(found.into_iter().filter(|(key, _)| seen.insert(key.name.clone())));
    }
    all.extend(entries);
    Ok(all)
}
